reader_sources =
