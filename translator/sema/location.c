/*
 * Where a variable is, as an expression: trees over registers and memory become
 * targets that lowering turns into operations.
 */
#include "translator/sema/sema.h"

#include <string.h>

#include "runtime/common/registers.h"
#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/probes/programs.h"
#include "translator/sema/poison.h"
#include "translator/target/access.h"
#include "translator/target/location.h"
#include "translator/target/program.h"

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

static struct expr *number_expr(struct sema *sema, struct span span,
				int64_t number)
{
	struct expr *expr = expr_create(sema->arena, EXPR_NUMBER, span);

	expr->number = number;
	return expr;
}

static struct expr *call_expr(struct sema *sema, struct span span,
			      const char *name, struct expr *const *arguments,
			      size_t count)
{
	struct expr *call = expr_create(sema->arena, EXPR_CALL, span);

	call->text = name;
	for (size_t i = 0; i < count; i++)
		*vec_push(sema->arena, &call->list.items) = arguments[i];
	return call;
}

/* A number that is no variable of the script's; what it is, the caller says. */
static struct expr *target_expr(struct sema *sema, struct span span,
				struct target what)
{
	struct expr *expr = expr_create(sema->arena, EXPR_TARGET, span);
	struct target *target = arena_new(sema->arena, struct target);

	*target = what;
	expr->type = TYPE_LONG;
	expr->text = "";
	expr->ref = target;
	return expr;
}

/* What the runner finds out about a file: its inode (0), its device (1), that of
 * its mappings (2). */
static struct expr *file_expr(struct sema *sema, struct span span,
			      const char *path, int part)
{
	return target_expr(sema, span, (struct target){
		.kind = TARGET_FILE, .file = path, .arg = part });
}

/* How far the program or library is loaded from where its file says, in the
 * current task if that has it. */
static struct expr *running_bias(struct sema *sema, struct span span,
				 const struct probe_context *context)
{
	struct expr *path = expr_create(sema->arena, EXPR_STRING, span);
	struct expr *arguments[5];
	size_t count = 0;

	path->text = context->running;
	path->length = strlen(path->text);
	path->type = TYPE_STRING;
	arguments[count++] = file_expr(sema, span, context->running, 0);
	arguments[count++] = file_expr(sema, span, context->running,
				       context->is_library ? 2 : 1);
	if (context->is_library)
		arguments[count++] = number_expr(
			sema, span, (int64_t)context->code_offset);
	arguments[count++] = number_expr(sema, span, (int64_t)context->code);
	arguments[count++] = path;
	return call_expr(sema, span, context->is_library ? "__library_bias" :
			 "__program_bias", arguments, count);
}

/* Where the block of thread storage begins. */
static struct expr *thread_block(struct sema *sema, struct span span,
				 const struct probe_context *context)
{
	const struct program_thread_cell *cell = context->tls_cell;
	const char *reason;
	struct expr *arguments[3] = { thread_pointer(sema, span) };
	struct expr *sum;

	if (cell) {
		arguments[1] = location_tree(sema, span, context,
			location_leaf(sema->arena, LOCATION_STATIC,
				      (int64_t)cell->address), &reason);
		arguments[2] = number_expr(sema, span, (int64_t)cell->minus);
		return call_expr(sema, span, cell->is_number ?
				 "__thread_block" : "__thread_block_near",
				 arguments, cell->is_number ? 2 : 3);
	}
	sum = expr_create(sema->arena, EXPR_BINARY, span);
	sum->op = OP_ADD;
	sum->a = arguments[0];
	sum->b = number_expr(sema, span, context->tls_at);
	return sum;
}

/* An expression that a probe on the begin of the call keeps. */
static struct expr *kept(struct sema *sema, struct span span,
			 const struct probe_context *begin,
			 const struct location_expr *tree, const char *text)
{
	struct expr *expr = expr_create(sema->arena, EXPR_ENTRY, span);
	const char *reason;

	expr->a = location_tree(sema, span, begin, tree, &reason);
	expr->a->text = text;
	expr->number = true;
	return expr;
}

