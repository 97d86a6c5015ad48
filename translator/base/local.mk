base_sources = \
	translator/base/arena.c \
	translator/base/arena.h \
	translator/base/buf.c \
	translator/base/buf.h \
	translator/base/file.c \
	translator/base/file.h \
	translator/base/glob.c \
	translator/base/glob.h \
	translator/base/map.c \
	translator/base/map.h \
	translator/base/vec.c \
	translator/base/vec.h
