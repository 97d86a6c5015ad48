/*
 * What sets the globals of a script back to their first values, when the runner is
 * asked for that (--monitor). Handlers written as a script and compiled with the
 * rest, so the locks and the types are those of any handler.
 */
#include "translator/sema/sema.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/syntax/parse.h"

/* What nothing writes has its first value. Those of the library are its own
 * business. */
static bool wants_reset(const struct symbol *symbol)
{
	return symbol->writes && symbol->span.source &&
	       !symbol->span.source->library &&
	       !symbol->global->private_scope;
}

static void put_text(struct buf *out, const struct symbol *symbol)
{
	const struct expr *init = symbol->global->init;
	const char *text = symbol->set_by ? symbol->set_by :
			   init ? init->text : "";

	buf_printf(out, "%s = \"", symbol->name);
	buf_escape(out, text, strlen(text));
	buf_puts(out, "\"\n");
}

static void put_number(struct buf *out, const struct symbol *symbol)
{
	const struct expr *init = symbol->global->init;
	int64_t number = symbol->set_by ? strtoll(symbol->set_by, NULL, 0) :
			 init ? init->number : 0;

	buf_printf(out, "%s = 0x%" PRIx64 "\n", symbol->name,
		   (uint64_t)number);
}

static void put_reset(struct buf *out, const struct symbol *symbol)
{
	if (symbol->key_count > 0 || symbol->type == TYPE_STATS)
		buf_printf(out, "delete %s\n", symbol->name);
	else if (symbol->type == TYPE_STRING)
		put_text(out, symbol);
	else
		put_number(out, symbol);
}

void sema_reset(struct sema *sema)
{
	struct buf script = { 0 };
	int count = 0;

	if (!sema->options->can_reset)
		return;
	for (size_t i = 0; i < sema->globals.count; i++) {
		if (!wants_reset(sema->globals.items[i]))
			continue;
		if (count++ % SEMA_GLOBALS_A_PROBE == 0)
			buf_printf(&script, "%sprobe __reset {\n",
				   count > 1 ? "}\n" : "");
		put_reset(&script, sema->globals.items[i]);
	}
	buf_puts(&script, "}\n");
	if (count)
		sema_adopt_text(sema, buf_text(&script), script.length);
	buf_free(&script);
}
