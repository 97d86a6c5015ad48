target_sources = \
	translator/target/kernel.c \
	translator/target/kernel.h \
	translator/target/syscall.c \
	translator/target/ctype.c \
	translator/target/ctype.h \
	translator/target/btf-blob.c \
	translator/target/btf-blob.h \
	translator/target/btf.c \
	translator/target/btf-text.c \
	translator/target/btf-tracepoint.c \
	translator/target/btf.h \
	translator/target/tracepoint.c \
	translator/target/tracepoint.h \
	translator/target/access.h \
	translator/target/pretty.h \
	translator/target/syscall-names.h
