/*
 * Many probes on one event become one.
 *
 * "syscall.*" is hundreds of aliases of the same tracepoint; each tests at its
 * begin whether the event is its own ("if (...) next") and sets variables. As
 * programs of their own they would all be run at each event. Here those that
 * come from one probe of the script and stand on one event are joined:
 *
 *	if (the first's) { set its variables }
 *	else if (the second's) { set its variables }
 *	else next
 *	the handler
 *
 * so the handler is compiled once and the tests are one switch. Joined are only
 * probes that give the handler the same variables, of the same type as far as
 * it can be seen before types are inferred; other variables of an alias are
 * renamed apart.
 */
#include "translator/sema/sema.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"

enum {
	/* Expressions joined in one program: the branches of a BPF program
	 * reach 32767 instructions, and what is large compiles slowly. */
	MOST_WORK = 500,
};

struct names {
	struct map set;		/* name -> itself */
	struct arena *arena;
};

static void note_symbol(struct expr **expr, void *context)
{
	struct names *names = context;

	if ((*expr)->kind == EXPR_SYMBOL)
		map_put(names->arena, &names->set, (*expr)->text,
			(void *)(*expr)->text);
}

/* What a value looks like before inference: 's' text, 'l' number, '?'. */
static char guess_type(struct sema *sema, const struct expr *expr)
{
	const struct function *f;

	if (expr->kind == EXPR_STRING ||
	    (expr->kind == EXPR_PRINT && expr->text[0] == 's'))
		return 's';
	if (expr->kind == EXPR_BINARY)
		return expr->op == OP_CAT ? 's' : 'l';
	if (expr->kind == EXPR_NUMBER || expr->kind == EXPR_UNARY ||
	    expr->kind == EXPR_TARGET || expr->kind == EXPR_ACCESS)
		return 'l';
	if (expr->kind != EXPR_CALL)
		return '?';
	f = sema_function(sema, expr->text, expr->list.items.count,
			  expr->span);
	return !f || f->decl->type == TYPE_UNKNOWN ? '?' :
	       f->decl->type == TYPE_STRING ? 's' : 'l';
}

struct assigned {
	struct sema *sema;
	struct map types;	/* name -> its guess, as a text of one letter */
};

static void note_assigned(struct expr **slot, void *context)
{
	struct assigned *assigned = context;
	const struct expr *expr = *slot;
	char letter;

	if (expr->kind != EXPR_ASSIGN || expr->a->kind != EXPR_SYMBOL)
		return;
	letter = expr->op == OP_NONE ? guess_type(assigned->sema, expr->b) :
				       '?';
	map_put(assigned->sema->arena, &assigned->types, expr->a->text,
		arena_strndup(assigned->sema->arena, &letter, 1));
}

static struct stmt *prologue_of(const struct probe *probe)
{
	return probe->body->block.items.items[0];
}

static struct stmt *handler_of(const struct probe *probe)
{
	return probe->body->block.items.items[1];
}

/* "if (condition) next" at the begin of the prologue, or NULL. */
static struct stmt *guard_of(const struct probe *probe)
{
	const struct stmt *prologue;
	struct stmt *first;
	const struct stmt *then;

	if (!probe->alias || probe->condition || probe->alias->epilogue ||
	    !probe->instance->kind || probe->body->block.items.count != 2)
		return NULL;
	prologue = prologue_of(probe);
	if (prologue->kind != STMT_BLOCK || !prologue->block.items.count)
		return NULL;
	first = prologue->block.items.items[0];
	if (first->kind != STMT_IF || first->other)
		return NULL;
	then = first->body;
	if (then->kind == STMT_BLOCK && then->block.items.count == 1)
		then = then->block.items.items[0];
	return then->kind == STMT_NEXT ? first : NULL;
}

/* Probes with equal texts here can be joined. */
static const char *signature(struct sema *sema, struct probe *probe,
			     struct assigned *assigned)
{
	struct names mentioned = { .arena = sema->arena };
	struct buf out = { 0 };

	stmt_walk(handler_of(probe), note_symbol, &mentioned);
	stmt_walk(prologue_of(probe), note_assigned, assigned);
	buf_printf(&out, "%p %s", (void *)probe->decl, probe->instance->kind);
	for (size_t i = 0; i < probe->instance->pairs.count; i++)
		buf_printf(&out, " %s=%s", probe->instance->pairs.items[i].key,
			   probe->instance->pairs.items[i].value);
	for (size_t i = 0; i < mentioned.set.count; i++) {
		const char *name = mentioned.set.entries[i].key;
		const char *guess = map_get(&assigned->types, name);

		if (guess)
			buf_printf(&out, " %s:%s", name, guess);
	}
	return buf_take(&out, sema->arena);
}

struct renaming {
	struct arena *arena;
	const struct map *assigned;
	const struct names *mentioned;
	size_t number;
};

