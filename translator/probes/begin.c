/* begin, end, error, each with an optional order number; never. And, of those that
 * the translator makes, what sets the globals back. */
#include "translator/probes/family.h"

#include <inttypes.h>
#include <string.h>

static const char *const forms[] = {
	"begin", "begin(number)", "end", "end(number)", "error",
	"error(number)", "never", NULL
};

static bool matches(const struct probe_point *point)
{
	const struct point_component *c = &point->components.items[0];

	if (point->components.count != 1)
		return false;
	if (strcmp(c->name, "never") == 0 || strcmp(c->name, "__reset") == 0)
		return !c->arg;
	if (c->arg && c->arg->kind != EXPR_NUMBER)
		return false;
	return strcmp(c->name, "begin") == 0 || strcmp(c->name, "end") == 0 ||
	       strcmp(c->name, "error") == 0;
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	const char *name = point->components.items[0].name;
	bool never = strcmp(name, "never") == 0;
	bool reset = strcmp(name, "__reset") == 0;
	struct probe_instance *instance =
		instance_add(env, out, point, never ? NULL :
			     reset ? "reset" : name);
	int64_t priority = 0;

	point_number(point, 0, &priority);
	instance_pair(env, instance, "priority", "%" PRId64, priority);
	return true;
}

const struct family family_begin = { "begin", forms, matches, resolve };
