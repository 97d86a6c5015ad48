/* Probes that are not for this kernel or this session: see fit.h. */
#include "runtime/bpf/fit.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The kernel's types, read when they are first asked for. */
struct fitting {
	const struct load_options *options;
	struct btf *btf;
	bool looked;
};

static const struct btf *kernel_types(struct fitting *fitting)
{
	if (!fitting->looked) {
		fitting->looked = true;
		fitting->btf = btf__load_vmlinux_btf();
		if (libbpf_get_error(fitting->btf))
			fitting->btf = NULL;
	}
	return fitting->btf;
}

/* How many arguments a tracepoint passes; -1 if there is none of that name. */
static int tracepoint_arguments(const struct btf *btf, const char *name)
{
	char type_name[128];
	const struct btf_type *type;
	int id;

	snprintf(type_name, sizeof(type_name), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, type_name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return -1;
	/* a pointer to a function, whose first argument is not the event's */
	for (int i = 0; i < 2; i++) {
		type = btf__type_by_id(btf, (uint32_t)id);
		if (!type)
			return -1;
		id = (int)type->type;
	}
	type = btf__type_by_id(btf, (uint32_t)id);
	return type && btf_is_func_proto(type) ? btf_vlen(type) - 1 : -1;
}

/* "sched_process_exit/2": a tracepoint with so many arguments at least. */
static bool holds(struct fitting *fitting, const char *condition)
{
	const struct btf *btf = kernel_types(fitting);
	char name[100];
	int wanted;

	return btf && sscanf(condition, "%99[^/]/%d", name, &wanted) == 2 &&
	       tracepoint_arguments(btf, name) >= wanted;
}

static bool is_left_out(struct fitting *fitting,
			const struct manifest_probe *probe)
{
	const char *when = manifest_pair_get(&probe->pairs, "when");
	const char *unless = manifest_pair_get(&probe->pairs, "unless");

	/* a walk over all tasks takes time, and would find none */
	if (manifest_pair_get(&probe->pairs, "descendants") &&
	    !fitting->options->has_descendants)
		return true;
	return (when && !holds(fitting, when)) ||
	       (unless && holds(fitting, unless));
}

void fit_object(struct object *object, const struct load_options *options)
{
	struct fitting fitting = { .options = options };

	for (size_t i = 0; i < object->manifest->probe_count; i++) {
		const struct manifest_probe *probe =
			&object->manifest->probes[i];

		if (is_left_out(&fitting, probe))
			bpf_program__set_autoload(
				bpf_object__find_program_by_name(
					object->bpf, probe->program), false);
	}
	btf__free(fitting.btf);
}
