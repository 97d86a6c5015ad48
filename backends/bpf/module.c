/*
 * The LLVM module: owner of the context, the builders and all types, and the
 * small vocabulary that the rest of the folder writes code with.
 *
 * The kernel wants every function described, each argument by name, so
 * functions are made here only.
 */
#include "backends/bpf/emit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/BitReader.h>
#include <llvm-c/Linker.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>

#include "translator/base/arena.h"

/* Of the bitcode only declarations are read now. The module owns the bytes. */
static bool library_read(struct emit *e, const char *path)
{
	LLVMMemoryBufferRef bytes;
	char *reason = NULL;

	if (LLVMCreateMemoryBufferWithContentsOfFile(path, &bytes, &reason)) {
		e->refusal = arena_printf(e->arena, "%s: %s", path, reason);
		LLVMDisposeMessage(reason);
		return false;
	}
	if (LLVMGetBitcodeModuleInContext2(e->context, bytes, &e->library)) {
		LLVMDisposeMemoryBuffer(bytes);
		e->library = NULL;
		e->refusal = arena_printf(e->arena,
					  "%s is not bitcode of this LLVM",
					  path);
		return false;
	}
	e->module = LLVMModuleCreateWithNameInContext(e->program->name,
						      e->context);
	LLVMSetTarget(e->module, LLVMGetTarget(e->library));
	LLVMSetDataLayout(e->module, LLVMGetDataLayoutStr(e->library));
	return true;
}

/* What code generation complains of, as the reason of a refusal. */
static void keep_complaint(LLVMDiagnosticInfoRef info, void *context)
{
	struct emit *e = context;
	char *text;

	if (LLVMGetDiagInfoSeverity(info) != LLVMDSError)
		return;
	text = LLVMGetDiagInfoDescription(info);
	refuse(e, NULL, "%s", text);
	LLVMDisposeMessage(text);
}

/*
 * Ends of blocks that are alike stay where they are: kernels before 6.2 refuse a
 * bpf_for_each_map_elem() that is reached with different maps, and merged ends may
 * have one. There is no other way to say so for this target.
 */
void module_options(void)
{
	static const char *const options[] = {
		"spile-emit", "-enable-tail-merge=0",
	};

	LLVMParseCommandLineOptions(2, options, NULL);
}

static bool target_create(struct emit *e)
{
	LLVMTargetRef target;
	char *reason = NULL;

	LLVMInitializeBPFTargetInfo();
	LLVMInitializeBPFTarget();
	LLVMInitializeBPFTargetMC();
	LLVMInitializeBPFAsmPrinter();
	LLVMInitializeBPFAsmParser();
	if (LLVMGetTargetFromTriple("bpf", &target, &reason)) {
		e->refusal = arena_strdup(e->arena, reason);
		LLVMDisposeMessage(reason);
		return false;
	}
	e->machine = LLVMCreateTargetMachine(target, "bpf", e->cpu, "",
					     LLVMCodeGenLevelLess,
					     LLVMRelocDefault,
					     LLVMCodeModelDefault);
	return true;
}

static void types_create(struct emit *e)
{
	e->i8 = LLVMInt8TypeInContext(e->context);
	e->i16 = LLVMInt16TypeInContext(e->context);
	e->i32 = LLVMInt32TypeInContext(e->context);
	e->i64 = LLVMInt64TypeInContext(e->context);
	e->ptr = LLVMPointerTypeInContext(e->context, 0);
	e->none = LLVMVoidTypeInContext(e->context);
}

static void debug_create(struct emit *e)
{
	const char *name = e->program->name;

	e->debug = LLVMCreateDIBuilder(e->module);
	e->file = LLVMDIBuilderCreateFile(e->debug, name, strlen(name), ".", 1);
	LLVMDIBuilderCreateCompileUnit(e->debug, LLVMDWARFSourceLanguageC99,
				       e->file, "spile", 5, true, "", 0, 0, "",
				       0, LLVMDWARFEmissionFull, 0, false,
				       false, "", 0, "", 0);
	e->long_type = LLVMDIBuilderCreateBasicType(e->debug, "long", 4, 64, 5,
						    LLVMDIFlagZero);
	e->int_type = LLVMDIBuilderCreateBasicType(e->debug, "int", 3, 32, 5,
						   LLVMDIFlagZero);
	e->pointer_type = LLVMDIBuilderCreatePointerType(e->debug, NULL, 64, 64,
							 0, "", 0);
}

