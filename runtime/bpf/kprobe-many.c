/*
 * Many functions of the kernel with one link (kprobe.multi): see kprobe.h.
 *
 * The kernel takes all functions of a link or none. So those that it does not
 * trace are left out first, and a part that it still refuses is halved until
 * the function is found that it does not like. Places are addresses: several
 * functions may have one name.
 */
#include "runtime/bpf/kprobe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/trace-event.h"
#include "runtime/bpf/way.h"
#include "runtime/reader/complain.h"

/* A function that is asked for. */
struct wanted {
	const char *symbol;
	size_t probe;		/* its number, the cookie */
	bool is_traced;
	size_t places;		/* functions of this name */
};

struct many {
	struct attach *attach;
	struct probe *first;	/* which has the links */
	struct wanted *wanted;	/* sorted by symbol, then number */
	size_t wanted_count;
	unsigned long *traced;	/* addresses, if the kernel tells them */
	size_t traced_count, traced_room;
	bool has_addresses;
	unsigned long *addresses;	/* places */
	__u64 *cookies;
	size_t place_count, place_room;
	char **ret_error;
};

static int compare_wanted(const void *left, const void *right)
{
	const struct wanted *a = left, *b = right;
	int order = strcmp(a->symbol, b->symbol);

	return order ? order : (a->probe > b->probe) - (a->probe < b->probe);
}

static bool find_all(struct many *many)
{
	struct attach *attach = many->attach;

	many->wanted = calloc(attach->count, sizeof(*many->wanted));
	for (size_t i = 0; many->wanted && i < attach->count; i++) {
		if (attach->probes[i].bpf != many->first->bpf)
			continue;
		many->wanted[many->wanted_count++] = (struct wanted){
			.symbol = manifest_pair_get(
				&attach->probes[i].about->pairs, "symbol"),
			.probe = i,
		};
	}
	if (many->wanted)
		qsort(many->wanted, many->wanted_count, sizeof(*many->wanted),
		      compare_wanted);
	return many->wanted;
}

/* The first that asks for this symbol; *ret_end is behind the last. */
static struct wanted *find(struct many *many, const char *symbol,
			   struct wanted **ret_end)
{
	size_t from = 0, to = many->wanted_count;
	struct wanted *end = many->wanted + to;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (strcmp(many->wanted[middle].symbol, symbol) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	*ret_end = many->wanted + from;
	while (*ret_end < end && !strcmp((*ret_end)->symbol, symbol))
		++*ret_end;
	return many->wanted + from;
}

static bool add_traced(struct many *many, unsigned long address)
{
	if (many->traced_count == many->traced_room) {
		size_t room = many->traced_room * 2 + 64;
		void *larger = reallocarray(many->traced, room,
					    sizeof(*many->traced));

		if (!larger)
			return false;
		many->traced = larger;
		many->traced_room = room;
	}
	many->traced[many->traced_count++] = address;
	return true;
}

static int compare_addresses(const void *left, const void *right)
{
	const unsigned long *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* What the kernel calls itself to run a program, on each hit of any probe. Then it
 * runs none of theirs and tells of a hit that was skipped: no wildcard means them. */
static bool is_of_each_hit(const struct many *many, const struct wanted *wanted)
{
	const struct probe *probe = &many->attach->probes[wanted->probe];
	static const char *const functions[] = {
		"__rcu_read_lock", "__rcu_read_unlock", "migrate_disable",
		"migrate_enable",
	};

	if (!manifest_pair_get(&probe->about->pairs, "among"))
		return false;
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (!strcmp(functions[i], wanted->symbol))
			return true;
	return false;
}

/* The word that @text begins with, behind spaces. Lines are read by hand: there are
 * hundreds of thousands. */
static char *cut_name(char *text)
{
	text += strspn(text, " ");
	text[strcspn(text, " \t\n")] = '\0';
	return text;
}

/* The kernel's list of what it traces; since Linux 6.5 with addresses, which tell
 * functions of one name apart. Where there is no list all are tried. */
static bool find_traced(struct many *many)
{
	FILE *file = trace_event_file("available_filter_functions_addrs");
	char line[512];
	unsigned long address = 0;
	bool ok = true;

	many->has_addresses = file;
	if (!file)
		file = trace_event_file("available_filter_functions");
	for (size_t i = 0; !file && i < many->wanted_count; i++)
		many->wanted[i].is_traced = true;
	while (ok && file && fgets(line, sizeof(line), file)) {
		struct wanted *end, *at;
		char *name = line;

		if (strchr(line, '['))
			continue;
		if (many->has_addresses)
			address = strtoul(line, &name, 16);
		name = cut_name(name);
		at = find(many, name, &end);
		ok = at == end || add_traced(many, address);
		for (; at < end; at++)
			at->is_traced = !is_of_each_hit(many, at);
	}
	if (file)
		fclose(file);
	if (many->has_addresses)
		qsort(many->traced, many->traced_count, sizeof(address),
		      compare_addresses);
	return ok;
}

/* The call that is traced is the first instruction of a function, or comes behind
 * a mark of two words at most for jumps to it. */
static bool is_traced(const struct many *many, unsigned long address)
{
	size_t from = 0, to = many->traced_count;

	if (!many->has_addresses)
		return true;
	while (from < to) {
		size_t middle = (from + to) / 2;

		if (many->traced[middle] < address)
			from = middle + 1;
		else
			to = middle;
	}
	return from < many->traced_count && many->traced[from] - address <= 8;
}

static bool add_place(struct many *many, struct wanted *wanted,
		      unsigned long address)
{
	if (many->place_count == many->place_room) {
		size_t room = many->place_room * 2 + 64;
		void *addresses = reallocarray(many->addresses, room,
					       sizeof(*many->addresses));
		void *cookies = reallocarray(many->cookies, room,
					     sizeof(*many->cookies));

		if (addresses)
			many->addresses = addresses;
		if (cookies)
			many->cookies = cookies;
		if (!addresses || !cookies)
			return false;
		many->place_room = room;
	}
	many->addresses[many->place_count] = address;
	many->cookies[many->place_count++] = wanted->probe;
	wanted->places++;
	return true;
}

static bool find_places(struct many *many)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512], *name;
	unsigned long address;
	bool ok = file;

