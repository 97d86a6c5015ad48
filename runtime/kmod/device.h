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

#include "runtime/common/wire.h"

#define KMOD_SHARED (1ul << 32)

struct kmod_layout {
	__u64 output_size;	/* of the data, a power of two */
	__u64 shared_size;
	__u64 user_stacks;	/* the script walks those of programs */
	__u64 user_names;	/* it names functions of programs */
};

/* A global of the script: the first value that it gets, or what it has now. */
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

/* Of the probe @number; it is told, once KMOD_TIME was asked for. */
struct kmod_times {
	__u64 number;
	__u64 missed;		/* hits that the kernel did not bring */
	struct wire_times times;
};

/* Switches a probe off and on, once KMOD_TIME was asked for. */
struct kmod_switch {
	__u32 number;
	__u32 off;
};

/*
 * Some elements of the array or statistic that is global @number: those at places
 * from @from on, of @places that there are. Each entry is the packed key and behind
 * it the value, of a statistic the merged cell. There are KMOD_ELEMENTS_MOST at most;
 * the reader has room for them.
 */
enum { KMOD_ELEMENTS_MOST = 64 };

struct kmod_elements {
	__u64 number;
	__u64 from;		/* and where to go on: places if all was seen */
	__u64 places;
	__u64 at;		/* the room; 0: only tell what there is */
	__u64 entry_size;
	__u64 count;		/* entries that were copied */
};

struct kmod_symbol {
	__u32 from, size;
	__u32 name;		/* where it begins in the names */
};

/* What is known of a file with code; a table that is not needed has no bytes. */
enum { KMOD_ROWS, KMOD_SYMBOLS, KMOD_NAMES, KMOD_PATH, KMOD_TABLES };

struct kmod_code {
	__u64 device, inode;	/* as the kernel counts devices; 0, 0: the vdso */
	__u64 bias;		/* offset in the file + bias = address */
	__u64 size;		/* from the first to the last address */
	struct {
		__u64 at, bytes;
	} tables[KMOD_TABLES];	/* the rows: runtime/common/unwind.h; texts end
				 * with NUL */
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
#define KMOD_CODE	_IOW('s', 8, struct kmod_code)
/* Hits are timed from now on; what came of it. */
#define KMOD_TIME	_IO('s', 9)
#define KMOD_TIMES	_IOWR('s', 10, struct kmod_times)
/* The value of the global of that name, as a text. */
#define KMOD_GET	_IOWR('s', 11, struct kmod_setting)
#define KMOD_SWITCH	_IOW('s', 12, struct kmod_switch)
#define KMOD_ELEMENTS	_IOWR('s', 13, struct kmod_elements)

#endif
