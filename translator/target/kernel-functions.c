/* Functions of the kernel: see kernel-functions.h. */
#include "translator/target/kernel-functions.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/file.h"
#include "translator/base/glob.h"
#include "translator/base/map.h"
#include "translator/target/btf.h"
#include "translator/target/kernel-image.h"
#include "translator/target/kernel.h"

struct kernel_symbols {
	struct arena *arena;
	const struct kernel *kernel;
	struct btf_types *btf;
	const char *folder, *keep;
	bool has_text;
	const char *text;	/* of /proc/kallsyms behind a newline; NULL: not
				 * to be read, or of another kernel */
	size_t size;
	uint64_t init_from, init_to;	/* code that is gone after the start */
	bool has_traceable;
	struct map traceable;	/* those of the kernel itself, if readable */
	struct map blacklist;
	bool can_trace;		/* traceable is filled */
};

struct kernel_symbols *kernel_symbols_open(struct arena *arena,
					   const struct kernel *kernel,
					   struct btf_types *btf,
					   const char *folder,
					   const char *keep)
{
	struct kernel_symbols *symbols = arena_new(arena,
						   struct kernel_symbols);

	symbols->arena = arena;
	symbols->kernel = kernel;
	symbols->btf = btf;
	symbols->folder = folder;
	symbols->keep = keep;
	return symbols;
}

/* ---- the symbol table ---- */

/* A line "ffffffff81000000 T name" or "... t name\t[module]". */
struct line {
	uint64_t address;
	char type;
	const char *name, *module;	/* module: NULL or after the bracket */
	size_t length, module_length;
};

static bool read_line(const char *text, struct line *ret)
{
	char *end;
	const char *stop = text + strcspn(text, "\n"), *tab;

	ret->address = strtoull(text, &end, 16);
	if (end == text || end[0] != ' ' || !end[1] || end[2] != ' ')
		return false;
	ret->type = end[1];
	ret->name = end + 3;
	tab = memchr(ret->name, '\t', (size_t)(stop - ret->name));
	ret->length = (size_t)((tab ? tab : stop) - ret->name);
	ret->module = tab && tab[1] == '[' ? tab + 2 : NULL;
	ret->module_length = ret->module ? strcspn(ret->module, "]\n") : 0;
	return true;
}

static bool is_of(const struct line *line, const char *module)
{
	if (!module || !line->module)
		return !module && !line->module;
	return strlen(module) == line->module_length &&
	       !strncmp(module, line->module, line->module_length);
}

static bool is_code(const struct line *line)
{
	return strchr("tTwW", line->type);
}

static uint64_t address_of(const struct kernel_symbols *symbols,
			   const char *name)
{
	size_t length = strlen(name);
	const char *at = symbols->text;
	struct line line;

	while ((at = strstr(at, name))) {
		if (at[-1] == ' ' && at[length] == '\n') {
			while (at[-1] != '\n')
				at--;
			return read_line(at, &line) ? line.address : 0;
		}
		at += length;
	}
	return 0;
}

static void read_table(struct kernel_symbols *symbols)
{
	char *text;

	if (symbols->has_text)
		return;
	symbols->has_text = true;
	if (!kernel_is_running(symbols->kernel))
		return;
	text = file_read(symbols->arena, "/proc/kallsyms", &symbols->size);
	if (!text || !symbols->size)
		return;
	symbols->text = text;
	symbols->init_from = address_of(symbols, "_sinittext");
	symbols->init_to = address_of(symbols, "_einittext");
}

/* Whether it ran while the kernel started, and is gone since. Addresses that
 * are hidden read as 0. */
static bool is_init(const struct kernel_symbols *symbols,
		    const struct line *line)
{
	return line->address && line->address >= symbols->init_from &&
	       line->address < symbols->init_to;
}

/* Behind the name of a function that the compiler made a special version of.
 * Parts of functions (".cold", ".part.0") are not the function. */
