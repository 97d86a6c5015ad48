target_sources = \
	translator/target/access.h \
	translator/target/btf.h \
	translator/target/ctype.h \
	translator/target/kernel.h \
	translator/target/pretty.h \
	translator/target/tracepoint.h \
	translator/target/ctype.c
