/*
 * Functions and statements of programs: process(...).function("..."),
 * .statement("..."), .plt("..."), with what may follow them.
 *
 * Debug information tells functions, where they are inlined, their lines and
 * variables; functions that it does not know, and all of a program without it,
 * come from the symbol table.
 */
#include "translator/probes/process.h"

#include <inttypes.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"
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

/* What a point asks for. */
struct request {
	struct family_env *env;
	const struct probe_point *point;
	struct probe_instances *out;
	const struct process_file *file;
	struct user_program *user;
	size_t at;		/* the component "function", "statement", ... */
	const char *what;	/* its name */
	const char *pattern;	/* its text, or NULL */
	bool is_return, is_call, is_inline, is_exported, is_nearest;
	const char *label, *callee;	/* patterns, or NULL */
	int callee_depth;
	const char *jumped_to;	/* a callee that no stack shows, or NULL */
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

static void read_request(struct request *r)
{
	int64_t depth = 1;

	r->at = request_at(r->point);
	r->what = component(r->point, r->at);
	r->pattern = point_text(r->point, r->at);
	for (size_t i = r->at + 1; i < r->point->components.count; i++) {
		const char *name = component(r->point, i);

		r->is_return |= !strcmp(name, "return");
		r->is_call |= !strcmp(name, "call");
		r->is_inline |= !strcmp(name, "inline");
		r->is_exported |= !strcmp(name, "exported");
		r->is_nearest |= !strcmp(name, "nearest");
		if (!strcmp(name, "label"))
			r->label = point_text(r->point, i);
		if (!strcmp(name, "callee"))
			r->callee = point_text(r->point, i);
		if (strcmp(name, "callees"))
			continue;
		r->callee = "*";
		point_number(r->point, i, &depth);
	}
	r->callee_depth = (int)depth;
}

/* 'process("/x").function("f@f.c:1").return' */
static const char *instance_name(struct request *r, const char *what,
				 const char *name)
{
	struct arena *arena = r->env->arena;
	const char *text = arena_printf(
		arena, "%s.%s(\"%s\")",
		process_name(arena, r->point, r->file), what, name);

	for (size_t i = r->at + 1; i < r->point->components.count; i++) {
		const char *suffix = component(r->point, i);
		const char *argument = point_text(r->point, i);

		if (argument)
			text = arena_printf(arena, "%s.%s(\"%s\")", text,
					    suffix, argument);
		else
			text = arena_printf(arena, "%s.%s", text, suffix);
	}
	return text;
}

static const char *place_text(struct request *r, const char *name,
			      const char *file, unsigned int line)
{
	return file ? arena_printf(r->env->arena, "%s@%s:%u", name, file,
				   line) : name;
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

/* One place to probe; NULL when the address is not in the file's code. */
static struct probe_instance *add_place(struct request *r, const char *kind,
					uint64_t address)
{
	struct probe_instance *instance;
	uint64_t offset;

	if (!is_code(r->user->program, address) ||
	    !program_offset(r->user->program, address, &offset))
		return NULL;
	instance = instance_add(r->env, r->out, r->point, kind);
	process_pairs(r->env, instance, r->file, offset,
		      program_build_id(r->user->program));
	if (r->pattern && glob_is_pattern(r->pattern))
		instance_pair(r->env, instance, "among", "1");
	if (!program_can_probe(r->user->program, address))
		instance_pair(r->env, instance, "unsafe", "1");
	instance->context->has_registers = true;
	instance->context->user = true;
	instance->context->user_program = r->user;
	/* a return probe stands in the caller, at no known place of the file */
	if (strcmp(kind, "uretprobe"))
		instance->context->address = address;
	return instance;
}

/* ---- functions ---- */

/*
 * Go moves stacks that grow and reads all return addresses on them: one that a
 * return probe has put there ends the program. Names of C in it have no dot.
 */
static bool would_end_go(struct request *r, const char *function)
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

/* The unwinder cannot pass the return address that a return probe puts in the
 * place of the true one, and then terminates the program. */
static void warn_of_exceptions(struct request *r)
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
			    r->file->path);
}