/* How far the program is loaded from where its file says, which a return probe
 * does not see: what it was on entry. */
static struct expr *entry_bias(struct sema *sema, struct span span,
			       const struct probe_context *entry)
{
	return kept(sema, span, entry,
		    location_binary(sema->arena, LOCATION_SUB,
				    location_leaf(sema->arena,
						  LOCATION_REGISTER,
						  REGISTER_PC),
				    location_constant(sema->arena,
						      (int64_t)entry->address)),
		    "bias");
}

/* The register that a tree takes as it was when the call began: -1 if none, -2
 * if there are several. */
static int begin_register(const struct location_expr *tree)
{
	int a, b;

	if (!tree)
		return -1;
	if (tree->op == LOCATION_ENTRY)
		return (int)tree->number;
	a = begin_register(tree->a);
	b = begin_register(tree->b);
	return a < 0 && a != -2 ? b : b < 0 && b != -2 ? a : a == b ? a : -2;
}

/* What the register held then; NULL if it is not known. */
static struct expr *begin_value(struct sema *sema, struct span span,
				const struct probe_context *seen, int number)
{
	struct probe_context *context = (struct probe_context *)seen;

	if (context->find_begin)
		context->find_begin(context);
	context->find_begin = NULL;
	if (!context->begin || number < 0)
		return NULL;
	return kept(sema, span, context->begin->context,
		    location_leaf(sema->arena, LOCATION_REGISTER, number),
		    arena_printf(sema->arena, "register %d", number));
}

/* ---- data of the kernel ---- */

static const struct location_expr *find_static(const struct location_expr *tree)
{
	const struct location_expr *found;

	if (!tree || tree->op == LOCATION_STATIC)
		return tree;
	found = find_static(tree->a);
	return found ? found : find_static(tree->b);
}

static bool is_of_kernel(const struct probe_context *context)
{
	return context->user_program && context->user_program->is_kernel;
}

/* The address of a symbol of the kernel itself. */
static struct expr *symbol_expr(struct sema *sema, struct span span,
				const char *name)
{
	return target_expr(sema, span, (struct target){
		.kind = TARGET_LOCATION,
		.location = location_leaf(sema->arena, LOCATION_STATIC, 0),
		.anchor = arena_printf(sema->arena, "symbol:::%s", name) });
}

/* How far the copy of the current processor is from where the symbol says. */
static struct expr *own_copy(struct sema *sema, struct span span)
{
	struct expr *offsets = symbol_expr(sema, span, "__per_cpu_offset");

	return call_expr(sema, span, "__per_cpu_here", &offsets, 1);
}

/* Where the kernel's data is, a symbol near it tells where the script runs.
 * NULL, or why that cannot be. */
static const char *set_anchor(struct sema *sema, struct span span,
			      const struct probe_context *context,
			      const struct location_expr *tree,
			      struct target *target)
{
	const struct user_program *user = context->user_program;
	uint64_t address = (uint64_t)find_static(tree)->number;
	struct program_anchor anchor;
	const char *id;

	if (program_is_per_cpu(user->program, address))
		target->base = own_copy(sema, span);
	if (!program_find_anchor(user->program, address, &anchor))
		return "no symbol tells where it is";
	target->address = address - anchor.offset;
	id = program_build_id(user->program);
	target->anchor = arena_printf(sema->arena, "symbol:%s:%s:%s",
				      id ? id : "",
				      user->module ? user->module : "",
				      anchor.symbol);
	return NULL;
}

/* ---- trees ---- */

/* Why the tree means nothing where the probe stands; or NULL. */
static const char *why_not(const struct probe_context *context,
			   const struct location_expr *tree)
{
	if (location_has(tree, LOCATION_DIV) || location_has(tree, LOCATION_MOD))
		return "its place is worked out by a division, which is not "
		       "supported";
	if (location_has(tree, LOCATION_TLS) && context->running)
		return "it is local to threads: it can be read where a process "
		       "probe stands in that program";
	if (location_has(tree, LOCATION_TLS) && !context->has_tls &&
	    (!context->tls_cell || (!context->address && !context->entry)))
		return "it is local to threads in a library, whose place only "
		       "the program knows";
	if (location_has(tree, LOCATION_STATIC) && !context->address &&
	    !context->entry && !context->running && !is_of_kernel(context))
		return "it has one place for the whole program, which is not "
		       "known where this probe stands";
	return NULL;
}

