/*
 * Where a variable is, as an expression: trees over registers and memory become
 * targets that lowering turns into operations.
 */
#include "translator/sema/sema.h"

#include "runtime/common/registers.h"
#include "translator/base/arena.h"
#include "translator/sema/poison.h"
#include "translator/target/location.h"

/* A register that no probe sees, or -2 when all are fine. */
static int bad_register(const struct location_expr *tree)
{
	int bad = -2;

	if (!tree)
		return -2;
	if ((tree->op == LOCATION_REGISTER || tree->op == LOCATION_ENTRY) &&
	    register_place((int)tree->number) < 0)
		return (int)tree->number;
	bad = bad_register(tree->a);
	return bad != -2 ? bad : bad_register(tree->b);
}

/* @cast(task_current(), "task_struct")->thread->fsbase */
static struct expr *thread_pointer(struct sema *sema, struct span span)
{
#if defined(__x86_64__)
	static const char *const steps[] = { "thread", "fsbase" };
#elif defined(__aarch64__)
	static const char *const steps[] = { "thread", "uw", "tp_value" };
#endif
	struct expr *access = expr_create(sema->arena, EXPR_ACCESS, span);
	struct expr *call = expr_create(sema->arena, EXPR_CALL, span);

	call->text = "task_current";
	access->a = expr_create(sema->arena, EXPR_CAST, span);
	access->a->text = "task_struct";
	access->a->a = call;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct access *step = vec_push(sema->arena, &access->path);

		step->kind = STEP_MEMBER;
		step->member = steps[i];
	}
	return access;
}

/* How far the program is loaded from where its file says, which a return probe
 * does not see: what it was on entry. */
static struct expr *entry_bias(struct sema *sema, struct span span,
			       const struct probe_context *entry)
{
	struct expr *expr = expr_create(sema->arena, EXPR_ENTRY, span);
	const char *reason;

	expr->a = location_tree(
		sema, span, entry,
		location_binary(sema->arena, LOCATION_SUB,
				location_leaf(sema->arena, LOCATION_REGISTER,
					      REGISTER_PC),
				location_constant(sema->arena,
						  (int64_t)entry->address)),
		&reason);
	return expr;
}

struct expr *location_tree(struct sema *sema, struct span span,
			   const struct probe_context *context,
			   const struct location_expr *tree,
			   const char **ret_reason)
{
	struct expr *expr = expr_create(sema->arena, EXPR_TARGET, span);
	struct target *target = arena_new(sema->arena, struct target);
	int bad = bad_register(tree);

	*ret_reason = NULL;
	if (bad != -2)
		*ret_reason = arena_printf(sema->arena, "it is in register %d, "
					   "which a probe does not see", bad);
	else if (location_has(tree, LOCATION_TLS) && !context->has_tls)
		*ret_reason = "it is local to threads in a library, whose "
			      "place only the program knows";
	else if (location_has(tree, LOCATION_STATIC) && !context->address &&
		 !context->entry)
		*ret_reason = "it has one place for the whole program, which "
			      "is not known where this probe stands";
	if (*ret_reason)
		return NULL;
	expr->type = TYPE_LONG;
	expr->text = "";
	expr->ref = target;
	target->kind = TARGET_LOCATION;
	target->location = tree;
	target->address = context->address;
	target->user = context->user;
	if (location_has(tree, LOCATION_STATIC) && !context->address)
		target->base = entry_bias(sema, span, context->entry->context);
	if (location_has(tree, LOCATION_TLS)) {
		target->base = expr_create(sema->arena, EXPR_BINARY, span);
		target->base->op = OP_ADD;
		target->base->a = thread_pointer(sema, span);
		target->base->b = expr_create(sema->arena, EXPR_NUMBER, span);
		target->base->b->number = context->tls_at;
	}
	return expr;
}

/* A value in pieces, of 64 bits at most, put together. */
static const struct location_expr *join(struct sema *sema,
					const struct location *location,
					const char **ret_reason)
{
	struct arena *arena = sema->arena;
	struct location_expr *sum = location_constant(arena, 0);
	uint32_t at = 0;

	for (size_t i = 0; i < location->piece_count; i++) {
		const struct location_piece *piece = &location->pieces[i];
		struct location_expr *part = piece->expr;
		uint32_t bits = piece->bit_size;

		if (piece->kind == LOCATION_NONE || !part)
			*ret_reason = "a part of it is optimised out here";
		else if (at + bits > 64)
			*ret_reason = "it lies in pieces at several places: "
				      "ask for its members";
		if (*ret_reason)
			return NULL;
		if (piece->kind == LOCATION_PLACE)
			part = location_load(arena, part, 8, false);
		part = location_binary(arena, LOCATION_SHR, part,
			location_constant(arena, piece->bit_offset));
		if (bits < 64)
			part = location_binary(arena, LOCATION_AND, part,
				location_constant(arena,
						  (int64_t)((1ull << bits) - 1)));
		part = location_binary(arena, LOCATION_SHL, part,
				       location_constant(arena, at));
		sum = location_binary(arena, LOCATION_OR, sum, part);
		at += bits;
	}
	return sum;
}

struct expr *location_value(struct sema *sema, struct span span,
			    const struct probe_context *context,
			    const struct location *location,
			    bool *ret_is_place, const char **ret_reason)
{
	const struct location_expr *tree = location->expr;

	*ret_reason = NULL;
	*ret_is_place = location->kind == LOCATION_PLACE;
	if (location->kind == LOCATION_NONE)
		*ret_reason = location->reason;
	else if (location->kind == LOCATION_PIECES)
		tree = join(sema, location, ret_reason);
	if (*ret_reason)
		return NULL;
	return location_tree(sema, span, context, tree, ret_reason);
}
