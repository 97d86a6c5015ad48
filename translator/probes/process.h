/*
 * What the families of user-space code have in common: process(...) to files,
 * names as pp() and -l show them, and what the runner needs to attach.
 */
#ifndef SPILE_PROBES_PROCESS_H
#define SPILE_PROBES_PROCESS_H

#include "translator/probes/family.h"
#include "translator/target/process-files.h"

struct buf;

/* The current task, in the language of prologues. */
#define PROCESS_CURRENT "@cast(task_current(), \"task_struct\", \"kernel\")"

/*
 * Tests for prologues, that leave the handler when they fail: whether the
 * current process is that of @file, or runs it; and with -c or -x, whether it is
 * the target or descends from it.
 */
void process_put_program(struct family_env *env, struct buf *out,
			 struct probe_context *context,
			 const struct process_file *file);
void process_put_target(const struct family_env *env, struct buf *out);

/* The files of the point's process(...), of @library in it if not NULL. False
 * when there are none: env->missing and env->hint then say why. */
bool process_find(struct family_env *env, const struct probe_point *point,
		  const char *library, struct process_files *ret_files);

/* 'process("/usr/bin/x")', 'process(12)', with '.library("...")'. */
const char *process_name(struct arena *arena, const struct probe_point *point,
			 const struct process_file *file);

/* The pairs of an uprobe or uretprobe at an offset in the file, and the tests
 * in front of its handler. */
void process_pairs(struct family_env *env, struct probe_instance *instance,
		   const struct process_file *file, uint64_t offset,
		   const char *build_id);

#endif
