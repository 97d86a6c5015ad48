/* Code of the kernel by debug information: see kernel-code.h. */
#include "translator/probes/kernel-code.h"

#include <inttypes.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"
#include "translator/probes/code.h"
#include "translator/probes/programs.h"
#include "translator/target/debug.h"
#include "translator/target/kernel-functions.h"
#include "translator/target/program.h"

/* ---- a place ---- */

static struct probe_instance *add_place(struct code_request *r, bool is_return,
					uint64_t address)
{
	struct program *program = r->user->program;
	struct probe_instance *instance;
	struct program_anchor anchor;

	if (!program_is_kernel_code(program, address) ||
	    !program_find_anchor(program, address, &anchor))
		return NULL;
	instance = instance_add(r->env, r->out, r->point,
				is_return ? "kretprobe" : "kprobe");
	instance_pair(r->env, instance, "symbol", "%s", anchor.symbol);
	instance_pair(r->env, instance, "offset", "%" PRIu64, anchor.offset);
	if (r->user->module)
		instance_pair(r->env, instance, "module", "%s",
			      r->user->module);
	if (program_build_id(program))
		instance_pair(r->env, instance, "build_id", "%s",
			      program_build_id(program));
	instance->context->has_registers = true;
	instance->context->user_program = r->user;
	/* a return probe stands in the caller, at no known place */
	if (!is_return)
		instance->context->address = address;
	return instance;
}

static const char *owner(struct code_request *r)
{
	return r->user->module ? arena_printf(r->env->arena, "module(\"%s\")",
					      r->user->module) : "kernel";
}

static const struct code_kind kind = { add_place, owner, NULL, "addr()",
				       "stack" };

/* ---- points ---- */

/* Of several places some may be none that the kernel lets be probed. */
static void mark_among(struct code_request *r, size_t before)
{
	for (size_t i = before; r->out->items.count - before > 1 &&
				i < r->out->items.count; i++)
		instance_pair(r->env, r->out->items.items[i], "among", "1");
}

static bool add_functions(struct code_request *r)
{
	struct debug_functions functions = { 0 };
	size_t before = r->out->items.count;

	if (!code_add_functions(r, &functions))
		return false;
	if (r->out->items.count > before || r->env->missing)
		return true;
	r->env->missing = code_about(r, &functions);
	r->env->hint = NULL;
	if (r->env->missing)
		return true;
	r->env->missing = arena_printf(r->env->arena, "%s has no such function",
				       r->path);
	r->env->hint = code_elsewhere(r);
	return true;
}

/* What it is that the point wants to know. */
static const char *what_needs(const struct code_request *r)
{
	const char *file = r->pattern ? strchr(r->pattern, '@') : NULL;

	if (!r->pattern)
		return "which statement is at an address";
	if (r->label)
		return "where a label is";
	if (r->callee)
		return "what is inlined into a function";
	if (r->is_inline)
		return "where a function is inlined";
	if (r->is_exported)
		return "whether a function of a kernel that is not running is "
		       "exported";
	if (file && !strpbrk(file, ":+") && !strcmp(r->what, "function"))
		return "which functions a source file has";
	return "where a source line is";
}

/* In one file with debug information. */
static bool resolve_in(struct code_request *r, const char *module)
{
	size_t before = r->out->items.count;
	const char *reason = NULL;
	bool ok = true;

	r->user = programs_open_kernel(r->env, module, true, &reason);
	if (!r->user || !programs_debug(r->user)) {
		if (r->user)
			reason = r->user->reason;
		r->env->missing = arena_printf(r->env->arena, "only debug "
					       "information tells %s",
					       what_needs(r));
		r->env->hint = reason;
		return true;
	}
	r->path = r->user->module ? arena_printf(r->env->arena, "module %s",
						 r->user->module) :
				    "the kernel";
	if (!strcmp(r->what, "function"))
		ok = add_functions(r);
	else
		code_add_statements(r);
	mark_among(r, before);
	return ok;
}