struct expr *location_tree(struct sema *sema, struct span span,
			   const struct probe_context *context,
			   const struct location_expr *tree,
			   const char **ret_reason)
{
	struct expr *expr = expr_create(sema->arena, EXPR_TARGET, span);
	struct target *target = arena_new(sema->arena, struct target);
	int bad = bad_register(tree), number = begin_register(tree);
	struct expr *begin = NULL;

	*ret_reason = NULL;
	if (number != -1 && bad == -2 && !context->at_begin) {
		begin = begin_value(sema, span, context, number);
		if (!begin)
			*ret_reason = "only the begin of the function knows "
				      "it";
	}
	if (bad != -2)
		*ret_reason = arena_printf(sema->arena, "it is in register %d, "
					   "which a probe does not see", bad);
	else if (!*ret_reason)
		*ret_reason = why_not(context, tree);
	if (*ret_reason)
		return NULL;
	expr->type = TYPE_LONG;
	expr->text = "";
	expr->ref = target;
	target->kind = TARGET_LOCATION;
	target->begin = begin;
	target->location = tree;
	target->address = context->address;
	target->user = context->user;
	if (location_has(tree, LOCATION_TLS))
		target->base = thread_block(sema, span, context);
	else if (location_has(tree, LOCATION_STATIC) && is_of_kernel(context))
		*ret_reason = set_anchor(sema, span, context, tree, target);
	else if (location_has(tree, LOCATION_STATIC) && context->running)
		target->base = running_bias(sema, span, context);
	else if (location_has(tree, LOCATION_STATIC) && !context->address)
		target->base = entry_bias(sema, span, context->entry->context);
	return *ret_reason ? NULL : expr;
}

/* ---- parts of variables ---- */

/* @count bits from bit @from of a number. */
static struct location_expr *cut(struct arena *arena, struct location_expr *expr,
				 uint64_t from, uint32_t count)
{
	if (from)
		expr = location_binary(arena, LOCATION_SHR, expr,
				       location_constant(arena, (int64_t)from));
	if (count == 64)
		return expr;
	return location_binary(
		arena, LOCATION_AND, expr,
		location_constant(arena, (int64_t)((1ull << count) - 1)));
}

/* The same in memory. The bytes that hold them are loaded, no others. */
static struct location_expr *load_bits(struct arena *arena,
				       struct location_expr *address,
				       uint64_t from, uint32_t count)
{
	uint64_t end = from + count, byte = from / 8;
	struct location_expr *sum = location_constant(arena, 0), *part;
	uint32_t shift = 0, size;

	for (; byte < (end + 7) / 8; byte += size, shift += 8 * size) {
		uint64_t left = (end + 7) / 8 - byte;

		size = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
		part = location_binary(arena, LOCATION_ADD, address,
				       location_constant(arena, (int64_t)byte));
		part = location_load(arena, part, size, false);
		part = location_binary(arena, LOCATION_SHL, part,
				       location_constant(arena, shift));
		sum = location_binary(arena, LOCATION_OR, sum, part);
	}
	return cut(arena, sum, from % 8, count);
}

static struct location_expr *piece_bits(struct arena *arena,
					const struct location_piece *piece,
					uint64_t from, uint32_t count,
					const char **ret_reason)
{
	from += piece->bit_offset;
	if (piece->kind == LOCATION_NONE || !piece->expr)
		*ret_reason = "it is optimised out here, in part";
	else if (from + count > 64 && (piece->kind != LOCATION_PLACE ||
				       from % 8 + count > 64))
		*ret_reason = "it lies in a register that is larger than a "
			      "number";
	if (*ret_reason)
		return NULL;
	return piece->kind == LOCATION_PLACE ?
		       load_bits(arena, piece->expr, from, count) :
		       cut(arena, piece->expr, from, count);
}