bool module_create(struct emit *e, const char *path)
{
	e->context = LLVMContextCreate();
	LLVMContextSetDiagnosticHandler(e->context, keep_complaint, e);
	if (!library_read(e, path) || !target_create(e))
		return false;
	e->builder = LLVMCreateBuilderInContext(e->context);
	types_create(e);
	debug_create(e);
	return true;
}

void module_free(struct emit *e)
{
	if (e->debug)
		LLVMDisposeDIBuilder(e->debug);
	if (e->builder)
		LLVMDisposeBuilder(e->builder);
	if (e->machine)
		LLVMDisposeTargetMachine(e->machine);
	if (e->module)
		LLVMDisposeModule(e->module);
	if (e->library)
		LLVMDisposeModule(e->library);
	if (e->context)
		LLVMContextDispose(e->context);
}

void refuse(struct emit *e, const struct ir_op *op, const char *format, ...)
{
	va_list args;

	if (e->refusal)
		return;
	va_start(args, format);
	e->refusal = arena_vprintf(e->arena, format, args);
	va_end(args);
	if (op && op->site >= 0)
		e->refusal = arena_printf(e->arena, "%s: %s",
			e->program->sites.items[op->site].place, e->refusal);
}

/* ---- values ---- */

LLVMValueRef constant(struct emit *e, int64_t value)
{
	return LLVMConstInt(e->i64, (unsigned long long)value, true);
}

LLVMValueRef constant32(struct emit *e, int64_t value)
{
	return LLVMConstInt(e->i32, (unsigned long long)value, true);
}

LLVMValueRef bytes_constant(struct emit *e, const char *bytes, size_t size)
{
	return LLVMConstStringInContext(e->context, bytes, (unsigned)size, true);
}

LLVMValueRef offset(struct emit *e, LLVMValueRef pointer, uint64_t bytes)
{
	if (!bytes)
		return pointer;
	return offset_by(e, pointer, constant(e, (int64_t)bytes));
}

LLVMValueRef offset_by(struct emit *e, LLVMValueRef pointer, LLVMValueRef bytes)
{
	return LLVMBuildGEP2(e->builder, e->i8, pointer, &bytes, 1, "");
}

LLVMValueRef load(struct emit *e, LLVMTypeRef type, LLVMValueRef pointer)
{
	return LLVMBuildLoad2(e->builder, type, pointer, "");
}

void store(struct emit *e, LLVMValueRef value, LLVMValueRef pointer)
{
	LLVMBuildStore(e->builder, value, pointer);
}

/* Room in the entry block, so that it is there once. */
LLVMValueRef stack_room(struct emit *e, LLVMValueRef function, unsigned size)
{
	LLVMBasicBlockRef now = LLVMGetInsertBlock(e->builder);
	LLVMBasicBlockRef entry = LLVMGetEntryBasicBlock(function);
	LLVMValueRef first = LLVMGetFirstInstruction(entry);
	LLVMTypeRef type = size == 8 ? e->i64 : LLVMArrayType(e->i64,
							      (size + 7) / 8);

	if (first)
		LLVMPositionBuilderBefore(e->builder, first);
	else
		LLVMPositionBuilderAtEnd(e->builder, entry);

	LLVMValueRef room = LLVMBuildAlloca(e->builder, type, "");

	LLVMSetAlignment(room, 8);
	LLVMPositionBuilderAtEnd(e->builder, now);
	return room;
}

/* ---- blocks ---- */

LLVMBasicBlockRef block_create(struct emit *e, const char *name)
{
	LLVMBasicBlockRef now = LLVMGetInsertBlock(e->builder);

	return LLVMAppendBasicBlockInContext(e->context,
					     LLVMGetBasicBlockParent(now),
					     name);
}

void goto_block(struct emit *e, LLVMBasicBlockRef block)
{
	LLVMPositionBuilderAtEnd(e->builder, block);
}

/* The compiler keeps the order of blocks: what happens most falls through. */
void branch_away(struct emit *e, LLVMValueRef rare, LLVMBasicBlockRef away,
		 LLVMBasicBlockRef on)
{
	LLVMMoveBasicBlockAfter(on, LLVMGetInsertBlock(e->builder));
	LLVMBuildCondBr(e->builder, rare, away, on);
	goto_block(e, on);
}

/* ---- functions ---- */

