/*
 * Types and variables by name: of the kernel, of the program that the probe
 * stands in, or of the one that a script names ("/usr/bin/postgres",
 * "kernel:my_module", alternatives in order).
 */
#include "translator/sema/sema.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/probes/process.h"
#include "translator/probes/programs.h"
#include "translator/target/btf.h"
#include "translator/target/debug.h"
#include "translator/target/kernel-functions.h"
#include "translator/target/location.h"
#include "translator/target/program.h"

static struct user_program *own_program(const struct scope *scope)
{
	const struct probe_context *context =
		scope->probe ? scope->probe->instance->context : NULL;

	return context ? context->user_program : NULL;
}

/* Types that BTF has are moved to their places on the target. */
static bool is_of_kernel(const struct scope *scope)
{
	const struct user_program *own = own_program(scope);

	return own && own->is_kernel;
}

/* One of the modules that a text lists; NULL after the last. */
static const char *next_module(struct arena *arena, const char **at)
{
	size_t length = strcspn(*at, ":");
	const char *name = length ? arena_strndup(arena, *at, length) : NULL;

	*at += length + ((*at)[length] == ':');
	return name;
}

static bool is_kernel(const char *module)
{
	return !strncmp(module, "kernel", 6) &&
	       (!module[6] || module[6] == '<');
}

/* A program by its path or its name; NULL and env->reason if it is none. */
static struct user_program *named_program(struct sema *sema,
					  const char *module)
{
	struct process_query query = { .name = module };
	struct process_files files;
	struct user_program *user;
	const char *reason = NULL;

	if (!process_files_find(sema->arena, &query, &files)) {
		sema->env->reason = files.reason;
		return NULL;
	}
	user = programs_open(sema->env, files.items.items[0]->open, &reason);
	if (!user)
		sema->env->reason = reason;
	else
		*vec_push(sema->arena, &sema->env->files) = user->path;
	return user;
}

static struct ctype *kernel_type(struct sema *sema, const char *text,
				 const char *module)
{
	struct btf_types *btf = sema->env->btf(sema->env);
	const char *reason;

	if (btf && module && !is_kernel(module))
		btf_add_module(btf, module, &reason);
	return btf ? btf_find_text(btf, text) : NULL;
}

static struct ctype *program_type(struct sema *sema, struct user_program *user,
				  const char *text)
{
	struct debug *debug = user ? programs_debug(user) : NULL;

	if (user && !debug)
		sema->env->reason = user->reason;
	return debug ? debug_find_type(debug, text) : NULL;
}

static struct ctype *module_type(struct sema *sema, const char *text,
				 const char *module)
{
	if (is_kernel(module) || !strchr(module, '/'))
		return kernel_type(sema, text, module);
	return program_type(sema, named_program(sema, module), text);
}

struct ctype *type_find(struct sema *sema, const struct scope *scope,
			struct span span, const char *text,
			const char *modules)
{
	struct ctype *type = NULL;
	const char *module;

	sema->env->reason = NULL;
	if (!modules && !is_of_kernel(scope))
		type = program_type(sema, own_program(scope), text);
	if (!modules && !type)
		type = kernel_type(sema, text, NULL);
	if (!modules && !type && is_of_kernel(scope))
		type = program_type(sema, own_program(scope), text);
	while (!type && modules &&
	       (module = next_module(sema->arena, &modules)))
		type = module_type(sema, text, module);
	if (type)
		return type;
	diag_report_hint(sema->diag, DIAG_type_unknown, span,
			 sema->env->reason, text);
	return NULL;
}

bool enumerator_find(struct sema *sema, const struct scope *scope,
		     const char *name, int64_t *ret_value)
{
	struct user_program *user = own_program(scope);
	struct debug *debug = user ? programs_debug(user) : NULL;
	struct btf_types *btf;

	sema->env->reason = NULL;
	btf = sema->env->btf(sema->env);
	if (is_of_kernel(scope) && btf && btf_enumerator(btf, name, ret_value))
		return true;
	if (debug && debug_enumerator(debug, name, ret_value))
		return true;
	return btf && btf_enumerator(btf, name, ret_value);
}

/* ---- @var ---- */

/* The variable as the function at hand sees it, else that of any file. */
static bool find_variable(struct user_program *user,
			  const struct probe_context *context,
			  const char *text, struct debug_variable *ret,
			  const char **ret_reason)
{
	struct debug *debug = programs_debug(user);
	const struct debug_function *scope = context ? context->function : NULL;

	*ret_reason = user->reason;
	if (!debug)
		return false;
	if (scope && !strchr(text, '@') &&
	    (context->address ?
		     debug_find_variable(debug, scope, context->address, text,
					 ret, ret_reason) :
		     debug_find_outside(debug, scope, text, ret)))
		return true;
	return debug_find_global(debug, text, ret, ret_reason);
}

static struct context_var *make_var(struct sema *sema, const char *name,
				    const struct debug_variable *found)
{
	struct context_var *var = arena_new(sema->arena, struct context_var);
	struct location *location = arena_new(sema->arena, struct location);

	*location = found->location;
	var->name = name;
	var->type = found->type;
	var->arg = -1;
	var->location = location;
	return var;
}

struct context_var *variable_outside(struct sema *sema,
				     const struct probe_context *context,
				     const char *name)
{
	struct debug *debug = context && context->function ?
				      programs_debug(context->user_program) :
				      NULL;
	struct debug_variable found;

	if (!debug || !debug_find_outside(debug, context->function, name + 1,
					  &found))
		return NULL;
	return make_var(sema, name, &found);
}

/* The module, NULL for the kernel itself. */
static const char *kernel_name(const char *module)
{
	return !module || is_kernel(module) ? NULL : module;
}

/* Whether the module that a script names is the kernel or one of its; with no
 * name it is the kernel outside of programs. */
static bool names_kernel(struct sema *sema, const struct scope *scope,
			 const char *module)
{
	struct kernel_modules found;

	if (!module)
		return !own_program(scope) &&
		       !(scope->probe && scope->probe->instance->context &&
			 scope->probe->instance->context->user);
	if (is_kernel(module) || strstr(module, ".ko"))
		return true;
	if (strchr(module, '/'))
		return false;
	kernel_modules_match(sema->env->symbols(sema->env), module, &found);
	return found.names.count > 0;
}

struct context_var *variable_find(struct sema *sema, const struct scope *scope,
				  const char *text, const char *module,
				  const char **ret_reason)
{
	struct probe_context *context =
		scope->probe ? scope->probe->instance->context : NULL;
	struct user_program *own, *user;
	struct debug_variable found;
	struct context_var *var;

	if (context && !module)
		probe_load_more(sema, context);
	own = user = own_program(scope);
	*ret_reason = "it is looked for in the program that a process probe "
		      "stands in; in others name the program: "
		      "@var(\"name@file.c\", \"/path/of/program\")";
	if (names_kernel(sema, scope, module))
		user = programs_open_kernel(sema->env, kernel_name(module),
					    true, ret_reason);
	else if (module)
		user = named_program(sema, module);
	if (module && !user && !names_kernel(sema, scope, module))
		*ret_reason = sema->env->reason;
	if (!user || !find_variable(user, user == own ? context : NULL, text,
				    &found, ret_reason))
		return NULL;
	var = make_var(sema, text, &found);
	if (user == own && context)
		return var;
	var->elsewhere = programs_running(sema->env, user);
	if (var->elsewhere)
		return var;
	*ret_reason = "its file has no code, by which a process that has it is "
		      "told";
	return NULL;
}
