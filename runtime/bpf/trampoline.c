/* Trampolines of functions: see trampoline.h. */
#include "runtime/bpf/trampoline.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/kernel-types.h"
#include "runtime/bpf/way.h"

static const char *symbol_of(const struct manifest_probe *about)
{
	return manifest_pair_get(&about->pairs, "symbol");
}

static const char *program_of(const struct manifest_probe *about)
{
	return manifest_pair_get(&about->pairs, "trampoline");
}

/* ---- before loading ---- */

struct trying {
	const struct manifest *manifest;
	struct kernel_types *types;	/* NULL: not opened yet */
	bool useless;			/* the kernel has no trampolines */
};

/* A return asks more of the function than an entry; what holds for one of a
 * function's probes is to hold for all. */
static enum bpf_attach_type hardest(const struct trying *trying,
				    const char *symbol)
{
	for (size_t i = 0; i < trying->manifest->probe_count; i++) {
		const struct manifest_probe *about =
			&trying->manifest->probes[i];

		if (program_of(about) && !strcmp(about->kind, "kretprobe") &&
		    !strcmp(symbol_of(about), symbol))
			return BPF_TRACE_FEXIT;
	}
	return BPF_TRACE_FENTRY;
}

static bool loads(uint32_t type, enum bpf_attach_type attach_type)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options,
		    .expected_attach_type = attach_type,
		    .attach_btf_id = type);
	int program = bpf_prog_load(BPF_PROG_TYPE_TRACING, "spile_try", "GPL",
				    code, 2, &options);

	if (program >= 0)
		close(program);
	return program >= 0;
}

static bool can(struct trying *trying, const char *symbol)
{
	uint32_t type;

	if (!trying->types && !trying->useless)
		trying->types = kernel_types_open(NULL, NULL);
	trying->useless |= !trying->types;
	if (trying->useless)
		return false;
	type = kernel_type_named(trying->types, symbol, BTF_KIND_FUNC);
	return type && loads(type, hardest(trying, symbol));
}

void trampoline_prepare(struct bpf_object *object,
			const struct manifest *manifest)
{
	struct trying trying = { .manifest = manifest };

	for (size_t i = 0; i < manifest->probe_count; i++) {
		const struct manifest_probe *about = &manifest->probes[i];
		struct bpf_program *program;

		if (!program_of(about))
			continue;
		program = bpf_object__find_program_by_name(object,
							   program_of(about));
		if (program &&
		    (!symbol_of(about) || !can(&trying, symbol_of(about)) ||
		     bpf_program__set_attach_target(program, 0,
						    symbol_of(about))))
			bpf_program__set_autoload(program, false);
	}
	kernel_types_close(trying.types);
}

struct bpf_program *trampoline_of(struct bpf_object *object,
				  const struct manifest_probe *about)
{
	struct bpf_program *program = !program_of(about) ? NULL :
		bpf_object__find_program_by_name(object, program_of(about));

	return program && bpf_program__autoload(program) ? program : NULL;
}

/* ---- attaching ---- */

static void give_up_all(struct attach *attach, const struct probe *refused,
			int (*other)(struct attach *, struct probe *, char **))
{
	const char *symbol = symbol_of(refused->about);

	for (size_t i = 0; i < attach->count; i++) {
		struct probe *probe = &attach->probes[i];
		char *error = NULL;

		if (!probe->trampoline ||
		    strcmp(symbol_of(probe->about), symbol))
			continue;
		probe->trampoline = NULL;
		probe->program = bpf_program__fd(probe->bpf);
		if (!probe->link_count)
			continue;
		while (probe->link_count)
			bpf_link__destroy(probe->links[--probe->link_count]);
		/* as it will be with the one that was refused, which tells */
		if (other(attach, probe, &error))
			free(error);
	}
}

bool trampoline_attach(struct attach *attach, struct probe *probe,
		       int (*other)(struct attach *, struct probe *, char **))
{
	struct bpf_link *link = bpf_program__attach_trace(probe->trampoline);

	if (link && !attach_add_link(probe, link))
		return true;
	give_up_all(attach, probe, other);
	return false;
}
