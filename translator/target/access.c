/*
 * Paths over types. A plan is built step by step: it stands either on a value
 * (the number at hand is the variable) or on a place (the number is where the
 * variable lies); finish() then says what to load.
 */
#include "translator/target/access.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/diag/diag.h"

enum { NAMES_SHOWN = 12, NAMES_LOOKED_AT = 1000, DEEPEST = 8 };

struct access_bits access_bit_field(uint64_t struct_size, uint64_t bit_offset,
				    uint32_t bit_size)
{
	struct access_bits bits;
	uint64_t offset = bit_offset / 8;

	if (struct_size >= 8 && offset > struct_size - 8)
		offset = struct_size - 8;
	bits.offset = (int64_t)offset;
	bits.left_shift = (uint32_t)(64 - (bit_offset - 8 * offset) -
				     bit_size) & 63;
	bits.right_shift = (64 - bit_size) & 63;
	return bits;
}

/* ---- one step ---- */

static struct access_step *add_step(struct arena *arena,
				    struct access_plan *plan,
				    enum access_op op)
{
	struct access_step *step = vec_push(arena, &plan->steps);

	step->op = op;
	step->variable = -1;
	return step;
}

/* After this the current address is what the pointer points to. */
static void go_through_pointer(struct arena *arena, struct access_plan *plan)
{
	if (plan->is_place)
		add_step(arena, plan, ACCESS_DEREF)->size =
			(uint32_t)plan->type->size;
	plan->type = ctype_target(plan->type);
	plan->is_place = true;
	plan->root = NULL;
}

/* The name by which the runner finds a struct again. */
static const char *root_name(const struct ctype *type)
{
	if (!type->source->relocatable)
		return NULL;
	return type->name ? type->name : type->alias;
}

/* Begins a run of embedded members at the current struct. */
static void begin_run(struct arena *arena, struct access_plan *plan)
{
	struct access_step *step = add_step(arena, plan, ACCESS_FIELD);

	step->path = root_name(plan->type);
	plan->root = plan->type;
	plan->root_bits = 0;
}

static void enter_member(struct arena *arena, struct access_plan *plan,
			 const struct ctype_member *member)
{
	struct access_step *step;

	if (!plan->root)
		begin_run(arena, plan);
	step = &plan->steps.items[plan->steps.count - 1];
	plan->root_bits += member->bit_offset;
	step->offset = (int64_t)(plan->root_bits / 8);
	if (step->path && member->name)
		step->path = arena_printf(arena, "%s.%s", step->path,
					  member->name);
	plan->type = member->type;
	plan->bit_size = 0;
	if (plan->type->kind == CTYPE_INT || plan->type->kind == CTYPE_ENUM)
		plan->bit_size = member->bit_size;
}

static struct access_step *enter_element(struct arena *arena,
					 struct access_plan *plan)
{
	struct access_step *step;

	if (plan->type->kind == CTYPE_POINTER)
		go_through_pointer(arena, plan);
	else
		plan->type = ctype_target(plan->type);
	plan->root = NULL;
	step = add_step(arena, plan, ACCESS_INDEX);
	step->element_size = (int64_t)plan->type->size;
	return step;
}

/* Says how the value at the end is got. */
static void finish(struct access_plan *plan)
{
	struct ctype *type = plan->type;
	struct access_step *last = plan->steps.count ?
		&plan->steps.items[plan->steps.count - 1] : NULL;

	plan->size = (uint32_t)type->size;
	plan->is_signed = type->is_signed;
	if (plan->is_place && plan->bit_size && last) {
		struct access_bits bits = access_bit_field(plan->root->size,
							   plan->root_bits,
							   plan->bit_size);

		plan->end = ACCESS_BITS;
		last->offset = bits.offset;
		plan->left_shift = bits.left_shift;
		plan->right_shift = bits.right_shift;
	} else if (!plan->is_place) {
		plan->end = ACCESS_VALUE;
	} else if ((ctype_is_scalar(type) || type->kind == CTYPE_FLOAT) &&
		   (plan->size == 1 || plan->size == 2 || plan->size == 4 ||
		    plan->size == 8)) {
		plan->end = ACCESS_LOAD;
	} else {
		plan->end = ACCESS_ADDRESS;
	}
	if (plan->end == ACCESS_VALUE && plan->size != 1 && plan->size != 2 &&
	    plan->size != 4)
		plan->size = 8;
}

