/* Variables: those of a function at an address, globals and statics. */
#include "translator/target/debug-private.h"

#include <dwarf.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"

enum { MOST_VARIABLES = 4096, MOST_OFFERED = 24 };

/* A variable's entry, and that of what it is an instance of. */
struct candidate {
	Dwarf_Die die;
	const char *name;
	uint64_t origin;
	int depth;	/* of the block that it is in */
};

struct candidates {
	struct debug *debug;
	uint64_t address;
	VEC(struct candidate) list;
};

/* ---- what there is ---- */

static bool is_variable(int tag)
{
	return tag == DW_TAG_formal_parameter || tag == DW_TAG_variable;
}

static bool is_block(int tag)
{
	return tag == DW_TAG_lexical_block || tag == DW_TAG_try_block ||
	       tag == DW_TAG_catch_block;
}

static uint64_t origin_of(struct debug *debug, Dwarf_Die *die)
{
	Dwarf_Die origin;

	return entry_link(die, DW_AT_abstract_origin, &origin) ?
		entry_reference(debug, &origin) : entry_reference(debug, die);
}

/* Of those with one name the innermost stays, in the place of the first. */
static void add_candidate(struct candidates *all, Dwarf_Die *die, int depth)
{
	struct candidate candidate = {
		.die = *die, .name = entry_name(die), .depth = depth,
		.origin = origin_of(all->debug, die),
	};

	if (!candidate.name || entry_flag(die, DW_AT_declaration) ||
	    all->list.count == MOST_VARIABLES)
		return;
	for (size_t i = 0; i < all->list.count; i++)
		if (strcmp(all->list.items[i].name, candidate.name) == 0) {
			if (all->list.items[i].depth < depth)
				all->list.items[i] = candidate;
			return;
		}
	*vec_push(all->debug->arena, &all->list) = candidate;
}

static enum entry_step visit_variable(void *data, Dwarf_Die *die, int depth)
{
	struct candidates *all = data;
	int tag = dwarf_tag(die);

	if (is_variable(tag))
		add_candidate(all, die, depth);
	return is_block(tag) && entry_has_address(die, all->address) ?
		ENTRY_ENTER : ENTRY_PASS;
}

static bool has_origin(const struct candidates *all, uint64_t reference)
{
	for (size_t i = 0; i < all->list.count; i++)
		if (all->list.items[i].origin == reference)
			return true;
	return false;
}

/* Variables that an instance lost are still in what it is an instance of. */
static void collect_lost(struct candidates *all, Dwarf_Die *function)
{
	struct entry_walk walk = { 0 };
	Dwarf_Die origin, die;

	if (!entry_link(function, DW_AT_abstract_origin, &origin) ||
	    !entry_child(&walk, &origin, &die))
		return;
	do {
		if (is_variable(dwarf_tag(&die)) &&
		    !has_origin(all, entry_reference(all->debug, &die)))
			add_candidate(all, &die, 0);
	} while (entry_next(&walk, &die));
}

static bool collect_scope(struct candidates *all, struct debug *debug,
			  const struct debug_function *scope, uint64_t address)
{
	Dwarf_Die die;

	memset(all, 0, sizeof(*all));
	all->debug = debug;
	all->address = address;
	if (!entry_find(debug, scope->reference, &die))
		return false;
	entry_visit(&die, visit_variable, all);
	collect_lost(all, &die);
	return true;
}

/* ---- what they are ---- */

/* The function that has the frame: the scope itself, or what it is inlined
 * into. */
static bool find_frame_owner(struct debug *debug,
			     const struct debug_function *scope,
			     uint64_t address, Dwarf_Die *ret_die)
{
	if (!scope->is_inlined)
		return entry_find(debug, scope->reference, ret_die);
	return functions_at(debug, address, ret_die, 1) == 1;
}

