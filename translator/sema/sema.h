/*
 * Meaning: from trees to a checked program.
 *
 * sema.c lists the phases. They work on one struct sema, annotate the trees in
 * place (expr->type, expr->ref) and leave for lowering: the globals used, the
 * functions used, and the probes, each with its handler body and context.
 * Errors go to diag; a phase goes on after errors as far as that makes sense,
 * with TYPE_UNKNOWN and poisoned references silencing what follows from them.
 */
#ifndef SPILE_SEMA_SEMA_H
#define SPILE_SEMA_SEMA_H

#include "translator/base/map.h"
#include "translator/probes/family.h"
#include "translator/syntax/ast.h"
#include "translator/syntax/parse.h"

struct diag;
struct library;
struct parser;
struct access_plan;
struct location;
struct location_expr;

/* A variable: global, or local of a function or probe. */
struct symbol {
	const char *name;
	struct span span;		/* where it is declared or first used */
	struct global_decl *global;	/* NULL: a local */
	bool is_param;
	bool is_array;
	bool reported;			/* a conflict was reported already */
	enum type type;			/* of the value */
	int key_count;			/* arrays */
	enum type *key_types;
	struct ctype *ctype;	/* what its value points to */
	int reads, writes;
	/* statistics: what was asked for; one histogram a variable */
	const char *hist;		/* "hist_log", "hist_linear" or NULL */
	int64_t hist_bounds[3];
	bool has_shift;
	int64_t shift;
	const char *set_by;		/* -G: initial value as text */
	int ir;				/* number in the program, for lowering */
};

/* One function; overloads of a name and arity form a chain by priority. */
struct function {
	struct function_decl *decl;
	struct function *next;		/* tried when this one says "next" */
	VEC(struct symbol *) params;
	struct map locals;		/* name -> struct symbol */
	enum type type;
	struct ctype *ctype;
	bool used;			/* reached from a probe */
	bool resolved;
	bool has_value;			/* a "return expr" or declared type */
	bool says_next;
	int effect;			/* 0 unknown, 1 none, 2 has one, 3 asked */
	int ir;
};

/* What a CALL refers to: a function or a primitive. */
struct callee {
	struct function *function;	/* NULL: a primitive */
	int primitive;			/* row of intrinsics.def */
};

/* An expression that @entry keeps, and where. */
struct saved_entry {
	const char *text, *array;
};

/* One probe as it will be attached. */
struct probe {
	struct probe_decl *decl;
	struct probe_instance *instance;
	/* More places that the same handler stands at. */
	VEC(struct probe_instance *) twins;
	struct span span;		/* of its point in the script */
	const char *listed;		/* its name for -l: alias, if by one */
	struct stmt *body;
	const struct probe_decl *alias;	/* the only one on the way, or NULL */
	struct map locals;
	struct expr *condition;		/* if (...) of the point, or NULL */
	struct probe *entry;		/* saves what @entry reads here */
	VEC(struct saved_entry) saved;
	bool quiet;			/* made by the translator */
};

struct primitive {
	const char *name;
	const char *signature;	/* "t:tll" */
	int bound;
	const char *flags;
	const char *doc;
	const char *symbol;	/* what backends call */
};
extern const struct primitive primitives[];
extern const int primitive_count;

/* Options that change meaning. */
struct sema_options {
	bool keep_unused;		/* -u */
	bool skip_badvars;
	bool no_global_display;
	bool can_reset;			/* --monitor: its globals can be set back */
	bool guru;
	bool suppress_errors;		/* --suppress-handler-errors */
	const char *const *assignments;	/* -G name=value */
	int assignment_count;
};

struct sema {
	struct arena *arena;
	struct diag *diag;
	struct library *library;
	struct parser *parser;
	struct family_env *env;
	const struct sema_options *options;
	VEC(struct ast_file *) files;	/* taken in so far, scripts first */
	VEC(struct symbol *) globals;
	VEC(struct function *) functions;
	VEC(struct probe *) probes;
	struct map global_names;	/* name, or "file\1name" when private */
	struct map function_names;	/* "name/arity", private likewise */
	bool listing;			/* each place counts */
	int aliases_followed;		/* while points are expanded */
	size_t probes_expanded;		/* files whose probes are expanded */
	VEC(struct function *) pending;	/* used, not yet resolved */
};

