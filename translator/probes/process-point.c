/* The part of points that says which program; see process.h. */
#include "translator/probes/process.h"

#include <inttypes.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/glob.h"

/* A path means the same file as long as the file is the same; what else may
 * stand in a point means what runs, or is installed, at the time. */
static void note_files(struct family_env *env,
		       const struct process_query *query,
		       const struct process_files *files)
{
	if (!query->name || query->name[0] != '/' ||
	    glob_is_pattern(query->name) || query->library)
		env->uncached = true;
	for (size_t i = 0; i < files->items.count; i++)
		*vec_push(env->arena, &env->files) = files->items.items[i]->open;
}

static void add_file(struct arena *arena, struct probe_context *context,
		     const char *name, const char *path, int part)
{
	struct context_var *var = vec_push(arena, &context->vars);

	var->name = name;
	var->file = path;
	var->arg = part;
	var->is_hidden = true;
}

void process_put_program(struct family_env *env, struct buf *out,
			 struct probe_context *context,
			 const struct process_file *file)
{
	if (file->pid) {
		buf_printf(out, "if (pid() != %" PRId64 ") next\n", file->pid);
		return;
	}
	buf_puts(out,
		   "__process_mm = " PROCESS_CURRENT "->mm\n"
		   "if (!__process_mm) next\n"
		   "__process_file = __process_mm->exe_file\n"
		   "if (!__process_file) next\n"
		   "__process_inode = __process_file->f_inode\n"
		   "if (__process_inode->i_ino != $__inode) next\n"
		   "if (__process_inode->i_sb->s_dev != $__device) next\n");
	add_file(env->arena, context, "$__inode", file->open, 0);
	add_file(env->arena, context, "$__device", file->open, 1);
}

void process_put_target(const struct family_env *env, struct buf *out)
{
	static const char test[] =
		"if (!((pid() == target()) | "
		"(pid() in __unlocked_target_set))) next\n";

	if (env->owner >= 0)
		buf_printf(out, "if (uid() != %" PRId64 ") next\n", env->owner);
	if (env->command || env->target)
		buf_puts(out, test);
	else if (env->leaves_object)
		buf_printf(out, "if (target()) { %s }\n", test);
}

bool process_find(struct family_env *env, const struct probe_point *point,
		  const char *library, struct process_files *ret_files)
{
	struct process_query query = {
		.name = point_text(point, 0), .command = env->command,
		.target = env->target, .library = library,
	};

	point_number(point, 0, &query.pid);
	if (process_files_find(env->arena, &query, ret_files)) {
		note_files(env, &query, ret_files);
		return true;
	}
	env->missing = ret_files->reason;
	env->hint = ret_files->hint;
	return false;
}

const char *process_name(struct arena *arena, const struct probe_point *point,
			 const struct process_file *file)
{
	const struct process_file *program = file->program ? file->program :
							     file;
	const char *name;
	int64_t pid;

	if (point_number(point, 0, &pid))
		name = arena_printf(arena, "process(%" PRId64 ")", pid);
	else
		name = arena_printf(arena, "process(\"%s\")", program->path);
	if (file->program)
		name = arena_printf(arena, "%s.library(\"%s\")", name,
				    file->path);
	return name;
}

void process_pairs(struct family_env *env, struct probe_instance *instance,
		   const struct process_file *file, uint64_t offset,
		   const char *build_id)
{
	struct buf tests = { 0 };

	/* in a library: only for the program that was asked for */
	if (file->program && !file->program->pid)
		process_put_program(env, &tests, instance->context,
				    file->program);
	process_put_target(env, &tests);
	if (tests.length)
		instance->prologue = buf_take(&tests, env->arena);
	instance_pair(env, instance, "path", "%s", file->open);
	instance_pair(env, instance, "offset", "%" PRIu64, offset);
	if (file->pid)
		instance_pair(env, instance, "pid", "%" PRId64, file->pid);
	if (build_id)
		instance_pair(env, instance, "build_id", "%s", build_id);
}
