/* Tracepoints: names from BTF, systems and formats from tracefs. */
#include "translator/target/tracepoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/file.h"
#include "translator/base/glob.h"
#include "translator/base/map.h"
#include "translator/target/btf.h"

struct tracepoints {
	struct arena *arena;
	struct btf_types *btf;	/* may be NULL */
	bool looked_for_folder;
	const char *folder;
	bool has_systems;
	struct file_names systems;
};

struct tracepoints *tracepoints_open(struct arena *arena,
				     struct btf_types *btf)
{
	struct tracepoints *tracepoints = arena_new(arena, struct tracepoints);

	tracepoints->arena = arena;
	tracepoints->btf = btf;
	return tracepoints;
}

/* ---- tracefs ---- */

static const char *find_folder(void)
{
	static const char *const own = "/sys/kernel/tracing";
	static const char *const other = "/sys/kernel/debug/tracing";

	if (access("/sys/kernel/tracing/events", F_OK) == 0)
		return own;
	if (access("/sys/kernel/debug/tracing/events", F_OK) == 0)
		return other;
	if (geteuid() == 0 && mount("tracefs", own, "tracefs",
				    MS_NOSUID | MS_NODEV | MS_NOEXEC,
				    NULL) == 0)
		return own;
	return NULL;
}

const char *tracepoints_folder(struct tracepoints *tracepoints)
{
	if (!tracepoints->looked_for_folder) {
		tracepoints->looked_for_folder = true;
		tracepoints->folder = find_folder();
	}
	return tracepoints->folder;
}

static const char *event_path(struct tracepoints *tracepoints,
			      const char *system, const char *name)
{
	const char *folder = tracepoints_folder(tracepoints);

	return arena_printf(tracepoints->arena, "%s/events/%s/%s",
			    folder ? folder : "", system, name);
}

static const struct file_names *systems_of(struct tracepoints *tracepoints)
{
	if (!tracepoints->has_systems && tracepoints_folder(tracepoints))
		file_list(tracepoints->arena,
			  arena_printf(tracepoints->arena, "%s/events",
				       tracepoints->folder),
			  &tracepoints->systems);
	tracepoints->has_systems = true;
	return &tracepoints->systems;
}

/* ---- matching ---- */

static void add(struct tracepoints *tracepoints, const char *system,
		const char *name, struct tracepoint_list *list)
{
	struct tracepoint *item = vec_push(tracepoints->arena, &list->items);

	item->system = system;
	item->name = name;
}

