rt_lib_sources = \
	runtime/bpf/lib/frame.bpf.c \
	runtime/bpf/lib/out.bpf.c \
	runtime/bpf/lib/array.bpf.c \
	runtime/bpf/lib/stat.bpf.c
