passes_sources =
