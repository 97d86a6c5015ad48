/* C types: reading on from a node, finding members, printing. */
#include "translator/target/ctype.h"

#include <inttypes.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"

/* Types come from foreign files: nothing nests deeper than this in sane ones,
 * and a search that looks at more nodes than the budget is in a maze. */
enum { DEEPEST = 32, SEARCH_BUDGET = 10000, LONGEST = 4096 };

struct ctype *ctype_void(struct ctype_source *source)
{
	struct ctype *type = arena_new(source->arena, struct ctype);

	type->kind = CTYPE_VOID;
	type->source = source;
	type->has_target = true;
	type->has_members = true;
	return type;
}

struct ctype *ctype_int(struct ctype_source *source, const char *name,
			uint32_t size, bool is_signed)
{
	struct ctype *type = ctype_void(source);

	type->kind = CTYPE_INT;
	type->name = name;
	type->size = size;
	type->is_signed = is_signed;
	return type;
}

struct ctype *ctype_pointer_to(struct ctype *target)
{
	struct ctype *type = ctype_void(target->source);

	type->kind = CTYPE_POINTER;
	type->size = target->source->pointer_size;
	type->target = target;
	return type;
}

struct ctype *ctype_target(struct ctype *type)
{
	if (!type->has_target) {
		type->has_target = true;
		type->source->load_target(type);
	}
	if (!type->target)
		type->target = ctype_void(type->source);
	return type->target;
}

static void load_members(struct ctype *type)
{
	if (type->has_members)
		return;
	type->has_members = true;
	type->source->load_members(type);
}

struct ctype_member *ctype_members(struct ctype *type, size_t *ret_count)
{
	*ret_count = 0;
	if (type->kind != CTYPE_STRUCT && type->kind != CTYPE_UNION &&
	    type->kind != CTYPE_FUNCTION)
		return NULL;
	load_members(type);
	*ret_count = type->member_count;
	return type->members;
}

struct ctype_enumerator *ctype_enumerators(struct ctype *type,
					   size_t *ret_count)
{
	*ret_count = 0;
	if (type->kind != CTYPE_ENUM)
		return NULL;
	load_members(type);
	*ret_count = type->member_count;
	return type->enumerators;
}

const char *ctype_enumerator_name(struct ctype *type, int64_t value)
{
	size_t count;
	struct ctype_enumerator *all = ctype_enumerators(type, &count);

	for (size_t i = 0; i < count; i++)
		if (all[i].value == value)
			return all[i].name;
	return NULL;
}

static bool is_aggregate(const struct ctype *type)
{
	return type->kind == CTYPE_STRUCT || type->kind == CTYPE_UNION;
}

static bool find_member(struct ctype *type, const char *name, int depth,
			int *budget, struct ctype_member *ret_member)
{
	size_t count;
	struct ctype_member *members = ctype_members(type, &count);

	if (depth > DEEPEST)
		return false;
	for (size_t i = 0; i < count && *budget > 0; i++, --*budget) {
		struct ctype_member *member = &members[i];

		if (member->name && strcmp(member->name, name) == 0) {
			*ret_member = *member;
			return true;
		}
		if (member->name || !is_aggregate(member->type))
			continue;
		if (find_member(member->type, name, depth + 1, budget,
				ret_member)) {
			ret_member->bit_offset += member->bit_offset;
			return true;
		}
	}
	return false;
}

bool ctype_find_member(struct ctype *type, const char *name,
		       struct ctype_member *ret_member)
{
	int budget = SEARCH_BUDGET;

	return is_aggregate(type) &&
	       find_member(type, name, 0, &budget, ret_member);
}

bool ctype_is_scalar(const struct ctype *type)
{
	return type->kind == CTYPE_INT || type->kind == CTYPE_ENUM ||
	       type->kind == CTYPE_POINTER;
}

bool ctype_is_text_pointer(struct ctype *type)
{
	return type->kind == CTYPE_POINTER && ctype_target(type)->is_char;
}

