/*
 * Maps and data sections: what the runner finds in the object by name.
 *
 * A map is a global in ".maps" whose debug type describes it: a struct of
 * pointers to arrays, the number being the length of the array. libbpf reads
 * that from the BTF that LLVM makes of it.
 */
#include "backends/bpf/emit.h"

#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "runtime/bpf/lib/gen.h"
#include "runtime/bpf/lib/stack.h"
#include "runtime/common/hist.h"
#include "runtime/common/stat.h"
#include "runtime/common/wire.h"
#include "translator/base/arena.h"

struct map_shape {
	unsigned type;
	uint64_t entries, key, value, flags;
};

/* Bytes for the buffers of a foreach in a recursive function; how deep it can
 * go in any case. */
enum { WALKS_ROOM = 8 << 20, WALKS_LEAST = 8 };

/* Addresses of the program's own frames; files that user code runs in. */
enum { OWN_CODE_MOST = 1024, FILES_MOST = 8192 };

static LLVMMetadataRef number_member(struct emit *e, const char *name,
				     unsigned index, uint64_t number)
{
	LLVMMetadataRef type = LLVMDIBuilderCreatePointerType(
		e->debug, array_type(e, e->int_type, 32, number), 64, 64, 0, "",
		0);

	return LLVMDIBuilderCreateMemberType(e->debug, e->file, name,
					     strlen(name), e->file, 1, 64, 64,
					     64ull * index, LLVMDIFlagZero,
					     type);
}

static LLVMMetadataRef shape_type(struct emit *e, const struct map_shape *shape)
{
	LLVMMetadataRef members[5];
	unsigned count = 0;

	members[count] = number_member(e, "type", count, shape->type);
	count++;
	members[count] = number_member(e, "max_entries", count,
				       shape->entries);
	count++;
	if (shape->key) {
		members[count] = number_member(e, "key_size", count,
					       shape->key);
		count++;
		members[count] = number_member(e, "value_size", count,
					       shape->value);
		count++;
	}
	if (shape->flags) {
		members[count] = number_member(e, "map_flags", count,
					       shape->flags);
		count++;
	}
	return LLVMDIBuilderCreateStructType(e->debug, e->file, "", 0, e->file,
					     1, 64ull * count, 64,
					     LLVMDIFlagZero, NULL, members,
					     count, 0, NULL, "", 0);
}

static LLVMValueRef map_create(struct emit *e, const char *name,
			       struct map_shape shape)
{
	LLVMTypeRef type = LLVMArrayType(e->i64, 5);
	LLVMValueRef map = data_create(e, name, ".maps", LLVMConstNull(type),
				       false);
	LLVMMetadataRef nothing = LLVMDIBuilderCreateExpression(e->debug, NULL,
								0);
	LLVMMetadataRef entry = LLVMDIBuilderCreateGlobalVariableExpression(
		e->debug, e->file, name, strlen(name), name, strlen(name),
		e->file, 1, shape_type(e, &shape), false, nothing, NULL, 64);

	LLVMGlobalSetMetadata(map, LLVMGetMDKindIDInContext(e->context, "dbg",
							    3), entry);
	return map;
}

/* ---- the plans: constant tables that the library reads ---- */

static LLVMValueRef words_constant(struct emit *e, const void *bytes,
				   size_t size, const char *name)
{
	LLVMValueRef data = data_create(e, name, ".rodata.plans",
					bytes_constant(e, bytes, size), true);

	LLVMSetLinkage(data, LLVMInternalLinkage);
	return data;
}

static unsigned cell_words(const struct ir_global *global)
{
	int ops = global->stat_ops;

	return 1 + !!(ops & (STAT_SUM | STAT_AVG | STAT_VARIANCE)) +
	       !!(ops & STAT_MIN) + !!(ops & STAT_MAX) +
	       2 * !!(ops & STAT_VARIANCE);
}

static unsigned bucket_count(const struct ir_global *global)
{
	switch (global->hist) {
	case IR_HIST_NONE:
		return 0;
	case IR_HIST_LOG:
		return STAT_BUCKETS_LOG;
	case IR_HIST_LINEAR:
		break;
	}
	return (unsigned)((global->hist_stop - global->hist_start) /
			  global->hist_step) + 3;
}

