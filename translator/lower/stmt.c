/* Statements: control flow, loops, foreach, try. */
#include "translator/lower/lower.h"

#include <string.h>

#include "translator/base/arena.h"

/* Statements in a loop's body, loops inside counted once: what one round
 * costs of MAXACTION. */
static int count_statements(const struct stmt *stmt)
{
	int count = stmt->kind != STMT_BLOCK && stmt->kind != STMT_NULL;

	if (stmt->body)
		count += count_statements(stmt->body);
	if (stmt->other)
		count += count_statements(stmt->other);
	for (size_t i = 0; i < stmt->block.items.count; i++)
		count += count_statements(stmt->block.items.items[i]);
	return count;
}

void lower_action(struct lower *lower, const struct stmt *loop)
{
	struct ir_op *op = emit(lower, IR_ACTION, -1);

	emit_arg(lower, op, operand_long(count_statements(loop->body) + 1));
	emit_fault(lower, op, "loop", loop->span);
}

static void end_iter(struct lower *lower, int iter)
{
	emit_number(lower, emit(lower, IR_ITEREND, -1), IR_ARG_ITER, iter);
}

void lower_leave_loops(struct lower *lower)
{
	for (struct lower_loop *loop = lower->loop; loop; loop = loop->outer)
		if (loop->iter >= 0)
			end_iter(lower, loop->iter);
}

static void lower_if(struct lower *lower, struct stmt *stmt)
{
	int yes = new_block(lower);
	int no = stmt->other ? new_block(lower) : -1;
	int end = new_block(lower);

	lower_condition(lower, stmt->expr, yes, no < 0 ? end : no);
	lower->block = yes;
	lower_stmt(lower, stmt->body);
	emit_jump(lower, end);
	if (no >= 0) {
		lower->block = no;
		lower_stmt(lower, stmt->other);
		emit_jump(lower, end);
	}
	lower->block = end;
}

void lower_loop_body(struct lower *lower, struct stmt *stmt,
		     struct lower_loop *loop)
{
	loop->outer = lower->loop;
	lower->loop = loop;
	lower_stmt(lower, stmt->body);
	lower->loop = loop->outer;
}

/* while and for: test, body, step, and back. */
static void lower_while(struct lower *lower, struct stmt *stmt)
{
	int test = new_block(lower);
	int body = new_block(lower);
	int step = new_block(lower);
	int end = new_block(lower);
	struct lower_loop loop = { .break_block = end, .continue_block = step,
				   .iter = -1 };

	lower_effect(lower, stmt->init);
	emit_jump(lower, test);
	lower->block = test;
	if (stmt->expr)
		lower_condition(lower, stmt->expr, body, end);
	else
		emit_jump(lower, body);
	lower->block = body;
	lower_action(lower, stmt);
	lower_loop_body(lower, stmt, &loop);
	emit_jump(lower, step);
	lower->block = step;
	lower_effect(lower, stmt->step);
	emit_jump(lower, test);
	lower->block = end;
}

static int new_iter(struct lower *lower, const struct foreach *f)
{
	static const char *const parts[] = { "count", "sum", "min", "max",
					     "avg", "variance" };
	struct ir_iter *iter = vec_push(lower->arena, &lower->program->iters);
	const struct symbol *symbol = f->array->ref;

	iter->global = symbol->ir;
	iter->descending = f->sort_order == SORT_DOWN;
	if (f->sort_order == SORT_NONE)
		return (int)lower->program->iters.count - 1;
	if (f->sort_key > 0) {
		iter->sort = IR_SORT_KEY;
		iter->sort_key = f->sort_key - 1;
	} else if (symbol->type == TYPE_STATS) {
		iter->sort = IR_SORT_STAT;
		iter->sort_stat = IR_STAT_COUNT;
		for (int i = 0; f->sort_by && i < 6; i++)
			if (strcmp(f->sort_by, parts[i]) == 0)
				iter->sort_stat = 1 << i;
	} else {
		iter->sort = IR_SORT_VALUE;
	}
	return (int)lower->program->iters.count - 1;
}

static void assign_from_iter(struct lower *lower, struct expr *variable,
			     enum ir_code code, int iter, int key,
			     enum type type)
{
	int temp = lower_temp(lower, ir_type_of(type));
	struct ir_op *op = emit(lower, code, temp);

	emit_number(lower, op, IR_ARG_ITER, iter);
	if (key >= 0)
		emit_arg(lower, op, operand_long(key));
	lower_assign_symbol(lower, variable, operand_var(temp));
}

static void assign_element(struct lower *lower, struct foreach *f, int iter)
{
	struct symbol *symbol = f->array->ref;

	for (size_t i = 0; i < f->keys.count; i++)
		assign_from_iter(lower, f->keys.items[i], IR_ITERKEY, iter,
				 (int)i, symbol->key_types[i]);
	if (f->value)
		assign_from_iter(lower, f->value, IR_ITERVALUE, iter, -1,
				 symbol->type == TYPE_STATS ? TYPE_LONG :
							      symbol->type);
}

