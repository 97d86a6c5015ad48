#include "runtime/common/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Into memory that looks like a mapping. */
static void *read_whole(int fd, size_t size)
{
	char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t done = 0;

	if (bytes == MAP_FAILED)
		return MAP_FAILED;
	while (done < size) {
		ssize_t count = read(fd, bytes + done, size - done);

		if (count < 0 && errno == EINTR)
			continue;
		if (count == 0)
			errno = EIO;
		if (count <= 0)
			break;
		done += (size_t)count;
	}
	if (done == size)
		return bytes;
	munmap(bytes, size);
	return MAP_FAILED;
}

void *mapping_open(const char *path, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *bytes = MAP_FAILED;
	struct stat status;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &status) && S_ISREG(status.st_mode) &&
	    status.st_size > 0) {
		*ret_size = (size_t)status.st_size;
		bytes = mmap(NULL, *ret_size, PROT_READ,
			     MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (bytes == MAP_FAILED)
			bytes = read_whole(fd, *ret_size);
	} else {
		errno = EINVAL;
	}
	close(fd);
	return bytes == MAP_FAILED ? NULL : bytes;
}
