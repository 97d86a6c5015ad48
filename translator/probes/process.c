/*
 * The life of processes and threads, and their system calls: process.begin,
 * .end, .thread.begin, .thread.end, .syscall and .syscall.return, of one
 * process, of all that run a program, or of all.
 *
 * They are tracepoints with a test in front of the handler: whether the current
 * task is meant. A program is known by the super block and inode of the file
 * that the task's memory was made from. With -c or -x all keep to the target and
 * what it starts.
 */
#include "translator/probes/process.h"

#include <inttypes.h>
#include <string.h>

#include "runtime/common/registers.h"
#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"
#include "translator/target/btf.h"
#include "translator/target/kernel.h"
#include "translator/target/location.h"

static const char *const forms[] = {
	"process.begin", "process.end",
	"process.thread.begin", "process.thread.end",
	"process.syscall", "process.syscall.return",
	"process(string).begin", "process(string).end",
	"process(string).thread.begin", "process(string).thread.end",
	"process(string).syscall", "process(string).syscall.return",
	"process(number).begin", "process(number).end",
	"process(number).thread.begin", "process(number).thread.end",
	"process(number).syscall", "process(number).syscall.return", NULL
};

/* One point for a program, or for all: what its instances have in common. */
struct request {
	struct family_env *env;
	const struct probe_point *point;
	struct btf_types *btf;
	const struct process_file *file;	/* NULL: any program */
	const char *name;
	struct probe_instances *out;
};

/* ---- instances ---- */

/* A variable for the tests only: the nth argument of the tracepoint. */
static void add_hidden(const struct request *request,
		       struct probe_context *context, const char *name, int arg,
		       const char *type)
{
	struct context_var *var = context_add(request->env, context, name, arg);

	var->type = btf_find_text(request->btf, type);
	var->is_hidden = true;
}

/* @first are the tests to be made before those of the task. */
static struct probe_instance *add_kind(const struct request *request,
				       const char *kind, const char *first)
{
	struct probe_instance *instance = instance_add(
		request->env, request->out, request->point, kind);
	struct buf tests = { 0 };

	instance->name = request->name;
	buf_puts(&tests, first);
	if (request->file)
		process_put_program(request->env, &tests, instance->context,
				    request->file);
	process_put_target(request->env, &tests);
	if (tests.length)
		instance->prologue = buf_take(&tests, request->env->arena);
	return instance;
}

static struct probe_instance *add(const struct request *request,
				  const char *tracepoint, const char *first)
{
	struct probe_instance *instance;

	if (!btf_tracepoint(request->btf, tracepoint))
		return NULL;
	instance = add_kind(request, "raw_tracepoint", first);
	instance_pair(request->env, instance, "name", "%s", tracepoint);
	return instance;
}

static bool is_x86(const struct request *request)
{
	return !strcmp(kernel_machine(request->env->kernel), "x86_64");
}

/* ---- begin ---- */

/* A new task's first step is out of the call that made its parent two; it
 * makes that step itself, so the handler sees the new task. */
static void add_forked(const struct request *request, const char *which)
{
	static const char *const calls[] = { "clone", "clone3", "fork",
					     "vfork" };
	struct buf tests = { 0 };
	struct probe_instance *instance;
	const char *separator = "";

	buf_printf(&tests, "if ($__ret) next\n__process_call = $__regs->%s\n"
		   "if (!(", is_x86(request) ? "orig_ax" : "syscallno");
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		long number = syscall_number(calls[i]);

		if (number < 0)
			continue;
		buf_printf(&tests, "%s(__process_call == %ld)", separator,
			   number);
		separator = " | ";
	}
	buf_printf(&tests, ")) next\nif (pid() %s tid()) next\n"
		   "if (" PROCESS_CURRENT "->start_time < __tasks_since()) next\n",
		   which);
	instance = add(request, "sys_exit", buf_text(&tests));
	buf_free(&tests);
	if (!instance)
		return;
	add_hidden(request, instance->context, "$__regs", 0, "struct pt_regs *");
	add_hidden(request, instance->context, "$__ret", 1, "long");
}