static void lower_foreach(struct lower *lower, struct stmt *stmt)
{
	struct foreach *f = stmt->foreach;
	operand limit = f->limit ? lower_expr(lower, f->limit) :
				   operand_long(-1);
	operand *keys = lower_list(lower, &f->slice, 0);
	int iter = new_iter(lower, f);
	int next = new_block(lower);
	int body = new_block(lower);
	int end = new_block(lower);
	struct lower_loop loop = { .break_block = end, .continue_block = next,
				   .iter = iter };
	struct ir_op *op = emit(lower, IR_ITERBEGIN, -1);
	int more;

	emit_number(lower, op, IR_ARG_ITER, iter);
	emit_keys(lower, op, keys, f->slice.items.count);
	emit_arg(lower, op, limit);
	emit_fault(lower, op, "foreach", stmt->span);
	emit_jump(lower, next);
	lower->block = next;
	more = lower_temp(lower, IR_LONG);
	emit_number(lower, emit(lower, IR_ITERNEXT, more), IR_ARG_ITER, iter);
	emit_branch(lower, operand_var(more), body, end);
	lower->block = body;
	lower_action(lower, stmt);
	assign_element(lower, f, iter);
	lower_loop_body(lower, stmt, &loop);
	emit_jump(lower, next);
	lower->block = end;
	end_iter(lower, iter);
}

static void lower_delete(struct lower *lower, struct stmt *stmt)
{
	struct expr *expr = stmt->expr;
	bool element = expr->kind == EXPR_INDEX;
	struct symbol *symbol = element ? expr->a->ref : expr->ref;
	operand *keys;
	struct ir_op *op;

	if (element) {
		keys = lower_list(lower, &expr->list, 0);
		op = emit(lower, IR_ADELETE, -1);
		emit_number(lower, op, IR_ARG_GLOBAL, symbol->ir);
		emit_keys(lower, op, keys, expr->list.items.count);
	} else if (symbol->global && symbol->key_count > 0) {
		emit_number(lower, emit(lower, IR_ACLEAR, -1), IR_ARG_GLOBAL,
			    symbol->ir);
	} else if (symbol->type == TYPE_STATS) {
		emit_number(lower, emit(lower, IR_SCLEAR, -1), IR_ARG_GLOBAL,
			    symbol->ir);
	} else {
		lower_assign_symbol(lower, expr, symbol->type == TYPE_STRING ?
				    operand_text(lower, "", 0) :
				    operand_long(0));
	}
}

static void lower_try(struct lower *lower, struct stmt *stmt)
{
	int outer = lower->fault;
	int catch = new_block(lower);
	int end = new_block(lower);
	int message = lower_temp(lower, IR_TEXT);

	lower->fault = catch;
	lower_stmt(lower, stmt->body);
	lower->fault = outer;
	emit_jump(lower, end);
	lower->block = catch;
	emit(lower, IR_CATCH, message);
	if (stmt->message)
		lower_assign_symbol(lower, stmt->message,
				    operand_var(message));
	if (stmt->other)
		lower_stmt(lower, stmt->other);
	emit_jump(lower, end);
	lower->block = end;
}

static void lower_return(struct lower *lower, struct stmt *stmt)
{
	operand value = { 0 };
	bool has = stmt->expr && lower->function->result != IR_VOID;

	if (has)
		value = lower_expr(lower, stmt->expr);
	lower_leave_loops(lower);
	if (has) {
		emit_arg(lower, emit(lower, IR_RETURN, -1), value);
	} else if (lower->function->result == IR_VOID) {
		emit(lower, IR_RETURN, -1);
	} else {
		emit_arg(lower, emit(lower, IR_RETURN, -1),
			 lower->function->result == IR_TEXT ?
				 operand_text(lower, "", 0) : operand_long(0));
	}
	lower->block = new_block(lower);
}

static void lower_next(struct lower *lower)
{
	lower_leave_loops(lower);
	if (lower->next_block >= 0)
		emit_jump(lower, lower->next_block);
	else
		emit(lower, IR_RETURN, -1);
	lower->block = new_block(lower);
}

static void lower_jump_out(struct lower *lower, bool is_break)
{
	struct lower_loop *loop = lower->loop;

	if (loop)
		emit_jump(lower, is_break ? loop->break_block :
					    loop->continue_block);
	lower->block = new_block(lower);
}

void lower_stmt(struct lower *lower, struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_EXPR:
		lower_effect(lower, stmt->expr);
		return;
	case STMT_BLOCK:
		for (size_t i = 0; i < stmt->block.items.count; i++)
			lower_stmt(lower, stmt->block.items.items[i]);
		return;
	case STMT_IF:
		lower_if(lower, stmt);
		return;
	case STMT_WHILE:
	case STMT_FOR:
		lower_while(lower, stmt);
		return;
	case STMT_FOREACH:
		if (stmt->foreach->array->kind == EXPR_HIST)
			lower_buckets(lower, stmt);
		else
			lower_foreach(lower, stmt);
		return;
	case STMT_DELETE:
		lower_delete(lower, stmt);
		return;
	case STMT_NEXT:
		lower_next(lower);
		return;
	case STMT_RETURN:
		lower_return(lower, stmt);
		return;
	case STMT_BREAK:
	case STMT_CONTINUE:
		lower_jump_out(lower, stmt->kind == STMT_BREAK);
		return;
	case STMT_TRY:
		lower_try(lower, stmt);
		return;
	case STMT_NULL:
		return;
	case STMT_EMBEDDED:
		lower_embedded(lower, stmt->expr, IR_CODE_BODY, IR_VOID, NULL);
		return;
	}
}
