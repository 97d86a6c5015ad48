run_sources =
