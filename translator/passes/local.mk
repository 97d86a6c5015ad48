passes_sources = \
	translator/passes/passes.h
