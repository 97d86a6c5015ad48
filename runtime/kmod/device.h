/*
 * What the runner and a module say to each other through the module's device
 * (misc, named like the module). Opened by one runner at a time; closing it
 * ends the session: nothing fires any more.
 *
 * Mapped:	at 0 the output, laid out as a BPF ring buffer: a page with the
 *		reader's position, a page with the writer's, the data;
 *		at KMOD_SHARED struct wire_shared
 */
#ifndef SPILE_KMOD_DEVICE_H
#define SPILE_KMOD_DEVICE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define KMOD_SHARED (1ul << 32)

struct kmod_layout {
	__u64 output_size;	/* of the data, a power of two */
	__u64 shared_size;
	__u64 user_stacks;	/* the script asks for some: KMOD_ROWS */
};

/* A global of the script that gets another first value. */
struct kmod_setting {
	char name[256];
	char value[4096];
};

/* A relocation of the manifest, as the running kernel has it. */
struct kmod_reloc {
	__u64 number;
	__u64 words[3];
};

/* What the runner found out about a probe on the running kernel. */
struct kmod_choice {
	__u32 number;
	__u32 left_out;		/* it is not for this kernel or session */
	__u64 address, length;	/* of the data that it watches */
};

/* A table of stack frames (runtime/common/unwind.h) of a file. */
struct kmod_rows {
	__u64 device, inode;	/* as the kernel counts devices */
	__u64 bias;		/* offset in the file + bias = address */
	__u64 count;
	__u64 rows;		/* where they are */
};

#define KMOD_LAYOUT	_IOR('s', 1, struct kmod_layout)
#define KMOD_SET	_IOW('s', 2, struct kmod_setting)
/* The argument is the number of a probe. */
#define KMOD_RUN	_IO('s', 3)
/* Attaches, or detaches, all that the kernel drives. On failure: the probe. */
#define KMOD_ATTACH	_IOR('s', 4, __u32)
#define KMOD_DETACH	_IO('s', 5)
#define KMOD_RELOC	_IOW('s', 6, struct kmod_reloc)
/* Before KMOD_ATTACH. */
#define KMOD_CHOOSE	_IOW('s', 7, struct kmod_choice)
#define KMOD_ROWS	_IOW('s', 8, struct kmod_rows)

#endif
