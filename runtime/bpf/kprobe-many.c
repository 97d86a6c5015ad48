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

struct place {
	unsigned long address;
	size_t probe;
};

/* What all programs of a session for many functions want: the kernel's lists are
 * long, and are read before the first is attached. */
struct many {
	struct attach *attach;
	struct wanted *wanted;	/* sorted by symbol, then number */
	size_t wanted_count;
	unsigned long *traced;	/* addresses, if the kernel tells them */
	size_t traced_count, traced_room;
	bool has_addresses;
	struct place *places;
	size_t place_count, place_room;
};

/* The places of one program. */
struct part {
	struct attach *attach;
	struct probe *first;	/* which has the links */
	unsigned long *addresses;
	__u64 *cookies;
	size_t count;
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
		if (!kprobe_is_multi(&attach->probes[i]))
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

#define HELPER(name) "bpf_" #name

/* What the kernel calls to run a program, on each hit of any probe, and what programs
 * call. Then it runs none of theirs and tells of a hit that was skipped: no wildcard
 * means them. */
static bool is_of_programs(const struct many *many, const struct wanted *wanted)
{
	const struct probe *probe = &many->attach->probes[wanted->probe];
	static const char *const functions[] = {
		"__rcu_read_lock", "__rcu_read_unlock", "migrate_disable",
		"migrate_enable", __BPF_FUNC_MAPPER(HELPER)
	};

	if (!manifest_pair_get(&probe->about->pairs, "among"))
		return false;
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		size_t length = strlen(functions[i]);

		/* "bpf_get_attach_cookie_kprobe_multi" */
		if (!strncmp(functions[i], wanted->symbol, length) &&
		    (!wanted->symbol[length] || wanted->symbol[length] == '_'))
			return true;
	}
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
			at->is_traced = !is_of_programs(many, at);
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
		void *larger = reallocarray(many->places, room,
					    sizeof(*many->places));

		if (!larger)
			return false;
		many->places = larger;
		many->place_room = room;
	}
	many->places[many->place_count++] = (struct place){
		.address = address, .probe = wanted->probe,
	};
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

/* Finds all places of all programs, when the first of these is attached. */
static struct many *find_many(struct attach *attach, char **ret_error)
{
	struct many *many = attach->many;

	if (many)
		return many;
	many = attach->many = calloc(1, sizeof(*many));
	if (many)
		many->attach = attach;
	if (!many || !find_all(many) || !find_traced(many))
		complain(ret_error, "no memory");
	else if (!find_places(many))
		complain(ret_error, "cannot read /proc/kallsyms: %s",
			 strerror(errno));
	else
		return many;
	return NULL;
}

static int refuse(struct part *part, size_t number, int error)
{
	struct probe *probe = &part->attach->probes[number];
	struct kprobe_place place = { .is_return =
					probe->kind == ATTACH_KRETPROBE };

	snprintf(place.symbol, sizeof(place.symbol), "%s",
		 manifest_pair_get(&probe->about->pairs, "symbol"));
	return kprobe_refuse(part->attach, probe, error, &place,
			     part->ret_error);
}

/* So many places from one on: by one link, or by those of its halves. */
static int link_some(struct part *part, size_t from, size_t count)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, options,
		    .addrs = part->addresses + from,
		    .cookies = part->cookies + from, .cnt = count,
		    .retprobe = part->first->kind == ATTACH_KRETPROBE);
	struct bpf_link *link;
	int error;

	if (!count)
		return 0;
	link = bpf_program__attach_kprobe_multi_opts(part->first->bpf, NULL,
						     &options);
	error = errno;
	if (link)
		return attach_add_link(part->first, link) ?
			complain(part->ret_error, "no memory") : 0;
	if (count == 1)
		return refuse(part, part->cookies[from], error);
	if (error == ENOMEM || error == EPERM || error == EACCES)
		return complain(part->ret_error, "cannot attach to the %zu "
				"functions of probe %s and others: %s", count,
				part->first->about->name, strerror(error));
	if (link_some(part, from, count / 2))
		return -1;
	return link_some(part, from + count / 2, count - count / 2);
}

static bool is_of(const struct part *part, size_t probe)
{
	return part->attach->probes[probe].bpf == part->first->bpf;
}

static int link_part(struct part *part, const struct many *many)
{
	for (size_t i = 0; i < many->wanted_count; i++) {
		const struct wanted *wanted = &many->wanted[i];

		if (!wanted->places && is_of(part, wanted->probe) &&
		    refuse(part, wanted->probe,
			   wanted->is_traced ? ENOENT : EINVAL))
			return -1;
	}
	for (size_t i = 0; i < many->place_count; i++) {
		if (!is_of(part, many->places[i].probe))
			continue;
		part->addresses[part->count] = many->places[i].address;
		part->cookies[part->count++] = many->places[i].probe;
	}
	return link_some(part, 0, part->count);
}

int kprobe_attach_many(struct attach *attach, struct probe *probe,
		       char **ret_error)
{
	const struct many *many = find_many(attach, ret_error);
	struct part part = { .attach = attach, .first = probe,
			     .ret_error = ret_error };
	int result;

	if (!many)
		return -1;
	part.addresses = calloc(many->place_count + 1, sizeof(*part.addresses));
	part.cookies = calloc(many->place_count + 1, sizeof(*part.cookies));
	result = part.addresses && part.cookies ? link_part(&part, many) :
		complain(ret_error, "no memory");
	free(part.addresses);
	free(part.cookies);
	return result;
}

void kprobe_free_many(struct attach *attach)
{
	if (!attach->many)
		return;
	free(attach->many->wanted);
	free(attach->many->traced);
	free(attach->many->places);
	free(attach->many);
	attach->many = NULL;
}
