/*
 * The passes: each makes the program better or finds out about it, in place,
 * and leaves it a program that ir_verify() accepts. passes.def is the list.
 */
#ifndef SPILE_PASSES_PASSES_H
#define SPILE_PASSES_PASSES_H

#include <stdio.h>

struct arena;
struct ir_program;

/*
 * Runs the list, and the verifier after each. @dump, if not NULL, gets the
 * program after the pass @dump_after ("all": after each). NULL, or the breach
 * of a pass (in the arena): a bug of ours, not of the script.
 */
const char *passes_run(struct arena *arena, struct ir_program *program,
		       FILE *dump, const char *dump_after);

/* One pass by its name, for tests. */
const char *passes_run_one(struct arena *arena, struct ir_program *program,
			   const char *name);

#define PASS(pass, needs, keeps) \
	void pass_##pass(struct ir_program *program);
#include "translator/passes/passes.def"
#undef PASS

#endif
