/*
 * --privilege=stapusr: whether the script keeps to what users of that group may
 * do: probes of their own processes, timers, and what any program can find out.
 * What does not is named, at its place in the script; in functions that the
 * script calls the first such thing counts.
 */
#include "translator/sema/sema.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/target/access.h"

struct asking {
	struct functions_seen *seen;
	struct sema *sema;
	bool own;			/* in a probe of a process */
	const char *reason;		/* the first that was found */
};

struct functions_seen {
	struct functions_seen *next;
	const struct function *function;
};

/* Functions that read the kernel to tell what any program can ask it. */
static bool is_harmless(const char *name)
{
	static const char *const names[] = {
		"ppid", "pgrp", "sid", "euid", "egid", "pexecname", "ns_pid",
		"ns_tid", "ns_uid", "ns_gid", "ns_euid", "ns_egid", "ns_ppid",
		"ns_pgrp", "ns_sid", "is_myproc", "is_return", "probe_type",
		"cmdline_str", "cmdline_args", "cmdline_arg", "env_var",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* ---- what is wrong with a node, or NULL ---- */

static const char *memory(const struct asking *asking, bool user)
{
	if (!user)
		return "it looks into memory of the kernel";
	return asking->own ? NULL : "it looks into memory of a program that "
		"may be another user's";
}

static const char *ask_primitive(const struct asking *asking,
				 const struct primitive *primitive)
{
	char first = primitive->flags[0];

	if (first == 'k' || first == 'K')
		return memory(asking, false);
	if (first == 'u' || first == 'U')
		return memory(asking, true);
	if (strchr(primitive->flags, 'p'))
		return "it concerns the whole system";
	return strchr(primitive->flags, 'm') ? memory(asking, true) : NULL;
}

static const char *ask_target(const struct asking *asking,
			      const struct target *target)
{
	if (!target || target->kind != TARGET_PATH ||
	    target->plan->end == ACCESS_VALUE)
		return NULL;
	return memory(asking, target->user);
}

static const char *ask_function(struct asking *asking,
				const struct function *first);

static const char *ask_call(struct asking *asking, const struct expr *expr)
{
	const struct callee *callee = expr->ref;

	if (callee->primitive >= 0)
		return ask_primitive(asking, &primitives[callee->primitive]);
	return ask_function(asking, callee->function);
}

static const char *ask(struct asking *asking, const struct expr *expr)
{
	if (!expr->ref && expr->kind == EXPR_CALL)
		return NULL;
	if (expr->kind == EXPR_CALL)
		return ask_call(asking, expr);
	if (expr->kind == EXPR_TARGET || expr->kind == EXPR_ACCESS)
		return ask_target(asking, expr->ref);
	if (expr->kind == EXPR_DEREF || expr->kind == EXPR_REGISTER)
		return memory(asking, expr->text[0] == 'u');
	if (expr->kind == EXPR_EMBEDDED &&
	    !embedded_pragma(expr->text, "unprivileged") &&
	    !(asking->own &&
	      embedded_pragma(expr->text, "myproc-unprivileged")))
		return "it is embedded C that does not say /* unprivileged */";
	return NULL;
}

/* ---- functions ---- */

static void ask_inside(struct expr **expr, void *with)
{
	struct asking *asking = with;

	if (!asking->reason)
		asking->reason = ask(asking, *expr);
}

static const char *ask_function(struct asking *asking,
				const struct function *first)
{
	struct asking inner = *asking;
	struct functions_seen *seen;

	if (is_harmless(first->decl->name))
		return NULL;
	for (seen = asking->seen; seen; seen = seen->next)
		if (seen->function == first)
			return NULL;
	seen = arena_new(asking->sema->arena, struct functions_seen);
	seen->next = asking->seen;
	seen->function = first;
	inner.seen = seen;
	inner.reason = NULL;
	for (const struct function *f = first; f && !inner.reason; f = f->next)
		stmt_walk(f->decl->body, ask_inside, &inner);
	return inner.reason;
}

/* ---- probes ---- */

static const char *construct(struct sema *sema, const struct expr *expr)
{
	if (expr->kind == EXPR_CALL)
		return arena_printf(sema->arena, "function '%s'", expr->text);
	if (expr->kind == EXPR_DEREF || expr->kind == EXPR_REGISTER)
		return arena_printf(sema->arena, "@%s", expr->text);
	return expr->kind == EXPR_EMBEDDED ? "this code" : "this";
}

/* What the library and families put in front of a handler is theirs. */
static void see(struct expr **expr, void *with)
{
	struct asking *asking = with;
	const struct source *source = (*expr)->span.source;
	const char *reason;

	if (!source || source->library || (*expr)->span.origin)
		return;
	reason = ask(asking, *expr);
	if (reason)
		diag_report(asking->sema->diag, DIAG_privilege, (*expr)->span,
			    construct(asking->sema, *expr), reason);
}

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool is_allowed(const struct probe_instance *instance)
{
	static const char *const kinds[] = { "begin", "end", "error",
					     "reset", "timer" };

	if (starts(instance->name, "process"))
		return true;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(instance->kind, kinds[i]))
			return true;
	return false;
}

void sema_privilege(struct sema *sema)
{
	if (strcmp(sema->parser->facts->privilege, "stapusr"))
		return;
	for (size_t i = 0; i < sema->probes.count; i++) {
		struct probe *probe = sema->probes.items[i];
		struct asking asking = {
			.sema = sema,
			.own = starts(probe->instance->name, "process"),
		};

		/* the library's own keep books for others */
		if (!probe->instance->kind || probe->quiet ||
		    !probe->span.source || probe->span.source->library)
			continue;
		if (!is_allowed(probe->instance))
			diag_report(sema->diag, DIAG_privilege, probe->span,
				    arena_printf(sema->arena, "probe %s",
						 probe->instance->name),
				    "it sees more than the processes of that "
				    "user");
		else
			stmt_walk(probe->body, see, &asking);
	}
}
