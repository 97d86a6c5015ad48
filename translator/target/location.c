/* Trees that say where a variable is. */
#include "translator/target/location.h"

#include "translator/base/arena.h"

struct location_expr *location_leaf(struct arena *arena, enum location_op op,
				    int64_t number)
{
	struct location_expr *expr = arena_new(arena, struct location_expr);

	expr->op = op;
	expr->number = number;
	return expr;
}

struct location_expr *location_constant(struct arena *arena, int64_t number)
{
	return location_leaf(arena, LOCATION_CONSTANT, number);
}

struct location_expr *location_load(struct arena *arena,
				    struct location_expr *address, uint32_t size,
				    bool is_signed)
{
	struct location_expr *expr = location_leaf(arena, LOCATION_LOAD, 0);

	expr->a = address;
	expr->size = size;
	expr->is_signed = is_signed;
	return expr;
}

static int64_t divide(int64_t a, int64_t b)
{
	if (!b)
		return 0;
	return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

static int64_t shift_right(int64_t a, uint64_t by)
{
	if (by > 63)
		return a < 0 ? -1 : 0;
	return a >> by;
}

/* Numbers wrap, so the sums are of unsigned numbers. */
static int64_t work_out(enum location_op op, int64_t x, int64_t y)
{
	uint64_t a = (uint64_t)x, b = (uint64_t)y;

	switch (op) {
	case LOCATION_ADD:
		return (int64_t)(a + b);
	case LOCATION_SUB:
		return (int64_t)(a - b);
	case LOCATION_MUL:
		return (int64_t)(a * b);
	case LOCATION_DIV:
		return divide(x, y);
	case LOCATION_MOD:
		return b ? (int64_t)(a % b) : 0;
	case LOCATION_AND:
		return (int64_t)(a & b);
	case LOCATION_OR:
		return (int64_t)(a | b);
	case LOCATION_XOR:
		return (int64_t)(a ^ b);
	case LOCATION_SHL:
		return b > 63 ? 0 : (int64_t)(a << b);
	case LOCATION_SHR:
		return b > 63 ? 0 : (int64_t)(a >> b);
	case LOCATION_SRA:
		return shift_right(x, b);
	case LOCATION_NEG:
		return (int64_t)(0 - a);
	case LOCATION_NOT:
		return (int64_t)~a;
	case LOCATION_EQ:
		return x == y;
	case LOCATION_NE:
		return x != y;
	case LOCATION_LT:
		return x < y;
	case LOCATION_LE:
		return x <= y;
	case LOCATION_GT:
		return x > y;
	case LOCATION_GE:
		return x >= y;
	case LOCATION_CONSTANT:
	case LOCATION_REGISTER:
	case LOCATION_STATIC:
	case LOCATION_TLS:
	case LOCATION_ENTRY:
	case LOCATION_LOAD:
		break;
	}
	return 0;
}

static bool is_constant(const struct location_expr *expr)
{
	return expr->op == LOCATION_CONSTANT;
}

/* A sum of an address and a constant stays one: x + 8 - 3 is x + 5, and an
 * address in the file moves by itself. */
static struct location_expr *add_constant(struct arena *arena,
					  struct location_expr *a, int64_t by)
{
	struct location_expr *sum;

	if (!by)
		return a;
	if (a->op == LOCATION_STATIC || a->op == LOCATION_TLS)
		return location_leaf(arena, a->op,
				     work_out(LOCATION_ADD, a->number, by));
	if (a->op == LOCATION_ADD && is_constant(a->b))
		return add_constant(arena, a->a,
				    work_out(LOCATION_ADD, a->b->number, by));
	sum = location_leaf(arena, LOCATION_ADD, 0);
	sum->a = a;
	sum->b = location_constant(arena, by);
	return sum;
}

struct location_expr *location_binary(struct arena *arena, enum location_op op,
				      struct location_expr *a,
				      struct location_expr *b)
{
	struct location_expr *expr;

	if (is_constant(a) && (!b || is_constant(b)))
		return location_constant(arena, work_out(op, a->number,
							 b ? b->number : 0));
	if (op == LOCATION_ADD && is_constant(b))
		return add_constant(arena, a, b->number);
	if (op == LOCATION_ADD && is_constant(a))
		return add_constant(arena, b, a->number);
	if (op == LOCATION_SUB && is_constant(b))
		return add_constant(arena, a, work_out(LOCATION_NEG, b->number, 0));
	expr = location_leaf(arena, op, 0);
	expr->a = a;
	expr->b = b;
	return expr;
}

bool location_has(const struct location_expr *tree, enum location_op op)
{
	return tree && (tree->op == op || location_has(tree->a, op) ||
			location_has(tree->b, op));
}
