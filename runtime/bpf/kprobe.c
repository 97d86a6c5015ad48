/* Attaching to functions of the kernel: see kprobe.h. */
#include "runtime/bpf/kprobe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/trace-event.h"
#include "runtime/bpf/trampoline.h"
#include "runtime/bpf/way.h"
#include "runtime/common/kernel-build.h"
#include "runtime/reader/complain.h"
#include "runtime/reader/object.h"

enum {
	MULTI_FROM = 4,		/* functions that one link pays for */
	RETURNS_AT_ONCE = 256,	/* calls under way, of a return probe */
	MOST_EVENTS = 64,	/* return probes that get events of tracefs */
	MOST_COPIES = 64,
};

static const char *pair(const struct manifest_probe *about, const char *key)
{
	return manifest_pair_get(&about->pairs, key);
}

/* ---- many functions with one link ---- */

static bool is_kernel_probe(const struct manifest_probe *about)
{
	return !strcmp(about->kind, "kprobe") ||
	       !strcmp(about->kind, "kretprobe");
}

/* Those that a link for many can take: whole functions of the kernel itself. */
static bool fits_multi(const struct manifest_probe *about)
{
	return is_kernel_probe(about) && pair(about, "symbol") &&
	       !pair(about, "offset") && !pair(about, "module") &&
	       !pair(about, "maxactive");
}

/* Tells by trying: a program that does nothing, on one function. */
static bool can_multi(void)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const char *symbol = "bpf_prog_put";
	LIBBPF_OPTS(bpf_prog_load_opts, load,
		    .expected_attach_type = BPF_TRACE_KPROBE_MULTI);
	LIBBPF_OPTS(bpf_link_create_opts, create);
	int program = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "spile_try", "GPL",
				    code, 2, &load);
	int link;

	if (program < 0)
		return false;
	create.kprobe_multi.syms = &symbol;
	create.kprobe_multi.cnt = 1;
	link = bpf_link_create(program, 0, BPF_TRACE_KPROBE_MULTI, &create);
	if (link >= 0)
		close(link);
	close(program);
	return link >= 0;
}

/* How many probes a program serves; 0 if one does not fit. */
static size_t count_users(const struct manifest *manifest, const char *program)
{
	size_t count = 0;

	for (size_t i = 0; i < manifest->probe_count; i++) {
		const struct manifest_probe *about = &manifest->probes[i];

		if (strcmp(about->program, program))
			continue;
		if (!fits_multi(about))
			return 0;
		count++;
	}
	return count;
}

void kprobe_prepare(struct bpf_object *object, const struct manifest *manifest)
{
	int able = -1;		/* not known */

	for (size_t i = 0; i < manifest->probe_count; i++) {
		const struct manifest_probe *about = &manifest->probes[i];
		struct bpf_program *program;

		if (pair(about, "shares") || !fits_multi(about) ||
		    count_users(manifest, about->program) < MULTI_FROM)
			continue;
		if (able < 0)
			able = can_multi();
		if (!able)
			return;
		program = bpf_object__find_program_by_name(object,
							   about->program);
		bpf_program__set_expected_attach_type(program,
						      BPF_TRACE_KPROBE_MULTI);
	}
}

bool kprobe_is_multi(const struct probe *probe)
{
	return probe->bpf &&
	       bpf_program__expected_attach_type(probe->bpf) ==
	       BPF_TRACE_KPROBE_MULTI;
}

/* ---- one at a time ---- */

static bool read_number(const char *path, const char *format, int *ret)
{
	FILE *file = fopen(path, "re");
	bool ok = file && fscanf(file, format, ret) == 1;

	if (file)
		fclose(file);
	return ok;
}

/* A function, or an address (@symbol NULL). A descriptor, or -1 and errno. */
static int open_event(const char *symbol, uint64_t offset, bool is_return)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	int type, bit = 0;

	if (!read_number("/sys/bus/event_source/devices/kprobe/type", "%d",
			 &type) ||
	    !read_number("/sys/bus/event_source/devices/kprobe/format/retprobe",
			 "config:%d", &bit)) {
		errno = ENODEV;
		return -1;
	}
	attr.type = (uint32_t)type;
	attr.config = is_return ? 1ull << bit : 0;
	attr.config1 = (uintptr_t)symbol;
	attr.config2 = offset;
	return (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1,
			    PERF_FLAG_FD_CLOEXEC);
}

