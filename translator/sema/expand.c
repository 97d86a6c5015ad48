/*
 * Probe points to probes: aliases are followed, families asked, bodies put
 * together (prologues of the aliases from the innermost out, the probe's own
 * body, epilogues the other way round).
 */
#include "translator/sema/sema.h"

#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"
#include "translator/library/library.h"
#include "translator/syntax/parse.h"
#include "translator/target/ctype.h"
#include "translator/target/location.h"

/* Aliases of aliases may double at each step; a script that follows more of
 * them than this is a mistake that would never end. */
enum { DEEPEST_ALIAS = 32, MOST_FOLLOWED = 1 << 18 };

/* An alias being followed; @outer used it. */
struct layer {
	const struct layer *outer;
	struct probe_decl *alias;
	const struct origin *origin;
	const struct expr *condition;
	const char *listed;		/* its name with the suffix, for -l */
	int depth;
};

static void append_copy(struct sema *sema, struct stmt *block,
			const struct stmt *stmt, const struct origin *origin)
{
	if (stmt)
		*vec_push(sema->arena, &block->block.items) =
			stmt_copy(sema->arena, stmt, origin);
}

static struct stmt *build_body(struct sema *sema, struct probe_decl *decl,
			       const struct probe_instance *instance,
			       const struct layer *layer)
{
	struct stmt *block = stmt_create(sema->arena, STMT_BLOCK, decl->span);
	VEC(const struct layer *) outward = { 0 };

	if (instance->prologue)
		*vec_push(sema->arena, &block->block.items) =
			sema_statements(sema, instance->prologue);
	for (; layer; layer = layer->outer) {
		append_copy(sema, block, layer->alias->body, layer->origin);
		*vec_push(sema->arena, &outward) = layer;
	}
	append_copy(sema, block, decl->body, NULL);
	for (size_t i = outward.count; i-- > 0;)
		append_copy(sema, block, outward.items[i]->alias->epilogue,
			    outward.items[i]->origin);
	return block;
}

/* All conditions on the way, joined by &&. */
static struct expr *build_condition(struct sema *sema,
				    const struct probe_point *point,
				    const struct layer *layer)
{
	struct expr *all = NULL;
	const struct expr *condition = point->condition;

	for (;;) {
		if (condition) {
			struct expr *copy = expr_copy(sema->arena, condition,
						      NULL);
			struct expr *both;

			if (!all) {
				all = copy;
			} else {
				both = expr_create(sema->arena, EXPR_BINARY,
						   copy->span);
				both->op = OP_LAND;
				both->a = copy;
				both->b = all;
				all = both;
			}
		}
		if (!layer)
			return all;
		condition = layer->condition;
		layer = layer->outer;
	}
}

static void add_probe(struct sema *sema, struct probe_decl *decl,
		      const struct probe_point *point,
		      struct probe_instance *instance,
		      const struct layer *layer)
{
	struct probe *probe = arena_new(sema->arena, struct probe);

	probe->decl = decl;
	probe->instance = instance;
	probe->span = point->span;
	probe->listed = instance->name;
	if (layer && !layer->outer)
		probe->alias = layer->alias;
	for (const struct layer *l = layer; l; l = l->outer) {
		probe->span = l->origin->at;
		probe->listed = l->listed;
	}
	probe->body = build_body(sema, decl, instance, layer);
	probe->condition = build_condition(sema, point, layer);
	probe->quiet = decl->span.source && strcmp(decl->span.source->name,
						   "<automatic>") == 0;
	*vec_push(sema->arena, &sema->probes) = probe;
}

static int expand_point(struct sema *sema, struct probe_decl *decl,
			const struct probe_point *point,
			const struct layer *layer);

/* Whether an alias name covers the first components of the point; the rest
 * (a suffix) is counted in @ret_rest. */