static void print_type(struct buf *out, struct ctype *type, int depth);

static void print_tagged(struct buf *out, const struct ctype *type,
			 const char *keyword)
{
	if (type->name)
		buf_printf(out, "%s %s", keyword, type->name);
	else
		buf_printf(out, "%s {...}", keyword);
}

static void print_parameters(struct buf *out, struct ctype *type, int depth)
{
	size_t count;
	struct ctype_member *members = ctype_members(type, &count);

	buf_putc(out, '(');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_puts(out, ", ");
		print_type(out, members[i].type, depth + 1);
	}
	if (type->is_variadic)
		buf_puts(out, count ? ", ..." : "...");
	else if (!count)
		buf_puts(out, "void");
	buf_putc(out, ')');
}

static void print_dimensions(struct buf *out, struct ctype *type)
{
	for (int i = 0; i < DEEPEST && type->kind == CTYPE_ARRAY; i++) {
		if (i && type->alias)
			break;
		if (type->count)
			buf_printf(out, "[%" PRIu64 "]", type->count);
		else
			buf_puts(out, "[]");
		type = ctype_target(type);
	}
}

/* What stands left of the dimensions of an array. */
static struct ctype *element_of_all(struct ctype *type)
{
	for (int i = 0; i < DEEPEST && type->kind == CTYPE_ARRAY; i++) {
		if (i && type->alias)
			break;
		type = ctype_target(type);
	}
	return type;
}

static void print_pointer(struct buf *out, struct ctype *type, int depth)
{
	struct ctype *target = ctype_target(type);

	if (target->alias) {
		print_type(out, target, depth + 1);
		buf_putc(out, '*');
	} else if (target->kind == CTYPE_FUNCTION) {
		print_type(out, ctype_target(target), depth + 1);
		buf_puts(out, "(*)");
		print_parameters(out, target, depth + 1);
	} else if (target->kind == CTYPE_ARRAY) {
		print_type(out, element_of_all(target), depth + 1);
		buf_puts(out, "(*)");
		print_dimensions(out, target);
	} else {
		print_type(out, target, depth + 1);
		buf_putc(out, '*');
	}
}

static void print_plain(struct buf *out, struct ctype *type, int depth)
{
	switch (type->kind) {
	case CTYPE_VOID:
		buf_puts(out, "void");
		break;
	case CTYPE_INT:
	case CTYPE_FLOAT:
		buf_puts(out, type->name ? type->name : "?");
		break;
	case CTYPE_POINTER:
		print_pointer(out, type, depth);
		break;
	case CTYPE_ARRAY:
		print_type(out, element_of_all(type), depth + 1);
		print_dimensions(out, type);
		break;
	case CTYPE_STRUCT:
		print_tagged(out, type, "struct");
		break;
	case CTYPE_UNION:
		print_tagged(out, type, "union");
		break;
	case CTYPE_ENUM:
		print_tagged(out, type, "enum");
		break;
	case CTYPE_FUNCTION:
		print_type(out, ctype_target(type), depth + 1);
		print_parameters(out, type, depth + 1);
		break;
	}
}

static void print_type(struct buf *out, struct ctype *type, int depth)
{
	if (depth > DEEPEST || out->length > LONGEST) {
		buf_putc(out, '?');
		return;
	}
	if (type->alias)
		buf_puts(out, type->alias);
	else
		print_plain(out, type, depth);
	if (type->is_const)
		buf_puts(out, " const");
	if (type->is_volatile)
		buf_puts(out, " volatile");
}

void ctype_print(struct buf *out, struct ctype *type)
{
	struct buf text = { 0 };

	print_type(&text, type, 0);
	buf_write(out, buf_text(&text), text.length);
	buf_free(&text);
}

const char *ctype_text(struct ctype *type)
{
	struct buf out = { 0 };

	ctype_print(&out, type);
	return buf_take(&out, type->source->arena);
}

bool ctype_is_user(const struct ctype *type)
{
	return type->source && type->source->user;
}
