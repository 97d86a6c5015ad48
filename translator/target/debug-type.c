/*
 * Types of a program from DWARF.
 *
 * A type node refers to its entry; of an array with several dimensions also to
 * the dimension, which DWARF keeps in one entry: bits 0 and 1 of the reference
 * are the section, 2 to 9 the dimension, the rest the offset.
 */
#include "translator/target/debug-private.h"

#include <dwarf.h>
#include <string.h>

#include "translator/base/arena.h"

enum { MOST_DIMENSIONS = 255, WIDEST_FIELD = 57 };

static struct debug *debug_of(const struct ctype *type)
{
	return (struct debug *)type->source;
}

/* ---- references with a dimension ---- */

static uint64_t with_dimension(uint64_t reference, unsigned int dimension)
{
	return (reference >> 2) << 10 | (uint64_t)dimension << 2 |
	       (reference & 3);
}

static bool follow(const struct ctype *type, Dwarf_Die *ret_die,
		   unsigned int *ret_dimension)
{
	uint64_t reference = (type->reference >> 10) << 2 |
			     (type->reference & 3);

	*ret_dimension = (unsigned int)(type->reference >> 2 & 0xff);
	return entry_find(debug_of(type), reference, ret_die);
}

/* ---- seeing through ---- */

static bool is_modifier(int tag)
{
	return tag == DW_TAG_typedef || tag == DW_TAG_const_type ||
	       tag == DW_TAG_volatile_type || tag == DW_TAG_restrict_type ||
	       tag == DW_TAG_atomic_type || tag == DW_TAG_immutable_type ||
	       tag == DW_TAG_packed_type || tag == DW_TAG_shared_type ||
	       tag == DW_TAG_template_alias || tag == DW_TAG_subrange_type;
}

/* What is inside a typedef is part of its name. */
static void note_modifier(struct ctype *type, Dwarf_Die *die)
{
	if (type->alias)
		return;
	switch (dwarf_tag(die)) {
	case DW_TAG_typedef:
	case DW_TAG_template_alias:
		type->alias = entry_name(die);
		break;
	case DW_TAG_const_type:
		type->is_const = true;
		break;
	case DW_TAG_volatile_type:
		type->is_volatile = true;
		break;
	}
}

/* False if modifiers end in void, or never. */
static bool see_through(struct ctype *type, Dwarf_Die *die)
{
	for (int i = 0; i < DEBUG_DEEPEST; i++) {
		Dwarf_Die next;

		if (entry_link(die, DW_AT_signature, &next)) {
			/* a type that has a unit of its own */
			*die = next;
			continue;
		}
		if (!is_modifier(dwarf_tag(die)))
			return true;
		note_modifier(type, die);
		if (!entry_type(die, &next))
			return false;
		*die = next;
	}
	return false;
}

/* ---- arrays ---- */

static bool is_dimension(Dwarf_Die *die)
{
	return dwarf_tag(die) == DW_TAG_subrange_type ||
	       dwarf_tag(die) == DW_TAG_enumeration_type ||
	       dwarf_tag(die) == DW_TAG_generic_subrange;
}

/* The elements of a dimension; 0 if that is not a constant. */
static uint64_t elements_of(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Sword last;
	uint64_t number, first = 0;

	if (entry_number(die, DW_AT_count, &number))
		return number;
	if (!dwarf_attr(die, DW_AT_upper_bound, &attribute) ||
	    dwarf_formsdata(&attribute, &last) != 0 || last < 0)
		return 0;
	entry_number(die, DW_AT_lower_bound, &first);
	return (uint64_t)last - first + 1;
}

/* The elements from @dimension on; sets the number of dimensions. */
static unsigned int read_dimensions(Dwarf_Die *array, unsigned int dimension,
				    uint64_t *ret_count, uint64_t *ret_product)
{
	struct entry_walk walk = { 0 };
	unsigned int number = 0;
	Dwarf_Die die;

	*ret_count = 0;
	*ret_product = 1;
	if (!entry_child(&walk, array, &die))
		return 0;
	do {
		uint64_t elements;

		if (!is_dimension(&die) || number >= MOST_DIMENSIONS)
			continue;
		elements = elements_of(&die);
		if (number == dimension)
			*ret_count = elements;
		if (number >= dimension &&
		    __builtin_mul_overflow(*ret_product, elements, ret_product))
			*ret_product = 0;
		number++;
	} while (entry_next(&walk, &die));
	return number;
}

