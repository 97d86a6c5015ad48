/* What the kernel drives, attached and detached as a whole. */
#include "runtime/kmod/attach.h"

#include <linux/mutex.h>
#include <linux/slab.h>

#include "runtime/kmod/device.h"

/* Kinds without a row are driven by the runner. */
static const struct rt_way *const ways[RT_ATTACH_KINDS] = {
	[RT_ATTACH_PROCFS_READ] = &rt_way_procfs,
	[RT_ATTACH_PROCFS_WRITE] = &rt_way_procfs,
	[RT_ATTACH_RAW_TRACEPOINT] = &rt_way_tracepoint,
	[RT_ATTACH_PERF] = &rt_way_perf,
	[RT_ATTACH_COUNTER] = &rt_way_counter,
	[RT_ATTACH_TASKS] = &rt_way_tasks,
	[RT_ATTACH_NETFILTER] = &rt_way_netfilter,
	[RT_ATTACH_KPROBE] = &rt_way_kprobe,
	[RT_ATTACH_KRETPROBE] = &rt_way_kretprobe,
	[RT_ATTACH_UPROBE] = &rt_way_uprobe,
	[RT_ATTACH_URETPROBE] = &rt_way_uprobe,
};

static DEFINE_MUTEX(attaching);
static struct rt_attachment *attachments;
static struct rt_attachment **of_kind;	/* room to collect some of them */
static bool attached;			/* some are, or may be */

const char *rt_pair(const struct rt_probe *probe, const char *key)
{
	const struct rt_pair *pair;

	for (pair = probe->pairs; pair->key; pair++)
		if (!strcmp(pair->key, key))
			return pair->value;
	return NULL;
}

s64 rt_pair_long(const struct rt_probe *probe, const char *key, s64 missing)
{
	const char *text = rt_pair(probe, key);
	s64 value;

	return text && !kstrtos64(text, 0, &value) ? value : missing;
}

int rt_pass_over(struct rt_attachment *attachment, int error)
{
	if (!rt_pair(attachment->probe, "among"))
		return error;
	attachment->passed_over = error;
	rt_shared->passed_over++;
	return 0;
}

static int attach(u32 number)
{
	struct rt_attachment *attachment = &attachments[number];
	const struct rt_way *way = ways[attachment->probe->kind];
	int error;

	attachment->state = NULL;
	attachment->passed_over = 0;
	error = way && !attachment->left_out ? way->attach(attachment) : 0;
	attachment->is_attached = !error;
	return error;
}

static void detach_kind(enum rt_attach kind)
{
	u32 count = 0, i;

	if (!ways[kind])
		return;
	for (i = 0; i < rt_program.probe_count; i++)
		if (attachments[i].probe->kind == kind &&
		    attachments[i].is_attached && !attachments[i].left_out)
			of_kind[count++] = &attachments[i];
	if (count)
		ways[kind]->detach(of_kind, count);
}

static void detach_all(void)
{
	u32 kind, i;

	for (kind = 0; attached && kind < RT_ATTACH_KINDS; kind++)
		detach_kind(kind);
	for (i = 0; attached && i < rt_program.probe_count; i++)
		attachments[i].is_attached = false;
	attached = false;
}

static int make_room(void)
{
	u64 count = rt_program.probe_count + 1ull;
	u32 i;

	if (attachments && of_kind)
		return 0;
	rt_attach_destroy();
	attachments = RT_TRY(kvcalloc(count, sizeof(*attachments),
				      GFP_KERNEL));
	of_kind = RT_TRY(kvcalloc(count, sizeof(*of_kind), GFP_KERNEL));
	if (!attachments || !of_kind)
		return -ENOMEM;
	for (i = 0; i < rt_program.probe_count; i++)
		attachments[i].probe = &rt_program.probes[i];
	return 0;
}

static int choose(const struct kmod_choice *choice)
{
	int error = make_room();
	struct rt_attachment *attachment;

	if (error || choice->number >= rt_program.probe_count)
		return error ? error : -EINVAL;
	/* what is attached is detached as it was attached */
	if (attached)
		return -EBUSY;
	attachment = &attachments[choice->number];
	attachment->left_out = choice->left_out;
	attachment->address = choice->address;
	attachment->length = choice->length;
	return 0;
}

int rt_choose(const struct kmod_choice *choice)
{
	int error;

	mutex_lock(&attaching);
	error = choose(choice);
	mutex_unlock(&attaching);
	return error;
}

/* Of the probes on one place in the kernel or in a program the kernel calls first
 * what was attached last; scripts expect their own order. */
static bool is_called_backwards(u32 number)
{
	enum rt_attach kind = rt_program.probes[number].kind;

	return kind == RT_ATTACH_KPROBE || kind == RT_ATTACH_UPROBE ||
	       kind == RT_ATTACH_URETPROBE;
}

/* All that are called backwards, or the others; those that are not yet. */
static int attach_part(bool backwards, u32 *ret_probe)
{
	u32 count = rt_program.probe_count, i;
	int error = 0;

	for (i = 0; i < count && !error; i++) {
		u32 number = backwards ? count - 1 - i : i;

		if (is_called_backwards(number) != backwards ||
		    attachments[number].is_attached)
			continue;
		*ret_probe = number;
		error = attach(number);
	}
	return error;
}

static bool is_of(u32 number, enum rt_attach entry, enum rt_attach returns)
{
	enum rt_attach kind = attachments[number].probe->kind;

	return kind == entry || kind == returns;
}

/* Where all of wildcards were passed over and nothing of these kinds is attached,
 * why the first of them was. */
static int check_passed(enum rt_attach entry, enum rt_attach returns,
			u32 *ret_probe)
{
	u32 i;
	int error = 0;

	for (i = rt_program.probe_count; i-- > 0;) {
		if (!is_of(i, entry, returns) || attachments[i].left_out)
			continue;
		if (!attachments[i].passed_over)
			return 0;
		*ret_probe = i;
		error = attachments[i].passed_over;
	}
	return error;
}

static int attach_all(u32 *ret_probe)
{
	u32 count = rt_program.probe_count;
	int error = make_room();

	*ret_probe = 0;
	attached = !error;
	if (!error)
		error = attach_part(true, ret_probe);
	if (!error)
		error = attach_part(false, ret_probe);
	if (!error)
		error = check_passed(RT_ATTACH_KPROBE, RT_ATTACH_KRETPROBE,
				     ret_probe);
	if (!error)
		error = check_passed(RT_ATTACH_UPROBE, RT_ATTACH_URETPROBE,
				     ret_probe);
	if (!error) {
		/* no probe is at fault from here on */
		*ret_probe = count;
		error = rt_tasks_walk(attachments, count);
	}
	if (error)
		detach_all();
	return error;
}

int rt_attach_all(u32 *ret_probe)
{
	int error;

	mutex_lock(&attaching);
	error = attach_all(ret_probe);
	mutex_unlock(&attaching);
	return error;
}

void rt_detach_all(void)
{
	mutex_lock(&attaching);
	detach_all();
	mutex_unlock(&attaching);
}

void rt_attach_destroy(void)
{
	kvfree(attachments);
	kvfree(of_kind);
}
