/*
 * Location expressions of DWARF, turned into trees.
 *
 * The stack machine of an expression is run with trees instead of numbers.
 * Whatever an expression says, the work is bounded: by its operations, by the
 * depth of expressions within expressions, and by the size of the trees, which
 * "dup" can double.
 */
#include "translator/target/debug-machine.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"

enum {
	MOST_OPS = 1000,
	MOST_NODES = 256,	/* of a tree, counted as often as it is used */
	DEEPEST = 6,
	MOST_PIECES = 64,
};

void machine_fail(struct machine *m, const char *reason)
{
	if (!m->reason)
		m->reason = reason;
}

/* ---- the stack ---- */

static void push_item(struct machine *m, struct machine_item item)
{
	if (m->height == MACHINE_STACK || item.nodes > MOST_NODES)
		machine_fail(m, "has a location that is too complicated");
	else
		m->stack[m->height++] = item;
}

static void push(struct machine *m, struct location_expr *expr)
{
	push_item(m, (struct machine_item){ .expr = expr, .nodes = 1 });
}

void machine_push_number(struct machine *m, int64_t number)
{
	push(m, location_constant(m->arena, number));
}

static struct machine_item pop(struct machine *m)
{
	struct machine_item none = { location_constant(m->arena, 0), 1, false };

	if (m->height > 0)
		return m->stack[--m->height];
	machine_fail(m, "has a damaged location");
	return none;
}

/* Copies the item that is @depth below the top. */
static void pick(struct machine *m, uint64_t depth)
{
	if (depth >= (uint64_t)m->height)
		machine_fail(m, "has a damaged location");
	else
		push_item(m, m->stack[m->height - 1 - (int)depth]);
}

static void binary(struct machine *m, enum location_op op)
{
	struct machine_item b = pop(m), a = pop(m);

	if (a.is_float || b.is_float)
		machine_fail(m, "is computed with floating point here");
	push_item(m, (struct machine_item){
		.expr = location_binary(m->arena, op, a.expr, b.expr),
		.nodes = a.nodes + b.nodes + 1,
	});
}

static void unary(struct machine *m, enum location_op op)
{
	struct machine_item a = pop(m);

	if (a.is_float)
		machine_fail(m, "is computed with floating point here");
	push_item(m, (struct machine_item){
		.expr = location_binary(m->arena, op, a.expr, NULL),
		.nodes = a.nodes + 1,
	});
}

/* The low @size bytes of what is on top. */
static void narrow(struct machine *m, uint64_t size, bool is_signed)
{
	uint64_t bits = 64 - 8 * size;

	if (!size || size >= 8)
		return;
	machine_push_number(m, (int64_t)bits);
	binary(m, LOCATION_SHL);
	machine_push_number(m, (int64_t)bits);
	binary(m, is_signed ? LOCATION_SRA : LOCATION_SHR);
}

/* ---- registers and memory ---- */

static void push_register(struct machine *m, uint64_t number)
{
	if (number > INT32_MAX)
		machine_fail(m, "has a damaged location");
	push(m, location_leaf(m->arena,
			      m->at_entry ? LOCATION_ENTRY : LOCATION_REGISTER,
			      (int64_t)number));
}

static void push_based(struct machine *m, uint64_t number, int64_t offset)
{
	push_register(m, number);
	machine_push_number(m, offset);
	binary(m, LOCATION_ADD);
}

static void load(struct machine *m, uint64_t size, bool is_signed)
{
	struct machine_item address = pop(m);

	if (size != 1 && size != 2 && size != 4 && size != 8)
		machine_fail(m, "has a damaged location");
	if (m->at_entry)
		machine_fail(m, "depends on memory as it was when the function began");
	push_item(m, (struct machine_item){
		.expr = location_load(m->arena, address.expr, (uint32_t)size,
				      is_signed),
		.nodes = address.nodes + 1,
	});
}

