lower_sources = \
	translator/lower/address.c \
	translator/lower/buckets.c \
	translator/lower/embedded.c \
	translator/lower/emit.c \
	translator/lower/expr.c \
	translator/lower/lower.c \
	translator/lower/lower.h \
	translator/lower/output.c \
	translator/lower/stmt.c
