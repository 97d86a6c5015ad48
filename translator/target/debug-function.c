/* Functions of DWARF: what an entry says, and which of them are at an address. */
#include "translator/target/debug-private.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/target/demangle.h"

enum { MOST_LEVELS = 64, MOST_LABELS = 4096 };

/* ---- one function ---- */

static bool is_cplusplus(Dwarf_Die *unit)
{
	int language = dwarf_srclang(unit);

	return language == DW_LANG_C_plus_plus ||
	       language == DW_LANG_C_plus_plus_03 ||
	       language == DW_LANG_C_plus_plus_11 ||
	       language == DW_LANG_C_plus_plus_14;
}

/* Functions of C++ that are local to their file have no linkage name in GCC's
 * entries, but they have a symbol. */
static const char *name_by_symbol(struct debug *debug, Dwarf_Die *die,
				  const char *name)
{
	const struct program_symbol *symbol;
	Dwarf_Addr address;
	char *spelled;
	Dwarf_Die unit;

	if (!name || !dwarf_diecu(die, &unit, NULL, NULL) ||
	    !is_cplusplus(&unit) || dwarf_lowpc(die, &address) != 0 ||
	    dwarf_tag(die) != DW_TAG_subprogram)
		return name;
	symbol = program_symbol_at(debug->program, address);
	if (!symbol || symbol->address != address)
		return name;
	spelled = demangle_name(debug->arena, symbol->name);
	return spelled && demangle_match(name, spelled) ? spelled : name;
}

/* Entries do not know what they lie in: from their unit down to one. */
struct scope_search {
	const void *wanted;
	const char *scopes[DEBUG_DEEPEST + 2];
	struct buf name;
};