/* ---- sizes ---- */

static uint64_t size_of(struct debug *debug, Dwarf_Die *die, int depth)
{
	struct ctype ignored = { 0 };
	uint64_t size, count, product;
	Dwarf_Die type = *die, element;

	if (depth > DEBUG_DEEPEST || !see_through(&ignored, &type))
		return 0;
	if (dwarf_hasattr(&type, DW_AT_byte_size))
		return entry_number(&type, DW_AT_byte_size, &size) ? size : 0;
	switch (dwarf_tag(&type)) {
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
	case DW_TAG_ptr_to_member_type:
		return debug->source.pointer_size;
	case DW_TAG_array_type:
		read_dimensions(&type, 0, &count, &product);
		size = entry_type(&type, &element) ?
			size_of(debug, &element, depth + 1) : 0;
		return __builtin_mul_overflow(size, product, &size) ? 0 : size;
	case DW_TAG_enumeration_type:
		return entry_type(&type, &element) ?
			size_of(debug, &element, depth + 1) : 0;
	}
	return 0;
}

/* ---- kinds ---- */

static void set_base(struct ctype *type, Dwarf_Die *die)
{
	uint64_t encoding = 0;

	entry_number(die, DW_AT_encoding, &encoding);
	type->kind = CTYPE_INT;
	switch (encoding) {
	case DW_ATE_float:
	case DW_ATE_complex_float:
	case DW_ATE_imaginary_float:
	case DW_ATE_decimal_float:
		type->kind = CTYPE_FLOAT;
		return;
	case DW_ATE_boolean:
		type->is_bool = true;
		return;
	case DW_ATE_signed_char:
		type->is_char = true;
		type->is_signed = true;
		return;
	case DW_ATE_unsigned_char:
		type->is_char = true;
		return;
	case DW_ATE_signed:
		type->is_signed = true;
		return;
	}
}

/* An enum is signed as its base is; without one if a value is negative. */
bool type_enum_is_signed(Dwarf_Die *die)
{
	struct entry_walk walk = { 0 };
	struct ctype base = { 0 };
	Dwarf_Attribute attribute;
	Dwarf_Die other;
	Dwarf_Sword value;
	uint64_t encoding = 0;

	if (entry_type(die, &other) && see_through(&base, &other) &&
	    entry_number(&other, DW_AT_encoding, &encoding))
		return encoding == DW_ATE_signed ||
		       encoding == DW_ATE_signed_char;
	if (!entry_child(&walk, die, &other))
		return false;
	do {
		if (dwarf_attr(&other, DW_AT_const_value, &attribute) &&
		    dwarf_formsdata(&attribute, &value) == 0 && value < 0 &&
		    dwarf_whatform(&attribute) != DW_FORM_udata)
			return true;
	} while (entry_next(&walk, &other));
	return false;
}

static void set_array(struct ctype *type, Dwarf_Die *die, unsigned int dimension,
		      struct debug *debug)
{
	uint64_t product, size;
	Dwarf_Die element;

	type->kind = CTYPE_ARRAY;
	read_dimensions(die, dimension, &type->count, &product);
	size = entry_type(die, &element) ? size_of(debug, &element, 0) : 0;
	if (__builtin_mul_overflow(size, product, &type->size))
		type->size = 0;
}

/* Fills in all that the entry itself tells. */
static void set_kind(struct ctype *type, Dwarf_Die *die, struct debug *debug)
{
	type->name = entry_name(die);
	type->size = size_of(debug, die, 0);
	switch (dwarf_tag(die)) {
	case DW_TAG_base_type:
		set_base(type, die);
		return;
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		type->kind = CTYPE_POINTER;
		return;
	case DW_TAG_ptr_to_member_type:
		type->kind = CTYPE_INT;
		type->name = "pointer to member";
		return;
	case DW_TAG_array_type:
		set_array(type, die, 0, debug);
		return;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_interface_type:
		type->kind = CTYPE_STRUCT;
		type->is_incomplete = entry_flag(die, DW_AT_declaration);
		return;
	case DW_TAG_union_type:
		type->kind = CTYPE_UNION;
		type->is_incomplete = entry_flag(die, DW_AT_declaration);
		return;
	case DW_TAG_enumeration_type:
		type->kind = CTYPE_ENUM;
		type->is_signed = type_enum_is_signed(die);
		return;
	case DW_TAG_subroutine_type:
		type->kind = CTYPE_FUNCTION;
		type->size = 0;
		return;
	}
	type->kind = CTYPE_VOID;
	type->size = 0;
}

