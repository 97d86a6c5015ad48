/*
 * The tree of a script or tapset file.
 *
 * The parser builds it, unparse.c prints it back, sema annotates it (the
 * fields under "sema") and lower walks it. All nodes live in the arena of the
 * compilation. The kinds stand in ast.def.
 */
#ifndef SPILE_SYNTAX_AST_H
#define SPILE_SYNTAX_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "translator/base/vec.h"
#include "translator/diag/source.h"

struct ctype;		/* translator/target: a C type */

enum expr_kind {
#define EXPR(kind, name) EXPR_##kind,
#define STMT(kind, name)
#include "translator/syntax/ast.def"
#undef EXPR
#undef STMT
};

enum stmt_kind {
#define EXPR(kind, name)
#define STMT(kind, name) STMT_##kind,
#include "translator/syntax/ast.def"
#undef EXPR
#undef STMT
};

/* What a value is; declared with ":long" and ":string", else inferred. */
enum type { TYPE_UNKNOWN, TYPE_LONG, TYPE_STRING, TYPE_STATS, TYPE_NONE };

/* Operators of UNARY, BINARY, ASSIGN and friends, by their spelling. */
enum operator_kind {
	OP_NONE,	/* plain "=" in ASSIGN */
	OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD,
	OP_SHL, OP_SHR, OP_USHR,
	OP_AND, OP_OR, OP_XOR,
	OP_CAT,
	OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE,
	OP_LAND, OP_LOR,		/* && and || */
	OP_MATCH, OP_NOMATCH,		/* =~ and !~ */
	OP_STAT,			/* <<< (ASSIGN only) */
	OP_NEG, OP_POS, OP_NOT, OP_BITNOT,	/* UNARY only */
};

struct expr_list {
	VEC(struct expr *) items;
};

/* One step after a target value: ->name, [index], or a final $ / $$. */
enum access_kind { STEP_MEMBER, STEP_INDEX, STEP_PRETTY };

struct access {
	enum access_kind kind;
	const char *member;	/* MEMBER */
	struct expr *index;	/* INDEX */
	int depth;		/* PRETTY: 1 for $, 2 for $$ */
	struct span span;
};

/*
 * One expression. Which fields are used depends on the kind; ast.def says
 * which at each kind.
 */
struct expr {
	enum expr_kind kind;
	struct span span;
	enum operator_kind op;
	bool prefix;			/* INCDEC: ++x rather than x++ */
	int64_t number;
	const char *text;		/* name, or bytes of a string */
	size_t length;			/* bytes of a string */
	struct expr *a, *b, *c;
	struct expr_list list;		/* arguments or keys */
	VEC(struct access) path;	/* ACCESS */
	int height;			/* of the tree; the parser bounds it */
	/* sema */
	enum type type;
	void *ref;			/* what a name means, set by resolve */
	struct ctype *ctype;	/* C type of a pointer value, or NULL */
};

enum sort_order { SORT_NONE = 0, SORT_UP = 1, SORT_DOWN = -1 };

/* foreach (value = [key, ...] in array[slice] @by +/- limit LIMIT) body */
struct foreach {
	struct expr *value;		/* SYMBOL or NULL */
	VEC(struct expr *) keys;	/* SYMBOLs */
	struct expr *array;		/* SYMBOL, or a HIST for its buckets */
	struct expr_list slice;		/* empty: the whole; WILDCARD for * */
	int sort_key;	/* 0 none, -1 by value, n by the nth key from 1 */
	enum sort_order sort_order;
	const char *sort_by;		/* "count" of @count, or NULL */
	struct expr *limit;		/* or NULL */
};

struct stmt_list {
	VEC(struct stmt *) items;
};

struct stmt {
	enum stmt_kind kind;
	struct span span;
	struct expr *expr;	/* EXPR, RETURN, DELETE; condition of IF, WHILE, FOR */
	struct expr *init, *step;	/* FOR, each may be NULL */
	struct stmt *body;	/* IF then, loops, TRY */
	struct stmt *other;	/* IF else, TRY catch; or NULL */
	struct expr *message;	/* TRY: SYMBOL of catch (message), or NULL */
	struct foreach *foreach;	/* FOREACH */
	struct stmt_list block;		/* BLOCK */
	const char *code;		/* EMBEDDED: text between %{ and %} */
};

