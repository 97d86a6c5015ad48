/*
 * The module-side runtime: what the C that backends/kmod makes of a script
 * calls. The generated file describes the script in one struct rt_program and
 * has a function for each function of the program; everything that acts is
 * here.
 *
 * A fault is a return value that is not 0; what it is stands in the frame.
 * Texts are NUL-terminated in a room the caller names; what does not fit is
 * cut and counted.
 */
#ifndef SPILE_KMOD_KMOD_H
#define SPILE_KMOD_KMOD_H

/* no more of the kernel than the C of a script needs: most of the time that its
 * compilation takes is these */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/spinlock_types.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/percpu.h>

#include "runtime/common/arith.h"
#include "runtime/common/format.h"
#include "runtime/common/regex.h"
#include "runtime/common/stat.h"
#include "runtime/common/wire.h"

struct kprobe;
struct pt_regs;
struct rnd_state;
struct task_struct;

/* Kernels that clear all variables on the stack need not clear these: what is
 * read is written before. */
#if __has_attribute(uninitialized)
#define RT_UNINITIALIZED __attribute__((uninitialized))
#else
#define RT_UNINITIALIZED
#endif

enum rt_error {
	RT_OK,
#define ERROR(id, sentence) RT_ERROR_##id,
#include "runtime/common/errors.def"
#undef ERROR
	RT_ERROR_TEXT,	/* the sentence is in frame->message */
	RT_ABORT,	/* abort(): not an error; no catch takes it */
};

enum rt_attach {
#define ATTACH(id, name, section, user) RT_ATTACH_##id,
#include "runtime/common/attach.def"
#undef ATTACH
	RT_ATTACH_KINDS
};

enum { RT_CHAIN = 8, RT_FRAMES = 4, RT_ARGS = 12 };

/* Of netfilter probes: the address of the verdict. */
enum { RT_ARG_VERDICT = RT_ARGS - 1 };

/* Between somebody who writes to a file, or reads it, and its handler. */
struct rt_exchange {
	const char *given;	/* no NUL need be there */
	u32 given_length;
	char *answer;		/* @length of it was handed out */
	u32 room, length;
};

/*
 * What one hit needs. A processor has RT_FRAMES of them: a hit may be
 * interrupted by another. The rooms behind the pointers are allocated with the
 * module.
 */
struct rt_frame {
	unsigned long busy;	/* claimed by a hit */
	u32 error;		/* enum rt_error: pending, or RT_OK */
	s32 site;		/* of the error, or -1 */
	s64 error_arg;
	u32 chain_length;	/* sites of calls that led there, innermost */
	s32 chain[RT_CHAIN];	/* first */
	const struct rt_probe *probe;
	u64 actions;
	struct rnd_state *random;
	u32 nesting;		/* calls now */
	const u64 *args;	/* raw arguments of the event */
	const struct pt_regs *regs;	/* of the probed code, or NULL */
	struct task_struct *task;	/* whom the handler sees as current */
	bool passed_on;		/* STAP_NEXT was said */
	bool driven;		/* by the runner or a file, not by an event */
	struct rt_exchange *exchange;	/* if driven by a file, else NULL */
	u64 hits;		/* that this frame was used for */
	struct rt_stacks *stacks;	/* allocated if the script asks */
	char *top;		/* free part of the stack of variables */
	char *stack;
	char *message;		/* these are text_max + 1 bytes */
	char *token;
	char *line;		/* sprintf works here */
	char *scratch;
	u32 token_at;
	u32 line_length;	/* may be more than fits */
	char *record;		/* a record that is built */
	u32 record_length;
	/* the last =~ that matched; allocated if the script has any */
	char *subject;
	u32 groups;		/* 0: none matched */
	struct regex_threads *threads;
	u16 group_at[2 * REGEX_GROUPS];
};

/* ---- arrays and statistics ---- */

struct rt_key {
	u32 at;		/* offset in the packed key */
	u32 room;	/* bytes of a text; 0: a long */
};