/* @count bits, 64 at most, from bit @from of a variable. */
static struct location_expr *bits_of(struct arena *arena,
				     const struct location *location,
				     uint64_t from, uint32_t count,
				     const char **ret_reason)
{
	const struct location_piece whole = {
		.kind = location->kind, .expr = (struct location_expr *)location->expr,
		.bit_size = 64,
	};
	bool in_pieces = location->kind == LOCATION_PIECES;
	const struct location_piece *pieces = in_pieces ? location->pieces :
							  &whole;
	struct location_expr *sum = location_constant(arena, 0), *part;
	uint64_t at = 0, end = from + count;

	for (size_t i = 0; i < (in_pieces ? location->piece_count : 1); i++) {
		uint64_t low = from > at ? from : at;
		uint64_t next = at + pieces[i].bit_size;
		uint64_t high = end < next ? end : next;

		if (low < high) {
			part = piece_bits(arena, &pieces[i], low - at,
					  (uint32_t)(high - low), ret_reason);
			if (!part)
				return NULL;
			part = location_binary(arena, LOCATION_SHL, part,
				location_constant(arena, (int64_t)(low - from)));
			sum = location_binary(arena, LOCATION_OR, sum, part);
		}
		at = next;
	}
	if (at >= end)
		return sum;
	*ret_reason = "it is larger than what the debug information says "
		      "of it";
	return NULL;
}

/* A value in pieces, of 64 bits at most, put together. */
static const struct location_expr *join(struct arena *arena,
					const struct location *location,
					const char **ret_reason)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < location->piece_count; i++)
		bits += location->pieces[i].bit_size;
	if (bits <= 64)
		return bits_of(arena, location, 0, (uint32_t)bits, ret_reason);
	*ret_reason = "it lies in pieces at several places: ask for its "
		      "members";
	return NULL;
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
		tree = join(sema->arena, location, ret_reason);
	if (*ret_reason)
		return NULL;
	return location_tree(sema, span, context, tree, ret_reason);
}

struct expr *location_member(struct sema *sema, struct span span,
			     const struct probe_context *context,
			     const struct location *location,
			     const struct access_plan *plan,
			     struct access_plan **ret_rest,
			     const char **ret_reason)
{
	struct arena *arena = sema->arena;
	struct location_expr *tree, *shift;
	uint32_t count;
	uint64_t from;

	*ret_reason = NULL;
	*ret_rest = access_in_registers(arena, plan, &from, &count, ret_reason);
	if (!*ret_rest)
		return NULL;
	tree = bits_of(arena, location, from, count, ret_reason);
	if (!tree)
		return NULL;
	if (plan->is_signed && (*ret_rest)->end == ACCESS_VALUE && count < 64) {
		shift = location_constant(arena, 64 - count);
		tree = location_binary(arena, LOCATION_SHL, tree, shift);
		tree = location_binary(arena, LOCATION_SRA, tree, shift);
	}
	return location_tree(sema, span, context, tree, ret_reason);
}

/* ---- registers by their DWARF numbers ---- */

void register_resolve(struct sema *sema, struct scope *scope,
		      struct expr **slot)
{
	struct expr *expr = *slot, *value = NULL;
	const struct probe_context *context =
		scope->probe ? scope->probe->instance->context : NULL;
	bool user = expr->text[0] == 'u';
	const char *reason = NULL;
	int64_t number;

	resolve_one(sema, scope, &expr->a);
	if (!expr_constant(expr->a, &number))
		reason = "its number must be a constant";
	else if (!context || !context->has_registers)
		reason = "only handlers of probes of functions, statements "
			 "and markers see registers";
	else if (context->user != user)
		reason = user ? "this is code of the kernel: see @kregister" :
				"this is code of a program: see @uregister";
	else
		value = location_tree(sema, expr->span, context,
				      location_leaf(sema->arena,
						    LOCATION_REGISTER, number),
				      &reason);
	if (!value) {
		diag_report(sema->diag, DIAG_register_unknown, expr->span,
			    expr->text, reason);
		expr_poison(expr);
		return;
	}
	*slot = value;
}