/* global and private variables */
struct global_decl {
	const char *name;
	struct span span;
	bool private_scope;	/* private */
	bool wrap;		/* name%: overwrite the oldest */
	struct expr *size;	/* [size]: NUMBER, or NULL */
	struct expr *init;	/* NUMBER or STRING, or NULL */
	struct ast_file *file;
	void *ref;		/* sema's symbol */
};

struct param_decl {
	const char *name;
	enum type type;		/* declared, or UNKNOWN */
	struct span span;
};

struct function_decl {
	const char *name;
	struct span span;	/* of the name */
	bool private_scope;
	enum type type;		/* declared, or UNKNOWN */
	VEC(struct param_decl) params;
	struct expr *priority;	/* NUMBER, or NULL for the default */
	struct stmt *body;	/* BLOCK, or an EMBEDDED statement */
	const char *doc;	/* text of the doc comment above, or NULL */
	struct ast_file *file;
};

/* A component of a probe point: kernel, function("x"), {a,b}, s*, ** */
struct point_component {
	const char *name;	/* with its wildcards; braces are expanded by
				 * the parser into several points */
	struct expr *arg;	/* NUMBER or STRING, or NULL */
	struct span span;
};

struct probe_point {
	VEC(struct point_component) components;
	bool optional;		/* ? */
	bool sufficient;	/* ! */
	struct expr *condition;	/* if (...), or NULL */
	struct span span;
};

struct point_list {
	VEC(struct probe_point *) items;
};

/* probe points { body }, or an alias: probe name = points { prologue } */
struct probe_decl {
	struct span span;
	bool private_scope;
	struct point_list names;	/* aliases: names on the left; else empty */
	struct point_list points;
	struct stmt *body;	/* BLOCK; an alias's prologue or NULL */
	struct stmt *epilogue;	/* alias with += or "{ } , { }"; or NULL */
	bool append;		/* alias made with += (body is the epilogue) */
	const char *doc;
	struct ast_file *file;
};

enum item_kind {
	ITEM_GLOBAL, ITEM_FUNCTION, ITEM_PROBE, ITEM_ALIAS, ITEM_EMBEDDED,
};

/* One item of a file, by its kind and its place in the list of that kind. */
struct ast_item {
	enum item_kind kind;
	size_t index;
};

/* One parsed file. */
struct ast_file {
	const struct source *source;
	VEC(struct global_decl *) globals;
	VEC(struct function_decl *) functions;
	VEC(struct probe_decl *) probes;
	VEC(struct probe_decl *) aliases;
	VEC(struct stmt *) embedded;	/* top-level %{ %} */
	VEC(struct span) items;	/* every item's span in source order */
	VEC(struct ast_item) order;	/* the same items: what they are */
};

/* Spelling of an operator: "+", "<<<"; "" for OP_NONE. */
const char *operator_text(enum operator_kind op);

/* A new node with its kind and place set. */
struct expr *expr_create(struct arena *arena, enum expr_kind kind,
			 struct span span);
struct stmt *stmt_create(struct arena *arena, enum stmt_kind kind,
			 struct span span);

/* Deep copies, sema fields cleared. @origin (or NULL) becomes the origin of
 * each copied span that has none. */
struct expr *expr_copy(struct arena *arena, const struct expr *expr,
		       const struct origin *origin);
struct stmt *stmt_copy(struct arena *arena, const struct stmt *stmt,
		       const struct origin *origin);

/*
 * Calls @visit on the address of each expression of the tree, children first,
 * so that the visitor may replace the node in place through the pointer.
 */
typedef void expr_visitor(struct expr **expr, void *context);
void expr_walk(struct expr **expr, expr_visitor *visit, void *context);
void stmt_walk(struct stmt *stmt, expr_visitor *visit, void *context);

#endif
