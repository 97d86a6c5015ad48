/*
 * kernel.function("NAME"), module("NAME").function("NAME"), kprobe.function and
 * kprobe.module, and kernel.statement of an address: code of the kernel, on entry
 * and on return.
 *
 * Parameters and results are typed from BTF; on entry they are where the rules
 * of calls put them.
 */
#include "translator/probes/family.h"

#include <inttypes.h>
#include <string.h>

#include "runtime/common/registers.h"
#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"
#include "translator/target/btf.h"
#include "translator/target/ctype.h"
#include "translator/target/kernel-functions.h"
#include "translator/target/location.h"

static const char *const forms[] = {
	"kernel.function(string)",
	"kernel.function(string).call",
	"kernel.function(string).exported",
	"kernel.function(string).return",
	"kernel.function(string).return.maxactive(number)",
	"kernel.statement(number).absolute",
	"module(string).function(string)",
	"module(string).function(string).call",
	"module(string).function(string).exported",
	"module(string).function(string).return",
	"module(string).function(string).return.maxactive(number)",
	"kprobe.function(string)",
	"kprobe.function(string).call",
	"kprobe.function(string).return",
	"kprobe.function(string).return.maxactive(number)",
	"kprobe.module(string).function(string)",
	"kprobe.module(string).function(string).call",
	"kprobe.module(string).function(string).return",
	"kprobe.module(string).function(string).return.maxactive(number)",
	"kprobe.statement(number).absolute",
	NULL
};

/* What the components of a point say. */
struct query {
	const char *module;	/* pattern, or NULL for the kernel itself */
	const char *pattern;	/* of the function; NULL: an address */
	int64_t address;
	const char *file;	/* behind the '@' of the pattern, or NULL */
	bool by_kprobe;		/* kprobe.function: named as it is written */
	bool is_statement, is_absolute;
	bool is_return, is_exported;
	int64_t maxactive;	/* 0: as the runner likes */
	const char *needs_debug;	/* a component that BTF knows nothing of */
	const char *label;	/* "call" and the like, for the name */
};

static bool is_named(const struct probe_point *point, size_t i,
		     const char *name)
{
	return i < point->components.count &&
	       !strcmp(point->components.items[i].name, name);
}

/* What follows function(...); false for a word that is none of these. */
static bool read_suffix(const struct probe_point *point, size_t i,
			struct query *query)
{
	static const char *const debug_words[] = {
		"inline", "label", "callee", "callees", "nearest",
	};

	if (i == point->components.count)
		return true;
	query->label = point->components.items[i].name;
	for (size_t k = 0; k < sizeof(debug_words) / sizeof(char *); k++)
		if (is_named(point, i, debug_words[k])) {
			query->needs_debug = query->label;
			return true;
		}
	if (is_named(point, i, "return")) {
		query->is_return = true;
		if (is_named(point, i + 1, "maxactive") &&
		    point_number(point, i + 1, &query->maxactive))
			i++;
	} else if (is_named(point, i, "exported")) {
		query->is_exported = true;
	} else if (is_named(point, i, "absolute") && query->is_statement) {
		query->is_absolute = true;
	} else if (!is_named(point, i, "call")) {
		return false;
	}
	return i + 1 == point->components.count;
}

static bool read_point(const struct probe_point *point, struct query *query)
{
	size_t i = 1;

	*query = (struct query){ .by_kprobe = is_named(point, 0, "kprobe") };
	if (is_named(point, 0, "module")) {
		query->module = point_text(point, 0);
		if (!query->module)
			return false;
	} else if (!is_named(point, 0, "kernel") && !query->by_kprobe) {
		return false;
	}
	if (query->by_kprobe && is_named(point, 1, "module")) {
		query->module = point_text(point, i++);
		if (!query->module)
			return false;
	}
	query->is_statement = is_named(point, i, "statement");
	if (!query->is_statement && !is_named(point, i, "function"))
		return false;
	query->pattern = point_text(point, i);
	if (!query->pattern && !point_number(point, i, &query->address))
		return false;
	return read_suffix(point, i + 1, query);
}

static bool matches(const struct probe_point *point)
{
	struct query query;

	return read_point(point, &query);
}

/* ---- variables ---- */

/* How far arguments on the stack are from the stack pointer on entry. */
enum { STACK_ARGUMENTS = REGISTER_CALL_PUSH };

/* Where the next argument is: registers first, then the stack. */
struct arguments {
	struct arena *arena;
	int registers;		/* used so far */
	int64_t stack;		/* bytes used so far */
};

static struct location_expr *argument_register(struct arguments *arguments)
{
	return location_leaf(arguments->arena, LOCATION_REGISTER,
			     register_argument(arguments->registers++));
}

static bool has_registers(const struct arguments *arguments, int count)
{
	return register_argument(arguments->registers + count - 1) >= 0;
}

static void on_stack(struct arguments *arguments, uint64_t size,
		     struct location *location)
{
	location->kind = LOCATION_PLACE;
	location->expr = location_binary(
		arguments->arena, LOCATION_ADD,
		location_leaf(arguments->arena, LOCATION_REGISTER,
			      REGISTER_SP),
		location_constant(arguments->arena,
				  STACK_ARGUMENTS + arguments->stack));
	arguments->stack += (int64_t)((size + 7) & ~7ull);
}

