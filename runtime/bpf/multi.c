/* Links to many places; see multi.h. */
#include "runtime/bpf/multi.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/load.h"
#include "runtime/common/manifest.h"

/* As the kernel has them since 6.6: older headers lack both. */
enum { TRACE_UPROBE_MULTI = 48, UPROBE_MULTI_RETURN = 1 };

/* The part of union bpf_attr that makes such a link. */
struct link_request {
	uint32_t program, target, attach_type, flags;
	uint64_t path, offsets, semaphores, cookies;
	uint32_t count, multi_flags, pid, padding;
};

int multi_attach(int program, const struct multi_uprobe *places)
{
	struct link_request request = {
		.program = program,
		.attach_type = TRACE_UPROBE_MULTI,
		.path = (uintptr_t)places->path,
		.offsets = (uintptr_t)places->offsets,
		.semaphores = (uintptr_t)places->semaphores,
		.cookies = (uintptr_t)places->cookies,
		.count = places->count,
		.multi_flags = places->is_return ? UPROBE_MULTI_RETURN : 0,
		.pid = places->pid,
	};
	int link = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &request,
				sizeof(request));

	return link < 0 ? -errno : link;
}

/* A folder is no file to probe: a kernel that has the way says EBADF. */
static bool kernel_has_multi(void)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options,
		    .expected_attach_type =
				(enum bpf_attach_type)TRACE_UPROBE_MULTI);
	uint64_t offset = 0;
	struct multi_uprobe places = { .path = "/", .offsets = &offset,
				       .count = 1 };
	int program = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "has_multi", "GPL",
				    code, 2, &options);
	int link;

	if (program < 0)
		return false;
	link = multi_attach(program, &places);
	close(program);
	if (link >= 0)
		close(link);
	return link == -EBADF;
}

static bool is_uprobe(const struct manifest_probe *probe)
{
	return !strcmp(probe->kind, "uprobe") ||
	       !strcmp(probe->kind, "uretprobe");
}

void multi_prepare(struct object *object)
{
	const struct manifest *manifest = object->manifest;
	bool known = false;

	for (size_t i = 0; i < manifest->probe_count; i++) {
		const struct manifest_probe *probe = &manifest->probes[i];
		struct bpf_program *program;

		if (!is_uprobe(probe))
			continue;
		if (!known)
			object->multi_uprobes = kernel_has_multi();
		known = true;
		program = bpf_object__find_program_by_name(object->bpf,
							   probe->program);
		if (object->multi_uprobes && program)
			bpf_program__set_expected_attach_type(
				program,
				(enum bpf_attach_type)TRACE_UPROBE_MULTI);
	}
}
