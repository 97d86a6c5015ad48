passes_sources = \
	translator/passes/passes.h \
	translator/passes/passes.def \
	translator/passes/run.c \
	translator/passes/flow.h \
	translator/passes/flow.c \
	translator/passes/merge.c \
	translator/passes/fold.c \
	translator/passes/atomic.c \
	translator/passes/copy.c \
	translator/passes/dead.c \
	translator/passes/stats.c \
	translator/passes/bounds.c \
	translator/passes/locks.c