static uint64_t power_of_two(uint64_t least)
{
	uint64_t size = 1;

	while (size < least)
		size *= 2;
	return size;
}

/* Twice the elements: deleted ones take places too, for a while. */
static unsigned ring_room(const struct ir_global *global)
{
	return 2 * (unsigned)power_of_two((uint64_t)global->size);
}

/* ---- who adds to a statistic ---- */

struct adders {
	unsigned adds, writes;	/* operations; those that take away */
	int function;		/* of an addition */
};

static void count_adders(const struct ir_function *function, int number,
			 int global, struct adders *adders)
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];
			bool takes = op->code == IR_SCLEAR ||
				     op->code == IR_ADELETE ||
				     op->code == IR_ACLEAR;

			if ((!takes && op->code != IR_SADD) ||
			    op->args.items[0].number != global)
				continue;
			adders->writes += takes;
			if (takes)
				continue;
			if (adders->adds && adders->function != number)
				adders->writes++;
			adders->adds++;
			adders->function = number;
		}
	}
}

/* System calls are made by processes, with preemption off while a program on
 * them runs: such a program meets itself on no processor. */
static bool on_syscalls(const struct ir_probe *probe)
{
	if (strcmp(probe->kind, "raw_tracepoint"))
		return false;
	for (size_t i = 0; i < probe->pairs.count; i++)
		if (!strcmp(probe->pairs.items[i].key, "name"))
			return !strcmp(probe->pairs.items[i].value,
				       "sys_enter") ||
			       !strcmp(probe->pairs.items[i].value, "sys_exit");
	return false;
}

/* Is the statistic added to by one handler only, which nothing of its kind can
 * interrupt, and never cleared? Then its cells need no atomic operations. */
static bool added_alone(const struct emit *e, int global)
{
	const struct ir_program *program = e->program;
	struct adders adders = { .function = -1 };
	unsigned probes = 0;

	if (program->globals.items[global]->wrap)
		return false;
	for (size_t i = 0; i < program->functions.count; i++)
		count_adders(program->functions.items[i], (int)i, global,
			     &adders);
	if (!adders.adds || adders.writes)
		return false;
	for (size_t i = 0; i < program->probes.count; i++) {
		if (program->probes.items[i]->function != adders.function)
			continue;
		if (!on_syscalls(program->probes.items[i]))
			return false;
		probes++;
	}
	return probes == 1;
}

static LLVMValueRef plan_create(struct emit *e, int number)
{
	const struct ir_global *global = e->program->globals.items[number];
	struct array_info *array = &e->arrays[number];
	struct rt_array_plan plan = {
		.payload = array->payload,
		.per_cpu = global->value == IR_VALUE_STAT,
		.key_size = array->key_size,
		.ring_mask = global->wrap ? ring_room(global) - 1 : 0,
		.parts = (unsigned)global->stat_ops,
		.shift = (unsigned)global->stat_shift,
		.hist = (unsigned)global->hist,
		.buckets = array->buckets,
		.bucket_at = array->bucket_at,
		.start = global->hist_start,
		.stop = global->hist_stop,
		.step = global->hist_step ? global->hist_step : 1,
		.alone = added_alone(e, number),
		.width = (unsigned)session_number(e, "hist_width",
						  HIST_WIDTH_DEFAULT),
		.elision = (int)session_number(e, "hist_elision",
					       HIST_ELISION_DEFAULT),
	};

	return words_constant(e, &plan, sizeof(plan),
			      arena_printf(e->arena, "plan_%d", number));
}

/* ---- arrays and statistics ---- */

static unsigned payload_size(struct emit *e, int number)
{
	const struct ir_global *global = e->program->globals.items[number];
	struct array_info *array = &e->arrays[number];

	switch (global->value) {
	case IR_VALUE_LONG:
		return 8;
	case IR_VALUE_TEXT:
		return is_short(global->bound) ? text_room(global->bound) :
						 e->text_size;
	case IR_VALUE_STAT:
		break;
	}
	array->buckets = bucket_count(global);
	array->bucket_at = 8 * cell_words(global);
	return array->bucket_at + 8 * array->buckets;
}

