backend_kmod_sources = \
	backends/kmod/kmod.h \
	backends/kmod/gen.h \
	backends/kmod/kmod.c \
	backends/kmod/writer.h \
	backends/kmod/writer.c \
	backends/kmod/data.c \
	backends/kmod/expr.c \
	backends/kmod/array.c \
	backends/kmod/embedded.c \
	backends/kmod/block.c \
	backends/kmod/weight.c \
	backends/kmod/prims.c \
	backends/kmod/probe.c \
	backends/kmod/manifest.c \
	backends/kmod/build.h \
	backends/kmod/explain.c \
	backends/kmod/tools.c \
	backends/kmod/make.c \
	backends/kmod/parts.c \
	backends/kmod/kbuild.c
