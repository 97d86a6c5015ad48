/* Kprobes and kretprobes: by symbol and offset. */
#include "runtime/kmod/attach.h"

#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/slab.h>

#include "runtime/kmod/timing.h"

enum { NAME_MOST = 256 };

struct kprobe_place {
	const struct rt_probe *probe;
	u32 behind;		/* bytes of the function in front of the probe, that
				 * was to be at its begin */
	char name[NAME_MOST];	/* "symbol", or "module:symbol" */
	struct kretprobe kretprobe;	/* of a kprobe: only its member kp */
};

/* The registers are behind the instruction of the trap, and the kernel goes on by
 * them; a handler is to see them as they were without it. */
static int on_entry(struct kprobe *kprobe, struct pt_regs *regs)
{
	struct kprobe_place *place = container_of(kprobe, struct kprobe_place,
						  kretprobe.kp);
	unsigned long behind = instruction_pointer(regs);

	instruction_pointer_set(regs, (unsigned long)kprobe->addr - place->behind);
	rt_run(place->probe, NULL, regs);
	instruction_pointer_set(regs, behind);
	return 0;
}
NOKPROBE_SYMBOL(on_entry);

static int on_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct kretprobe *kretprobe = get_kretprobe(instance);

	/* unregistered meanwhile */
	if (kretprobe)
		rt_run(container_of(kretprobe, struct kprobe_place, kretprobe)->probe,
		       NULL, regs);
	return 0;
}
NOKPROBE_SYMBOL(on_return);

static struct kprobe_place *create_kprobe(const struct rt_probe *probe)
{
	struct kprobe_place *place = RT_TRY(kzalloc(sizeof(*place), GFP_KERNEL));
	const char *module = rt_pair(probe, "module");
	const char *symbol = rt_pair(probe, "symbol");
	int length;

	if (!place)
		return NULL;
	place->probe = probe;
	place->kretprobe.kp.offset = rt_pair_long(probe, "offset", 0);
	if (!symbol) {
		place->kretprobe.kp.addr =
			(void *)rt_pair_long(probe, "address", 0);
		return place;
	}
	length = snprintf(place->name, sizeof(place->name), "%s%s%s",
			  module ? module : "", module ? ":" : "", symbol);
	if (length >= sizeof(place->name)) {
		kfree(place);
		return NULL;
	}
	place->kretprobe.kp.symbol_name = place->name;
	return place;
}

/* Where functions begin with a mark for jumps to them, the kernel puts what is to
 * be at the begin behind it. Handlers do not run before all is attached. */
static void find_begin(struct kprobe_place *place)
{
	const struct kprobe *kprobe = &place->kretprobe.kp;
	char text[KSYM_SYMBOL_LEN];
	const char *offset;

	if (!IS_ENABLED(CONFIG_X86_KERNEL_IBT) || !kprobe->symbol_name ||
	    kprobe->offset)
		return;
	sprint_symbol(text, (unsigned long)kprobe->addr);
	offset = strstr(text, "+0x");
	if (offset)
		place->behind = simple_strtoul(offset + 1, NULL, 16);
}

static int finish(struct rt_attachment *attachment, struct kprobe_place *place,
		  int error)
{
	if (!error) {
		find_begin(place);
		attachment->state = place;
		return 0;
	}
	kfree(place);
	return rt_pass_over(attachment, error);
}

static int attach_kprobe(struct rt_attachment *attachment)
{
	struct kprobe_place *place = create_kprobe(attachment->probe);

	if (!place)
		return -ENOMEM;
	/* hits are timed from before they are attached, or never */
	place->kretprobe.kp.pre_handler = attachment->probe->on_kprobe;
	if (!attachment->probe->on_kprobe || static_key_enabled(&rt_timed))
		place->kretprobe.kp.pre_handler = on_entry;
	return finish(attachment, place, register_kprobe(&place->kretprobe.kp));
}

static int attach_kretprobe(struct rt_attachment *attachment)
{
	struct kprobe_place *place = create_kprobe(attachment->probe);

	if (!place)
		return -ENOMEM;
	place->kretprobe.handler = on_return;
	place->kretprobe.maxactive = rt_pair_long(attachment->probe,
						  "maxactive", 0);
	return finish(attachment, place,
		      register_kretprobe(&place->kretprobe));
}

/* Those that are attached, first in the array; how many. */
static u32 keep_attached(struct rt_attachment **all, u32 count)
{
	u32 kept = 0, i;

	for (i = 0; i < count; i++)
		if (all[i]->state)
			all[kept++] = all[i];
	return kept;
}

/* All at once, if there is memory for that. */
static void detach_kprobes(struct rt_attachment **all, u32 count)
{
	struct kprobe **kprobes = RT_TRY(kvcalloc(count, sizeof(*kprobes),
						  GFP_KERNEL));
	u32 i;

	count = keep_attached(all, count);
	for (i = 0; i < count; i++) {
		struct kprobe_place *place = all[i]->state;

		if (kprobes)
			kprobes[i] = &place->kretprobe.kp;
		else
			unregister_kprobe(&place->kretprobe.kp);
	}
	if (kprobes)
		unregister_kprobes(kprobes, count);
	for (i = 0; i < count; i++) {
		struct kprobe_place *place = all[i]->state;

		rt_count_missed(all[i]->probe,
				place->kretprobe.kp.nmissed);
		kfree(place);
	}
	kvfree(kprobes);
}

static void detach_kretprobes(struct rt_attachment **all, u32 count)
{
	struct kretprobe **kretprobes = RT_TRY(kvcalloc(
		count, sizeof(*kretprobes), GFP_KERNEL));
	u32 i;

	count = keep_attached(all, count);
	for (i = 0; i < count; i++) {
		struct kprobe_place *place = all[i]->state;

		if (kretprobes)
			kretprobes[i] = &place->kretprobe;
		else
			unregister_kretprobe(&place->kretprobe);
	}
	if (kretprobes)
		unregister_kretprobes(kretprobes, count);
	for (i = 0; i < count; i++) {
		struct kprobe_place *place = all[i]->state;

		rt_count_missed(all[i]->probe,
				place->kretprobe.kp.nmissed);
		rt_count_missed_returns(place->kretprobe.nmissed);
		kfree(place);
	}
	kvfree(kretprobes);
}

const struct rt_way rt_way_kprobe = { attach_kprobe, detach_kprobes };
const struct rt_way rt_way_kretprobe = { attach_kretprobe,
					 detach_kretprobes };