/* ---- sentences ---- */

struct name_list {
	const char *names[NAMES_LOOKED_AT];
	size_t count;
	size_t looked_at;	/* members, unnamed ones too */
};

/* Names of members, those within unnamed ones too. */
static void collect_names(struct ctype *type, int depth,
			  struct name_list *list)
{
	size_t count;
	struct ctype_member *members = ctype_members(type, &count);

	for (size_t i = 0; i < count; i++) {
		if (list->looked_at++ >= NAMES_LOOKED_AT)
			return;
		if (members[i].name)
			list->names[list->count++] = members[i].name;
		else if (depth < DEEPEST)
			collect_names(members[i].type, depth + 1, list);
	}
}

static const char *no_member(struct arena *arena, struct ctype *type,
			     const char *name)
{
	struct name_list *list = arena_new(arena, struct name_list);
	struct buf text = { 0 };
	const char *near;

	if (type->is_incomplete)
		return arena_printf(arena, "the members of %s are not known",
				    ctype_text(type));
	collect_names(type, 0, list);
	buf_printf(&text, "%s has no member '%s'", ctype_text(type), name);
	near = diag_nearest(name, list->names, list->count);
	if (near)
		buf_printf(&text, "; did you mean '%s'?", near);
	else
		buf_puts(&text, ".");
	for (size_t i = 0; i < list->count && i < NAMES_SHOWN; i++)
		buf_printf(&text, "%s%s", i ? ", " : " It has: ",
			   list->names[i]);
	if (list->count > NAMES_SHOWN)
		buf_puts(&text, ", ...");
	return buf_take(&text, arena);
}

static const char *no_struct(struct arena *arena, struct ctype *type,
			     const char *name)
{
	return arena_printf(arena, "'%s' is asked of %s, which is neither a "
			    "struct nor a pointer to one", name,
			    ctype_text(type));
}

static const char *no_array(struct arena *arena, struct ctype *type)
{
	return arena_printf(arena, "%s is neither an array nor a pointer to "
			    "something of known size", ctype_text(type));
}

/* ---- whole paths ---- */

static bool is_aggregate(const struct ctype *type)
{
	return type->kind == CTYPE_STRUCT || type->kind == CTYPE_UNION;
}

/* NULL, or what is wrong with this item here. */
static const char *add_member(struct arena *arena, struct access_plan *plan,
			      const char *name)
{
	struct ctype_member member;
	struct ctype *type = plan->type;

	if (type->kind == CTYPE_POINTER && !plan->bit_size) {
		if (!is_aggregate(ctype_target(type)))
			return no_struct(arena, type, name);
		go_through_pointer(arena, plan);
	}
	if (!is_aggregate(plan->type) || !plan->is_place)
		return no_struct(arena, type, name);
	if (!ctype_find_member(plan->type, name, &member))
		return no_member(arena, plan->type, name);
	enter_member(arena, plan, &member);
	return NULL;
}

static bool can_index(struct access_plan *plan)
{
	struct ctype *type = plan->type;

	return (type->kind == CTYPE_POINTER ||
		(type->kind == CTYPE_ARRAY && plan->is_place)) &&
	       ctype_target(type)->size;
}

static const char *add_item(struct arena *arena, struct access_plan *plan,
			    const struct access_item *item)
{
	struct access_step *step;

	if (item->kind == ACCESS_MEMBER)
		return add_member(arena, plan, item->name);
	if (!can_index(plan))
		return no_array(arena, plan->type);
	step = enter_element(arena, plan);
	if (item->kind == ACCESS_VARIABLE)
		step->variable = (int)item->index;
	else
		step->offset = (int64_t)((uint64_t)item->index *
					 (uint64_t)step->element_size);
	return NULL;
}

/* Numbers that no number of the language holds: long double, __int128. */
static const char *too_large(struct arena *arena,
			     const struct access_plan *plan)
{
	struct ctype *type = plan->type;

	if ((type->kind != CTYPE_FLOAT && type->kind != CTYPE_INT) ||
	    type->size <= 8)
		return NULL;
	return arena_printf(arena, "it is a '%s' of %llu bytes, which no number "
			    "of the language holds", ctype_text(type),
			    (unsigned long long)type->size);
}