static void array_create(struct emit *e, int number)
{
	const struct ir_global *global = e->program->globals.items[number];
	struct array_info *array = &e->arrays[number];
	bool stat = global->value == IR_VALUE_STAT;
	struct rt_order order = { 0 };
	struct map_shape shape = {
		.type = stat ? BPF_MAP_TYPE_PERCPU_HASH : BPF_MAP_TYPE_HASH,
		.entries = (uint64_t)global->size,
	};

	array->payload = array->ordered || global->wrap ? 8 : 0;
	array->value_size = array->payload + payload_size(e, number);
	for (size_t i = 0; i < global->keys.count; i++)
		array->key_size += key_room(e, &global->keys.items[i]);
	shape.key = array->key_size;
	shape.value = array->value_size;
	array->map = map_create(e, arena_printf(e->arena, "a_%s", global->name),
				shape);
	array->plan = plan_create(e, number);
	array->ring = !global->wrap ? LLVMConstNull(e->ptr) :
		map_create(e, arena_printf(e->arena, "ring_%d", number),
			   (struct map_shape){ BPF_MAP_TYPE_ARRAY,
					       ring_room(global), 4,
					       8 + array->key_size, 0 });
	/* behind the insertion number, the lock of a % array */
	order.next = order.tail = 1;
	array->order = data_create(e, arena_printf(e->arena, "order_%d",
						   number),
				   ".data.spile_order",
				   bytes_constant(e, (char *)&order,
						  sizeof(order)),
				   false);
}

static void stat_create(struct emit *e, int number)
{
	const struct ir_global *global = e->program->globals.items[number];
	struct array_info *array = &e->arrays[number];

	array->key_size = 4;
	array->value_size = payload_size(e, number);
	array->map = map_create(e, arena_printf(e->arena, "s_%s", global->name),
				(struct map_shape){ BPF_MAP_TYPE_PERCPU_ARRAY,
						    1, 4, array->value_size,
						    0 });
	array->plan = plan_create(e, number);
	array->order = LLVMConstNull(e->ptr);
	array->ring = LLVMConstNull(e->ptr);
}

/* Where the sort value stands in an entry of the buffer. */
static void plan_sort(struct emit *e, const struct ir_iter *iter,
		      struct rt_iter_plan *plan)
{
	const struct ir_global *global =
		e->program->globals.items[iter->global];
	bool text = global->value == IR_VALUE_TEXT;
	unsigned at = 0;

	switch (iter->sort) {
	case IR_SORT_NONE:
		plan->sort = RT_SORT_NONE;
		return;
	case IR_SORT_KEY:
		for (int i = 0; i < iter->sort_key; i++)
			at += key_room(e, &global->keys.items[i]);
		text = global->keys.items[iter->sort_key].type == IR_TEXT;
		plan->sort_room = key_room(e, &global->keys.items[
						      iter->sort_key]);
		break;
	case IR_SORT_VALUE:
		at = plan->key_size;
		plan->sort_room = plan->value_size;
		if (global->value == IR_VALUE_STAT) {
			plan->sort = RT_SORT_STAT;
			return;
		}
		break;
	case IR_SORT_STAT:
		plan->sort = RT_SORT_STAT;
		plan->stat = (unsigned)__builtin_ctz((unsigned)iter->sort_stat);
		return;
	}
	plan->sort_at = at;
	plan->sort = text ? RT_SORT_TEXT : RT_SORT_LONG;
}

static bool walks(const struct ir_function *function, size_t number)
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];

			if (op->code == IR_ITERBEGIN &&
			    op->args.items[0].number == (int64_t)number)
				return true;
		}
	}
	return false;
}

static uint64_t item_room(const struct emit *e, size_t number)
{
	return power_of_two((uint64_t)e->program->globals.items[
		e->program->iters.items[number].global]->size);
}

static uint64_t control_size(const struct emit *e, size_t number)
{
	return sizeof(struct rt_iter) +
	       2 * item_room(e, number) * sizeof(struct rt_item);
}

/* How many walks of a foreach can be under way: more in a recursive function,
 * as deep as it may be and as memory for them should go. */
