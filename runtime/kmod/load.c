/* Reads of the traced machine: never trusted, never waited for. */
#include "runtime/kmod/kmod.h"

#include <linux/uaccess.h>

static bool read_memory(void *to, u64 address, u32 size, bool user)
{
	const void *from = (const void *)(unsigned long)address;

	if (user)
		return !copy_from_user_nofault(to, (const void __user *)from,
					       size);
	return !copy_from_kernel_nofault(to, from, size);
}

static s64 extend(u64 bits, u32 size, bool is_signed)
{
	u32 shift = 64 - 8 * size;

	return is_signed ? (s64)(bits << shift) >> shift :
			   (s64)(bits << shift >> shift);
}

int rt_load(struct rt_frame *frame, u64 address, u32 size, bool is_signed,
	    bool user, s64 *ret, s32 site)
{
	u64 bits = 0;

	if (!read_memory(&bits, address, size, user))
		return rt_raise(frame, RT_ERROR_READ_FAULT, address, site);
	*ret = extend(bits, size, is_signed);
	return 0;
}

int rt_load_text(struct rt_frame *frame, u64 address, s64 most, bool user,
		 char *to, u32 room, s32 site)
{
	u32 count = most < 0 || most >= room ? room - 1 : most, i;

	for (i = 0; i < count; i++) {
		if (!read_memory(&to[i], address + i, 1, user))
			return rt_raise(frame, user ?
					RT_ERROR_USER_STRING :
					RT_ERROR_KERNEL_STRING, address, site);
		if (!to[i])
			return 0;
	}
	to[count] = '\0';
	return 0;
}
