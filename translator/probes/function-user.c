/*
 * Functions and statements of programs: process(...).function("..."),
 * .statement("..."), .plt("..."), with what may follow them.
 *
 * Debug information tells functions, where they are inlined, their lines and
 * variables; functions that it does not know, and all of a program without it,
 * come from the symbol table.
 */
#include "translator/probes/process.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"
#include "translator/probes/code.h"
#include "translator/probes/programs.h"
#include "translator/target/debug.h"
#include "translator/target/program.h"

static const char *const forms[] = {
	"process(string).function(string)",
	"process(string).function(string).call",
	"process(string).function(string).return",
	"process(string).function(string).inline",
	"process(string).function(string).exported",
	"process(string).function(string).label(string)",
	"process(string).function(string).callee(string)",
	"process(string).function(string).callee(string).call",
	"process(string).function(string).callee(string).return",
	"process(string).function(string).callees",
	"process(string).function(string).callees(number)",
	"process(string).statement(string)",
	"process(string).statement(string).nearest",
	"process(string).statement(number)",
	"process(string).plt",
	"process(string).plt(string)",
	"process(string).plt(string).return",
	"process(string).library(string).function(string)",
	"process(string).library(string).statement(string)",
	"process(string).library(string).plt(string)",
	"process(number).function(string)",
	"process(number).statement(string)",
	"process.function(string)",
	"process.statement(string)",
	NULL
};

static const char *component(const struct probe_point *point, size_t i)
{
	return i < point->components.count ? point->components.items[i].name :
					     "";
}

/* The component behind process(...) and .library(...). */
static size_t request_at(const struct probe_point *point)
{
	return !strcmp(component(point, 1), "library") ? 2 : 1;
}

static bool is_suffix(const char *what, const char *name)
{
	static const char *const of_function[] = {
		"call", "return", "inline", "exported", "label", "callee",
		"callees", NULL
	};

	if (!strcmp(what, "statement"))
		return !strcmp(name, "nearest");
	if (!strcmp(what, "plt"))
		return !strcmp(name, "return");
	for (size_t i = 0; of_function[i]; i++)
		if (!strcmp(of_function[i], name))
			return true;
	return false;
}

static bool matches(const struct probe_point *point)
{
	size_t at = request_at(point);
	const char *what = component(point, at);

	if (strcmp(component(point, 0), "process") ||
	    (at == 2 && !point_text(point, 1)) ||
	    (strcmp(what, "function") && strcmp(what, "statement") &&
	     strcmp(what, "plt")))
		return false;
	if (!strcmp(what, "function") && !point_text(point, at))
		return false;
	for (size_t i = at + 1; i < point->components.count; i++)
		if (!is_suffix(what, component(point, i)))
			return false;
	return true;
}

static bool is_code(const struct program *program, uint64_t address)
{
	size_t count;
	const struct program_segment *segments = program_segments(program,
								  &count);

	for (size_t i = 0; i < count; i++)
		if (segments[i].is_executable &&
		    address >= segments[i].address &&
		    address - segments[i].address < segments[i].file_size)
			return true;
	return false;
}

static const struct process_file *file_of(const struct code_request *r)
{
	return r->file;
}

/* One place to probe; NULL when the address is not in the file's code. */
static struct probe_instance *add_place(struct code_request *r, bool is_return,
					uint64_t address)
{
	struct probe_instance *instance;
	uint64_t offset;

	if (!is_code(r->user->program, address) ||
	    !program_offset(r->user->program, address, &offset))
		return NULL;
	instance = instance_add(r->env, r->out, r->point,
				is_return ? "uretprobe" : "uprobe");
	process_pairs(r->env, instance, file_of(r), offset,
		      program_build_id(r->user->program));
	if (r->pattern && glob_is_pattern(r->pattern))
		instance_pair(r->env, instance, "among", "1");
	if (!program_can_probe(r->user->program, address))
		instance_pair(r->env, instance, "unsafe", "1");
	instance->context->has_registers = true;
	instance->context->user = true;
	instance->context->user_program = r->user;
	/* a return probe stands in the caller, at no known place of the file */
	if (!is_return)
		instance->context->address = address;
	return instance;
}

