/*
 * Arguments of tracepoints. Their types stand in "typedef void
 * (*btf_trace_NAME)(void *, ...)", which most kernels write without names; the
 * functions generated next to it have them.
 */
#include "translator/base/arena.h"
#include "translator/target/btf.h"

/* The function that names the parameters, if there is one as long. */
static struct ctype_member *named_parameters(struct btf_types *btf,
					     const char *name, size_t count)
{
	struct arena *arena = btf_source(btf)->arena;
	static const char *const prefixes[] = {
		"__probestub_", "__traceiter_", "__bpf_trace_",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		const char *full = arena_printf(arena, "%s%s", prefixes[i],
						name);
		struct ctype *function = btf_function(btf, full);
		struct ctype_member *members;
		size_t members_count;

		if (!function)
			continue;
		members = ctype_members(function, &members_count);
		if (members_count == count)
			return members;
	}
	return NULL;
}

static void name_parameters(struct btf_types *btf, struct ctype *prototype,
			    const char *name)
{
	struct arena *arena = btf_source(btf)->arena;
	size_t count = prototype->member_count;
	struct ctype_member *named = NULL;

	if (count > 1 && !prototype->members[1].name)
		named = named_parameters(btf, name, count);
	for (size_t i = 1; i < count; i++) {
		struct ctype_member *member = &prototype->members[i];

		if (!member->name && named)
			member->name = named[i].name;
		if (!member->name)
			member->name = arena_printf(arena, "arg%zu", i);
	}
}

struct ctype *btf_tracepoint(struct btf_types *btf, const char *name)
{
	struct arena *arena = btf_source(btf)->arena;
	struct ctype *type = btf_find(btf, arena_printf(arena, "btf_trace_%s",
							name),
				      BTF_TYPEDEFS);
	struct ctype *prototype;
	size_t count;

	if (!type || type->kind != CTYPE_POINTER)
		return NULL;
	prototype = ctype_target(type);
	if (prototype->kind != CTYPE_FUNCTION)
		return NULL;
	ctype_members(prototype, &count);
	name_parameters(btf, prototype, name);
	if (count) {
		prototype->members++;
		prototype->member_count--;
	}
	return prototype;
}
