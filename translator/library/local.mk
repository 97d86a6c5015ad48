library_sources = \
	translator/library/library.c \
	translator/library/library.h