/* How a statistic is kept: a cell of runtime/common/stat.h for each processor,
 * merged when it is read. */
struct rt_stat {
	u32 parts, shift, hist;		/* hist: 0 none, 1 log, 2 linear */
	u32 buckets;
	s64 start, stop, step;
	u32 width;	/* of the picture, as struct hist_shape */
	s32 elision;
};

struct rt_node;

/* An array; or a statistic without keys, which is the cells alone. */
struct rt_map {
	const struct rt_key *keys;
	u32 key_count, key_size;
	u32 value_size;		/* of a statistic: as rt_maps_create() finds */
	u64 size;
	bool wrap, explicit_size;
	const struct rt_stat *stat;	/* NULL: longs or texts */
	u32 id;				/* global */
	/* below: rt only */
	arch_spinlock_t lock;
	u32 cell_size, buckets_at;	/* of a statistic: bytes, words */
	s64 __percpu *cells;	/* without keys; NULL with */
	u64 changes;		/* elements that came and went */
	struct rt_node **slots;
	u32 slot_mask;
	char *nodes;
	u32 node_size;
	struct rt_node *free, *first, *last;	/* in order of insertion */
	u64 count;
};

enum rt_sort { RT_SORT_NONE, RT_SORT_KEY, RT_SORT_VALUE, RT_SORT_STAT };

/*
 * One foreach. Elements are copied when it begins, to a buffer that no other
 * walk uses meanwhile: the handler's lock sees to that. In a recursive function
 * there is a buffer for each depth.
 */
struct rt_iter {
	struct rt_map *map;
	u8 sort;
	u8 sort_key;
	u32 sort_stat;
	bool descending, text;	/* text: what is compared */
	bool recursive;
	/* below: rt only */
	u32 walk_count;
	struct rt_walk *walks;
};

/* ---- the script ---- */

/* Held by one handler, or shared by many: lock.c. */
struct rt_lock {
	atomic_t owner;		/* processor + 1, or 0 */
	atomic_t readers;
};

/* What a way of attaching needs: runtime/common/manifest.h. */
struct rt_pair {
	const char *key, *value;
};

/*
 * How much of a frame a handler needs. What a frame has allocated is for texts
 * that are built, for calls and for output; without those the frame can be on
 * the kernel's stack (SLIM: text variables too), and handlers of numbers need
 * none (LIGHT: run() gets NULL, and no lock is held).
 */
enum rt_weight { RT_WHOLE, RT_SLIM, RT_LIGHT };

struct rt_probe {
	int (*run)(struct rt_frame *frame);
	const char *name;
	enum rt_attach kind;
	const struct rt_pair *pairs;	/* up to one without a key */
	u8 arg_count;			/* raw arguments that it reads */
	u8 lock;			/* 0 none, 1 shared, 2 exclusive */
	u8 lock_class;
	bool end_safe;			/* and reset: runs when the runner says */
	enum rt_weight weight;
	/* what the kernel calls, of most handlers of kprobes that need no whole
	 * frame; else NULL */
	int (*on_kprobe)(struct kprobe *kprobe, struct pt_regs *regs);
};

struct rt_setting {
	const char *name;
	void *value;
	u32 room;	/* bytes of a text; 0: a long */
};

struct rt_program {
	const char *name;
	u32 text_max;			/* MAXSTRINGLEN - 1 */
	u64 max_errors, max_actions, max_actions_begin;
	u32 max_nesting;
	u32 stack_size, record_size;
	struct rt_map **maps;
	u32 map_count;
	struct rt_iter *iters;
	u32 iter_count;
	struct rt_lock *locks;
	u32 lock_count;
	u32 lock_us;			/* the most to wait for one */
	const struct rt_probe *probes;
	u32 probe_count;
	const struct rt_setting *settings;
	u32 setting_count;
	/* offsets in structs of the kernel: bytes, and the shifts of bits */
	u64 (*relocs)[3];
	u32 reloc_count;
	bool matches;			/* has regular expressions */
	bool stacks;			/* asks for stacks or addresses */
	bool user_stacks, user_names;	/* walks, and names, programs' code */
	u32 max_stack;			/* MAXBACKTRACE */
	u64 overload_interval;		/* cycles; 0: no limit */
	u64 overload_threshold;
};