static bool alias_covers(const struct probe_point *name,
			 const struct probe_point *point, size_t *ret_rest)
{
	size_t n = name->components.count;

	if (n > point->components.count)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct point_component *a = &name->components.items[i];
		const struct point_component *p = &point->components.items[i];

		if (strcmp(p->name, "**") == 0) {
			*ret_rest = 0;
			return true;
		}
		if (!glob_match(p->name, a->name))
			return false;
		if ((a->arg != NULL) != (p->arg != NULL))
			return false;
		if (a->arg && (a->arg->kind != p->arg->kind ||
			       a->arg->number != p->arg->number ||
			       (a->arg->kind == EXPR_STRING &&
				strcmp(a->arg->text, p->arg->text) != 0)))
			return false;
	}
	*ret_rest = point->components.count - n;
	return true;
}

/* A point of an alias, with the suffix that the user put behind the alias. */
static struct probe_point *with_suffix(struct sema *sema,
				       const struct probe_point *base,
				       const struct probe_point *use,
				       size_t rest)
{
	struct probe_point *point = arena_new(sema->arena, struct probe_point);

	point->optional = base->optional;
	point->sufficient = base->sufficient;
	point->condition = base->condition;
	point->span = base->span;
	for (size_t i = 0; i < base->components.count; i++)
		*vec_push(sema->arena, &point->components) =
			base->components.items[i];
	for (size_t i = use->components.count - rest;
	     i < use->components.count; i++)
		*vec_push(sema->arena, &point->components) =
			use->components.items[i];
	return point;
}

static const char *why_missing(const struct sema *sema)
{
	const char *missing = sema->env->missing;

	return missing ? arena_printf(sema->arena, ": %s", missing) : "";
}

static int expand_list(struct sema *sema, struct probe_decl *decl,
		       const struct point_list *points,
		       const struct probe_point *use, size_t rest,
		       const struct layer *layer)
{
	int found = 0;

	for (size_t i = 0; i < points->items.count; i++) {
		const struct probe_point *base = points->items.items[i];
		const struct probe_point *point = !use ? base :
			with_suffix(sema, base, use, rest);
		int before = diag_errors(sema->diag);
		int n = expand_point(sema, decl, point, layer);

		found += n;
		if (n && point->sufficient)
			break;
		if (!n && !use && !point->optional && !point->sufficient &&
		    diag_errors(sema->diag) == before) {
			struct buf text = { 0 };
			const char *hint = sema->env->hint;

			if (!hint && !sema->env->missing)
				hint = sema_suggest_point(sema, point);
			unparse_point(&text, point);
			diag_report_hint(sema->diag, DIAG_probe_unknown,
					 point->span, hint, buf_text(&text),
					 why_missing(sema));
			buf_free(&text);
		}
	}
	return found;
}

/* Told once: what is left of the expansion is dropped. */
static bool too_many_aliases(struct sema *sema,
			     const struct probe_point *point,
			     const struct layer *layer)
{
	for (const struct layer *l = layer->outer; l; l = l->outer)
		if (l->alias == layer->alias) {
			diag_report(sema->diag, DIAG_alias_loop, point->span,
				    layer->origin->name);
			return true;
		}
	if (layer->depth > DEEPEST_ALIAS) {
		if (sema->aliases_followed < MOST_FOLLOWED)
			diag_report(sema->diag, DIAG_alias_deep, point->span,
				    layer->origin->name, DEEPEST_ALIAS);
		sema->aliases_followed = MOST_FOLLOWED;
		return true;
	}
	if (sema->aliases_followed == MOST_FOLLOWED - 1)
		diag_report(sema->diag, DIAG_alias_many, point->span,
			    layer->origin->name, MOST_FOLLOWED);
	if (sema->aliases_followed < MOST_FOLLOWED)
		sema->aliases_followed++;
	return sema->aliases_followed == MOST_FOLLOWED;
}