static int add_event(struct attach *attach, struct probe *probe, int event)
{
	LIBBPF_OPTS(bpf_perf_event_opts, options,
		    .bpf_cookie = (uint64_t)(probe - attach->probes));
	struct bpf_link *link;

	if (event < 0)
		return -errno;
	link = bpf_program__attach_perf_event_opts(probe->bpf, event, &options);
	if (link)
		return attach_add_link(probe, link);

	int error = errno;

	close(event);
	return -error;
}

static int attach_place(struct attach *attach, struct probe *probe,
			const struct kprobe_place *place)
{
	return add_event(attach, probe,
			 open_event(*place->symbol ? place->symbol : NULL,
				    place->offset, place->is_return));
}

/* Several functions of one name are told apart by their addresses. */
static int attach_copies(struct attach *attach, struct probe *probe,
			 struct kprobe_place *place)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512], name[256], type;
	unsigned long long address;
	int found = 0, error = 0;

	while (file && fgets(line, sizeof(line), file) && found < MOST_COPIES) {
		if (sscanf(line, "%llx %c %255s", &address, &type, name) != 3 ||
		    !strchr("tTwW", type) || !address || strchr(line, '[') ||
		    strcmp(name, pair(probe->about, "symbol")))
			continue;
		place->symbol[0] = 0;
		place->offset = address;
		error = attach_place(attach, probe, place);
		if (error)
			break;
		found++;
	}
	if (file)
		fclose(file);
	return error ? error : found ? 0 : -ENOENT;
}

static int attach_return(struct attach *attach, struct probe *probe,
			 const struct kprobe_place *place)
{
	long long most = manifest_pair_number(&probe->about->pairs,
					      "maxactive", 0);
	struct trace_event event = {
		.number = (size_t)(probe - attach->probes),
		.symbol = place->symbol,
		.offset = place->offset,
		.returns_at_once = most ? most : RETURNS_AT_ONCE,
	};
	int descriptor, error;

	if (!most && attach->trace_events >= MOST_EVENTS)
		return attach_place(attach, probe, place);
	if (!attach->trace_events)
		trace_event_remove_left_over();
	descriptor = trace_event_open(&event);
	if (descriptor < 0 && !most)
		return attach_place(attach, probe, place);
	error = add_event(attach, probe, descriptor);
	if (!error) {
		probe->has_trace_event = true;
		attach->trace_events++;
	}
	return error;
}

/* ---- what went wrong ---- */

static int explain(struct probe *probe, const struct kprobe_place *place, int error,
		   char **ret_error)
{
	const char *name = probe->about->name;

	if (error == ENODEV)
		return complain(ret_error, "this kernel has no kprobes (it was "
				"built without CONFIG_KPROBE_EVENTS), probe %s "
				"cannot be attached; kernel.trace and process "
				"probes can", name);
	if (error == EACCES || error == EPERM)
		return complain(ret_error, "the kernel does not permit probe "
				"%s: it needs root (or CAP_BPF with "
				"CAP_PERFMON), and kernel lockdown must be off",
				name);
	if (error == ENOENT && *place->symbol)
		return complain(ret_error, "this kernel has no function '%s' "
				"(probe %s)", place->symbol, name);
	if (error == EADDRNOTAVAIL)
		return complain(ret_error, "several functions of this kernel "
				"are called '%s' (probe %s): translate the "
				"script on this machine", place->symbol, name);
	if (error == EINVAL || error == EILSEQ || error == EBUSY)
		return complain(ret_error, "the kernel does not let probe %s be "
				"placed: the function is one that probes "
				"themselves need, or no instruction begins "
				"there", name);
	return complain(ret_error, "cannot attach probe %s: %s", name,
			strerror(error));
}

/* One of many that a wildcard found: the others do without it. */
static int pass_over(struct attach *attach, char **ret_error)
{
	attach->object->shared->passed_over++;
	if (attach->passed_reason)
		free(*ret_error);
	else
		attach->passed_reason = *ret_error;
	*ret_error = NULL;
	return 0;
}

