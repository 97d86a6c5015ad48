/*
 * The elements of arrays and the values of statistics as they are now, for --monitor.
 * Handlers go on meanwhile: what they change may be seen or not.
 */
#ifndef SPILE_BPF_ELEMENTS_H
#define SPILE_BPF_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct manifest_global;
struct object;

/* Of arrays that are larger no more are looked at: it is done once a second. */
enum { ELEMENTS_MOST = 1 << 16 };

/* An element: the key as the manifest says that it is packed, and the value: a
 * number, a text, or a cell of runtime/common/stat.h (without buckets). Valid during
 * the call. */
typedef void elements_call(void *with, const char *key, const char *value);

/* Calls for each element of the global (of a statistic without keys: once), and
 * counts them. False: they cannot be had. */
bool elements_walk(const struct object *object, size_t global,
		   elements_call *call, void *with, uint64_t *ret_count);

/* Bytes of all keys of an element, and of its value, as the call gets them. */
size_t elements_key_size(const char *keys);
size_t elements_value_size(const struct manifest_global *global);

#endif
