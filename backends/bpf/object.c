/*
 * From the finished module to the object: what the library offers and no one
 * uses goes, LLVM optimises, the manifest is added, the file is written.
 */
#include "backends/bpf/emit.h"

#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/Error.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "backends/bpf/link.h"
#include "runtime/common/manifest.h"
#include "translator/base/arena.h"
#include "translator/base/file.h"

/* ---- the manifest ---- */

static struct manifest_pairs pairs_of(struct emit *e, const struct ir_pair *items,
				      size_t count)
{
	struct manifest_pairs pairs = {
		arena_array(e->arena, struct manifest_pair, count + 1), count
	};

	for (size_t i = 0; i < count; i++)
		pairs.items[i] = (struct manifest_pair){ items[i].key,
							 items[i].value };
	return pairs;
}

static struct manifest_pairs pairs_and(struct emit *e,
				       const struct manifest_pairs *pairs,
				       const char *key, const char *value)
{
	struct manifest_pairs more = {
		arena_array(e->arena, struct manifest_pair, pairs->count + 1),
		pairs->count + 1
	};

	for (size_t i = 0; i < pairs->count; i++)
		more.items[i] = pairs->items[i];
	more.items[pairs->count] = (struct manifest_pair){ key, value };
	return more;
}

static bool has_pair(const struct manifest_pairs *pairs, const char *key)
{
	return manifest_pair_get(pairs, key) != NULL;
}

static void describe_session(struct emit *e, struct manifest *manifest)
{
	struct manifest_pairs *pairs = &manifest->session;
	const struct ir_program *program = e->program;

	*pairs = pairs_of(e, program->session.items, program->session.count);
	if (!has_pair(pairs, "name"))
		*pairs = pairs_and(e, pairs, "name", program->name);
	if (!has_pair(pairs, "backend"))
		*pairs = pairs_and(e, pairs, "backend", "bpf");
}

static char value_letter(const struct ir_global *global)
{
	switch (global->value) {
	case IR_VALUE_LONG:
		return 'l';
	case IR_VALUE_TEXT:
		return 't';
	case IR_VALUE_STAT:
		break;
	}
	return 's';
}

static char type_letter(const struct ir_global *global)
{
	return global->kind == IR_ARRAY ? 'a' : value_letter(global);
}

/* How the keys of an array are packed. */
static const char *describe_keys(struct emit *e, const struct ir_global *global)
{
	const char *text = "";

	for (size_t i = 0; i < global->keys.count; i++) {
		const struct ir_key *key = &global->keys.items[i];

		text = key->type == IR_LONG ?
			arena_printf(e->arena, "%s%sl", text, i ? " " : "") :
			arena_printf(e->arena, "%s%st%u", text, i ? " " : "",
				     key_room(e, key));
	}
	return text;
}

static void describe_array(struct emit *e, size_t number,
			   struct manifest_global *row)
{
	const struct ir_global *global = e->program->globals.items[number];
	const struct array_info *array = &e->arrays[number];

	row->value = value_letter(global);
	row->parts = (unsigned)global->stat_ops;
	row->shift = (unsigned)global->stat_shift;
	row->keys = describe_keys(e, global);
	if (row->type != 'a')
		return;
	row->size = (uint64_t)global->size;
	row->offset = array->payload;
	row->room = array->value_size - array->payload;
}

static void describe_globals(struct emit *e, struct manifest *manifest)
{
	size_t count = e->program->globals.count;

	manifest->global_count = count;
	manifest->globals = arena_array(e->arena, struct manifest_global,
					count + 1);
	for (size_t i = 0; i < count; i++) {
		const struct ir_global *global = e->program->globals.items[i];
		struct manifest_global *row = &manifest->globals[i];

		row->name = global->name;
		row->type = type_letter(global);
		row->offset = e->global_at[i];
		if (row->type == 't')
			row->room = is_short(global->bound) ?
				text_room(global->bound) : e->text_size;
		row->hist = (int)global->hist;
		row->start = global->hist_start;
		row->stop = global->hist_stop;
		row->step = global->hist_step;
		describe_array(e, i, row);
	}
}