	while (ok && fgets(line, sizeof(line), file)) {
		struct wanted *end, *at;

		/* "ffffffff81000000 T name" */
		address = strtoul(line, &name, 16);
		if (!address || !name[0] || !name[1] ||
		    !strchr("tTwW", name[1]) || strchr(line, '['))
			continue;
		name = cut_name(name + 2);
		for (at = find(many, name, &end); ok && at < end; at++)
			ok = !at->is_traced || !is_traced(many, address) ||
			     add_place(many, at, address);
	}
	if (file)
		fclose(file);
	return ok;
}

static int refuse(struct many *many, size_t number, int error)
{
	struct probe *probe = &many->attach->probes[number];
	struct kprobe_place place = { .is_return =
					probe->kind == ATTACH_KRETPROBE };

	snprintf(place.symbol, sizeof(place.symbol), "%s",
		 manifest_pair_get(&probe->about->pairs, "symbol"));
	return kprobe_refuse(many->attach, probe, error, &place,
			     many->ret_error);
}

/* So many places from one on: by one link, or by those of its halves. */
static int link_part(struct many *many, size_t from, size_t count)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, options,
		    .addrs = many->addresses + from,
		    .cookies = many->cookies + from, .cnt = count,
		    .retprobe = many->first->kind == ATTACH_KRETPROBE);
	struct bpf_link *link;
	int error;

	if (!count)
		return 0;
	link = bpf_program__attach_kprobe_multi_opts(many->first->bpf, NULL,
						     &options);
	error = errno;
	if (link)
		return attach_add_link(many->first, link) ?
			complain(many->ret_error, "no memory") : 0;
	if (count == 1)
		return refuse(many, many->cookies[from], error);
	if (error == ENOMEM || error == EPERM || error == EACCES)
		return complain(many->ret_error, "cannot attach to the %zu "
				"functions of probe %s and others: %s", count,
				many->first->about->name, strerror(error));
	if (link_part(many, from, count / 2))
		return -1;
	return link_part(many, from + count / 2, count - count / 2);
}

static int link_all(struct many *many)
{
	if (!find_all(many) || !find_traced(many))
		return complain(many->ret_error, "no memory");
	if (!find_places(many))
		return complain(many->ret_error, "cannot read /proc/kallsyms: "
				"%s", strerror(errno));
	for (size_t i = 0; i < many->wanted_count; i++)
		if (!many->wanted[i].places &&
		    refuse(many, many->wanted[i].probe,
			   many->wanted[i].is_traced ? ENOENT : EINVAL))
			return -1;
	return link_part(many, 0, many->place_count);
}

int kprobe_attach_many(struct attach *attach, struct probe *probe,
		       char **ret_error)
{
	struct many many = { .attach = attach, .first = probe,
			     .ret_error = ret_error };
	int result = link_all(&many);

	free(many.wanted);
	free(many.traced);
	free(many.addresses);
	free(many.cookies);
	return result;
}
