/*
 * netfilter.hook("NAME").pf("FAMILY"), in either order, and .priority("N") behind
 * them: packets on their way through the network stack. Names are those of the
 * kernel's headers; wildcards stand for all that match. Guru mode takes any
 * number for each.
 */
#include "translator/probes/family.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"
#include "translator/target/btf.h"

static const char *const forms[] = {
	"netfilter.hook(string).pf(string)",
	"netfilter.pf(string).hook(string)",
	"netfilter.hook(string).pf(string).priority(string)",
	"netfilter.pf(string).hook(string).priority(string)", NULL
};

enum { IPV4 = 2, ARP = 3, BRIDGE = 7, IPV6 = 10 };

struct name {
	const char *name;
	int number;
};

static const struct name families_of[] = {
	{ "NFPROTO_IPV4", IPV4 }, { "NFPROTO_IPV6", IPV6 },
	{ "NFPROTO_ARP", ARP }, { "NFPROTO_BRIDGE", BRIDGE },
};

/* What packets pass of IPv4, IPv6 and bridges. */
static const struct name places[] = {
	{ "PRE_ROUTING", 0 }, { "LOCAL_IN", 1 }, { "FORWARD", 2 },
	{ "LOCAL_OUT", 3 }, { "POST_ROUTING", 4 },
};

static const struct name arp_places[] = {
	{ "IN", 0 }, { "OUT", 1 }, { "FORWARD", 2 },
};

static const struct name ip_priorities[] = {
	{ "FIRST", INT_MIN }, { "RAW_BEFORE_DEFRAG", -450 },
	{ "CONNTRACK_DEFRAG", -400 }, { "RAW", -300 },
	{ "SELINUX_FIRST", -225 }, { "CONNTRACK", -200 }, { "MANGLE", -150 },
	{ "NAT_DST", -100 }, { "FILTER", 0 }, { "SECURITY", 50 },
	{ "NAT_SRC", 100 }, { "SELINUX_LAST", 225 },
	{ "CONNTRACK_HELPER", 300 }, { "CONNTRACK_CONFIRM", INT_MAX },
	{ "LAST", INT_MAX },
};

enum { PLACES = sizeof(places) / sizeof(*places),
       ARP_PLACES = sizeof(arp_places) / sizeof(*arp_places),
       FAMILIES = sizeof(families_of) / sizeof(*families_of),
       PRIORITIES = sizeof(ip_priorities) / sizeof(*ip_priorities) };

/* What a point asks for. */
struct request {
	struct family_env *env;
	const struct probe_point *point;
	size_t hook, family;		/* components */
	long priority;
	struct btf_types *btf;
	struct probe_instances *out;
};

static bool matches(const struct probe_point *point)
{
	return strcmp(point->components.items[0].name, "netfilter") == 0;
}

/* The component of that name, or 0. */
static size_t find(const struct probe_point *point, const char *name)
{
	for (size_t i = 1; i < point->components.count; i++)
		if (strcmp(point->components.items[i].name, name) == 0 &&
		    point_text(point, i))
			return i;
	return 0;
}

static bool is_number(const char *text, long *ret)
{
	char *end;

	errno = 0;
	*ret = strtol(text, &end, 0);
	return *text && !*end && !errno && *ret >= INT_MIN && *ret <= INT_MAX;
}

/* ---- names ---- */

static const char *const *prefixes(int family)
{
	static const char *const ipv4[] = { "NF_INET_", "NF_IP_", NULL };
	static const char *const ipv6[] = { "NF_INET_", "NF_IP6_", NULL };
	static const char *const arp[] = { "NF_ARP_", NULL };
	static const char *const bridge[] = { "NF_BR_", NULL };

	return family == IPV4 ? ipv4 : family == IPV6 ? ipv6 :
	       family == ARP ? arp : bridge;
}

static const struct name *places_of(int family, size_t *ret_count)
{
	*ret_count = family == ARP ? (size_t)ARP_PLACES : (size_t)PLACES;
	return family == ARP ? arp_places : places;
}

/* Whether the pattern is a name of the hook in that family. */
static bool is_meant(const struct request *request, int family,
		     const char *name)
{
	const char *pattern = point_text(request->point, request->hook);

	for (const char *const *at = prefixes(family); *at; at++)
		if (glob_match(pattern, arena_printf(request->env->arena,
						     "%s%s", *at, name)))
			return true;
	return false;
}

static const char *list(struct arena *arena, const struct name *names,
			size_t count, const char *prefix)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s%s%s", i ? ", " : "", prefix,
			   names[i].name);
	return buf_take(&text, arena);
}

