/*
 * procfs("path").read and .write: a file of the session that a person or a
 * program reads or writes; __stdin.char and .line: what is typed, under the
 * names input.char and input.line in the library.
 */
#include "translator/probes/family.h"

#include <inttypes.h>
#include <string.h>

static const char *const forms[] = {
	"procfs.read", "procfs.write", "procfs(string).read",
	"procfs(string).write", "procfs(string).umask(number).read",
	"procfs(string).read.maxsize(number)", NULL
};


static bool matches(const struct probe_point *point)
{
	return strcmp(point->components.items[0].name, "procfs") == 0 ||
	       strcmp(point->components.items[0].name, "__stdin") == 0;
}

static void resolve_input(struct family_env *env,
			  const struct probe_point *point,
			  struct probe_instances *out)
{
	static const char *const by_char[] = { "__stdin", "char" };
	static const char *const by_line[] = { "__stdin", "line" };
	struct probe_instance *instance;

	if (!point_is(point, by_char, 2) && !point_is(point, by_line, 2))
		return;
	instance = instance_add(env, out, point, "input");
	instance_pair(env, instance, "unit", "%s",
		      point->components.items[1].name);
	instance->context->reads_value = true;
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	struct probe_instance *instance;
	size_t i = 1;
	int64_t umask = 077;
	int64_t maxsize = env->answer_most;
	bool read;

	if (strcmp(point->components.items[0].name, "__stdin") == 0) {
		resolve_input(env, point, out);
		return true;
	}
	if (i < point->components.count &&
	    strcmp(point->components.items[i].name, "umask") == 0)
		point_number(point, i++, &umask);
	if (i >= point->components.count)
		return true;
	read = strcmp(point->components.items[i].name, "read") == 0;
	if (!read && strcmp(point->components.items[i].name, "write") != 0)
		return true;
	if (++i < point->components.count && read &&
	    strcmp(point->components.items[i].name, "maxsize") == 0)
		point_number(point, i++, &maxsize);
	if (i < point->components.count)
		return true;
	instance = instance_add(env, out, point,
				read ? "procfs_read" : "procfs_write");
	instance_pair(env, instance, "path", "%s",
		      point_text(point, 0) ? point_text(point, 0) : "command");
	instance_pair(env, instance, "umask", "%" PRId64, umask);
	instance_pair(env, instance, "maxsize", "%" PRId64, maxsize);
	instance->context->reads_value = !read;
	instance->context->writes_value = read;
	return true;
}

const struct family family_procfs = { "procfs", forms, matches, resolve };
