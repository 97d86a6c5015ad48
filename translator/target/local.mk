target_sources =
