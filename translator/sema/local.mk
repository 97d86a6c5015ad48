sema_sources = \
	translator/sema/sema.h \
	translator/sema/symbol.c \
	translator/sema/expand.c
