/*
 * The intermediate form: what a script does, free of any target.
 *
 * A program has globals, formats, functions and probes. A function has
 * variables (typed long or text; assigned any number of times) and blocks of
 * operations; the last operation of a block, and only that, is a terminator.
 * Operands are variables, constants, literals or references. ops.def lists
 * the operations and what they take.
 *
 * Faults: an operation with the F flag may fail. The runtime then holds the
 * pending error (sentence and site) and control goes to the block op->fault,
 * or, if that is -1, leaves the function: the caller's call faults in turn,
 * and a handler ends with an error. "catch" takes the pending error.
 *
 * Everything lives in one arena. print.c, parse.c and verify.c give the text
 * form, read it, and check every law; printing and parsing are inverse.
 */
#ifndef SPILE_IR_IR_H
#define SPILE_IR_IR_H

#include <stdbool.h>
#include <stdint.h>

#include "translator/base/vec.h"

struct arena;
struct buf;

enum ir_code {
#define OP(code, name, result, args, flags) IR_##code,
#include "translator/ir/ops.def"
#undef OP
	IR_CODES
};

enum ir_type { IR_VOID, IR_LONG, IR_TEXT };

/* The number that fail.with takes: rows of errors.def, from 1. */
enum ir_error {
	IR_ERROR_NONE,
#define ERROR(id, sentence) IR_ERROR_##id,
#include "runtime/common/errors.def"
#undef ERROR
	IR_ERRORS
};

enum ir_arg_kind {
	IR_ARG_VAR,	/* number: variable of the function */
	IR_ARG_LONG,	/* number */
	IR_ARG_TEXT,	/* text, number = bytes */
	IR_ARG_GLOBAL,	/* number: global of the program */
	IR_ARG_BLOCK,	/* number */
	IR_ARG_FUNCTION,	/* number */
	IR_ARG_FORMAT,	/* number: format of the program */
	IR_ARG_NAME,	/* text: a primitive */
	IR_ARG_ANY,	/* "*" among keys: any value of that key */
	IR_ARG_ITER,	/* number: iterator of the program */
	IR_ARG_RELOC,	/* number: relocation of the program */
};

struct ir_arg {
	enum ir_arg_kind kind;
	int64_t number;
	const char *text;
};

static inline bool ir_is_var(const struct ir_arg *arg, int var)
{
	return arg->kind == IR_ARG_VAR && arg->number == var;
}

struct ir_op {
	enum ir_code code;
	int result;		/* variable, or -1 */
	VEC(struct ir_arg) args;	/* keys stand in line with the rest */
	int key_begin, key_count;	/* which args are keys; 0, 0 if none */
	int fault;		/* block, or -1 */
	int site;		/* place for messages, or -1 */
};

struct ir_block {
	VEC(struct ir_op *) ops;
};

struct ir_var {
	enum ir_type type;
	int bound;		/* TEXT: most characters it can hold */
	const char *name;	/* the script's name, or NULL for a temporary */
};

struct ir_function {
	const char *name;	/* unique in the program */
	int param_count;	/* the first variables */
	enum ir_type result;
	int result_bound;	/* TEXT */
	VEC(struct ir_var) vars;
	VEC(struct ir_block *) blocks;	/* control enters at block 0 */
};

enum ir_global_kind { IR_SCALAR, IR_ARRAY };

enum ir_value { IR_VALUE_LONG, IR_VALUE_TEXT, IR_VALUE_STAT };

/* Which parts of a statistic the program reads: the rest is not kept. */
enum { IR_STAT_COUNT = 1, IR_STAT_SUM = 2, IR_STAT_MIN = 4, IR_STAT_MAX = 8,
       IR_STAT_AVG = 16, IR_STAT_VARIANCE = 32, IR_STAT_HIST = 64 };

enum ir_hist { IR_HIST_NONE, IR_HIST_LOG, IR_HIST_LINEAR };

struct ir_key {
	enum ir_type type;
	int bound;		/* TEXT: most characters */
};

struct ir_global {
	const char *name;
	enum ir_global_kind kind;
	enum ir_value value;
	int bound;		/* TEXT values: most characters */
	VEC(struct ir_key) keys;	/* arrays */
	int64_t size;		/* arrays: most elements */
	bool explicit_size;	/* [size] given: names it in the error */
	bool wrap;		/* %: overwrite the oldest when full */
	bool unlocked;		/* arrays: handlers need no lock for one element
				 * of it, whatever else they touch */
	int64_t init;		/* LONG scalars */
	const char *init_text;	/* TEXT scalars, or NULL */
	/* statistics */
	int stat_ops;		/* IR_STAT_* that are read */
	int stat_shift;		/* of @variance */
	enum ir_hist hist;
	int64_t hist_start, hist_stop, hist_step;	/* LINEAR */
};

