/*
 * Values: arithmetic, scalar globals, texts, and what is read of the traced
 * machine. Semantics are those of runtime/common/arith.h.
 */
#include "backends/bpf/emit.h"

#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "runtime/bpf/lib/gen.h"
#include "runtime/common/regex.h"
#include "runtime/common/registers.h"
#include "translator/base/arena.h"

/* ---- arithmetic ---- */

static LLVMValueRef is_negative(struct emit *e, LLVMValueRef value)
{
	return LLVMBuildICmp(e->builder, LLVMIntSLT, value, constant(e, 0), "");
}

static LLVMValueRef negated_if(struct emit *e, LLVMValueRef test,
			       LLVMValueRef value)
{
	return LLVMBuildSelect(e->builder, test,
			       LLVMBuildNeg(e->builder, value, ""), value, "");
}

/* BPF divides without signs only. The most negative number is its own
 * magnitude, so dividing it by -1 wraps to itself. */
static LLVMValueRef divided(struct emit *e, enum ir_code code, LLVMValueRef a,
			    LLVMValueRef b)
{
	LLVMValueRef a_negative = is_negative(e, a);
	LLVMValueRef b_negative = is_negative(e, b);
	LLVMValueRef x = negated_if(e, a_negative, a);
	LLVMValueRef y = negated_if(e, b_negative, b);

	if (code == IR_MOD)
		return negated_if(e, a_negative,
				  LLVMBuildURem(e->builder, x, y, ""));
	return negated_if(e,
			  LLVMBuildXor(e->builder, a_negative, b_negative, ""),
			  LLVMBuildUDiv(e->builder, x, y, ""));
}

static LLVMValueRef shifted(struct emit *e, enum ir_code code, LLVMValueRef a,
			    LLVMValueRef b)
{
	LLVMValueRef count = LLVMBuildAnd(e->builder, b, constant(e, 63), "");

	if (code == IR_SHL)
		return LLVMBuildShl(e->builder, a, count, "");
	if (code == IR_SHR)
		return LLVMBuildAShr(e->builder, a, count, "");
	return LLVMBuildLShr(e->builder, a, count, "");
}

static LLVMValueRef compared(struct emit *e, LLVMIntPredicate predicate,
			     LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildZExt(e->builder,
			     LLVMBuildICmp(e->builder, predicate, a, b, ""),
			     e->i64, "");
}

static LLVMValueRef computed(struct emit *e, enum ir_code code, LLVMValueRef a,
			     LLVMValueRef b)
{
	switch ((int)code) {
	case IR_ADD:
		return LLVMBuildAdd(e->builder, a, b, "");
	case IR_SUB:
		return LLVMBuildSub(e->builder, a, b, "");
	case IR_MUL:
		return LLVMBuildMul(e->builder, a, b, "");
	case IR_AND:
		return LLVMBuildAnd(e->builder, a, b, "");
	case IR_OR:
		return LLVMBuildOr(e->builder, a, b, "");
	case IR_XOR:
		return LLVMBuildXor(e->builder, a, b, "");
	case IR_EQ:
		return compared(e, LLVMIntEQ, a, b);
	case IR_NE:
		return compared(e, LLVMIntNE, a, b);
	case IR_LT:
		return compared(e, LLVMIntSLT, a, b);
	case IR_LE:
		return compared(e, LLVMIntSLE, a, b);
	}
	return shifted(e, code, a, b);
}

/* ---- scalar globals ---- */

static LLVMValueRef scalar_address(struct emit *e, const struct ir_op *op)
{
	return offset(e, e->globals,
		      e->global_at[op->args.items[0].number]);
}

static struct text scalar_text(struct emit *e, const struct ir_op *op)
{
	const struct ir_global *global =
		e->program->globals.items[op->args.items[0].number];
	struct text text = { .pointer = scalar_address(e, op),
			     .bound = global->bound };

	text.slot = !is_short(global->bound);
	text.room = text.slot ? 0 : text_room(global->bound);
	return text;
}