/* An expression inside of another, which leaves one number. */
static void run_inner(struct machine *m, Dwarf_Attribute *attribute,
		      Dwarf_Op *ops, size_t count, bool at_entry)
{
	struct machine inner = {
		.debug = m->debug, .arena = m->arena, .function = m->function,
		.address = m->address, .at_entry = at_entry,
		.depth = m->depth + 1,
	};

	if (inner.depth > DEEPEST)
		machine_fail(m, "has a location that is too complicated");
	if (m->reason)
		return;
	machine_run(&inner, attribute, ops, count);
	if (inner.reason)
		machine_fail(m, inner.reason);
	else if (inner.height != 1 || inner.pieces.list.count)
		machine_fail(m, "has a damaged location");
	else
		push_item(m, inner.stack[0]);
}

/* ---- frames ---- */

static Dwarf_Frame *find_frame(struct debug *debug, uint64_t address)
{
	Dwarf_Frame *frame;

	if (!debug->cfi_read) {
		debug->cfi_read = true;
		debug->cfi_loaded = dwarf_getcfi_elf(debug->program->file.elf);
		debug->cfi_debug = dwarf_getcfi(debug->dwarf);
	}
	if (debug->cfi_loaded &&
	    dwarf_cfi_addrframe(debug->cfi_loaded, address, &frame) == 0)
		return frame;
	if (debug->cfi_debug &&
	    dwarf_cfi_addrframe(debug->cfi_debug, address, &frame) == 0)
		return frame;
	return NULL;
}

void machine_push_frame(struct machine *m)
{
	Dwarf_Frame *frame = find_frame(m->debug, m->address);
	Dwarf_Op *ops;
	size_t count;

	if (!frame || dwarf_frame_cfa(frame, &ops, &count) != 0 || !count)
		machine_fail(m, "lies in a frame that has no unwind table; build with "
			"-fasynchronous-unwind-tables");
	else
		run_inner(m, NULL, ops, count, m->at_entry);
	free(frame);
}

/* The register and the distance that the address of the frame is at; false
 * where it is not that simple. */
static bool simple_frame(Dwarf_Frame *frame, uint64_t *ret_number,
			 int64_t *ret_distance)
{
	Dwarf_Op *ops;
	size_t count;

	if (dwarf_frame_cfa(frame, &ops, &count) != 0 || count != 1)
		return false;
	if (ops->atom == DW_OP_bregx) {
		*ret_number = ops->number;
		*ret_distance = (int64_t)ops->number2;
		return true;
	}
	*ret_number = (uint64_t)(ops->atom - DW_OP_breg0);
	*ret_distance = (int64_t)ops->number;
	return ops->atom >= DW_OP_breg0 && ops->atom <= DW_OP_breg31;
}

/* The greatest distance of the address of the frame from a register in the
 * function's code: that of its body. */
static bool body_distance(struct machine *m, uint64_t wanted,
			  int64_t *ret_distance)
{
	enum { MOST_ROWS = 4096 };
	uint64_t entry, number, at;
	size_t count;
	const struct debug_range *range =
		entry_ranges(m->debug, m->function, &entry, &count);
	int64_t greatest = INT64_MIN;

	at = count ? range->from : 0;
	for (int i = 0; i < MOST_ROWS && count && at < range->to; i++) {
		Dwarf_Frame *frame = find_frame(m->debug, at);
		Dwarf_Addr end = 0;
		int64_t distance;

		if (!frame)
			break;
		if (simple_frame(frame, &number, &distance) &&
		    number == wanted && distance > greatest)
			greatest = distance;
		dwarf_frame_info(frame, NULL, &end, NULL);
		free(frame);
		if (end <= at)
			break;
		at = end;
	}
	*ret_distance = greatest;
	return greatest != INT64_MIN;
}

/* LLVM's frame bases are registers, and what it says by them holds only once
 * the prologue has set these. The address of the frame is known anywhere. */
static bool push_register_base(struct machine *m, const Dwarf_Op *op)
{
	int64_t distance;

	if (op->atom < DW_OP_reg0 || op->atom > DW_OP_reg31 ||
	    !body_distance(m, (uint64_t)(op->atom - DW_OP_reg0), &distance))
		return false;
	machine_push_frame(m);
	machine_push_number(m, -distance);
	binary(m, LOCATION_ADD);
	return true;
}

