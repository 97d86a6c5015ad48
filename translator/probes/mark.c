/*
 * process("PROGRAM").mark("NAME"), also behind .provider("NAME") and
 * .library("NAME"): markers (USDT) that a program's authors left in it. A marker
 * that the compiler put at several places is all of them.
 */
#include "translator/probes/process.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"
#include "translator/target/ctype.h"
#include "translator/target/location.h"
#include "translator/target/program.h"
#include "translator/target/usdt.h"

enum { MOST_OPERANDS = 32 };

static const char *const forms[] = {
	"process(string).mark(string)",
	"process(string).provider(string).mark(string)",
	"process(string).library(string).mark(string)",
	"process(string).library(string).provider(string).mark(string)",
	"process(number).mark(string)",
	"process(number).provider(string).mark(string)",
	"process.mark(string)",
	"process.provider(string).mark(string)",
	"process.library(string).mark(string)",
	NULL
};

/* The argument of the component called @name, or NULL. */
static const char *argument(const struct probe_point *point, const char *name)
{
	for (size_t i = 1; i < point->components.count; i++)
		if (!strcmp(point->components.items[i].name, name))
			return point_text(point, i);
	return NULL;
}

static bool matches(const struct probe_point *point)
{
	size_t last = point->components.count - 1;

	if (last < 1 || strcmp(point->components.items[0].name, "process") ||
	    strcmp(point->components.items[last].name, "mark") ||
	    !point->components.items[last].arg)
		return false;
	for (size_t i = 1; i < last; i++) {
		const struct point_component *part =
			&point->components.items[i];

		if (!part->arg || (strcmp(part->name, "library") &&
				   strcmp(part->name, "provider")))
			return false;
	}
	return true;
}

/* One file and what is looked for in it. */
struct search {
	struct family_env *env;
	const struct probe_point *point;
	const struct process_file *file;
	const char *provider, *name;	/* patterns; provider NULL: any */
	struct usdt_markers markers;
	struct usdt_symbols *symbols;
	struct probe_instances *out;
	size_t sought;			/* markers that the file has */
};

static bool is_wanted(const struct search *search,
		      const struct usdt_marker *marker)
{
	return glob_match(search->name, marker->name) &&
	       (!search->provider ||
		glob_match(search->provider, marker->provider));
}

static void add_operands(struct search *search,
			 const struct usdt_marker *marker,
			 struct probe_context *context)
{
	struct usdt_operand operands[MOST_OPERANDS];
	struct arena *arena = search->env->arena;
	size_t count = usdt_operands(arena, search->markers.machine,
				     marker->operands, search->symbols,
				     operands, MOST_OPERANDS);

	for (size_t i = 0; i < count; i++) {
		struct context_var *var = vec_push(arena, &context->vars);
		struct location *location = arena_new(arena, struct location);

		var->name = arena_printf(arena, "$arg%zu", i + 1);
		var->arg = -1;
		var->location = location;
		location->kind = operands[i].value ? LOCATION_VALUE :
						     LOCATION_NONE;
		location->expr = operands[i].value;
		location->reason = operands[i].reason;
	}
}

/* Where the threads' variables are, for operands such as "%fs:x@tpoff": these
 * are in programs of x86-64 only, whose block ends where the pointer is. */
static void add_thread_block(struct search *search,
			     struct probe_context *context)
{
	const char *reason;
	struct program *program = program_open(search->env->arena,
					       search->file->open, &reason);
	uint64_t size, alignment;

	context->has_tls = program &&
			   program_thread_block(program, &size, &alignment);
	if (context->has_tls)
		context->tls_at = -(int64_t)size;
	program_close(program);
}

static const char *instance_name(struct search *search,
				 const struct usdt_marker *marker)
{
	struct arena *arena = search->env->arena;
	const char *provider = search->provider ?
		arena_printf(arena, ".provider(\"%s\")", marker->provider) : "";

	return arena_printf(arena, "%s%s.mark(\"%s\")",
			    process_name(arena, search->point, search->file),
			    provider, marker->name);
}

static void add_marker(struct search *search,
		       const struct usdt_marker *marker)
{
	struct family_env *env = search->env;
	struct probe_instance *instance = instance_add(
		env, search->out, search->point, "uprobe");

	instance->name = instance_name(search, marker);
	process_pairs(env, instance, search->file, marker->offset,
		      search->markers.build_id);
	if (marker->semaphore)
		instance_pair(env, instance, "semaphore", "%llu",
			      (unsigned long long)marker->semaphore);
	instance->context->name = marker->name;
	instance->context->provider = marker->provider;
	instance->context->has_registers = true;
	instance->context->user = true;
	instance->context->address = marker->address;
	if (strstr(marker->operands, "%fs:"))
		add_thread_block(search, instance->context);
	add_operands(search, marker, instance->context);
}

/* A marker's name, or names like the one not found. */
static void suggest(struct search *search)
{
	VEC(const char *) names = { 0 };
	struct arena *arena = search->env->arena;
	const char *best;

	for (size_t i = 0; i < search->markers.items.count; i++)
		*vec_push(arena, &names) = search->markers.items.items[i].name;
	search->env->missing = arena_printf(
		arena, "%s has no such marker", search->file->path);
	if (!names.count) {
		search->env->missing = arena_printf(
			arena, "%s has no markers", search->file->path);
		return;
	}
	best = diag_nearest(search->name, names.items, names.count);
	search->env->hint = arena_printf(
		arena, "%s%s%sall: -l 'process(\"%s\").mark(\"*\")'",
		best ? "did you mean '" : "", best ? best : "",
		best ? "'? " : "", search->file->path);
}

static void search_file(struct search *search)
{
	size_t before = search->out->items.count;
	const char *reason;

	if (!usdt_read(search->env->arena, search->file->open,
		       &search->markers, &reason)) {
		search->env->missing = reason;
		return;
	}
	search->symbols = usdt_symbols(search->env->arena,
				       search->file->open);
	for (size_t i = 0; i < search->markers.items.count; i++)
		if (is_wanted(search, &search->markers.items.items[i]))
			add_marker(search, &search->markers.items.items[i]);
	if (search->out->items.count == before && !before)
		suggest(search);
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	struct search search = { .env = env, .point = point, .out = out,
				 .provider = argument(point, "provider"),
				 .name = argument(point, "mark") };
	struct process_files files;

	if (!search.name || !process_find(env, point,
					  argument(point, "library"), &files))
		return true;
	for (size_t i = 0; i < files.items.count; i++) {
		search.file = files.items.items[i];
		search_file(&search);
	}
	return true;
}

const struct family family_mark = { "mark", forms, matches, resolve };
