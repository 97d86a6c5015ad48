driver_sources = \
	translator/driver/options.c \
	translator/driver/options.def \
	translator/driver/options.h
