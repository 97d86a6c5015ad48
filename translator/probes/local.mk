probes_sources =
