/* "$x$": a walk over the type that writes the format and notes the leaves. */
#include "translator/target/pretty.h"

#include "translator/base/arena.h"
#include "translator/base/buf.h"

/* A walk that meets more nodes than this is in a damaged web of types. */
enum { DEEPEST = 16, NODE_BUDGET = 10000 };

struct walk {
	struct arena *arena;
	struct pretty_plan *plan;
	struct buf format;
	size_t shortest;	/* characters that the text surely has so far */
	size_t text_limit;
	bool is_deep;		/* "$$": texts are shown at every level */
	int budget;		/* nodes that may still be looked at */
};

static bool is_full(const struct walk *walk)
{
	return walk->shortest > walk->text_limit || walk->budget <= 0;
}

static void put(struct walk *walk, const char *text)
{
	for (; *text; text++) {
		if (*text == '%')
			buf_putc(&walk->format, '%');
		buf_putc(&walk->format, *text);
		walk->shortest++;
	}
}

static void put_leaf(struct walk *walk, enum pretty_kind kind,
		     const struct access_plan *access, const char *directive)
{
	struct pretty_leaf *leaf = vec_push(walk->arena, &walk->plan->leaves);

	leaf->kind = kind;
	leaf->plan = (struct access_plan *)access;
	leaf->size = access->type->size;
	buf_puts(&walk->format, directive);
	walk->shortest++;
}

static void put_text(struct walk *walk, enum pretty_kind kind,
		     const struct access_plan *access)
{
	put(walk, "\"");
	put_leaf(walk, kind, access, "%#s");
	put(walk, "\"");
}

static void show(struct walk *walk, const struct access_plan *access,
		 int levels, int depth);

/* Members of the struct or union; unnamed ones as if they were its own. */
static void show_members(struct walk *walk, const struct access_plan *access,
			 struct ctype *type, int levels, int depth)
{
	size_t count;
	struct ctype_member *members = ctype_members(type, &count);

	for (size_t i = 0; i < count && !is_full(walk); i++) {
		struct ctype_member *member = &members[i];
		const struct access_plan *next;

		walk->budget--;
		if (!member->name && member->type->kind != CTYPE_STRUCT &&
		    member->type->kind != CTYPE_UNION)
			continue;
		next = access_to_member(walk->arena, access, member);
		if (!next)
			continue;
		if (!member->name) {
			if (depth < DEEPEST)
				show_members(walk, next, member->type, levels,
					     depth + 1);
			continue;
		}
		if (walk->format.length &&
		    walk->format.text[walk->format.length - 1] != '{')
			put(walk, ", ");
		put(walk, ".");
		put(walk, member->name);
		put(walk, "=");
		show(walk, next, levels - 1, depth + 1);
	}
}

static void show_struct(struct walk *walk, const struct access_plan *access,
			struct ctype *type, int levels, int depth)
{
	put(walk, "{");
	if (levels > 0)
		show_members(walk, access, type, levels, depth);
	else
		put(walk, "...");
	put(walk, "}");
}

static void show_elements(struct walk *walk, const struct access_plan *access,
			  struct ctype *type, int levels, int depth)
{
	bool is_nested = ctype_target(type)->kind == CTYPE_ARRAY;

	for (uint64_t i = 0; i < type->count && !is_full(walk); i++) {
		const struct access_plan *next;

		if (i)
			put(walk, ", ");
		if (i == PRETTY_ELEMENTS) {
			put(walk, "...");
			break;
		}
		next = access_to_element(walk->arena, access, (int64_t)i);
		if (!next)
			break;
		/* all dimensions of an array are one level */
		show(walk, next, is_nested ? levels : levels - 1, depth + 1);
	}
}

static void show_array(struct walk *walk, const struct access_plan *access,
		       int levels, int depth)
{
	struct ctype *type = access->type;

	if ((levels > 0 || walk->is_deep) && type->count &&
	    ctype_target(type)->is_char) {
		put_text(walk, PRETTY_CHARS, access);
		return;
	}
	put(walk, "[");
	if (levels > 0 && type->count && ctype_target(type)->size)
		show_elements(walk, access, type, levels, depth);
	else
		put(walk, "...");
	put(walk, "]");
}

static void show_number(struct walk *walk, const struct access_plan *access)
{
	put_leaf(walk, PRETTY_NUMBER, access,
		 access->type->is_char ? "%#c" :
		 access->is_signed ? "%d" : "%u");
}

static void show_pointer(struct walk *walk, const struct access_plan *access)
{
	if (ctype_is_text_pointer(access->type))
		put_text(walk, PRETTY_STRING, access);
	else
		put_leaf(walk, PRETTY_NUMBER, access, "%p");
}

/* One value; @levels of structs and arrays may still be opened. */
static void show(struct walk *walk, const struct access_plan *access,
		 int levels, int depth)
{
	walk->budget--;
	if (depth > DEEPEST) {
		put(walk, "...");
		return;
	}
	switch (access->type->kind) {
	case CTYPE_STRUCT:
	case CTYPE_UNION:
		show_struct(walk, access, access->type, levels, depth);
		return;
	case CTYPE_ARRAY:
		show_array(walk, access, levels, depth);
		return;
	case CTYPE_POINTER:
		show_pointer(walk, access);
		return;
	case CTYPE_FLOAT:
		/* those of other sizes have no value in the language */
		if (access->type->size == 4 || access->type->size == 8)
			put_leaf(walk, PRETTY_FLOAT, access, "%s");
		else
			put(walk, "?");
		return;
	case CTYPE_INT:
	case CTYPE_ENUM:
		show_number(walk, access);
		return;
	case CTYPE_VOID:
	case CTYPE_FUNCTION:
		put_leaf(walk, PRETTY_NUMBER, access, "%p");
		return;
	}
}

/* A pointer to a struct shows the struct. */
static struct ctype *struct_behind(struct ctype *type)
{
	struct ctype *target = ctype_target(type);

	if (type->kind == CTYPE_POINTER && !target->is_incomplete &&
	    (target->kind == CTYPE_STRUCT || target->kind == CTYPE_UNION))
		return target;
	return NULL;
}

struct pretty_plan *pretty_plan(struct arena *arena,
				const struct access_plan *access, int depth,
				size_t text_limit)
{
	struct walk walk = {
		.arena = arena,
		.plan = arena_new(arena, struct pretty_plan),
		.text_limit = text_limit,
		.is_deep = depth > 1,
		.budget = NODE_BUDGET,
	};
	struct ctype *target = struct_behind(access->type);

	if (target)
		show_struct(&walk, access, target, depth, 0);
	else
		show(&walk, access, depth, 0);
	walk.plan->format = buf_take(&walk.format, arena);
	return walk.plan;
}
