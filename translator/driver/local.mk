driver_sources = \
	translator/driver/options.c \
	translator/driver/options.def \
	translator/driver/options.h \
	translator/driver/compile.c \
	translator/driver/limits.c \
	translator/driver/list.c \
	translator/driver/cache.c \
	translator/driver/run.c \
	translator/driver/work.c \
	translator/driver/session.h
