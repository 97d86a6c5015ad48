/* -l, -L, --dump-probe-types, --dump-probe-aliases, --dump-functions. */
#include "translator/driver/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/diag/diag.h"

/* The pattern as a probe point: parsed as a script of one probe. */
static struct probe_point *parse_pattern(struct session *session,
					 const char *pattern)
{
	char *text = arena_printf(session->arena, "probe %s { }", pattern);
	const struct source *source =
		source_create(session->arena, "<list>", text, strlen(text),
			      false);
	struct ast_file *file = parse_file(&session->parser, source, false);

	if (!file || diag_errors(session->diag) || !file->probes.count)
		return NULL;
	return file->probes.items[0]->points.items.items[0];
}

static int list_points(struct session *session, bool variables)
{
	struct probe_point *point =
		parse_pattern(session, session->options->list_pattern);
	struct buf out = { 0 };
	int found;

	if (!point)
		return 1;
	found = sema_list(session->sema, point, variables, &out);
	fwrite(buf_text(&out), 1, out.length, stdout);
	buf_free(&out);
	return found ? 0 : 1;
}

static int list_types(void)
{
	for (size_t i = 0; i < family_count; i++)
		for (const char *const *form = families[i]->forms; *form;
		     form++)
			puts(*form);
	return 0;
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct lines {
	VEC(const char *) items;
};

static void print_sorted(struct lines *lines)
{
	if (lines->items.count)
		qsort(lines->items.items, lines->items.count,
		      sizeof(*lines->items.items), compare_text);
	for (size_t i = 0; i < lines->items.count; i++)
		puts(lines->items.items[i]);
}

static int list_aliases(struct session *session)
{
	struct lines lines = { 0 };

	for (struct ast_file **f = library_all(session->library); *f; f++)
		for (size_t i = 0; i < (*f)->aliases.count; i++) {
			const struct point_list *names =
				&(*f)->aliases.items[i]->names;
			struct buf line = { 0 };

			unparse_point(&line, names->items.items[0]);
			if (buf_text(&line)[0] != '_')
				*vec_push(session->arena, &lines.items) =
					buf_take(&line, session->arena);
			buf_free(&line);
		}
	print_sorted(&lines);
	return 0;
}

static const char *function_line(struct session *session,
				 const struct function_decl *decl)
{
	struct buf line = { 0 };

	buf_puts(&line, decl->name);
	if (decl->type != TYPE_UNKNOWN)
		buf_printf(&line, ":%s", type_name(decl->type));
	buf_puts(&line, " (");
	for (size_t i = 0; i < decl->params.count; i++) {
		const struct param_decl *param = &decl->params.items[i];

		buf_printf(&line, "%s%s", i ? ", " : "", param->name);
		if (param->type != TYPE_UNKNOWN)
			buf_printf(&line, ":%s", type_name(param->type));
	}
	buf_putc(&line, ')');
	return buf_take(&line, session->arena);
}

static const char *letter_name(char letter)
{
	return letter == 'l' ? "long" : "string";
}

static const char *primitive_line(struct session *session,
				  const struct primitive *primitive)
{
	struct buf line = { 0 };
	const char *s = primitive->signature;

	buf_puts(&line, primitive->name);
	if (s[0] != '-')
		buf_printf(&line, ":%s", letter_name(s[0]));
	buf_puts(&line, " (");
	for (const char *c = s + 2; *c; c++)
		buf_printf(&line, "%s%s", c > s + 2 ? ", " : "",
			   letter_name(*c));
	buf_putc(&line, ')');
	return buf_take(&line, session->arena);
}

static int list_functions(struct session *session)
{
	struct lines lines = { 0 };

	for (struct ast_file **f = library_all(session->library); *f; f++)
		for (size_t i = 0; i < (*f)->functions.count; i++)
			if ((*f)->functions.items[i]->name[0] != '_')
				*vec_push(session->arena, &lines.items) =
					function_line(session,
						(*f)->functions.items[i]);
	for (int i = 0; i < primitive_count; i++)
		if (primitives[i].name[0] != '_')
			*vec_push(session->arena, &lines.items) =
				primitive_line(session, &primitives[i]);
	print_sorted(&lines);
	return 0;
}

int session_list(struct session *session)
{
	session->sema = sema_create(session->arena, session->diag,
				    session->library, &session->parser,
				    &session->env, &session->sema_options);
	switch (session->options->list) {
	case LIST_POINTS:
		return list_points(session, false);
	case LIST_VARIABLES:
		return list_points(session, true);
	case LIST_TYPES:
		return list_types();
	case LIST_ALIASES:
		return list_aliases(session);
	case LIST_FUNCTIONS:
		return list_functions(session);
	case LIST_NONE:
		break;
	}
	return 1;
}
