/*
 * Globals set from the command line: see settings.h.
 */
#include "runtime/bpf/settings.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/common/manifest.h"
#include "runtime/reader/complain.h"

static const struct manifest_global *find_global(const struct manifest *manifest,
						 const char *name, size_t length)
{
	for (size_t i = 0; i < manifest->global_count; i++) {
		const char *found = manifest->globals[i].name;

		if (strlen(found) == length && !memcmp(found, name, length))
			return &manifest->globals[i];
	}
	return NULL;
}

static bool settable(const struct manifest_global *global)
{
	return global->type == 'l' || global->type == 't';
}

static int unknown_global(const struct manifest *manifest, const char *setting,
			  char **ret_error)
{
	char *names = NULL;
	size_t size, count = 0;
	FILE *out = open_memstream(&names, &size);

	if (!out)
		return complain(ret_error, "no memory");
	for (size_t i = 0; i < manifest->global_count; i++)
		if (settable(&manifest->globals[i]))
			fprintf(out, "%s %s", count++ ? "," : "",
				manifest->globals[i].name);
	fclose(out);
	complain(ret_error, "there is no global '%.*s' to set; %s%s",
		 (int)strcspn(setting, "="), setting,
		 count ? "there are:" : "the script has none", names);
	free(names);
	return -1;
}

static int set_global(const struct manifest *manifest, const char *setting,
		      char *values, size_t size, char **ret_error)
{
	size_t length = strcspn(setting, "=");
	const char *text = setting + length + 1;
	const struct manifest_global *global;
	char *end;

	if (!setting[length] || !length)
		return complain(ret_error, "'%s' is no setting: write "
				"name=value", setting);
	global = find_global(manifest, setting, length);
	if (!global)
		return unknown_global(manifest, setting, ret_error);
	if (!settable(global))
		return complain(ret_error, "global '%s' is %s: only numbers and "
				"strings can be set", global->name,
				global->type == 'a' ? "an array" :
				"a statistic");
	uint64_t room = global->type == 'l' ? 8 : global->room;

	if (global->offset > size || size - global->offset < room || !room)
		return complain(ret_error, "the object is damaged: global '%s' "
				"lies outside of its map", global->name);
	if (global->type == 't') {
		memset(values + global->offset, 0, room);
		memcpy(values + global->offset, text,
		       strnlen(text, room - 1));
		return 0;
	}
	errno = 0;
	int64_t number = *text == '-' ? strtoll(text, &end, 0) :
		(int64_t)strtoull(text, &end, 0);

	if (!*text || *end || errno)
		return complain(ret_error, "global '%s' is a number; '%s' is "
				"none", global->name, text);
	memcpy(values + global->offset, &number, sizeof(number));
	return 0;
}

static int set_all(const struct manifest *manifest, char *const *settings,
		   size_t count, char *values, size_t size, char **ret_error)
{
	for (size_t i = 0; i < count; i++)
		if (set_global(manifest, settings[i], values, size, ret_error))
			return -1;
	return 0;
}

/* In place: what programs write to other globals meanwhile stays. */
static char *map_values(const struct bpf_map *map, size_t size)
{
	void *values = map ? mmap(NULL, size, PROT_READ | PROT_WRITE,
				  MAP_SHARED, bpf_map__fd(map), 0) : MAP_FAILED;

	return values == MAP_FAILED ? NULL : values;
}

int set_globals(const struct manifest *manifest, const struct bpf_map *map,
		char *const *settings, size_t count, char **ret_error)
{
	size_t size = map ? bpf_map__value_size(map) : 0;
	uint32_t key = 0;
	char *values;
	int result;

	if (!count)
		return 0;
	values = map_values(map, size);
	if (values) {
		result = set_all(manifest, settings, count, values, size,
				 ret_error);
		munmap(values, size);
		return result;
	}
	/* a map that cannot be mapped, of an object made by hand; or none */
	values = calloc(1, size + 1);
	if (!values)
		return complain(ret_error, "no memory");
	if (map)
		bpf_map_lookup_elem(bpf_map__fd(map), &key, values);
	result = set_all(manifest, settings, count, values, size, ret_error);
	if (map && !result &&
	    bpf_map_update_elem(bpf_map__fd(map), &key, values, BPF_ANY))
		result = complain(ret_error, "cannot set the globals: %s",
				  strerror(errno));
	free(values);
	return result;
}

bool get_global(const struct bpf_map *map, const struct manifest_global *global,
		char *value, size_t room)
{
	size_t size = bpf_map__value_size(map);
	uint64_t length = global->type == 'l' ? 8 : global->room;
	char *values = calloc(1, size + 1);
	uint32_t key = 0;
	bool found = values && global->offset <= size &&
		size - global->offset >= length &&
		!bpf_map_lookup_elem(bpf_map__fd(map), &key, values);
	int64_t number;

	if (found && global->type == 'l') {
		memcpy(&number, values + global->offset, sizeof(number));
		snprintf(value, room, "%" PRId64, number);
	} else if (found) {
		snprintf(value, room, "%.*s", (int)length,
			 values + global->offset);
	}
	free(values);
	return found;
}
