/* Switching single probes off and on while a session runs. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdint.h>
#include <stdlib.h>

#include "runtime/bpf/attach.h"
#include "runtime/kmod/user/insert.h"
#include "runtime/reader/object.h"

/* Nobody but us writes to the words of the programs, so all are written again. */
static bool switch_program(const struct attach *attach)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(
		attach->object->bpf, ".data.spile_switches");
	size_t size = map ? bpf_map__value_size(map) : 0;
	uint64_t *words = calloc(1, size + sizeof(*words));
	uint32_t key = 0;
	bool done;

	for (size_t i = 0; words && i < attach->count &&
	     i < size / sizeof(*words); i++)
		words[i] = attach->probes[i].is_off;
	done = words && map &&
		!bpf_map_update_elem(bpf_map__fd(map), &key, words, BPF_ANY);
	free(words);
	return done;
}

bool attach_switch(struct attach *attach, size_t number, bool off)
{
	const struct object *object = attach->object;
	struct probe *probe = &attach->probes[number];
	bool was_off = probe->is_off;

	probe->is_off = off;
	if (object->is_module ? !insert_switch(object->device, number, off) :
				switch_program(attach))
		return true;
	probe->is_off = was_off;
	return false;
}
