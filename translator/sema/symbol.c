/* Tables of globals, functions and primitives. */
#include "translator/sema/sema.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/library/library.h"

const struct primitive primitives[] = {
#define PRIM(name, signature, bound, flags, doc) \
	{ #name, signature, bound, flags, doc, #name },
#include "runtime/common/intrinsics.def"
#undef PRIM
	/* operations of the intermediate form under a name (load.text) */
	{ "__kernel_text", "t:ll", 0, "k",
	  "Text at a kernel address, at most that many characters (-1: all).",
	  NULL },
	{ "__user_text", "t:ll", 0, "u",
	  "Text at a user address, at most that many characters (-1: all).",
	  NULL },
	{ "__kernel_store", "l:lll", 0, "Ke",
	  "Writes a value to a kernel address in that many bytes; guru mode.",
	  NULL },
	{ "__user_store", "l:lll", 0, "Ue",
	  "Writes a value to a user address in that many bytes; guru mode.",
	  NULL },
};
const int primitive_count = sizeof(primitives) / sizeof(primitives[0]);

const char *type_name(enum type type)
{
	switch (type) {
	case TYPE_UNKNOWN: return "unknown";
	case TYPE_LONG: return "long";
	case TYPE_STRING: return "string";
	case TYPE_STATS: return "stats";
	case TYPE_NONE: return "nothing";
	}
	return "?";
}

int primitive_find(const char *name, size_t arity)
{
	for (int i = 0; i < primitive_count; i++)
		if (strcmp(primitives[i].name, name) == 0 &&
		    strlen(primitives[i].signature) - 2 == arity)
			return i;
	return -1;
}

struct sema *sema_create(struct arena *arena, struct diag *diag,
			 struct library *library, struct parser *parser,
			 struct family_env *env,
			 const struct sema_options *options)
{
	struct sema *sema = arena_new(arena, struct sema);

	sema->arena = arena;
	sema->diag = diag;
	sema->library = library;
	sema->parser = parser;
	sema->env = env;
	sema->options = options;
	return sema;
}

/* The key of a name that only its own file sees. */
static char *private_key(struct sema *sema, const struct source *source,
			 const char *name)
{
	return arena_printf(sema->arena, "%p\1%s", (const void *)source, name);
}

void sema_add_global(struct sema *sema, struct global_decl *decl)
{
	const char *key = decl->private_scope ?
		private_key(sema, decl->span.source, decl->name) : decl->name;
	struct symbol *symbol = map_get(&sema->global_names, key);

	if (symbol) {
		diag_report_hint(sema->diag, DIAG_global_twice, decl->span,
				 arena_printf(sema->arena,
					      "the first one is at %s",
					      span_text(sema->arena,
							symbol->span)),
				 decl->name);
		return;
	}
	symbol = arena_new(sema->arena, struct symbol);
	symbol->name = decl->name;
	symbol->span = decl->span;
	symbol->global = decl;
	symbol->key_count = -1;
	if (decl->size || decl->wrap)
		symbol->is_array = true;
	if (decl->size && (decl->size->number < 1 ||
			   decl->size->number > INT32_MAX))
		diag_report(sema->diag, DIAG_array_size, decl->span,
			    decl->name, (long long)decl->size->number,
			    INT32_MAX);
	if (decl->init) {
		symbol->type = decl->init->kind == EXPR_STRING ? TYPE_STRING :
								 TYPE_LONG;
		symbol->key_count = 0;
	}
	decl->ref = symbol;
	map_put(sema->arena, &sema->global_names, key, symbol);
	*vec_push(sema->arena, &sema->globals) = symbol;
}

static int64_t priority(const struct function *function)
{
	if (function->decl->priority)
		return function->decl->priority->number;
	return function->decl->span.source->library ? 1 : 0;
}

/* Into the chain of overloads, after those of the same priority. */
static void add_function(struct sema *sema, struct function_decl *decl)
{
	struct function *function = arena_new(sema->arena, struct function);
	char *key = arena_printf(sema->arena, "%s/%zu", decl->name,
				 decl->params.count);
	struct function *first, **link;

	if (decl->private_scope)
		key = private_key(sema, decl->span.source, key);
	function->decl = decl;
	function->type = decl->type;
	function->ir = -1;
	for (size_t i = 0; i < decl->params.count; i++) {
		struct symbol *symbol = arena_new(sema->arena, struct symbol);

		symbol->name = decl->params.items[i].name;
		symbol->span = decl->params.items[i].span;
		symbol->type = decl->params.items[i].type;
		symbol->is_param = true;
		if (map_get(&function->locals, symbol->name))
			diag_report(sema->diag, DIAG_parameter_twice,
				    symbol->span, symbol->name);
		map_put(sema->arena, &function->locals, symbol->name, symbol);
		*vec_push(sema->arena, &function->params) = symbol;
	}
	*vec_push(sema->arena, &sema->functions) = function;
	first = map_get(&sema->function_names, key);
	for (link = &first; *link; link = &(*link)->next)
		if (priority(*link) > priority(function))
			break;
	function->next = *link;
	*link = function;
	map_put(sema->arena, &sema->function_names, key, first);
}

void sema_adopt(struct sema *sema, struct ast_file *file)
{
	for (size_t i = 0; i < sema->files.count; i++)
		if (sema->files.items[i] == file)
			return;
	*vec_push(sema->arena, &sema->files) = file;
	for (size_t i = 0; i < file->globals.count; i++)
		sema_add_global(sema, file->globals.items[i]);
	for (size_t i = 0; i < file->functions.count; i++)
		add_function(sema, file->functions.items[i]);
}

void sema_add(struct sema *sema, struct ast_file *file)
{
	sema_adopt(sema, file);
}

static void adopt_all(struct sema *sema, char kind, const char *name)
{
	for (struct ast_file **f = library_find(sema->library, kind, name);
	     *f; f++)
		sema_adopt(sema, *f);
}

struct symbol *sema_global(struct sema *sema, const char *name,
			   struct span span)
{
	struct symbol *symbol = map_get(&sema->global_names,
					private_key(sema, span.source, name));

	if (!symbol)
		symbol = map_get(&sema->global_names, name);
	/* what a script calls its globals is nothing to the library's locals */
	if (symbol && span.source && span.source->library &&
	    !symbol->span.source->library)
		return NULL;
	if (!symbol) {
		adopt_all(sema, 'g', name);
		symbol = map_get(&sema->global_names, name);
	}
	return symbol;
}

struct function *sema_own_function(struct sema *sema, const char *name,
				   size_t arity, struct span span)
{
	char *key = arena_printf(sema->arena, "%s/%zu", name, arity);
	struct function *function =
		map_get(&sema->function_names,
			private_key(sema, span.source, key));

	return function ? function : map_get(&sema->function_names, key);
}

struct function *sema_function(struct sema *sema, const char *name,
			       size_t arity, struct span span)
{
	struct function *function = sema_own_function(sema, name, arity, span);

	if (function)
		return function;
	adopt_all(sema, 'f', name);
	return sema_own_function(sema, name, arity, span);
}