static void describe_probes(struct emit *e, struct manifest *manifest)
{
	size_t count = e->program->probes.count;

	manifest->probe_count = count;
	manifest->probes = arena_array(e->arena, struct manifest_probe,
				       count + 1);
	for (size_t i = 0; i < count; i++) {
		const struct ir_probe *probe = e->program->probes.items[i];

		manifest->probes[i] = (struct manifest_probe){
			.kind = probe->kind, .name = probe->name,
			.program = arena_printf(e->arena, "p%zu", e->joins[i]),
			.pairs = pairs_of(e, probe->pairs.items,
					  probe->pairs.count),
		};
		if (e->trampolines[i])
			manifest->probes[i].pairs = pairs_and(
				e, &manifest->probes[i].pairs, "trampoline",
				arena_printf(e->arena, "t%zu", i));
		if (e->joins[i] != i)
			manifest->probes[i].pairs = pairs_and(
				e, &manifest->probes[i].pairs,
				strstr(probe->kind, "probe") ? "shares" :
							       "joins",
				arena_printf(e->arena, "%zu", e->joins[i]));
	}
}

static void describe_places(struct emit *e, struct manifest *manifest)
{
	const struct ir_program *program = e->program;

	manifest->formats = (const char **)program->formats.items;
	manifest->format_count = program->formats.count;
	manifest->site_count = program->sites.count;
	manifest->sites = arena_array(e->arena, struct manifest_site,
				      program->sites.count + 1);
	for (size_t i = 0; i < program->sites.count; i++)
		manifest->sites[i] = (struct manifest_site){
			program->sites.items[i].identifier,
			program->sites.items[i].place };
	manifest->reloc_count = e->reloc_count;
	manifest->relocs = arena_array(e->arena, struct manifest_reloc,
				       e->reloc_count + 1);
	for (size_t i = 0; i < e->reloc_count; i++)
		manifest->relocs[i] = (struct manifest_reloc){
			e->all_relocs[i].path, 24 * i };
}

static void manifest_add(struct emit *e)
{
	struct manifest manifest = { 0 };
	char *text;
	LLVMValueRef data;

	describe_session(e, &manifest);
	describe_places(e, &manifest);
	describe_globals(e, &manifest);
	describe_probes(e, &manifest);
	text = manifest_print(&manifest);
	data = data_create(e, "spile_manifest", ".spile",
			   bytes_constant(e, text, strlen(text)), true);
	LLVMSetAlignment(data, 1);
	free(text);
}

/* ---- tidying ---- */

static bool is_program(LLVMValueRef function)
{
	const char *section = LLVMGetSection(function);

	return section && *section;
}

static bool has_attribute(LLVMValueRef function, const char *name)
{
	unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));

	return LLVMGetEnumAttributeAtIndex(function, LLVMAttributeFunctionIndex,
					   kind) != NULL;
}

/* Functions of the library that nobody calls, until there are no more. */
static void drop_unused(struct emit *e)
{
	bool changed = true;

	while (changed) {
		LLVMValueRef next, f = LLVMGetFirstFunction(e->module);

		changed = false;
		for (; f; f = next) {
			next = LLVMGetNextFunction(f);
			if (LLVMGetFirstUse(f) || is_program(f))
				continue;
			LLVMDeleteFunction(f);
			changed = true;
		}
	}
}

static void drop_unused_data(struct emit *e)
{
	LLVMValueRef next, data = LLVMGetFirstGlobal(e->module);

	for (; data; data = next) {
		const char *name = LLVMGetValueName(data);

		next = LLVMGetNextGlobal(data);
		if (LLVMGetFirstUse(data) || !strncmp(name, "spile_", 6))
			continue;
		LLVMDeleteGlobal(data);
	}
}

static void add_attribute(struct emit *e, LLVMValueRef function,
			  const char *name)
{
	unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));

	LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex,
				LLVMCreateEnumAttribute(e->context, kind, 0));
}

/* What is always inlined need not be seen from outside. The other functions
 * of the library must stay as they are described: LLVM makes no copies with
 * fewer arguments of what may not be duplicated. */
static void fix_library(struct emit *e)
{
	LLVMValueRef f = LLVMGetFirstFunction(e->module);

	for (; f; f = LLVMGetNextFunction(f)) {
		if (LLVMIsDeclaration(f) || is_program(f))
			continue;
		if (has_attribute(f, "alwaysinline"))
			LLVMSetLinkage(f, LLVMInternalLinkage);
		else if (LLVMGetLinkage(f) != LLVMInternalLinkage) {
			LLVMSetLinkage(f, LLVMExternalLinkage);
			add_attribute(e, f, "noduplicate");
		}
	}
}

