/* Programs, their variables and types; see programs.h. */
#include "translator/probes/programs.h"

#include <string.h>

#include "runtime/common/registers.h"
#include "translator/base/arena.h"
#include "translator/base/file.h"
#include "translator/probes/family.h"
#include "translator/target/ctype.h"
#include "translator/target/debug.h"
#include "translator/target/kernel-debug.h"
#include "translator/target/kernel-functions.h"
#include "translator/target/location.h"
#include "translator/target/program.h"

struct user_program *programs_open(struct family_env *env, const char *path,
				   const char **ret_reason)
{
	struct user_program *user;

	for (user = env->programs; user; user = user->next)
		if (!user->is_kernel && !strcmp(user->path, path))
			return user;
	user = arena_new(env->arena, struct user_program);
	user->path = arena_strdup(env->arena, path);
	user->program = program_open(env->arena, path, ret_reason);
	if (!user->program)
		return NULL;
	user->next = env->programs;
	env->programs = user;
	return user;
}

/* The name of a module by its path or itself. */
static const char *module_name(struct arena *arena, const char *text)
{
	const char *base = file_base(text);
	char *name = arena_strndup(arena, base, strcspn(base, "."));

	for (char *at = name; *at; at++)
		if (*at == '-')
			*at = '_';
	return name;
}

static void open_kernel(struct family_env *env, const char *module,
			struct user_program *user)
{
	struct kernel_debug_query query = { .kernel = env->kernel,
					    .ask_servers = user->asked_servers,
					    .build_folder = env->build_folder };

	if (module) {
		query.is_given = strchr(module, '/') != NULL;
		query.module = module_name(env->arena, module);
		query.path = query.is_given ? module :
			kernel_module_path(env->symbols(env), query.module);
		user->module = query.module;
	}
	user->program = kernel_debug_open(env->arena, &query, &user->reason);
	if (user->program)
		*vec_push(env->arena, &env->files) =
			program_path(user->program);
	else
		env->uncached = true;
}

struct user_program *programs_open_kernel(struct family_env *env,
					  const char *module, bool is_wanted,
					  const char **ret_reason)
{
	const char *key = module ? module : "";
	struct user_program *user = env->programs;

	while (user && (!user->is_kernel || strcmp(user->path, key)))
		user = user->next;
	if (!user) {
		user = arena_new(env->arena, struct user_program);
		user->path = arena_strdup(env->arena, key);
		user->is_kernel = 1;
		user->next = env->programs;
		env->programs = user;
	}
	if (!user->program && (!user->reason ||
			       (is_wanted && !user->asked_servers))) {
		user->asked_servers = is_wanted;
		open_kernel(env, module, user);
	}
	*ret_reason = user->reason;
	return user->program ? user : NULL;
}

struct debug *programs_debug(struct user_program *user)
{
	if (!user->debug && !user->reason)
		user->debug = debug_open(user->program, &user->reason);
	return user->debug;
}

void programs_close(struct family_env *env)
{
	for (struct user_program *user = env->programs; user;
	     user = user->next) {
		debug_close(user->debug);
		program_close(user->program);
	}
	env->programs = NULL;
}

/* ---- variables ---- */

struct where {
	struct user_program *user;
	const struct debug_function *function;
	uint64_t address;
	int is_return;
};

static struct context_var *add_var(struct family_env *env,
				   struct probe_context *context,
				   const char *name, struct ctype *type,
				   const struct location *location)
{
	struct context_var *var = context_add(
		env, context, arena_printf(env->arena, "$%s", name), -1);

	var->type = type;
	var->location = location;
	return var;
}

static const struct location *nowhere(struct arena *arena, const char *reason)
{
	struct location *location = arena_new(arena, struct location);

	location->kind = LOCATION_NONE;
	location->reason = reason;
	return location;
}

/* Whether all of a structure is numbers and pointers: then it is returned in
 * general registers. */
static bool has_floats(struct ctype *type, int depth)
{
	struct ctype_member *members;
	size_t count;

	if (type->kind == CTYPE_FLOAT || depth > 8)
		return true;
	if (type->kind == CTYPE_ARRAY)
		return has_floats(ctype_target(type), depth + 1);
	members = ctype_members(type, &count);
	for (size_t i = 0; i < count; i++)
		if (has_floats(members[i].type, depth + 1))
			return true;
	return false;
}

/* Where a function leaves its result, by the rules of calls of the machine. */
static const struct location *result_place(struct arena *arena,
					   struct ctype *type)
{
	struct location *location = arena_new(arena, struct location);