struct sema *sema_create(struct arena *arena, struct diag *diag,
			 struct library *library, struct parser *parser,
			 struct family_env *env,
			 const struct sema_options *options);

/* Takes in a script. */
void sema_add(struct sema *sema, struct ast_file *file);

/* All phases. 0, or -1 after errors were reported. */
int sema_run(struct sema *sema);

/* -l and -L: the points that match, sorted, one a line, with their variables
 * if asked. Returns how many. */
struct buf;
int sema_list(struct sema *sema, struct probe_point *point, bool variables,
	      struct buf *out);

/* -p2: globals, functions and probes with their types. */
void sema_dump(const struct sema *sema, struct buf *out);

/* ---- between the phases ---- */

/* privilege.c: reports what --privilege does not allow. */
void sema_privilege(struct sema *sema);

/* symbol.c */
void sema_adopt(struct sema *sema, struct ast_file *file);
void sema_add_global(struct sema *sema, struct global_decl *decl);
struct symbol *sema_global(struct sema *sema, const char *name,
			   struct span span);
struct function *sema_function(struct sema *sema, const char *name,
			       size_t arity, struct span span);
/* The same among what is taken in already, without asking the library. */
struct function *sema_own_function(struct sema *sema, const char *name,
				   size_t arity, struct span span);
int primitive_find(const char *name, size_t arity);

/* suggest.c: sentences for a message's hint, or NULL. @kind as in
 * scan_names(). */
const char *sema_suggest(struct sema *sema, char kind, const char *name);
const char *sema_suggest_local(struct sema *sema, const char *name,
			       const struct map *locals);
const char *sema_suggest_point(struct sema *sema,
			       const struct probe_point *point);

/* snippet.c: text in the language that families give, parsed. */
struct stmt *sema_statements(struct sema *sema, const char *text);
struct expr *sema_expression(struct sema *sema, const char *text,
			     struct span span);

/* expand.c: points to probes, for files not expanded yet. */
void sema_expand(struct sema *sema);

/* merge.c: joins probes of one event that differ in their aliases only. */
void sema_merge(struct sema *sema);

/* resolve.c: names, context and compile-time tests in one body. */
void sema_resolve(struct sema *sema);

/* context.c: $vars, @cast and the like; replaces *expr by what it means.
 * Quiet tries (for @defined) leave no report: see diag_mute(). */
struct scope;
/* The context of a probe, its variables read; or NULL. */
/* Adds those variables too that are costly to learn. */
void probe_load_more(struct sema *sema, struct probe_context *context);
const struct probe_context *probe_variables(struct sema *sema,
					    const struct probe *probe);
/* The $variable of the probe's context, or NULL. */
const struct context_var *context_var_find(struct sema *sema,
					   const struct scope *scope,
					   const char *name);
void context_resolve(struct sema *sema, struct scope *scope,
		     struct expr **expr);

/* location.c: @kregister(n) and @uregister(n). */
void register_resolve(struct sema *sema, struct scope *scope,
		      struct expr **slot);
/* The value of a tree, or NULL with a reason. */
struct expr *location_tree(struct sema *sema, struct span span,
			   const struct probe_context *context,
			   const struct location_expr *tree,
			   const char **ret_reason);
/* The same of a whole location; *ret_is_place: it is an address. */
struct expr *location_value(struct sema *sema, struct span span,
			    const struct probe_context *context,
			    const struct location *location,
			    bool *ret_is_place, const char **ret_reason);

/* Of a variable in registers, what a plan over it (ACCESS_BASE_PLACE) reads of
 * these; *ret_rest is the plan over that. */
struct expr *location_member(struct sema *sema, struct span span,
			     const struct probe_context *context,
			     const struct location *location,
			     const struct access_plan *plan,
			     struct access_plan **ret_rest,
			     const char **ret_reason);

/* embedded.c: embedded C; expr->list are the globals that it uses (number: 1
 * read, 2 written). The body of a function that is embedded C alone, or NULL;
 * whether a comment of the code is that word. */
