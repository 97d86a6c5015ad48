/*
 * Where a variable is at an address: what the machine left of its expression, a
 * constant, or the reason why it is nowhere.
 */
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"
#include "translator/target/debug-machine.h"

static const char nowhere[] = "is optimised out; the compiler kept it nowhere. "
			      "Build with -Og or -O0 to see it";

enum {
	MOST_PLACES = 3,	/* that a reason names, of so many: */
	MOST_KNOWN = 32,
	MOST_LISTED = 4096,
};

/* ---- the result ---- */

static void take_result(struct machine *m, struct location *ret_location)
{
	if (m->pieces.list.count && m->height)
		machine_fail(m, "has a damaged location");
	if (!m->pieces.list.count && m->height < 1)
		machine_fail(m, "is optimised out here");
	if (m->reason) {
		ret_location->kind = LOCATION_NONE;
		ret_location->reason = m->reason;
	} else if (m->pieces.list.count) {
		ret_location->kind = LOCATION_PIECES;
		ret_location->pieces = m->pieces.list.items;
		ret_location->piece_count = m->pieces.list.count;
	} else {
		ret_location->kind = m->is_value ? LOCATION_VALUE :
						   LOCATION_PLACE;
		ret_location->expr = m->stack[m->height - 1].expr;
	}
}

/* DW_AT_const_value: a number, or bytes. */
static bool take_constant(struct machine *m, Dwarf_Die *variable)
{
	Dwarf_Attribute attribute;
	Dwarf_Sword number;
	Dwarf_Block block;
	const char *text;

	if (!entry_attribute(variable, DW_AT_const_value, &attribute))
		return false;
	text = dwarf_formstring(&attribute);
	if (text)
		machine_push_bytes(m, (const uint8_t *)text, strlen(text) + 1);
	else if (dwarf_formblock(&attribute, &block) == 0)
		machine_push_bytes(m, block.data, block.length);
	else if (dwarf_formsdata(&attribute, &number) == 0)
		machine_push_number(m, number);
	else
		return false;
	m->is_value = true;
	return true;
}

/* ---- where else ---- */

struct place {
	const char *file;
	unsigned int line;
};

struct places {
	struct place items[MOST_KNOWN];
	int count;
};

/* False when there are enough. */
static bool add_place(struct debug *debug, struct places *places,
		      uint64_t address)
{
	struct debug_statement statement;

	if (places->count == MOST_KNOWN)
		return false;
	if (!debug_statement_at(debug, address, &statement) || !statement.line)
		return true;
	for (int i = 0; i < places->count; i++)
		if (places->items[i].line == statement.line &&
		    strcmp(places->items[i].file, statement.file) == 0)
			return true;
	places->items[places->count++] = (struct place){
		.file = statement.file, .line = statement.line,
	};
	return true;
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = strcmp(x->file, y->file);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static const char *name_places(struct arena *arena, struct places *places)
{
	struct buf text = { 0 };

	qsort(places->items, (size_t)places->count, sizeof(struct place),
	      compare_places);
	buf_puts(&text, "is optimised out here; it is visible at ");
	for (int i = 0; i < places->count && i < MOST_PLACES; i++)
		buf_printf(&text, "%s%s:%u", i ? ", " : "",
			   file_base(places->items[i].file),
			   places->items[i].line);
	return buf_take(&text, arena);
}

/* Why a variable has no value here: where the compiler kept it, if it did. */
static const char *why_not_here(struct debug *debug, Dwarf_Attribute *attribute)
{
	struct places places = { 0 };
	Dwarf_Addr base, from, to;
	ptrdiff_t offset = 0;
	Dwarf_Op *ops;
	size_t count;

	for (int i = 0; i < MOST_LISTED; i++) {
		offset = dwarf_getlocations(attribute, offset, &base, &from,
					    &to, &ops, &count);
		if (offset <= 0)
			break;
		if (count && from < to && !add_place(debug, &places, from))
			break;
	}
	return places.count ? name_places(debug->arena, &places) : nowhere;
}

/*
 * An entry of a list may be empty, for a moment between two statements of one
 * instruction: a parameter of an inlined function that is a constant, say. The
 * machine's state is what the entry says all the same.
 */
static bool find_moment(struct machine *m, Dwarf_Attribute *attribute,
			Dwarf_Op **ret_ops, size_t *ret_count)
{
	Dwarf_Addr base, from, to;
	ptrdiff_t offset = 0;

	for (int i = 0; i < MOST_LISTED; i++) {
		offset = dwarf_getlocations(attribute, offset, &base, &from,
					    &to, ret_ops, ret_count);
		if (offset <= 0)
			return false;
		if (from == to && from == m->address && *ret_count)
			return true;
	}
	return false;
}

static void run_at(struct machine *m, Dwarf_Attribute *attribute)
{
	Dwarf_Op *ops;
	size_t count;
	bool found = dwarf_getlocation_addr(attribute, m->address, &ops, &count,
					    1) == 1 ||
		     find_moment(m, attribute, &ops, &count);

	if (found && count)
		machine_run(m, attribute, ops, count);
	else
		machine_fail(m, why_not_here(m->debug, attribute));
}

void location_of_entry(struct debug *debug, Dwarf_Die *variable,
		       Dwarf_Die *outer, uint64_t address,
		       struct location *ret_location)
{
	struct machine m = {
		.debug = debug, .arena = debug->arena, .function = outer,
		.address = address,
	};
	Dwarf_Attribute attribute;

	memset(ret_location, 0, sizeof(*ret_location));
	if (entry_attribute(variable, DW_AT_location, &attribute))
		run_at(&m, &attribute);
	else if (!take_constant(&m, variable))
		machine_fail(&m, nowhere);
	take_result(&m, ret_location);
}

bool location_is_fixed(Dwarf_Die *variable)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t count;

	return dwarf_attr(variable, DW_AT_location, &attribute) &&
	       dwarf_getlocation(&attribute, &ops, &count) == 0 && count == 1 &&
	       (ops[0].atom == DW_OP_fbreg ||
		(ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31));
}

struct location_expr *debug_call_frame(struct debug *debug, uint64_t address)
{
	struct machine m = {
		.debug = debug, .arena = debug->arena, .address = address,
	};

	machine_push_frame(&m);
	return m.reason || m.height != 1 ? NULL : m.stack[0].expr;
}
