/* Entries of DWARF: attributes, links, names, addresses. */
#include "translator/target/debug-private.h"

#include <dwarf.h>
#include <string.h>

#include "translator/base/arena.h"

enum { MOST_RANGES = 4096, LINKS = 16 };

/* ---- references ---- */

static Dwarf *dwarf_of(struct debug *debug, enum debug_part part)
{
	return part == PART_ALT ? debug->alt : debug->dwarf;
}

bool entry_find(struct debug *debug, uint64_t reference, Dwarf_Die *ret_die)
{
	enum debug_part part = (enum debug_part)(reference & 3);
	Dwarf *dwarf = dwarf_of(debug, part);

	if (!dwarf)
		return false;
	if (part == PART_TYPES)
		return dwarf_offdie_types(dwarf, reference >> 2, ret_die);
	return dwarf_offdie(dwarf, reference >> 2, ret_die);
}

static enum debug_part part_of(struct debug *debug, Dwarf_Die *die)
{
	uint8_t unit_type = 0;
	Dwarf_Half version = 0;

	if (debug->alt && dwarf_cu_getdwarf(die->cu) == debug->alt)
		return PART_ALT;
	if (dwarf_cu_info(die->cu, &version, &unit_type, NULL, NULL, NULL, NULL,
			  NULL) == 0 && version < 5 && unit_type == DW_UT_type)
		return PART_TYPES;
	return PART_INFO;
}

uint64_t entry_reference(struct debug *debug, Dwarf_Die *die)
{
	return dwarf_dieoffset(die) << 2 | part_of(debug, die);
}

/* ---- walking ---- */

bool entry_child(struct entry_walk *walk, Dwarf_Die *parent, Dwarf_Die *ret)
{
	if (dwarf_child(parent, ret) != 0 || ret->addr <= walk->last)
		return false;
	walk->last = ret->addr;
	return true;
}

bool entry_next(struct entry_walk *walk, Dwarf_Die *die)
{
	Dwarf_Die next;

	if (dwarf_siblingof(die, &next) != 0 || next.addr <= walk->last)
		return false;
	walk->last = next.addr;
	*die = next;
	return true;
}

struct visit {
	enum entry_step (*visit)(void *data, Dwarf_Die *die, int depth);
	void *data;
	struct entry_walk walk;
};

static bool visit_below(struct visit *visit, Dwarf_Die *parent, int depth)
{
	Dwarf_Die die;

	if (depth > DEBUG_DEEPEST || !entry_child(&visit->walk, parent, &die))
		return true;
	do {
		switch (visit->visit(visit->data, &die, depth)) {
		case ENTRY_ENTER:
			if (!visit_below(visit, &die, depth + 1))
				return false;
			break;
		case ENTRY_PASS:
			break;
		case ENTRY_STOP:
			return false;
		}
	} while (entry_next(&visit->walk, &die));
	return true;
}

void entry_visit(Dwarf_Die *parent,
		 enum entry_step (*visit)(void *data, Dwarf_Die *die, int depth),
		 void *data)
{
	struct visit all = { .visit = visit, .data = data };

	visit_below(&all, parent, 0);
}

bool entry_holds_code(int tag)
{
	return tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block ||
	       tag == DW_TAG_inlined_subroutine || tag == DW_TAG_namespace ||
	       tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
	       tag == DW_TAG_union_type || tag == DW_TAG_module ||
	       tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
}

bool entry_is_block(int tag)
{
	return tag == DW_TAG_lexical_block || tag == DW_TAG_try_block ||
	       tag == DW_TAG_catch_block;
}

/* ---- attributes ---- */

/* libdw looks for signatures in .debug_types only; since DWARF 5 units of types
 * are in .debug_info. */
static bool find_signature(Dwarf_Attribute *attribute, Dwarf_Die *ret_die)
{
	Dwarf *dwarf = dwarf_cu_getdwarf(attribute->cu);
	Dwarf_CU *cu = NULL;
	uint64_t wanted, its;
	uint8_t type;

	if (dwarf_whatform(attribute) != DW_FORM_ref_sig8)
		return false;
	memcpy(&wanted, attribute->valp, sizeof(wanted));
	for (int i = 0; i < DEBUG_MOST_UNITS; i++) {
		if (dwarf_get_units(dwarf, cu, &cu, NULL, &type, NULL,
				    NULL) != 0)
			return false;
		if (type == DW_UT_type &&
		    dwarf_cu_info(cu, NULL, NULL, NULL, ret_die, &its, NULL,
				  NULL) == 0 &&
		    its == wanted && ret_die->addr)
			return true;
	}
	return false;
}

static bool follow(Dwarf_Attribute *attribute, Dwarf_Die *ret_die)
{
	return dwarf_formref_die(attribute, ret_die) ||
	       find_signature(attribute, ret_die);
}

bool entry_link(Dwarf_Die *die, unsigned int name, Dwarf_Die *ret_die)
{
	Dwarf_Attribute attribute;

	return dwarf_attr(die, name, &attribute) &&
	       follow(&attribute, ret_die);
}

