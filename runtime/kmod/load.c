/* Reads of the traced machine: never trusted, never waited for. */
#include "runtime/kmod/kmod.h"

#include <linux/sched.h>
#include <linux/uaccess.h>

bool rt_read(void *to, u64 address, u32 size, bool user)
{
	const void *from = (const void *)(unsigned long)address;
	long failed = user ?
		copy_from_user_nofault(to, (const void __user *)from, size) :
		copy_from_kernel_nofault(to, from, size);

	if (failed)
		memset(to, 0, size);
	return !failed;
}

static s64 extend(u64 bits, u32 size, bool is_signed)
{
	u32 shift = 64 - 8 * size;

	return is_signed ? (s64)(bits << shift) >> shift :
			   (s64)(bits << shift >> shift);
}

bool rt_has_memory(const struct rt_frame *frame)
{
	return frame->task == current ||
	       (current->mm && READ_ONCE(frame->task->mm) == current->mm);
}

static bool is_foreign(const struct rt_frame *frame, bool user)
{
	return user && !rt_has_memory(frame);
}

int rt_load(struct rt_frame *frame, u64 address, u32 size, bool is_signed,
	    bool user, s64 *ret, s32 site)
{
	u64 bits = 0;

	if (is_foreign(frame, user) || !rt_read(&bits, address, size, user))
		return rt_raise(frame, RT_ERROR_READ_FAULT, address, site);
	*ret = extend(bits, size, is_signed);
	return 0;
}

/* copy_to_kernel_nofault() is not for modules. */
static long store_kernel(u64 address, s64 value, u32 size)
{
	void *to = (void *)(unsigned long)address;
	long failed = -EFAULT;

	pagefault_disable();
	switch (size) {
	case 1:
		__put_kernel_nofault(to, &value, u8, out);
		break;
	case 2:
		__put_kernel_nofault(to, &value, u16, out);
		break;
	case 4:
		__put_kernel_nofault(to, &value, u32, out);
		break;
	case 8:
		__put_kernel_nofault(to, &value, u64, out);
		break;
	}
	failed = 0;
out:
	pagefault_enable();
	return failed;
}

/* Little-endian machines: the low bytes come first. */
int rt_store(struct rt_frame *frame, u64 address, s64 value, u32 size,
	     bool user, s32 site)
{
	long failed = is_foreign(frame, user) ? -EFAULT : user ?
		copy_to_user_nofault((void __user *)(unsigned long)address,
				     &value, size) :
		store_kernel(address, value, size);

	return failed ? rt_raise(frame, RT_ERROR_WRITE_FAULT, address, site) :
			0;
}

/* As much as is sure to be there when its first byte is: a piece of a page. */
static u32 piece(u64 address, u32 left)
{
	u32 most = 64 - (address & 63);

	return min(most, left);
}

int rt_load_text(struct rt_frame *frame, u64 address, s64 most, bool user,
		 char *to, u32 room, s32 site)
{
	u32 count = most < 0 || most >= room ? room - 1 : most, at, size;

	for (at = 0; at < count; at += size) {
		size = piece(address + at, count - at);
		if (is_foreign(frame, user) ||
		    !rt_read(&to[at], address + at, size, user))
			return rt_raise(frame, user ?
					RT_ERROR_USER_STRING :
					RT_ERROR_KERNEL_STRING, address, site);
		if (memchr(&to[at], '\0', size))
			return 0;
	}
	to[count] = '\0';
	return 0;
}
