/*
 * The BPF backend as the driver sees it: prints the program as text and has
 * spile-emit make the object, so that spile itself never loads LLVM.
 *
 * In the build tree spile-emit lies beside spile and the library's bitcode in
 * runtime/bpf/lib; installed, both are in the folders of the package.
 */
#include "translator/backend.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"
#include "translator/ir/ir.h"

extern char **environ;
extern const struct backend backend_bpf;

/* ---- where things are ---- */

static const char *emitter_path(struct arena *arena)
{
	const char *folder = file_program_folder(arena);
	const char *path;

	if (folder) {
		path = arena_printf(arena, "%s/spile-emit", folder);
		if (file_exists(path))
			return path;
	}
	return SPILE_LIBEXECDIR "/spile-emit";
}

/* A library for each size of a text. */
static const char *library_path(struct arena *arena,
				const struct ir_program *program)
{
	const char *folder = file_program_folder(arena);
	int size = ir_limit(program, "maxstringlen") <= 512 ? 512 : 4096;
	const char *path;

	if (folder) {
		path = arena_printf(arena, "%s/runtime/bpf/lib/rt%d.bc", folder,
				    size);
		if (file_exists(path))
			return path;
	}
	return arena_printf(arena, SPILE_PKGDATADIR "/bpf/rt%d.bc", size);
}

/* ---- the child ---- */

struct child {
	pid_t pid;
	int input, errors;
};

/* Its input and standard error are pipes; its output is ours. */
static int child_start(char **argv, struct child *ret)
{
	posix_spawn_file_actions_t actions;
	int in[2], errors[2], status;

	if (pipe2(in, O_CLOEXEC))
		return -1;
	if (pipe2(errors, O_CLOEXEC)) {
		close(in[0]);
		close(in[1]);
		return -1;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO);
	status = posix_spawn(&ret->pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(in[0]);
	close(errors[1]);
	ret->input = in[1];
	ret->errors = errors[0];
	if (!status)
		return 0;
	close(in[1]);
	close(errors[0]);
	errno = status;
	return -1;
}

/* The child reads all its input before it says anything but a short line, so
 * writing first cannot lock up. */
static void child_feed(const struct child *child, const struct buf *text)
{
	sigset_t pipe_signal, before;
	size_t done = 0;

	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	sigprocmask(SIG_BLOCK, &pipe_signal, &before);
	while (done < text->length) {
		ssize_t count = write(child->input, text->text + done,
				      text->length - done);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			break;
		done += (size_t)count;
	}
	close(child->input);
	/* one that a child that ended early has caused is ours to take */
	sigtimedwait(&pipe_signal, NULL, &(struct timespec){ 0 });
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static char *child_errors(struct arena *arena, const struct child *child)
{
	struct buf text = { 0 };
	char room[4096];
	ssize_t count;

	while ((count = read(child->errors, room, sizeof(room))) > 0 ||
	       (count < 0 && errno == EINTR))
		if (count > 0)
			buf_write(&text, room, (size_t)count);
	close(child->errors);
	while (text.length && text.text[text.length - 1] == '\n')
		text.text[--text.length] = '\0';
	return buf_take(&text, arena);
}

static const char *child_run(struct arena *arena, char **argv,
			     const struct buf *text)
{
	struct child child;
	const char *said;
	int status;

	if (child_start(argv, &child))
		return arena_printf(arena, "cannot run %s: %s", argv[0],
				    strerror(errno));
	child_feed(&child, text);
	said = child_errors(arena, &child);
	while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return NULL;
	if (said && *said)
		return said;
	return arena_printf(arena, "%s ended with status %d", argv[0], status);
}

/* ---- the backend ---- */

/* What BPF cannot do is found where code is made: emit() says it. */
/* A store to kernel memory or to a register in a function, or NULL. */
static const struct ir_op *foreign_store(const struct ir_function *function)
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];

			if (op->code == IR_STORE && !op->args.items[3].number)
				return op;
			if (op->code == IR_PRIM &&
			    !strcmp(op->args.items[0].text, "__register_set"))
				return op;
		}
	}
	return NULL;
}

/* Ways of attaching without a section are no ways of BPF programs. */
static bool is_way(const char *kind)
{
	static const char *const ways[][2] = {
#define ATTACH(id, name, section, user) { name, section },
#include "runtime/common/attach.def"
#undef ATTACH
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(ways[i][0], kind))
			return ways[i][1];
	return false;
}

/* A kernel takes 64 maps with one program; what is no array takes four and
 * more of them. The rest the kernel says when it loads the object. */
enum { ARRAYS_MOST = 60 };