static bool is_text_global(struct emit *e, const struct ir_op *op)
{
	return e->program->globals.items[op->args.items[0].number]->value ==
	       IR_VALUE_TEXT;
}

static void op_get(struct body *b, const struct ir_op *op)
{
	struct text to, from;

	if (!is_text_global(b->e, op)) {
		long_result(b, op, load(b->e, b->e->i64,
					scalar_address(b->e, op)));
		return;
	}
	to = text_of_var(b, op->result);
	from = scalar_text(b->e, op);
	text_copy(b->e, &to, &from);
}

static void op_set(struct body *b, const struct ir_op *op)
{
	struct text to, from;

	if (!is_text_global(b->e, op)) {
		store(b->e, long_operand(b, &op->args.items[1]),
		      scalar_address(b->e, op));
		return;
	}
	to = scalar_text(b->e, op);
	from = text_operand(b, &op->args.items[1]);
	text_copy(b->e, &to, &from);
}

void op_value(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	const struct ir_arg *args = op->args.items;
	LLVMValueRef x, y;

	switch ((int)op->code) {
	case IR_MOV:
		long_result(b, op, long_operand(b, &args[0]));
		return;
	case IR_GET:
		op_get(b, op);
		return;
	case IR_SET:
		op_set(b, op);
		return;
	case IR_FETCHADD:
		long_result(b, op, LLVMBuildAtomicRMW(
			e->builder, LLVMAtomicRMWBinOpAdd,
			scalar_address(e, op), long_operand(b, &args[1]),
			LLVMAtomicOrderingSequentiallyConsistent, false));
		return;
	}
	x = long_operand(b, &args[0]);
	y = long_operand(b, &args[1]);
	if (op->code == IR_DIV || op->code == IR_MOD) {
		raise_if(b, op, LLVMBuildICmp(e->builder, LLVMIntEQ, y,
					      constant(e, 0), ""),
			 RT_ERROR_DIVISION, NULL);
		long_result(b, op, divided(e, op->code, x, y));
		return;
	}
	long_result(b, op, computed(e, op->code, x, y));
}

/* ---- texts ---- */

static bool same_variable(const struct ir_op *op, size_t arg)
{
	return op->args.items[arg].kind == IR_ARG_VAR &&
	       op->args.items[arg].number == op->result;
}

/* What the result is put together in: its own slot, or one to copy from. */
static struct text work_slot(struct body *b, const struct ir_op *op, bool fresh)
{
	struct text result = text_of_var(b, op->result);

	if (!result.slot || fresh)
		return text_slot(b->e, temp_slot(b, 3));
	return result;
}

static void op_cat(struct body *b, const struct ir_op *op)
{
	struct text left = text_operand(b, &op->args.items[0]);
	struct text right = text_operand(b, &op->args.items[1]);
	struct text result = text_of_var(b, op->result);
	struct text work = work_slot(b, op, same_variable(op, 1));

	if (work.pointer != result.pointer || !same_variable(op, 0))
		text_copy(b->e, &work, &left);
	LIBRARY(b->e, "rt_text_append", work.pointer,
		text_as_slot(b, &right, 1));
	if (work.pointer != result.pointer)
		text_copy(b->e, &result, &work);
}

static LLVMValueRef regex_data(struct body *b, const struct ir_op *op,
			       const struct ir_arg *pattern)
{
	struct emit *e = b->e;
	struct rt_regex *program = arena_new(e->arena, struct rt_regex);
	const char *reason = NULL;
	__u32 where;
	const char *name = arena_printf(e->arena, "regex %s", pattern->text);
	LLVMValueRef data = map_get(&e->literals, name);

	if (data)
		return data;
	if (pattern->kind != IR_ARG_TEXT) {
		refuse(e, op, "a regular expression must be a literal");
		return LLVMConstNull(e->ptr);
	}
	if (regex_compile(pattern->text, (__u32)pattern->number, program,
			  &reason, &where))
		refuse(e, op, "regular expression \"%s\": %s", pattern->text,
		       reason);
	data = data_create(e, arena_printf(e->arena, "regex_%zu",
					   e->literals.count),
			   ".data.literals",
			   bytes_constant(e, (char *)program,
					  sizeof(*program)), true);
	LLVMSetLinkage(data, LLVMInternalLinkage);
	map_put(e->arena, &e->literals, name, data);
	return data;
}

