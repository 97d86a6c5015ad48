/* Breakpoints on data: see watch.h. */
#include "runtime/bpf/watch.h"

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/way.h"
#include "runtime/reader/complain.h"

enum { LONGEST = 8 };

/* Where a symbol is, and how far the next one is from it. 0: not found. */
static uint64_t find_symbol(const char *symbol, uint64_t *ret_room)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512], name[256], type;
	unsigned long long at, place = 0;

	*ret_room = UINT64_MAX;
	for (int pass = 0; pass < 2 && file; pass++) {
		rewind(file);
		while (fgets(line, sizeof(line), file)) {
			if (sscanf(line, "%llx %c %255s", &at, &type, name) != 3)
				continue;
			if (!pass && !place && !strcmp(name, symbol))
				place = at;
			else if (pass && at > place && at - place < *ret_room)
				*ret_room = at - place;
		}
	}
	if (file)
		fclose(file);
	return place;
}

/* The most bytes that a breakpoint there can have. */
static uint64_t longest(uint64_t address, uint64_t room)
{
	uint64_t length = LONGEST;

	while (length > 1 && (length > room || address % length))
		length /= 2;
	return length;
}

bool watch_is_meant(const struct manifest_probe *probe)
{
	return manifest_pair_get(&probe->pairs, "access");
}

int watch_find(const struct manifest_probe *probe,
	       struct watch_place *ret_place, char **ret_error)
{
	const struct manifest_pairs *pairs = &probe->pairs;
	const char *symbol = manifest_pair_get(pairs, "symbol");
	uint64_t room = LONGEST;
	uint64_t at = (uint64_t)manifest_pair_number(pairs, "address", 0);
	uint64_t length = (uint64_t)manifest_pair_number(pairs, "length", 0);

	if (symbol)
		at = find_symbol(symbol, &room);
	if (!at)
		return complain(ret_error, "this kernel does not say where '%s' "
				"is (probe %s): it has no such data, or its "
				"symbol table has functions only",
				symbol ? symbol : "0", probe->name);
	ret_place->address = at;
	ret_place->length = length ? length : longest(at, room);
	return 0;
}

int watch_fill(struct probe *probe, struct perf_event_attr *attr,
	       char **ret_error)
{
	const char *access = manifest_pair_get(&probe->about->pairs, "access");
	struct watch_place place;

	if (watch_find(probe->about, &place, ret_error))
		return -1;
	attr->bp_addr = place.address;
	attr->bp_len = place.length;
	attr->bp_type = !strcmp(access, "write") ?
		HW_BREAKPOINT_W : HW_BREAKPOINT_RW;
	return 0;
}
