runtime_bpf_sources = \
	runtime/bpf/load.c \
	runtime/bpf/load.h \
	runtime/bpf/relocate.c \
	runtime/bpf/relocate.h \
	runtime/bpf/ring.c \
	runtime/bpf/ring.h \
	runtime/bpf/worker.c \
	runtime/bpf/worker.h
