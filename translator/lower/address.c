/* Reads of the traced machine: plans over addresses, typed loads. */
#include "translator/lower/lower.h"

#include <string.h>

#include "runtime/common/identity.h"
#include "translator/base/arena.h"
#include "translator/target/access.h"
#include "translator/target/location.h"

static int reloc_number(struct lower *lower, const char *path, int64_t offset,
			int64_t left, int64_t right)
{
	uintptr_t known = (uintptr_t)map_get(&lower->relocs, path);
	struct ir_reloc *reloc;

	if (known)
		return (int)known - 1;
	reloc = vec_push(lower->arena, &lower->program->relocs);
	reloc->path = path;
	reloc->offset = offset;
	reloc->left_shift = left;
	reloc->right_shift = right;
	map_put(lower->arena, &lower->relocs, path,
		(void *)(uintptr_t)lower->program->relocs.count);
	return (int)lower->program->relocs.count - 1;
}

static operand reloc_part(struct lower *lower, int reloc, int part)
{
	int result = lower_temp(lower, IR_LONG);
	struct ir_op *op = emit(lower, IR_RELOC, result);

	emit_number(lower, op, IR_ARG_RELOC, reloc);
	emit_arg(lower, op, operand_long(part));
	return operand_var(result);
}

static operand load(struct lower *lower, operand address, int size,
		    bool is_signed, int space, struct span span,
		    const char *identifier)
{
	int result = lower_temp(lower, IR_LONG);
	struct ir_op *op = emit(lower, IR_LOAD, result);

	emit_arg(lower, op, address);
	emit_arg(lower, op, operand_long(size));
	emit_arg(lower, op, operand_long(is_signed));
	emit_arg(lower, op, operand_long(space));
	emit_fault(lower, op, identifier, span);
	return operand_var(result);
}

/* The low @size bytes, extended. */
static operand cut(struct lower *lower, operand value, uint32_t size,
		   bool is_signed)
{
	operand shift = operand_long(64 - 8 * (int64_t)size);

	if (size >= 8)
		return value;
	value = emit2(lower, IR_SHL, value, shift);
	return emit2(lower, is_signed ? IR_SHR : IR_USHR, value, shift);
}

static operand bit_field(struct lower *lower, const struct access_plan *plan,
			 operand address, int reloc, const struct expr *expr)
{
	operand left = reloc >= 0 ? reloc_part(lower, reloc, 1) :
				    operand_long(plan->left_shift);
	operand right = reloc >= 0 ? reloc_part(lower, reloc, 2) :
				     operand_long(plan->right_shift);
	const struct target *target = expr->ref;
	operand value = load(lower, address, 8, false, target->user,
			     expr->span, "bit-field");

	value = emit2(lower, IR_SHL, value, left);
	return emit2(lower, plan->is_signed ? IR_SHR : IR_USHR, value, right);
}

static operand step_index(struct lower *lower, const struct access_step *step,
			  operand at, struct target *target)
{
	operand index;

	if (step->variable < 0)
		return emit2(lower, IR_ADD, at, operand_long(step->offset));
	index = lower_expr(lower,
			   target->indexes.items.items[step->variable]);
	index = emit2(lower, IR_MUL, index, operand_long(step->element_size));
	return emit2(lower, IR_ADD, at, index);
}

static operand follow(struct lower *lower, const struct expr *expr,
		      struct target *target)
{
	const struct access_plan *plan = target->plan;
	operand at = lower_expr(lower, target->base);
	int reloc = -1;

	for (size_t i = 0; i < plan->steps.count; i++) {
		const struct access_step *step = &plan->steps.items[i];
		bool last = i + 1 == plan->steps.count;
		bool bits = last && plan->end == ACCESS_BITS;

		reloc = -1;
		if (step->op == ACCESS_INDEX) {
			at = step_index(lower, step, at, target);
		} else if (step->op == ACCESS_DEREF) {
			at = load(lower, at, (int)step->size, false,
				  target->user, expr->span, "->");
		} else if (step->path) {
			reloc = reloc_number(lower, step->path, step->offset,
					     bits ? plan->left_shift : 0,
					     bits ? plan->right_shift : 0);
			at = emit2(lower, IR_ADD, at,
				   reloc_part(lower, reloc, 0));
		} else {
			at = emit2(lower, IR_ADD, at,
				   operand_long(step->offset));
		}
	}
	switch (plan->end) {
	case ACCESS_VALUE:
		return cut(lower, at, plan->size, plan->is_signed);
	case ACCESS_LOAD:
		return load(lower, at, (int)plan->size, plan->is_signed,
			    target->user, expr->span, "->");
	case ACCESS_BITS:
		return bit_field(lower, plan, at, reloc, expr);
	case ACCESS_ADDRESS:
		return at;
	}
	return at;
}

/* ---- trees over registers and memory ---- */

static enum ir_code code_of(enum location_op op)
{
	switch (op) {
	case LOCATION_ADD:	return IR_ADD;
	case LOCATION_SUB:	return IR_SUB;
	case LOCATION_MUL:	return IR_MUL;
	case LOCATION_DIV:	return IR_DIV;
	case LOCATION_MOD:	return IR_MOD;
	case LOCATION_AND:	return IR_AND;
	case LOCATION_OR:	return IR_OR;
	case LOCATION_XOR:	return IR_XOR;
	case LOCATION_SHL:	return IR_SHL;
	case LOCATION_SHR:	return IR_USHR;
	case LOCATION_SRA:	return IR_SHR;
	case LOCATION_EQ:	return IR_EQ;
	case LOCATION_NE:	return IR_NE;
	case LOCATION_LT:
	case LOCATION_GT:	return IR_LT;
	case LOCATION_LE:
	case LOCATION_GE:	return IR_LE;
	case LOCATION_CONSTANT: case LOCATION_REGISTER: case LOCATION_STATIC:
	case LOCATION_TLS: case LOCATION_ENTRY: case LOCATION_LOAD:
	case LOCATION_NEG: case LOCATION_NOT:
		break;
	}
	return IR_MOV;
}

