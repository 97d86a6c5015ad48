registry_sources = \
	backends/registry.c \
	backends/registry.def