static int follow_alias(struct sema *sema, struct probe_decl *decl,
			const struct probe_point *point,
			struct probe_decl *alias,
			const struct probe_point *alias_name, size_t rest,
			const struct layer *outer)
{
	struct layer layer = { .outer = outer, .alias = alias,
			       .condition = point->condition,
			       .depth = outer ? outer->depth + 1 : 1 };
	struct origin *origin = arena_new(sema->arena, struct origin);
	struct buf name = { 0 };

	origin->kind = ORIGIN_ALIAS;
	unparse_point(&name, alias_name);
	origin->name = arena_strdup(sema->arena, buf_text(&name));
	for (size_t i = point->components.count - rest;
	     i < point->components.count; i++)
		buf_printf(&name, ".%s", point->components.items[i].name);
	layer.listed = buf_take(&name, sema->arena);
	origin->at = point->span;
	if (!origin->at.origin && outer)
		origin->at.origin = outer->origin;
	layer.origin = origin;
	if (too_many_aliases(sema, point, &layer))
		return 1;
	sema_adopt(sema, alias->file);
	return expand_list(sema, decl, &alias->points, point, rest, &layer);
}

/* Follows the aliases of a file that cover the point; exactly (rest 0) or
 * with a suffix left over. */
static int aliases_of(struct sema *sema, const struct ast_file *file,
		      struct probe_decl *decl, const struct probe_point *point,
		      const struct layer *layer, bool exact)
{
	int found = 0;
	size_t rest;

	for (size_t i = 0; i < file->aliases.count; i++) {
		struct probe_decl *alias = file->aliases.items[i];

		for (size_t n = 0; n < alias->names.items.count; n++)
			if (alias_covers(alias->names.items.items[n], point,
					 &rest) &&
			    (rest == 0) == exact &&
			    !(alias->private_scope &&
			      point->span.source != file->source))
				found += follow_alias(sema, decl, point, alias,
						alias->names.items.items[n],
						rest, layer);
	}
	return found;
}

static struct ast_file **library_aliases(struct sema *sema,
					 const char *component)
{
	VEC(struct ast_file *) files = { 0 };
	size_t count;
	const char *const *names;

	if (!glob_is_pattern(component))
		return library_find(sema->library, 'a', component);
	names = library_names(sema->library, 'a', &count);
	for (size_t i = 0; i < count; i++) {
		struct ast_file **found;

		if (!glob_match(component, names[i]))
			continue;
		found = library_find(sema->library, 'a', names[i]);
		for (; *found; found++)
			*vec_push(sema->arena, &files) = *found;
	}
	*vec_push(sema->arena, &files) = NULL;
	return files.items;
}

static int expand_aliases(struct sema *sema, struct probe_decl *decl,
			  const struct probe_point *point,
			  const struct layer *layer)
{
	struct ast_file **files =
		library_aliases(sema, point->components.items[0].name);
	int found = 0;

	for (int exact = 1; exact >= 0 && !found; exact--) {
		for (size_t i = 0; i < sema->files.count; i++)
			if (!sema->files.items[i]->source->library)
				found += aliases_of(sema, sema->files.items[i],
						    decl, point, layer, exact);
		for (struct ast_file **f = files; *f && !found; f++)
			found += aliases_of(sema, *f, decl, point, layer,
					    exact);
	}
	return found;
}

static void note_target(struct expr **expr, void *found)
{
	switch ((int)(*expr)->kind) {
	case EXPR_TARGET: case EXPR_ACCESS: case EXPR_ADDRESS: case EXPR_CAST:
	case EXPR_ATVAR: case EXPR_ENTRY: case EXPR_DEFINED:
	case EXPR_PERF: case EXPR_REGISTER: case EXPR_PROBEWRITE:
	case EXPR_ENUM: case EXPR_ENUMNAME: case EXPR_CONST:
		*(bool *)found = true;
	}
}

/* Functions by wildcard are thousands of places: a handler that does not look
 * at their variables is the same for all, and translated once. */
