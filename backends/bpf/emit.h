/*
 * From the intermediate form to a BPF object, by LLVM. Private to this folder.
 *
 * limits.c first decides what each function is and where its data lies; then
 * maps.c defines the maps, block.c and its like the functions, probe.c the
 * programs. What they use of the library they declare; object.c reads that
 * much of its bitcode and optimises, link.c adds what is compiled already.
 *
 * Three kinds of function:
 *	plain	needs no frame: registers and a little stack (a handler)
 *	simple	an LLVM function over a frame, without loops
 *	machine	has loops, recurses or calls such: merged into the step
 *		machine of each probe that uses it, all data in the frame
 */
#ifndef SPILE_BACKENDS_BPF_EMIT_H
#define SPILE_BACKENDS_BPF_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/TargetMachine.h>

#include "backends/bpf/link.h"
#include "translator/base/map.h"
#include "translator/ir/ir.h"

enum {
	SHORT_TEXT = 63,	/* texts up to this are kept padded in line */
	RECORD_DIRECT = 512,	/* records up to this are written in the ring */
	STACK_DATA = 224,	/* a plain handler's texts and longest key */
	RECURSION_ROOM = 1 << 17,	/* for recursive calls, with short and */
	RECURSION_LARGE = 1 << 19,	/* with long MAXSTRINGLEN */
	TEMPS = 4,		/* slots for one operation's texts */
};

/* How a function is made. A chain of calls must fit the kernel's small stack; where
 * it would not, its functions are made anew at a higher level, which runs slower. */
enum level {
	LEVEL_FAST,	/* numbers in registers, or on the stack */
	LEVEL_LEAN,	/* all in the frame, each read where it is used */
	LEVEL_STEPS,	/* a machine, too: calls in a script take no stack */
	LEVELS,
};

enum trampoline { TRAMPOLINE_NONE, TRAMPOLINE_ENTRY, TRAMPOLINE_EXIT };

/* What limits.c knows of a function. */
struct function_info {
	bool machine, recursive, faults, plain;
	int *order;		/* blocks, none before those that it leads to */
	size_t reached;		/* so many */
	size_t *rank;		/* by block: its place there */
	bool *cut;		/* by block: a step ends before it */
	VEC(const struct ir_op *) cut_ops;	/* and before these */
	unsigned way;		/* the longest to its end: cut.c */
	bool *starts_unset;	/* variables that must be cleared at entry */
	unsigned at, size;	/* its part of the frame (or of the stack) */
	unsigned key_size;	/* plain: of its longest key */
	unsigned link;		/* offset in that part: return pc, sp, top */
	unsigned *var_at;
};

/* How an array (or scalar statistic) is kept. */
struct array_info {
	LLVMValueRef map, plan, order, ring, merge;
	unsigned key_size, payload, value_size;
	unsigned bucket_at, buckets;
	bool ordered, walked_unsorted;
};

/* A foreach: its buffers stand in maps that it may share with others. */
struct iter_info {
	LLVMValueRef entries, control, plan;
	unsigned first, most;	/* its buffers there: one for each depth */
	unsigned entry_size;
};

struct emit {
	struct arena *arena;
	const struct ir_program *program;
	const char *refusal;	/* the first thing that cannot be done */
	const char *cpu;	/* instruction set: "v3", "v4" */

	LLVMContextRef context;
	LLVMModuleRef module;
	LLVMModuleRef library;	/* bodies are read when linked */
	const char *library_object;	/* file of its compiled part */
	struct link_constants constants;
	LLVMBuilderRef builder;
	LLVMDIBuilderRef debug;
	LLVMTargetMachineRef machine;
	LLVMMetadataRef file, long_type, int_type, pointer_type;
	LLVMTypeRef i8, i16, i32, i64, ptr, none;

