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

#ifdef REPLAY
/* Each file once as it is, then with each of many single bytes changed and cut
 * at many places, so that a plain build explores a little too. */
static void explore(uint8_t *data, size_t size)
{
	size_t step = size / 512 + 1;
	uint8_t *copy = malloc(size + 1);

	for (size_t at = 0; at < size; at += step) {
		memcpy(copy, data, size);
		copy[at] ^= 1 + at % 255;
		LLVMFuzzerTestOneInput(copy, size);
		/* an exact allocation lets the sanitizer see an overrun */
		uint8_t *cut = malloc(at + !at);

		memcpy(cut, data, at);
		LLVMFuzzerTestOneInput(cut, at);
		free(cut);
	}
	free(copy);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");
		uint8_t *data = malloc(1 << 20);
		size_t size;

		if (!file || !data) {
			perror(argv[i]);
			return 1;
		}
		size = fread(data, 1, 1 << 20, file);
		fclose(file);
		LLVMFuzzerTestOneInput(data, size);
		explore(data, size);
		free(data);
	}
	return 0;
}
#endif
