/*
 * kernel.function("NAME"), module("NAME").function("NAME"), kprobe.function and
 * kprobe.module, and kernel.statement of an address: code of the kernel, on entry
 * and on return.
 *
 * Parameters and results are typed from BTF; on entry they are where the rules
 * of calls put them. What BTF and the symbol table do not know (lines, inlined
 * code, labels, locals) debug information does, where it is there: see
 * kernel-code.h. It is opened only when that is asked for.
 */
#include "translator/probes/family.h"

#include <inttypes.h>
#include <string.h>

#include "runtime/common/registers.h"
#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"
#include "translator/probes/kernel-code.h"
#include "translator/target/btf.h"
#include "translator/target/ctype.h"
#include "translator/target/kernel-functions.h"
#include "translator/target/kernel.h"
#include "translator/target/location.h"

static const char *const forms[] = {
	"kernel.function(string)",
	"kernel.function(string).call",
	"kernel.function(string).exported",
	"kernel.function(string).inline",
	"kernel.function(string).label(string)",
	"kernel.function(string).callee(string)",
	"kernel.function(string).callees",
	"kernel.function(string).callees(number)",
	"kernel.function(string).return",
	"kernel.function(string).return.maxactive(number)",
	"kernel.statement(string)",
	"kernel.statement(string).nearest",
	"kernel.statement(number)",
	"kernel.statement(number).absolute",
	"module(string).function(string)",
	"module(string).function(string).call",
	"module(string).function(string).exported",
	"module(string).function(string).inline",
	"module(string).function(string).label(string)",
	"module(string).function(string).callee(string)",
	"module(string).function(string).callees",
	"module(string).function(string).callees(number)",
	"module(string).statement(string)",
	"module(string).statement(string).nearest",
	"module(string).statement(number)",
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
	bool needs_debug;	/* a component that BTF knows nothing of */
	size_t at;		/* the component of the function or statement */
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
			query->needs_debug = true;
			return !query->by_kprobe;
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
	query->at = i;
	query->pattern = point_text(point, i);
	if (!query->pattern && !point_number(point, i, &query->address))
		return false;
	return read_suffix(point, i + 1, query) &&
	       (!query->by_kprobe || !query->is_statement ||
		query->is_absolute);
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
	var = context_add(env, context, "$return", -1);
	var->type = type;
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
		var = context_add(env, context,
				  arena_printf(env->arena, "$%s",
					       params[i].name), -1);
		var->type = params[i].type;
		var->location = location;
		var->at_entry = context->entry;
	}
}

/* What BTF does not tell: locals, statics, the parameters of a special version
 * of a function. */
static void load_more(struct family_env *env, struct probe_context *context)
{
	const struct kernel_function *function = context->load_with;

	kernel_code_variables(env, context, function->module, function->symbol);
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
	context->load_more = load_more;
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
	if (env->missing) {
		env->hint = kernel_code_lacks(env, query->module);
		return;
	}
	nearest = nearest_name(env, symbols, query->module, query->pattern);
	if (nearest)
		env->hint = arena_printf(env->arena, "did you mean '%s'?",
					 nearest);
}

/* Whether only debug information can tell what the point means, which its
 * pattern or its components say. */
static bool asks_debug(const struct query *query)
{
	const char *at = query->pattern ? strchr(query->pattern, '@') : NULL;

	if (query->by_kprobe || query->is_absolute)
		return false;
	return query->needs_debug || query->is_statement ||
	       (at && (strchr(at, ':') || strchr(at, '+') ||
		       (size_t)(at - query->pattern) >
			       strcspn(query->pattern, "*?[")));
}

/* "name@file": where one function has the name, the name will do. */
static void split_file(struct family_env *env, struct query *query)
{
	const char *at = query->pattern ? strchr(query->pattern, '@') : NULL;

	if (!at)
		return;
	query->file = at + 1;
	query->pattern = arena_strndup(env->arena, query->pattern,
				       (size_t)(at - query->pattern));
}

static bool resolve_absolute(struct family_env *env,
			     const struct probe_point *point,
			     const struct query *query,
			     struct probe_instances *out)
{
	struct probe_instance *instance;

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

/* Functions by the symbol table and BTF. */
static void find_known(struct family_env *env, const struct query *query,
		       struct kernel_functions *found)
{
	kernel_functions_match(env->symbols(env), query->module, query->pattern,
			       found);
	if (query->module)
		env->uncached = true;
}

/* Whether debug information, if there is any, knows more of a name: it is
 * nowhere to be seen (because it is inlined), or the file tells which of
 * several is meant. */
static bool may_know_more(struct family_env *env, const struct query *query,
			  const struct kernel_functions *found)
{
	bool several = false;

	for (size_t i = 0; i < found->items.count; i++)
		several |= found->items.items[i].copies > 1;
	return !query->by_kprobe &&
	       (!found->items.count || (several && query->file)) &&
	       (!glob_is_pattern(query->pattern) || query->module) &&
	       kernel_code_is_known(env, query->module);
}

/* Whether a point means the places where its functions are inlined, too. All of
 * the kernel's a wildcard does not: that would read all of its debug information. */
static bool means_inlined(const struct query *query)
{
	return !query->label && !query->by_kprobe && !query->is_statement &&
	       (!glob_is_pattern(query->pattern) || query->module);
}

/* In the kernel, or in each module that has one of the functions. */
static bool add_inlined(struct family_env *env, const struct probe_point *point,
			const struct query *query,
			const struct kernel_functions *found,
			struct probe_instances *out)
{
	const char *last = NULL;

	if (!means_inlined(query) || !found->items.count)
		return true;
	for (size_t i = 0; i < found->items.count; i++) {
		const char *module = found->items.items[i].module;

		if (i && (module == last || !strcmp(module, last)))
			continue;
		last = module;
		if (!kernel_code_add_inlined(env, point, query->at, module,
					     out))
			return false;
	}
	return true;
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	struct kernel_functions *found = arena_new(env->arena,
						   struct kernel_functions);
	struct query query;

	read_point(point, &query);
	if (query.is_absolute)
		return resolve_absolute(env, point, &query, out);
	if (asks_debug(&query))
		return kernel_code_resolve(env, point, query.at, query.module,
					   out);
	split_file(env, &query);
	find_known(env, &query, found);
	if (may_know_more(env, &query, found) ||
	    (query.is_exported && !kernel_is_running(env->kernel)))
		return kernel_code_resolve(env, point, query.at, query.module,
					   out);
	for (size_t i = 0; i < found->items.count; i++)
		if (!query.is_exported || found->items.items[i].is_global)
			add_function(env, &query, &found->items.items[i],
				     point, out);
	if (!add_inlined(env, point, &query, found, out))
		return false;
	if (!out->items.count)
		suggest(env, env->symbols(env), &query);
	return true;
}

const struct family family_function = { "function", forms, matches, resolve };
