/*
 * Types that are compiled twice: into the test program, which then knows
 * sizes and offsets from the compiler, and by clang (or gcc -gbtf) into BTF,
 * which the code under test reads.
 */
#ifndef SPILE_UNIT_FIXTURE_TYPES_H
#define SPILE_UNIT_FIXTURE_TYPES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/target/btf.h"

#define FIXTURE(...) \
	__VA_ARGS__ \
	static const char fixture_source[] = #__VA_ARGS__;

FIXTURE(
	enum color { RED, GREEN = 5, BLUE, BELOW = -3 };
	struct point { int x; int y; };
	typedef unsigned long word_t;
	typedef struct { short left; short right; } pair_t;
	struct node {
		long id;
		const char *name;
		struct point at;
		enum color hue;
		unsigned int flags : 3;
		unsigned int mode : 5;
		int deep : 7;
		int grid[2][3];
		union { int i; char c[4]; } u;
		struct node *next;
		double weight;
		char tag[8];
		union {
			long inner_long;
			struct { int inner_low; int inner_high; };
		};
		pair_t pair;
		pair_t pairs[3];
		word_t words[4];
		int (*call)(int, const char *);
		struct point *points[2];
		struct later *opaque;
		volatile int racy;
		_Bool yes;
		float ratio;
		unsigned long long wide : 40;
		char bytes[0];
	};
	struct ring { struct ring *next; struct ring **slot; };
	struct tiny { unsigned char low : 3; unsigned char high : 5; };
	extern struct node fixture_node;
	extern struct ring fixture_ring;
	extern struct tiny fixture_tiny;
	struct node fixture_node;
	struct ring fixture_ring;
	struct tiny fixture_tiny;
)

/* The fixture's BTF; NULL when no compiler can make it. */
static inline struct btf_types *fixture_open(struct arena *arena)
{
	static const char *const compilers[] = {
		"clang-19 -target bpf", "clang -target bpf", "gcc -gbtf",
	};
	char folder[] = "/tmp/spile-fixture-XXXXXX";
	struct btf_types *btf = NULL;
	const char *reason;
	char *source, *object;
	FILE *file;

	if (!mkdtemp(folder))
		return NULL;
	source = arena_printf(arena, "%s/types.c", folder);
	object = arena_printf(arena, "%s/types.o", folder);
	file = fopen(source, "w");
	if (!file)
		return NULL;
	fputs(fixture_source, file);
	fclose(file);
	for (size_t i = 0; i < 3 && !btf; i++) {
		char *command = arena_printf(arena, "%s -g -c %s -o %s "
					     "2>/dev/null", compilers[i],
					     source, object);

		if (system(command) == 0)
			btf = btf_open(arena, object, &reason);
	}
	unlink(source);
	unlink(object);
	rmdir(folder);
	return btf;
}

#endif
