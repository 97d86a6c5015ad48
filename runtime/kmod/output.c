/*
 * The output buffer: laid out as a BPF ring buffer, so one reader reads both.
 * A record is built in the frame of its hit and copied here under a lock that
 * is held for the copy only.
 */
#include "runtime/kmod/kmod.h"

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/vmalloc.h>

#include "runtime/kmod/output.h"

enum { WORDS_MOST = 32 };

static unsigned long output_size = 4ul << 20;
module_param(output_size, ulong, 0400);

struct rt_output rt_output;
struct wire_shared *rt_shared;
/* of the architecture, which nothing traces: a probe may be on any function */
static arch_spinlock_t output_lock = __ARCH_SPIN_LOCK_UNLOCKED;

int rt_output_create(void)
{
	u64 size = roundup_pow_of_two(clamp(output_size, PAGE_SIZE,
					    1ul << 30));

	rt_output.area = RT_TRY(vmalloc_user(2 * PAGE_SIZE + size));
	rt_shared = RT_TRY(vmalloc_user(PAGE_ALIGN(sizeof(*rt_shared))));
	if (!rt_output.area || !rt_shared)
		return -ENOMEM;
	rt_output.consumer = rt_output.area;
	rt_output.producer = rt_output.area + PAGE_SIZE;
	rt_output.data = rt_output.area + 2 * PAGE_SIZE;
	rt_output.size = size;
	return 0;
}

void rt_output_destroy(void)
{
	vfree(rt_output.area);
	vfree(rt_shared);
}

/* Records are words, mostly few: a string instruction takes longer to begin. */
static __always_inline void copy_words(void *to, const void *from, u32 size)
{
	u64 *word = to;
	const u64 *old = from;
	u32 i;

	if (unlikely(size > WORDS_MOST * sizeof(*word))) {
		memcpy(to, from, size);
		return;
	}
	for (i = 0; i < size / sizeof(*word); i++)
		word[i] = old[i];
}

/* Copies to the ring at a position, around its end; both are of whole words. */
static __always_inline void ring_put(u64 position, const void *words, u32 size)
{
	u64 at = position & (rt_output.size - 1);
	u64 first = rt_output.size - at;

	if (likely(size <= first)) {
		copy_words(rt_output.data + at, words, size);
		return;
	}
	memcpy(rt_output.data + at, words, first);
	memcpy(rt_output.data, words + first, size - first);
}

void rt_send(const void *record, u32 size)
{
	u32 head[2] = { size, 0 };
	u64 total = sizeof(head) + size, produced, consumed;
	unsigned long flags;

	raw_local_irq_save(flags);
	while (!arch_spin_trylock(&output_lock))
		cpu_relax();
	produced = *rt_output.producer;
	consumed = smp_load_acquire(rt_output.consumer);
	if (produced - consumed + total > rt_output.size) {
		atomic64_inc((atomic64_t *)&rt_shared->lost);
	} else {
		ring_put(produced, head, sizeof(head));
		ring_put(produced + sizeof(head), record, size);
		smp_store_release(rt_output.producer, produced + total);
	}
	arch_spin_unlock(&output_lock);
	raw_local_irq_restore(flags);
}

/* ---- records ---- */

static __always_inline void add(struct rt_frame *frame, const void *bytes, u32 size)
{
	if (frame->record_length + size > rt_program.record_size)
		return;
	memcpy(frame->record + frame->record_length, bytes, size);
	frame->record_length += size;
}

void rt_record_begin(struct rt_frame *frame, u32 kind, u32 id)
{
	struct wire_head head = {
		.kind = kind, .cpu = raw_smp_processor_id(), .id = id,
	};

	frame->record_length = 0;
	add(frame, &head, sizeof(head));
}

void rt_record_long(struct rt_frame *frame, s64 value)
{
	add(frame, &value, sizeof(value));
}

/* By words, up to the one that the NUL is in. No word reaches into a page that
 * the text is not in, as they lie at multiples of their size. */
static u64 copy_text_words(u64 *to, u64 most, const u64 *text)
{
	u64 i = 0, mask;

	do {
		if (i == most)
			return 0;
		mask = rt_text_mask(text[i]);
		to[i] = text[i] & mask;
		i++;
	} while (mask == ~0ull);
	return i * sizeof(*to);
}

static u64 copy_text(char *to, u64 most, const char *text)
{
	u64 length = strlen(text), room = round_up(length + 1, 8);

	if (room > most)
		return 0;
	*(u64 *)(to + room - 8) = 0;
	memcpy(to, text, length);
	return room;
}

void rt_record_text(struct rt_frame *frame, const char *text)
{
	u64 room, used = frame->record_length + sizeof(room);
	char *to = frame->record + used;
	u64 most = rt_program.record_size - used;

	if (used > rt_program.record_size)
		return;
	room = IS_ALIGNED((unsigned long)text, sizeof(u64)) ?
		copy_text_words((u64 *)to, most / sizeof(u64),
				(const u64 *)text) :
		copy_text(to, most, text);
	if (!room)
		return;
	*(u64 *)(to - sizeof(room)) = room;
	frame->record_length = used + room;
}

void rt_record_memory(struct rt_frame *frame, u64 address, s64 length,
		      bool user)
{
	u64 most = rt_program.text_max < 512 ? 512 : 4096;
	u64 bytes = length < 0 || length > most ? most : length;
	u64 room = round_up(bytes, 8);

	add(frame, &bytes, sizeof(bytes));
	add(frame, &room, sizeof(room));
	if (frame->record_length + room > rt_program.record_size)
		return;
	memset(frame->record + frame->record_length, 0, room);
	rt_read(frame->record + frame->record_length, address, bytes, user);
	frame->record_length += room;
}

void rt_record_end(struct rt_frame *frame)
{
	rt_send(frame->record, frame->record_length);
}

void rt_send_text(struct rt_frame *frame, u32 kind, const char *text)
{
	rt_record_begin(frame, kind, 0);
	rt_record_text(frame, text);
	rt_record_end(frame);
}

void rt_print_format(struct rt_frame *frame, u32 id, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(frame->line, rt_program.text_max + 1, format, args);
	va_end(args);
	rt_record_begin(frame, WIRE_PRINT, id);
	rt_record_text(frame, frame->line);
	rt_record_end(frame);
}

void rt_send_exit(void)
{
	struct wire_head head = {
		.kind = WIRE_EXIT, .cpu = raw_smp_processor_id(),
	};

	/* any other state stays as it is */
	if (cmpxchg(&rt_shared->state, WIRE_RUNNING, WIRE_STOPPING) ==
	    WIRE_STARTING)
		cmpxchg(&rt_shared->state, WIRE_STARTING, WIRE_STOPPING);
	rt_send(&head, sizeof(head));
}
