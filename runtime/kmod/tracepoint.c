/*
 * Tracepoints, found by name when the module attaches: no header of the kernel
 * is needed for them. What the kernel calls takes the arguments as registers
 * hold them; those beyond what the tracepoint passes are never looked at.
 */
#include "runtime/kmod/attach.h"

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>

/* A tracepoint and, if it is not the kernel's own, the module that has it. */
struct tracepoint_place {
	const char *name;
	struct tracepoint *tracepoint;
	struct module *module;		/* held */
};

static void look(struct tracepoint *tracepoint, void *with)
{
	struct tracepoint_place *place = with;

	if (!strcmp(tracepoint->name, place->name))
		place->tracepoint = tracepoint;
}

#ifdef CONFIG_MODULES
struct module_search {
	struct notifier_block block;
	struct tracepoint_place *place;
};

/* Called for each module there is, as if it came right now; and again, as if
 * it went, when we no longer want to know. */
static int look_in_module(struct notifier_block *block, unsigned long event,
			  void *with)
{
	struct module_search *search = container_of(block,
						    struct module_search,
						    block);
	struct module *module = ((struct tp_module *)with)->mod;
	struct tracepoint_place *place = search->place;
	u32 i;

	if (event != MODULE_STATE_COMING || place->tracepoint)
		return NOTIFY_OK;
	for (i = 0; i < module->num_tracepoints; i++)
		look(tracepoint_ptr_deref(&module->tracepoints_ptrs[i]), place);
	if (place->tracepoint && try_module_get(module))
		place->module = module;
	else
		place->tracepoint = NULL;
	return NOTIFY_OK;
}

static void look_in_modules(struct tracepoint_place *place)
{
	struct module_search search = {
		.block.notifier_call = look_in_module, .place = place,
	};

	if (!register_tracepoint_module_notifier(&search.block))
		unregister_tracepoint_module_notifier(&search.block);
}
#else
static void look_in_modules(struct tracepoint_place *place)
{
	(void)place;
}
#endif

/* As many as all machines pass in registers, behind the probe itself. */
enum { FEW = 5 };

static void on_few(void *probe, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4)
{
	u64 args[RT_ARGS] = { a0, a1, a2, a3, a4 };

	rt_run(probe, args, NULL);
}

static void on_many(void *probe, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4,
		    u64 a5, u64 a6, u64 a7, u64 a8, u64 a9, u64 a10, u64 a11)
{
	u64 args[RT_ARGS] = {
		a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11,
	};

	rt_run(probe, args, NULL);
}

static void *entry_of(const struct rt_probe *probe)
{
	return probe->arg_count > FEW ? (void *)on_many : (void *)on_few;
}

static int find_tracepoint(struct tracepoint_place *place)
{
	for_each_kernel_tracepoint(look, place);
	if (!place->tracepoint)
		look_in_modules(place);
	return place->tracepoint ? 0 : -ENOENT;
}

static void forget_tracepoint(struct tracepoint_place *place)
{
	module_put(place->module);
	kfree(place);
}

static int attach_tracepoint(struct rt_attachment *attachment)
{
	const struct rt_probe *probe = attachment->probe;
	struct tracepoint_place *place = RT_TRY(kzalloc(sizeof(*place), GFP_KERNEL));
	int error;

	if (!place)
		return -ENOMEM;
	place->name = rt_pair(probe, "name");
	error = place->name ? find_tracepoint(place) : -EINVAL;
	if (!error)
		error = tracepoint_probe_register(place->tracepoint,
						  entry_of(probe),
						  (void *)probe);
	if (error)
		forget_tracepoint(place);
	else
		attachment->state = place;
	return error;
}

static void detach_tracepoints(struct rt_attachment **all, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		struct tracepoint_place *place = all[i]->state;

		tracepoint_probe_unregister(place->tracepoint,
					    entry_of(all[i]->probe),
					    (void *)all[i]->probe);
	}
	tracepoint_synchronize_unregister();
	for (i = 0; i < count; i++)
		forget_tracepoint(all[i]->state);
}

const struct rt_way rt_way_tracepoint = { attach_tracepoint,
					  detach_tracepoints };
