/* Frames, errors and the running of handlers. */
#include "runtime/kmod/kmod.h"

#include <linux/cpumask.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "runtime/kmod/stack.h"
#include "runtime/kmod/timing.h"

/* Bytes of the kernel's stack that the last function called must find: it, what
 * it calls, and an interrupt where those have no stack of their own. */
enum { STACK_LEAST = 3072 };

static struct rt_frame *frames;	/* RT_FRAMES for each processor */
DEFINE_PER_CPU(u32, rt_slim);

static int frame_create(struct rt_frame *frame)
{
	u32 text = round_up(rt_program.text_max + 1, 8);
	u32 threads = rt_program.matches ? sizeof(*frame->threads) : 0;
	u32 stacks = rt_program.stacks ? sizeof(*frame->stacks) : 0;
	char *at = RT_TRY(vzalloc(5ul * text + rt_program.stack_size +
				  rt_program.record_size + threads + stacks +
				  sizeof(*frame->random)));

	if (!at)
		return -ENOMEM;
	frame->stack = frame->top = at;
	frame->record = at + rt_program.stack_size;
	frame->message = frame->record + rt_program.record_size;
	frame->token = frame->message + text;
	frame->line = frame->token + text;
	frame->scratch = frame->line + text;
	frame->subject = frame->scratch + text;
	frame->threads = (void *)(frame->subject + text);
	frame->stacks = (void *)frame->threads + threads;
	frame->random = (void *)frame->stacks + stacks;
	prandom_seed_state(frame->random, get_random_u64());
	return 0;
}

int rt_frames_create(void)
{
	u32 count = nr_cpu_ids * RT_FRAMES;
	u32 i;

	frames = RT_TRY(kvcalloc(count, sizeof(*frames), GFP_KERNEL));
	if (!frames)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		if (frame_create(&frames[i]))
			return -ENOMEM;
	return 0;
}

void rt_frames_destroy(void)
{
	u32 i;

	for (i = 0; frames && i < nr_cpu_ids * RT_FRAMES; i++)
		vfree(frames[i].stack);
	kvfree(frames);
	frames = NULL;
}

static void begin(struct rt_frame *frame, const struct rt_probe *probe)
{
	frame->error = RT_OK;
	frame->probe = probe;
	frame->actions = 0;
	frame->token_at = 0;
	frame->token[0] = '\0';
	frame->groups = 0;
	frame->passed_on = false;
	frame->hits++;
}

/* A hit that comes between the look and the claim is over when it gives the
 * processor back, so none needs to be atomic. */
static __always_inline struct rt_frame *claim(const struct rt_probe *probe)
{
	struct rt_frame *first = &frames[raw_smp_processor_id() * RT_FRAMES];
	u32 i;

	for (i = 0; i < RT_FRAMES; i++) {
		if (READ_ONCE(first[i].busy))
			continue;
		WRITE_ONCE(first[i].busy, 1);
		barrier();
		begin(&first[i], probe);
		return &first[i];
	}
	atomic64_inc((atomic64_t *)&rt_shared->skipped[WIRE_SKIP_FRAME]);
	return NULL;
}

/* ---- errors ---- */

int rt_raise(struct rt_frame *frame, u32 error, s64 argument, s32 site)
{
	frame->error = error;
	frame->error_arg = argument;
	frame->site = site;
	frame->chain_length = 0;
	return 1;
}

int rt_raise_text(struct rt_frame *frame, const char *text, s32 site)
{
	rt_copy(frame->message, rt_program.text_max + 1, text);
	return rt_raise(frame, RT_ERROR_TEXT, 0, site);
}

void rt_raise_format(struct rt_frame *frame, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(frame->message, rt_program.text_max + 1, format, args);
	va_end(args);
	rt_raise(frame, RT_ERROR_TEXT, 0, -1);
}

void rt_chain_add(struct rt_frame *frame, s32 site)
{
	if (frame->chain_length < RT_CHAIN)
		frame->chain[frame->chain_length++] = site;
}

static void sentence(const struct rt_frame *frame, char *text, u32 room)
{
	static const char *const sentences[] = {
		[RT_OK] = "",
#define ERROR(id, words) [RT_ERROR_##id] = words,
#include "runtime/common/errors.def"
#undef ERROR
		[RT_ABORT] = "",
	};
	const char *words = sentences[frame->error];

	if (frame->error == RT_ERROR_TEXT)
		rt_copy(text, room, frame->message);
	else if (strchr(words, '%'))
		snprintf(text, room, words, (long)frame->error_arg);
	else
		rt_copy(text, room, words);
}

int rt_catch(struct rt_frame *frame, char *text, u32 room)
{
	if (frame->error == RT_ABORT)
		return -1;
	sentence(frame, text, room);
	frame->error = RT_OK;
	return 0;
}

static void count_error(void)
{
	u64 errors = atomic64_inc_return((atomic64_t *)&rt_shared->errors);

	if (errors <= rt_program.max_errors)
		return;
	if (cmpxchg(&rt_shared->state, WIRE_RUNNING, WIRE_FAILING) ==
	    WIRE_STARTING)
		cmpxchg(&rt_shared->state, WIRE_STARTING, WIRE_FAILING);
}

