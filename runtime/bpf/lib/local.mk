rt_lib_sources = \
	runtime/bpf/lib/frame.bpf.c \
	runtime/bpf/lib/out.bpf.c \
	runtime/bpf/lib/array.bpf.c \
	runtime/bpf/lib/stat.bpf.c \
	runtime/bpf/lib/format.bpf.c \
	runtime/bpf/lib/hist.bpf.c \
	runtime/bpf/lib/iter.bpf.c \
	runtime/bpf/lib/lock.bpf.c \
	runtime/bpf/lib/stack.bpf.c \
	runtime/bpf/lib/unwind.bpf.c \
	runtime/bpf/lib/place.bpf.c \
	runtime/bpf/lib/member.bpf.c \
	runtime/bpf/lib/prim_session.bpf.c \
	runtime/bpf/lib/prim_hit.bpf.c \
	runtime/bpf/lib/prim_stack.bpf.c \
	runtime/bpf/lib/prim_symbol.bpf.c \
	runtime/bpf/lib/prim_task.bpf.c \
	runtime/bpf/lib/prim_float.bpf.c \
	runtime/bpf/lib/prim_names.bpf.c \
	runtime/bpf/lib/prim_text.bpf.c \
	runtime/bpf/lib/prim_time.bpf.c \
	runtime/bpf/lib/task.bpf.c \
	runtime/bpf/lib/text.bpf.c \
	runtime/bpf/lib/regex.bpf.c