static bool is_scope(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_structure_type ||
	       tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

static enum entry_step visit_scope(void *data, Dwarf_Die *die, int depth)
{
	struct scope_search *search = data;
	const char *name;

	if (die->addr == search->wanted) {
		for (int i = 0; i < depth; i++)
			buf_printf(&search->name, "%s::", search->scopes[i]);
		return ENTRY_STOP;
	}
	if (!is_scope(dwarf_tag(die)))
		return ENTRY_PASS;
	name = entry_name(die);
	search->scopes[depth] = name ? name : "(anonymous namespace)";
	return ENTRY_ENTER;
}

/* The entry that stands in the scope of the name: what this one is an instance
 * and the definition of. */
static Dwarf_Die declaration_of(Dwarf_Die *die)
{
	Dwarf_Die at = *die, next;

	for (int i = 0; i < MOST_LEVELS; i++) {
		if (!entry_link(&at, DW_AT_abstract_origin, &next) &&
		    !entry_link(&at, DW_AT_specification, &next))
			break;
		at = next;
	}
	return at;
}

const char *function_written_name(struct debug *debug, Dwarf_Die *die)
{
	Dwarf_Die declaration = declaration_of(die), unit;
	struct scope_search search = { .wanted = declaration.addr };
	const char *name = entry_name(die);

	if (dwarf_diecu(&declaration, &unit, NULL, NULL))
		entry_visit(&unit, visit_scope, &search);
	buf_puts(&search.name, name ? name : "");
	return buf_take(&search.name, debug->arena);
}

/* Scopes are spelled in the symbol. */
const char *function_name(struct debug *debug, Dwarf_Die *die)
{
	const char *linkage = entry_linkage_name(die);
	const char *name = linkage ? demangle_name(debug->arena, linkage) : NULL;

	/* what converts to a type has that type in its name */
	if (!name && linkage && entry_name(die) &&
	    !strncmp(entry_name(die), "operator ", 9))
		return function_written_name(debug, die);
	if (!name)
		name = linkage ? entry_name(die) :
		       name_by_symbol(debug, die, entry_name(die));
	return name ? name : "";
}

static void set_call(struct debug_function *function, Dwarf_Die *die)
{
	Dwarf_Die unit;
	Dwarf_Files *files;
	uint64_t number;
	size_t count;

	if (entry_number(die, DW_AT_call_line, &number))
		function->call_line = (unsigned int)number;
	if (entry_number(die, DW_AT_call_file, &number) &&
	    dwarf_diecu(die, &unit, NULL, NULL) &&
	    dwarf_getsrcfiles(&unit, &files, &count) == 0 && number < count)
		function->call_file = dwarf_filesrc(files, number, NULL, NULL);
}

/* Go says in what file a function is declared, not on which line. */
static void set_declaration(struct debug *debug, Dwarf_Die *die,
			    struct debug_function *function)
{
	struct debug_statement statement;

	function->file = entry_file(die);
	function->line = entry_line(die);
	if (function->line || !dwarf_hasattr(die, DW_AT_name) ||
	    !debug_statement_at(debug, function->entry, &statement))
		return;
	function->line = statement.line;
	if (!function->file)
		function->file = statement.file;
}

/* Functions that the linker dropped keep an entry at an address that is none. */
static bool is_in_program(struct debug *debug, uint64_t address)
{
	uint64_t offset;

	return address && program_offset(debug->program, address, &offset);
}

struct debug_function *function_make(struct debug *debug, Dwarf_Die *die)
{
	struct debug_function *function;
	const struct debug_range *ranges;
	uint64_t entry;
	size_t count;

	ranges = entry_ranges(debug, die, &entry, &count);
	if (!count || !is_in_program(debug, entry))
		return NULL;
	function = arena_new(debug->arena, struct debug_function);
	function->reference = entry_reference(debug, die);
	function->ranges = ranges;
	function->range_count = count;
	function->entry = entry;
	function->name = function_name(debug, die);
	function->linkage_name = entry_linkage_name(die);
	function->is_inlined = dwarf_tag(die) == DW_TAG_inlined_subroutine;
	function->is_exported = entry_flag(die, DW_AT_external);
	set_declaration(debug, die, function);
	function->type = type_of_function(debug, die);
	if (function->is_inlined)
		set_call(function, die);
	function->body = function_body(debug, function, die);
	return function;
}

bool function_holds(const struct debug_function *function, uint64_t address)
{
	for (size_t i = 0; i < function->range_count; i++)
		if (address >= function->ranges[i].from &&
		    address < function->ranges[i].to)
			return true;
	return false;
}

/* ---- the index of a unit ---- */

static void index_function(struct debug *debug, struct debug_unit *unit,
			   Dwarf_Die *die)
{
	Dwarf_Addr base, from, to;
	ptrdiff_t offset = 0;

	for (int i = 0; i < MOST_LEVELS; i++) {
		struct unit_function *function;

		offset = dwarf_ranges(die, offset, &base, &from, &to);
		if (offset <= 0)
			return;
		if (from >= to)
			continue;
		function = vec_push(debug->arena, &unit->functions.list);
		function->from = from;
		function->to = to;
		function->reference = entry_reference(debug, die);
	}
}

struct indexing {
	struct debug *debug;
	struct debug_unit *unit;
};

static enum entry_step index_entry(void *data, Dwarf_Die *die, int depth)
{
	struct indexing *indexing = data;
	int tag = dwarf_tag(die);

	(void)depth;
	if (tag == DW_TAG_subprogram) {
		index_function(indexing->debug, indexing->unit, die);
		return ENTRY_PASS;
	}
	return entry_holds_code(tag) ? ENTRY_ENTER : ENTRY_PASS;
}

static int compare_functions(const void *a, const void *b)
{
	const struct unit_function *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

void unit_index(struct debug *debug, struct debug_unit *unit)
{
	struct indexing indexing = { debug, unit };

	if (unit->indexed)
		return;
	unit->indexed = true;
	entry_visit(&unit->die, index_entry, &indexing);
	if (unit->functions.list.count)
		qsort(unit->functions.list.items, unit->functions.list.count,
		      sizeof(struct unit_function), compare_functions);
}

/* The last function that begins at or before the address, if it holds it. */
static bool find_outer(struct debug *debug, uint64_t address, Dwarf_Die *ret_die)
{
	struct debug_unit *unit = debug_unit_at(debug, address);
	struct unit_function *list;
	size_t low = 0, high;

	if (!unit)
		return false;
	unit_index(debug, unit);
	list = unit->functions.list.items;
	high = unit->functions.list.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list[middle].from <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && address < list[low - 1].to &&
	       entry_find(debug, list[low - 1].reference, ret_die);
}

/* ---- what is at an address ---- */

static bool is_function(int tag)
{
	return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

/* The child that holds the address. */
static bool find_inner(Dwarf_Die *parent, uint64_t address, Dwarf_Die *ret_die)
{
	struct entry_walk walk = { 0 };

	if (!entry_child(&walk, parent, ret_die))
		return false;
	do {
		if (entry_holds_code(dwarf_tag(ret_die)) &&
		    entry_has_address(ret_die, address))
			return true;
	} while (entry_next(&walk, ret_die));
	return false;
}

size_t functions_at(struct debug *debug, uint64_t address, Dwarf_Die *dies,
		    size_t most)
{
	size_t count = 1;
	Dwarf_Die at;

	if (!most || !find_outer(debug, address, &dies[0]))
		return 0;
	at = dies[0];
	for (int i = 0; i < DEBUG_DEEPEST && count < most; i++) {
		Dwarf_Die inner;

		if (!find_inner(&at, address, &inner))
			break;
		at = inner;
		if (is_function(dwarf_tag(&at)))
			dies[count++] = at;
	}
	return count;
}

struct debug_function *debug_function_at(struct debug *debug, uint64_t address)
{
	Dwarf_Die dies[MOST_LEVELS];
	size_t count = functions_at(debug, address, dies, MOST_LEVELS);

	return count ? function_make(debug, &dies[count - 1]) : NULL;
}

struct debug_function *debug_outer_function_at(struct debug *debug,
					       uint64_t address)
{
	Dwarf_Die die;

	return functions_at(debug, address, &die, 1) ?
		function_make(debug, &die) : NULL;
}

/* The inlined functions of an address are called where the next one says. */
void debug_describe(struct debug *debug, uint64_t address,
		    struct debug_frames *ret_frames)
{
	Dwarf_Die dies[MOST_LEVELS];
	size_t count = functions_at(debug, address, dies, MOST_LEVELS);
	struct debug_statement statement = { 0 };
	struct debug_function call = { 0 };

	memset(ret_frames, 0, sizeof(*ret_frames));
	debug_statement_at(debug, address, &statement);
	call.call_file = statement.file;
	call.call_line = statement.line;
	while (count-- > 0) {
		struct debug_frame *frame = vec_push(debug->arena,
						     &ret_frames->frames);

		frame->function = function_name(debug, &dies[count]);
		frame->is_inlined = dwarf_tag(&dies[count]) ==
				    DW_TAG_inlined_subroutine;
		frame->file = call.call_file;
		frame->line = call.call_line;
		memset(&call, 0, sizeof(call));
		set_call(&call, &dies[count]);
	}
	if (!ret_frames->frames.count && statement.file)
		*vec_push(debug->arena, &ret_frames->frames) =
			(struct debug_frame){ .file = statement.file,
					      .line = statement.line };
}
