/*
 * Hooks of netfilter, in the first network namespace. The handler sees number,
 * packet and devices of the hook as its arguments, and says what becomes of the
 * packet: without a word of it, it goes on.
 */
#include "runtime/kmod/attach.h"

#include <linux/netfilter.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#if IS_ENABLED(CONFIG_NETFILTER)
struct netfilter_place {
	const struct rt_probe *probe;
	struct nf_hook_ops ops;
};

static unsigned int on_packet(void *with, struct sk_buff *packet,
			      const struct nf_hook_state *state)
{
	const struct netfilter_place *place = with;
	s64 verdict = NF_ACCEPT;
	u64 args[RT_ARGS] = {
		state->hook, (u64)(unsigned long)packet,
		(u64)(unsigned long)state->in, (u64)(unsigned long)state->out,
		[RT_ARG_VERDICT] = (u64)(unsigned long)&verdict,
	};

	rt_run(place->probe, args, NULL);
	/* of other numbers the kernel makes a warning */
	return (verdict & NF_VERDICT_MASK) <= NF_MAX_VERDICT ? verdict :
							       NF_ACCEPT;
}

/* The kernel takes it for a fault in us to ask for others. */
static bool is_known(s64 family, s64 hook)
{
	switch (family) {
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
		return hook >= 0 && hook < NF_INET_NUMHOOKS;
	case NFPROTO_ARP:
		return IS_ENABLED(CONFIG_NETFILTER_FAMILY_ARP) && hook >= 0 &&
		       hook < 3;
	case NFPROTO_BRIDGE:
		return IS_ENABLED(CONFIG_NETFILTER_FAMILY_BRIDGE) &&
		       hook >= 0 && hook < NF_INET_NUMHOOKS;
	}
	return false;
}

static int attach_netfilter(struct rt_attachment *attachment)
{
	const struct rt_probe *probe = attachment->probe;
	s64 family = rt_pair_long(probe, "family", 0);
	s64 hook = rt_pair_long(probe, "hook", 0);
	struct netfilter_place *place;
	int error;

	if (!is_known(family, hook))
		return -EOPNOTSUPP;
	place = RT_TRY(kzalloc(sizeof(*place), GFP_KERNEL));
	if (!place)
		return -ENOMEM;
	place->probe = probe;
	place->ops = (struct nf_hook_ops){
		.hook = on_packet, .priv = place, .pf = family,
		.hooknum = hook,
		.priority = rt_pair_long(probe, "priority", 0),
	};
	error = nf_register_net_hook(&init_net, &place->ops);
	if (error)
		kfree(place);
	else
		attachment->state = place;
	return error;
}

static void detach_netfilter(struct rt_attachment **all, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		struct netfilter_place *place = all[i]->state;

		nf_unregister_net_hook(&init_net, &place->ops);
	}
	/* packets may still be with the handlers */
	synchronize_net();
	for (i = 0; i < count; i++)
		kfree(all[i]->state);
}
#else
static int attach_netfilter(struct rt_attachment *attachment)
{
	(void)attachment;
	return -EOPNOTSUPP;
}

static void detach_netfilter(struct rt_attachment **all, u32 count)
{
	(void)all;
	(void)count;
}
#endif

const struct rt_way rt_way_netfilter = { attach_netfilter, detach_netfilter };
