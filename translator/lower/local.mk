lower_sources =
