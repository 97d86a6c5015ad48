/*
 * A process that is run one instruction at a time, and the value that a tree
 * over its registers and memory has (x86-64).
 */
#ifndef SPILE_UNIT_DEBUG_MACHINE_H
#define SPILE_UNIT_DEBUG_MACHINE_H

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "translator/target/location.h"
#include "translator/target/program.h"

struct process {
	pid_t pid;
	uint64_t bias;
	uint64_t thread_block;	/* how far before the thread pointer */
	struct user_regs_struct now, entry;	/* entry: of the function */
	struct user_fpregs_struct floats, entry_floats;
};

static inline bool process_next(struct process *p, int request)
{
	int status;

	if (ptrace(request, p->pid, NULL, NULL) != 0 ||
	    waitpid(p->pid, &status, 0) != p->pid || !WIFSTOPPED(status))
		return false;
	return ptrace(PTRACE_GETREGS, p->pid, NULL, &p->now) == 0 &&
	       ptrace(PTRACE_GETFPREGS, p->pid, NULL, &p->floats) == 0;
}

/* Started and stopped at its first instruction. */
static inline bool process_start(struct process *p, const char *path)
{
	int status;

	memset(p, 0, sizeof(*p));
	p->pid = fork();
	if (p->pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execl(path, path, (char *)NULL);
		_exit(127);
	}
	return p->pid > 0 && waitpid(p->pid, &status, 0) == p->pid &&
	       WIFSTOPPED(status);
}

/* What the file's addresses are moved by: from the mapping of its first page. */
static inline void process_find_bias(struct process *p, struct program *program)
{
	char path[64], line[512];
	size_t count;
	const struct program_segment *segments = program_segments(program, &count);
	uint64_t from;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", p->pid);
	maps = fopen(path, "r");
	if (maps && fgets(line, sizeof(line), maps) &&
	    sscanf(line, "%" SCNx64, &from) == 1)
		p->bias = from - (segments[0].address & ~(uint64_t)0xfff);
	if (maps)
		fclose(maps);
}

/* Runs until an address of the file, which is reached from the start. */
static inline bool process_run_to(struct process *p, uint64_t address)
{
	long old = ptrace(PTRACE_PEEKTEXT, p->pid, p->bias + address, NULL);

	ptrace(PTRACE_POKETEXT, p->pid, p->bias + address,
	       (old & ~0xffL) | 0xcc);
	if (!process_next(p, PTRACE_CONT))
		return false;
	ptrace(PTRACE_POKETEXT, p->pid, p->bias + address, old);
	p->now.rip--;
	ptrace(PTRACE_SETREGS, p->pid, NULL, &p->now);
	return p->now.rip == p->bias + address;
}

static inline void process_end(struct process *p)
{
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
}

static inline uint64_t register_of(const struct user_regs_struct *r,
				   const struct user_fpregs_struct *floats,
				   int64_t number)
{
	const uint64_t all[] = {
		r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp,
		r->r8, r->r9, r->r10, r->r11, r->r12, r->r13, r->r14, r->r15,
		r->rip,
	};
	uint64_t value = 0;

	if (number >= 0 && number < 17)
		return all[number];
	if (number >= 17 && number < 33)
		memcpy(&value, &floats->xmm_space[(number - 17) * 4], 8);
	return value;
}

static inline uint64_t peek(struct process *p, uint64_t address, uint32_t size)
{
	uint64_t value = (uint64_t)ptrace(PTRACE_PEEKDATA, p->pid, address, NULL);

	return size >= 8 ? value : value & ((1ull << 8 * size) - 1);
}

static inline uint64_t evaluate(struct process *p,
				const struct location_expr *e);

static inline uint64_t evaluate_two(struct process *p,
				    const struct location_expr *e)
{
	uint64_t a = evaluate(p, e->a), b = e->b ? evaluate(p, e->b) : 0;

	switch ((int)e->op) {
	case LOCATION_ADD: return a + b;
	case LOCATION_SUB: return a - b;
	case LOCATION_MUL: return a * b;
	case LOCATION_DIV: return b ? (uint64_t)((int64_t)a / (int64_t)b) : 0;
	case LOCATION_MOD: return b ? a % b : 0;
	case LOCATION_AND: return a & b;
	case LOCATION_OR: return a | b;
	case LOCATION_XOR: return a ^ b;
	case LOCATION_SHL: return b > 63 ? 0 : a << b;
	case LOCATION_SHR: return b > 63 ? 0 : a >> b;
	case LOCATION_SRA: return (uint64_t)((int64_t)a >> (b > 63 ? 63 : b));
	case LOCATION_NEG: return 0 - a;
	case LOCATION_NOT: return ~a;
	case LOCATION_EQ: return a == b;
	case LOCATION_NE: return a != b;
	case LOCATION_LT: return (int64_t)a < (int64_t)b;
	case LOCATION_LE: return (int64_t)a <= (int64_t)b;
	case LOCATION_GT: return (int64_t)a > (int64_t)b;
	case LOCATION_GE: return (int64_t)a >= (int64_t)b;
	}
	abort();
}

static inline uint64_t evaluate(struct process *p,
				const struct location_expr *e)
{
	uint64_t value;

	switch ((int)e->op) {
	case LOCATION_CONSTANT:
		return (uint64_t)e->number;
	case LOCATION_REGISTER:
		return register_of(&p->now, &p->floats, e->number);
	case LOCATION_ENTRY:
		return register_of(&p->entry, &p->entry_floats, e->number);
	case LOCATION_STATIC:
		return p->bias + (uint64_t)e->number;
	case LOCATION_TLS:
		return p->now.fs_base - p->thread_block + (uint64_t)e->number;
	case LOCATION_LOAD:
		value = peek(p, evaluate(p, e->a), e->size);
		if (e->is_signed && e->size < 8)
			value = (uint64_t)((int64_t)(value << (64 - 8 * e->size))
					   >> (64 - 8 * e->size));
		return value;
	}
	return evaluate_two(p, e);
}

/* @size bytes of a variable at @offset; false: they are nowhere. */
static inline bool read_part(struct process *p, const struct location *l,
			     uint64_t offset, uint32_t size, uint64_t *ret_value)
{
	uint64_t bits = offset * 8, at = 0;

	if (l->kind == LOCATION_PLACE) {
		*ret_value = peek(p, evaluate(p, l->expr) + offset, size);
		return true;
	}
	if (l->kind == LOCATION_VALUE) {
		*ret_value = evaluate(p, l->expr) >> (offset < 8 ? bits : 0);
		return offset < 8;
	}
	for (size_t i = 0; i < l->piece_count; at += l->pieces[i++].bit_size) {
		const struct location_piece *piece = &l->pieces[i];
		struct location inner = { piece->kind, piece->expr, NULL, 0,
					  NULL };

		if (bits >= at && bits + 8 * size <= at + piece->bit_size &&
		    piece->kind != LOCATION_NONE)
			return read_part(p, &inner, (bits - at +
					 piece->bit_offset) / 8, size,
					 ret_value);
	}
	return false;
}

#endif