/* A frame base that is a register means the register's value. */
static void push_frame_base(struct machine *m)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t count;

	if (!m->function ||
	    !entry_attribute(m->function, DW_AT_frame_base, &attribute) ||
	    dwarf_getlocation_addr(&attribute, m->address, &ops, &count, 1) != 1)
		machine_fail(m, "lies in a frame whose base is not known here");
	else if (count != 1 || !push_register_base(m, ops))
		run_inner(m, &attribute, ops, count, m->at_entry);
}

/* ---- values that an operation holds ---- */

static int64_t number_of(const uint8_t *bytes, size_t size)
{
	uint64_t number = 0;

	memcpy(&number, bytes, size < 8 ? size : 8);
	return (int64_t)number;
}

static struct location_piece *add_piece(struct machine *m,
					enum location_kind kind,
					struct location_expr *expr,
					uint64_t bit_size)
{
	struct location_piece *piece;

	if (m->pieces.list.count == MOST_PIECES)
		machine_fail(m, "has a location that is too complicated");
	if (m->reason)
		return NULL;
	piece = vec_push(m->arena, &m->pieces.list);
	piece->kind = kind;
	piece->expr = expr;
	piece->bit_size = (uint32_t)bit_size;
	return piece;
}

/* Bytes that stand in the debug information: the value itself. */
void machine_push_bytes(struct machine *m, const uint8_t *bytes, size_t size)
{
	m->is_value = true;
	if (size <= 8) {
		machine_push_number(m, number_of(bytes, size));
		return;
	}
	for (size_t at = 0; at < size; at += 8) {
		size_t n = size - at < 8 ? size - at : 8;

		add_piece(m, LOCATION_VALUE,
			  location_constant(m->arena, number_of(bytes + at, n)),
			  n * 8);
	}
}

static void push_implicit(struct machine *m, Dwarf_Attribute *attribute,
			  const Dwarf_Op *op)
{
	Dwarf_Block block;

	if (!attribute ||
	    dwarf_getlocation_implicit_value(attribute, op, &block) != 0)
		machine_fail(m, "has a damaged location");
	else
		machine_push_bytes(m, block.data, block.length);
}

/* DW_OP_addrx, DW_OP_constx: a number of a table. */
static void push_indexed(struct machine *m, Dwarf_Attribute *attribute,
			 const Dwarf_Op *op, bool is_address)
{
	Dwarf_Attribute result;
	Dwarf_Addr address;
	Dwarf_Word number;

	if (!attribute ||
	    dwarf_getlocation_attr(attribute, op, &result) != 0)
		machine_fail(m, "has a damaged location");
	else if (dwarf_formaddr(&result, &address) == 0)
		push(m, location_leaf(m->arena, is_address ? LOCATION_STATIC :
					LOCATION_CONSTANT, (int64_t)address));
	else if (dwarf_formudata(&result, &number) == 0)
		machine_push_number(m, (int64_t)number);
	else
		machine_fail(m, "has a damaged location");
}

/* What a register or an expression was on entry. At the entry it is that. */
static void push_entry_value(struct machine *m, Dwarf_Attribute *attribute,
			     const Dwarf_Op *op)
{
	Dwarf_Attribute result;
	Dwarf_Addr entry;
	Dwarf_Op *ops;
	size_t count;
	bool is_here = m->function &&
		       dwarf_entrypc(m->function, &entry) == 0 &&
		       entry == m->address;

	if (!attribute || dwarf_getlocation_attr(attribute, op, &result) != 0 ||
	    dwarf_getlocation(&result, &ops, &count) != 0)
		machine_fail(m, "has a damaged location");
	else
		run_inner(m, &result, ops, count, !is_here);
}

