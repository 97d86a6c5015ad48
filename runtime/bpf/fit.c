/* Probes that are not for this kernel or this session: see fit.h. */
#include "runtime/bpf/fit.h"

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/bpf/kernel-types.h"
#include "runtime/bpf/watch.h"
#include "runtime/kmod/device.h"
#include "runtime/kmod/user/insert.h"
#include "runtime/reader/complain.h"

/* The kernel's types, read when they are first asked for. */
struct fitting {
	const struct load_options *options;
	struct kernel_types *types;
	bool looked;
};

static const struct kernel_types *kernel_types(struct fitting *fitting)
{
	if (!fitting->looked) {
		fitting->looked = true;
		fitting->types = kernel_types_open(NULL, NULL);
	}
	return fitting->types;
}

/* How many arguments a tracepoint passes; -1 if there is none of that name. */
static int tracepoint_arguments(const struct kernel_types *types,
				const char *name)
{
	char type_name[128];
	const struct btf_type *type;
	uint32_t id;

	snprintf(type_name, sizeof(type_name), "btf_trace_%s", name);
	id = kernel_type_named(types, type_name, BTF_KIND_TYPEDEF);
	/* a pointer to a function, whose first argument is not the event's */
	for (int i = 0; i < 2; i++) {
		type = kernel_type(types, id);
		if (!type)
			return -1;
		id = type->type;
	}
	type = kernel_type(types, id);
	return type && btf_is_func_proto(type) ? btf_vlen(type) - 1 : -1;
}

/* "sched_process_exit/2": a tracepoint with so many arguments at least. */
static bool holds(struct fitting *fitting, const char *condition)
{
	const struct kernel_types *types = kernel_types(fitting);
	char name[100];
	int wanted;

	return types && sscanf(condition, "%99[^/]/%d", name, &wanted) == 2 &&
	       tracepoint_arguments(types, name) >= wanted;
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
	kernel_types_close(fitting.types);
}

/* Tells the module what is to be told of a probe. */
static int choose(struct fitting *fitting, int device, size_t number,
		  const struct manifest_probe *probe, char **ret_error)
{
	struct kmod_choice choice = { .number = number };
	struct watch_place place = { 0 };

	choice.left_out = is_left_out(fitting, probe);
	if (watch_is_meant(probe) &&
	    watch_find(probe, fitting->options->target, &place, ret_error))
		return -1;
	choice.address = place.address;
	choice.length = place.length;
	if (!choice.left_out && !choice.address)
		return 0;
	if (insert_choose(device, &choice))
		return complain(ret_error, "the module does not know probe %s",
				probe->name);
	return 0;
}

int fit_module(struct object *object, const struct load_options *options,
	       char **ret_error)
{
	struct fitting fitting = { .options = options };
	const struct manifest *manifest = object->manifest;
	int result = 0;

	for (size_t i = 0; i < manifest->probe_count && !result; i++)
		result = choose(&fitting, object->device, i,
				&manifest->probes[i], ret_error);
	kernel_types_close(fitting.types);
	return result;
}
