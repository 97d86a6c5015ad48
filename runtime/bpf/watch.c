/* Breakpoints on data: see watch.h. */
#include "runtime/bpf/watch.h"

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/way.h"
#include "runtime/common/wire.h"
#include "runtime/reader/complain.h"
#include "runtime/reader/object.h"

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

/* Where the file of a probe is in the process: its first mapping. */
static bool find_bias(const char *path, long long process, uint64_t base,
		      uint64_t *ret_bias)
{
	char maps[64], line[4352], name[4096];
	unsigned long long start, offset, inode;
	uint64_t least = UINT64_MAX;
	struct stat status = { 0 };
	FILE *file;

	snprintf(maps, sizeof(maps), "/proc/%lld/maps", process);
	file = fopen(maps, "re");
	stat(path, &status);
	while (file && fgets(line, sizeof(line), file)) {
		name[0] = '\0';
		if (sscanf(line, "%llx-%*x %*s %llx %*s %llu %4095[^\n]", &start,
			   &offset, &inode, name) < 3 || offset >= least ||
		    (strcmp(name, path) && (!inode || inode != status.st_ino)))
			continue;
		least = offset;
		*ret_bias = start - offset - base;
	}
	if (file)
		fclose(file);
	return least != UINT64_MAX;
}

/* Data of a position-independent program. */
static int find_in_process(const struct manifest_probe *probe, long long target,
			   uint64_t *ret_address, char **ret_error)
{
	const struct manifest_pairs *pairs = &probe->pairs;
	const char *path = manifest_pair_get(pairs, "file");
	long long process = manifest_pair_number(pairs, "process", target);
	uint64_t bias;

	if (!path)
		return 0;
	if (process <= 0 ||
	    !find_bias(path, process, manifest_pair_number(pairs, "base", 0),
		       &bias))
		return complain(ret_error, "%s is not mapped by the process that "
				"probe %s is about: begin the program, then name "
				"it by -x", path, probe->name);
	*ret_address += bias;
	return 0;
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

int watch_find(const struct manifest_probe *probe, long long target,
	       struct watch_place *ret_place, char **ret_error)
{
	const struct manifest_pairs *pairs = &probe->pairs;
	const char *symbol = manifest_pair_get(pairs, "symbol");
	uint64_t room = (uint64_t)manifest_pair_number(pairs, "room", LONGEST);
	uint64_t at = (uint64_t)manifest_pair_number(pairs, "address", 0);
	uint64_t length = (uint64_t)manifest_pair_number(pairs, "length", 0);
	uint64_t behind = (uint64_t)manifest_pair_number(pairs, "behind", 0);

	if (symbol)
		at = find_symbol(symbol, &room);
	if (!at)
		return complain(ret_error, "this kernel does not say where '%s' "
				"is (probe %s): it has no such data, or its "
				"symbol table has functions only",
				symbol ? symbol : "0", probe->name);
	if (behind >= room)
		return complain(ret_error, "what is %llu bytes behind '%s' is "
				"other data (probe %s): the next symbol is %llu "
				"bytes behind it", (unsigned long long)behind,
				symbol, probe->name, (unsigned long long)room);
	at += behind;
	room -= behind;
	if (find_in_process(probe, target, &at, ret_error))
		return -1;
	if (length && at % length)
		return complain(ret_error, "data is watched at multiples of the "
				"length, and 0x%llx is none of %llu (probe %s): "
				"give a shorter .length(), or none",
				(unsigned long long)at,
				(unsigned long long)length, probe->name);
	ret_place->address = at;
	ret_place->length = length ? length : longest(at, room);
	return 0;
}

int watch_fill(struct probe *probe, struct perf_event_attr *attr,
	       char **ret_error)
{
	const char *access = manifest_pair_get(&probe->about->pairs, "access");
	struct watch_place place;

	if (watch_find(probe->about, probe->attach->object->shared->target,
		       &place, ret_error))
		return -1;
	attr->bp_addr = place.address;
	attr->bp_len = place.length;
	attr->bp_type = !strcmp(access, "write") ?
		HW_BREAKPOINT_W : HW_BREAKPOINT_RW;
	return 0;
}