static bool add_twins(struct sema *sema, struct probe_instances *list)
{
	struct probe *first = sema->probes.items[sema->probes.count - 1];
	const char *kind = first->instance->kind;
	bool differs = sema->listing || !kind || !strstr(kind, "probe");

	stmt_walk(first->body, note_target, &differs);
	for (size_t i = 1; i < list->items.count; i++)
		differs |= strcmp(list->items.items[i]->kind, kind) != 0;
	for (size_t i = 1; !differs && i < list->items.count; i++)
		*vec_push(sema->arena, &first->twins) = list->items.items[i];
	return !differs;
}

static int expand_families(struct sema *sema, struct probe_decl *decl,
			   const struct probe_point *point,
			   const struct layer *layer)
{
	struct probe_instances list = { 0 };

	sema->env->missing = NULL;
	sema->env->hint = NULL;
	for (size_t i = 0; i < family_count; i++)
		if (families[i]->matches(point) &&
		    !families[i]->resolve(sema->env, point, &list))
			return 0;
	for (size_t i = 0; i < list.items.count; i++) {
		add_probe(sema, decl, point, list.items.items[i], layer);
		if (i == 0 && list.items.count > 1 && add_twins(sema, &list))
			break;
	}
	return (int)list.items.count;
}

static int expand_point(struct sema *sema, struct probe_decl *decl,
			const struct probe_point *point,
			const struct layer *layer)
{
	int before = diag_errors(sema->diag);
	int found = expand_families(sema, decl, point, layer);

	if (found || diag_errors(sema->diag) > before)
		return found;
	return expand_aliases(sema, decl, point, layer);
}

void sema_expand(struct sema *sema)
{
	while (sema->probes_expanded < sema->files.count) {
		struct ast_file *file =
			sema->files.items[sema->probes_expanded++];

		for (size_t i = 0; i < file->probes.count; i++)
			expand_list(sema, file->probes.items[i],
				    &file->probes.items[i]->points, NULL, 0,
				    NULL);
	}
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_variables(struct sema *sema, struct buf *out,
			  const struct probe *probe)
{
	const struct probe_context *context = probe_variables(sema, probe);

	for (size_t i = 0; i < probe->locals.count; i++) {
		const struct symbol *symbol = probe->locals.entries[i].value;

		/* names of the prologue are nobody's business */
		if (strncmp(symbol->name, "__process_", 10))
			buf_printf(out, " %s:%s", symbol->name,
				   type_name(symbol->type));
	}
	for (size_t i = 0; context && i < context->vars.count; i++) {
		const struct context_var *var = &context->vars.items[i];

		if (!var->is_hidden && (!var->location ||
					var->location->kind != LOCATION_NONE))
			buf_printf(out, " %s:%s", var->name,
				   var->type ? ctype_text(var->type) : "long");
	}
}

int sema_list(struct sema *sema, struct probe_point *point, bool variables,
	      struct buf *out)
{
	struct probe_decl *decl = arena_new(sema->arena, struct probe_decl);
	VEC(const char *) lines = { 0 };

	decl->span = point->span;
	sema->listing = true;
	*vec_push(sema->arena, &decl->points.items) = point;
	diag_mute(sema->diag);
	expand_list(sema, decl, &decl->points, NULL, 0, NULL);
	if (variables) {
		sema_resolve(sema);
		sema_infer(sema);
	}
	diag_unmute(sema->diag);
	if (!sema->probes.count)	/* once more, to say why */
		expand_list(sema, decl, &decl->points, NULL, 0, NULL);
	for (size_t i = 0; i < sema->probes.count; i++) {
		const struct probe *probe = sema->probes.items[i];
		struct buf line = { 0 };

		if (probe->decl != decl || probe->quiet)
			continue;
		buf_puts(&line, probe->listed);
		if (variables)
			put_variables(sema, &line, probe);
		*vec_push(sema->arena, &lines) = buf_take(&line, sema->arena);
	}
	if (lines.count)
		qsort(lines.items, lines.count, sizeof(*lines.items),
		      compare_text);
	for (size_t i = 0; i < lines.count; i++)
		if (i == 0 || strcmp(lines.items[i], lines.items[i - 1]) != 0)
			buf_printf(out, "%s\n", lines.items[i]);
	return (int)lines.count;
}