void rt_report(struct rt_frame *frame)
{
	u32 i;

	if (frame->error == RT_OK || frame->error == RT_ABORT)
		return;
	count_error();
	rt_record_begin(frame, WIRE_ERROR, frame->probe - rt_program.probes);
	rt_record_long(frame, frame->site);
	rt_record_long(frame, frame->chain_length);
	for (i = 0; i < frame->chain_length; i++)
		rt_record_long(frame, frame->chain[i]);
	sentence(frame, frame->scratch, rt_program.text_max + 1);
	rt_record_text(frame, frame->scratch);
	rt_record_end(frame);
}

int rt_action(struct rt_frame *frame, u32 count, s32 site)
{
	u64 most = frame->probe->end_safe ? rt_program.max_actions_begin :
					    rt_program.max_actions;

	frame->actions += count;
	if (frame->actions > most)
		return rt_raise(frame, RT_ERROR_ACTIONS, 0, site);
	return 0;
}

/* ---- variables of functions ---- */

/*
 * Whether enough of the kernel's stack is free. Those of interrupts lie
 * anywhere, between pages that are not mapped; where they do not, they are
 * taken to be as aligned as they are large.
 */
static bool has_stack(void)
{
	unsigned long here = (unsigned long)__builtin_frame_address(0);
	unsigned long task = (unsigned long)task_stack_page(current);
	char byte;

	if (here >= task && here < task + THREAD_SIZE)
		return here - task >= STACK_LEAST;
	if (IS_ENABLED(CONFIG_VMAP_STACK))
		return rt_read(&byte, here - STACK_LEAST, 1, false);
	return (here & (THREAD_SIZE - 1)) >= STACK_LEAST;
}

void *rt_enter(struct rt_frame *frame, u32 size)
{
	char *vars = frame->top;

	if (frame->nesting > rt_program.max_nesting ||
	    (frame->nesting && !has_stack()) ||
	    vars + size > frame->stack + rt_program.stack_size)
		return NULL;
	frame->nesting++;
	frame->top = vars + size;
	return vars;
}

bool rt_called(struct rt_frame *frame, int status, s32 site)
{
	if (status == RT_FAULT)
		rt_chain_add(frame, site);
	else if (status == RT_TOO_DEEP)
		rt_raise(frame, RT_ERROR_NESTING, 0, site);
	return status != RT_DONE;
}

void rt_leave(struct rt_frame *frame, void *vars)
{
	frame->nesting--;
	frame->top = vars;
}

/* ---- handlers ---- */

/* Begin probes run before the session does, end and error probes after; what sets
 * globals back also while it pauses. */
static bool may_run(const struct rt_probe *probe)
{
	u64 state = READ_ONCE(rt_shared->state);

	if (likely(state == WIRE_RUNNING))
		return true;
	return probe->end_safe && (probe->kind != RT_ATTACH_BEGIN ||
				   state == WIRE_STARTING);
}

/*
 * A non-maskable interrupt may have come while a handler on this processor
 * holds the lock of an array or of the output, which would never be given back:
 * it runs where there is no handler.
 */
static __always_inline bool is_safe(void)
{
	struct rt_frame *first = &frames[raw_smp_processor_id() * RT_FRAMES];
	bool busy;
	u32 i;

	if (likely(!in_nmi()))
		return true;
	busy = this_cpu_read(rt_slim);
	for (i = 0; i < RT_FRAMES; i++)
		busy |= READ_ONCE(first[i].busy);
	if (busy)
		atomic64_inc((atomic64_t *)&rt_shared->skipped[WIRE_SKIP_NEST]);
	return !busy;
}

const u64 rt_no_args[RT_ARGS];

/* These return what the handler does: enum rt_status. */
static __always_inline int run_in(struct rt_frame *frame, const struct rt_probe *probe)
{
	u64 begun = frame->driven ? 0 : rt_load_begin(), spent;
	int status = RT_DONE;

	if (!probe->lock || rt_lock_take(probe)) {
		status = probe->run(frame);
		if (probe->lock)
			rt_lock_give(probe);
		if (unlikely(frame->error != RT_OK))
			rt_report(frame);
	}
	spent = begun ? rt_load_end(begun) : 0;
	if (unlikely(spent))
		rt_load_tell(frame, spent);
	smp_store_release(&frame->busy, 0);
	return status;
}

void rt_slim_tell(const struct rt_frame *of, u64 spent)
{
	struct rt_frame *frame = claim(of->probe);

	if (!frame)
		return;
	frame->error_arg = of->error_arg;
	frame->site = of->site;
	frame->error = of->error;
	frame->chain_length = 0;
	rt_report(frame);
	if (spent)
		rt_load_tell(frame, spent);
	smp_store_release(&frame->busy, 0);
}