	/* layout of a frame, in bytes from its start */
	unsigned text_size;	/* RT_TEXT_SIZE */
	unsigned temps_at, result_at, key_at, value_at, record_at;
	unsigned statics_at, stack_at, stack_size, frame_size;
	unsigned recursive_size;	/* of the largest recursive function */
	bool aborts;		/* the program can abort() */
	enum level *levels;	/* by function */
	bool again;		/* levels have risen: to be made anew */
	bool many_members;	/* members are read by calls */

	struct function_info *functions;
	LLVMValueRef *compiled;	/* simple functions */
	struct array_info *arrays;	/* by global */
	unsigned *global_at;	/* scalars: offset in the data section */
	unsigned globals_size;
	struct iter_info *iters;
	size_t *joins;		/* by probe: whose program it is part of */
	bool *joined;
	bool *trampolines;	/* by probe: has a second program */
	enum trampoline trampoline;	/* which of its two this is */
	bool foreign;		/* the program is for a task not current */
	LLVMValueRef cookie;	/* the number of the probe, where a program
				 * serves several; else NULL */
	LLVMValueRef globals, relocs, locks;
	struct ir_reloc *all_relocs;	/* the script's, then the library's */
	size_t reloc_count;
	LLVMValueRef timing;	/* map, or NULL without -t */
	LLVMValueRef switches;	/* by probe, or NULL without --monitor */
	uint64_t switch_mask;
	struct map literals;
};

/* The LLVM function of a step machine, or a part of a large one; its points
 * are where control can go on. */
struct machine {
	unsigned first;		/* number of its first point */
	LLVMValueRef function;
	LLVMValueRef frame, context, stack_base;
	VEC(LLVMBasicBlockRef) points;
	struct body **bodies;	/* by function */
};

/* Where errors with one way out are noted. */
struct raising {
	int fault, block;	/* the way out, and the block it is for */
	LLVMBasicBlockRef llvm;
	LLVMValueRef error, argument, site;	/* phis */
};

/* A function of the program while its code is made. */
struct body {
	struct emit *e;
	const struct ir_function *function;
	struct function_info *info;
	int number;
	LLVMValueRef llvm;	/* the LLVM function it goes to */
	LLVMValueRef frame, context;	/* frame NULL: plain */
	LLVMValueRef base;	/* its part of the frame */
	LLVMValueRef *vars;	/* address of each variable */
	bool lean;		/* see enum level: frame, base and vars are the
				 * operation's own, made of these: */
	LLVMValueRef whole_frame, whole_base;
	LLVMBasicBlockRef *blocks;
	LLVMBasicBlockRef leave;	/* the way out with an error */
	struct machine *machine;	/* NULL: an ordinary function */
	unsigned entry_point;
	VEC(struct raising *) raisings;
	int block;		/* at which we are */
	unsigned *reads;	/* of each variable, if members are read by calls */
	const struct ir_op **late;	/* by variable: what makes it late */
	bool ragged;		/* what is made now ends with its first NUL */
	/* plain: the error, and room on the stack */
	LLVMValueRef error, error_arg, error_site, key, value;
};

/* A text operand. */
struct text {
	LLVMValueRef pointer;	/* NULL: a literal */
	bool slot;		/* a whole struct rt_text */
	unsigned room;		/* not a slot: padded with NULs to this */
	int bound;
	const char *literal;
	size_t length;
};

