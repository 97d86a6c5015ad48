/*
 * Types by name: in the units that can have it, also within namespaces and
 * classes.
 */
#include "translator/target/debug-private.h"

#include <dwarf.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/target/type-text.h"

enum { MOST_COMPLETING = 4 };

/* What a search in the units looks for, and what it found. */
struct type_search {
	struct debug *debug;
	enum type_keyword keyword;
	const char *name;	/* its last component */
	const char *prefix;	/* "ns::", or "" */
	size_t prefix_length;
	bool want_enumerator;
	bool found, complete;
	uint64_t reference;
	int64_t value;
};

static bool tag_fits(enum type_keyword keyword, int tag)
{
	bool is_struct = tag == DW_TAG_structure_type ||
			 tag == DW_TAG_class_type;

	switch (keyword) {
	case TYPE_STRUCT:
		return is_struct;
	case TYPE_UNION:
		return tag == DW_TAG_union_type;
	case TYPE_ENUM:
		return tag == DW_TAG_enumeration_type;
	case TYPE_ANY:
		return is_struct || tag == DW_TAG_union_type ||
		       tag == DW_TAG_enumeration_type ||
		       tag == DW_TAG_typedef || tag == DW_TAG_base_type ||
		       tag == DW_TAG_template_alias;
	}
	return false;
}

/* Whether @scope ("a::b::") ends in what the text had before the name. */
static bool prefix_fits(const struct type_search *search, const char *scope)
{
	size_t length = strlen(scope);

	if (length < search->prefix_length)
		return false;
	scope += length - search->prefix_length;
	if (strcmp(scope, search->prefix) != 0)
		return false;
	return length == search->prefix_length || !search->prefix_length ||
	       scope[-1] == ':';
}

static void look_at_type(struct type_search *search, Dwarf_Die *die,
			 const char *scope)
{
	const char *name;
	bool is_complete;

	if (!tag_fits(search->keyword, dwarf_tag(die)))
		return;
	name = dwarf_diename(die);
	if (!name || strcmp(name, search->name) != 0 ||
	    !prefix_fits(search, scope))
		return;
	is_complete = !entry_flag(die, DW_AT_declaration);
	if (search->found && !is_complete)
		return;
	search->found = true;
	search->complete = is_complete;
	search->reference = entry_reference(search->debug, die);
}

static void look_at_enum(struct type_search *search, Dwarf_Die *parent)
{
	struct entry_walk walk = { 0 };
	Dwarf_Die die;

	if (dwarf_tag(parent) != DW_TAG_enumeration_type ||
	    !entry_child(&walk, parent, &die))
		return;
	do {
		const char *name = dwarf_diename(&die);

		if (!name || strcmp(name, search->name) != 0)
			continue;
		search->value = type_enumerator_value(&die,
						type_enum_is_signed(parent));
		search->found = search->complete = true;
		return;
	} while (entry_next(&walk, &die));
}

/* Types lie in units, namespaces and classes. */
static bool holds_types(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_namespace || tag == DW_TAG_structure_type ||
	       tag == DW_TAG_class_type || tag == DW_TAG_union_type ||
	       tag == DW_TAG_module;
}

/* Scopes matter only to a name that has one. */
static const char *inner_scope(const struct type_search *search,
			       const char *scope, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);

	if (!search->prefix_length)
		return scope;
	return arena_printf(search->debug->arena, "%s%s::", scope,
			    name ? name : "");
}

static void search_in(struct type_search *search, Dwarf_Die *parent,
		      const char *scope, struct entry_walk *walk, int depth)
{
	Dwarf_Die die;

	if (depth > DEBUG_DEEPEST || !entry_child(walk, parent, &die))
		return;
	do {
		if (search->want_enumerator)
			look_at_enum(search, &die);
		else
			look_at_type(search, &die, scope);
		if (!search->complete && holds_types(&die) &&
		    dwarf_haschildren(&die) == 1) {
			search_in(search, &die, inner_scope(search, scope, &die),
				  walk, depth + 1);
		}
	} while (!search->complete && entry_next(walk, &die));
}

static void search_units(struct type_search *search)
{
	struct debug *debug = search->debug;
	struct name_filter filter;

	name_filter_make(debug, search->name, &filter);
	for (size_t i = 0; i < debug->units.list.count && !search->complete; i++) {
		struct debug_unit *unit = debug->units.list.items[i];
		struct entry_walk walk = { 0 };

		if (!name_filter_allows(debug, &filter, unit))
			continue;
		search_in(search, &unit->die, "", &walk, 0);
		if (!search->found)
			unit_give_back(debug, unit);
	}
}

static void set_name(struct type_search *search, const char *text)
{
	const char *name = text;

	if (!strchr(text, '<'))
		for (const char *at = text; (at = strstr(at, "::")) != NULL;
		     at += 2)
			name = at + 2;
	search->name = name;
	search->prefix_length = (size_t)(name - text);
	search->prefix = arena_strndup(search->debug->arena, text,
				       search->prefix_length);
}

/* Searches go through the whole file, so what they find is kept. */
static struct type_search *find_type(struct debug *debug,
				     enum type_keyword keyword,
				     const char *text)
{
	const char *key = arena_printf(debug->arena, "%d %s", (int)keyword, text);
	struct type_search *search = map_get(&debug->types, key);

	if (search)
		return search;
	search = arena_new(debug->arena, struct type_search);
	search->debug = debug;
	search->keyword = keyword;
	set_name(search, text);
	search_units(search);
	map_put(debug->arena, &debug->types, key, search);
	return search;
}

/* Turns a declaration into the whole type, in whatever unit has it. */
void type_complete(struct debug *debug, Dwarf_Die *die)
{
	enum type_keyword keyword = TYPE_STRUCT;
	const char *name = entry_name(die);
	struct type_search *search;

	if (!name || debug->completing >= MOST_COMPLETING)
		return;
	if (dwarf_tag(die) == DW_TAG_union_type)
		keyword = TYPE_UNION;
	else if (dwarf_tag(die) == DW_TAG_enumeration_type)
		keyword = TYPE_ENUM;
	debug->completing++;
	search = find_type(debug, keyword, name);
	debug->completing--;
	if (search->complete)
		entry_find(debug, search->reference, die);
}

struct ctype *debug_find_type(struct debug *debug, const char *text)
{
	struct type_text parts;
	struct type_search *search;
	Dwarf_Die die;

	if (!type_text_read(debug->arena, text, &parts))
		return NULL;
	if (parts.is_base)
		return type_text_finish(type_text_base(&debug->source, &parts),
					&parts);
	if (strcmp(parts.name, "void") == 0 && !parts.keyword)
		return type_text_finish(ctype_void(&debug->source), &parts);
	search = find_type(debug, parts.keyword, parts.name);
	if (!search->found || !entry_find(debug, search->reference, &die))
		return NULL;
	return type_text_finish(type_make(debug, &die), &parts);
}

bool debug_enumerator(struct debug *debug, const char *name, int64_t *ret_value)
{
	struct type_search search = {
		.debug = debug, .want_enumerator = true,
	};

	set_name(&search, name);
	search_units(&search);
	*ret_value = search.value;
	return search.found;
}