struct array_search {
	const struct ir_program *program;
	bool *reached;			/* functions */
	bool *used;			/* globals */
	int count;
	const struct ir_op *last;	/* an array more than there can be */
};

static void note_array(struct array_search *search, const struct ir_op *op)
{
	const struct ir_global *global;
	int64_t number = op->args.items[0].number;

	if (op->args.items[0].kind == IR_ARG_ITER)
		number = search->program->iters.items[number].global;
	else if (op->args.items[0].kind != IR_ARG_GLOBAL)
		return;
	global = search->program->globals.items[number];
	if (search->used[number] || (global->kind == IR_SCALAR &&
				     global->value != IR_VALUE_STAT))
		return;
	search->used[number] = true;
	search->count += global->wrap ? 2 : 1;
	if (search->count > ARRAYS_MOST && op->site >= 0 && !search->last)
		search->last = op;
}

static void search_arrays(struct array_search *search, int number)
{
	const struct ir_function *function =
		search->program->functions.items[number];

	if (search->reached[number])
		return;
	search->reached[number] = true;
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];

			if (op->code == IR_CALL || op->code == IR_CALLV)
				search_arrays(search,
					      (int)op->args.items[0].number);
			else if (op->args.count)
				note_array(search, op);
		}
	}
}

static const char *too_many_arrays(struct arena *arena,
				   const struct ir_program *program)
{
	for (size_t i = 0; i < program->probes.count; i++) {
		const struct ir_probe *probe = program->probes.items[i];
		struct array_search search = {
			.program = program,
			.reached = arena_array(arena, bool,
					       program->functions.count),
			.used = arena_array(arena, bool,
					    program->globals.count),
		};

		search_arrays(&search, probe->function);
		if (search.last)
			return arena_printf(arena, "a BPF program has room for "
				"%d arrays, and probe %s uses %d (one too many "
				"at %s): make several probes of it, or use "
				"the module backend (--runtime=kernel)",
				ARRAYS_MOST, probe->name, search.count,
				program->sites.items[search.last->site].place);
	}
	return NULL;
}

static const char *bpf_refuses(struct arena *arena,
			       const struct ir_program *program)
{
	if (ir_limit(program, "maxstringlen") > 4096)
		return arena_strdup(arena,
				    "strings of more than 4095 characters "
				    "(MAXSTRINGLEN) do not fit in BPF frames");
	for (size_t i = 0; i < program->probes.count; i++)
		if (!is_way(program->probes.items[i]->kind))
			return arena_printf(arena, "%s: BPF has no probe %s; "
				"the module backend has: --runtime=kernel",
				program->probes.items[i]->place,
				program->probes.items[i]->name);
	for (size_t i = 0; i < program->functions.count; i++) {
		const struct ir_op *op =
			foreign_store(program->functions.items[i]);

		if (op)
			return arena_printf(arena, "BPF cannot write to memory "
				"of the kernel nor to registers, as %s does; "
				"the module backend can: --runtime=kernel",
				program->sites.items[op->site].place);
	}
	return too_many_arrays(arena, program);
}

static const char *emit_for(struct arena *arena, const struct buf *text,
			    struct ir_program *program,
			    const struct backend_options *options,
			    const char *cpu)
{
	char *argv[12];
	int count = 0;

	argv[count++] = arena_strdup(arena, emitter_path(arena));
	argv[count++] = arena_strdup(arena, "--lib");
	argv[count++] = arena_strdup(arena, library_path(arena, program));
	argv[count++] = arena_printf(arena, "--cpu=%s", cpu);
	argv[count++] = arena_strdup(arena, "-o");
	argv[count++] = arena_strdup(arena, options->output);
	if (options->dump)
		argv[count++] = arena_printf(arena, "--dump=%s", options->dump);
	argv[count] = NULL;
	fflush(stdout);
	return child_run(arena, argv, text);
}

/*
 * Branches reach 32767 instructions; those of the fourth instruction set (since
 * Linux 6.6) reach all, so a program that is too large is made once more for it.
 */
static const char *bpf_emit(struct arena *arena, struct ir_program *program,
			    const struct backend_options *options)
{
	static const char too_far[] = "Branch target out of insn range";
	struct buf text = { 0 };
	const char *reason;

	ir_print(&text, program);
	reason = emit_for(arena, &text, program, options, "v3");
	if (reason && strstr(reason, too_far))
		reason = emit_for(arena, &text, program, options, "v4");
	if (reason && strstr(reason, too_far))
		reason = "a handler of this script is too large for BPF: make "
			 "several probes of it";
	buf_free(&text);
	return reason;
}

const struct backend backend_bpf = {
	.name = "bpf",
	.suffix = ".bpf.o",
	.refuses = bpf_refuses,
	.emit = bpf_emit,
};
