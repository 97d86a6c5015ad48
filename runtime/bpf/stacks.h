/*
 * The tables by which programs name and walk user code: filled in for the files
 * that are expected before the programs run, for others when code is first seen
 * in them. Which: those of the command or process that is traced, with all they
 * need, those that are probed or named by -d, else those of all processes.
 *
 * What a program does not use is not made: most objects have no such tables.
 */
#ifndef SPILE_RUNTIME_BPF_STACKS_H
#define SPILE_RUNTIME_BPF_STACKS_H

#include <stdint.h>

struct code_file;
struct load_options;
struct object;
struct stacks;
struct symbols;

/* Reads the files and makes room; a BPF object is not loaded yet, a module is.
 * NULL when it uses none of this. */
struct stacks *stacks_prepare(struct object *object,
			      const struct load_options *options);
/* Fills the tables of the loaded object; the files are known to @symbols then.
 * 0, or -1 with a sentence. */
int stacks_fill(struct stacks *stacks, struct object *object,
		struct symbols *symbols, char **ret_error);
/* A file that was not expected, where there is room. */
void stacks_learn(struct stacks *stacks, struct code_file *file,
		  uint64_t number);
void stacks_free(struct stacks *stacks);

#endif
