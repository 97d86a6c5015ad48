/*
 * kernel.trace("[system:]name") and kernel.tracepoint("name"): tracepoints,
 * taken raw: the handler sees the arguments that the kernel passes, typed from
 * BTF.
 */
#include "translator/probes/family.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"
#include "translator/target/btf.h"
#include "translator/target/tracepoint.h"

static const char *const forms[] = {
	"kernel.trace(string)", "kernel.tracepoint(string)", NULL
};

static bool matches(const struct probe_point *point)
{
	static const char *const trace[] = { "kernel", "trace()" };
	static const char *const tracepoint[] = { "kernel", "tracepoint()" };

	return point_is(point, trace, 2) || point_is(point, tracepoint, 2);
}

/* By their names; with @numbers as $arg1, $arg2 ... too. */
static void add_vars(struct family_env *env, struct probe_context *context,
		     struct ctype *prototype, bool numbers)
{
	size_t count;
	struct ctype_member *params = ctype_members(prototype, &count);

	for (size_t i = 0; i < count; i++) {
		struct context_var *var = context_add(
			env, context,
			arena_printf(env->arena, "$%s", params[i].name), (int)i);

		var->type = params[i].type;
		var->number = numbers ? arena_printf(env->arena, "$arg%zu",
						     i + 1) : NULL;
	}
}

static struct probe_instance *add_instance(struct family_env *env,
					   const struct probe_point *point,
					   struct probe_instances *out,
					   const struct tracepoint *found,
					   struct btf_types *btf)
{
	struct ctype *prototype = btf_tracepoint(btf, found->name);
	struct probe_instance *instance;

	if (!prototype)
		return NULL;
	instance = instance_add(env, out, point, "raw_tracepoint");
	instance->name = arena_printf(env->arena, "kernel.%s(\"%s%s%s\")",
				      point->components.items[1].name,
				      found->system ? found->system : "",
				      found->system ? ":" : "", found->name);
	instance_pair(env, instance, "name", "%s", found->name);
	instance->context->name = found->name;
	instance->context->system = found->system ? found->system : "";
	add_vars(env, instance->context, prototype,
		 strcmp(point->components.items[1].name, "tracepoint") == 0);
	return instance;
}

/* A system call leaves where it came in: sys_exit has sys_enter as its entry. */
static void pair_entry(struct family_env *env, const struct probe_point *point,
		       struct probe_instance *instance, struct btf_types *btf)
{
	struct probe_instances entries = { 0 };
	struct tracepoint enter = { .system = instance->context->system,
				    .name = "sys_enter" };

	if (strcmp(instance->context->name, "sys_exit") == 0)
		instance->context->entry =
			add_instance(env, point, &entries, &enter, btf);
}

/* Names like the one not found, for the hint. */
static void suggest(struct family_env *env, struct tracepoints *all,
		    const char *pattern)
{
	const char *colon = strrchr(pattern, ':');
	struct tracepoint_list list;
	VEC(const char *) names = { 0 };
	const char *best;

	if (glob_is_pattern(pattern))
		return;
	tracepoints_match(all, "*", &list);
	for (size_t i = 0; i < list.items.count; i++)
		*vec_push(env->arena, &names) = list.items.items[i].name;
	best = diag_nearest(colon ? colon + 1 : pattern, names.items,
			    names.count);
	if (best)
		env->hint = arena_printf(env->arena,
			"did you mean '%s'? All: -l 'kernel.trace(\"*\")'",
			best);
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	const char *pattern = point_text(point, 1);
	struct btf_types *btf = env->btf(env);
	struct tracepoint_list list;

	if (!btf) {
		diag_report(env->diag, DIAG_no_btf, point->span, env->reason);
		return false;
	}
	if (!pattern)
		return true;
	tracepoints_match(env->tracepoints(env), pattern, &list);
	for (size_t i = 0; i < list.items.count; i++) {
		struct probe_instance *instance =
			add_instance(env, point, out, &list.items.items[i],
				     btf);

		if (instance)
			pair_entry(env, point, instance, btf);
	}
	if (!out->items.count)
		suggest(env, env->tracepoints(env), pattern);
	return true;
}

const struct family family_tracepoint = { "tracepoint", forms, matches,
					  resolve };