static const char *owner(struct code_request *r)
{
	return process_name(r->env->arena, r->point, file_of(r));
}

/* ---- functions ---- */

/*
 * Go moves stacks that grow and reads all return addresses on them: one that a
 * return probe has put there ends the program. Names of C in it have no dot.
 */
static bool would_end_go(struct code_request *r, const char *function)
{
	struct program_section info;

	if (!r->is_return || !strchr(function, '.') ||
	    !program_section(r->user->program, ".go.buildinfo", &info))
		return false;
	r->env->missing = arena_printf(
		r->env->arena, "'%s' is a function of Go, whose stacks move: a "
		"return probe would end the program", function);
	r->env->hint = "probe its calls: .call";
	return true;
}

static const struct code_kind kind = { add_place, owner, would_end_go,
				       "uaddr()", "ustack" };

/* The unwinder cannot pass the return address that a return probe puts in the
 * place of the true one, and then terminates the program. */
static void warn_of_exceptions(struct code_request *r)
{
	size_t count;
	const struct program_plt *entries;

	if (!r->is_return || r->user->is_warned)
		return;
	entries = program_plt(r->user->program, &count);
	for (size_t i = 0; i < count && !r->user->is_warned; i++)
		r->user->is_warned = !strcmp(entries[i].name, "__cxa_throw");
	if (r->user->is_warned)
		diag_report(r->env->diag, DIAG_return_unwinds, r->point->span,
			    r->path);
}

