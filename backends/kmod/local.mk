backend_kmod_sources =
