/*
 * What embedded C of scripts is written with. Each piece is a function of its
 * own with these parameters; the backend defines STAP_ARG_x, STAP_RETVALUE and
 * STAP_GLOBAL_GET_x, STAP_GLOBAL_SET_x for the names that there are.
 */
#ifndef SPILE_KMOD_EMBEDDED_H
#define SPILE_KMOD_EMBEDDED_H

/* what the code of scripts counts on without including it */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/version.h>

#include "runtime/kmod/kmod.h"

#define SPILE_PARAMETERS struct rt_frame *spile_frame

/* Raises a run-time error; nothing more of the piece runs. */
#define STAP_ERROR(...) \
	do { \
		rt_raise_format(spile_frame, ##__VA_ARGS__); \
		return; \
	} while (0)
#define STAP_PRINTF(...) \
	rt_print_format(spile_frame, SPILE_TEXT_FORMAT, ##__VA_ARGS__)
#define STAP_RETURN(...) \
	do { \
		SPILE_RETURN(__VA_ARGS__); \
		return; \
	} while (0)

/* The next function of that name is to do it. */
#define STAP_NEXT \
	do { \
		spile_frame->passed_on = true; \
		return; \
	} while (0)

#define CONTEXT spile_frame

/* The language that scripts ask for is the present one. */
#define STAP_VERSION(major, minor) (((major) << 8) | (minor))
#define STAP_COMPAT_VERSION STAP_VERSION(5, 6)

/* Gone from Linux 6.8 on; scripts are full of it. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
static inline size_t strlcpy(char *to, const char *from, size_t room)
{
	strscpy(to, from, room);
	return strlen(from);
}

static inline size_t strlcat(char *to, const char *from, size_t room)
{
	size_t used = strnlen(to, room);

	if (used < room)
		strscpy(to + used, from, room - used);
	return used + strlen(from);
}
#endif

#endif
