/*
 * Who a file is, as the kernel itself tells files apart: the device of its super
 * block (super_block.s_dev) and the number of its inode. What stat() says is
 * another device on btrfs and overlayfs.
 *
 * User-space only.
 */
#ifndef SPILE_COMMON_IDENTITY_H
#define SPILE_COMMON_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

struct file_identity {
	uint32_t device;	/* major << 20 | minor */
	uint64_t inode;
	/* That of the file that its mappings are of, which has this inode number
	 * too: on overlays one of a layer, and nothing says which. */
	uint32_t mapped_device;
};

/* Any device. */
enum { FILE_ANY_DEVICE = 0 };

/* As mapped_device, of an open file of this device. */
uint32_t file_mapped_device(int fd, uint32_t device);

/* @pid is a process in whose mount namespace the path may lie, or 0. */
bool file_identify(const char *path, int64_t pid, struct file_identity *ret);

static inline bool file_same(const struct file_identity *a,
			     const struct file_identity *b)
{
	return a->device == b->device && a->inode == b->inode;
}

#endif