/* A structure of two words in two registers. */
static void in_pair(struct arguments *arguments, uint64_t size,
		    struct location *location)
{
	location->kind = LOCATION_PIECES;
	location->piece_count = 2;
	location->pieces = arena_array(arguments->arena, struct location_piece,
				       2);
	for (size_t i = 0; i < 2; i++)
		location->pieces[i] = (struct location_piece){
			.kind = LOCATION_VALUE,
			.expr = argument_register(arguments),
			.bit_size = i ? (uint32_t)(8 * size - 64) : 64,
		};
}

static const struct location *next_argument(struct arguments *arguments,
					    struct ctype *type)
{
	struct location *location = arena_new(arguments->arena,
					      struct location);
	uint64_t size = type->size;

	if (type->kind == CTYPE_FLOAT) {
		location->kind = LOCATION_NONE;
		location->reason = "it is a floating-point number, whose "
				   "register a probe does not see";
	} else if (size <= 8 && has_registers(arguments, 1)) {
		location->kind = LOCATION_VALUE;
		location->expr = argument_register(arguments);
	} else if (size > 8 && size <= 16 && has_registers(arguments, 2)) {
		in_pair(arguments, size, location);
#if defined(__aarch64__)
	} else if (size > 16 && has_registers(arguments, 1)) {
		location->kind = LOCATION_PLACE;
		location->expr = argument_register(arguments);
#endif
	} else {
		on_stack(arguments, size ? size : 8, location);
	}
	return location;
}

static const struct location *result_location(struct arena *arena,
					      const struct ctype *type)
{
	struct location *location = arena_new(arena, struct location);

	location->kind = LOCATION_VALUE;
	if (type->size <= 8 && type->kind != CTYPE_FLOAT) {
		location->expr = location_leaf(arena, LOCATION_REGISTER,
					       REGISTER_RESULT);
	} else {
		location->kind = LOCATION_NONE;
		location->reason = "it is a structure, which is returned in "
				   "several registers or in memory";
	}
	return location;
}

static void add_return(struct family_env *env, struct probe_context *context,
		       struct ctype *prototype)
{
	struct ctype *type = ctype_target(prototype);
	struct context_var *var;

	if (type->kind == CTYPE_VOID)
		return;
	var = vec_push(env->arena, &context->vars);
	var->name = "$return";
	var->type = type;
	var->arg = -1;
	var->location = result_location(env->arena, type);
}

static void add_parameters(struct family_env *env,
			   struct probe_context *context,
			   struct ctype *prototype)
{
	struct arguments arguments = { .arena = env->arena };
	size_t count;
	struct ctype_member *params = ctype_members(prototype, &count);

#if defined(__x86_64__)
	/* the first argument is then where the result is to go */
	if (ctype_target(prototype)->size > 16)
		arguments.registers++;
#endif
	for (size_t i = 0; i < count; i++) {
		const struct location *location =
			next_argument(&arguments, params[i].type);
		struct context_var *var;

		if (!params[i].name)
			continue;
		var = vec_push(env->arena, &context->vars);
		var->name = arena_printf(env->arena, "$%s", params[i].name);
		var->type = params[i].type;
		var->arg = -1;
		var->location = location;
		var->at_entry = context->entry;
	}
}

static void load_vars(struct family_env *env, struct probe_context *context)
{
	const struct kernel_function *function = context->load_with;
	struct btf_types *btf = env->btf(env);
	struct ctype *prototype = !btf ? NULL :
		btf_own_function(btf, function->module, function->name, NULL);

	if (!prototype)
		return;
	if (context->entry)
		add_return(env, context, prototype);
	/* the compiler may have left out some of those of a special version */
	if (function->symbol == function->name)
		add_parameters(env, context, prototype);
}

/* ---- instances ---- */

static void name_instance(struct family_env *env, const struct query *query,
			  const struct kernel_function *function,
			  const struct probe_point *point,
			  struct probe_instance *instance)
{
	struct buf name = { 0 };

	if (query->by_kprobe && point->optional)
		instance->name = arena_printf(env->arena, "%s?",
					      instance->name);
	if (query->by_kprobe && !glob_is_pattern(query->pattern))
		return;
	buf_puts(&name, query->by_kprobe ? "kprobe" :
			function->module ? "" : "kernel");
	if (function->module)
		buf_printf(&name, "%smodule(\"%s\")",
			   query->by_kprobe ? "." : "", function->module);
	buf_printf(&name, ".%s(\"%s\")",
		   query->is_statement ? "statement" : "function",
		   function->name);
	if (query->label)
		buf_printf(&name, ".%s", query->label);
	if (query->maxactive)
		buf_printf(&name, ".maxactive(%" PRId64 ")", query->maxactive);
	instance->name = buf_take(&name, env->arena);
}

