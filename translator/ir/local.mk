ir_sources = \
	translator/ir/ir.h \
	translator/ir/ops.def