static bool is_version(const char *suffix, size_t length)
{
	return (length > 6 && !strncmp(suffix, ".isra.", 6)) ||
	       (length > 11 && !strncmp(suffix, ".constprop.", 11)) ||
	       (length > 6 && !strncmp(suffix, ".llvm.", 6));
}

/* What the table says about a name in the kernel or a module. */
struct found {
	unsigned int copies;		/* by the name itself */
	struct line line;		/* the first of these */
	struct line version;		/* one with a suffix; length 0: none */
	bool is_data, is_init, is_part;
	const char *other_module;	/* it is there */
	size_t other_length;
};

static void note_line(const struct kernel_symbols *symbols, const char *module,
		      const struct line *line, size_t length,
		      struct found *found)
{
	const char *suffix = line->name + length;
	size_t rest = line->length - length;

	if (!is_code(line)) {
		found->is_data |= !rest && is_of(line, module);
	} else if (!is_of(line, module)) {
		if (!rest && line->module && !found->other_module) {
			found->other_module = line->module;
			found->other_length = line->module_length;
		}
	} else if (is_init(symbols, line)) {
		found->is_init |= !rest;
	} else if (!rest) {
		if (!found->copies++)
			found->line = *line;
	} else if (is_version(suffix, rest)) {
		if (!found->version.length)
			found->version = *line;
	} else {
		found->is_part |= !strncmp(suffix, ".part.", 6);
	}
}

static void look_up(const struct kernel_symbols *symbols, const char *module,
		    const char *name, struct found *found)
{
	const char *wanted = arena_printf(symbols->arena, " %s", name);
	size_t length = strlen(name);
	const char *at = symbols->text;

	memset(found, 0, sizeof(*found));
	while ((at = strstr(at, wanted))) {
		const char *begin = at++;
		struct line line;
		char next = at[length];

		if (next != '\n' && next != '\t' && next != '.' && next)
			continue;
		while (begin > symbols->text && begin[-1] != '\n')
			begin--;
		if (read_line(begin, &line) && line.name == at)
			note_line(symbols, module, &line, length, found);
	}
}

/* ---- what can be probed ---- */

static void read_blacklist(struct kernel_symbols *symbols)
{
	size_t size;
	char *text = file_read(symbols->arena,
			       "/sys/kernel/debug/kprobes/blacklist", &size);

	/* "0xffffffff81000000-0xffffffff81000010	name" */
	for (char *at = text; at && *at;) {
		char *end = at + strcspn(at, "\n"), *next = *end ? end + 1 : end;
		char *tab = memchr(at, '\t', (size_t)(end - at));

		*end = '\0';
		if (tab)
			map_put(symbols->arena, &symbols->blacklist, tab + 1,
				tab + 1);
		at = next;
	}
}

/* "name", or "name [module]" */
static void read_traceable(struct kernel_symbols *symbols)
{
	size_t size;
	char *text;

	if (symbols->has_traceable)
		return;
	symbols->has_traceable = true;
	if (!symbols->folder || !kernel_is_running(symbols->kernel))
		return;
	read_blacklist(symbols);
	text = file_read(symbols->arena,
			 arena_printf(symbols->arena,
				      "%s/available_filter_functions",
				      symbols->folder), &size);
	symbols->can_trace = text && size;
	for (char *at = text; at && *at;) {
		char *end = at + strcspn(at, "\n"), *next = *end ? end + 1 : end;

		*end = '\0';
		map_put(symbols->arena, &symbols->traceable, at, at);
		at = next;
	}
}

static bool is_traceable(struct kernel_symbols *symbols,
			 const struct kernel_function *function)
{
	const char *name = function->symbol;

	read_traceable(symbols);
	if (map_get(&symbols->blacklist, name))
		return false;
	if (!symbols->can_trace)
		return true;
	if (function->module)
		name = arena_printf(symbols->arena, "%s [%s]", name,
				    function->module);
	return map_get(&symbols->traceable, name);
}