/* Where parameters have their values. */
static uint64_t probe_address(const struct request *r,
			      const struct debug_function *function)
{
	if (function->is_inlined)
		return function->entry;
	return r->env->past_prologue && !r->is_return ?
		       debug_past_prologue(r->user->debug, function) :
		       function->body;
}

/* A place that is not among the probes: where a function begins, for @entry. */
static struct probe_instance *plain_begin(struct request *r, uint64_t address,
					  const char *name, const char *function)
{
	struct probe_instances entries = { 0 };
	struct request inner = *r;
	struct probe_instance *instance;

	inner.out = &entries;
	instance = add_place(&inner, "uprobe", address);
	if (!instance)
		return NULL;
	instance->name = name;
	instance->context->name = function;
	return instance;
}

/* The same where the variables are known. */
static struct probe_instance *begin_place(struct request *r,
					  const struct debug_function *function,
					  uint64_t address, const char *name)
{
	struct probe_instance *instance = plain_begin(r, address, name,
						      function->name);

	if (!instance)
		return NULL;
	instance->context->at_begin = address == function->entry;
	instance->context->call_frame =
		debug_call_frame(r->user->debug, address);
	programs_variables(r->env, instance->context, r->user, function,
			   address, false);
	return instance;
}

/* Where the call began that a place in a function belongs to. */
static void find_begin(struct probe_context *context)
{
	struct request r = *(const struct request *)context->find_with;
	struct debug *debug = r.user->debug;
	struct debug_function *outer =
		debug_outer_function_at(debug, context->address);

	context->call_frame = debug_call_frame(debug, context->address);
	if (!outer || !context->call_frame)
		return;
	context->begin = begin_place(&r, outer, outer->entry,
				     instance_name(&r, r.what, outer->name));
}

/* The variables of a place in a function. */
static void add_variables(struct request *r, struct probe_context *context,
			  const struct debug_function *function,
			  uint64_t address)
{
	struct request *kept;

	context->name = function->name;
	context->at_begin = !function->is_inlined && address == function->entry;
	programs_variables(r->env, context, r->user, function, address, false);
	if (context->at_begin)
		return;
	kept = arena_new(r->env->arena, struct request);
	*kept = *r;
	context->find_with = kept;
	context->find_begin = find_begin;
}

static const char *function_place(struct request *r,
				  const struct debug_function *function)
{
	return place_text(r, function->name, function->file, function->line);
}

/* NULL if it cannot be probed. */
static struct probe_instance *add_function(struct request *r,
					   const struct debug_function *function,
					   const char *name)
{
	uint64_t address = r->is_return ? function->entry :
					  probe_address(r, function);
	struct probe_instance *instance;

	if (would_end_go(r, function->name))
		return NULL;
	instance = add_place(r, r->is_return ? "uretprobe" : "uprobe", address);
	if (!instance)
		return NULL;
	instance->name = name;
	if (!r->is_return) {
		add_variables(r, instance->context, function, address);
		return instance;
	}
	address = probe_address(r, function);
	instance->context->name = function->name;
	instance->context->entry = begin_place(r, function, address, name);
	programs_variables(r->env, instance->context, r->user, function,
			   address, true);
	return instance;
}

static void add_label(struct request *r, const struct debug_function *function,
		      const struct debug_label *label)
{
	uint64_t address = program_skip_padding(r->user->program,
						label->address);
	struct probe_instance *instance = add_place(r, "uprobe", address);

	if (!instance)
		return;
	instance->name = arena_printf(
		r->env->arena, "%s.function(\"%s\").label(\"%s\")",
		process_name(r->env->arena, r->point, r->file),
		place_text(r, function->name, label->file, label->line),
		label->name);
	add_variables(r, instance->context, function, address);
}

static void add_labels(struct request *r,
		       const struct debug_function *function)
{
	struct debug_labels labels = { 0 };

	debug_find_labels(r->user->debug, function, r->label, &labels);
	for (size_t i = 0; i < labels.labels.count; i++)
		add_label(r, function, &labels.labels.items[i]);
}