static void describe(struct emit *e, LLVMValueRef function, const char *name,
		     const char *params, bool internal)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	LLVMMetadataRef types[6] = { e->long_type };
	unsigned count = (unsigned)strlen(params);

	for (unsigned i = 0; i < count; i++)
		types[i + 1] = params[i] == 'p' ? e->pointer_type :
			       params[i] == 'i' ? e->int_type : e->long_type;

	LLVMMetadataRef type = LLVMDIBuilderCreateSubroutineType(
		e->debug, e->file, types, count + 1, LLVMDIFlagZero);
	LLVMMetadataRef entry = LLVMDIBuilderCreateFunction(
		e->debug, e->file, name, strlen(name), name, strlen(name),
		e->file, 1, type, internal, true, 1, LLVMDIFlagPrototyped,
		true);

	for (unsigned i = 0; i < count; i++)
		LLVMDIBuilderCreateParameterVariable(e->debug, entry, names[i],
						     1, i + 1, e->file, 1,
						     types[i + 1], true,
						     LLVMDIFlagZero);
	LLVMSetSubprogram(function, entry);
}

LLVMValueRef function_create(struct emit *e, const char *name,
			     const char *params, bool internal)
{
	LLVMTypeRef types[5];
	unsigned count = (unsigned)strlen(params);

	for (unsigned i = 0; i < count; i++)
		types[i] = params[i] == 'p' ? e->ptr :
			   params[i] == 'i' ? e->i32 : e->i64;

	LLVMValueRef function = LLVMAddFunction(
		e->module, name, LLVMFunctionType(e->i64, types, count, false));

	LLVMSetLinkage(function, internal ? LLVMInternalLinkage :
					    LLVMExternalLinkage);
	unsigned kind = LLVMGetEnumAttributeKindForName("nounwind", 8);

	LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex,
				LLVMCreateEnumAttribute(e->context, kind, 0));
	/* many stores of 0 in a row stay stores: there is no memset */
	LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex,
				LLVMCreateStringAttribute(e->context,
					"no-builtin-memset", 17, "", 0));
	describe(e, function, name, params, internal);
	return function;
}

/* Begins the code of a function, at a block of its own. */
void function_begin(struct emit *e, LLVMValueRef function)
{
	goto_block(e, LLVMAppendBasicBlockInContext(e->context, function,
						    "entry"));
	set_place(e, function, -1);
}

/* Line information: "file:line:column" of the site. */
void set_place(struct emit *e, LLVMValueRef function, int site)
{
	unsigned line = 1, column = 0;

	if (site >= 0) {
		const char *place = e->program->sites.items[site].place;
		const char *colon = strrchr(place, ':');

		while (colon && colon > place && colon[-1] != ':')
			colon--;
		if (colon && colon > place)
			sscanf(colon, "%u:%u", &line, &column);
	}
	LLVMSetCurrentDebugLocation2(e->builder,
		LLVMDIBuilderCreateDebugLocation(e->context, line, column,
						 LLVMGetSubprogram(function),
						 NULL));
}

/* ---- calls ---- */

LLVMValueRef helper(struct emit *e, unsigned number, LLVMValueRef *args,
		    unsigned count)
{
	LLVMTypeRef types[5];

	for (unsigned i = 0; i < count; i++)
		types[i] = LLVMTypeOf(args[i]);

	LLVMTypeRef type = LLVMFunctionType(e->i64, types, count, false);
	LLVMValueRef address = LLVMConstIntToPtr(constant(e, number), e->ptr);

	return LLVMBuildCall2(e->builder, type, address, args, count, "");
}

bool library_has(struct emit *e, const char *name)
{
	return LLVMGetNamedFunction(e->library, name) != NULL;
}

static LLVMValueRef library_function(struct emit *e, const char *name)
{
	LLVMValueRef function = LLVMGetNamedFunction(e->module, name);

	if (function)
		return function;
	function = LLVMGetNamedFunction(e->library, name);
	if (!function)
		return NULL;
	return LLVMAddFunction(e->module, name,
			       LLVMGlobalGetValueType(function));
}

static LLVMValueRef fitted(struct emit *e, LLVMValueRef value, LLVMTypeRef type)
{
	if (LLVMGetTypeKind(LLVMTypeOf(value)) != LLVMIntegerTypeKind ||
	    LLVMGetTypeKind(type) != LLVMIntegerTypeKind)
		return value;
	return LLVMBuildIntCast2(e->builder, value, type, true, "");
}

