library_sources =