/* ---- modules ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "/lib/modules/.../my-module.ko" is my_module */
static const char *module_name(struct arena *arena, const char *text)
{
	const char *base = strrchr(text, '/');
	char *name = arena_strdup(arena, base ? base + 1 : text);
	char *suffix = strstr(name, ".ko");

	if (suffix)
		*suffix = '\0';
	for (char *c = name; *c; c++)
		if (*c == '-' && !glob_is_pattern(name))
			*c = '_';
	return name;
}

static const char *module_folder(const struct kernel_symbols *symbols)
{
	return arena_printf(symbols->arena, "/lib/modules/%s",
			    kernel_release(symbols->kernel));
}

static const char *installed_modules(struct kernel_symbols *symbols)
{
	size_t size;

	return file_read(symbols->arena,
			 arena_printf(symbols->arena, "%s/modules.dep",
				      module_folder(symbols)), &size);
}

/* Of the running kernel those that are loaded, of another those installed:
 * "name size ...", "kernel/drivers/net/name.ko: ...". */
static const char *list_of_modules(struct kernel_symbols *symbols)
{
	size_t size;

	if (kernel_is_running(symbols->kernel))
		return file_read(symbols->arena, "/proc/modules", &size);
	return installed_modules(symbols);
}

const char *kernel_module_path(struct kernel_symbols *symbols,
			       const char *module)
{
	for (const char *at = installed_modules(symbols); at && *at;) {
		const char *path = arena_strndup(symbols->arena, at,
						 strcspn(at, ":\n"));

		if (!strcmp(module_name(symbols->arena, path), module))
			return arena_printf(symbols->arena, "%s/%s",
					    module_folder(symbols), path);
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return NULL;
}

void kernel_modules_match(struct kernel_symbols *symbols, const char *pattern,
			  struct kernel_modules *ret_modules)
{
	struct arena *arena = symbols->arena;
	const char *wanted = module_name(arena, pattern);

	memset(ret_modules, 0, sizeof(*ret_modules));
	for (const char *at = list_of_modules(symbols); at && *at;) {
		const char *name = module_name(arena, arena_strndup(
			arena, at, strcspn(at, " :\n")));

		if (glob_match(wanted, name))
			*vec_push(arena, &ret_modules->names) = name;
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (ret_modules->names.count)
		qsort(ret_modules->names.items, ret_modules->names.count,
		      sizeof(const char *), compare_names);
}

/* ---- matching ---- */

static void set_type(struct kernel_symbols *symbols,
		     struct kernel_function *function)
{
	function->is_typed = symbols->btf &&
		btf_own_function(symbols->btf, function->module,
				 function->name, &function->is_global);
}

static void match_exact(struct kernel_symbols *symbols, const char *module,
			const char *name, struct kernel_functions *out)
{
	struct kernel_function function = { .name = name, .symbol = name,
					    .module = module, .copies = 1 };
	struct found found;

	read_table(symbols);
	set_type(symbols, &function);
	if (symbols->text) {
		look_up(symbols, module, name, &found);
		function.copies = found.copies;
		if (found.copies) {
			function.is_global |= found.line.type == 'T';
		} else if (found.version.length) {
			function.copies = 1;
			function.symbol = arena_strndup(symbols->arena,
							found.version.name,
							found.version.length);
		}
	} else if (!function.is_typed) {
		return;
	}
	if (function.copies)
		*vec_push(symbols->arena, &out->items) = function;
}

/* The code symbols of the kernel or a module: name -> how often. */
static void collect(struct kernel_symbols *symbols, const char *module,
		    struct map *names)
{
	const char *at = symbols->text;
	struct line line;

	while (at && *at) {
		if (read_line(at, &line) && is_code(&line) &&
		    is_of(&line, module) && !is_init(symbols, &line)) {
			const char *name = arena_strndup(symbols->arena,
							 line.name,
							 line.length);
			uintptr_t had = (uintptr_t)map_get(names, name);

			map_put(symbols->arena, names, name,
				(void *)(had + 1));
		}
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
}

static void match_pattern(struct kernel_symbols *symbols, const char *module,
			  const char *pattern, struct kernel_functions *out)
{
	struct btf_names typed = { 0 };
	struct map present = { 0 };

	read_table(symbols);
	if (symbols->btf)
		btf_list_own_functions(symbols->btf, module, pattern, &typed);
	if (symbols->text)
		collect(symbols, module, &present);
	for (size_t i = 0; i < typed.names.count; i++) {
		struct kernel_function function = {
			.name = typed.names.items[i],
			.symbol = typed.names.items[i], .module = module,
			.copies = 1, .is_typed = true,
		};

		if (symbols->text)
			function.copies = (unsigned int)(uintptr_t)map_get(
				&present, function.name);
		if (!function.copies || !is_traceable(symbols, &function))
			continue;
		set_type(symbols, &function);
		*vec_push(symbols->arena, &out->items) = function;
	}
}

/* Without BTF the symbols are all there is to know. */
static void match_untyped(struct kernel_symbols *symbols, const char *module,
			  const char *pattern, struct kernel_functions *out)
{
	struct map present = { 0 };

	read_table(symbols);
	collect(symbols, module, &present);
	for (size_t i = 0; i < present.count; i++) {
		struct kernel_function function = {
			.name = present.entries[i].key,
			.symbol = present.entries[i].key, .module = module,
			.copies = (unsigned int)
				(uintptr_t)present.entries[i].value,
		};

		if (glob_match(pattern, function.name) &&
		    is_traceable(symbols, &function))
			*vec_push(symbols->arena, &out->items) = function;
	}
}

static void match_in(struct kernel_symbols *symbols, const char *module,
		     const char *pattern, struct kernel_functions *out)
{
	bool typed = symbols->btf;
	const char *reason, *path;

	if (module && symbols->btf && kernel_is_running(symbols->kernel)) {
		typed = btf_add_module(symbols->btf, module, &reason);
	} else if (module && symbols->btf) {
		path = kernel_module_path(symbols, module);
		if (path)
			path = kernel_image_module(symbols->arena, path,
						   symbols->keep, &reason);
		typed = path && btf_add_module_file(symbols->btf, module, path,
						    &reason);
	}
	if (!glob_is_pattern(pattern))
		match_exact(symbols, module, pattern, out);
	else if (typed)
		match_pattern(symbols, module, pattern, out);
	else
		match_untyped(symbols, module, pattern, out);
}

void kernel_functions_match(struct kernel_symbols *symbols, const char *module,
			    const char *pattern,
			    struct kernel_functions *ret_functions)
{
	struct kernel_modules modules;

	memset(ret_functions, 0, sizeof(*ret_functions));
	if (!module) {
		match_in(symbols, NULL, pattern, ret_functions);
		return;
	}
	kernel_modules_match(symbols, module, &modules);
	for (size_t i = 0; i < modules.names.count; i++)
		match_in(symbols, modules.names.items[i], pattern,
			 ret_functions);
}

/* ---- what is missing ---- */

const char *kernel_function_missing(struct kernel_symbols *symbols,
				    const char *module, const char *name)
{
	struct arena *arena = symbols->arena;
	struct found found = { 0 };
	bool typed = symbols->btf &&
		     btf_own_function(symbols->btf, module, name, NULL);

	read_table(symbols);
	if (symbols->text)
		look_up(symbols, module, name, &found);
	if (found.is_init)
		return arena_printf(arena, "%s ran while the kernel started "
				    "and is gone since", name);
	if (found.is_part)
		return arena_printf(arena, "%s is inlined where it is called, "
				    "only a part of it is a function", name);
	if (found.other_module)
		return arena_printf(arena, "%s is a function of a module: "
				    "module(\"%.*s\").function(\"%s\")", name,
				    (int)found.other_length,
				    found.other_module, name);
	if (found.is_data)
		return arena_printf(arena, "%s is data, not a function", name);
	if (typed)
		return arena_printf(arena, "%s has no code of its own in this "
				    "kernel: it is inlined where it is called",
				    name);
	return NULL;
}