	location->expr = location_leaf(arena, LOCATION_REGISTER,
				       REGISTER_RESULT);
	location->kind = LOCATION_VALUE;
	if (ctype_is_scalar(type))
		return location;
	if (type->kind == CTYPE_FLOAT)
		return nowhere(arena, "it is a floating-point number in a "
				      "register that a probe does not see");
	if (type->size > 16) {
		if (REGISTER_CALL_PUSH == 0)
			return nowhere(arena, "where this machine returns it "
					      "is known to the caller only");
		location->kind = LOCATION_PLACE;
		return location;
	}
	if (has_floats(type, 0))
		return nowhere(arena, "it is a structure with floating-point "
				      "numbers in registers");
	location->kind = LOCATION_PIECES;
	location->piece_count = type->size > 8 ? 2 : 1;
	location->pieces = arena_array(arena, struct location_piece,
				       location->piece_count);
	for (size_t i = 0; i < location->piece_count; i++)
		location->pieces[i] = (struct location_piece){
			.kind = LOCATION_VALUE,
			.expr = location_leaf(arena, LOCATION_REGISTER,
					      REGISTER_RESULT + (int)i),
			.bit_size = 8 * (uint32_t)(i ? type->size - 8 :
				    type->size < 8 ? type->size : 8),
		};
	return location;
}

static void load_vars(struct family_env *env, struct probe_context *context)
{
	const struct where *where = context->load_with;
	struct debug *debug = programs_debug(where->user);
	struct debug_variables list = { 0 };

	if (!debug)
		return;
	if (where->is_return && where->function->type) {
		struct ctype *type = ctype_target(where->function->type);

		if (type->kind != CTYPE_VOID)
			add_var(env, context, "return", type,
				result_place(env->arena, type));
	}
	debug_variables(debug, where->function, where->address, &list);
	for (size_t i = 0; i < list.variables.count; i++) {
		const struct debug_variable *found = &list.variables.items[i];
		struct context_var *var;

		if (where->is_return && !found->is_parameter)
			continue;
		var = add_var(env, context, found->name, found->type,
			      &found->location);
		var->is_local = !found->is_parameter;
		var->at_entry = where->is_return;
	}
}

static bool is_library(const struct program *program)
{
	return program_is_relocatable(program) &&
	       (!program_loader(program) || program_soname(program));
}

static void find_library_block(struct family_env *env,
			       struct probe_context *context,
			       struct program *program)
{
	struct program_thread_cell *cell =
		arena_new(env->arena, struct program_thread_cell);

	if (program_thread_cell(program, cell))
		context->tls_cell = cell;
}

/* Thread-local variables of a program, not of a library, are at a fixed
 * distance from the thread pointer: right before it on x86-64, behind 16
 * bytes on arm64. */
static void find_threads_block(struct family_env *env,
			       struct probe_context *context,
			       struct user_program *user)
{
	struct program *program = user->program;
	uint64_t size, alignment;

	if (!program_thread_block(program, &size, &alignment))
		return;
	if (is_library(program)) {
		find_library_block(env, context, program);
		return;
	}
	context->has_tls = true;
#if defined(__x86_64__)
	context->tls_at = -(int64_t)size;
#elif defined(__aarch64__)
	context->tls_at = (int64_t)((16 + alignment - 1) / alignment *
				    alignment);
#endif
}

const struct probe_context *programs_running(struct family_env *env,
					     struct user_program *user)
{
	struct probe_context *context = arena_new(env->arena,
						  struct probe_context);
	const struct program_segment *segments;
	size_t count;

	if (user->is_kernel) {
		context->user_program = user;
		return context;
	}
	segments = program_segments(user->program, &count);
	for (size_t i = 0; i < count; i++) {
		if (!segments[i].is_executable)
			continue;
		context->user = true;
		context->running = user->path;
		context->is_library = is_library(user->program);
		context->code = segments[i].address;
		context->code_offset = segments[i].offset;
		return context;
	}
	return NULL;
}

void programs_variables(struct family_env *env, struct probe_context *context,
			struct user_program *user,
			const struct debug_function *function,
			uint64_t address, int is_return)
{
	struct where *where = arena_new(env->arena, struct where);

	*where = (struct where){ user, function, address, is_return };
	context->load_with = where;
	context->load_vars = load_vars;
	context->user_program = user;
	context->function = function;
	find_threads_block(env, context, user);
}
