/*
 * Globals that are written and never read are printed when the session ends.
 * The probes that do it are written as a script and compiled with the rest.
 */
#include "translator/sema/sema.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/syntax/parse.h"

static const char stat_format[] =
	"@count=%d @min=%d @max=%d @sum=%d @avg=%d";

static void put_stat_args(struct buf *out, const char *place)
{
	static const char *const parts[] = { "count", "min", "max", "sum",
					     "avg" };

	for (size_t i = 0; i < 5; i++)
		buf_printf(out, ", @%s(%s)", parts[i], place);
}

static void put_scalar(struct buf *out, const struct symbol *symbol)
{
	const char *name = symbol->name;

	if (symbol->type == TYPE_STRING) {
		buf_printf(out, "printf(\"%s=\\\"%%s\\\"\\n\", %s)\n", name,
			   name);
	} else if (symbol->type == TYPE_STATS) {
		buf_printf(out, "if (@count(%s) > 0) printf(\"%s %s\\n\"",
			   name, name, stat_format);
		put_stat_args(out, name);
		buf_puts(out, ")\n");
		if (symbol->hist)
			buf_puts(out, "");
	} else {
		buf_printf(out, "printf(\"%s=%s\\n\", %s)\n", name,
			   symbol->ctype ? "%#x" : "%d", name);
	}
}

static void put_keys(struct buf *out, const struct symbol *symbol)
{
	for (int i = 0; i < symbol->key_count; i++)
		buf_printf(out, "%s__%s_%d", i ? ", " : "", symbol->name, i);
}

static void put_array(struct buf *out, const struct symbol *symbol)
{
	struct buf place = { 0 };

	buf_puts(out, "foreach ([");
	put_keys(out, symbol);
	buf_printf(out, "] in %s-) printf(\"%s[", symbol->name, symbol->name);
	for (int i = 0; i < symbol->key_count; i++)
		buf_printf(out, "%s%s", i ? "," : "",
			   symbol->key_types[i] == TYPE_STRING ?
				   "\\\"%s\\\"" : "%d");
	buf_printf(out, "]%s\\n\", ",
		   symbol->type == TYPE_STRING ? "=\\\"%s\\\"" :
		   symbol->type == TYPE_LONG ? "=%d" :
		   " @count=%d @min=%d @max=%d @sum=%d @avg=%d");
	put_keys(out, symbol);
	buf_printf(&place, "%s[", symbol->name);
	put_keys(&place, symbol);
	buf_putc(&place, ']');
	if (symbol->type == TYPE_STATS)
		put_stat_args(out, buf_text(&place));
	else
		buf_printf(out, ", %s", buf_text(&place));
	buf_puts(out, ")\n");
	buf_free(&place);
}

static bool wants_print(const struct symbol *symbol)
{
	return symbol->writes && !symbol->reads && symbol->span.source &&
	       !symbol->span.source->library &&
	       !symbol->global->private_scope;
}

void sema_adopt_text(struct sema *sema, const char *text, size_t length)
{
	const struct source *source = source_create(sema->arena, "<automatic>",
						    text, length, false);
	struct ast_file *file = parse_file(sema->parser, source, true);

	if (file)
		sema_adopt(sema, file);
}

void sema_autoprint(struct sema *sema)
{
	struct buf script = { 0 };
	int count = 0;

	if (sema->options->no_global_display)
		return;
	for (size_t i = 0; i < sema->globals.count; i++) {
		const struct symbol *symbol = sema->globals.items[i];

		if (!wants_print(symbol))
			continue;
		if (count++ % SEMA_GLOBALS_A_PROBE == 0)
			buf_printf(&script, "%sprobe "
				   "end(9223372036854775807) {\n",
				   count > 1 ? "}\n" : "");
		if (symbol->key_count > 0)
			put_array(&script, symbol);
		else
			put_scalar(&script, symbol);
	}
	buf_puts(&script, "}\n");
	if (count)
		sema_adopt_text(sema, buf_text(&script), script.length);
	buf_free(&script);
}