static void push_thread_address(struct machine *m)
{
	struct machine_item offset = pop(m);

	if (offset.expr->op != LOCATION_CONSTANT)
		machine_fail(m, "lies in thread storage that moves");
	push(m, location_leaf(m->arena, LOCATION_TLS, offset.expr->number));
}

/* ---- types of numbers ---- */

struct number_type {
	uint64_t size;
	bool is_signed, is_float;
};

/* The base type at an offset in the unit; 0: a plain number. */
static bool read_number_type(struct machine *m, uint64_t offset,
			     Dwarf_Attribute *attribute,
			     struct number_type *ret_type)
{
	uint64_t encoding = 0;
	Dwarf_Die unit, die;

	memset(ret_type, 0, sizeof(*ret_type));
	ret_type->size = 8;
	if (!offset)
		return true;
	if (!attribute ||
	    !dwarf_cu_die(attribute->cu, &unit, NULL, NULL, NULL, NULL, NULL,
			  NULL) ||
	    !dwarf_offdie(dwarf_cu_getdwarf(attribute->cu),
			  dwarf_dieoffset(&unit) - dwarf_cuoffset(&unit) +
			  offset, &die) ||
	    !entry_number(&die, DW_AT_byte_size, &ret_type->size)) {
		machine_fail(m, "has a damaged location");
		return false;
	}
	entry_number(&die, DW_AT_encoding, &encoding);
	ret_type->is_signed = encoding == DW_ATE_signed ||
			      encoding == DW_ATE_signed_char;
	ret_type->is_float = encoding == DW_ATE_float;
	return true;
}

static void convert(struct machine *m, uint64_t offset,
		    Dwarf_Attribute *attribute, bool keeps_bits)
{
	struct number_type type;
	struct machine_item top;

	if (!read_number_type(m, offset, attribute, &type))
		return;
	top = pop(m);
	if (!keeps_bits && (top.is_float || type.is_float) &&
	    top.is_float != type.is_float)
		machine_fail(m, "is computed with floating point here");
	push_item(m, top);
	if (type.is_float && m->height)
		m->stack[m->height - 1].is_float = true;
	else
		narrow(m, type.size, type.is_signed);
}

static void mark_type(struct machine *m, uint64_t offset,
		      Dwarf_Attribute *attribute)
{
	convert(m, offset, attribute, true);
}

static void load_typed(struct machine *m, uint64_t size, uint64_t offset,
		       Dwarf_Attribute *attribute)
{
	struct number_type type;

	if (!read_number_type(m, offset, attribute, &type))
		return;
	load(m, size, type.is_signed);
	if (type.is_float && m->height)
		m->stack[m->height - 1].is_float = true;
}

static void push_typed_constant(struct machine *m, Dwarf_Attribute *attribute,
				const Dwarf_Op *op)
{
	struct number_type type;
	Dwarf_Attribute result;
	Dwarf_Block block;

	if (!attribute ||
	    dwarf_getlocation_attr(attribute, op, &result) != 0 ||
	    dwarf_formblock(&result, &block) != 0 || block.length > 8) {
		machine_fail(m, "has a location that is too complicated");
		return;
	}
	if (!read_number_type(m, op->number, attribute, &type))
		return;
	machine_push_number(m, number_of(block.data, block.length));
	if (type.is_float)
		m->stack[m->height - 1].is_float = true;
	else
		narrow(m, type.size, type.is_signed);
}

/* ---- pieces ---- */

static void end_piece(struct machine *m, uint64_t bits, uint64_t bit_offset)
{
	struct location_piece *piece;
	struct location_expr *expr = NULL;
	enum location_kind kind = LOCATION_NONE;

	if (m->height > 0) {
		expr = pop(m).expr;
		kind = m->is_value ? LOCATION_VALUE : LOCATION_PLACE;
	}
	if (!bits || bits > UINT32_MAX || bit_offset > UINT32_MAX ||
	    m->height > 0)
		machine_fail(m, "has a damaged location");
	piece = add_piece(m, kind, expr, bits);
	if (piece)
		piece->bit_offset = (uint32_t)bit_offset;
	m->is_value = false;
}

