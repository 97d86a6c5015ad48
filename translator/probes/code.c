/* Places in code by its debug information: see code.h. */
#include "translator/probes/code.h"

#include <inttypes.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"
#include "translator/probes/programs.h"
#include "translator/target/debug.h"
#include "translator/target/program.h"

static const char *component(const struct probe_point *point, size_t i)
{
	return i < point->components.count ? point->components.items[i].name :
					     "";
}

void code_read(struct code_request *r)
{
	int64_t depth = 1;

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

const char *code_name(struct code_request *r, const char *what,
		      const char *name)
{
	struct arena *arena = r->env->arena;
	const char *text = arena_printf(arena, "%s.%s(\"%s\")",
					r->kind->owner(r), what, name);

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

static const char *place_text(struct code_request *r, const char *name,
			      const char *file, unsigned int line)
{
	return file ? arena_printf(r->env->arena, "%s@%s:%u", name, file,
				   line) : name;
}

/* Where parameters have their values. */
static uint64_t probe_address(const struct code_request *r,
			      const struct debug_function *function)
{
	if (function->is_inlined)
		return function->entry;
	return r->env->past_prologue && !r->is_return ?
		       debug_past_prologue(r->user->debug, function) :
		       function->body;
}

struct probe_instance *code_begin(struct code_request *r, uint64_t address,
				  const char *name, const char *function)
{
	struct probe_instances entries = { 0 };
	struct code_request inner = *r;
	struct probe_instance *instance;

	inner.out = &entries;
	instance = inner.kind->add(&inner, false, address);
	if (!instance)
		return NULL;
	instance->name = name;
	instance->context->name = function;
	return instance;
}

/* The same where the variables are known. */
static struct probe_instance *begin_place(struct code_request *r,
					  const struct debug_function *function,
					  uint64_t address, const char *name)
{
	struct probe_instance *instance = code_begin(r, address, name,
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
	struct code_request r = *(const struct code_request *)context->find_with;
	struct debug *debug = r.user->debug;
	struct debug_function *outer =
		debug_outer_function_at(debug, context->address);

	context->call_frame = debug_call_frame(debug, context->address);
	if (!outer || !context->call_frame)
		return;
	context->begin = begin_place(&r, outer, outer->entry,
				     code_name(&r, r.what, outer->name));
}

/* The variables of a place in a function. */
static void add_variables(struct code_request *r, struct probe_context *context,
			  const struct debug_function *function,
			  uint64_t address)
{
	struct code_request *kept;

	context->name = function->name;
	context->at_begin = !function->is_inlined && address == function->entry;
	programs_variables(r->env, context, r->user, function, address, false);
	if (context->at_begin)
		return;
	kept = arena_new(r->env->arena, struct code_request);
	*kept = *r;
	context->find_with = kept;
	context->find_begin = find_begin;
}

static const char *function_place(struct code_request *r,
				  const struct debug_function *function)
{
	return place_text(r, function->name, function->file, function->line);
}

/* NULL if it cannot be probed. */
static struct probe_instance *add_function(struct code_request *r,
					   const struct debug_function *function,
					   const char *name)
{
	uint64_t address = r->is_return ? function->entry :
					  probe_address(r, function);
	struct probe_instance *instance;

	if (r->kind->refuses && r->kind->refuses(r, function->name))
		return NULL;
	instance = r->kind->add(r, r->is_return, address);
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

static void add_label(struct code_request *r,
		      const struct debug_function *function,
		      const struct debug_label *label)
{
	uint64_t address = program_skip_padding(r->user->program,
						label->address);
	struct probe_instance *instance = r->kind->add(r, false, address);

	if (!instance)
		return;
	instance->name = arena_printf(
		r->env->arena, "%s.function(\"%s\").label(\"%s\")",
		r->kind->owner(r),
		place_text(r, function->name, label->file, label->line),
		label->name);
	add_variables(r, instance->context, function, address);
}

static void add_labels(struct code_request *r,
		       const struct debug_function *function)
{
	struct debug_labels labels = { 0 };

	debug_find_labels(r->user->debug, function, r->label, &labels);
	for (size_t i = 0; i < labels.labels.count; i++)
		add_label(r, function, &labels.labels.items[i]);
}

/* ---- functions that a function calls ---- */

static bool is_same_function(const struct debug_function *a,
			     const struct debug_function *b)
{
	return a->entry == b->entry && a->is_inlined == b->is_inlined &&
	       !strcmp(a->name, b->name);
}

static bool is_same(const struct debug_callee *a, const struct debug_callee *b)
{
	return is_same_function(a->function, b->function) &&
	       is_same_function(a->caller, b->caller);
}

/* "(ustack(1) - __process_base == 0x1234 && ...)": the stack of one way. A
 * probe of a return stands in the caller already. */
static void put_way(const struct code_kind *kind, struct buf *out,
		    const struct debug_callee *callee, bool is_return)
{
	buf_puts(out, out->length ? " || (" : "(");
	for (size_t i = 0; i < callee->depth; i++)
		buf_printf(out, "%s%s(%zu) - __process_base == 0x%" PRIx64,
			   i ? " && " : "", kind->stack, is_return ? i : i + 1,
			   callee->returns[i]);
	buf_puts(out, ")");
}

/* All the ways to the first one's call, from the first one on; false: it needs no
 * test. */
static bool put_ways(const struct code_request *r, struct buf *out,
		     const struct debug_callees *callees, size_t first)
{
	const struct debug_callee *items = callees->callees.items;

	for (size_t i = first; i < callees->callees.count; i++) {
		if (!is_same(&items[i], &items[first]))
			continue;
		if (!items[i].depth)
			return false;
		put_way(r->kind, out, &items[i], r->is_return);
	}
	return true;
}

/* Leaves the handler unless the stack is one of a way. */
static void test_callers(struct code_request *r, struct probe_instance *instance,
			 const struct debug_callees *callees, size_t first)
{
	const struct debug_function *function =
		callees->callees.items[first].function;
	struct arena *arena = r->env->arena;
	struct buf ways = { 0 };
	const char *base = arena_printf(arena, "%s - 0x%" PRIx64,
					r->kind->here, probe_address(r, function));

	if (r->is_return)
		base = arena_printf(arena, "@entry(%s)", base);
	if (!r->env->any_caller &&
	    put_ways(r, &ways, callees, first))
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
		if (is_same(&items[k], &items[i]))
			return true;
	return false;
}

static void add_callees(struct code_request *r,
			const struct debug_function *caller)
{
	struct debug_callees callees;

	debug_find_callees(r->user->debug, caller, r->callee, r->callee_depth,
			   r->env->any_caller, &callees);
	if (callees.jumped_to)
		r->jumped_to = callees.jumped_to;
	for (size_t i = 0; i < callees.callees.count; i++) {
		const struct debug_callee *callee = &callees.callees.items[i];
		const struct debug_function *function = callee->function;
		struct probe_instance *instance;

		if (is_done(&callees, i) ||
		    (function->is_inlined && (r->is_return || r->is_call)))
			continue;
		instance = add_function(r, function, arena_printf(
			r->env->arena, "%s.function(\"%s\").callee(\"%s\")%s",
			r->kind->owner(r),
			function_place(r, callee->caller),
			function_place(r, function),
			r->is_return ? ".return" : r->is_call ? ".call" : ""));
		if (instance)
			test_callers(r, instance, &callees, i);
	}
}

/* ---- functions by name ---- */

/* Functions that only choose, once in a process, which of several others is
 * called by their name. */
static bool is_choice(const struct code_request *r, uint64_t address)
{
	const struct program_symbol *symbol =
		program_symbol_at(r->user->program, address);

	return symbol && symbol->is_ifunc && symbol->address == address;
}

static bool is_wanted(const struct code_request *r,
		      const struct debug_function *function)
{
	if (!function->is_inlined && is_choice(r, function->entry))
		return false;
	if (r->callee)
		return true;
	if (function->is_inlined && (r->is_return || r->is_call ||
				     r->is_exported || r->label))
		return false;
	if (r->is_inline && !function->is_inlined)
		return false;
	return !r->is_exported || function->is_exported;
}

bool code_add_functions(struct code_request *r,
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
			add_function(r, function, code_name(
				r, "function", function_place(r, function)));
	}
	return true;
}

static const char *about_callees(struct code_request *r,
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

const char *code_about(struct code_request *r,
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

const char *code_elsewhere(struct code_request *r)
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

static void add_statement(struct code_request *r,
			  const struct debug_statement *statement)
{
	const struct debug_function *function = statement->function;
	struct probe_instance *instance = r->kind->add(r, false,
						      statement->address);

	if (!instance)
		return;
	instance->name = code_name(
		r, "statement", place_text(r, function ? function->name : "",
					   statement->file, statement->line));
	if (function)
		add_variables(r, instance->context, function,
			      statement->address);
}

static void add_address(struct code_request *r, uint64_t address)
{
	struct debug *debug = programs_debug(r->user);
	struct debug_function *function =
		debug ? debug_function_at(debug, address) : NULL;
	struct probe_instance *instance = r->kind->add(r, false, address);

	if (instance && function)
		add_variables(r, instance->context, function, address);
	if (!instance)
		r->env->missing = arena_printf(
			r->env->arena, "%s has no code at 0x%llx (addresses "
			"are as in the file)", r->path,
			(unsigned long long)address);
}

void code_add_statements(struct code_request *r)
{
	struct debug_statements list = { 0 };
	const char *reason = NULL;
	int64_t address;

	if (point_number(r->point, r->at, &address)) {
		add_address(r, (uint64_t)address);
		return;
	}
	if (!r->pattern)
		return;
	if (!programs_debug(r->user)) {
		r->env->missing = arena_printf(
			r->env->arena, "lines come from debug information");
		r->env->hint = r->user->reason;
		return;
	}
	if (!debug_find_statements(r->user->debug, r->pattern, r->is_nearest,
				   &list, &reason)) {
		r->env->missing = reason;
		return;
	}
	for (size_t i = 0; i < list.statements.count; i++)
		add_statement(r, &list.statements.items[i]);
	if (!list.statements.count)
		r->env->missing = arena_printf(
			r->env->arena, "%s has no such line%s%s", r->path,
			reason ? "; " : "", reason ? reason : "");
}