/* ---- functions that a function calls ---- */

static bool is_same(const struct debug_function *a,
		    const struct debug_function *b)
{
	return a->entry == b->entry && a->is_inlined == b->is_inlined &&
	       !strcmp(a->name, b->name);
}

/* "(ustack(1) - __process_base == 0x1234 && ...)": the stack of one way. A
 * probe of a return stands in the caller already. */
static void put_way(struct buf *out, const struct debug_callee *callee,
		    bool is_return)
{
	buf_puts(out, out->length ? " || (" : "(");
	for (size_t i = 0; i < callee->depth; i++)
		buf_printf(out, "%sustack(%zu) - __process_base == 0x%" PRIx64,
			   i ? " && " : "", is_return ? i : i + 1,
			   callee->returns[i]);
	buf_puts(out, ")");
}

/* All the ways to the first one's function, from the first one on; false: it
 * needs no test. */
static bool put_ways(struct buf *out, const struct debug_callees *callees,
		     size_t first, bool is_return)
{
	const struct debug_callee *items = callees->callees.items;

	for (size_t i = first; i < callees->callees.count; i++) {
		if (!is_same(items[i].function, items[first].function))
			continue;
		if (!items[i].depth)
			return false;
		put_way(out, &items[i], is_return);
	}
	return true;
}

/* Leaves the handler unless the stack is one of a way. */
static void test_callers(struct request *r, struct probe_instance *instance,
			 const struct debug_callees *callees, size_t first)
{
	const struct debug_function *function =
		callees->callees.items[first].function;
	struct arena *arena = r->env->arena;
	struct buf ways = { 0 };
	const char *base = arena_printf(arena, "uaddr() - 0x%" PRIx64,
					probe_address(r, function));

	if (r->is_return)
		base = arena_printf(arena, "@entry(%s)", base);
	if (!r->env->any_caller &&
	    put_ways(&ways, callees, first, r->is_return))
		instance->prologue = arena_printf(
			arena, "%s__process_base = %s\nif (!(%s)) next\n",
			instance->prologue ? instance->prologue : "", base,
			buf_text(&ways));
	buf_free(&ways);
}

/* Whether one before was the same. */
static bool is_done(const struct debug_callees *callees, size_t i)
{
	const struct debug_callee *items = callees->callees.items;

	for (size_t k = 0; k < i; k++)
		if (is_same(items[k].function, items[i].function))
			return true;
	return false;
}

static void add_callees(struct request *r,
			const struct debug_function *caller)
{
	struct debug_callees callees;

	debug_find_callees(r->user->debug, caller, r->callee, r->callee_depth,
			   r->env->any_caller, &callees);
	if (callees.jumped_to)
		r->jumped_to = callees.jumped_to;
	for (size_t i = 0; i < callees.callees.count; i++) {
		const struct debug_function *function =
			callees.callees.items[i].function;
		struct probe_instance *instance;

		if (is_done(&callees, i) ||
		    (function->is_inlined && (r->is_return || r->is_call)))
			continue;
		instance = add_function(r, function, arena_printf(
			r->env->arena, "%s.function(\"%s\").callee(\"%s\")%s",
			process_name(r->env->arena, r->point, r->file),
			function_place(r, caller), function_place(r, function),
			r->is_return ? ".return" : r->is_call ? ".call" : ""));
		if (instance)
			test_callers(r, instance, &callees, i);
	}
}

/* ---- functions by name ---- */

/* Functions that only choose, once in a process, which of several others is
 * called by their name. */
static bool is_choice(const struct request *r, uint64_t address)
{
	const struct program_symbol *symbol =
		program_symbol_at(r->user->program, address);

	return symbol && symbol->is_ifunc && symbol->address == address;
}

static bool is_wanted(const struct request *r,
		      const struct debug_function *function)
{
	if (!function->is_inlined && is_choice(r, function->entry))
		return false;
	if (r->callee)
		return true;
	if (function->is_inlined && (r->is_return || r->is_call || r->label))
		return false;
	if (r->is_inline && !function->is_inlined)
		return false;
	return !r->is_exported || function->is_exported;
}

