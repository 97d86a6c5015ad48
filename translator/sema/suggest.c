/* What may have been meant by a name that is not known. */
#include "translator/sema/sema.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/diag/diag.h"
#include "translator/library/library.h"
#include "translator/probes/family.h"
#include "translator/syntax/parse.h"

static const char *did_you_mean(struct sema *sema, const char *name)
{
	return name ? arena_printf(sema->arena, "did you mean '%s'?", name) :
		      NULL;
}

struct candidates {
	VEC(const char *) items;
};

const char *sema_suggest(struct sema *sema, char kind, const char *name)
{
	struct candidates list = { 0 };
	size_t count;
	const char *const *names = library_names(sema->library, kind, &count);
	const char *best;

	for (size_t i = 0; i < count; i++)
		*vec_push(sema->arena, &list.items) = names[i];
	for (size_t i = 0; kind == 'f' && i < sema->functions.count; i++)
		*vec_push(sema->arena, &list.items) =
			sema->functions.items[i]->decl->name;
	for (const char *const *print = print_names; kind == 'f' && *print; print++)
		*vec_push(sema->arena, &list.items) = *print;
	for (int i = 0; kind == 'f' && i < primitive_count; i++)
		*vec_push(sema->arena, &list.items) = primitives[i].name;
	for (size_t i = 0; kind == 'g' && i < sema->globals.count; i++)
		*vec_push(sema->arena, &list.items) =
			sema->globals.items[i]->name;
	best = diag_nearest(name, list.items.items, list.items.count);
	return did_you_mean(sema, best);
}

/* For a local that nothing assigns: another of its probe or function, or a
 * global of the script. */
const char *sema_suggest_local(struct sema *sema, const char *name,
			       const struct map *locals)
{
	VEC(const char *) names = { 0 };

	for (size_t i = 0; i < locals->count; i++) {
		const struct symbol *symbol = locals->entries[i].value;

		if (!symbol->reads || symbol->writes)
			*vec_push(sema->arena, &names) = symbol->name;
	}
	for (size_t i = 0; i < sema->globals.count; i++)
		if (!sema->globals.items[i]->span.source->library)
			*vec_push(sema->arena, &names) =
				sema->globals.items[i]->name;
	return did_you_mean(sema, diag_nearest(name, names.items, names.count));
}

/* The point as families write theirs: "process(string).mark(string)". */
static const char *form_of(struct sema *sema, const struct probe_point *point)
{
	struct buf form = { 0 };

	for (size_t i = 0; i < point->components.count; i++) {
		const struct point_component *part =
			&point->components.items[i];

		buf_printf(&form, "%s%s", i ? "." : "", part->name);
		if (part->arg)
			buf_puts(&form, part->arg->kind == EXPR_STRING ?
					"(string)" : "(number)");
	}
	return buf_take(&form, sema->arena);
}

/* The nearest form that begins with the same word, or NULL. A form that is
 * right as it stands asks for something that is not there. */
static const char *nearest_form(struct sema *sema,
				const struct probe_point *point)
{
	const char *form = form_of(sema, point);
	size_t word = strcspn(form, ".(");
	VEC(const char *) forms = { 0 };

	for (size_t i = 0; i < family_count; i++)
		for (const char *const *its = families[i]->forms; *its; its++)
			if (!strcmp(*its, form))
				return NULL;
			else if (!strncmp(*its, form, word) &&
				 strchr(".(", (*its)[word]))
				*vec_push(sema->arena, &forms) = *its;
	return diag_nearest(form, forms.items, forms.count);
}

struct rests {
	const char *word;
	VEC(const char *) list;
};

static void add_rests(struct sema *sema, struct rests *rests,
		      const struct ast_file *file)
{
	for (size_t i = 0; i < file->aliases.count; i++) {
		const struct point_list *names = &file->aliases.items[i]->names;

		for (size_t n = 0; n < names->items.count; n++) {
			const struct probe_point *name = names->items.items[n];

			if (!strcmp(name->components.items[0].name, rests->word))
				*vec_push(sema->arena, &rests->list) =
					form_of(sema, name) +
					strlen(rests->word);
		}
	}
}

/* The nearest alias that begins with the same word, or NULL. Compared is what
 * comes behind that word: long words allow for no more mistakes. */
static const char *nearest_alias(struct sema *sema,
				 const struct probe_point *point)
{
	struct rests rests = { .word = point->components.items[0].name };
	struct ast_file **files = library_find(sema->library, 'a', rests.word);
	const char *best;

	for (; *files; files++)
		add_rests(sema, &rests, *files);
	for (size_t i = 0; i < sema->files.count; i++)
		if (!sema->files.items[i]->source->library)
			add_rests(sema, &rests, sema->files.items[i]);
	best = diag_nearest(form_of(sema, point) + strlen(rests.word),
			    rests.list.items, rests.list.count);
	return best ? best - strlen(rests.word) : NULL;
}

/* Where to see what there is behind a first word that is right, or NULL: of
 * aliases there are lists, what families know has forms. */
static const char *where_listed(struct sema *sema, const char *word,
				const char *const *aliases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(aliases[i], word) == 0)
			return arena_printf(sema->arena,
				"what there is: spile -l '%s.**', and "
				"spile --dump-probe-types", word);
	for (size_t i = 0; i < family_count; i++)
		for (const char *const *form = families[i]->forms; *form;
		     form++)
			if (!strncmp(*form, word, strlen(word)) &&
			    strchr(".(", (*form)[strlen(word)]))
				return "what there is: spile --dump-probe-types";
	return NULL;
}

/* The nearest alias, form of a family, or first word; if that is right, how to
 * see what there is. */
const char *sema_suggest_point(struct sema *sema,
			       const struct probe_point *point)
{
	const char *word = point->components.items[0].name;
	VEC(const char *) words = { 0 };
	const char *best = nearest_alias(sema, point);
	size_t count;
	const char *const *names = library_names(sema->library, 'a', &count);

	if (!best)
		best = nearest_form(sema, point);
	if (best)
		return did_you_mean(sema, best);
	best = where_listed(sema, word, names, count);
	if (best)
		return best;
	for (size_t i = 0; i < count; i++)
		*vec_push(sema->arena, &words) = names[i];
	for (size_t i = 0; i < family_count; i++)
		for (const char *const *form = families[i]->forms; *form;
		     form++)
			*vec_push(sema->arena, &words) =
				arena_strndup(sema->arena, *form,
					      strcspn(*form, ".("));
	return did_you_mean(sema, diag_nearest(word, words.items, words.count));
}
