sema_sources = \
	translator/sema/sema.h \
	translator/sema/symbol.c \
	translator/sema/expand.c \
	translator/sema/merge.c \
	translator/sema/location.c \
	translator/sema/embedded.c \
	translator/sema/types.c \
	translator/sema/write.c \
	translator/sema/entry.c \
	translator/sema/context.c \
	translator/sema/poison.h \
	translator/sema/resolve.c \
	translator/sema/fold.c \
	translator/sema/infer.c \
	translator/sema/autoprint.c \
	translator/sema/reset.c \
	translator/sema/snippet.c \
	translator/sema/prune.c \
	translator/sema/privilege.c \
	translator/sema/suggest.c \
	translator/sema/sema.c
