/*
 * Primitives: numbers by name. The tables are read-only data of the programs
 * that use them; a name fills its room with zeros to the end.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "runtime/bpf/lib/gen.h"
#include "runtime/bpf/lib/text.h"

enum { ERRNO_ROOM = 24, FIRST_INNER = 512, SYSCALL_ROOM = 32 };

/* ---- error numbers ---- */

static const char errno_names[][ERRNO_ROOM] = {
#define ERRNO(number, name) [number] = #name,
#define INNER_ERRNO(number, name)
#include "runtime/common/errno.def"
#undef ERRNO
#undef INNER_ERRNO
};

static const char inner_errno_names[][ERRNO_ROOM] = {
#define ERRNO(number, name)
#define INNER_ERRNO(number, name) [(number) - FIRST_INNER] = #name,
#include "runtime/common/errno.def"
#undef ERRNO
#undef INNER_ERRNO
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

RT_SHARED long rt_errno_name(char *dst, __s64 err)
{
	__u64 number = RT_OPAQUE(err < 0 ? -(__u64)err : (__u64)err);
	const char *name = errno_names[0];

	if (number < COUNT(errno_names)) {
		name = errno_names[number];
	} else {
		number = RT_OPAQUE(number - FIRST_INNER);
		if (number < COUNT(inner_errno_names))
			name = inner_errno_names[number];
	}
	return bpf_probe_read_kernel(dst, ERRNO_ROOM, name);
}

RT_PRIM void prim_errno_str(char *dst, __s64 err)
{
	rt_errno_name(dst, err);
}

/* ---- system calls ---- */

static const char names_x86_64[][SYSCALL_ROOM] = {
#define SYSCALL_X86_64(number, name) [number] = #name,
#include "runtime/common/syscalls.def"
#undef SYSCALL_X86_64
};

static const char names_arm64[][SYSCALL_ROOM] = {
#define SYSCALL_ARM64(number, name) [number] = #name,
#include "runtime/common/syscalls.def"
#undef SYSCALL_ARM64
};

static RT_GEN long unknown_syscall(char *dst, __s64 number)
{
	static const char format[] = "syscall %ld";
	__u64 data[1] = { number };

	__builtin_memset(dst, 0, SYSCALL_ROOM);
	return bpf_snprintf(dst, SYSCALL_ROOM, format, data, sizeof(data));
}

static RT_SHARED long name_x86_64(char *dst, __s64 number)
{
	__u64 at = RT_OPAQUE(number);

	if (at < COUNT(names_x86_64) && names_x86_64[at][0])
		return bpf_probe_read_kernel(dst, SYSCALL_ROOM,
					     names_x86_64[at]);
	return unknown_syscall(dst, number);
}

static RT_SHARED long name_arm64(char *dst, __s64 number)
{
	__u64 at = RT_OPAQUE(number);

	if (at < COUNT(names_arm64) && names_arm64[at][0])
		return bpf_probe_read_kernel(dst, SYSCALL_ROOM,
					     names_arm64[at]);
	return unknown_syscall(dst, number);
}

/* A function for each table: a program then has the one that it uses. */
RT_PRIM void prim___syscall_name(char *dst, __s64 number, __s64 arm64)
{
	if (arm64)
		name_arm64(dst, number);
	else
		name_x86_64(dst, number);
}
