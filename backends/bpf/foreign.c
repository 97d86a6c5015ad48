/*
 * Handlers that run for a task which is not the current one: iterators, which the
 * runner has walk all tasks, or go to one that uses a file. What elsewhere is asked of the
 * current task is read from the one at hand, and user memory is that of its
 * address space.
 *
 * The task's address is kept as a plain number: offsets in it are known to the
 * runner only, and the verifier lets nothing be added to a typed pointer that
 * it does not know.
 */
#include "backends/bpf/emit.h"

#include <linux/bpf.h>
#include <string.h>

#include "translator/base/arena.h"

enum { TASK_AT = 8 };	/* in the context, behind what the walk is about */

bool foreign_kind(const struct ir_probe *probe)
{
	const char *section = probe_section(probe->kind);

	return section && !strcmp(section, "iter.s/task");
}

/* ---- offsets ---- */

enum place { TGID, PID, COMM, CRED, UID, GID, CGROUPS, GROUP, NODE, ID,
	     PLACES };

static const char *const paths[PLACES] = {
	[TGID] = "task_struct.tgid", [PID] = "task_struct.pid",
	[COMM] = "task_struct.comm", [CRED] = "task_struct.cred",
	[UID] = "cred.uid", [GID] = "cred.gid",
	[CGROUPS] = "task_struct.cgroups", [GROUP] = "css_set.dfl_cgrp",
	[NODE] = "cgroup.kn", [ID] = "kernfs_node.id",
};

static size_t find_path(const struct ir_program *program, const char *path)
{
	size_t i = 0;

	while (i < program->relocs.count &&
	       strcmp(program->relocs.items[i].path, path))
		i++;
	return i;
}

void foreign_prepare(struct ir_program *program)
{
	bool has_any = false;

	for (size_t i = 0; i < program->probes.count; i++)
		has_any |= foreign_kind(program->probes.items[i]);
	for (int i = 0; has_any && i < PLACES; i++)
		if (find_path(program, paths[i]) == program->relocs.count)
			vec_push(program->arena, &program->relocs)->path =
				paths[i];
}

/* ---- what is read of the task ---- */

static LLVMValueRef read_word(struct body *b, LLVMValueRef from, unsigned size)
{
	struct emit *e = b->e;
	LLVMValueRef room = scratch(b, 8), value;

	store(e, constant(e, 0), room);
	HELPER(e, BPF_FUNC_probe_read_kernel, room, constant32(e, size), from);
	value = load(e, LLVMIntTypeInContext(e->context, 8 * size), room);
	return LLVMBuildIntCast2(e->builder, value, e->i64, false, "");
}

static LLVMValueRef task(struct body *b)
{
	return read_word(b, offset(b->e, b->context, TASK_AT), 8);
}

static LLVMValueRef address(struct body *b, LLVMValueRef base, enum place place)
{
	struct emit *e = b->e;
	size_t number = find_path(e->program, paths[place]);
	LLVMValueRef at = load(e, e->i64, offset(e, e->relocs, 24 * number));

	/* set by the runner before loading; not what it is now */
	LLVMSetVolatile(at, true);
	return LLVMBuildAdd(e->builder, base, at, "");
}

static LLVMValueRef member(struct body *b, LLVMValueRef base, enum place place,
			   unsigned size)
{
	return read_word(b, address(b, base, place), size);
}

static LLVMValueRef cgroup_id(struct body *b)
{
	LLVMValueRef groups = member(b, task(b), CGROUPS, 8);
	LLVMValueRef node = member(b, member(b, groups, GROUP, 8), NODE, 8);

	return member(b, node, ID, 8);
}

static void name(struct body *b, struct text *to)
{
	LLVMValueRef from = address(b, task(b), COMM);

	/* reading the task may have gone through the same room */
	if (!to->slot)
		bytes_clear(b->e, to->pointer, to->room);
	HELPER(b->e, BPF_FUNC_probe_read_kernel_str, to->pointer,
	       constant32(b->e, 16), from);
}

bool foreign_prim(struct body *b, const char *prim, struct text *to,
		  LLVMValueRef *ret_value)
{
	if (!b->e->foreign)
		return false;
	if (!strcmp(prim, "pid"))
		*ret_value = member(b, task(b), TGID, 4);
	else if (!strcmp(prim, "tid"))
		*ret_value = member(b, task(b), PID, 4);
	else if (!strcmp(prim, "uid"))
		*ret_value = member(b, member(b, task(b), CRED, 8), UID, 4);
	else if (!strcmp(prim, "gid"))
		*ret_value = member(b, member(b, task(b), CRED, 8), GID, 4);
	else if (!strcmp(prim, "task_current"))
		*ret_value = task(b);
	else if (!strcmp(prim, "cgroup_id"))
		*ret_value = cgroup_id(b);
	else if (!strcmp(prim, "execname"))
		name(b, to);
	else
		return false;
	return true;
}

/* ---- memory ---- */

LLVMValueRef memory_read(struct body *b, bool user, LLVMValueRef to,
			 LLVMValueRef size, LLVMValueRef from)
{
	struct emit *e = b->e;

	if (user && e->foreign)
		return LIBRARY(e, "rt_task_read", b->context, to, size, from);
	return HELPER(e, user ? BPF_FUNC_probe_read_user :
				BPF_FUNC_probe_read_kernel, to, size, from);
}

LLVMValueRef memory_text(struct body *b, bool user, LLVMValueRef to,
			 LLVMValueRef size, LLVMValueRef from)
{
	struct emit *e = b->e;

	if (user && e->foreign)
		return LIBRARY(e, "rt_task_text", b->context, temp_slot(b, 2),
			       to, size, from);
	return HELPER(e, user ? BPF_FUNC_probe_read_user_str :
				BPF_FUNC_probe_read_kernel_str, to, size, from);
}

/* ---- programs ---- */

/* The end of a walk is told by a call without a task. */
void foreign_gate(struct emit *e, LLVMValueRef context, LLVMBasicBlockRef out)
{
	LLVMBasicBlockRef has = block_create(e, "has");
	LLVMValueRef at = load(e, e->ptr, offset(e, context, TASK_AT));

	LLVMBuildCondBr(e->builder, LLVMBuildIsNull(e->builder, at, ""), out,
			has);
	goto_block(e, has);
}

void foreign_begin(struct emit *e, struct foreign_scope *scope,
		   const struct ir_probe *probe)
{
	scope->compiled = e->compiled;
	e->foreign = foreign_kind(probe);
	/* functions that others call read the current task */
	if (e->foreign)
		e->compiled = arena_array(e->arena, LLVMValueRef,
					  e->program->functions.count + 1);
}

void foreign_end(struct emit *e, const struct foreign_scope *scope)
{
	e->foreign = false;
	e->compiled = scope->compiled;
}
