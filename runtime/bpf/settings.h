/* Globals set from the command line: NAME=VALUE. */
#ifndef SPILE_BPF_SETTINGS_H
#define SPILE_BPF_SETTINGS_H

#include <stddef.h>

struct bpf_map;
struct manifest;

/* Stores them into the loaded map of globals, NULL when the script has none.
 * 0, or -1 with a sentence in *ret_error (malloc'd): an unknown name lists
 * those that there are. */
int set_globals(const struct manifest *manifest, const struct bpf_map *map,
		char *const *settings, size_t count, char **ret_error);

#endif