static void op_match(struct body *b, const struct ir_op *op)
{
	struct text subject = text_operand(b, &op->args.items[0]);

	long_result(b, op, LIBRARY(b->e, "rt_match", b->frame,
				   text_as_slot(b, &subject, 0),
				   regex_data(b, op, &op->args.items[1])));
	check_pending(b, op, false);
}

void op_text(struct body *b, const struct ir_op *op)
{
	struct text left, right;

	if (op->code == IR_CAT) {
		op_cat(b, op);
		return;
	}
	if (op->code == IR_MATCH) {
		op_match(b, op);
		return;
	}
	left = text_operand(b, &op->args.items[0]);
	if (op->code == IR_TMOV) {
		struct text result = text_of_var(b, op->result);

		if (!same_variable(op, 0))
			text_copy(b->e, &result, &left);
		return;
	}
	right = text_operand(b, &op->args.items[1]);
	long_result(b, op, text_compare(b, &left, &right));
}

/* ---- the traced machine ---- */

static void op_reloc(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	LLVMValueRef word = load(e, e->i64, offset(e, e->relocs,
		(uint64_t)(24 * op->args.items[0].number +
			   8 * op->args.items[1].number)));

	/* set by the runner before loading; not what it is now */
	LLVMSetVolatile(word, true);
	long_result(b, op, word);
}

static void op_load(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	LLVMValueRef address = long_operand(b, &op->args.items[0]);
	int64_t size = op->args.items[1].number;
	bool has_sign = op->args.items[2].number;
	bool user = op->args.items[3].number;
	LLVMTypeRef type = LLVMIntTypeInContext(e->context,
						8 * (unsigned)size);
	LLVMValueRef room = scratch(b, 8);
	LLVMValueRef status, value;

	if (size != 1 && size != 2 && size != 4 && size != 8) {
		raise_error(b, op, RT_ERROR_DEREF_SIZE, constant(e, size));
		goto_block(e, block_create(e, "dead"));
		return;
	}
	status = memory_read(b, user, room, constant32(e, size), address);
	raise_if(b, op, LLVMBuildICmp(e->builder, LLVMIntNE, status,
				      constant(e, 0), ""),
		 RT_ERROR_READ_FAULT, address);
	value = load(e, type, room);
	long_result(b, op, LLVMBuildIntCast2(e->builder, value, e->i64,
					     has_sign, ""));
}

/* Only user memory: bpf.c refuses the rest. */
static void op_store(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	LLVMValueRef address = long_operand(b, &op->args.items[0]);
	LLVMValueRef value = long_operand(b, &op->args.items[1]);
	LLVMValueRef room = scratch(b, 8), status;

	store(e, value, room);
	status = HELPER(e, BPF_FUNC_probe_write_user, address, room,
			constant32(e, op->args.items[2].number));
	raise_if(b, op, LLVMBuildICmp(e->builder, LLVMIntNE, status,
				      constant(e, 0), ""),
		 RT_ERROR_WRITE_FAULT, address);
}

/* The same value, of which the optimizer knows nothing. */
static LLVMValueRef hidden(struct emit *e, LLVMValueRef value)
{
	LLVMTypeRef type = LLVMFunctionType(e->i64, &e->i64, 1, 0);
	LLVMValueRef code = LLVMGetInlineAsm(type, "", 0, "=r,0", 4, 1, 0,
					     LLVMInlineAsmDialectATT, 0);

	return LLVMBuildCall2(e->builder, type, code, &value, 1, "");
}