struct ctype *type_make(struct debug *debug, Dwarf_Die *start)
{
	struct ctype *type = ctype_void(&debug->source);
	Dwarf_Die die = *start;

	if (!see_through(type, &die))
		return type;
	if (entry_flag(&die, DW_AT_declaration))
		type_complete(debug, &die);
	set_kind(type, &die, debug);
	type->reference = with_dimension(entry_reference(debug, &die), 0);
	type->has_target = type->has_members = type->kind == CTYPE_VOID;
	return type;
}

struct ctype *type_of_entry(struct debug *debug, Dwarf_Die *die)
{
	Dwarf_Die type;

	return entry_type(die, &type) ? type_make(debug, &type) :
					ctype_void(&debug->source);
}

struct ctype *type_of_function(struct debug *debug, Dwarf_Die *die)
{
	struct ctype *type = ctype_void(&debug->source);

	type->kind = CTYPE_FUNCTION;
	type->reference = with_dimension(entry_reference(debug, die), 0);
	type->has_target = type->has_members = false;
	return type;
}

/* ---- what is read on demand ---- */

static struct ctype *array_element(struct debug *debug, struct ctype *type,
				   Dwarf_Die *die, unsigned int dimension)
{
	uint64_t count, product;
	struct ctype *element;

	if (dimension + 1 >= read_dimensions(die, dimension, &count, &product))
		return type_of_entry(debug, die);
	element = ctype_void(&debug->source);
	set_array(element, die, dimension + 1, debug);
	element->reference = (type->reference & ~(uint64_t)0x3fc) |
			     (uint64_t)(dimension + 1) << 2;
	element->has_target = element->has_members = false;
	return element;
}

static void load_target(struct ctype *type)
{
	struct debug *debug = debug_of(type);
	unsigned int dimension;
	Dwarf_Die die;

	if (!follow(type, &die, &dimension))
		return;
	type->target = type->kind == CTYPE_ARRAY ?
		array_element(debug, type, &die, dimension) :
		type_of_entry(debug, &die);
}

/* An offset as a number, or as the expression that adds one. */
static bool member_offset(Dwarf_Die *die, uint64_t *ret_bytes)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	Dwarf_Word number;
	size_t count;

	*ret_bytes = 0;
	if (!dwarf_attr(die, DW_AT_data_member_location, &attribute))
		return true;
	if (dwarf_formudata(&attribute, &number) == 0) {
		*ret_bytes = number;
		return true;
	}
	if (dwarf_getlocation(&attribute, &ops, &count) != 0 || count != 1 ||
	    ops[0].atom != DW_OP_plus_uconst)
		return false;
	*ret_bytes = ops[0].number;
	return true;
}

/* Bits were counted from the most significant one of a storage unit once. */
static void set_bits(struct ctype_member *member, Dwarf_Die *die,
		     uint64_t bytes)
{
	uint64_t size = 0, offset, storage = member->type->size;

	member->bit_offset = bytes * 8;
	if (!entry_number(die, DW_AT_bit_size, &size) || !size || size > 64) {
		if (entry_number(die, DW_AT_data_bit_offset, &offset))
			member->bit_offset = offset;
		return;
	}
	if (entry_number(die, DW_AT_data_bit_offset, &offset)) {
		member->bit_offset = offset;
	} else if (entry_number(die, DW_AT_bit_offset, &offset)) {
		entry_number(die, DW_AT_byte_size, &storage);
		member->bit_offset += storage * 8 - offset - size;
	}
	member->bit_size = (uint32_t)size;
	/* a load of 8 bytes must reach it all */
	if (size > WIDEST_FIELD && member->bit_offset % 8 + size > 64)
		member->bit_size = WIDEST_FIELD;
}