extern const struct rt_program rt_program;
extern struct wire_shared *rt_shared;

/* ---- memory: memory.c ---- */

bool rt_may_allocate(void);
/* An allocation, or NULL where a test wants it to fail. */
#define RT_TRY(allocation) (rt_may_allocate() ? (allocation) : NULL)

/* ---- frames and errors: frame.c ---- */

int rt_frames_create(void);
void rt_frames_destroy(void);
/* Runs a probe if the session's state lets it. Either may be NULL. */
void rt_run(const struct rt_probe *probe, const u64 *args,
	    const struct pt_regs *regs);
/* The same of what is driven from user space, one at a time; may sleep. @exchange of
 * files only. -EINTR: who waits for another is killed. */
int rt_drive(const struct rt_probe *probe, struct rt_exchange *exchange);
/* The same for a handler that sees another task as the current one. */
void rt_run_for(const struct rt_probe *probe, struct task_struct *task);
int rt_raise(struct rt_frame *frame, u32 error, s64 argument, s32 site);
int rt_raise_text(struct rt_frame *frame, const char *text, s32 site);
/* The same with printf's format, for embedded C. */
__printf(2, 3)
void rt_raise_format(struct rt_frame *frame, const char *format, ...);
void rt_chain_add(struct rt_frame *frame, s32 site);
/* The pending error, which is then no longer pending; -1 if it is abort(). */
int rt_catch(struct rt_frame *frame, char *text, u32 room);
int rt_action(struct rt_frame *frame, u32 count, s32 site);
/* In a handler that calls functions: theirs are from @top on. */
static inline void rt_begin(struct rt_frame *frame, void *top)
{
	frame->nesting = 1;
	frame->top = top;
}
/* Handlers of this processor whose frame is on the stack. */
DECLARE_PER_CPU(u32, rt_slim);
/* What one of them has to tell, in a frame that can. */
void rt_slim_tell(const struct rt_frame *of, u64 spent);
extern const u64 rt_no_args[RT_ARGS];
/* Room for the variables of a function, not cleared; NULL: nested too deep. */
void *rt_enter(struct rt_frame *frame, u32 size);
void rt_leave(struct rt_frame *frame, void *vars);
/* What functions return. Away: the front test of a handler says that it is no
 * hit of the probe. */
enum rt_status { RT_DONE, RT_FAULT, RT_TOO_DEEP, RT_AWAY };
/* After a call: whether it faulted; @site is that of the call. */
bool rt_called(struct rt_frame *frame, int status, s32 site);
/* Tells of the error that ends a handler, if there is one. */
void rt_report(struct rt_frame *frame);

/* ---- the time of handlers: overload.c ---- */

/* When a handler begins; 0 where nobody looks. */
u64 rt_load_begin(void);
/* The cycles of this interval, if they are too many; otherwise 0. */
u64 rt_load_end(u64 begun);
/* Ends the session for that. */
void rt_load_tell(struct rt_frame *frame, u64 spent);

/* ---- locks of handlers: lock.c ---- */

void rt_locks_create(void);
/* Of a probe that has one. False: not had in time, and counted. */
bool rt_lock_take(const struct rt_probe *probe);
void rt_lock_give(const struct rt_probe *probe);

/* ---- the traced machine: load.c ---- */

/* A register of the probed code, by its place: runtime/common/registers.h. */
static inline s64 rt_register(const struct rt_frame *frame, u32 place)
{
	return frame->regs ? *(const s64 *)((const char *)frame->regs + place) :
			     0;
}

/* Whether the memory of programs is that of the task that the handler sees as
 * the current one. */
bool rt_has_memory(const struct rt_frame *frame);
/* Whether all bytes were read; those that could not be are 0. */
bool rt_read(void *to, u64 address, u32 size, bool user);
int rt_load(struct rt_frame *frame, u64 address, u32 size, bool is_signed,
	    bool user, s64 *ret, s32 site);
