/*
 * Making code takes most of the time of a large script, so on a machine of
 * several processors two processes do it: a copy of this one makes that of some
 * functions, and hands over an object, from which the linker takes them. The
 * module has been optimised by then: the code is the same as of one process.
 */
#include "backends/bpf/emit.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/bpf/link.h"
#include "translator/base/arena.h"
#include "translator/base/buf.h"

enum { WORTH_IT = 800 };	/* instructions of the module */

struct candidate {
	LLVMValueRef function;
	size_t size;
};

struct halves {
	struct emit *e;
	VEC(struct candidate) candidates;
	size_t total, given;	/* instructions */
};

static size_t count_instructions(LLVMValueRef function)
{
	LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
	size_t count = 0;

	for (; block; block = LLVMGetNextBasicBlock(block)) {
		LLVMValueRef at = LLVMGetFirstInstruction(block);

		for (; at; at = LLVMGetNextInstruction(at))
			count++;
	}
	return count;
}

static bool is_program(LLVMValueRef function)
{
	const char *section = LLVMGetSection(function);

	return section && *section;
}

static int compare_sizes(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	return left->size < right->size ? 1 : left->size > right->size ? -1 : 0;
}

/* Which functions the other process takes: the largest, up to a half. Programs
 * lie in sections of their own, and stay. */
static void choose(struct halves *h)
{
	LLVMValueRef f = LLVMGetFirstFunction(h->e->module);
	size_t kept = 0;

	for (; f; f = LLVMGetNextFunction(f)) {
		size_t size = count_instructions(f);

		h->total += size;
		if (size && !is_program(f) &&
		    LLVMGetLinkage(f) == LLVMInternalLinkage)
			*vec_push(h->e->arena, &h->candidates) =
				(struct candidate){ f, size };
	}
	if (h->candidates.count)
		qsort(h->candidates.items, h->candidates.count,
		      sizeof(struct candidate), compare_sizes);
	for (size_t i = 0; i < h->candidates.count; i++) {
		struct candidate c = h->candidates.items[i];

		if (h->given + c.size > h->total * 55 / 100)
			continue;
		h->given += c.size;
		h->candidates.items[kept++] = c;
	}
	h->candidates.count = kept;
}

static bool is_worth_it(const struct halves *h)
{
	cpu_set_t cpus;

	return h->total >= WORTH_IT && h->given >= h->total / 4 &&
	       !sched_getaffinity(0, sizeof(cpus), &cpus) &&
	       CPU_COUNT(&cpus) > 1;
}

static bool is_given(const struct halves *h, LLVMValueRef function)
{
	for (size_t i = 0; i < h->candidates.count; i++)
		if (h->candidates.items[i].function == function)
			return true;
	return false;
}

/* What the other process makes is only declared here. */
static void declare(struct emit *e, LLVMValueRef function)
{
	const char *name = arena_strdup(e->arena, LLVMGetValueName(function));
	LLVMValueRef declared;

	LLVMSetValueName2(function, "", 0);
	declared = LLVMAddFunction(e->module, name,
				   LLVMGlobalGetValueType(function));
	LLVMSetFunctionCallConv(declared, LLVMGetFunctionCallConv(function));
	LLVMReplaceAllUsesWith(function, declared);
	LLVMDeleteFunction(function);
}

/* Declares the functions that are given away, or in the other process those that
 * are not; the others are seen from outside. */
static void split_functions(struct halves *h, bool other)
{
	LLVMValueRef next, f = LLVMGetFirstFunction(h->e->module);

	for (; f; f = next) {
		next = LLVMGetNextFunction(f);
		if (!LLVMGetFirstBasicBlock(f))
			continue;
		if (is_given(h, f) != other)
			declare(h->e, f);
		else
			LLVMSetLinkage(f, LLVMExternalLinkage);
	}
}

/* A table that LLVM made of code: each has its own. */
static bool is_private(LLVMValueRef data)
{
	const char *section = LLVMGetSection(data);
	LLVMLinkage linkage = LLVMGetLinkage(data);

	return (linkage == LLVMInternalLinkage ||
		linkage == LLVMPrivateLinkage) &&
	       LLVMIsGlobalConstant(data) && !(section && *section);
}

/* In the other process: data is that of the first one. */
static void declare_data(struct emit *e)
{
	LLVMValueRef data = LLVMGetFirstGlobal(e->module);

	for (; data; data = LLVMGetNextGlobal(data)) {
		if (LLVMIsDeclaration(data) || is_private(data))
			continue;
		LLVMGlobalClearMetadata(data);
		LLVMSetInitializer(data, NULL);
		LLVMSetLinkage(data, LLVMExternalLinkage);
	}
}

/* ---- the other process ---- */

static void send(int to, const char *bytes, size_t size)
{
	while (size) {
		ssize_t count = write(to, bytes, size);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			_exit(1);
		bytes += count;
		size -= (size_t)count;
	}
}

/* Sends an object, or a letter and the reason why there is none. */
static void make_other(struct halves *h, int to)
{
	struct emit *e = h->e;
	LLVMMemoryBufferRef code;

	split_functions(h, true);
	declare_data(e);
	code = make_code(e, e->module, LLVMObjectFile);
	if (!code || e->refusal) {
		send(to, "!", 1);
		send(to, e->refusal, strlen(e->refusal));
	} else {
		send(to, LLVMGetBufferStart(code), LLVMGetBufferSize(code));
	}
	_exit(0);
}

struct child {
	pid_t pid;
	int from;
};

static bool start_other(struct halves *h, struct child *child)
{
	int ends[2];

	if (pipe(ends))
		return false;
	child->pid = fork();
	if (!child->pid) {
		close(ends[0]);
		make_other(h, ends[1]);
	}
	close(ends[1]);
	child->from = ends[0];
	if (child->pid > 0)
		return true;
	close(ends[0]);
	return false;
}

/* ---- this process ---- */

/* NULL, or why there is no object of the other half. */
static const char *take_other(struct halves *h, const struct child *child,
			      struct link_bytes *ret)
{
	struct arena *arena = h->e->arena;
	struct buf bytes = { 0 };
	char room[65536];
	ssize_t count;
	int status;

	while ((count = read(child->from, room, sizeof(room))) > 0 ||
	       (count < 0 && errno == EINTR))
		if (count > 0)
			buf_write(&bytes, room, (size_t)count);
	close(child->from);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	ret->size = bytes.length;
	ret->bytes = buf_take(&bytes, arena);
	if (!WIFEXITED(status) || WEXITSTATUS(status) || !ret->size)
		return "a half of the code is missing";
	return *ret->bytes == '!' ? ret->bytes + 1 : NULL;
}

/* Makes code of the module, as object_write() wants it: NULL, or a reason. */
const char *halves_make(struct emit *e, struct link_bytes *ret)
{
	struct halves h = { .e = e };
	LLVMMemoryBufferRef code;
	struct link_bytes other;
	struct child child;
	const char *reason;
	bool both;

	choose(&h);
	both = is_worth_it(&h) && start_other(&h, &child);
	if (both)
		split_functions(&h, false);
	code = make_code(e, e->module, LLVMObjectFile);
	reason = both ? take_other(&h, &child, &other) : NULL;
	/* the module may be refused although code was made */
	if (!code || e->refusal)
		reason = e->refusal;
	if (code) {
		ret->size = LLVMGetBufferSize(code);
		ret->bytes = arena_strndup(e->arena, LLVMGetBufferStart(code),
					   ret->size);
		LLVMDisposeMemoryBuffer(code);
	}
	return reason || !both ? reason :
		link_halves(e->arena, *ret, other, ret);
}
