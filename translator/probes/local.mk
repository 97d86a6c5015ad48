probes_sources = \
	translator/probes/begin.c \
	translator/probes/families.def \
	translator/probes/family.h \
	translator/probes/code.c \
	translator/probes/code.h \
	translator/probes/data.c \
	translator/probes/function.c \
	translator/probes/kernel-code.c \
	translator/probes/kernel-code.h \
	translator/probes/mark.c \
	translator/probes/process.c \
	translator/probes/absolute.c \
	translator/probes/function-user.c \
	translator/probes/programs.c \
	translator/probes/programs.h \
	translator/probes/process-point.c \
	translator/probes/process.h \
	translator/probes/netfilter.c \
	translator/probes/perf.c \
	translator/probes/procfs.c \
	translator/probes/table.c \
	translator/probes/timer.c \
	translator/probes/tracepoint.c
