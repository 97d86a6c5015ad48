common_sources = \
	runtime/common/attach.def \
	runtime/common/btf-records.h \
	runtime/common/errno.def \
	runtime/common/errors.def \
	runtime/common/intrinsics.def \
	runtime/common/manifest.c \
	runtime/common/manifest.h \
	runtime/common/identity.c \
	runtime/common/identity.h \
	runtime/common/kernel-build.c \
	runtime/common/kernel-build.h \
	runtime/common/mapping.c \
	runtime/common/mapping.h \
	runtime/common/stat.h \
	runtime/common/unwind.h \
	runtime/common/registers.h \
	runtime/common/wire.h \
	runtime/common/arith.h \
	runtime/common/decimal.h \
	runtime/common/float.h \
	runtime/common/format.c \
	runtime/common/format.h \
	runtime/common/regex.c \
	runtime/common/regex.h \
	runtime/common/hist.c \
	runtime/common/hist.h
