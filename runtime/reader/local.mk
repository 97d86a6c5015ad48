reader_sources = \
	runtime/reader/ring.c \
	runtime/reader/sink.c \
	runtime/reader/records.c \
	runtime/reader/child.c \
	runtime/reader/loop.c