static noinline int run_slim(const struct rt_probe *probe, const u64 *args,
			     const struct pt_regs *regs)
{
	int status = RT_DONE;

	preempt_disable_notrace();
	if (is_safe())
		status = rt_run_slim(probe->run, probe,
				     args ? args : rt_no_args, regs);
	preempt_enable_notrace();
	return status;
}

/* What the runner drives, one handler at a time, can take long, and keeps nobody
 * from running unless others wait for its lock; the frame and the lock count on
 * the processor. */
static void stay_here(bool lazy)
{
	if (lazy)
		migrate_disable();
	else
		preempt_disable_notrace();
}

static void go_anywhere(bool lazy)
{
	if (lazy)
		migrate_enable();
	else
		preempt_enable_notrace();
}

static bool is_driven(const struct rt_probe *probe)
{
	static const bool driven[] = {
#define ATTACH(id, name, section, user) [RT_ATTACH_##id] = user,
#include "runtime/common/attach.def"
#undef ATTACH
	};

	return driven[probe->kind];
}

static __always_inline int run(struct rt_frame *frame,
			       const struct rt_probe *probe, const u64 *args,
			       const struct pt_regs *regs)
{
	frame->args = args ? args : rt_no_args;
	frame->regs = regs;
	return run_in(frame, probe);
}

static noinline int run_driven(const struct rt_probe *probe,
			       struct rt_exchange *exchange)
{
	bool lazy = !probe->lock;
	struct rt_frame *frame;
	int status = RT_DONE;

	stay_here(lazy);
	frame = is_safe() ? claim(probe) : NULL;
	if (frame) {
		frame->task = current;
		frame->driven = true;
		frame->exchange = exchange;
		status = run(frame, probe, NULL, NULL);
	}
	go_anywhere(lazy);
	return status;
}

/* On an event of the kernel. */
static noinline int run_event(const struct rt_probe *probe, const u64 *args,
			      const struct pt_regs *regs)
{
	struct rt_frame *frame;
	int status = RT_DONE;

	preempt_disable_notrace();
	frame = is_safe() ? claim(probe) : NULL;
	if (frame) {
		frame->task = current;
		frame->driven = false;
		status = run(frame, probe, args, regs);
	}
	preempt_enable_notrace();
	return status;
}

/* A cell of a statistic is one processor's. */
static __always_inline int run_light(const struct rt_probe *probe)
{
	int status;

	preempt_disable_notrace();
	status = probe->run(NULL);
	preempt_enable_notrace();
	return status;
}

static __always_inline int run_any(const struct rt_probe *probe,
				   const u64 *args,
				   const struct pt_regs *regs)
{
	if (probe->weight == RT_LIGHT)
		return run_light(probe);
	if (is_driven(probe))
		return run_driven(probe, NULL);
	if (probe->weight == RT_SLIM)
		return run_slim(probe, args, regs);
	return run_event(probe, args, regs);
}

/* With -t or --monitor. */
static noinline void run_timed(const struct rt_probe *probe, const u64 *args,
			       const struct pt_regs *regs)
{
	u64 begun;

	if (rt_timing_is_off(probe))
		return;
	begun = ktime_get_mono_fast_ns();
	if (run_any(probe, args, regs) != RT_AWAY)
		rt_timing_add(probe, begun);
}

void rt_run(const struct rt_probe *probe, const u64 *args,
	    const struct pt_regs *regs)
{
	if (!may_run(probe))
		return;
	if (static_branch_unlikely(&rt_timed))
		run_timed(probe, args, regs);
	else
		run_any(probe, args, regs);
}

/* When a handler begins; 0 where nobody asks. */
static u64 timed_from(void)
{
	return static_branch_unlikely(&rt_timed) ? ktime_get_mono_fast_ns() : 0;
}

static void run_exchange(const struct rt_probe *probe,
			 struct rt_exchange *exchange)
{
	u64 begun = timed_from();
	int status;

	if (!may_run(probe))
		return;
	status = run_driven(probe, exchange);
	if (begun && status != RT_AWAY)
		rt_timing_add(probe, begun);
}

/* These need no locks among themselves (translator/passes/locks.c). Who uses a file
 * sleeps until its turn comes; a handler skipped for want of a lock gives no answer. */
int rt_drive(const struct rt_probe *probe, struct rt_exchange *exchange)
{
	static DEFINE_MUTEX(driving);

	if (mutex_lock_killable(&driving))
		return -EINTR;
	if (exchange)
		run_exchange(probe, exchange);
	else
		rt_run(probe, NULL, NULL);
	mutex_unlock(&driving);
	return 0;
}

void rt_run_for(const struct rt_probe *probe, struct task_struct *task)
{
	u64 begun = timed_from();
	struct rt_frame *frame;
	int status = RT_DONE;

	if (!may_run(probe) || (begun && rt_timing_is_off(probe)))
		return;
	preempt_disable_notrace();
	frame = claim(probe);
	if (frame) {
		frame->task = task;
		frame->driven = true;
		frame->exchange = NULL;
		status = run(frame, probe, NULL, NULL);
	}
	preempt_enable_notrace();
	if (begun && status != RT_AWAY)
		rt_timing_add(probe, begun);
}
