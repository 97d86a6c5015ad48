/*
 * foreach (count = bucket in @hist_log(s)): by number from the first bucket to
 * the last or back, or by what they count. For the latter each round looks
 * through all buckets for the next one: there are few, and nothing is kept.
 */
#include "translator/lower/lower.h"

#include <string.h>

#include "runtime/common/stat.h"
#include "translator/base/arena.h"

struct walk {
	struct lower *lower;
	struct symbol *symbol;
	const operand *keys;		/* of the element */
	size_t key_count;
	int64_t count;			/* of buckets */
	bool by_count, down;
	int at;				/* bucket of this round; -1: no more */
	int last_count;			/* by_count: of the bucket at */
};

static operand count_in(struct walk *walk, operand bucket)
{
	struct lower *lower = walk->lower;
	int result = lower_temp(lower, IR_LONG);
	struct ir_op *op = emit(lower, IR_HGET, result);

	emit_number(lower, op, IR_ARG_GLOBAL, walk->symbol->ir);
	emit_keys(lower, op, walk->keys, walk->key_count);
	emit_arg(lower, op, bucket);
	return operand_var(result);
}

static operand comes_before(struct walk *walk, operand a, operand b)
{
	return walk->down ? emit2(walk->lower, IR_LT, b, a) :
			    emit2(walk->lower, IR_LT, a, b);
}

/* Whether a bucket comes behind the one of the last round; those that count
 * the same come by number. */
static operand is_ahead(struct walk *walk, operand bucket, operand count)
{
	struct lower *lower = walk->lower;
	operand at = operand_var(walk->at);
	operand last = operand_var(walk->last_count);
	operand same = emit2(lower, IR_AND,
			     emit2(lower, IR_EQ, count, last),
			     emit2(lower, IR_LT, at, bucket));

	return emit2(lower, IR_OR, emit2(lower, IR_LT, at, operand_long(0)),
		     emit2(lower, IR_OR, comes_before(walk, last, count),
			   same));
}

/* The next bucket by count. */
static void pick(struct walk *walk)
{
	struct lower *lower = walk->lower;
	int best = lower_temp(lower, IR_LONG);
	int best_count = lower_temp(lower, IR_LONG);
	int i = lower_temp(lower, IR_LONG);
	int test = new_block(lower), look = new_block(lower);
	int take = new_block(lower), step = new_block(lower);
	int end = new_block(lower);
	operand count, better;

	emit_move(lower, best, IR_LONG, operand_long(-1));
	emit_move(lower, best_count, IR_LONG, operand_long(0));
	emit_move(lower, i, IR_LONG, operand_long(0));
	emit_jump(lower, test);
	lower->block = test;
	emit_branch(lower, emit2(lower, IR_LT, operand_var(i),
				 operand_long(walk->count)), look, end);
	lower->block = look;
	count = count_in(walk, operand_var(i));
	better = emit2(lower, IR_OR,
		       emit2(lower, IR_LT, operand_var(best), operand_long(0)),
		       comes_before(walk, count, operand_var(best_count)));
	emit_branch(lower, emit2(lower, IR_AND, better,
				 is_ahead(walk, operand_var(i), count)),
		    take, step);
	lower->block = take;
	emit_move(lower, best, IR_LONG, operand_var(i));
	emit_move(lower, best_count, IR_LONG, count);
	emit_jump(lower, step);
	lower->block = step;
	emit_move(lower, i, IR_LONG,
		  emit2(lower, IR_ADD, operand_var(i), operand_long(1)));
	emit_jump(lower, test);
	lower->block = end;
	emit_move(lower, walk->at, IR_LONG, operand_var(best));
	emit_move(lower, walk->last_count, IR_LONG, operand_var(best_count));
}

static void go_to_first(struct walk *walk)
{
	emit_move(walk->lower, walk->at, IR_LONG,
		  operand_long(walk->by_count ? -1 :
			       walk->down ? walk->count - 1 : 0));
	if (!walk->by_count)
		return;
	emit_move(walk->lower, walk->last_count, IR_LONG, operand_long(0));
	pick(walk);
}

static void go_on(struct walk *walk)
{
	if (walk->by_count)
		pick(walk);
	else
		emit_move(walk->lower, walk->at, IR_LONG,
			  emit2(walk->lower, IR_ADD, operand_var(walk->at),
				operand_long(walk->down ? -1 : 1)));
}

/* The values of the keys, which the body may change. */
static const operand *keys_of(struct lower *lower, struct expr_list *list)
{
	operand *keys = lower_list(lower, list, 0);

	for (size_t i = 0; i < list->items.count; i++) {
		enum ir_type type = ir_type_of(list->items.items[i]->type);
		int temp;

		if (keys[i].kind != IR_ARG_VAR)
			continue;
		temp = lower_temp(lower, type);
		emit_move(lower, temp, type, keys[i]);
		keys[i] = operand_var(temp);
	}
	return keys;
}

static struct walk walk_of(struct lower *lower, const struct foreach *f)
{
	struct expr *place = f->array->a;
	bool element = place->kind == EXPR_INDEX;
	struct symbol *symbol = element ? place->a->ref : place->ref;

	return (struct walk){
		.lower = lower,
		.symbol = symbol,
		.keys = element ? keys_of(lower, &place->list) : NULL,
		.key_count = element ? place->list.items.count : 0,
		.count = strcmp(f->array->text, "hist_log") == 0 ?
			STAT_BUCKETS_LOG :
			(symbol->hist_bounds[1] - symbol->hist_bounds[0]) /
				symbol->hist_bounds[2] + 3,
		.by_count = f->sort_order != SORT_NONE && f->sort_key < 0,
		.down = f->sort_order == SORT_DOWN,
		.at = lower_temp(lower, IR_LONG),
		.last_count = lower_temp(lower, IR_LONG),
	};
}

static void assign_bucket(struct walk *walk, const struct foreach *f)
{
	if (f->keys.count)
		lower_assign_symbol(walk->lower, f->keys.items[0],
				    operand_var(walk->at));
	if (f->value)
		lower_assign_symbol(walk->lower, f->value,
				    count_in(walk, operand_var(walk->at)));
}

void lower_buckets(struct lower *lower, struct stmt *stmt)
{
	struct foreach *f = stmt->foreach;
	struct walk walk = walk_of(lower, f);
	int left = lower_temp(lower, IR_LONG);
	int test = new_block(lower), body = new_block(lower);
	int step = new_block(lower), end = new_block(lower);
	struct lower_loop loop = { .break_block = end, .continue_block = step,
				   .iter = -1 };
	operand inside;

	emit_move(lower, left, IR_LONG, f->limit ? lower_expr(lower, f->limit) :
						   operand_long(walk.count));
	go_to_first(&walk);
	emit_jump(lower, test);
	lower->block = test;
	inside = emit2(lower, IR_AND,
		       emit2(lower, IR_LE, operand_long(0),
			     operand_var(walk.at)),
		       emit2(lower, IR_LT, operand_var(walk.at),
			     operand_long(walk.count)));
	emit_branch(lower, emit2(lower, IR_AND, inside,
				 emit2(lower, IR_LT, operand_long(0),
				       operand_var(left))), body, end);
	lower->block = body;
	lower_action(lower, stmt);
	assign_bucket(&walk, f);
	lower_loop_body(lower, stmt, &loop);
	emit_jump(lower, step);
	lower->block = step;
	emit_move(lower, left, IR_LONG,
		  emit2(lower, IR_ADD, operand_var(left), operand_long(-1)));
	go_on(&walk);
	emit_jump(lower, test);
	lower->block = end;
}