static void describe(struct debug *debug, Dwarf_Die *die,
		     struct debug_variable *ret_variable)
{
	memset(ret_variable, 0, sizeof(*ret_variable));
	ret_variable->name = entry_name(die);
	ret_variable->type = type_of_entry(debug, die);
	ret_variable->is_parameter = dwarf_tag(die) == DW_TAG_formal_parameter;
	ret_variable->file = entry_file(die);
	ret_variable->line = entry_line(die);
}

static void locate(struct debug *debug, Dwarf_Die *die, Dwarf_Die *owner,
		   uint64_t address, struct debug_variable *variable)
{
	const struct location *location = &variable->location;

	location_of_entry(debug, die, owner, address, &variable->location);
	variable->is_static = location->kind == LOCATION_PLACE &&
			      (location->expr->op == LOCATION_STATIC ||
			       location->expr->op == LOCATION_TLS);
}

static void resolve(struct debug *debug, const struct debug_function *scope,
		    uint64_t address, struct candidate *candidate,
		    struct debug_variable *ret_variable)
{
	Dwarf_Die owner;
	bool has_owner = find_frame_owner(debug, scope, address, &owner);

	describe(debug, &candidate->die, ret_variable);
	locate(debug, &candidate->die, has_owner ? &owner : NULL, address,
	       ret_variable);
}

void debug_variables(struct debug *debug, const struct debug_function *scope,
		     uint64_t address, struct debug_variables *ret_variables)
{
	struct candidates all;

	memset(ret_variables, 0, sizeof(*ret_variables));
	if (!collect_scope(&all, debug, scope, address))
		return;
	for (size_t i = 0; i < all.list.count; i++)
		resolve(debug, scope, address, &all.list.items[i],
			vec_push(debug->arena, &ret_variables->variables));
}

/* ---- globals ---- */

struct global_search {
	struct debug *debug;
	const char *name;	/* the last component */
	const char *text;	/* the whole name */
	const char *file;	/* NULL: any */
	bool found, has_place;
	Dwarf_Die die;
};

static bool has_place(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;

	return entry_attribute(die, DW_AT_location, &attribute) ||
	       entry_attribute(die, DW_AT_const_value, &attribute);
}

static bool file_fits(const struct global_search *search, Dwarf_Die *die)
{
	Dwarf_Die unit;

	if (!search->file)
		return true;
	return (dwarf_diecu(die, &unit, NULL, NULL) &&
		pattern_file(search->file, dwarf_diename(&unit))) ||
	       pattern_file(search->file, entry_file(die));
}

static void look_at(struct global_search *search, Dwarf_Die *die)
{
	const char *name = entry_name(die);
	bool is_placed;

	if (dwarf_tag(die) != DW_TAG_variable || !name ||
	    strcmp(name, search->name) != 0 || !file_fits(search, die))
		return;
	is_placed = has_place(die);
	if (search->found && !is_placed)
		return;
	search->found = true;
	search->has_place = is_placed;
	search->die = *die;
}

static bool holds_globals(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module ||
	       tag == DW_TAG_class_type || tag == DW_TAG_structure_type;
}

static enum entry_step visit_global(void *data, Dwarf_Die *die, int depth)
{
	struct global_search *search = data;

	(void)depth;
	look_at(search, die);
	if (search->has_place)
		return ENTRY_STOP;
	return holds_globals(dwarf_tag(die)) ? ENTRY_ENTER : ENTRY_PASS;
}

static void walk_unit(struct global_search *search, struct debug_unit *unit)
{
	entry_visit(&unit->die, visit_global, search);
	if (!search->found)
		unit_give_back(search->debug, unit);
}

static void walk_units(struct global_search *search)
{
	struct debug *debug = search->debug;
	struct name_filter filter;

	name_filter_make(debug, search->name, &filter);
	for (size_t i = 0; i < debug->units.list.count && !search->has_place;
	     i++)
		if (name_filter_allows(debug, &filter, debug->units.list.items[i]))
			walk_unit(search, debug->units.list.items[i]);
}