LLVMValueRef library(struct emit *e, const char *name, LLVMValueRef *args,
		     unsigned count)
{
	LLVMValueRef function = library_function(e, name);
	LLVMTypeRef types[12];

	if (!function) {
		refuse(e, NULL, "the BPF library has no %s", name);
		return LLVMGetUndef(e->i64);
	}
	LLVMTypeRef type = LLVMGlobalGetValueType(function);

	if (LLVMCountParamTypes(type) != count) {
		refuse(e, NULL, "%s takes %u arguments in the BPF library, "
		       "not %u", name, LLVMCountParamTypes(type), count);
		return LLVMGetUndef(e->i64);
	}
	LLVMGetParamTypes(type, types);
	for (unsigned i = 0; i < count; i++)
		args[i] = fitted(e, args[i], types[i]);

	LLVMValueRef result = LLVMBuildCall2(e->builder, type, function, args,
					     count, "");

	if (LLVMGetTypeKind(LLVMTypeOf(result)) == LLVMIntegerTypeKind)
		result = fitted(e, result, e->i64);
	return result;
}

/* ---- data ---- */

LLVMValueRef library_data(struct emit *e, const char *name)
{
	LLVMValueRef data = LLVMGetNamedGlobal(e->module, name);

	if (data)
		return data;
	data = LLVMGetNamedGlobal(e->library, name);
	if (!data)
		return NULL;
	return LLVMAddGlobal(e->module, LLVMGlobalGetValueType(data), name);
}

void library_constant(struct emit *e, const char *name, int64_t value)
{
	LLVMValueRef global = library_data(e, name);

	if (!global)
		return;
	*vec_push(e->arena, &e->constants.rows) = (struct link_constant){
		name, LLVMGetIntTypeWidth(LLVMGlobalGetValueType(global)) / 8,
		(uint64_t)value };
	LLVMSetInitializer(global, LLVMConstInt(LLVMGlobalGetValueType(global),
						(unsigned long long)value,
						true));
	LLVMSetGlobalConstant(global, true);
}

/* A constant must be seen from outside until the library is there. */
static void fold_constants(struct emit *e)
{
	LLVMValueRef data = LLVMGetFirstGlobal(e->module);

	for (; data; data = LLVMGetNextGlobal(data))
		if (!strncmp(LLVMGetValueName(data), "rt_", 3) &&
		    LLVMGetInitializer(data) &&
		    LLVMIsAConstantInt(LLVMGetInitializer(data)))
			LLVMSetLinkage(data, LLVMInternalLinkage);
}

bool library_link(struct emit *e)
{
	LLVMModuleRef library = e->library;

	e->library = NULL;	/* linking takes it */
	if (LLVMLinkModules2(e->module, library)) {
		refuse(e, NULL, "the BPF library does not fit the program");
		return false;
	}
	fold_constants(e);
	return true;
}

LLVMValueRef data_create(struct emit *e, const char *name, const char *section,
			 LLVMValueRef initial, bool read_only)
{
	LLVMValueRef data = LLVMAddGlobal(e->module, LLVMTypeOf(initial), name);

	LLVMSetInitializer(data, initial);
	LLVMSetGlobalConstant(data, read_only);
	LLVMSetAlignment(data, 8);
	LLVMSetSection(data, section);
	return data;
}

LLVMMetadataRef array_type(struct emit *e, LLVMMetadataRef item,
			   uint64_t item_bits, uint64_t count)
{
	LLVMMetadataRef range = LLVMDIBuilderGetOrCreateSubrange(
		e->debug, 0, (int64_t)count);

	return LLVMDIBuilderCreateArrayType(e->debug, count * item_bits, 0,
					    item, &range, 1);
}

/* Described in BTF, the section can be mapped by the runner. */
void data_describe(struct emit *e, LLVMValueRef data, const char *name,
		   uint64_t size)
{
	LLVMMetadataRef byte = LLVMDIBuilderCreateBasicType(
		e->debug, "char", 4, 8, 6, LLVMDIFlagZero);
	LLVMMetadataRef nothing = LLVMDIBuilderCreateExpression(e->debug, NULL,
								0);
	LLVMMetadataRef entry = LLVMDIBuilderCreateGlobalVariableExpression(
		e->debug, e->file, name, strlen(name), name, strlen(name),
		e->file, 1, array_type(e, byte, 8, size), false, nothing, NULL,
		64);

	LLVMGlobalSetMetadata(data, LLVMGetMDKindIDInContext(e->context, "dbg",
							     3), entry);
}
