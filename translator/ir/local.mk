ir_sources = \
	translator/ir/ir.h \
	translator/ir/ops.def \
	translator/ir/build.c \
	translator/ir/front.c \
	translator/ir/print.c \
	translator/ir/parse.c \
	translator/ir/verify.c