/* A variable of another library may have its copy here; only the symbol table
 * knows. */
static void place_by_symbol(struct debug *debug, const char *name,
			    bool is_exported, struct debug_variable *variable)
{
	struct program_symbols symbols;

	program_find_symbols(debug->program, name, &symbols);
	for (size_t i = 0; i < symbols.symbols.count; i++) {
		const struct program_symbol *symbol = symbols.symbols.items[i];

		if (!symbol->is_data && !symbol->is_tls)
			continue;
		variable->location.kind = LOCATION_PLACE;
		variable->location.expr = location_leaf(debug->arena,
			symbol->is_tls ? LOCATION_TLS : LOCATION_STATIC,
			(int64_t)symbol->address);
		variable->is_static = true;
		return;
	}
	variable->location.kind = LOCATION_NONE;
	variable->location.reason = is_exported ?
		"is defined in another library; name that as the module" :
		"is optimised out; the compiler kept it nowhere";
}

static void take_global(struct global_search *search,
			struct debug_variable *ret_variable)
{
	describe(search->debug, &search->die, ret_variable);
	if (search->has_place)
		locate(search->debug, &search->die, NULL, 0, ret_variable);
	else
		place_by_symbol(search->debug, search->name,
				entry_flag(&search->die, DW_AT_external),
				ret_variable);
	ret_variable->is_static |= ret_variable->location.kind == LOCATION_VALUE;
}

static void set_text(struct global_search *search, const char *text)
{
	const char *at = strchr(text, '@');

	search->text = text;
	if (at) {
		search->text = arena_strndup(search->debug->arena, text,
					     (size_t)(at - text));
		search->file = at + 1;
	}
	search->name = search->text;
	for (at = search->text; (at = strstr(at, "::")) != NULL; at += 2)
		search->name = at + 2;
}

bool debug_find_global(struct debug *debug, const char *text,
		       struct debug_variable *ret_variable,
		       const char **ret_reason)
{
	struct global_search search = { .debug = debug };

	set_text(&search, text);
	walk_units(&search);
	if (!search.found) {
		*ret_reason = arena_printf(debug->arena, "%s has no global or "
				"static variable '%s'%s%s", debug->file->path,
				search.text, search.file ? " in " : "",
				search.file ? search.file : "");
		return false;
	}
	take_global(&search, ret_variable);
	return true;
}

/* ---- by name, from a function ---- */

/* Names of the function's unit come before those of others. */
bool debug_find_outside(struct debug *debug, const struct debug_function *scope,
			const char *name, struct debug_variable *ret_variable)
{
	struct global_search search = { .debug = debug };
	struct debug_unit *unit = debug_unit_at(debug, scope->entry);

	set_text(&search, name);
	if (!unit || search.file)
		return false;
	walk_unit(&search, unit);
	if (!search.found)
		return false;
	if (!search.has_place)
		walk_units(&search);
	take_global(&search, ret_variable);
	return true;
}

static const char *offer(const struct candidates *all, const char *name)
{
	struct buf text = { 0 };

	buf_printf(&text, "there is no variable '%s' here", name);
	for (size_t i = 0; i < all->list.count && i < MOST_OFFERED; i++)
		buf_printf(&text, "%s%s", i ? ", " : "; there are: ",
			   all->list.items[i].name);
	return buf_take(&text, all->debug->arena);
}

bool debug_find_variable(struct debug *debug,
			 const struct debug_function *scope, uint64_t address,
			 const char *name, struct debug_variable *ret_variable,
			 const char **ret_reason)
{
	struct candidates all;

	collect_scope(&all, debug, scope, address);
	for (size_t i = 0; i < all.list.count; i++)
		if (strcmp(all.list.items[i].name, name) == 0) {
			resolve(debug, scope, address, &all.list.items[i],
				ret_variable);
			return true;
		}
	if (debug_find_outside(debug, scope, name, ret_variable))
		return true;
	*ret_reason = offer(&all, name);
	return false;
}
