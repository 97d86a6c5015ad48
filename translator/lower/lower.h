/*
 * From the checked tree to the intermediate form.
 *
 * Values are computed left to right into temporaries; each operation that may
 * fail gets the fault block of the innermost try around it and the site that
 * an error message names.
 */
#ifndef SPILE_LOWER_LOWER_H
#define SPILE_LOWER_LOWER_H

#include "translator/ir/ir.h"
#include "translator/sema/sema.h"

/* A limit or fact of the session: MAXERRORS=3 is { "maxerrors", "3" }. */
struct lower_limit {
	const char *name, *value;
};

/* The program, verified by the caller. NULL after errors were reported. */
struct ir_program *lower_program(struct sema *sema, const char *name,
				 const struct lower_limit *limits,
				 size_t limit_count);

/* ---- between the files of this folder ---- */

/* A loop around the current statement. */
struct lower_loop {
	struct lower_loop *outer;
	int break_block, continue_block;
	int iter;		/* foreach: to be ended when left, or -1 */
};

/* The value of a stable function, once it was asked for. */
struct lower_kept {
	const struct function *function;
	int value, known;	/* variables; known: 0 until then */
};

struct lower {
	struct arena *arena;
	struct sema *sema;
	struct ir_program *program;
	struct ir_function *function;	/* being filled */
	int block;			/* operations go here */
	int fault;			/* of the try around, or -1 */
	struct lower_loop *loop;
	struct probe *probe;		/* whose handler, or NULL */
	int next_block;			/* where "next" goes; -1: return */
	int text_bound;			/* MAXSTRINGLEN - 1 */
	struct map relocs;		/* path -> number + 1 */
	VEC(struct lower_kept) kept;	/* in the function being filled */
	VEC(struct function *) calls;	/* functions being lowered, to find
					 * recursion */
	bool recursive;			/* the function calls itself somehow */
};

/* An operand: a variable, a number, a literal. */
typedef struct ir_arg operand;

operand operand_var(int var);
operand operand_long(int64_t number);
operand operand_text(struct lower *lower, const char *text, size_t length);

/* emit.c */
int lower_temp(struct lower *lower, enum ir_type type);
struct ir_op *emit(struct lower *lower, enum ir_code code, int result);
void emit_arg(struct lower *lower, struct ir_op *op, operand arg);
void emit_number(struct lower *lower, struct ir_op *op,
		 enum ir_arg_kind kind, int64_t number);
void emit_keys(struct lower *lower, struct ir_op *op, const operand *keys,
	       size_t count);
/* result = code(args...) into a new long */
operand emit1(struct lower *lower, enum ir_code code, operand a);
operand emit2(struct lower *lower, enum ir_code code, operand a, operand b);
void emit_move(struct lower *lower, int var, enum ir_type type, operand value);
void emit_jump(struct lower *lower, int block);
void emit_branch(struct lower *lower, operand value, int yes, int no);
int new_block(struct lower *lower);
/* The fault edge and site of an operation, blamed on @identifier at @span. */
void emit_fault(struct lower *lower, struct ir_op *op, const char *identifier,
		struct span span);
enum ir_type ir_type_of(enum type type);

/* expr.c */
operand lower_expr(struct lower *lower, struct expr *expr);
operand lower_call(struct lower *lower, struct expr *expr);
void lower_effect(struct lower *lower, struct expr *expr);
void lower_condition(struct lower *lower, struct expr *expr, int yes, int no);
/* Values of a list, kept apart from what later ones change. */
operand *lower_list(struct lower *lower, struct expr_list *list, size_t from);
int lower_variable(struct lower *lower, struct symbol *symbol);
void lower_assign_symbol(struct lower *lower, struct expr *symbol,
			 operand value);

/* address.c */
operand lower_target(struct lower *lower, struct expr *expr);
operand lower_deref(struct lower *lower, struct expr *expr);
operand lower_store(struct lower *lower, struct expr *expr, int space);
operand lower_load_text(struct lower *lower, struct expr *expr, int space);

/* embedded.c: the value of embedded C, of that type (VOID: none); the arguments
 * are those of @function, if it is the body of one. */
operand lower_embedded(struct lower *lower, struct expr *expr,
		       enum ir_code_kind kind, enum ir_type type,
		       struct function *function);
/* A call of a stable function: computed where a hit, or a call of a function, comes to
 * it first. */
operand lower_stable(struct lower *lower, struct expr *call);
/* The pieces at the top of the scripts and of the library's files in use. */
void lower_top_level(struct lower *lower);

/* output.c */
operand lower_print(struct lower *lower, struct expr *expr);
/* The picture of a histogram as a text. */
operand lower_hist(struct lower *lower, struct expr *expr);

/* stmt.c */
void lower_stmt(struct lower *lower, struct stmt *stmt);
void lower_leave_loops(struct lower *lower);
/* What a round of a loop costs, and its body. */
void lower_action(struct lower *lower, const struct stmt *loop);
void lower_loop_body(struct lower *lower, struct stmt *stmt,
		     struct lower_loop *loop);

/* buckets.c: a foreach over the buckets of a histogram */
void lower_buckets(struct lower *lower, struct stmt *stmt);

/* lower.c */
int lower_function(struct lower *lower, struct function *function);

#endif
