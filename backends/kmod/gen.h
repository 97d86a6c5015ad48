/*
 * Inside the kernel-module backend: what its files share while one program is
 * made into C.
 */
#ifndef SPILE_BACKENDS_KMOD_GEN_H
#define SPILE_BACKENDS_KMOD_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/kmod/writer.h"
#include "translator/ir/ir.h"

struct arena;
struct backend_options;

struct gen {
	struct arena *arena;
	const struct ir_program *program;
	struct writer out;
	const struct ir_function *function;	/* being written */
	bool in_front;				/* in its front test */
	int text_max;				/* MAXSTRINGLEN - 1 */
	int text_format;			/* "%s", for STAP_PRINTF */
	int embedded;				/* pieces called so far */
};

/* ---- data.c: globals, arrays, walks; sizes ---- */
void data_write(struct gen *gen);
unsigned key_at(const struct ir_global *global, int key);
unsigned key_room(const struct ir_key *key);	/* of a text; 0: a long */
unsigned key_size(const struct ir_global *global);
/* Bytes of a text variable. */
unsigned text_room(const struct gen *gen, const struct ir_function *function,
		   int var);
/* Bytes of the longest record; of the variables of the deepest calls. */
unsigned record_size(const struct gen *gen);
unsigned stack_size(const struct gen *gen);
unsigned key_buffer(const struct gen *gen,
		    const struct ir_function *function);
/* Bytes of the variables that are no numbers. */
unsigned vars_size(const struct gen *gen, const struct ir_function *function);

/* ---- expr.c: operands and operations that make values ---- */
/* An operand as a C expression, in the arena. */
const char *operand(struct gen *gen, const struct ir_arg *arg);
bool operand_is_text(const struct gen *gen, const struct ir_arg *arg);
/* "v3", or "v->v3, sizeof(v->v3)" for the target of a text. */
const char *target(struct gen *gen, int var);
bool is_value_op(enum ir_code code);
void write_value_op(struct gen *gen, const struct ir_op *op);
void write_format_op(struct gen *gen, const struct ir_op *op);
/* "goto b4" or "goto fail": where the fault of @op goes. */
const char *fault_of(struct gen *gen, const struct ir_op *op);

/* ---- array.c: operations on arrays, statistics, walks ---- */
bool is_array_op(enum ir_code code);
void write_array_op(struct gen *gen, const struct ir_op *op);

/* ---- embedded.c ---- */
void embedded_write(struct gen *gen);
void embedded_call(struct gen *gen, const struct ir_op *op);
/* Whether the variable is an argument or result of a piece: its room is then
 * MAXSTRINGLEN; room on the stack of variables that pieces need. */
bool embedded_uses(const struct ir_function *function, int var);
unsigned embedded_room(const struct gen *gen);

/* ---- block.c: functions ---- */
void functions_write(struct gen *gen);

/* ---- weight.c: ORDER: more comes later ---- */
enum weight { WEIGHT_LIGHT, WEIGHT_SLIM, WEIGHT_WHOLE };
enum weight weight_of(const struct gen *gen, int function);
/* A statistic that takes the value in the script's own code: rt_scalar_add(). */
bool adds_in_place(const struct gen *gen, const struct ir_op *op);

/* ---- prims.c: what a primitive needs of a frame ---- */
enum prim_need {
	PRIM_NEEDS_NOTHING, PRIM_NEEDS_TASK, PRIM_NEEDS_FRAME, PRIM_UNKNOWN,
};
/* By its name and the number of its arguments. */
enum prim_need prim_need(const char *name, size_t args);

/* ---- probe.c: probes and the table of the program ---- */
/* A limit of the session that may not be there. */
int64_t session_limit(const struct gen *gen, const char *name,
		      int64_t missing);
void probes_write(struct gen *gen);
void program_write(struct gen *gen);

/* ---- manifest.c ---- */
void manifest_write(struct gen *gen);

/* ---- kbuild.c: @embedded: it may need any symbol of the kernel. NULL, or why it could not be built (in the arena) ---- */
const char *kbuild_run(struct arena *arena, const char *source,
		       const char *name, bool embedded,
		       const struct backend_options *options);

#endif