bool entry_attribute(Dwarf_Die *die, unsigned int name,
		     Dwarf_Attribute *ret_attribute)
{
	Dwarf_Die at = *die, next;

	for (int i = 0; i < LINKS; i++) {
		if (dwarf_attr(&at, name, ret_attribute))
			return true;
		if (!entry_link(&at, DW_AT_abstract_origin, &next) &&
		    !entry_link(&at, DW_AT_specification, &next))
			return false;
		at = next;
	}
	return false;
}

bool entry_flag(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attribute;
	bool flag = false;

	return entry_attribute(die, name, &attribute) &&
	       dwarf_formflag(&attribute, &flag) == 0 && flag;
}

bool entry_number(Dwarf_Die *die, unsigned int name, uint64_t *ret_number)
{
	Dwarf_Attribute attribute;
	Dwarf_Word number;

	if (!entry_attribute(die, name, &attribute) ||
	    dwarf_formudata(&attribute, &number) != 0)
		return false;
	*ret_number = number;
	return true;
}

bool entry_type(Dwarf_Die *die, Dwarf_Die *ret_type)
{
	Dwarf_Attribute attribute;

	return entry_attribute(die, DW_AT_type, &attribute) &&
	       follow(&attribute, ret_type);
}

static const char *text_attribute(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attribute;

	return entry_attribute(die, name, &attribute) ?
		dwarf_formstring(&attribute) : NULL;
}

const char *entry_name(Dwarf_Die *die)
{
	const char *name = text_attribute(die, DW_AT_name);

	return name && *name ? name : NULL;
}

const char *entry_linkage_name(Dwarf_Die *die)
{
	const char *name = text_attribute(die, DW_AT_linkage_name);

	return name ? name : text_attribute(die, DW_AT_MIPS_linkage_name);
}

/* The file's number counts in the unit of the entry that has the attribute. */
const char *entry_file(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Files *files;
	Dwarf_Word number;
	size_t count;
	Dwarf_Die unit;

	if (!entry_attribute(die, DW_AT_decl_file, &attribute) ||
	    dwarf_formudata(&attribute, &number) != 0 ||
	    !dwarf_cu_die(attribute.cu, &unit, NULL, NULL, NULL, NULL, NULL,
			  NULL) ||
	    dwarf_getsrcfiles(&unit, &files, &count) != 0 || number >= count)
		return NULL;
	return dwarf_filesrc(files, number, NULL, NULL);
}

unsigned int entry_line(Dwarf_Die *die)
{
	uint64_t line;

	return entry_number(die, DW_AT_decl_line, &line) ? (unsigned int)line : 0;
}

/* ---- addresses ---- */

bool entry_is_code(Dwarf_Die *die)
{
	return dwarf_hasattr(die, DW_AT_low_pc) ||
	       dwarf_hasattr(die, DW_AT_ranges);
}

bool entry_has_address(Dwarf_Die *die, uint64_t address)
{
	return dwarf_haspc(die, address) == 1;
}

static size_t collect_ranges(Dwarf_Die *die, struct debug_range *ranges,
			     size_t most)
{
	Dwarf_Addr base, from, to;
	ptrdiff_t offset = 0;
	size_t count = 0, steps = 0;

	while ((offset = dwarf_ranges(die, offset, &base, &from, &to)) > 0 &&
	       steps++ < MOST_RANGES)
		if (from < to && count < most)
			ranges[count++] = (struct debug_range){ from, to };
	return count;
}

static uint64_t find_entry(Dwarf_Die *die, const struct debug_range *ranges)
{
	Dwarf_Attribute attribute;
	Dwarf_Addr address;
	Dwarf_Word distance;

	if (dwarf_attr(die, DW_AT_entry_pc, &attribute)) {
		if (dwarf_formaddr(&attribute, &address) == 0)
			return address;
		if (dwarf_formudata(&attribute, &distance) == 0)
			return (dwarf_lowpc(die, &address) == 0 ? address :
				ranges[0].from) + distance;
	}
	return dwarf_lowpc(die, &address) == 0 && address ? address :
							    ranges[0].from;
}

static void put_first(struct debug_range *ranges, size_t count, uint64_t entry)
{
	for (size_t i = 1; i < count; i++)
		if (entry >= ranges[i].from && entry < ranges[i].to) {
			struct debug_range first = ranges[i];

			memmove(ranges + 1, ranges, i * sizeof(*ranges));
			ranges[0] = first;
			return;
		}
}

const struct debug_range *entry_ranges(struct debug *debug, Dwarf_Die *die,
				       uint64_t *ret_entry, size_t *ret_count)
{
	struct debug_range some[MOST_RANGES / 16], *ranges;
	size_t count = collect_ranges(die, some, sizeof(some) / sizeof(*some));

	*ret_count = count;
	if (!count)
		return NULL;
	ranges = arena_array(debug->arena, struct debug_range, count);
	memcpy(ranges, some, count * sizeof(*ranges));
	*ret_entry = find_entry(die, ranges);
	put_first(ranges, count, *ret_entry);
	return ranges;
}