static unsigned most_walks(struct emit *e, size_t number)
{
	uint64_t size = control_size(e, number) + item_room(e, number) *
						  e->iters[number].entry_size;
	uint64_t most = (uint64_t)session_number(e, "maxnesting", 10) + 1;
	uint64_t fit = WALKS_ROOM / size;

	for (size_t i = 0; i < e->program->functions.count; i++)
		if (e->functions[i].recursive &&
		    walks(e->program->functions.items[i], number))
			return (unsigned)(most <= fit ? most :
					  fit > WALKS_LEAST ? fit : WALKS_LEAST);
	return 1;
}

static void iter_describe(struct emit *e, size_t number)
{
	const struct ir_iter *iter = &e->program->iters.items[number];
	const struct array_info *array = &e->arrays[iter->global];
	const struct ir_global *global =
		e->program->globals.items[iter->global];
	struct rt_iter_plan plan = {
		.key_size = array->key_size,
		.value_size = global->value == IR_VALUE_STAT ? 0 :
			      array->value_size - array->payload,
		.descending = iter->descending,
		.mask = (unsigned)item_room(e, number) - 1,
		.size = (unsigned)global->size,
		.renumber = iter->sort != IR_SORT_NONE &&
			    array->walked_unsorted,
	};

	plan_sort(e, iter, &plan);
	e->iters[number].plan = words_constant(
		e, &plan, sizeof(plan),
		arena_printf(e->arena, "walk_%zu", number));
	e->iters[number].entry_size = plan.key_size + plan.value_size;
	e->iters[number].most = most_walks(e, number);
}

static bool same_buffers(const struct emit *e, size_t a, size_t b)
{
	const struct ir_program *program = e->program;

	return e->iters[a].entry_size == e->iters[b].entry_size &&
	       program->globals.items[program->iters.items[a].global]->size ==
	       program->globals.items[program->iters.items[b].global]->size;
}

/* The maps of a foreach and of all that have buffers of the same size: a
 * program may use 64 maps only. */
static void buffers_create(struct emit *e, size_t number)
{
	struct iter_info *info = &e->iters[number];
	unsigned count = 0;
	uint64_t size = (uint64_t)e->program->globals.items[
		e->program->iters.items[number].global]->size;

	for (size_t i = number; i < e->program->iters.count; i++) {
		if (!same_buffers(e, i, number))
			continue;
		e->iters[i].first = count;
		count += e->iters[i].most;
	}
	info->entries = map_create(e,
		arena_printf(e->arena, "entries_%zu", number),
		(struct map_shape){ BPF_MAP_TYPE_ARRAY, count * size, 4,
				    info->entry_size, 0 });
	info->control = map_create(e,
		arena_printf(e->arena, "iter_%zu", number),
		(struct map_shape){ BPF_MAP_TYPE_ARRAY, count, 4,
				    control_size(e, number), 0 });
	for (size_t i = number + 1; i < e->program->iters.count; i++) {
		if (!same_buffers(e, i, number))
			continue;
		e->iters[i].entries = info->entries;
		e->iters[i].control = info->control;
	}
}

static void iters_create(struct emit *e)
{
	for (size_t i = 0; i < e->program->iters.count; i++)
		iter_describe(e, i);
	for (size_t i = 0; i < e->program->iters.count; i++)
		if (!e->iters[i].entries)
			buffers_create(e, i);
}

static void find_orders(struct emit *e)
{
	for (size_t i = 0; i < e->program->iters.count; i++) {
		const struct ir_iter *iter = &e->program->iters.items[i];

		e->arrays[iter->global].ordered = true;
		if (iter->sort == IR_SORT_NONE)
			e->arrays[iter->global].walked_unsorted = true;
	}
}

/* ---- scalars ---- */

static void scalar_place(struct emit *e, int number)
{
	const struct ir_global *global = e->program->globals.items[number];

	e->global_at[number] = e->globals_size;
	if (global->value == IR_VALUE_LONG)
		e->globals_size += 8;
	else if (is_short(global->bound))
		e->globals_size += text_room(global->bound);
	else
		e->globals_size += 2 * e->text_size;
}

static void scalar_initial(struct emit *e, int number, char *bytes)
{
	const struct ir_global *global = e->program->globals.items[number];

	bytes += e->global_at[number];
	if (global->value == IR_VALUE_LONG)
		memcpy(bytes, &global->init, 8);
	else if (global->init_text)
		memcpy(bytes, global->init_text, strlen(global->init_text));
}