static bool find_in_debug(struct request *r,
			  struct debug_functions *functions)
{
	const char *reason = NULL;

	if (!debug_find_functions(r->user->debug, r->pattern, functions,
				  &reason)) {
		diag_report(r->env->diag, DIAG_target_access, r->point->span,
			    reason);
		return false;
	}
	for (size_t i = 0; i < functions->functions.count; i++) {
		const struct debug_function *function =
			functions->functions.items[i];

		if (!is_wanted(r, function))
			continue;
		if (r->label)
			add_labels(r, function);
		else if (r->callee)
			add_callees(r, function);
		else
			add_function(r, function, instance_name(
				r, "function", function_place(r, function)));
	}
	return true;
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
static void find_symbols(struct request *r,
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
		instance = add_place(r, r->is_return ? "uretprobe" : "uprobe",
				     symbol->address);
		if (!instance)
			continue;
		instance->context->name =
			program_demangle(r->user->program, symbol->name);
		instance->name = instance_name(r, "function",
					       instance->context->name);
		if (r->is_return)
			instance->context->entry = plain_begin(
				r, symbol->address, instance->name,
				instance->context->name);
	}
}

static const char *about_callees(struct request *r,
				 const struct debug_function *caller)
{
	if (r->jumped_to)
		return arena_printf(r->env->arena, "%s calls %s as its last act, "
				    "by a jump, and is not on the stack any "
				    "more: -DSTAP_CALLEE_MATCHALL takes all "
				    "calls of %s, whoever calls", caller->name,
				    r->jumped_to, r->jumped_to);
	return arena_printf(r->env->arena, "no call of '%s' is known in %s (only "
			    "debug information of optimised code, -O1 and up, "
			    "tells calls; those through pointers and into "
			    "libraries it never tells)", r->callee,
			    caller->name);
}

/* What there is of the name, if not what was asked of it; or NULL. */
static const char *about_found(struct request *r,
			       const struct debug_functions *functions)
{
	struct arena *arena = r->env->arena;
	const struct debug_function *first = functions->functions.count ?
		functions->functions.items[0] : NULL;

	if (!first)
		return NULL;
	if (r->label)
		return arena_printf(arena, "%s has no label '%s'", first->name,
				    r->label);
	if (r->callee)
		return about_callees(r, first);
	if (r->is_exported)
		return arena_printf(arena, "%s is not exported", first->name);
	return arena_printf(arena, first->is_inlined ?
			    "%s is inlined wherever it is called: use "
			    ".inline, which has no return" :
			    "%s is not inlined anywhere", first->name);
}

/* A function of this name in another file or at other lines. */
static const char *elsewhere(struct request *r)
{
	struct arena *arena = r->env->arena;
	struct debug_functions found = { 0 };
	const char *name = arena_strndup(arena, r->pattern,
					 strcspn(r->pattern, "@"));
	const struct debug_function *first;
	const char *reason;

	if (!strchr(r->pattern, '@') || !r->user->debug ||
	    glob_is_pattern(name) ||
	    !debug_find_functions(r->user->debug, name, &found, &reason) ||
	    !found.functions.count)
		return NULL;
	first = found.functions.items[0];
	return arena_printf(arena, "%s is in %s, from line %u on", name,
			    first->file ? first->file : "no known file",
			    first->line);
}

static const char *nearest_name(struct request *r)
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
static void explain_none(struct request *r,
			 const struct debug_functions *functions)
{
	struct arena *arena = r->env->arena;
	const char *missing = r->user->debug ? NULL : r->user->reason;
	const char *best;

	r->env->missing = about_found(r, functions);
	if (r->env->missing)
		return;
	r->env->missing = arena_printf(arena, "%s has no such function",
				       r->file->path);
	best = elsewhere(r);
	if (!best)
		best = nearest_name(r);
	r->env->hint = best && missing ?
			       arena_printf(arena, "%s %s", best, missing) :
		       best ? best : missing;
}