struct access_plan *access_resolve(struct arena *arena, struct ctype *type,
				   enum access_base base,
				   const struct access_item *items,
				   size_t item_count,
				   const char **ret_reason)
{
	struct access_plan *plan = arena_new(arena, struct access_plan);

	plan->type = type;
	plan->is_place = base == ACCESS_BASE_PLACE;
	*ret_reason = NULL;
	for (size_t i = 0; i < item_count; i++) {
		*ret_reason = add_item(arena, plan, &items[i]);
		if (*ret_reason)
			return NULL;
	}
	finish(plan);
	*ret_reason = too_large(arena, plan);
	return *ret_reason ? NULL : plan;
}

bool access_take_address(struct access_plan *plan, const char **ret_reason)
{
	switch (plan->end) {
	case ACCESS_VALUE:
		*ret_reason = "a value that is not in memory has no address";
		return false;
	case ACCESS_BITS:
		*ret_reason = "a bit-field has no address";
		return false;
	case ACCESS_LOAD:
	case ACCESS_ADDRESS:
		break;
	}
	plan->end = ACCESS_ADDRESS;
	plan->type = ctype_pointer_to(plan->type);
	plan->is_place = false;
	return true;
}

/* ---- going on from a plan ---- */

static struct access_plan *copy_plan(struct arena *arena,
				     const struct access_plan *plan)
{
	struct access_plan *copy = arena_new(arena, struct access_plan);

	*copy = *plan;
	memset(&copy->steps, 0, sizeof(copy->steps));
	for (size_t i = 0; i < plan->steps.count; i++)
		*vec_push(arena, &copy->steps) = plan->steps.items[i];
	return copy;
}

/* The bits at the end of a plan that goes through no pointer; their number, or
 * 0 with a reason. */
static uint32_t final_bits(const struct access_plan *plan, uint64_t *from,
			   const char **ret_reason)
{
	switch (plan->end) {
	case ACCESS_LOAD:
		return 8 * plan->size;
	case ACCESS_BITS:
		*from += plan->right_shift - plan->left_shift;
		return 64 - plan->right_shift;
	case ACCESS_VALUE:
	case ACCESS_ADDRESS:
		break;
	}
	*ret_reason = "it is a structure in registers, which have no address: "
		      "ask for its members";
	return 0;
}

struct access_plan *access_in_registers(struct arena *arena,
					const struct access_plan *plan,
					uint64_t *ret_from, uint32_t *ret_count,
					const char **ret_reason)
{
	struct access_plan *rest = copy_plan(arena, plan);
	uint64_t from = 0;
	size_t i;

	rest->steps.count = 0;
	for (i = 0; i < plan->steps.count; i++) {
		const struct access_step *step = &plan->steps.items[i];

		if (step->op == ACCESS_DEREF)
			break;
		if (step->variable >= 0) {
			*ret_reason = "it lies in registers, where only "
				      "constants are indexes";
			return NULL;
		}
		from += 8 * (uint64_t)step->offset;
	}
	if (i == plan->steps.count) {
		*ret_count = final_bits(plan, &from, ret_reason);
		rest->end = ACCESS_VALUE;
	} else {
		*ret_count = 8 * plan->steps.items[i].size;
		while (++i < plan->steps.count)
			*vec_push(arena, &rest->steps) = plan->steps.items[i];
	}
	*ret_from = from;
	if (*ret_count < 8 * plan->size && rest->end == ACCESS_VALUE)
		rest->size = 8;
	return *ret_count ? rest : NULL;
}

struct access_plan *access_to_member(struct arena *arena,
				     const struct access_plan *plan,
				     const struct ctype_member *member)
{
	struct access_plan *next = copy_plan(arena, plan);

	if (next->type->kind == CTYPE_POINTER)
		go_through_pointer(arena, next);
	if (!is_aggregate(next->type) || !next->is_place)
		return NULL;
	enter_member(arena, next, member);
	finish(next);
	return next;
}

struct access_plan *access_to_element(struct arena *arena,
				      const struct access_plan *plan,
				      int64_t index)
{
	struct access_plan *next = copy_plan(arena, plan);
	struct access_step *step;

	if (!can_index(next))
		return NULL;
	step = enter_element(arena, next);
	step->offset = index * step->element_size;
	finish(next);
	return next;
}
