/* The list of families and what they share. */
#include "translator/probes/family.h"

#include <stdarg.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/syntax/parse.h"

#define FAMILY(identifier) extern const struct family family_##identifier;
#include "translator/probes/families.def"
#undef FAMILY

const struct family *const families[] = {
#define FAMILY(identifier) &family_##identifier,
#include "translator/probes/families.def"
#undef FAMILY
};
const size_t family_count = sizeof(families) / sizeof(families[0]);

bool point_is(const struct probe_point *point, const char *const *names,
	      size_t count)
{
	if (point->components.count != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct point_component *c = &point->components.items[i];
		size_t length = strlen(names[i]);
		bool wants_arg = length > 2 &&
				 strcmp(names[i] + length - 2, "()") == 0;

		if (wants_arg)
			length -= 2;
		if (wants_arg != (c->arg != NULL) ||
		    strncmp(c->name, names[i], length) != 0 ||
		    c->name[length])
			return false;
	}
	return true;
}

bool point_number(const struct probe_point *point, size_t i, int64_t *ret)
{
	const struct expr *arg;

	if (i >= point->components.count)
		return false;
	arg = point->components.items[i].arg;
	if (!arg || arg->kind != EXPR_NUMBER)
		return false;
	*ret = arg->number;
	return true;
}

const char *point_text(const struct probe_point *point, size_t i)
{
	const struct expr *arg;

	if (i >= point->components.count)
		return NULL;
	arg = point->components.items[i].arg;
	return arg && arg->kind == EXPR_STRING ? arg->text : NULL;
}

const struct probe_point *point_spelled(struct family_env *env,
					const struct probe_point *point,
					const char *const *words, size_t count)
{
	struct probe_point *copy = arena_new(env->arena, struct probe_point);
	size_t given = point->components.count;

	*copy = *point;
	copy->components = (typeof(copy->components)){ 0 };
	for (size_t i = 0; i < given || i < count; i++) {
		struct point_component part =
			point->components.items[i < given ? i : given - 1];

		if (i < count)
			part.name = words[i];
		*vec_push(env->arena, &copy->components) = part;
	}
	return copy;
}

struct probe_instance *instance_add(struct family_env *env,
				    struct probe_instances *out,
				    const struct probe_point *point,
				    const char *kind)
{
	struct probe_instance *instance =
		arena_new(env->arena, struct probe_instance);
	struct probe_point plain = *point;
	struct buf name = { 0 };

	plain.optional = plain.sufficient = false;
	plain.condition = NULL;
	unparse_point(&name, &plain);
	instance->name = buf_take(&name, env->arena);
	instance->kind = kind;
	instance->context = arena_new(env->arena, struct probe_context);
	*vec_push(env->arena, &out->items) = instance;
	return instance;
}

struct context_var *context_add(struct family_env *env,
				struct probe_context *context,
				const char *name, int arg)
{
	struct context_var *var = vec_push(env->arena, &context->vars);

	var->name = name;
	var->arg = arg;
	return var;
}

void instance_pair(struct family_env *env, struct probe_instance *instance,
		   const char *key, const char *format, ...)
{
	va_list args;
	struct probe_pair *pair = vec_push(env->arena, &instance->pairs);

	va_start(args, format);
	pair->key = key;
	pair->value = arena_vprintf(env->arena, format, args);
	va_end(args);
}
