backend_bpf_sources = \
	backends/bpf/emit.h \
	backends/bpf/link.h \
	backends/bpf/main.c \
	backends/bpf/limits.c \
	backends/bpf/levels.c \
	backends/bpf/cut.c \
	backends/bpf/module.c \
	backends/bpf/maps.c \
	backends/bpf/probe.c \
	backends/bpf/machine.c \
	backends/bpf/share.c \
	backends/bpf/trampoline.c \
	backends/bpf/guard.c \
	backends/bpf/foreign.c \
	backends/bpf/block.c \
	backends/bpf/call.c \
	backends/bpf/text.c \
	backends/bpf/late.c \
	backends/bpf/expr.c \
	backends/bpf/member.c \
	backends/bpf/prim.c \
	backends/bpf/array.c \
	backends/bpf/stat.c \
	backends/bpf/iter.c \
	backends/bpf/output.c \
	backends/bpf/sink.c \
	backends/bpf/object.c \
	backends/bpf/halves.c \
	backends/bpf/link.c \
	backends/bpf/depth.c \
	backends/bpf/types.c

# What spile itself has of it: no LLVM.
backend_bpf_driver_sources = \
	backends/bpf/bpf.c
