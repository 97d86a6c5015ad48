/*
 * From text to tree: lexer.l makes tokens, macro.c expands conditionals,
 * macros and arguments among them, parser.y builds the tree.
 */
#ifndef SPILE_SYNTAX_PARSE_H
#define SPILE_SYNTAX_PARSE_H

#include "translator/base/map.h"
#include "translator/syntax/ast.h"

struct arena;
struct diag;

/* What conditionals and arguments are decided by; the caller knows. */
struct syntax_facts {
	const char *kernel_release;	/* "6.1.0-18-amd64" */
	const char *arch;		/* "x86_64" */
	const char *runtime;		/* "bpf" or "kernel" */
	const char *privilege;		/* "stapdev" */
	const char *compatible;		/* version compared with systemtap_v */
	bool guru;
	const char *text_size;		/* MAXSTRINGLEN of -D, or NULL */
	/* Value of CONFIG_x ("y", "m", a number as text), NULL when unset. */
	const char *(*config)(void *context, const char *name);
	void *config_context;
	const char *const *args;	/* $1 ... */
	int arg_count;
	bool *arg_used;			/* arg_count flags, set when used */
};

struct parser {
	struct arena *arena;
	struct diag *diag;
	const struct syntax_facts *facts;
	struct map macros;	/* of .stpm files: visible to all that follow */
	bool lenient;		/* unknown @names read as functions: for tools */
};

/*
 * Parses a script or tapset file. Errors are reported; the tree holds what
 * could be read. @privileged allows embedded C (-g, or a library file).
 * Returns NULL only if nothing at all could be read.
 */
struct ast_file *parse_file(struct parser *parser, const struct source *source,
			    bool privileged);

/* Reads a macro file (.stpm): its macros become visible in parser->macros. */
void parse_macros(struct parser *parser, const struct source *source);

/*
 * Names that a tapset file offers, found with the lexer alone (no parsing):
 * calls @offer(context, kind, name) with kind 'f' function, 'a' alias (its
 * first component), 'g' global, 'm' macro.
 */
void scan_names(struct arena *arena, const struct source *source,
		void (*offer)(void *context, char kind, const char *name),
		void *context);

/* Functions that the language itself has; NULL-ended. */
extern const char *const print_names[];

struct buf;
/* The tree as a script again; parsing that gives the same tree. */
void unparse_file(struct buf *out, const struct ast_file *file);
void unparse_expr(struct buf *out, const struct expr *expr);
void unparse_point(struct buf *out, const struct probe_point *point);

#endif