/* Those that are there when the session begins. */
static void add_existing(const struct request *request, const char *which)
{
	struct arena *arena = request->env->arena;

	add_kind(request, "tasks",
		 arena_printf(arena, "if (pid() %s tid()) next\n"
			      "if (!" PROCESS_CURRENT "->mm) next\n"
			      "if (" PROCESS_CURRENT "->start_time >= __tasks_since()) "
			      "next\n", which));
}

static void add_begin(const struct request *request)
{
	add(request, "sched_process_exec",
	    "if (__tasks_since() == 0x7fffffffffffffff) next\n");
	add_forked(request, "!=");
	add_existing(request, "!=");
}

static void add_thread_begin(const struct request *request)
{
	add_forked(request, "==");
	add_existing(request, "==");
}

/* For the set of the target and its descendants: the points that keep to that
 * set find it complete. */
static void add_descendant(const struct request *request)
{
	struct probe_instance *instance = instance_add(
		request->env, request->out, request->point, "tasks");

	instance->prologue = "if (pid() != tid()) next\n"
			     "if (!" PROCESS_CURRENT "->mm) next\n";
	instance_pair(request->env, instance, "descendants", "1");
}

/* ---- end ---- */

/*
 * Tracepoints tell of an end since Linux 6.16, and of the program that a process
 * leaves since 6.10. Before, a task has lost its memory by the time of the
 * tracepoint, and nobody could say which program it ran: there it is a function
 * of the kernel that is called just before. Which of the two, the runner finds.
 */
static struct probe_instance *add_either(const struct request *request,
					 const char *tracepoint, int arguments,
					 const char *function,
					 const char *tests, bool old)
{
	struct probe_instance *instance = add_kind(
		request, old ? "kprobe" : "raw_tracepoint", tests);

	if (old)
		instance->context->has_registers = true;
	instance_pair(request->env, instance, old ? "symbol" : "name", "%s",
		      old ? function : tracepoint);
	instance_pair(request->env, instance, old ? "unless" : "when", "%s/%d",
		      tracepoint, arguments);
	return instance;
}

/* The argument of the function that says whether it is the last thread. */
static void add_last(const struct request *request,
		     struct probe_context *context, bool old)
{
	struct context_var *var;
	struct location *location;

	add_hidden(request, context, "$__last", 1, "_Bool");
	if (!old)
		return;
	var = &context->vars.items[context->vars.count - 1];
	var->location = location = arena_new(request->env->arena,
					     struct location);
	location->kind = LOCATION_VALUE;
	location->expr = location_leaf(request->env->arena, LOCATION_REGISTER,
				       register_argument(1));
}

static void add_exit(const struct request *request, const char *tests)
{
	for (int old = 0; old < 2; old++)
		add_last(request,
			 add_either(request, "sched_process_exit", 2,
				    "taskstats_exit", tests, old)->context,
			 old);
}

static void add_end(const struct request *request)
{
	/* threads of the kernel are no processes */
	add_exit(request, "if (!$__last) next\n"
		 "if (" PROCESS_CURRENT "->flags & 0x200000) next\n");
	if (!request->file || request->file->pid)
		return;
	for (int old = 0; old < 2; old++)
		add_either(request, "sched_prepare_exec", 1, "begin_new_exec",
			   "", old);
}

static void add_thread_end(const struct request *request)
{
	add_exit(request, "if (pid() == tid()) next\n");
}

/* ---- system calls ---- */

static void add_var(const struct request *request,
		    struct probe_context *context, const char *name, int arg,
		    const char *expression)
{
	context_add(request->env, context, name, arg)->expression = expression;
}

/* Arguments as the calling convention of the machine has them; those of the
 * 32-bit calls of x86 are in other registers. */