/* To look into its folders from there: there are some hundred. */
static int open_events(struct tracepoints *tracepoints)
{
	const char *folder = tracepoints_folder(tracepoints);

	return folder ? open(arena_printf(tracepoints->arena, "%s/events",
					  folder),
			     O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

/* An exact name: look where it is rather than list everything. */
static void match_exact(struct tracepoints *tracepoints,
			const char *system_pattern, const char *name,
			struct tracepoint_list *list)
{
	const struct file_names *systems = systems_of(tracepoints);
	bool exists = tracepoints->btf && btf_tracepoint(tracepoints->btf,
							 name);
	int folder;

	if (strchr(name, '/') || (tracepoints->btf && !exists))
		return;
	folder = open_events(tracepoints);
	for (size_t i = 0; folder >= 0 && i < systems->names.count; i++) {
		const char *system = systems->names.items[i];

		if (system_pattern && !glob_match(system_pattern, system))
			continue;
		if (faccessat(folder, arena_printf(tracepoints->arena, "%s/%s",
						   system, name), F_OK, 0) == 0)
			add(tracepoints, system, name, list);
	}
	if (folder >= 0)
		close(folder);
	/* who may not look into tracefs takes the name's word */
	if (!list->items.count && exists &&
	    (!system_pattern || (!tracepoints_folder(tracepoints) &&
				 !glob_is_pattern(system_pattern))))
		add(tracepoints, NULL, name, list);
}

/* Names that BTF knows, each to "not seen in a system yet". */
static void map_names(struct tracepoints *tracepoints, const char *pattern,
		      struct map *names)
{
	struct btf_names found = { 0 };

	if (!tracepoints->btf)
		return;
	btf_list_tracepoints(tracepoints->btf, pattern, &found);
	for (size_t i = 0; i < found.names.count; i++)
		map_put(tracepoints->arena, names, found.names.items[i],
			(void *)found.names.items[i]);
}

static void match_system(struct tracepoints *tracepoints, const char *system,
			 const char *pattern, struct map *names,
			 struct tracepoint_list *list)
{
	struct file_names events = { 0 };

	if (file_list(tracepoints->arena,
		      event_path(tracepoints, system, "."), &events) < 0)
		return;
	for (size_t i = 0; i < events.names.count; i++) {
		const char *name = events.names.items[i];

		if (tracepoints->btf ? !map_get(names, name) :
		    !glob_match(pattern, name) ||
		    !file_is_folder(event_path(tracepoints, system, name)))
			continue;
		add(tracepoints, system, name, list);
	}
}

/* What no system has: the tracepoint has no event of its own. */
static void add_rest(struct tracepoints *tracepoints, const struct map *names,
		     struct tracepoint_list *list)
{
	struct map seen = { 0 };
	size_t count = list->items.count;

	for (size_t i = 0; i < count; i++)
		map_put(tracepoints->arena, &seen, list->items.items[i].name,
			tracepoints);
	for (size_t i = 0; i < names->count; i++)
		if (!map_get(&seen, names->entries[i].key))
			add(tracepoints, NULL, names->entries[i].key, list);
}

static void match_wildcard(struct tracepoints *tracepoints,
			   const char *system_pattern, const char *pattern,
			   struct tracepoint_list *list)
{
	const struct file_names *systems = systems_of(tracepoints);
	struct map names = { 0 };

	map_names(tracepoints, pattern, &names);
	for (size_t i = 0; i < systems->names.count; i++) {
		const char *system = systems->names.items[i];

		if (!system_pattern || glob_match(system_pattern, system))
			match_system(tracepoints, system, pattern, &names,
				     list);
	}
	if (!system_pattern)
		add_rest(tracepoints, &names, list);
}

static int compare(const void *left, const void *right)
{
	const struct tracepoint *a = left, *b = right;
	int order = strcmp(a->system ? a->system : "",
			   b->system ? b->system : "");

	return order ? order : strcmp(a->name, b->name);
}

void tracepoints_match(struct tracepoints *tracepoints, const char *pattern,
		       struct tracepoint_list *ret_list)
{
	const char *colon = strchr(pattern, ':');
	const char *system = NULL;

	memset(ret_list, 0, sizeof(*ret_list));
	if (colon) {
		system = arena_strndup(tracepoints->arena, pattern,
				       (size_t)(colon - pattern));
		pattern = colon + 1;
	}
	if (!*pattern)
		return;
	if (glob_is_pattern(pattern))
		match_wildcard(tracepoints, system, pattern, ret_list);
	else
		match_exact(tracepoints, system,
			    arena_strdup(tracepoints->arena, pattern),
			    ret_list);
	if (ret_list->items.count)
		qsort(ret_list->items.items, ret_list->items.count,
		      sizeof(struct tracepoint), compare);
}

/* ---- formats ---- */

/* "char comm[16]" or "__data_loc char[] name" into type and name. */
static void split_declaration(struct arena *arena, const char *text,
			      size_t length, struct tracepoint_field *field)
{
	static const char *const dynamic = "__data_loc ";
	const char *begin, *end, *bracket;

	if (strncmp(text, dynamic, strlen(dynamic)) == 0) {
		field->is_dynamic = true;
		text += strlen(dynamic);
		length -= strlen(dynamic);
	}
	end = text + length;
	bracket = length && end[-1] == ']' ? memrchr(text, '[', length) : NULL;
	if (bracket)
		end = bracket;
	begin = end;
	while (begin > text && begin[-1] != ' ' && begin[-1] != '*')
		begin--;
	field->name = arena_strndup(arena, begin, (size_t)(end - begin));
	while (begin > text && begin[-1] == ' ')
		begin--;
	field->type = arena_printf(arena, "%.*s%.*s", (int)(begin - text),
				   text, bracket ? (int)(text + length -
							 bracket) : 0,
				   bracket ? bracket : "");
}

static bool number_after(const char *line, const char *end, const char *key,
			 uint32_t *ret_number)
{
	const char *at = memmem(line, (size_t)(end - line), key, strlen(key));

	if (!at)
		return false;
	*ret_number = (uint32_t)strtoul(at + strlen(key), NULL, 10);
	return true;
}

static void parse_field(struct arena *arena, const char *line, const char *end,
			struct tracepoint_format *format)
{
	struct tracepoint_field field = { 0 };
	const char *begin = line + strlen("\tfield:");
	const char *semicolon = memchr(begin, ';', (size_t)(end - begin));
	uint32_t is_signed = 0;

	if (!semicolon || !number_after(line, end, "offset:", &field.offset) ||
	    !number_after(line, end, "size:", &field.size))
		return;
	number_after(line, end, "signed:", &is_signed);
	field.is_signed = is_signed;
	split_declaration(arena, begin, (size_t)(semicolon - begin), &field);
	*vec_push(arena, &format->fields) = field;
}

void tracepoint_format_parse(struct arena *arena, const char *text,
			     struct tracepoint_format *ret_format)
{
	memset(ret_format, 0, sizeof(*ret_format));
	while (*text) {
		const char *end = strchrnul(text, '\n');

		if (strncmp(text, "ID: ", 4) == 0)
			ret_format->id = (uint32_t)strtoul(text + 4, NULL, 10);
		else if (strncmp(text, "\tfield:", 7) == 0)
			parse_field(arena, text, end, ret_format);
		text = *end ? end + 1 : end;
	}
}

bool tracepoints_format(struct tracepoints *tracepoints, const char *system,
			const char *name, struct tracepoint_format *ret_format,
			const char **ret_reason)
{
	const char *path;
	const char *text;
	size_t size;

	if (!tracepoints_folder(tracepoints)) {
		*ret_reason = "tracefs is not mounted";
		errno = ENOENT;
		return false;
	}
	path = arena_printf(tracepoints->arena, "%s/format",
			    event_path(tracepoints, system, name));
	text = file_read(tracepoints->arena, path, &size);
	if (!text) {
		*ret_reason = arena_printf(tracepoints->arena, "%s: %s", path,
					   strerror(errno));
		return false;
	}
	tracepoint_format_parse(tracepoints->arena, text, ret_format);
	return true;
}
