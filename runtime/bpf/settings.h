/* Globals set from the command line: NAME=VALUE. */
#ifndef SPILE_BPF_SETTINGS_H
#define SPILE_BPF_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

struct bpf_map;
struct manifest;
struct manifest_global;

/* Stores them into the loaded map of globals, NULL when the script has none.
 * 0, or -1 with a sentence in *ret_error (malloc'd): an unknown name lists
 * those that there are. */
int set_globals(const struct manifest *manifest, const struct bpf_map *map,
		char *const *settings, size_t count, char **ret_error);

/* The value that a number or text has now, as a text; false if it cannot be
 * had. */
bool get_global(const struct bpf_map *map, const struct manifest_global *global,
		char *value, size_t room);

#endif
