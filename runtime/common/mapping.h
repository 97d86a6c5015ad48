/* A whole file in memory, read only. */
#ifndef SPILE_COMMON_MAPPING_H
#define SPILE_COMMON_MAPPING_H

#include <stddef.h>

/*
 * Maps a regular file that is not empty; one that cannot be mapped (sysfs before
 * Linux 6.16) is read. The caller gives it back with munmap(). NULL and errno
 * when that cannot be done.
 */
void *mapping_open(const char *path, size_t *ret_size);

#endif
