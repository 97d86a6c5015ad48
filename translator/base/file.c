/* Files, folders and paths. */
#include "translator/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "translator/base/arena.h"

/* Reads to the end: sizes of files in /proc and of pipes are not known. */
static char *read_all(int fd, size_t *ret_size)
{
	size_t room = 64 * 1024;
	size_t size = 0;
	char *bytes = malloc(room);
	ssize_t n;

	while (bytes) {
		if (size == room) {
			char *more = realloc(bytes, room *= 2);

			if (!more)
				break;
			bytes = more;
		}
		n = read(fd, bytes + size, room - size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		if (n == 0) {
			*ret_size = size;
			return bytes;
		}
		size += (size_t)n;
	}
	free(bytes);
	return NULL;
}

char *file_read(struct arena *arena, const char *path, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes;
	char *copy = NULL;
	int error;

	if (fd < 0)
		return NULL;
	bytes = read_all(fd, ret_size);
	error = errno;
	close(fd);
	if (bytes)
		copy = arena_strndup(arena, bytes, *ret_size);
	free(bytes);
	errno = error;
	return copy;
}

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

int file_write(const char *path, const void *bytes, size_t size)
{
	char temporary[PATH_MAX];
	int error;
	int fd;

	if (snprintf(temporary, sizeof(temporary), "%s.%d.tmp", path,
		     (int)getpid()) >= (int)sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	if (write_all(fd, bytes, size) == 0 && close(fd) == 0) {
		if (rename(temporary, path) == 0)
			return 0;
		fd = -1;
	}
	error = errno;
	if (fd >= 0)
		close(fd);
	unlink(temporary);
	errno = error;
	return -1;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int file_list(struct arena *arena, const char *path,
	      struct file_names *ret_names)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	*ret_names = (struct file_names){ 0 };
	if (!folder)
		return -1;
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			*vec_push(arena, &ret_names->names) =
				arena_strdup(arena, entry->d_name);
	closedir(folder);
	if (ret_names->names.count)
		qsort(ret_names->names.items, ret_names->names.count,
		      sizeof(*ret_names->names.items), compare_names);
	return 0;
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

bool file_is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

int file_make_folder(const char *path)
{
	char part[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type,
		      struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

int file_remove(const char *path)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0)
		return 0;
	return errno == ENOENT ? 0 : -1;
}

const char *file_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *file_program_folder(struct arena *arena)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	return arena_strdup(arena, path[0] ? path : "/");
}