static void rename_symbol(struct expr **slot, void *context)
{
	const struct renaming *renaming = context;
	struct expr *expr = *slot;

	if (expr->kind == EXPR_SYMBOL &&
	    map_get(renaming->assigned, expr->text) &&
	    !map_get(&renaming->mentioned->set, expr->text))
		expr->text = arena_printf(renaming->arena, "%s.%zu",
					  expr->text, renaming->number);
}

/* Variables of the alias that the handler does not see get their own names. */
static void rename_apart(struct sema *sema, struct probe *probe, size_t number)
{
	struct assigned assigned = { .sema = sema };
	struct names mentioned = { .arena = sema->arena };
	struct renaming renaming = { sema->arena, &assigned.types, &mentioned,
				     number };

	stmt_walk(handler_of(probe), note_symbol, &mentioned);
	stmt_walk(prologue_of(probe), note_assigned, &assigned);
	stmt_walk(prologue_of(probe), rename_symbol, &renaming);
}

/* if (!guard) { rest of the prologue } */
static struct stmt *branch_of(struct sema *sema, struct probe *probe)
{
	struct stmt *guard = guard_of(probe);
	struct stmt *prologue = prologue_of(probe);
	struct stmt *branch = stmt_create(sema->arena, STMT_IF, guard->span);
	struct expr *own = expr_create(sema->arena, EXPR_UNARY,
				       guard->expr->span);

	own->op = OP_NOT;
	own->a = guard->expr;
	branch->expr = own;
	branch->body = stmt_create(sema->arena, STMT_BLOCK, prologue->span);
	for (size_t i = 1; i < prologue->block.items.count; i++)
		*vec_push(sema->arena, &branch->body->block.items) =
			prologue->block.items.items[i];
	return branch;
}

static void count_one(struct expr **expr, void *context)
{
	(void)expr;
	++*(int *)context;
}

/* Expressions of the prologue that the handler needs, going backwards from
 * the variables that it mentions. */
static int work_of(struct sema *sema, struct probe *probe)
{
	const struct stmt *prologue = prologue_of(probe);
	struct names needed = { .arena = sema->arena };
	int work = 4;

	stmt_walk(handler_of(probe), note_symbol, &needed);
	for (size_t i = prologue->block.items.count; i-- > 1;) {
		struct stmt *stmt = prologue->block.items.items[i];
		const struct expr *expr = stmt->expr;

		if (stmt->kind == STMT_EXPR && expr->kind == EXPR_ASSIGN &&
		    expr->a->kind == EXPR_SYMBOL &&
		    !map_get(&needed.set, expr->a->text))
			continue;
		stmt_walk(stmt, note_symbol, &needed);
		stmt_walk(stmt, count_one, &work);
	}
	return work;
}

struct group {
	VEC(struct probe *) probes;
};

/* Joins those from @from up to, not including, @to. */
static void join(struct sema *sema, struct group *group, size_t from, size_t to)
{
	struct probe *first = group->probes.items[from];
	struct stmt *block = stmt_create(sema->arena, STMT_BLOCK, first->span);
	struct stmt *chain = stmt_create(sema->arena, STMT_NEXT, first->span);

	for (size_t i = to; i-- > from;) {
		struct probe *probe = group->probes.items[i];
		struct stmt *branch;

		rename_apart(sema, probe, i);
		branch = branch_of(sema, probe);
		branch->other = chain;
		chain = branch;
	}
	*vec_push(sema->arena, &block->block.items) = chain;
	*vec_push(sema->arena, &block->block.items) = handler_of(first);
	first->body = block;
	for (size_t i = from + 1; i < to; i++)
		group->probes.items[i]->instance = NULL;
}

/* As many at a time as make a program of bearable size. */
static void join_all(struct sema *sema, struct group *group)
{
	size_t from = 0;
	int work = 0;

	for (size_t i = 0; i < group->probes.count; i++) {
		int more = work_of(sema, group->probes.items[i]);

		if (i > from && work + more > MOST_WORK) {
			join(sema, group, from, i);
			from = i;
			work = 0;
		}
		work += more;
	}
	if (from < group->probes.count)
		join(sema, group, from, group->probes.count);
}

void sema_merge(struct sema *sema)
{
	struct map groups = { 0 };
	size_t kept = 0;

	for (size_t i = 0; i < sema->probes.count; i++) {
		struct probe *probe = sema->probes.items[i];
		struct assigned assigned = { .sema = sema };
		struct group *group;
		const char *key;

		if (!guard_of(probe))
			continue;
		key = signature(sema, probe, &assigned);
		group = map_get(&groups, key);
		if (!group) {
			group = arena_new(sema->arena, struct group);
			map_put(sema->arena, &groups, key, group);
		}
		*vec_push(sema->arena, &group->probes) = probe;
	}
	for (size_t i = 0; i < groups.count; i++)
		join_all(sema, groups.entries[i].value);
	for (size_t i = 0; i < sema->probes.count; i++)
		if (sema->probes.items[i]->instance)
			sema->probes.items[kept++] = sema->probes.items[i];
	sema->probes.count = kept;
}
