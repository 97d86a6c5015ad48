runtime_bpf_sources = \
	runtime/bpf/kernel-types.c \
	runtime/bpf/kernel-types.h \
	runtime/bpf/relocate.c \
	runtime/bpf/fit.c \
	runtime/bpf/fit.h \
	runtime/bpf/settings.c \
	runtime/bpf/load.c \
	runtime/bpf/stacks.c \
	runtime/bpf/worker.c \
	runtime/bpf/attach.c \
	runtime/bpf/detach.c \
	runtime/bpf/way.h \
	runtime/bpf/uprobe.c \
	runtime/bpf/tasks.c \
	runtime/bpf/multi.c \
	runtime/bpf/multi.h \
	runtime/bpf/trampoline.c \
	runtime/bpf/trampoline.h \
	runtime/bpf/kprobe.c \
	runtime/bpf/kprobe-many.c \
	runtime/bpf/kprobe.h \
	runtime/bpf/watch.c \
	runtime/bpf/watch.h \
	runtime/bpf/trace-event.c \
	runtime/bpf/trace-event.h \
	runtime/bpf/drive.c \
	runtime/bpf/files.c
