/* Who a file is: see identity.h. */
#include "runtime/common/identity.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LONGEST_PATH = 64 };

static uint32_t number_device(unsigned int major_part, unsigned int minor_part)
{
	return major_part << 20 | minor_part;
}

/* The super block's device of a mount, from a table of mounts. */
static bool mount_device(const char *table, long mount, uint32_t *ret)
{
	FILE *file = fopen(table, "re");
	bool found = false;
	char *line = NULL;
	size_t room = 0;

	while (file && !found && getline(&line, &room, file) > 0) {
		unsigned int major_part, minor_part;
		long id;

		found = sscanf(line, "%ld %*d %u:%u", &id, &major_part,
			       &minor_part) == 3 && id == mount;
		if (found)
			*ret = number_device(major_part, minor_part);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

/* What the kernel says about an open file goes beyond what stat() says. */
static void refine(int fd, int64_t pid, struct file_identity *identity)
{
	char path[LONGEST_PATH], line[256];
	long mount = -1, inode = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "mnt_id: %ld", &mount);
		sscanf(line, "ino: %ld", &inode);
	}
	if (file)
		fclose(file);
	if (inode > 0)
		identity->inode = (uint64_t)inode;
	if (mount < 0 || mount_device("/proc/self/mountinfo", mount,
				      &identity->device) || !pid)
		return;
	snprintf(path, sizeof(path), "/proc/%" PRId64 "/mountinfo", pid);
	mount_device(path, mount, &identity->device);
}

uint32_t file_mapped_device(int fd, uint32_t device)
{
	struct statfs system;

	return fstatfs(fd, &system) == 0 &&
	       system.f_type == OVERLAYFS_SUPER_MAGIC ? FILE_ANY_DEVICE : device;
}

bool file_identify(const char *path, int64_t pid, struct file_identity *ret)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;
	bool ok = fd >= 0 && fstat(fd, &st) == 0;

	if (ok) {
		ret->device = number_device(major(st.st_dev),
					    minor(st.st_dev));
		ret->inode = st.st_ino;
		refine(fd, pid, ret);
		ret->mapped_device = file_mapped_device(fd, ret->device);
	}
	if (fd >= 0)
		close(fd);
	return ok;
}