static void report(const struct request *request, size_t component,
		   const char *what, const char *names)
{
	diag_report(request->env->diag, DIAG_netfilter_name,
		    request->point->components.items[component].span, what,
		    point_text(request->point, component), names);
}

/* ---- instances ---- */

static void add_var(const struct request *request,
		    struct probe_context *context, const char *name, int arg,
		    const char *type)
{
	struct context_var *var = context_add(request->env, context, name, arg);

	if (type)
		var->type = btf_find_text(request->btf, type);
}

static void add(const struct request *request, long family, long hook)
{
	struct probe_instance *instance = instance_add(
		request->env, request->out, request->point, "netfilter");
	struct probe_context *context = instance->context;
	struct context_var *verdict;

	instance_pair(request->env, instance, "family", "%ld", family);
	instance_pair(request->env, instance, "hook", "%ld", hook);
	instance_pair(request->env, instance, "priority", "%ld",
		      request->priority);
	add_var(request, context, "$hooknum", 0, NULL);
	add_var(request, context, "$skb", 1, "struct sk_buff *");
	add_var(request, context, "$in", 2, "struct net_device *");
	add_var(request, context, "$out", 3, "struct net_device *");
	add_var(request, context, "$verdict", -1, NULL);
	verdict = &context->vars.items[context->vars.count - 1];
	verdict->expression = "__verdict()";
	verdict->setter = "__verdict_set";
}

static void add_family(const struct request *request, int family)
{
	size_t count;
	const struct name *names = places_of(family, &count);

	for (size_t i = 0; i < count; i++)
		if (is_meant(request, family, names[i].name))
			add(request, family, names[i].number);
}

/* By name, or any number in guru mode. */
static void add_all(const struct request *request)
{
	const char *pattern = point_text(request->point, request->family);
	long family, hook;
	bool numbers = request->env->guru &&
		is_number(point_text(request->point, request->hook), &hook);

	if (request->env->guru && is_number(pattern, &family)) {
		if (numbers)
			add(request, family, hook);
		else
			add_family(request, (int)family);
		return;
	}
	for (size_t i = 0; i < FAMILIES; i++) {
		if (!glob_match(pattern, families_of[i].name))
			continue;
		if (numbers)
			add(request, families_of[i].number, hook);
		else
			add_family(request, families_of[i].number);
	}
}

/* Which of the two names is none. */
static void explain(const struct request *request)
{
	const char *family = point_text(request->point, request->family);

	for (size_t i = 0; i < FAMILIES; i++) {
		size_t count;
		const struct name *names;

		if (!glob_match(family, families_of[i].name))
			continue;
		names = places_of(families_of[i].number, &count);
		report(request, request->hook, "hook",
		       list(request->env->arena, names, count,
			    *prefixes(families_of[i].number)));
		return;
	}
	report(request, request->family, "protocol family",
	       list(request->env->arena, families_of, FAMILIES, ""));
}

/* "NF_IP_PRI_FILTER", "-5"; nothing: 0. */
static bool read_priority(struct request *request, size_t component)
{
	static const char *const kinds[] = { "NF_IP_PRI_", "NF_IP6_PRI_" };
	const char *text = point_text(request->point, component);

	if (!component || is_number(text, &request->priority))
		return true;
	for (size_t i = 0; i < PRIORITIES; i++)
		for (size_t j = 0; j < 2; j++) {
			size_t length = strlen(kinds[j]);

			if (strncmp(text, kinds[j], length) ||
			    strcmp(text + length, ip_priorities[i].name))
				continue;
			request->priority = ip_priorities[i].number;
			return true;
		}
	report(request, component, "priority",
	       arena_printf(request->env->arena, "numbers, and %s",
			    list(request->env->arena, ip_priorities,
				 PRIORITIES, kinds[0])));
	return false;
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	struct request request = {
		.env = env, .point = point, .out = out,
		.hook = find(point, "hook"), .family = find(point, "pf"),
		.btf = env->btf(env),
	};
	size_t priority = find(point, "priority");

	if (!request.hook || !request.family ||
	    point->components.count != (priority ? 4u : 3u))
		return true;
	if (!request.btf) {
		diag_report(env->diag, DIAG_no_btf, point->span, env->reason);
		return false;
	}
	if (!read_priority(&request, priority))
		return false;
	add_all(&request);
	if (out->items.count)
		return true;
	explain(&request);
	return false;
}

const struct family family_netfilter = { "netfilter", forms, matches,
					 resolve };
