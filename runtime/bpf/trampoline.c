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

/* A program, and the kernel's number for the function that it is for: 0 if that
 * cannot be attached to so. */
struct target {
	const struct bpf_program *program;
	const char *symbol;
	uint32_t type;
};

struct trampolines {
	int handlers[2];		/* libbpf's numbers */
	struct target *targets;
	size_t count;
};

/*
 * libbpf reads all of the kernel's types for a program of this kind, to find one
 * function. So to libbpf it is a kprobe until it is loaded, and what the kernel
 * is to be told is added here.
 */
static int before_load(struct bpf_program *program,
		       struct bpf_prog_load_opts *options, long cookie)
{
	const struct trampolines *trampolines = (void *)cookie;

	for (size_t i = 0; i < trampolines->count; i++)
		if (trampolines->targets[i].program == program)
			options->attach_btf_id = trampolines->targets[i].type;
	return bpf_program__set_type(program, BPF_PROG_TYPE_TRACING);
}

struct trampolines *trampolines_create(void)
{
	struct trampolines *trampolines = calloc(1, sizeof(*trampolines));
	LIBBPF_OPTS(libbpf_prog_handler_opts, options,
		    .cookie = (long)trampolines,
		    .prog_prepare_load_fn = before_load);

	if (!trampolines)
		return NULL;
	trampolines->handlers[0] = libbpf_register_prog_handler(
		"fentry", BPF_PROG_TYPE_KPROBE, BPF_TRACE_FENTRY, &options);
	trampolines->handlers[1] = libbpf_register_prog_handler(
		"fexit", BPF_PROG_TYPE_KPROBE, BPF_TRACE_FEXIT, &options);
	return trampolines;
}

void trampolines_free(struct trampolines *trampolines)
{
	if (!trampolines)
		return;
	for (size_t i = 0; i < 2; i++)
		if (trampolines->handlers[i] > 0)
			libbpf_unregister_prog_handler(
				trampolines->handlers[i]);
	free(trampolines->targets);
	free(trampolines);
}

/* A return asks more of the function than an entry; what holds for one of a
 * function's probes is to hold for all. */
static enum bpf_attach_type hardest(const struct manifest *manifest,
				    const char *symbol)
{
	for (size_t i = 0; i < manifest->probe_count; i++) {
		const struct manifest_probe *about = &manifest->probes[i];

		if (program_of(about) && symbol_of(about) &&
		    !strcmp(about->kind, "kretprobe") &&
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

/* Each function is looked for, and tried, once. */
static uint32_t find_type(const struct trampolines *trampolines,
			  const struct manifest *manifest,
			  struct kernel_types **types, const char *symbol)
{
	uint32_t type;

	for (size_t i = 0; i < trampolines->count; i++)
		if (!strcmp(trampolines->targets[i].symbol, symbol))
			return trampolines->targets[i].type;
	if (!*types)
		*types = kernel_types_open(NULL, NULL);
	type = !*types ? 0 : kernel_type_named(*types, symbol, BTF_KIND_FUNC);
	return type && loads(type, hardest(manifest, symbol)) ? type : 0;
}

void trampolines_prepare(struct trampolines *trampolines,
			 struct bpf_object *object,
			 const struct manifest *manifest)
{
	struct kernel_types *types = NULL;

	if (trampolines && trampolines->handlers[0] > 0 &&
	    trampolines->handlers[1] > 0)
		trampolines->targets = calloc(manifest->probe_count + 1,
					      sizeof(struct target));
	for (size_t i = 0; i < manifest->probe_count; i++) {
		const struct manifest_probe *about = &manifest->probes[i];
		struct bpf_program *program = trampoline_of(object, about);
		const char *symbol = symbol_of(about);
		uint32_t type = 0;

		if (!program)
			continue;
		if (trampolines && trampolines->targets && symbol) {
			type = find_type(trampolines, manifest, &types, symbol);
			trampolines->targets[trampolines->count++] =
				(struct target){ program, symbol, type };
		}
		if (!type)
			bpf_program__set_autoload(program, false);
	}
	kernel_types_close(types);
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
