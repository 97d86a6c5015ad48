library_sources = \
	translator/library/index.c \
	translator/library/index.h \
	translator/library/library.c \
	translator/library/library.h
