/*
 * Fuzz target: BTF. Whatever the bytes, opening ends in types or a reason, and
 * every name that can be listed can be found, printed and walked into.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/target/access.h"
#include "translator/target/btf.h"
#include "translator/target/pretty.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(struct arena *arena, struct ctype *type)
{
	struct access_item items[] = {
		{ .kind = ACCESS_MEMBER, .name = "next" },
		{ .kind = ACCESS_MEMBER, .name = "grid" },
		{ .kind = ACCESS_CONSTANT, .index = 1 },
	};
	const char *reason = NULL;
	struct access_plan *plan;

	for (size_t count = 0; count <= 3; count++) {
		plan = access_resolve(arena, ctype_pointer_to(type),
				      ACCESS_BASE_VALUE, items, count, &reason);
		if (!plan && !reason)
			abort();
		if (plan)
			pretty_plan(arena, plan, 2, 512);
	}
	ctype_text(type);
	ctype_enumerator_name(type, 5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
		"node", "ring", "color", "pair_t", "word_t", "self", "rows",
	};
	struct arena *arena = arena_create();
	const char *reason = NULL;
	struct btf_types *btf = btf_parse(arena, data, size, &reason);
	struct btf_names list;
	int64_t value;

	if (!btf && !reason)
		abort();
	for (size_t i = 0; btf && i < sizeof(names) / sizeof(*names); i++) {
		struct ctype *type = btf_find(btf, names[i], BTF_ANY_TYPE);

		if (type)
			visit(arena, type);
	}
	if (btf) {
		btf_enumerator(btf, "BLUE", &value);
		btf_tracepoint(btf, "x");
		btf_list_functions(btf, "*", &list);
		btf_close(btf);
	}
	arena_free(arena);
	return 0;
}

#include "testsuite/fuzz/replay.h"