/* At most so many bytes as the operation says and the result has room for. */
static LLVMValueRef text_limit(struct body *b, const struct ir_op *op,
			       unsigned room)
{
	struct emit *e = b->e;
	LLVMValueRef most = long_operand(b, &op->args.items[1]);
	LLVMValueRef fits, size;

	if (op->args.items[1].kind == IR_ARG_LONG &&
	    op->args.items[1].number < 0)
		return constant32(e, room);
	fits = LLVMBuildICmp(e->builder, LLVMIntULT, most,
			     constant(e, room - 1), "");
	size = LLVMBuildSelect(e->builder, fits, most, constant(e, room - 1),
			       "");
	/* hidden from the optimizer: it would add before it compares, and the
	 * verifier know nothing of the sum */
	size = hidden(e, size);
	size = LLVMBuildAdd(e->builder, size, constant(e, 1), "");
	return LLVMBuildTrunc(e->builder, size, e->i32, "");
}

static void op_load_text(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	bool user = op->args.items[2].number;
	LLVMValueRef address = long_operand(b, &op->args.items[0]);
	struct text result = text_of_var(b, op->result);
	unsigned most = (unsigned)ir_limit(e->program, "maxstringlen");
	unsigned room = result.slot ? most : (unsigned)result.bound + 1;
	LLVMValueRef to = result.pointer, status;

	/* a fault assigns nothing: read beside, then copy */
	if (result.slot)
		to = temp_slot(b, 3);
	else if (b->frame)
		to = offset(e, b->frame, e->value_at);
	else
		to = b->value;
	if (!result.slot)
		bytes_clear(e, to, result.room);
	status = memory_text(b, user, to, text_limit(b, op, room), address);
	raise_if(b, op, LLVMBuildICmp(e->builder, LLVMIntSLT, status,
				      constant(e, 0), ""),
		 user ? RT_ERROR_USER_STRING : RT_ERROR_KERNEL_STRING, address);

	struct text from = result;

	from.pointer = to;
	text_copy(e, &result, &from);
}

/* A word of what the probe was given. The verifier takes such loads only with
 * their offset in the instruction, and LLVM likes to work out the address
 * apart, so the instruction is written here. */
LLVMValueRef context_word(struct emit *e, LLVMValueRef context, uint64_t place)
{
	LLVMTypeRef type = LLVMFunctionType(e->i64, &e->ptr, 1, 0);
	char *text = arena_printf(e->arena, "$0 = *(u64 *)($1 + %u)",
				  (unsigned)place);
	LLVMValueRef code = LLVMGetInlineAsm(type, text, strlen(text), "=r,r",
					     4, 0, 0, LLVMInlineAsmDialectATT,
					     0), word;
	/* so it is read once: memory(none), or what that was before LLVM 16 */
	unsigned kind = LLVMGetEnumAttributeKindForName("memory", 6);

	if (!kind)
		kind = LLVMGetEnumAttributeKindForName("readnone", 8);
	word = LLVMBuildCall2(e->builder, type, code, &context, 1, "");
	LLVMAddCallSiteAttribute(word, LLVMAttributeFunctionIndex,
				 LLVMCreateEnumAttribute(e->context, kind, 0));
	return word;
}

static void op_register(struct body *b, const struct ir_op *op)
{
	int number = (int)op->args.items[0].number;
	int place = register_place(number);

	if (b->e->trampoline)
		long_result(b, op, trampoline_register(b, number));
	else if (place < 0)
		refuse(b->e, op, "register %d of this machine is not among "
		       "those that a probe sees", number);
	else
		long_result(b, op, context_word(b->e, b->context,
						(uint64_t)place));
}

void op_target(struct body *b, const struct ir_op *op)
{
	switch ((int)op->code) {
	case IR_ARG:
		long_result(b, op, context_word(
			b->e, b->context,
			8 * (uint64_t)op->args.items[0].number));
		return;
	case IR_REG:
		op_register(b, op);
		return;
	case IR_RELOC:
		op_reloc(b, op);
		return;
	case IR_LOAD:
		op_load(b, op);
		return;
	case IR_STORE:
		op_store(b, op);
		return;
	}
	op_load_text(b, op);
}