int rt_store(struct rt_frame *frame, u64 address, s64 value, u32 size,
	     bool user, s32 site);
int rt_load_text(struct rt_frame *frame, u64 address, s64 most, bool user,
		 char *to, u32 room, s32 site);

/* ---- output: output.c ---- */

int rt_output_create(void);
void rt_output_destroy(void);
void rt_send(const void *record, u32 size);
void rt_send_text(struct rt_frame *frame, u32 kind, const char *text);
void rt_send_exit(void);
void rt_record_begin(struct rt_frame *frame, u32 kind, u32 id);
void rt_record_long(struct rt_frame *frame, s64 value);
void rt_record_text(struct rt_frame *frame, const char *text);
/* Memory that %m shows: @length bytes of it. */
void rt_record_memory(struct rt_frame *frame, u64 address, s64 length,
		      bool user);
void rt_record_end(struct rt_frame *frame);
/* Prints through the program's format @id, which is "%s". */
__printf(3, 4)
void rt_print_format(struct rt_frame *frame, u32 id, const char *format, ...);

/* ---- texts: text.c ---- */

void rt_copy(char *to, u32 room, const char *from);
/* The same for so many characters; @from may end before. */
void rt_copy_part(char *to, u32 room, const char *from, u64 length);
void rt_count_cut(void);
void rt_cat(char *to, u32 room, const char *a, const char *b);
s64 rt_compare(const char *a, const char *b);
void rt_line_begin(struct rt_frame *frame);
void rt_line_literal(struct rt_frame *frame, const char *text, u32 length);
void rt_line_long(struct rt_frame *frame, u64 spec, s64 value);
void rt_line_text(struct rt_frame *frame, u64 spec, const char *text);
void rt_line_memory(struct rt_frame *frame, u64 spec, u64 address);
void rt_line_end(struct rt_frame *frame, char *to, u32 room);
/* A width or precision that the script computes. */
s32 rt_width(s64 value);
s32 rt_precision(s64 value);

/* ---- arrays: map.c. any: bits of keys that may be anything ---- */

int rt_maps_create(void);
void rt_maps_destroy(void);
static inline void rt_key_long(char *key, s64 value)
{
	*(s64 *)key = value;
}
void rt_key_text(char *key, u32 room, const char *text);
s64 rt_get_long(struct rt_map *map, const char *key);
void rt_get_text(struct rt_map *map, const char *key, char *to, u32 room);
int rt_set_long(struct rt_frame *frame, struct rt_map *map, const char *key,
		s64 value, s32 site);
int rt_set_text(struct rt_frame *frame, struct rt_map *map, const char *key,
		const char *value, s32 site);
int rt_add(struct rt_frame *frame, struct rt_map *map, const char *key,
	   s64 amount, s64 *old, s32 site);
s64 rt_has(struct rt_map *map, const char *key, u64 any);
void rt_delete(struct rt_map *map, const char *key, u64 any);
void rt_clear(struct rt_map *map);

/* ---- statistics: stat.c ---- */

u32 rt_stat_size(const struct rt_stat *stat);	/* of a cell */
/* Where things are in an element. */
void rt_stat_lay_out(struct rt_map *map);
/* Of a statistic without keys: its cells, which free_percpu() frees; -ENOMEM. */
int rt_stat_create(struct rt_map *map);
void rt_stat_clear(struct rt_map *map);
/* All processors' cells of an element as one. */
void rt_stat_merge(const struct rt_stat *stat, const char *value, s64 *merged);
/* The same of a statistic without keys. */
void rt_stat_merge_cells(const struct rt_map *map, s64 *merged);
/* One part of a merged cell. */
s64 rt_stat_part(const struct rt_stat *stat, const s64 *merged, u32 part);
int rt_stat_add(struct rt_frame *frame, struct rt_map *map, const char *key,
		s64 value, s32 site);