int kprobe_refuse(struct attach *attach, struct probe *probe, int error,
		  const struct kprobe_place *place, char **ret_error)
{
	explain(probe, place, error, ret_error);
	/* nothing at all can be probed */
	if (error == ENODEV || error == EPERM || error == EACCES)
		return -1;
	return pair(probe->about, "among") ? pass_over(attach, ret_error) : -1;
}

/* The script was translated for one build of the kernel or the module. */
static int check_build(const struct manifest_probe *about, char **ret_error)
{
	const char *wanted = pair(about, "build_id");
	const char *module = pair(about, "module");
	char running[KERNEL_BUILD_TEXT];

	if (!wanted || !kernel_build_id(module, running) ||
	    !strcmp(wanted, running))
		return 0;
	return complain(ret_error, "%s%s is not of the build that the script "
			"was translated for (its build id is %s, not %s): "
			"translate the script for it", module ? "module " :
			"this kernel", module ? module : "", running, wanted);
}

int kprobe_check_builds(const struct manifest *manifest, char **ret_error)
{
	for (size_t i = 0; i < manifest->probe_count; i++)
		if (is_kernel_probe(&manifest->probes[i]) &&
		    check_build(&manifest->probes[i], ret_error))
			return -1;
	return 0;
}

int attach_kprobe(struct attach *attach, struct probe *probe, char **ret_error)
{
	const struct manifest_probe *about = probe->about;
	const char *symbol = pair(about, "symbol");
	const char *module = pair(about, "module");
	struct kprobe_place place = { .is_return = probe->kind == ATTACH_KRETPROBE };
	int error;

	if (kprobe_is_multi(probe))
		return pair(about, "shares") ? 0 :
			kprobe_attach_many(attach, probe, ret_error);
	if (probe->trampoline && trampoline_attach(attach, probe, attach_kprobe))
		return 0;
	place.offset = (uint64_t)manifest_pair_number(
		&about->pairs, symbol ? "offset" : "address", 0);
	if (symbol)
		snprintf(place.symbol, sizeof(place.symbol), "%s%s%s",
			 module ? module : "", module ? ":" : "", symbol);
	else if (!place.offset)
		return complain(ret_error, "the object is damaged: probe %s "
				"names no function", about->name);
	if (pair(about, "copies"))
		error = attach_copies(attach, probe, &place);
	else if (place.is_return && symbol)
		error = attach_return(attach, probe, &place);
	else
		error = attach_place(attach, probe, &place);
	return error ? kprobe_refuse(attach, probe, -error, &place, ret_error) :
		       0;
}

int kprobe_check(struct attach *attach, char **ret_error)
{
	for (size_t i = 0; i < attach->count; i++)
		if (is_kernel_probe(attach->probes[i].about) &&
		    attach->probes[i].link_count)
			return 0;
	*ret_error = attach->passed_reason;
	attach->passed_reason = NULL;
	return *ret_error ? -1 : 0;
}

/* The kernel tells about links for many since Linux 6.7; what is here is the
 * begin of struct bpf_link_info. */
struct multi_info {
	uint32_t type, id, program, pad;
	uint64_t addresses;
	uint32_t count, flags;
	uint64_t missed;
	uint64_t rest[8];
};

static uint64_t multi_missed(const struct probe *probe)
{
	uint64_t missed = 0;

	for (size_t i = 0; i < probe->link_count; i++) {
		struct multi_info info = { 0 };
		uint32_t size = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_link__fd(probe->links[i]),
					    &info, &size))
			missed += info.missed;
	}
	return missed;
}

void kprobe_collect(const struct attach *attach)
{
	struct wire_shared *shared = attach->object->shared;

	if (attach->object->is_module)
		return;
	if (attach->trace_events)
		shared->missed_returns += trace_event_missed();
	for (size_t i = 0; i < attach->count; i++) {
		struct probe *probe = &attach->probes[i];

		if (probe->kind == ATTACH_KRETPROBE && kprobe_is_multi(probe))
			shared->missed_returns += multi_missed(probe);
	}
}

void kprobe_clean(struct attach *attach)
{
	for (size_t i = 0; i < attach->count; i++)
		if (attach->probes[i].has_trace_event)
			trace_event_remove(i);
	for (size_t i = 0; i < attach->count; i++)
		attach->probes[i].has_trace_event = false;
	kprobe_free_many(attach);
	free(attach->passed_reason);
	attach->passed_reason = NULL;
}