static const char *run_passes(struct emit *e, const char *passes)
{
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	LLVMErrorRef error = LLVMRunPasses(e->module, passes, e->machine,
					   options);

	LLVMDisposePassBuilderOptions(options);
	if (!error)
		return NULL;

	char *message = LLVMGetErrorMessage(error);
	char *reason = arena_strdup(e->arena, message);

	LLVMDisposeErrorMessage(message);
	return reason;
}

/* The library was optimised when it was built and the rest is made as it should
 * be: these passes fold what is constant, inline and tidy up. Those of O2 take
 * four times as long for nothing that a hit would show. Jump threading is for
 * Linux 6.1, which loses a null check that went through a flag. An LLVM that knows
 * them by other names refuses before it does anything. */
static const char *optimise(struct emit *e)
{
	static const char passes[] =
		"always-inline,"
		"function<eager-inv>(sroa<modify-cfg>,early-cse,simplifycfg),"
		"cgscc(inline),"
		"function<eager-inv>(early-cse<memssa>,jump-threading,"
		"instcombine<no-verify-fixpoint>,simplifycfg),globaldce";

	if (!run_passes(e, passes))
		return NULL;
	return run_passes(e, "default<O2>");
}

/* What spile makes is right, or a test finds it: testsuite/run asks for this. */
static bool wants_verifying(const char *dump)
{
	return dump || getenv("SPILE_VERIFY");
}

static const char *verify(struct emit *e)
{
	char *message = NULL;
	const char *reason = NULL;

	if (LLVMVerifyModule(e->module, LLVMReturnStatusAction, &message))
		reason = arena_printf(e->arena, "internal error: %s", message);
	LLVMDisposeMessage(message);
	return reason;
}

/* ---- the files ---- */

/* Making code changes the module. NULL and a refusal if it cannot be made. */
LLVMMemoryBufferRef make_code(struct emit *e, LLVMModuleRef module,
			      LLVMCodeGenFileType type)
{
	LLVMMemoryBufferRef code = NULL;
	char *message = NULL;

	if (LLVMTargetMachineEmitToMemoryBuffer(e->machine, module, type,
						&message, &code)) {
		refuse(e, NULL, "%s", message);
		LLVMDisposeMessage(message);
		return NULL;
	}
	return code;
}

static void dump_code(struct emit *e)
{
	LLVMModuleRef copy = LLVMCloneModule(e->module);
	LLVMMemoryBufferRef code = make_code(e, copy, LLVMAssemblyFile);

	if (code) {
		fwrite(LLVMGetBufferStart(code), 1, LLVMGetBufferSize(code),
		       stdout);
		LLVMDisposeMemoryBuffer(code);
	}
	LLVMDisposeModule(copy);
}

static const char *write_linked(struct emit *e, struct link_bytes program,
				const char *path)
{
	struct link_bytes library, linked;
	struct link_depths deep = { 0 };
	const char *reason;

	library.bytes = file_read(e->arena, e->library_object, &library.size);
	if (!library.bytes)
		return arena_printf(e->arena, "cannot read %s",
				    e->library_object);
	reason = link_library(e->arena, program, library, &e->constants,
			      &linked);
	if (reason)
		return reason;
	link_depths(e->arena, linked, &deep);
	levels_raise(e, &deep);
	if (!e->again && file_write(path, linked.bytes, linked.size))
		reason = arena_printf(e->arena, "%s: %s", path,
				      strerror(errno));
	return reason;
}

static const char *write_file(struct emit *e, const char *path)
{
	struct link_bytes program;
	const char *reason = halves_make(e, &program);

	return reason ? reason : write_linked(e, program, path);
}

static void dump_llvm(struct emit *e)
{
	char *text = LLVMPrintModuleToString(e->module);

	fputs(text, stdout);
	LLVMDisposeMessage(text);
}

const char *object_write(struct emit *e, const char *path, const char *dump)
{
	const char *reason;

	manifest_add(e);
	LLVMDIBuilderFinalize(e->debug);
	if (!library_link(e))
		return e->refusal;
	drop_unused(e);
	fix_library(e);
	reason = wants_verifying(dump) ? verify(e) : NULL;
	if (reason && dump)
		dump_llvm(e);
	if (reason)
		return reason;
	reason = optimise(e);
	if (reason)
		return reason;
	sink_addresses(e);
	drop_unused(e);
	drop_unused_data(e);
	if (dump && !strcmp(dump, "llvm"))
		dump_llvm(e);
	if (dump && !strcmp(dump, "bpf"))
		dump_code(e);
	return write_file(e, path);
}