bool kernel_code_resolve(struct family_env *env,
			 const struct probe_point *point, size_t at,
			 const char *module, struct probe_instances *out)
{
	struct code_request r = { .kind = &kind, .env = env, .point = point,
				  .out = out, .at = at };
	struct kernel_modules modules;

	code_read(&r);
	if (!module || strchr(module, '/'))
		return resolve_in(&r, module);
	kernel_modules_match(env->symbols(env), module, &modules);
	for (size_t i = 0; i < modules.names.count; i++)
		if (!resolve_in(&r, modules.names.items[i]))
			return false;
	if (modules.names.count)
		return true;
	env->missing = arena_printf(env->arena, "there is no module '%s'",
				    module);
	env->hint = "load it first, or give the path of its file: "
		    "module(\"/path/name.ko\")";
	return true;
}

/* Where debug information would appear: a folder tells by its time. */
static void watch_folders(struct family_env *env)
{
	static const char *const folders[] = {
		"/usr/lib", "/usr/lib/debug", "/usr/lib/debug/boot",
		"/usr/lib/debug/lib/modules",
	};

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		*vec_push(env->arena, &env->files) = folders[i];
}

/* What can only be added if it is there. */
static struct user_program *if_known(struct family_env *env, const char *module)
{
	bool was_uncached = env->uncached;
	const char *reason;
	struct user_program *user = programs_open_kernel(env, module, false,
							 &reason);

	env->uncached = was_uncached;
	if (user && programs_debug(user))
		return user;
	watch_folders(env);
	return NULL;
}

bool kernel_code_add_inlined(struct family_env *env,
			     const struct probe_point *point, size_t at,
			     const char *module, struct probe_instances *out)
{
	struct code_request r = { .kind = &kind, .env = env, .point = point,
				  .out = out, .at = at };
	struct debug_functions functions = { 0 };
	size_t before = out->items.count;

	code_read(&r);
	r.is_inline = true;
	r.user = if_known(env, module);
	if (!r.user)
		return true;
	if (!code_add_functions(&r, &functions))
		return false;
	for (size_t i = before; i < out->items.count; i++)
		instance_pair(env, out->items.items[i], "among", "1");
	return true;
}

const char *kernel_code_lacks(struct family_env *env, const char *module)
{
	const char *reason;
	struct user_program *user = programs_open_kernel(env, module, false,
							 &reason);

	return !user ? reason : programs_debug(user) ? NULL : user->reason;
}

bool kernel_code_is_known(struct family_env *env, const char *module)
{
	return !kernel_code_lacks(env, module);
}

/* ---- variables ---- */

/* The one function that begins where the symbol is. */
static struct debug_function *function_of(struct user_program *user,
					  const char *symbol)
{
	struct program_symbols found = { 0 };
	struct debug_function *function;

	program_find_symbols(user->program, symbol, &found);
	if (found.symbols.count != 1)
		return NULL;
	function = debug_outer_function_at(user->debug,
					   found.symbols.items[0]->address);
	return function &&
	       function->entry == found.symbols.items[0]->address ? function :
								    NULL;
}

static bool has_var(const struct probe_context *context, const char *name)
{
	for (size_t i = 0; i < context->vars.count; i++)
		if (!strcmp(context->vars.items[i].name, name))
			return true;
	return false;
}

void kernel_code_variables(struct family_env *env,
			   struct probe_context *context, const char *module,
			   const char *symbol)
{
	bool is_wanted = !diag_is_muted(env->diag);
	struct user_program *user = programs_open_kernel(env, module, is_wanted,
							 &context->lacks);
	struct debug_function *function;
	struct probe_context all = { 0 };

	if (!user || !programs_debug(user)) {
		if (user)
			context->lacks = user->reason;
		return;
	}
	function = function_of(user, symbol);
	if (!function)
		return;
	programs_variables(env, &all, user, function, function->entry,
			   context->entry != NULL);
	all.load_vars(env, &all);
	for (size_t i = 0; i < all.vars.count; i++)
		if (!has_var(context, all.vars.items[i].name))
			*vec_push(env->arena, &context->vars) =
				all.vars.items[i];
	context->user_program = user;
	context->function = function;
	if (!context->entry)
		context->address = function->entry;
}