/* ---- operations ---- */

static bool run_arithmetic(struct machine *m, const Dwarf_Op *op)
{
	static const struct { uint8_t atom; enum location_op op; } table[] = {
		{ DW_OP_and, LOCATION_AND }, { DW_OP_div, LOCATION_DIV },
		{ DW_OP_minus, LOCATION_SUB }, { DW_OP_mod, LOCATION_MOD },
		{ DW_OP_mul, LOCATION_MUL }, { DW_OP_or, LOCATION_OR },
		{ DW_OP_plus, LOCATION_ADD }, { DW_OP_shl, LOCATION_SHL },
		{ DW_OP_shr, LOCATION_SHR }, { DW_OP_shra, LOCATION_SRA },
		{ DW_OP_xor, LOCATION_XOR }, { DW_OP_eq, LOCATION_EQ },
		{ DW_OP_ne, LOCATION_NE }, { DW_OP_lt, LOCATION_LT },
		{ DW_OP_le, LOCATION_LE }, { DW_OP_gt, LOCATION_GT },
		{ DW_OP_ge, LOCATION_GE },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (op->atom == table[i].atom) {
			binary(m, table[i].op);
			return true;
		}
	switch (op->atom) {
	case DW_OP_neg:
		unary(m, LOCATION_NEG);
		return true;
	case DW_OP_not:
		unary(m, LOCATION_NOT);
		return true;
	case DW_OP_plus_uconst:
		machine_push_number(m, (int64_t)op->number);
		binary(m, LOCATION_ADD);
		return true;
	}
	return false;
}

static void absolute(struct machine *m)
{
	/* |x| is (x ^ sign) - sign, sign being all ones or none */
	pick(m, 0);
	machine_push_number(m, 63);
	binary(m, LOCATION_SRA);
	pick(m, 0);
	if (!m->reason) {
		struct machine_item sign = pop(m), again = pop(m), x = pop(m);

		push_item(m, x);
		push_item(m, sign);
		binary(m, LOCATION_XOR);
		push_item(m, again);
		binary(m, LOCATION_SUB);
	}
}

static bool run_stack(struct machine *m, const Dwarf_Op *op)
{
	struct machine_item a, b, c;

	switch (op->atom) {
	case DW_OP_dup:
		pick(m, 0);
		return true;
	case DW_OP_over:
		pick(m, 1);
		return true;
	case DW_OP_pick:
		pick(m, op->number);
		return true;
	case DW_OP_drop:
		pop(m);
		return true;
	case DW_OP_swap:
		a = pop(m);
		b = pop(m);
		push_item(m, a);
		push_item(m, b);
		return true;
	case DW_OP_rot:
		a = pop(m);
		b = pop(m);
		c = pop(m);
		push_item(m, a);
		push_item(m, c);
		push_item(m, b);
		return true;
	case DW_OP_abs:
		absolute(m);
		return true;
	case DW_OP_nop:
		return true;
	}
	return false;
}

static bool run_constant(struct machine *m, Dwarf_Attribute *attribute,
			 const Dwarf_Op *op)
{
	if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31) {
		machine_push_number(m, op->atom - DW_OP_lit0);
		return true;
	}
	switch (op->atom) {
	case DW_OP_const1u: case DW_OP_const1s: case DW_OP_const2u:
	case DW_OP_const2s: case DW_OP_const4u: case DW_OP_const4s:
	case DW_OP_const8u: case DW_OP_const8s: case DW_OP_constu:
	case DW_OP_consts:
		machine_push_number(m, (int64_t)op->number);
		return true;
	case DW_OP_addr:
		push(m, location_leaf(m->arena, LOCATION_STATIC,
				      (int64_t)op->number));
		return true;
	case DW_OP_addrx:
	case DW_OP_GNU_addr_index:
		push_indexed(m, attribute, op, true);
		return true;
	case DW_OP_constx:
	case DW_OP_GNU_const_index:
		push_indexed(m, attribute, op, false);
		return true;
	case DW_OP_implicit_value:
		push_implicit(m, attribute, op);
		return true;
	case DW_OP_const_type:
	case DW_OP_GNU_const_type:
		push_typed_constant(m, attribute, op);
		return true;
	}
	return false;
}