static bool is_field(Dwarf_Die *die)
{
	if (dwarf_tag(die) == DW_TAG_inheritance)
		return true;
	return dwarf_tag(die) == DW_TAG_member &&
	       !entry_flag(die, DW_AT_external) &&
	       !entry_flag(die, DW_AT_declaration);
}

struct member_vec {
	VEC(struct ctype_member) list;
};

static void add_field(struct debug *debug, Dwarf_Die *die,
		      struct member_vec *members)
{
	struct ctype_member *member;
	uint64_t bytes;

	if (!is_field(die) || !member_offset(die, &bytes))
		return;
	member = vec_push(debug->arena, &members->list);
	member->name = dwarf_tag(die) == DW_TAG_member ? entry_name(die) : NULL;
	member->type = type_of_entry(debug, die);
	set_bits(member, die, bytes);
}

static void add_parameter(struct debug *debug, struct ctype *type,
			  Dwarf_Die *die, struct member_vec *members)
{
	struct ctype_member *member;

	if (dwarf_tag(die) == DW_TAG_unspecified_parameters)
		type->is_variadic = true;
	if (dwarf_tag(die) != DW_TAG_formal_parameter)
		return;
	member = vec_push(debug->arena, &members->list);
	member->name = entry_name(die);
	member->type = type_of_entry(debug, die);
}

static void load_list(struct ctype *type, Dwarf_Die *parent)
{
	struct debug *debug = debug_of(type);
	struct member_vec members = { 0 };
	struct entry_walk walk = { 0 };
	Dwarf_Die die;

	if (!entry_child(&walk, parent, &die))
		return;
	do {
		if (type->kind == CTYPE_FUNCTION)
			add_parameter(debug, type, &die, &members);
		else
			add_field(debug, &die, &members);
	} while (entry_next(&walk, &die));
	type->members = members.list.items;
	type->member_count = members.list.count;
}

/* Parameters that an instance lost are still in what it is an instance of. */
static void load_parameters(struct ctype *type, Dwarf_Die *die)
{
	Dwarf_Die origin;

	for (int i = 0; i < DEBUG_DEEPEST; i++) {
		if (!entry_link(die, DW_AT_abstract_origin, &origin))
			break;
		*die = origin;
	}
	load_list(type, die);
	if (!type->member_count && entry_link(die, DW_AT_specification, &origin))
		load_list(type, &origin);
}

int64_t type_enumerator_value(Dwarf_Die *die, bool is_signed)
{
	Dwarf_Attribute attribute;
	Dwarf_Sword number;
	Dwarf_Word plain;

	if (!dwarf_attr(die, DW_AT_const_value, &attribute))
		return 0;
	if (is_signed && dwarf_formsdata(&attribute, &number) == 0)
		return number;
	return dwarf_formudata(&attribute, &plain) == 0 ? (int64_t)plain : 0;
}

static void load_enumerators(struct ctype *type, Dwarf_Die *parent)
{
	struct debug *debug = debug_of(type);
	struct entry_walk walk = { 0 };
	struct {
		VEC(struct ctype_enumerator) list;
	} all = { 0 };
	Dwarf_Die die;

	if (!entry_child(&walk, parent, &die))
		return;
	do {
		struct ctype_enumerator *enumerator;
		const char *name = entry_name(&die);

		if (dwarf_tag(&die) != DW_TAG_enumerator)
			continue;
		enumerator = vec_push(debug->arena, &all.list);
		enumerator->name = name ? name : "";
		enumerator->value = type_enumerator_value(&die,
							  type->is_signed);
	} while (entry_next(&walk, &die));
	type->enumerators = all.list.items;
	type->member_count = all.list.count;
}

static void load_members(struct ctype *type)
{
	unsigned int dimension;
	Dwarf_Die die;

	if (!follow(type, &die, &dimension))
		return;
	if (type->kind == CTYPE_FUNCTION)
		load_parameters(type, &die);
	else if (type->kind == CTYPE_ENUM)
		load_enumerators(type, &die);
	else
		load_list(type, &die);
}

void debug_type_source(struct debug *debug)
{
	debug->source.arena = debug->arena;
	debug->source.user = !program_is_kernel(debug->program);
	debug->source.pointer_size = program_pointer_size(debug->program);
	debug->source.load_target = load_target;
	debug->source.load_members = load_members;
}
