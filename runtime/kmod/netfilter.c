/*
 * Hooks of netfilter, in each network namespace that there is and that comes. The
 * handler sees number, packet and devices of the hook as its arguments, and says what
 * becomes of the packet: without a word of it, it goes on.
 *
 * The hooks of all probes are one table, which the kernel gets when the last one is
 * attached: what is told of a new namespace names no probe.
 */
#include "runtime/kmod/attach.h"

#include <linux/netfilter.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#if IS_ENABLED(CONFIG_NETFILTER)
static struct nf_hook_ops *hooks;
static u32 hook_count;
static bool told;	/* the kernel knows namespaces */

static unsigned int on_packet(void *with, struct sk_buff *packet,
			      const struct nf_hook_state *state)
{
	s64 verdict = NF_ACCEPT;
	u64 args[RT_ARGS] = {
		state->hook, (u64)(unsigned long)packet,
		(u64)(unsigned long)state->in, (u64)(unsigned long)state->out,
		[RT_ARG_VERDICT] = (u64)(unsigned long)&verdict,
	};

	rt_run(with, args, NULL);
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

static int netfilter_enter(struct net *net)
{
	return nf_register_net_hooks(net, hooks, hook_count);
}

static void netfilter_leave(struct net *net)
{
	nf_unregister_net_hooks(net, hooks, hook_count);
}

static struct pernet_operations netfilter_namespaces = {
	.init = netfilter_enter, .exit = netfilter_leave,
};

/* How many of the probes from this one on there are. */
static u32 probes_from(const struct rt_probe *probe)
{
	u32 count = 0;

	for (; probe < rt_program.probes + rt_program.probe_count; probe++)
		count += probe->kind == RT_ATTACH_NETFILTER;
	return count;
}

static void netfilter_forget(void)
{
	kfree(hooks);
	hooks = NULL;
	hook_count = 0;
}

static int netfilter_tell(void)
{
	int error = register_pernet_subsys(&netfilter_namespaces);

	told = !error;
	/* the others of the table are detached by the caller */
	if (error && !--hook_count)
		netfilter_forget();
	return error;
}

static int attach_netfilter(struct rt_attachment *attachment)
{
	const struct rt_probe *probe = attachment->probe;
	s64 family = rt_pair_long(probe, "family", 0);
	s64 hook = rt_pair_long(probe, "hook", 0);
	u32 left = probes_from(probe);

	if (!is_known(family, hook))
		return -EOPNOTSUPP;
	if (!hooks)
		hooks = RT_TRY(kcalloc(left, sizeof(*hooks), GFP_KERNEL));
	if (!hooks)
		return -ENOMEM;
	hooks[hook_count++] = (struct nf_hook_ops){
		.hook = on_packet, .priv = (void *)probe, .pf = family,
		.hooknum = hook,
		.priority = rt_pair_long(probe, "priority", 0),
	};
	return left == 1 ? netfilter_tell() : 0;
}

static void detach_netfilter(struct rt_attachment **all, u32 count)
{
	(void)all;
	(void)count;
	if (told)
		unregister_pernet_subsys(&netfilter_namespaces);
	/* packets may still be with the handlers */
	synchronize_net();
	told = false;
	netfilter_forget();
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