int rt_stat_get(struct rt_frame *frame, struct rt_map *map, const char *key,
		u32 part, s64 *ret, s32 site);
s64 rt_hist_get(struct rt_map *map, const char *key, s64 bucket);
int rt_hist_print(struct rt_frame *frame, struct rt_map *map,
		  const char *key, s32 site);
/* The picture as a text. */
int rt_hist_text(struct rt_frame *frame, struct rt_map *map, const char *key,
		 char *to, u32 room, s32 site);
/* Under the map's lock: an element by its key; the same, made if missing. */
char *rt_find(struct rt_map *map, const char *key);
char *rt_make(struct rt_map *map, const char *key);
int rt_overflow(struct rt_frame *frame, const struct rt_map *map, s32 site);

/* ---- walks: iter.c ---- */

int rt_iters_create(void);
void rt_iters_destroy(void);
int rt_iter_begin(struct rt_frame *frame, struct rt_iter *iter,
		  const char *key, u64 any, s64 limit, s32 site);
s64 rt_iter_next(struct rt_frame *frame, struct rt_iter *iter);
/* The element at hand: its key, behind that its value. */
const char *rt_iter_entry(struct rt_frame *frame, const struct rt_iter *iter);
/* Whether a key lies in a slice. */
bool rt_in_slice(const struct rt_map *map, const char *key,
		 const char *slice, u64 any);
/* Bytes of an entry; copies the elements of a slice (NULL: all) in order. */
u32 rt_entry_size(const struct rt_map *map);
u32 rt_snapshot(struct rt_map *map, const char *slice, u64 any,
		char *entries, struct rt_node **nodes);
/* Copies the elements at @most places from *@from on, which goes on behind them. */
u32 rt_map_copy(struct rt_map *map, u64 *from, char *entries, u32 most);
/* Puts all elements in a new order. */
void rt_relink(struct rt_map *map, struct rt_node **order, u32 count);

/* ---- regular expressions: match.c ---- */

int rt_match(struct rt_frame *frame, const char *text,
	     const struct rt_regex *regex, s64 *ret, s32 site);

/* ---- attaching: attach.c ---- */

struct kmod_choice;

/* What the runner knows of a probe, before it is attached. */
int rt_choose(const struct kmod_choice *choice);
/* All that the kernel drives. 0, or -errno and in *ret_probe the one at
 * fault; nothing is attached then. */
int rt_attach_all(u32 *ret_probe);
/* Nothing fires any more when it returns. */
void rt_detach_all(void);
void rt_attach_destroy(void);
/* perf.c: nothing reads them any more. */
void rt_counters_destroy(void);
/* place.c: before anything fires; when nothing does any more. */
void rt_places_create(void);
void rt_places_destroy(void);

/* ---- files with code: code.c ---- */

struct kmod_code;
/* What the runner knows of one: device.h. */
long rt_code_add(const struct kmod_code __user *from);
void rt_code_destroy(void);

/* ---- primitives: prim.c, by the names of prims.def; a text result goes to
 * the room ---- */

#define PRIM_TEXT(name, ...) \
	void prim_##name(struct rt_frame *frame, char *to, u32 room, \
			 ##__VA_ARGS__)
#define PRIM_LONG(name, ...) \
	s64 prim_##name(struct rt_frame *frame, ##__VA_ARGS__)
#define PRIM_VOID(name, ...) \
	void prim_##name(struct rt_frame *frame, ##__VA_ARGS__)

