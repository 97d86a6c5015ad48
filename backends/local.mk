registry_sources =
