rt_lib_sources =