PRIM_TEXT(execname);
PRIM_LONG(pid);
PRIM_LONG(tid);
PRIM_LONG(uid);
PRIM_LONG(gid);
PRIM_LONG(cpu);
PRIM_LONG(task_current);
PRIM_LONG(cgroup_id);
PRIM_LONG(target);
PRIM_LONG(__namespaces_pid);
PRIM_LONG(stp_pid);
PRIM_TEXT(module_name);
PRIM_TEXT(pp);
PRIM_VOID(exit);
PRIM_VOID(abort);
PRIM_VOID(error, const char *text);
PRIM_VOID(warn, const char *text);
PRIM_VOID(log, const char *text);
PRIM_VOID(system, const char *text);
PRIM_VOID(ftrace, const char *text);
PRIM_LONG(ktime_get_ns);
PRIM_LONG(boottime_ns);
PRIM_LONG(gettimeofday_ns);
PRIM_LONG(get_cycles);
PRIM_LONG(jiffies);
PRIM_LONG(HZ);
PRIM_LONG(tz_gmtoff);
PRIM_TEXT(tz_name);
PRIM_TEXT(ctime, s64 seconds);
PRIM_LONG(randint, s64 limit);
PRIM_LONG(strlen, const char *text);
PRIM_TEXT(substr, const char *text, s64 from, s64 count);
PRIM_LONG(stringat, const char *text, s64 at);
PRIM_LONG(isinstr, const char *text, const char *part);
PRIM_TEXT(str_replace, const char *text, const char *from, const char *with);
PRIM_LONG(strtol, const char *text, s64 base);
PRIM_TEXT(tokenize, const char *text, const char *delimiters);
PRIM_TEXT(tokenize_1, const char *delimiters);
PRIM_TEXT(text_str, const char *text);
PRIM_TEXT(string_quoted, const char *text);
PRIM_TEXT(matched, s64 group);
PRIM_LONG(ngroups);
PRIM_LONG(fp_add, s64 a, s64 b);
PRIM_LONG(fp_sub, s64 a, s64 b);
PRIM_LONG(fp_mul, s64 a, s64 b);
PRIM_LONG(fp_div, s64 a, s64 b);
PRIM_LONG(fp_rem, s64 a, s64 b);
PRIM_LONG(fp_sqrt, s64 a);
PRIM_LONG(fp_lt, s64 a, s64 b);
PRIM_LONG(fp_le, s64 a, s64 b);
PRIM_LONG(fp_eq, s64 a, s64 b);
PRIM_LONG(long_to_fp, s64 a);
PRIM_LONG(fp32_to_fp64, s64 a);
PRIM_LONG(fp_to_long, s64 a, s64 rounding, s64 exact);
PRIM_TEXT(fp_to_string, s64 a, s64 places);
PRIM_LONG(string_to_fp, const char *text);
PRIM_TEXT(__hit_kind);
PRIM_LONG(__counter, s64 number);
PRIM_LONG(__registers);
PRIM_LONG(__register, s64 number);
PRIM_TEXT(errno_str, s64 err);
PRIM_TEXT(__syscall_name, s64 number, s64 arm64);
PRIM_LONG(__tasks_since);
PRIM_LONG(__stack_entry, s64 number);
PRIM_LONG(__ustack_entry, s64 number);
PRIM_TEXT(__stack_text, s64 count);
PRIM_TEXT(__ustack_text, s64 count);
PRIM_VOID(__stack_print, s64 style);
PRIM_VOID(__ustack_print, s64 style);
PRIM_VOID(__address_print, s64 address, s64 style);
PRIM_VOID(__uaddress_print, s64 address, s64 style);
PRIM_LONG(__address_here);
PRIM_LONG(__user_mode);
PRIM_LONG(__address_in, const char *text, s64 wanted);
PRIM_LONG(__mapped, s64 mm, s64 inode, s64 device, s64 offset);
PRIM_TEXT(__symbol, s64 address, s64 what);
PRIM_TEXT(__usymbol, s64 address, s64 what);
PRIM_TEXT(__source, s64 address, s64 what);
PRIM_TEXT(__usource, s64 address, s64 what);
PRIM_TEXT(__input);
PRIM_LONG(__register_set, s64 number, s64 value);
PRIM_LONG(__passed_on);
PRIM_LONG(__verdict);
PRIM_LONG(__verdict_set, s64 value);
PRIM_VOID(__output, const char *text);
PRIM_VOID(__output_more, const char *text);
PRIM_VOID(__skipped, s64 reason);

#include "runtime/kmod/inline.h"

#endif
