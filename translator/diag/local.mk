diag_sources = \
	translator/diag/codes.def \
	translator/diag/diag.c \
	translator/diag/diag.h \
	translator/diag/source.c \
	translator/diag/source.h
