reader_sources = \
	runtime/reader/child.c \
	runtime/reader/child.h \
	runtime/reader/loop.c \
	runtime/reader/loop.h \
	runtime/reader/sink.c \
	runtime/reader/sink.h