static bool run_register(struct machine *m, Dwarf_Attribute *attribute,
			 const Dwarf_Op *op)
{
	if (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31) {
		push_register(m, op->atom - DW_OP_reg0);
		m->is_value = true;
		return true;
	}
	if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31) {
		push_based(m, op->atom - DW_OP_breg0, (int64_t)op->number);
		return true;
	}
	switch (op->atom) {
	case DW_OP_regx:
		push_register(m, op->number);
		m->is_value = true;
		return true;
	case DW_OP_bregx:
		push_based(m, op->number, (int64_t)op->number2);
		return true;
	case DW_OP_regval_type:
	case DW_OP_GNU_regval_type:
		push_register(m, op->number);
		mark_type(m, op->number2, attribute);
		return true;
	case DW_OP_fbreg:
		push_frame_base(m);
		machine_push_number(m, (int64_t)op->number);
		binary(m, LOCATION_ADD);
		return true;
	case DW_OP_call_frame_cfa:
		machine_push_frame(m);
		return true;
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value:
		push_entry_value(m, attribute, op);
		return true;
	}
	return false;
}

static bool run_memory(struct machine *m, Dwarf_Attribute *attribute,
		       const Dwarf_Op *op)
{
	switch (op->atom) {
	case DW_OP_deref:
		load(m, m->debug->source.pointer_size, false);
		return true;
	case DW_OP_deref_size:
		load(m, op->number, false);
		return true;
	case DW_OP_deref_type:
	case DW_OP_GNU_deref_type:
		load_typed(m, op->number, op->number2, attribute);
		return true;
	case DW_OP_convert:
	case DW_OP_GNU_convert:
		convert(m, op->number, attribute, false);
		return true;
	case DW_OP_reinterpret:
	case DW_OP_GNU_reinterpret:
		convert(m, op->number, attribute, true);
		return true;
	case DW_OP_form_tls_address:
	case DW_OP_GNU_push_tls_address:
		push_thread_address(m);
		return true;
	case DW_OP_piece:
		end_piece(m, op->number < UINT32_MAX ? op->number * 8 : 0, 0);
		return true;
	case DW_OP_bit_piece:
		end_piece(m, op->number, op->number2);
		return true;
	case DW_OP_stack_value:
		m->is_value = true;
		return true;
	case DW_OP_GNU_uninit:
		return true;
	}
	return false;
}

static void run_other(struct machine *m, const Dwarf_Op *op)
{
	switch (op->atom) {
	case DW_OP_implicit_pointer:
	case DW_OP_GNU_implicit_pointer:
		machine_fail(m, "is a pointer here that the compiler removed");
		return;
	case DW_OP_GNU_parameter_ref:
		machine_fail(m, "is not passed to this copy of the function; "
			"-fno-ipa-sra keeps it");
		return;
	case DW_OP_GNU_variable_value:
	case DW_OP_call2: case DW_OP_call4: case DW_OP_call_ref:
		machine_fail(m, "is described by another variable, which is not "
			"followed");
		return;
	case DW_OP_bra: case DW_OP_skip:
		machine_fail(m, "has a location with branches, which is not followed");
		return;
	}
	machine_fail(m, "has a location with an operation that is not known");
}

void machine_run(struct machine *m, Dwarf_Attribute *attribute, Dwarf_Op *ops,
		 size_t count)
{
	if (count > MOST_OPS)
		machine_fail(m, "has a location that is too complicated");
	for (size_t i = 0; i < count && !m->reason; i++) {
		const Dwarf_Op *op = &ops[i];

		if (!run_arithmetic(m, op) && !run_stack(m, op) &&
		    !run_constant(m, attribute, op) &&
		    !run_register(m, attribute, op) &&
		    !run_memory(m, attribute, op))
			run_other(m, op);
	}
}
