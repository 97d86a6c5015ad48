/* Runs the passes of passes.def in order, with the verifier after each. */
#include "translator/passes/passes.h"

#include <stdbool.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/ir/ir.h"

enum pass_number {
#define PASS(pass, needs, keeps) PASS_##pass,
#include "translator/passes/passes.def"
#undef PASS
	PASSES
};

struct pass {
	const char *name, *needs, *keeps;
	void (*run)(struct ir_program *program);
};

static const struct pass passes[] = {
#define PASS(pass, pass_needs, pass_keeps) \
	{ #pass, pass_needs, pass_keeps, pass_##pass },
#include "translator/passes/passes.def"
#undef PASS
};

static bool lists(const char *names, const char *name)
{
	size_t length = strlen(name);

	while (*names) {
		size_t word = strcspn(names, " ");

		if (word == length && !memcmp(names, name, length))
			return true;
		names += word;
		names += strspn(names, " ");
	}
	return false;
}

/* Which results are there after the pass. */
static void account(const struct pass *pass, bool valid[PASSES])
{
	for (int i = 0; i < PASSES; i++)
		valid[i] = valid[i] && lists(pass->keeps, passes[i].name);
	valid[pass - passes] = true;
}

static const char *find_missing(const struct pass *pass,
				const bool valid[PASSES])
{
	for (int i = 0; i < PASSES; i++)
		if (lists(pass->needs, passes[i].name) && !valid[i])
			return passes[i].name;
	return NULL;
}

static const char *run_pass(struct arena *arena, struct ir_program *program,
			    const struct pass *pass)
{
	const char *reason;

	pass->run(program);
	reason = ir_verify(arena, program);
	if (!reason)
		return NULL;
	return arena_printf(arena, "after the pass \"%s\": %s", pass->name,
			    reason);
}

static void dump_program(FILE *dump, const struct pass *pass,
			 const struct ir_program *program)
{
	struct buf out = { 0 };

	ir_print(&out, program);
	fprintf(dump, "; after %s\n%s", pass->name, buf_text(&out));
	buf_free(&out);
}

const char *passes_run(struct arena *arena, struct ir_program *program,
		       FILE *dump, const char *dump_after)
{
	bool valid[PASSES] = { false };

	for (const struct pass *pass = passes; pass < passes + PASSES; pass++) {
		const char *reason = find_missing(pass, valid);

		if (reason)
			return arena_printf(arena, "\"%s\" needs \"%s\"",
					    pass->name, reason);
		reason = run_pass(arena, program, pass);
		if (reason)
			return reason;
		account(pass, valid);
		if (dump && dump_after && (!strcmp(dump_after, "all") ||
					   !strcmp(dump_after, pass->name)))
			dump_program(dump, pass, program);
	}
	return NULL;
}

const char *passes_run_one(struct arena *arena, struct ir_program *program,
			   const char *name)
{
	for (int i = 0; i < PASSES; i++)
		if (!strcmp(passes[i].name, name))
			return run_pass(arena, program, &passes[i]);
	return arena_printf(arena, "no pass \"%s\"", name);
}