void embedded_resolve(struct sema *sema, struct expr *expr);
void embedded_resolve_stmt(struct sema *sema, struct stmt *stmt);
struct stmt *embedded_body(struct stmt *body);
bool embedded_pragma(const char *code, const char *word);
/* A function of C that gives the same value all through one hit, and does nothing else. */
bool embedded_is_stable(const struct callee *callee);
/* Whether the word stands in the code; whether it has a value at its end. */
bool embedded_says(const char *code, const char *word);
bool embedded_has_value(const char *code);
/* types.c: a C type by name, in the modules that a text lists or, for NULL, where
 * the probe stands and in the kernel; NULL after a report. */
struct ctype *type_find(struct sema *sema, const struct scope *scope,
			struct span span, const char *text,
			const char *modules);
/* An enumerator of the program that the probe stands in, or of the kernel;
 * false, with env->reason if there was nowhere to look. */
bool enumerator_find(struct sema *sema, const struct scope *scope,
		     const char *name, int64_t *ret_value);
/* What @var(text, module) names; NULL with a reason. */
struct context_var *variable_find(struct sema *sema, const struct scope *scope,
				  const char *text, const char *module,
				  const char **ret_reason);

/* write.c: an assignment to what a probe sees. */
void write_resolve(struct sema *sema, struct scope *scope, struct expr **slot);

/* types.c: a global or static that the probed function's file knows as $name, or
 * NULL. */
struct context_var *variable_outside(struct sema *sema,
				     const struct probe_context *context,
				     const char *name);

/* entry.c: @entry(e). */
void entry_resolve(struct sema *sema, struct scope *scope, struct expr **slot);
/* What a resolved probe does first if it uses @entry, not resolved yet: calls
 * of which nothing is kept are counted, not handled. Or NULL. */
struct stmt *entry_guard(struct sema *sema, struct probe *probe);

/* What an EXPR_ACCESS or EXPR_TARGET refers to after context.c. */
enum target_kind {
	TARGET_ARG,	/* raw argument: sized integer or pointer */
	TARGET_PATH,	/* plan over a base address */
	TARGET_LOCATION,	/* tree over registers and memory */
	TARGET_FILE,	/* inode or a device of a file */
	TARGET_VALUE,	/* $value of procfs and input */
};

struct target {
	enum target_kind kind;
	int arg;			/* ARG. FILE: 0 inode, 1 device */
	const char *file;		/* FILE */
	const struct location_expr *location;	/* LOCATION */
	uint64_t address;	/* LOCATION: of the probe, in its file */
	struct ctype *type;	/* of the result */
	struct expr *base;		/* PATH: gives the address. LOCATION: what
					 * LOCATION_TLS or, if not NULL, LOCATION_STATIC
					 * counts from */
	const char *anchor;	/* LOCATION: the symbol of the kernel that is at
				 * "address", for LOCATION_STATIC; or NULL */
	struct expr *begin;	/* LOCATION: what LOCATION_ENTRY is, if not the
				 * register at hand; or NULL */
	struct access_plan *plan;	/* PATH */
	struct expr_list indexes;	/* PATH: variable indexes */
	bool user;			/* PATH: user space memory */
	bool address_only;		/* PATH under & */
};

/* One body being resolved. */
struct scope {
	struct map *locals;
	struct function *function;	/* NULL in a probe */
	struct probe *probe;		/* NULL in a function */
	int loops;			/* loops around, for break/continue */
	VEC(struct symbol *) walked;	/* arrays under foreach */
};

/* fold.c: the expression with constants computed; true if it is a number. */
void fold_expr(struct arena *arena, struct expr **expr);
bool expr_constant(const struct expr *expr, int64_t *ret);

/* infer.c: types of everything, to a fixed point; then what is unclear. */
void sema_infer(struct sema *sema);

/* check.c: rules that need types. */
void sema_check(struct sema *sema);

/* prune.c: what nobody reads goes, with a warning for the user's own. */
void sema_prune(struct sema *sema);

/* autoprint.c: probes that print globals that are written, never read. */
void sema_autoprint(struct sema *sema);
/* One program of BPF has room for so many arrays and a bit more: who works on all
 * globals makes more probes. */
enum { SEMA_GLOBALS_A_PROBE = 32 };
/* Takes in probes of the translator's, written as a script. */
void sema_adopt_text(struct sema *sema, const char *text, size_t length);
/* reset.c: probes that give globals their first values. */
void sema_reset(struct sema *sema);

/* A name for a type: "long", "string", "stats". */
const char *type_name(enum type type);

#endif
