/* The phases in order, and the listing of what came out. */
#include "translator/sema/sema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/diag/diag.h"
#include "translator/syntax/parse.h"

static bool parse_number(const char *text, int64_t *ret)
{
	char *end;

	errno = 0;
	*ret = text[0] == '-' ? strtoll(text, &end, 0) :
				(int64_t)strtoull(text, &end, 0);
	return end != text && !*end && errno == 0;
}

/* -G name=value: the initial value of a scalar global. */
static void assign_global(struct sema *sema, const char *assignment)
{
	const char *equals = strchr(assignment, '=');
	struct span nowhere = { 0 };
	struct symbol *symbol = NULL;
	int64_t number;

	if (equals)
		symbol = map_get(&sema->global_names,
				 arena_strndup(sema->arena, assignment,
					       (size_t)(equals - assignment)));
	if (!symbol || symbol->is_array) {
		diag_report_hint(sema->diag, DIAG_assign_unknown, nowhere,
				 sema_suggest(sema, 'g', assignment),
				 assignment);
		return;
	}
	symbol->set_by = equals + 1;
	if (symbol->type == TYPE_LONG && !parse_number(equals + 1, &number))
		diag_report(sema->diag, DIAG_assign_value, nowhere, assignment,
			    equals + 1);
	else if (symbol->type == TYPE_UNKNOWN)
		symbol->type = parse_number(equals + 1, &number) ?
				       TYPE_LONG : TYPE_STRING;
}

/* Handlers wrapped in try {} catch {}: --suppress-handler-errors. */
static void wrap_handlers(struct sema *sema)
{
	for (size_t i = 0; i < sema->probes.count; i++) {
		struct probe *probe = sema->probes.items[i];
		struct stmt *wrap = stmt_create(sema->arena, STMT_TRY,
						probe->span);

		wrap->body = probe->body;
		wrap->other = stmt_create(sema->arena, STMT_BLOCK,
					  probe->span);
		probe->body = wrap;
	}
}

static bool body_empty(const struct stmt *stmt)
{
	if (stmt->kind == STMT_NULL)
		return true;
	if (stmt->kind != STMT_BLOCK)
		return false;
	for (size_t i = 0; i < stmt->block.items.count; i++)
		if (!body_empty(stmt->block.items.items[i]))
			return false;
	return true;
}

/* Probes with nothing to do are not attached. */
static void drop_empty(struct sema *sema)
{
	size_t kept = 0;

	for (size_t i = 0; i < sema->probes.count; i++) {
		struct probe *probe = sema->probes.items[i];

		if (probe->instance->kind &&
		    (!body_empty(probe->body) || sema->options->keep_unused))
			sema->probes.items[kept++] = probe;
	}
	sema->probes.count = kept;
}

int sema_run(struct sema *sema)
{
	size_t scripts = sema->files.count;
	struct span span = { 0 };
	bool any;

	if (scripts)
		span.source = sema->files.items[0]->source;
	for (int i = 0; i < sema->options->assignment_count; i++)
		assign_global(sema, sema->options->assignments[i]);
	sema_expand(sema);
	sema_merge(sema);
	sema_resolve(sema);
	any = sema->probes.count > 0;
	if (diag_errors(sema->diag))
		return -1;
	sema_infer(sema);
	if (diag_errors(sema->diag))
		return -1;
	sema_privilege(sema);
	sema_prune(sema);
	sema_autoprint(sema);
	sema_reset(sema);
	if (sema->probes_expanded < sema->files.count) {
		sema_expand(sema);
		sema_resolve(sema);
		sema_infer(sema);
		sema_prune(sema);
	}
	if (!sema->options->keep_unused)
		drop_empty(sema);
	if (sema->options->suppress_errors)
		wrap_handlers(sema);
	if (!sema->probes.count && !diag_errors(sema->diag))
		diag_report_hint(sema->diag, DIAG_no_probes, span,
				 any ? "every probe there is is empty" : NULL);
	return diag_errors(sema->diag) ? -1 : 0;
}

/* Whether the program still has it after prune.c. */
static bool in_use(const struct sema *sema, const struct symbol *symbol)
{
	return symbol->reads || symbol->writes || sema->options->keep_unused;
}

static void dump_locals(const struct sema *sema, const struct map *locals,
			struct buf *out)
{
	bool any = false;

	for (size_t i = 0; i < locals->count; i++) {
		const struct symbol *symbol = locals->entries[i].value;

		if (!in_use(sema, symbol))
			continue;
		buf_printf(out, "%s  %s:%s\n", any ? "" : "  # locals\n",
			   symbol->name, type_name(symbol->type));
		any = true;
	}
}

static void dump_global(const struct symbol *symbol, struct buf *out)
{
	buf_printf(out, "%s:%s", symbol->name, type_name(symbol->type));
	for (int k = 0; k < symbol->key_count; k++)
		buf_printf(out, "%s%s", k ? ", " : " [",
			   type_name(symbol->key_types[k]));
	buf_printf(out, "%s\n", symbol->key_count > 0 ? "]" : "");
}

static void dump_function(const struct function *f, struct buf *out)
{
	buf_printf(out, "%s:%s (", f->decl->name,
		   f->type ? type_name(f->type) : "unknown");
	for (size_t i = 0; i < f->params.count; i++)
		buf_printf(out, "%s%s:%s", i ? ", " : "",
			   f->params.items[i]->name,
			   type_name(f->params.items[i]->type));
	buf_puts(out, ")\n");
}

void sema_dump(const struct sema *sema, struct buf *out)
{
	if (sema->globals.count)
		buf_puts(out, "# globals\n");
	for (size_t i = 0; i < sema->globals.count; i++)
		if (in_use(sema, sema->globals.items[i]))
			dump_global(sema->globals.items[i], out);
	buf_puts(out, "# functions\n");
	for (size_t i = 0; i < sema->functions.count; i++)
		if (sema->functions.items[i]->used)
			dump_function(sema->functions.items[i], out);
	buf_puts(out, "# probes\n");
	for (size_t i = 0; i < sema->probes.count; i++) {
		const struct probe *probe = sema->probes.items[i];
		struct buf from = { 0 };

		unparse_point(&from, probe->decl->points.items.items[0]);
		buf_printf(out, "%s /*  <- %s */ \n", probe->instance->name,
			   buf_text(&from));
		buf_free(&from);
		dump_locals(sema, &probe->locals, out);
	}
}