/* A name that several functions go by, one of which each process chooses. */
static bool is_name_of_choice(struct request *r)
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

static bool resolve_functions(struct request *r)
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
	if (programs_debug(r->user) && !find_in_debug(r, &functions))
		return false;
	if (!r->callee && !r->label)
		find_symbols(r, &functions);
	if (r->out->items.count == before && !before && !r->env->missing)
		explain_none(r, &functions);
	return true;
}

/* ---- statements ---- */

static void add_statement(struct request *r,
			  const struct debug_statement *statement)
{
	const struct debug_function *function = statement->function;
	struct probe_instance *instance = add_place(r, "uprobe",
						    statement->address);

	if (!instance)
		return;
	instance->name = instance_name(
		r, "statement", place_text(r, function ? function->name : "",
					   statement->file, statement->line));
	if (function)
		add_variables(r, instance->context, function,
			      statement->address);
}

static void add_address(struct request *r, uint64_t address)
{
	struct debug *debug = programs_debug(r->user);
	struct debug_function *function =
		debug ? debug_function_at(debug, address) : NULL;
	struct probe_instance *instance = add_place(r, "uprobe", address);

	if (instance && function)
		add_variables(r, instance->context, function, address);
	if (!instance)
		r->env->missing = arena_printf(
			r->env->arena, "%s has no code at 0x%llx (addresses "
			"are as in the file)", r->file->path,
			(unsigned long long)address);
}

static bool resolve_statements(struct request *r)
{
	struct debug_statements list = { 0 };
	const char *reason = NULL;
	int64_t address;

	if (point_number(r->point, r->at, &address)) {
		add_address(r, (uint64_t)address);
		return true;
	}
	if (!r->pattern)
		return true;
	if (!programs_debug(r->user)) {
		r->env->missing = arena_printf(
			r->env->arena, "lines come from debug information");
		r->env->hint = r->user->reason;
		return true;
	}
	if (!debug_find_statements(r->user->debug, r->pattern, r->is_nearest,
				   &list, &reason)) {
		r->env->missing = reason;
		return true;
	}
	for (size_t i = 0; i < list.statements.count; i++)
		add_statement(r, &list.statements.items[i]);
	if (!list.statements.count)
		r->env->missing = arena_printf(
			r->env->arena, "%s has no such line%s%s", r->file->path,
			reason ? "; " : "", reason ? reason : "");
	return true;
}

/* ---- calls of library functions ---- */

static void explain_plt(struct request *r, const struct program_plt *entries,
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
		r->file->path);
	r->env->hint = best ? arena_printf(arena, "did you mean '%s'?", best) :
			      NULL;
}

static bool resolve_plt(struct request *r)
{
	size_t count, before = r->out->items.count;
	const struct program_plt *entries = program_plt(r->user->program,
							&count);

	for (size_t i = 0; i < count; i++) {
		struct probe_instance *instance;

		if (r->pattern && !glob_match(r->pattern, entries[i].name))
			continue;
		instance = add_place(r, r->is_return ? "uretprobe" : "uprobe",
				     entries[i].address);
		if (!instance)
			continue;
		instance->name = instance_name(r, "plt", entries[i].name);
		instance->context->name = entries[i].name;
		if (r->is_return)
			instance->context->entry = plain_begin(
				r, entries[i].address, instance->name,
				entries[i].name);
	}
	if (r->out->items.count == before)
		explain_plt(r, entries, count);
	return true;
}

static bool resolve_file(struct request *r)
{
	const char *reason;

	r->user = programs_open(r->env, r->file->open, &reason);
	if (!r->user) {
		r->env->missing = reason;
		return true;
	}
	warn_of_exceptions(r);
	if (!strcmp(r->what, "function"))
		return resolve_functions(r);
	return !strcmp(r->what, "statement") ? resolve_statements(r) :
					       resolve_plt(r);
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	struct request r = { .env = env, .point = point, .out = out };
	struct process_files files;

	read_request(&r);
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