static struct probe_instance *add_instance(struct family_env *env,
					   const struct query *query,
					   const struct kernel_function *function,
					   const struct probe_point *point,
					   struct probe_instances *out,
					   const char *kind)
{
	struct probe_instance *instance = instance_add(env, out, point, kind);
	struct probe_context *context = instance->context;

	name_instance(env, query, function, point, instance);
	instance_pair(env, instance, "symbol", "%s", function->symbol);
	if (function->module)
		instance_pair(env, instance, "module", "%s", function->module);
	if (function->copies > 1)
		instance_pair(env, instance, "copies", "%u", function->copies);
	if (glob_is_pattern(query->pattern))
		instance_pair(env, instance, "among", "many");
	context->has_registers = true;
	context->load_vars = load_vars;
	context->load_with = function;
	return instance;
}

static void add_function(struct family_env *env, const struct query *query,
			 const struct kernel_function *function,
			 const struct probe_point *point,
			 struct probe_instances *out)
{
	struct probe_instances entries = { 0 };
	struct probe_instance *instance = add_instance(
		env, query, function, point, out,
		query->is_return ? "kretprobe" : "kprobe");

	if (!query->is_return)
		return;
	instance->context->entry = add_instance(env, query, function, point,
						&entries, "kprobe");
	if (query->maxactive)
		instance_pair(env, instance, "maxactive", "%" PRId64,
			      query->maxactive);
}

/* ---- what is not there ---- */

static const char *nearest_name(struct family_env *env,
				struct kernel_symbols *symbols,
				const char *module, const char *wanted)
{
	struct kernel_functions all;
	VEC(const char *) names = { 0 };

	kernel_functions_match(symbols, module, "*", &all);
	for (size_t i = 0; i < all.items.count; i++)
		*vec_push(env->arena, &names) = all.items.items[i].name;
	return diag_nearest(wanted, names.items, names.count);
}

static void suggest(struct family_env *env, struct kernel_symbols *symbols,
		    const struct query *query)
{
	struct kernel_modules modules;
	const char *nearest;

	if (query->module) {
		kernel_modules_match(symbols, query->module, &modules);
		if (!modules.names.count) {
			env->missing = arena_printf(env->arena,
				"no module '%s' is loaded", query->module);
			env->hint = "load it first; what is built into the "
				    "kernel is kernel.function(...)";
			return;
		}
	}
	env->hint = "what there is: -l 'kernel.function(\"*\")'";
	if (glob_is_pattern(query->pattern))
		return;
	env->missing = kernel_function_missing(symbols, query->module,
					       query->pattern);
	if (env->missing)
		return;
	nearest = nearest_name(env, symbols, query->module, query->pattern);
	if (nearest)
		env->hint = arena_printf(env->arena, "did you mean '%s'?",
					 nearest);
}

/* Nothing is found then. */
static bool refuse(struct family_env *env, const char *what)
{
	env->missing = arena_printf(env->arena, "only the kernel's debug "
				    "information tells %s, and it is not there",
				    what);
	env->hint = "functions can be probed without it: "
		    "kernel.function(\"name\"), also .call and .return";
	return true;
}

/* "name@file": without debug information the name alone must do. True if it
 * does not. */
static bool split_file(struct family_env *env, struct query *query)
{
	const char *at = strchr(query->pattern, '@');

	if (!at)
		return false;
	query->file = at + 1;
	query->pattern = arena_strndup(env->arena, query->pattern,
				       (size_t)(at - query->pattern));
	if (strchr(query->file, ':') || strchr(query->file, '+'))
		return refuse(env, "where a source line is");
	if (glob_is_pattern(query->pattern))
		return refuse(env, "which functions a source file has");
	return false;
}

static bool resolve_absolute(struct family_env *env,
			     const struct probe_point *point,
			     const struct query *query,
			     struct probe_instances *out)
{
	struct probe_instance *instance;

	if (!query->is_absolute)
		return refuse(env, "which statement is at an address");
	if (!query->by_kprobe && !env->guru) {
		diag_report(env->diag, DIAG_absolute_guru, point->span,
			    "kernel");
		return false;
	}
	instance = instance_add(env, out, point, "kprobe");
	instance_pair(env, instance, "address", "%" PRId64, query->address);
	instance->context->has_registers = true;
	env->uncached = true;
	return true;
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	struct kernel_symbols *symbols;
	struct kernel_functions *found = arena_new(env->arena,
						   struct kernel_functions);
	struct query query;

	read_point(point, &query);
	if (query.needs_debug)
		return refuse(env, arena_printf(env->arena, "what .%s means",
						query.needs_debug));
	if (!query.pattern)
		return resolve_absolute(env, point, &query, out);
	if (split_file(env, &query))
		return true;
	symbols = env->symbols(env);
	kernel_functions_match(symbols, query.module, query.pattern, found);
	if (query.module)
		env->uncached = true;
	for (size_t i = 0; i < found->items.count; i++)
		if (!query.is_exported || found->items.items[i].is_global)
			add_function(env, &query, &found->items.items[i],
				     point, out);
	if (!out->items.count)
		suggest(env, symbols, &query);
	return true;
}

const struct family family_function = { "function", forms, matches, resolve };