static bool is_scalar_data(const struct ir_global *global)
{
	return global->kind == IR_SCALAR && global->value != IR_VALUE_STAT;
}

static void scalars_create(struct emit *e)
{
	const struct ir_program *program = e->program;

	for (size_t i = 0; i < program->globals.count; i++)
		if (is_scalar_data(program->globals.items[i]))
			scalar_place(e, (int)i);
	if (!e->globals_size)
		return;

	char *bytes = arena_alloc(e->arena, e->globals_size);

	for (size_t i = 0; i < program->globals.count; i++)
		if (is_scalar_data(program->globals.items[i]))
			scalar_initial(e, (int)i, bytes);
	e->globals = data_create(e, "spile_globals", ".data.spile_globals",
				 bytes_constant(e, bytes, e->globals_size),
				 false);
	data_describe(e, e->globals, "spile_globals", e->globals_size);
}

/* Is there a primitive with this flag? */
static bool has_prim(struct emit *e, char flag)
{
	for (size_t i = 0; i < e->program->functions.count; i++)
		if (function_has_prim(e, (int)i, flag))
			return true;
	return false;
}

/* The members that the library reads come behind those of the script. */
static size_t library_relocs(struct ir_reloc *relocs)
{
	static const char *const paths[] = {
#define OFFSET(id, path) path,
#include "runtime/bpf/lib/offsets.def"
#undef OFFSET
	};
	enum { COUNT = sizeof(paths) / sizeof(paths[0]) };

	for (size_t i = 0; relocs && i < COUNT; i++)
		relocs[i] = (struct ir_reloc){ .path = paths[i] };
	return COUNT;
}

static void relocs_create(struct emit *e)
{
	size_t own = e->program->relocs.count, count = own;

	e->all_relocs = e->program->relocs.items;
	if (has_prim(e, 'm')) {
		count += library_relocs(NULL);
		e->all_relocs = arena_array(e->arena, struct ir_reloc, count);
		for (size_t i = 0; i < own; i++)
			e->all_relocs[i] = e->program->relocs.items[i];
		library_relocs(e->all_relocs + own);
		library_constant(e, "rt_first_reloc", (int64_t)own);
	}
	e->reloc_count = count;
	if (!count)
		return;

	uint64_t *words = arena_array(e->arena, uint64_t, 3 * count);

	for (size_t i = 0; i < count; i++) {
		const struct ir_reloc *reloc = &e->all_relocs[i];

		words[3 * i] = (uint64_t)reloc->offset;
		words[3 * i + 1] = (uint64_t)reloc->left_shift;
		words[3 * i + 2] = (uint64_t)reloc->right_shift;
	}
	e->relocs = data_create(e, "spile_relocs", ".rodata.spile_relocs",
				bytes_constant(e, (char *)words, 24 * count),
				true);
	data_describe(e, e->relocs, "spile_relocs", 24 * count);
}

static void shared_create(struct emit *e)
{
	uint64_t size = sizeof(struct wire_shared);
	LLVMValueRef shared = data_create(
		e, "spile_shared", ".data.spile_shared",
		LLVMConstNull(LLVMArrayType(e->i64, (unsigned)(size / 8))),
		false);

	data_describe(e, shared, "spile_shared", size);
	map_create(e, "spile_output",
		   (struct map_shape){ BPF_MAP_TYPE_RINGBUF,
				       power_of_two((uint64_t)session_number(
					       e, "buffer", 4 << 20)),
				       0, 0, 0 });
}

/* The kernel lets only such programs call most helpers. */
static void license_create(struct emit *e)
{
	data_create(e, "spile_license", "license",
		    bytes_constant(e, "GPL", 4), true);
}

static void locks_create(struct emit *e)
{
	int most = -1;

	for (size_t i = 0; i < e->program->probes.count; i++)
		if (e->program->probes.items[i]->lock != IR_LOCK_NONE &&
		    e->program->probes.items[i]->lock_class > most)
			most = e->program->probes.items[i]->lock_class;
	if (most < 0)
		return;
	e->locks = data_create(e, "spile_locks", ".data.spile_locks",
		LLVMConstNull(LLVMArrayType(e->i64, 8u * (unsigned)(most + 1))),
		false);
}