enum ir_sort { IR_SORT_NONE, IR_SORT_KEY, IR_SORT_VALUE, IR_SORT_STAT };

/* One foreach in the program. Order without a sort is that of insertion, or
 * of the last sorted walk if the array has one elsewhere. */
struct ir_iter {
	int global;
	enum ir_sort sort;
	int sort_key;		/* KEY: which, from 0 */
	int sort_stat;		/* STAT: one IR_STAT_* */
	bool descending;
};

struct ir_pair {
	const char *key, *value;
};

enum ir_lock { IR_LOCK_NONE, IR_LOCK_SHARED, IR_LOCK_EXCLUSIVE };

struct ir_probe {
	const char *name;	/* as pp() gives it */
	const char *kind;	/* a row of runtime/common/attach.def */
	const char *place;	/* of its point in the script; not printed, and
				 * NULL where a program was parsed */
	VEC(struct ir_pair) pairs;	/* what the row needs: manifest.h */
	int function;		/* handler: no parameters, no result */
	enum ir_lock lock;	/* set by the pass "locks" */
	int lock_class;		/* which lock */
	bool end_safe;		/* runs when nothing else can (begin, end) */
};

struct ir_site {
	const char *identifier, *place;
};

struct ir_reloc {
	const char *path;	/* manifest.h, struct manifest_reloc */
	/* values on the kernel that the program was built for */
	int64_t offset, left_shift, right_shift;
};

enum ir_code_kind { IR_CODE_TOP, IR_CODE_BODY, IR_CODE_VALUE };

/* Embedded C: at the top of the script, what a function or handler does, or an
 * expression. */
struct ir_embedded {
	enum ir_code_kind kind;
	const char *text, *place;
};

struct ir_program {
	struct arena *arena;
	const char *name;	/* module name */
	VEC(struct ir_pair) session;	/* limits and facts, by name:
		maxstringlen maxaction maxaction_begin maxnesting
		maxmapentries maxerrors maxskipped ... all are present */
	VEC(struct ir_global *) globals;
	VEC(const char *) formats;
	VEC(struct ir_iter) iters;
	VEC(struct ir_reloc) relocs;
	VEC(struct ir_site) sites;
	VEC(struct ir_embedded) codes;
	VEC(struct ir_function *) functions;
	VEC(struct ir_probe *) probes;
};

/* One row of ops.def. */
struct ir_op_row {
	const char *name;
	char result;		/* '-', 'l', 't', or 'x' for either */
	const char *args;	/* letters, see ops.def */
	bool may_fault, has_effect, is_terminator;
};
extern const struct ir_op_row ir_ops[IR_CODES];

/* build.c */
struct ir_program *ir_program_create(struct arena *arena, const char *name);
struct ir_function *ir_function_add(struct ir_program *program,
				    const char *name);
int ir_var_add(struct ir_program *program, struct ir_function *function,
	       enum ir_type type, int bound, const char *name);
int ir_block_add(struct ir_program *program, struct ir_function *function);
/* Appends an operation without operands to a block. */
struct ir_op *ir_op_add(struct ir_program *program,
			struct ir_function *function, int block,
			enum ir_code code, int result);
void ir_arg_add(struct ir_program *program, struct ir_op *op,
		enum ir_arg_kind kind, int64_t number, const char *text);
/* The number of an equal format or site, or of a new one. */
int ir_format(struct ir_program *program, const char *format);
int ir_site(struct ir_program *program, const char *identifier,
	    const char *place);
/* A number among the session's pairs; it must be there. */
int64_t ir_limit(const struct ir_program *program, const char *name);
void ir_limit_set(struct ir_program *program, const char *name,
		  const char *value);

/* front.c: the test that a handler begins with, as far as it has no effect: how
 * many blocks it is, the last with a way out (0: none); the block of it behind
 * @block, or -1; whether a block is a way out. */
int ir_front_length(const struct ir_program *program,
		    const struct ir_function *function);
int ir_front_next(const struct ir_program *program,
		  const struct ir_function *function, int block);
bool ir_front_leaves(const struct ir_function *function, int block);

/* print.c: the text form of the whole program. */
void ir_print(struct buf *out, const struct ir_program *program);

/* parse.c: reads the text form. NULL and a sentence with the line number in
 * @ret_reason (in the arena) if it is not one. */
struct ir_program *ir_parse(struct arena *arena, const char *text,
			    size_t size, const char **ret_reason);

/* verify.c: NULL if the program keeps every law, else the first breach as a
 * sentence in the arena that names function, block and operation. */
const char *ir_verify(struct arena *arena, const struct ir_program *program);

#endif