static operand lower_location(struct lower *lower,
			      const struct location_expr *tree,
			      const struct target *target, struct span span);

static operand lower_operation(struct lower *lower,
			       const struct location_expr *tree,
			       const struct target *target, struct span span)
{
	bool turned = tree->op == LOCATION_GT || tree->op == LOCATION_GE;
	operand a = lower_location(lower, tree->a, target, span), b;

	if (tree->op == LOCATION_NEG)
		return emit2(lower, IR_SUB, operand_long(0), a);
	if (tree->op == LOCATION_NOT)
		return emit2(lower, IR_XOR, operand_long(-1), a);
	b = lower_location(lower, tree->b, target, span);
	return emit2(lower, code_of(tree->op), turned ? b : a, turned ? a : b);
}

/* Data of the kernel: the runner finds the symbol where it runs. */
static operand lower_anchor(struct lower *lower,
			    const struct location_expr *tree,
			    const struct target *target)
{
	int reloc = reloc_number(lower, target->anchor, 0, 0, 0);
	operand at = emit2(lower, IR_ADD, reloc_part(lower, reloc, 0),
			   operand_long((int64_t)((uint64_t)tree->number -
						  target->address)));

	return target->base ? emit2(lower, IR_ADD, at,
				    lower_expr(lower, target->base)) : at;
}

static operand lower_location(struct lower *lower,
			      const struct location_expr *tree,
			      const struct target *target, struct span span)
{
	operand bias;

	switch (tree->op) {
	case LOCATION_CONSTANT:
		return operand_long(tree->number);
	case LOCATION_ENTRY:
		if (target->begin)
			return lower_expr(lower, target->begin);
		return emit1(lower, IR_REG, operand_long(tree->number));
	case LOCATION_REGISTER:
		return emit1(lower, IR_REG, operand_long(tree->number));
	case LOCATION_STATIC:
		if (target->anchor)
			return lower_anchor(lower, tree, target);
		if (target->base)
			return emit2(lower, IR_ADD,
				     lower_expr(lower, target->base),
				     operand_long(tree->number));
		bias = emit1(lower, IR_REG, operand_long(-1));
		return emit2(lower, IR_ADD, bias, operand_long(
			(int64_t)((uint64_t)tree->number - target->address)));
	case LOCATION_TLS:
		return emit2(lower, IR_ADD, lower_expr(lower, target->base),
			     operand_long(tree->number));
	case LOCATION_LOAD:
		return load(lower,
			    lower_location(lower, tree->a, target, span),
			    (int)tree->size, tree->is_signed, target->user,
			    span, "->");
	case LOCATION_ADD: case LOCATION_SUB: case LOCATION_MUL:
	case LOCATION_DIV: case LOCATION_MOD: case LOCATION_AND:
	case LOCATION_OR: case LOCATION_XOR: case LOCATION_SHL:
	case LOCATION_SHR: case LOCATION_SRA: case LOCATION_NEG:
	case LOCATION_NOT: case LOCATION_EQ: case LOCATION_NE:
	case LOCATION_LT: case LOCATION_LE: case LOCATION_GT:
	case LOCATION_GE:
		break;
	}
	return lower_operation(lower, tree, target, span);
}

/* Who the file is, the runner finds out where it runs. */
static operand lower_file(struct lower *lower, const struct target *target)
{
	struct file_identity here = { 0 };
	const char *path = arena_printf(lower->arena, "file:%s", target->file);

	file_identify(target->file, 0, &here);
	return reloc_part(lower, reloc_number(lower, path, (int64_t)here.inode,
					      here.device, here.mapped_device),
			  target->arg);
}

operand lower_target(struct lower *lower, struct expr *expr)
{
	struct target *target = expr->ref;

	if (target->kind == TARGET_FILE)
		return lower_file(lower, target);
	if (target->kind == TARGET_ARG)
		return emit1(lower, IR_ARG, operand_long(target->arg));
	if (target->kind == TARGET_LOCATION)
		return lower_location(lower, target->location, target,
				      expr->span);
	return follow(lower, expr, target);
}

operand lower_deref(struct lower *lower, struct expr *expr)
{
	return load(lower, lower_expr(lower, expr->b), (int)expr->a->number,
		    false, strcmp(expr->text, "uderef") == 0, expr->span,
		    arena_printf(lower->arena, "@%s", expr->text));
}

operand lower_load_text(struct lower *lower, struct expr *expr, int space)
{
	operand *args = lower_list(lower, &expr->list, 0);
	int result = lower_temp(lower, IR_TEXT);
	struct ir_op *op = emit(lower, IR_LOADTEXT, result);

	emit_arg(lower, op, args[0]);
	emit_arg(lower, op, args[1]);
	emit_arg(lower, op, operand_long(space));
	emit_fault(lower, op, expr->text, expr->span);
	return operand_var(result);
}

/* The value written is that of the whole. */
operand lower_store(struct lower *lower, struct expr *expr, int space)
{
	operand *args = lower_list(lower, &expr->list, 0);
	struct ir_op *op = emit(lower, IR_STORE, -1);

	emit_arg(lower, op, args[0]);
	emit_arg(lower, op, args[1]);
	emit_arg(lower, op, args[2]);
	emit_arg(lower, op, operand_long(space));
	emit_fault(lower, op, "=", expr->span);
	return args[1];
}