/* Of walking stacks and of finding places and names, for primitives that do. The
 * runner makes room in the tables. */
static void stack_maps_create(struct emit *e, int64_t cpus)
{
	int64_t most = session_number(e, "maxbacktrace", 20);
	long page = sysconf(_SC_PAGESIZE);

	library_constant(e, "rt_stack_most", most < RT_STACK ? most : RT_STACK);
	library_constant(e, "rt_page_shift", __builtin_ctzl((unsigned long)page));
	if (!has_prim(e, 'x') && !has_prim(e, 'm') && !has_prim(e, 'k'))
		return;
	map_create(e, "spile_stacks", (struct map_shape){
		BPF_MAP_TYPE_ARRAY, (uint64_t)cpus * RT_FRAMES, 4,
		sizeof(struct rt_stacks), 0 });
	map_create(e, "spile_own_code", (struct map_shape){
		BPF_MAP_TYPE_HASH, OWN_CODE_MOST, 8, 4, 0 });
	if (has_prim(e, 'm'))
		map_create(e, "spile_files", (struct map_shape){
			BPF_MAP_TYPE_HASH, FILES_MOST,
			sizeof(struct rt_file_key), sizeof(struct rt_file),
			0 });
	if (has_prim(e, 'u'))
		map_create(e, "spile_rows", (struct map_shape){
			BPF_MAP_TYPE_ARRAY, 1, 4, 8, BPF_F_MMAPABLE });
	if (!has_prim(e, 'n'))
		return;
	map_create(e, "spile_symbols", (struct map_shape){
		BPF_MAP_TYPE_ARRAY, 1, 4, sizeof(struct rt_symbol),
		BPF_F_MMAPABLE });
	map_create(e, "spile_names", (struct map_shape){
		BPF_MAP_TYPE_ARRAY, 1, 4, RT_NAME_UNIT, BPF_F_MMAPABLE });
}

/* --monitor: a word for each probe, not 0 while it is switched off. Their number is
 * a power of two, for who finds the probe's only when it is hit. */
static void switches_create(struct emit *e)
{
	uint64_t count = power_of_two(e->program->probes.count);

	if (!session_number(e, "monitor", 0))
		return;
	e->switch_mask = count - 1;
	e->switches = data_create(
		e, "spile_switches", ".data.spile_switches",
		LLVMConstNull(LLVMArrayType(e->i64, (unsigned)count)), false);
}

void maps_create(struct emit *e)
{
	const struct ir_program *program = e->program;
	int64_t cpus = session_number(e, "cpus", 0);

	license_create(e);
	shared_create(e);
	scalars_create(e);
	relocs_create(e);
	locks_create(e);
	find_orders(e);
	for (size_t i = 0; i < program->globals.count; i++) {
		if (program->globals.items[i]->kind == IR_ARRAY)
			array_create(e, (int)i);
		else if (program->globals.items[i]->value == IR_VALUE_STAT)
			stat_create(e, (int)i);
	}
	iters_create(e);
	/* -t: hits, sum, complement of the least and most ns of each probe */
	if (session_number(e, "timing", 0) && program->probes.count)
		e->timing = map_create(e, "spile_timing",
			(struct map_shape){ BPF_MAP_TYPE_PERCPU_ARRAY,
					    program->probes.count, 4, 32, 0 });
	switches_create(e);
	map_create(e, "spile_frames",
		   (struct map_shape){ BPF_MAP_TYPE_ARRAY,
				       (uint64_t)cpus * RT_FRAMES, 4,
				       e->frame_size, 0 });
	stack_maps_create(e, cpus);
	if (has_prim(e, 'p'))
		map_create(e, "spile_counters",
			   (struct map_shape){ BPF_MAP_TYPE_PERF_EVENT_ARRAY,
					       (uint64_t)cpus * WIRE_COUNTERS,
					       4, 4, 0 });
	library_constant(e, "rt_cpus", cpus);
	library_constant(e, "rt_text_max",
			 ir_limit(program, "maxstringlen") - 1);
	library_constant(e, "rt_max_errors",
			 session_number(e, "maxerrors", 0));
}