/* ---- module.c: the LLVM side ---- */
/* What LLVM is told once, before all modules. */
void module_options(void);
bool module_create(struct emit *e, const char *library);
void module_free(struct emit *e);
void refuse(struct emit *e, const struct ir_op *op, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
LLVMValueRef constant(struct emit *e, int64_t value);
LLVMValueRef constant32(struct emit *e, int64_t value);
/* A function with a named debug entry: params is a text of 'l' 'i' 'p'. */
LLVMValueRef function_create(struct emit *e, const char *name,
			     const char *params, bool internal);
void function_begin(struct emit *e, LLVMValueRef function);
void set_place(struct emit *e, LLVMValueRef function, int site);
LLVMBasicBlockRef block_create(struct emit *e, const char *name);
void goto_block(struct emit *e, LLVMBasicBlockRef block);
/* Goes on in @on, but for the rare case that leads to @away. */
void branch_away(struct emit *e, LLVMValueRef rare, LLVMBasicBlockRef away,
		 LLVMBasicBlockRef on);
LLVMValueRef stack_room(struct emit *e, LLVMValueRef function, unsigned size);
LLVMValueRef offset(struct emit *e, LLVMValueRef pointer, uint64_t bytes);
LLVMValueRef offset_by(struct emit *e, LLVMValueRef pointer, LLVMValueRef bytes);
LLVMValueRef load(struct emit *e, LLVMTypeRef type, LLVMValueRef pointer);
void store(struct emit *e, LLVMValueRef value, LLVMValueRef pointer);
/* A BPF helper by number; up to five arguments, NULL ends them. */
LLVMValueRef helper(struct emit *e, unsigned number, LLVMValueRef *args,
		    unsigned count);
#define HELPER(e, number, ...) \
	helper(e, number, (LLVMValueRef[]){ __VA_ARGS__ }, \
	       sizeof((LLVMValueRef[]){ __VA_ARGS__ }) / sizeof(LLVMValueRef))
/* A function of the library; longs are fitted to its parameters. NULL and a
 * refusal if it is not there. */
LLVMValueRef library(struct emit *e, const char *name, LLVMValueRef *args,
		     unsigned count);
#define LIBRARY(e, name, ...) \
	library(e, name, (LLVMValueRef[]){ __VA_ARGS__ }, \
		sizeof((LLVMValueRef[]){ __VA_ARGS__ }) / sizeof(LLVMValueRef))
bool library_has(struct emit *e, const char *name);
/* Data of the library, declared in the program. */
LLVMValueRef library_data(struct emit *e, const char *name);
/* A constant of the library, for both of its parts. */
void library_constant(struct emit *e, const char *name, int64_t value);
/* Adds what the program uses of the library. */
bool library_link(struct emit *e);
LLVMValueRef data_create(struct emit *e, const char *name, const char *section,
			 LLVMValueRef initial, bool read_only);
void data_describe(struct emit *e, LLVMValueRef data, const char *name,
		   uint64_t size);
LLVMValueRef bytes_constant(struct emit *e, const char *bytes, size_t size);
/* The debug type of an array of @count ints or bytes. */
LLVMMetadataRef array_type(struct emit *e, LLVMMetadataRef item,
			   uint64_t item_bits, uint64_t count);

/* ---- limits.c ---- */
void limits_find(struct emit *e);
unsigned text_room(int bound);	/* short texts */
bool is_short(int bound);
unsigned var_size(const struct emit *e, const struct ir_var *var);
unsigned key_room(const struct emit *e, const struct ir_key *key);
unsigned most_sites(const struct emit *e, const struct ir_op *op);
int64_t session_number(const struct emit *e, const char *key, int64_t missing);
/* Bytes that a print record takes at most; all texts short if @ret_direct. */
unsigned record_size(const struct emit *e, const struct ir_function *function,
		     const struct ir_op *op, bool *ret_direct);
/* Does the function call a primitive that has this flag? */
bool function_has_prim(struct emit *e, int number, char flag);
/* The same of all that it calls, too. */
bool reaches_prim(struct emit *e, int number, char flag);
int arg_bound(const struct ir_function *function, const struct ir_arg *arg);
bool arg_is_text(const struct ir_function *function, const struct ir_arg *arg);

/* Whether to go from a block to the other is the end of a step. */
bool is_back_edge(const struct function_info *info, int from, int to);

/* ---- cut.c ---- */
void ways_cut(struct emit *e);
bool is_cut(const struct function_info *info, const struct ir_op *op);

/* ---- levels.c ---- */
enum level *levels_create(struct arena *arena, const struct ir_program *program);
/* Raises what programs too deep reach; all, if code could not be made. */
void levels_raise(struct emit *e, const struct link_depths *deep);
void levels_raise_all(struct emit *e);

/* ---- maps.c ---- */
void maps_create(struct emit *e);

/* ---- text.c: operands and copies of texts ---- */
LLVMValueRef long_operand(struct body *b, const struct ir_arg *arg);
void var_store(struct body *b, int var, LLVMValueRef value);
void long_result(struct body *b, const struct ir_op *op, LLVMValueRef value);
struct text text_operand(struct body *b, const struct ir_arg *arg);
struct text text_of_var(struct body *b, int var);
struct text text_slot(struct emit *e, LLVMValueRef pointer);
LLVMValueRef temp_slot(struct body *b, int number);
LLVMValueRef scratch(struct body *b, unsigned size);
/* The text as a whole slot, in temp slot @temp if it is not one. */
LLVMValueRef text_as_slot(struct body *b, const struct text *text, int temp);
void text_copy(struct emit *e, const struct text *to, const struct text *from);
void text_clear(struct emit *e, const struct text *to);
LLVMValueRef literal_slot(struct emit *e, const char *text, size_t length);
LLVMValueRef text_compare(struct body *b, const struct text *left,
			  const struct text *right);
void bytes_copy(struct emit *e, LLVMValueRef to, LLVMValueRef from,
		unsigned size);
void bytes_clear(struct emit *e, LLVMValueRef to, unsigned size);

/* ---- late.c: texts that are made where they are taken ---- */
void late_find(struct body *b);
bool late_waits(const struct body *b, const struct ir_op *op);
/* Makes the operand in a place of @room bytes, if it was left for that. @ragged:
 * who reads it there stops at the first NUL. */
bool late_make(struct body *b, const struct ir_arg *arg, LLVMValueRef place,
	       unsigned room, bool ragged);

/* ---- block.c: control ---- */
/* Where an operation begins, or goes on in another step. */
void renew_addresses(struct body *b, const struct ir_op *op);
void body_code(struct body *b);
void body_open(struct body *b);
LLVMBasicBlockRef fault_block(struct body *b, const struct ir_op *op);
/* Goes on to @to, which may be back. */
void follow_edge(struct body *b, int to);
void raise_error(struct body *b, const struct ir_op *op, int error,
		 LLVMValueRef argument);
/* Raises @error if @condition; goes on at a new block if not. */
void raise_if(struct body *b, const struct ir_op *op, LLVMValueRef condition,
	      int error, LLVMValueRef argument);
/* Leaves for the fault edge if an error is pending. */
void check_pending(struct body *b, const struct ir_op *op, bool chained);
unsigned machine_point(struct emit *e, struct machine *machine,
		       LLVMBasicBlockRef block);
void compile_simple(struct emit *e, int number);
void machine_leave(struct body *b, bool handler);

/* ---- the operations ---- */
void op_value(struct body *b, const struct ir_op *op);	/* expr.c */
void op_text(struct body *b, const struct ir_op *op);	/* expr.c */
/* A word of what the program was given, by its offset. */
LLVMValueRef context_word(struct emit *e, LLVMValueRef context, uint64_t place);
void op_prim(struct body *b, const struct ir_op *op);	/* prim.c */
void op_call(struct body *b, const struct ir_op *op);	/* call.c */
void op_return(struct body *b, const struct ir_op *op);	/* call.c */
void op_array(struct body *b, const struct ir_op *op);	/* array.c */
void op_stat(struct body *b, const struct ir_op *op);	/* stat.c */
void op_iter(struct body *b, const struct ir_op *op);	/* iter.c */
void op_print(struct body *b, const struct ir_op *op);	/* output.c */
void op_sprint(struct body *b, const struct ir_op *op);	/* output.c */
void op_target(struct body *b, const struct ir_op *op);	/* expr.c */

/* ---- member.c: members of kernel structs, read by a call ---- */
void loads_count(struct emit *e);
void loads_find(struct body *b);
/* Do operations from @at on read one, and nothing else of what they compute? */
bool is_member(const struct body *b, const struct ir_block *block, size_t at);
/* Reads it, in place of all of them; returns how many they are. */
size_t member_read(struct body *b, const struct ir_block *block, size_t at);

/* The keys of an operation laid out as the array's; NULL keys: scalar. */
LLVMValueRef key_build(struct body *b, const struct ir_op *op, int global);
bool key_has_any(const struct ir_op *op);
LLVMValueRef key_mask(struct body *b, const struct ir_op *op, int global);
/* Is the primitive's row small, has it these flags... */
struct prim_row {
	const char *name, *signature;
	int bound;
	const char *flags;
	const char *symbol;
};
const struct prim_row *prim_find(struct arena *arena, const char *name,
				 int count);
bool prim_flag(const struct prim_row *row, char flag);

/* ---- guard.c ---- */
void guard_create(struct emit *e, LLVMValueRef program, int function,
		  LLVMBasicBlockRef out);
/* Is the first thing a function does to return unless an argument of the
 * event has a value? */
bool guard_test(struct emit *e, int function, int64_t *ret_argument,
		int64_t *ret_value);

/* ---- foreign.c: programs for a task that is not the current one ---- */
struct foreign_scope {
	LLVMValueRef *compiled;
};

/* Adds what such programs need to know of the kernel. */
void foreign_prepare(struct ir_program *program);
bool foreign_kind(const struct ir_probe *probe);
void foreign_begin(struct emit *e, struct foreign_scope *scope,
		   const struct ir_probe *probe);
void foreign_end(struct emit *e, const struct foreign_scope *scope);
void foreign_gate(struct emit *e, LLVMValueRef context, LLVMBasicBlockRef out);
/* A primitive about the current task; false for others, and elsewhere. */
bool foreign_prim(struct body *b, const char *prim, struct text *to,
		  LLVMValueRef *ret_value);
/* As the helpers: the status, or the length with the NUL. */
LLVMValueRef memory_read(struct body *b, bool user, LLVMValueRef to,
			 LLVMValueRef size, LLVMValueRef from);
LLVMValueRef memory_text(struct body *b, bool user, LLVMValueRef to,
			 LLVMValueRef size, LLVMValueRef from);

/* ---- trampoline.c: functions of the kernel without a kprobe ---- */
struct trampoline_scope {
	LLVMValueRef compiled;
};

void trampolines_find(struct emit *e);
const char *trampoline_section(const struct ir_probe *probe);
void trampoline_begin(struct emit *e, size_t number,
		      struct trampoline_scope *scope);
void trampoline_end(struct emit *e, size_t number,
		    const struct trampoline_scope *scope);
LLVMValueRef trampoline_register(struct body *b, int number);

/* ---- halves.c ---- */
const char *halves_make(struct emit *e, struct link_bytes *ret);

/* ---- machine.c ---- */
LLVMValueRef machine_create(struct emit *e, int handler, size_t probe);
void machine_run(struct emit *e, LLVMValueRef program, LLVMValueRef step,
		 LLVMValueRef frame, LLVMValueRef context);

/* ---- share.c: each says whether there are several ---- */
/* Probes on the event of the first: made, one function each, in the program. */
bool probes_join(struct emit *e, size_t first, LLVMValueRef program);
/* Probes of the handler of the first: noted as its program's. */
bool probes_share(struct emit *e, size_t first);

/* ---- probe.c, object.c ---- */
void probes_create(struct emit *e);
/* All of a probe in @function, whose builder stands in its entry. */
void probe_code(struct emit *e, LLVMValueRef function, size_t number);
/* Of the programs for a way of attaching; NULL: there are none. */
const char *probe_section(const char *kind);
const char *object_write(struct emit *e, const char *path, const char *dump);
/* sink.c: for the module that is optimised. */
void sink_addresses(struct emit *e);
/* NULL and a refusal when it cannot be made. */
LLVMMemoryBufferRef make_code(struct emit *e, LLVMModuleRef module,
			      LLVMCodeGenFileType type);
/* The manifest's text, malloc'd. */
char *manifest_of(struct emit *e);

#endif