static bool is_known(const struct debug_functions *functions,
		     uint64_t address)
{
	size_t low = 0, high = functions->functions.count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		uint64_t entry = functions->functions.items[middle]->entry;

		if (entry == address)
			return true;
		if (entry < address)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Functions without debug information, the first name of each address. */
static void find_symbols(struct code_request *r,
			 const struct debug_functions *functions)
{
	struct program_symbols found = { 0 };
	uint64_t last = 0;

	if (strchr(r->pattern, '@') || r->is_inline || r->label || r->callee)
		return;
	program_find_symbols(r->user->program, r->pattern, &found);
	for (size_t i = 0; i < found.symbols.count; i++) {
		const struct program_symbol *symbol = found.symbols.items[i];
		struct probe_instance *instance;

		if (!symbol->is_function || symbol->is_ifunc ||
		    symbol->address == last ||
		    (r->is_exported && !symbol->is_global) ||
		    is_known(functions, symbol->address))
			continue;
		last = symbol->address;
		if (would_end_go(r, symbol->name))
			continue;
		instance = add_place(r, r->is_return, symbol->address);
		if (!instance)
			continue;
		instance->context->name =
			program_demangle(r->user->program, symbol->name);
		instance->name = code_name(r, "function",
					   instance->context->name);
		if (r->is_return)
			instance->context->entry = code_begin(
				r, symbol->address, instance->name,
				instance->context->name);
	}
}

static const char *nearest_name(struct code_request *r)
{
	struct arena *arena = r->env->arena;
	VEC(const char *) names = { 0 };
	size_t count, at = strcspn(r->pattern, "@");
	const struct program_symbol *symbols =
		program_symbols(r->user->program, &count);
	const char *best;

	if (glob_is_pattern(r->pattern))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (symbols[i].is_function)
			*vec_push(arena, &names) = symbols[i].name;
	best = diag_nearest(arena_strndup(arena, r->pattern, at), names.items,
			    names.count);
	return best ? arena_printf(arena, "did you mean '%s'?", best) : NULL;
}

/* Why nothing was found: what there is instead, the nearest function, where
 * debug information was missing. */
static void explain_none(struct code_request *r,
			 const struct debug_functions *functions)
{
	struct arena *arena = r->env->arena;
	const char *missing = r->user->debug ? NULL : r->user->reason;
	const char *best;

	r->env->missing = code_about(r, functions);
	if (r->env->missing)
		return;
	r->env->missing = arena_printf(arena, "%s has no such function",
				       r->path);
	best = code_elsewhere(r);
	if (!best)
		best = nearest_name(r);
	r->env->hint = best && missing ?
			       arena_printf(arena, "%s %s", best, missing) :
		       best ? best : missing;
}

/* A name that several functions go by, one of which each process chooses. */
static bool is_name_of_choice(struct code_request *r)
{
	struct program_symbols found = { 0 };

	if (glob_is_pattern(r->pattern) || strchr(r->pattern, '@'))
		return false;
	program_find_symbols(r->user->program, r->pattern, &found);
	for (size_t i = 0; i < found.symbols.count; i++)
		if (found.symbols.items[i]->is_ifunc)
			return true;
	return false;
}

static bool resolve_functions(struct code_request *r)
{
	struct debug_functions functions = { 0 };
	size_t before = r->out->items.count;

	if (is_name_of_choice(r)) {
		r->env->missing = arena_printf(
			r->env->arena, "each process chooses once which of "
			"several functions it calls as %s: probe those (-l with "
			"function(\"*%s*\") lists them)", r->pattern,
			r->pattern);
		return true;
	}
	if (programs_debug(r->user) && !code_add_functions(r, &functions))
		return false;
	if (!r->callee && !r->label)
		find_symbols(r, &functions);
	if (r->out->items.count == before && !before && !r->env->missing)
		explain_none(r, &functions);
	return true;
}

/* ---- calls of library functions ---- */

static void explain_plt(struct code_request *r, const struct program_plt *entries,
			size_t count)
{
	struct arena *arena = r->env->arena;
	VEC(const char *) names = { 0 };
	const char *best = NULL;

	for (size_t i = 0; i < count; i++)
		*vec_push(arena, &names) = entries[i].name;
	if (r->pattern)
		best = diag_nearest(r->pattern, names.items, names.count);
	r->env->missing = arena_printf(arena, count ?
		"%s does not call it through a linkage table" :
		"%s calls no library functions through a linkage table",
		r->path);
	r->env->hint = best ? arena_printf(arena, "did you mean '%s'?", best) :
			      NULL;
}

static bool resolve_plt(struct code_request *r)
{
	size_t count, before = r->out->items.count;
	const struct program_plt *entries = program_plt(r->user->program,
							&count);

	for (size_t i = 0; i < count; i++) {
		struct probe_instance *instance;

		if (r->pattern && !glob_match(r->pattern, entries[i].name))
			continue;
		instance = add_place(r, r->is_return, entries[i].address);
		if (!instance)
			continue;
		instance->name = code_name(r, "plt", entries[i].name);
		instance->context->name = entries[i].name;
		if (r->is_return)
			instance->context->entry = code_begin(
				r, entries[i].address, instance->name,
				entries[i].name);
	}
	if (r->out->items.count == before)
		explain_plt(r, entries, count);
	return true;
}

static bool resolve_file(struct code_request *r)
{
	const char *reason;

	r->path = file_of(r)->path;
	r->user = programs_open(r->env, file_of(r)->open, &reason);
	if (!r->user) {
		r->env->missing = reason;
		return true;
	}
	warn_of_exceptions(r);
	if (!strcmp(r->what, "function"))
		return resolve_functions(r);
	if (strcmp(r->what, "statement"))
		return resolve_plt(r);
	code_add_statements(r);
	return true;
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	struct code_request r = { .kind = &kind, .env = env, .point = point,
				  .out = out, .at = request_at(point) };
	struct process_files files;

	code_read(&r);
	if (!process_find(env, point, r.at == 2 ? point_text(point, 1) : NULL,
			  &files))
		return true;
	for (size_t i = 0; i < files.items.count; i++) {
		r.file = files.items.items[i];
		if (!resolve_file(&r))
			return false;
	}
	return true;
}

const struct family family_function_user = { "function_user", forms, matches,
					     resolve };
