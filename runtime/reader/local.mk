reader_sources = \
	runtime/reader/ring.c \
	runtime/reader/sink.c \
	runtime/reader/frames.c \
	runtime/reader/elf.c \
	runtime/reader/needed.c \
	runtime/reader/kernel.c \
	runtime/reader/lines.c \
	runtime/reader/symbols.c \
	runtime/reader/records.c \
	runtime/reader/child.c \
	runtime/reader/complain.c \
	runtime/reader/loop.c
