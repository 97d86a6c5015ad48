/* Frames, errors and the running of handlers. */
#include "runtime/kmod/kmod.h"

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

enum { LOCK_US = 1000 };	/* MAXTRYLOCK times the pause of the language */

static struct rt_frame *frames;	/* RT_FRAMES for each processor */

static int frame_create(struct rt_frame *frame)
{
	u32 text = rt_program.text_max + 1;
	char *at = vzalloc(4ul * text + rt_program.stack_size +
			   rt_program.record_size);

	if (!at)
		return -ENOMEM;
	frame->stack = at;
	frame->record = at + rt_program.stack_size;
	frame->message = frame->record + rt_program.record_size;
	frame->token = frame->message + text;
	frame->line = frame->token + text;
	frame->scratch = frame->line + text;
	return 0;
}

int rt_frames_create(void)
{
	u32 count = nr_cpu_ids * RT_FRAMES;
	u32 i;

	frames = kvcalloc(count, sizeof(*frames), GFP_KERNEL);
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

static struct rt_frame *claim(u32 probe)
{
	struct rt_frame *first = &frames[raw_smp_processor_id() * RT_FRAMES];
	u32 i;

	for (i = 0; i < RT_FRAMES; i++)
		if (!xchg(&first[i].busy, 1))
			break;
	if (i == RT_FRAMES) {
		atomic64_inc((atomic64_t *)
			     &rt_shared->skipped[WIRE_SKIP_FRAME]);
		return NULL;
	}
	first += i;
	first->error = RT_OK;
	first->site = -1;
	first->error_arg = 0;
	first->chain_length = 0;
	first->probe = probe;
	first->actions = 0;
	first->max_actions = rt_program.probes[probe].end_safe ?
		rt_program.max_actions_begin : rt_program.max_actions;
	first->nesting = 0;
	first->held = 0;
	first->top = first->stack;
	first->token_at = 0;
	first->token[0] = '\0';
	return first;
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

/* The error that ended a handler. */
static void report(struct rt_frame *frame)
{
	u32 i;

	if (frame->error == RT_OK || frame->error == RT_ABORT)
		return;
	count_error();
	rt_record_begin(frame, WIRE_ERROR, frame->probe);
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
	frame->actions += count;
	if (frame->actions > frame->max_actions)
		return rt_raise(frame, RT_ERROR_ACTIONS, 0, site);
	return 0;
}

/* ---- variables of functions ---- */

void *rt_enter(struct rt_frame *frame, u32 size)
{
	char *vars = frame->top;

	if (frame->nesting > rt_program.max_nesting ||
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

static bool try_lock(const struct rt_probe *probe)
{
	struct rt_lock *lock = &rt_program.locks[probe->lock_class];

	return probe->lock == 1 ? read_trylock(&lock->lock) :
				  write_trylock(&lock->lock);
}

/* A handler that cannot have its lock in time is skipped. */
static bool take_lock(const struct rt_probe *probe)
{
	u32 us;

	if (!probe->lock)
		return true;
	for (us = 0; us < LOCK_US; us++) {
		if (try_lock(probe))
			return true;
		udelay(1);
	}
	atomic64_inc((atomic64_t *)&rt_shared->skipped[WIRE_SKIP_LOCK]);
	return false;
}

static void give_lock(const struct rt_probe *probe)
{
	struct rt_lock *lock = &rt_program.locks[probe->lock_class];

	if (probe->lock == 1)
		read_unlock(&lock->lock);
	else if (probe->lock)
		write_unlock(&lock->lock);
}

/* Begin probes run before the session does, end and error probes after. */
static bool may_run(const struct rt_probe *probe)
{
	u64 state = READ_ONCE(rt_shared->state);

	if (!probe->end_safe)
		return state == WIRE_RUNNING;
	return strcmp(probe->kind, "begin") || state == WIRE_STARTING ||
	       state == WIRE_RUNNING;
}

void rt_run(u32 number, const u64 *args)
{
	static const u64 no_args[RT_ARGS];
	const struct rt_probe *probe = &rt_program.probes[number];
	struct rt_frame *frame;

	if (!may_run(probe))
		return;
	/* the locks below are not for non-maskable interrupts */
	if (in_nmi()) {
		atomic64_inc((atomic64_t *)
			     &rt_shared->skipped[WIRE_SKIP_NEST]);
		return;
	}
	frame = claim(number);
	if (!frame)
		return;
	frame->args = args ? args : no_args;
	if (take_lock(probe)) {
		probe->run(frame);
		rt_iters_release(frame);
		give_lock(probe);
		report(frame);
	}
	smp_store_release(&frame->busy, 0);
}