static const char *argument_expression(const struct request *request, int n)
{
	static const char *const wide[] = { "di", "si", "dx", "r10", "r8",
					    "r9" };
	static const char *const narrow[] = { "bx", "cx", "dx", "si", "di",
					      "bp" };
	struct arena *arena = request->env->arena;

	if (is_x86(request))
		return arena_printf(arena,
			PROCESS_CURRENT "->thread_info->status & 2 ? "
			"$__regs->%s & 0xffffffff : $__regs->%s", narrow[n],
			wide[n]);
	return n ? arena_printf(arena, "$__regs->regs[%d]", n) :
		   "$__regs->orig_x0";
}

static struct probe_instance *add_enter(const struct request *request)
{
	struct probe_instance *instance = add(request, "sys_enter", "");
	struct probe_context *context = instance ? instance->context : NULL;

	if (!context)
		return NULL;
	add_hidden(request, context, "$__regs", 0, "struct pt_regs *");
	add_var(request, context, "$syscall", 1, NULL);
	for (int i = 0; i < 6; i++)
		add_var(request, context,
			arena_printf(request->env->arena, "$arg%d", i + 1), -1,
			argument_expression(request, i));
	return instance;
}

static void add_syscall(const struct request *request)
{
	add_enter(request);
}

static void add_syscall_return(const struct request *request)
{
	struct probe_instances entries = { 0 };
	struct request entry = *request;
	struct probe_instance *instance = add(request, "sys_exit", "");

	if (!instance)
		return;
	entry.out = &entries;
	instance->context->entry = add_enter(&entry);
	add_hidden(request, instance->context, "$__regs", 0,
		   "struct pt_regs *");
	add_var(request, instance->context, "$syscall", -1,
		is_x86(request) ? "$__regs->orig_ax" : "$__regs->syscallno");
	add_var(request, instance->context, "$return", 1, NULL);
}

/* ---- the family ---- */

static const struct event {
	const char *words[2];	/* after process(...) */
	void (*add)(const struct request *request);
} events[] = {
	{ { "begin" }, add_begin },
	{ { "end" }, add_end },
	{ { "thread", "begin" }, add_thread_begin },
	{ { "thread", "end" }, add_thread_end },
	{ { "syscall" }, add_syscall },
	{ { "syscall", "return" }, add_syscall_return },
	{ { "__descendant" }, add_descendant },
};

enum { EVENTS = sizeof(events) / sizeof(events[0]) };

static bool is_meant(const struct event *event, const struct probe_point *point)
{
	size_t count = event->words[1] ? 2 : 1;

	for (size_t i = 0; i < count; i++) {
		const struct point_component *part;

		if (i + 1 >= point->components.count)
			return false;
		part = &point->components.items[i + 1];
		/* private: for who knows it */
		if (event->words[i][0] == '_')
			return !strcmp(part->name, event->words[i]);
		if (!strcmp(part->name, "**"))
			return i + 2 == point->components.count;
		if (part->arg || !glob_match(part->name, event->words[i]))
			return false;
	}
	return point->components.count == count + 1;
}

static bool matches(const struct probe_point *point)
{
	if (!glob_match(point->components.items[0].name, "process"))
		return false;
	for (int i = 0; i < EVENTS; i++)
		if (is_meant(&events[i], point))
			return true;
	return false;
}

static void add_events(struct request *request, const char *program)
{
	for (int i = 0; i < EVENTS; i++) {
		const char *const *words = events[i].words;

		if (!is_meant(&events[i], request->point))
			continue;
		request->name = arena_printf(request->env->arena, "%s.%s%s%s",
					     program, words[0],
					     words[1] ? "." : "",
					     words[1] ? words[1] : "");
		events[i].add(request);
	}
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	struct request request = { .env = env, .point = point, .out = out,
				   .btf = env->btf(env) };
	struct process_files files;

	if (!request.btf) {
		diag_report(env->diag, DIAG_no_btf, point->span, env->reason);
		return false;
	}
	if (!point->components.items[0].arg) {
		add_events(&request, "process");
		return true;
	}
	if (!process_find(env, point, NULL, &files))
		return true;
	for (size_t i = 0; i < files.items.count; i++) {
		request.file = files.items.items[i];
		add_events(&request,
			   process_name(env->arena, point, request.file));
	}
	return true;
}

const struct family family_process = { "process", forms, matches, resolve };
