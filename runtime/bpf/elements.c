/* Reading arrays from outside: see elements.h. */
#include "runtime/bpf/elements.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/common/stat.h"
#include "runtime/kmod/device.h"
#include "runtime/kmod/user/insert.h"
#include "runtime/reader/object.h"

/* How many elements are asked for at once, and the memory that they may take. */
enum { AT_ONCE = 256, AT_LEAST = 16, ROOM = 4 << 20 };

/* The words of a cell before its buckets. */
enum { CELL_WORDS = 8 };

struct walk {
	const struct manifest_global *global;
	elements_call *call;
	void *with;
	uint64_t count;
	/* of BPF maps */
	int map;
	size_t key_size, stride;	/* of a value: on one processor */
	size_t cpus;			/* values of an element */
	uint32_t at_once;
	char *keys, *values;
};

static bool is_statistic(const struct manifest_global *global)
{
	return global->value == 's';
}

/* What the manifest says of an element; the map is held against it. */
size_t elements_key_size(const char *keys)
{
	size_t size = 0;

	while (*keys) {
		size_t room = manifest_next_key(&keys);

		size += room ? room : 8;
	}
	return size;
}

size_t elements_value_size(const struct manifest_global *global)
{
	return is_statistic(global) ?
		8 * stat_words((uint32_t)global->parts & ~(uint32_t)STAT_HIST, 0) :
		global->value == 'l' ? 8 : global->room;
}

/* ---- BPF ---- */

static size_t payload_of(const struct manifest_global *global)
{
	return global->type == 'a' ? global->offset : 0;
}

static void take(struct walk *walk, const char *key, const char *values)
{
	uint32_t parts = walk->global->parts & ~(uint32_t)STAT_HIST;
	size_t payload = payload_of(walk->global);
	__s64 merged[CELL_WORDS] = { 0 };

	for (size_t cpu = 0; is_statistic(walk->global) && cpu < walk->cpus;
	     cpu++)
		stat_merge(merged, (const __s64 *)(values + cpu * walk->stride +
						   payload), parts, 0);
	walk->count++;
	walk->call(walk->with, key, is_statistic(walk->global) ?
		   (const char *)merged : values + payload);
}

static bool make_room(struct walk *walk)
{
	free(walk->keys);
	free(walk->values);
	walk->keys = calloc(walk->at_once, walk->key_size);
	walk->values = calloc(walk->at_once, walk->stride * walk->cpus);
	return walk->keys && walk->values;
}

/* One call of the kernel for many; whether there are more. */
static bool walk_batch(struct walk *walk, bool *begun, uint32_t *position)
{
	uint32_t count = walk->at_once;
	int error = bpf_map_lookup_batch(walk->map, *begun ? position : NULL,
					 position, walk->keys, walk->values,
					 &count, NULL) ? errno : 0;

	/* keys of one hash are had together only */
	if (error == ENOSPC) {
		walk->at_once *= 2;
		return walk->at_once <= ELEMENTS_MOST && make_room(walk);
	}
	if (error && error != ENOENT)
		return false;
	*begun = true;
	for (uint32_t i = 0; i < count && walk->count < ELEMENTS_MOST; i++)
		take(walk, walk->keys + i * walk->key_size,
		     walk->values + i * walk->stride * walk->cpus);
	return !error && walk->count < ELEMENTS_MOST;
}

static void walk_map(struct walk *walk)
{
	uint32_t position = 0;
	bool begun = false;

	if (walk->global->type == 'a') {
		while (walk_batch(walk, &begun, &position))
			;
		return;
	}
	if (!bpf_map_lookup_elem(walk->map, &position, walk->values))
		take(walk, "", walk->values);
}

static const struct bpf_map *find_map(const struct object *object,
				      const struct manifest_global *global)
{
	char name[256];

	snprintf(name, sizeof(name), "%c_%s", global->type, global->name);
	return bpf_object__find_map_by_name(object->bpf, name);
}

static bool walk_programs(struct walk *walk, const struct object *object)
{
	const struct bpf_map *map = find_map(object, walk->global);
	int cpus = is_statistic(walk->global) ? libbpf_num_possible_cpus() : 1;
	bool done;

	if (!map || cpus < 1)
		return false;
	walk->map = bpf_map__fd(map);
	walk->cpus = (size_t)cpus;
	walk->key_size = bpf_map__key_size(map);
	walk->stride = (bpf_map__value_size(map) + 7) & ~(size_t)7;
	if ((walk->global->type == 'a' &&
	     elements_key_size(walk->global->keys) != walk->key_size) ||
	    payload_of(walk->global) + elements_value_size(walk->global) > walk->stride)
		return false;
	walk->at_once = AT_ONCE;
	while (walk->at_once > AT_LEAST &&
	       walk->at_once * walk->stride * walk->cpus > ROOM)
		walk->at_once /= 2;
	done = make_room(walk);
	if (done)
		walk_map(walk);
	free(walk->keys);
	free(walk->values);
	return done;
}

/* ---- modules ---- */

static bool walk_module(struct walk *walk, const struct object *object,
			size_t number)
{
	struct kmod_elements asked = { .number = number };
	size_t key_size = elements_key_size(walk->global->keys);
	char *room;

	if (!insert_elements(object->device, &asked) ||
	    key_size + elements_value_size(walk->global) > asked.entry_size)
		return false;
	room = calloc(KMOD_ELEMENTS_MOST, asked.entry_size);
	if (!room)
		return false;
	asked.at = (uintptr_t)room;
	while (asked.from < asked.places &&
	       walk->count < ELEMENTS_MOST) {
		if (!insert_elements(object->device, &asked))
			break;
		for (uint64_t i = 0; i < asked.count; i++) {
			const char *entry = room + i * asked.entry_size;

			walk->count++;
			walk->call(walk->with, entry, entry + key_size);
		}
	}
	free(room);
	return true;
}

bool elements_walk(const struct object *object, size_t global,
		   elements_call *call, void *with, uint64_t *ret_count)
{
	struct walk walk = {
		.global = &object->manifest->globals[global],
		.call = call, .with = with,
	};
	bool done = object->is_module ? walk_module(&walk, object, global) :
					walk_programs(&walk, object);

	*ret_count = walk.count;
	return done;
}
