/*
 * Functions by pattern, and labels inside of one.
 *
 * Units that can have the name are walked for functions and inlined instances.
 * Where link-time optimisation or dwz put the name into another unit than the
 * code, units that link to the entry with the name are walked too.
 */
#include "translator/target/debug-private.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/glob.h"
#include "translator/target/demangle.h"

struct search {
	struct debug *debug;
	const struct debug_pattern *pattern;
	struct debug_functions *found;
	struct link_filter links;
};

static bool is_function(int tag)
{
	return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

/* The file of a function is where it is declared, or what was compiled. */
static bool file_fits(struct search *search, Dwarf_Die *die)
{
	Dwarf_Die unit;

	if (!search->pattern->file ||
	    pattern_file(search->pattern->file, entry_file(die)))
		return true;
	return dwarf_diecu(die, &unit, NULL, NULL) &&
	       pattern_file(search->pattern->file, dwarf_diename(&unit));
}

static void look_at(struct search *search, Dwarf_Die *die)
{
	struct debug_function *function;

	if (!pattern_has_name(search->debug, search->pattern, die) ||
	    !file_fits(search, die))
		return;
	if (!entry_is_code(die)) {
		if (!dwarf_hasattr(die, DW_AT_declaration))
			link_filter_add(search->debug, &search->links,
					entry_reference(search->debug, die));
		return;
	}
	function = function_make(search->debug, die);
	if (function)
		*vec_push(search->debug->arena, &search->found->functions) =
			function;
}

static enum entry_step visit_entry(void *search, Dwarf_Die *die, int depth)
{
	int tag = dwarf_tag(die);

	(void)depth;
	if (is_function(tag))
		look_at(search, die);
	return entry_holds_code(tag) ? ENTRY_ENTER : ENTRY_PASS;
}

static void walk_unit(struct search *search, struct debug_unit *unit)
{
	size_t found = search->found->functions.count;

	entry_visit(&unit->die, visit_entry, search);
	if (search->found->functions.count == found)
		unit_give_back(search->debug, unit);
}

/* Whether a unit was compiled from a file of the pattern. */
static bool is_of_file(struct search *search, struct debug_unit *unit)
{
	return pattern_file(search->pattern->file, dwarf_diename(&unit->die));
}

/* Units that may have the name. Those that were compiled from the file come
 * first: if it is there, the tables of files of all others are not read. */
static void walk_named(struct search *search, const struct name_filter *filter,
		       uint8_t *walked)
{
	struct debug *debug = search->debug;

	for (int first = search->pattern->file ? 1 : 0; first >= 0; first--) {
		for (size_t i = 0; i < debug->units.list.count; i++) {
			struct debug_unit *unit = debug->units.list.items[i];

			if (walked[i] || (first && !is_of_file(search, unit)) ||
			    !name_filter_allows(debug, filter, unit))
				continue;
			walked[i] = 1;
			walk_unit(search, unit);
		}
		if (search->found->functions.count)
			return;
	}
}

static void walk_units(struct search *search)
{
	struct debug *debug = search->debug;
	size_t count = debug->units.list.count;
	struct name_filter filter;
	uint8_t *walked = arena_array(debug->arena, uint8_t, count + 1);

	name_filter_make(debug, search->pattern->literal, &filter);
	walk_named(search, &filter, walked);
	for (size_t i = 0; i < count && !filter.all; i++)
		if (!walked[i] && link_filter_allows(debug, &search->links,
						debug->units.list.items[i]))
			walk_unit(search, debug->units.list.items[i]);
}

/* What has another name in the symbol table: an alias ("malloc" is the entry
 * __libc_malloc), a template (whose entry's name has its arguments). */
static void add_by_symbol(struct search *search)
{
	struct debug *debug = search->debug;
	struct program_symbols symbols;

	program_find_symbols(debug->program, search->pattern->name, &symbols);
	for (size_t i = 0; i < symbols.symbols.count; i++) {
		const struct program_symbol *symbol = symbols.symbols.items[i];
		struct debug_function *function;
		Dwarf_Die die;

		if (!symbol->is_function ||
		    !functions_at(debug, symbol->address, &die, 1) ||
		    !file_fits(search, &die))
			continue;
		function = function_make(debug, &die);
		if (!function || function->entry != symbol->address)
			continue;
		if (symbol->name[0] != '_')
			function->name = symbol->name;
		*vec_push(debug->arena, &search->found->functions) = function;
	}
}

static int compare_functions(const void *a, const void *b)
{
	const struct debug_function *x = *(struct debug_function *const *)a;
	const struct debug_function *y = *(struct debug_function *const *)b;

	if (x->entry != y->entry)
		return x->entry < y->entry ? -1 : 1;
	if (x->reference != y->reference)
		return x->reference < y->reference ? -1 : 1;
	return 0;
}

void functions_unite(struct debug_functions *functions)
{
	struct debug_function **items = functions->functions.items;
	size_t kept = 0, count = functions->functions.count;

	if (!count)
		return;
	qsort(items, count, sizeof(*items), compare_functions);
	for (size_t i = 1; i < count; i++)
		if (compare_functions(&items[i], &items[kept]) != 0)
			items[++kept] = items[i];
	functions->functions.count = kept + 1;
}

void find_functions(struct debug *debug, const struct debug_pattern *pattern,
		    struct debug_functions *ret_functions)
{
	struct search *search = calloc(1, sizeof(*search));

	memset(ret_functions, 0, sizeof(*ret_functions));
	if (!search)
		return;
	search->debug = debug;
	search->pattern = pattern;
	search->found = ret_functions;
	walk_units(search);
	if (pattern->literal)
		add_by_symbol(search);
	free(search);
	functions_unite(ret_functions);
}

static bool has_line(struct debug *debug, const struct debug_function *function,
		     const struct debug_pattern *pattern)
{
	unsigned int first, last, line;

	if (pattern->lines == LINES_NONE || pattern->lines == LINES_ALL)
		return true;
	if (!function_lines(debug, function, &first, &last))
		return false;
	if (function->line && function->line < first)
		first = function->line;
	if (pattern->lines == LINES_AT)
		return pattern_has_lines(pattern, first, last);
	line = function->line + pattern->from;
	return line <= last && line >= first;
}

/* Instructions of other lines are mixed into inlined code. Of functions that
 * seem to have a line the one that is declared last before it does. */
static unsigned int last_declared(const struct debug_functions *functions,
				  const struct debug_pattern *pattern)
{
	unsigned int last = 0;

	for (size_t i = 0; i < functions->functions.count; i++) {
		unsigned int line = functions->functions.items[i]->line;

		if (line <= pattern->from && line > last)
			last = line;
	}
	return pattern->lines == LINES_AT && pattern->from == pattern->to &&
		       !pattern->more.list.count ? last : 0;
}

bool debug_find_functions(struct debug *debug, const char *pattern,
			  struct debug_functions *ret_functions,
			  const char **ret_reason)
{
	struct debug_functions found;
	struct debug_pattern parts;
	unsigned int last;

	memset(ret_functions, 0, sizeof(*ret_functions));
	if (!pattern_read(debug->arena, pattern, &parts, ret_reason))
		return false;
	find_functions(debug, &parts, &found);
	last = last_declared(&found, &parts);
	for (size_t i = 0; i < found.functions.count; i++)
		if (found.functions.items[i]->line >= last &&
		    has_line(debug, found.functions.items[i], &parts))
			*vec_push(debug->arena, &ret_functions->functions) =
				found.functions.items[i];
	return true;
}

/* ---- inside of a function ---- */

static void add_label(struct debug *debug, Dwarf_Die *die, const char *pattern,
		      struct debug_labels *labels)
{
	const char *name = entry_name(die);
	struct debug_label *label;
	Dwarf_Addr address;

	if (!name || !glob_match(pattern, name) ||
	    dwarf_lowpc(die, &address) != 0)
		return;
	label = vec_push(debug->arena, &labels->labels);
	label->name = name;
	label->address = address;
	label->file = entry_file(die);
	label->line = entry_line(die);
}

struct label_search {
	struct debug *debug;
	const char *pattern;
	struct debug_labels *found;
};

static enum entry_step visit_label(void *data, Dwarf_Die *die, int depth)
{
	struct label_search *search = data;

	(void)depth;
	if (dwarf_tag(die) == DW_TAG_label)
		add_label(search->debug, die, search->pattern, search->found);
	return entry_is_block(dwarf_tag(die)) ? ENTRY_ENTER : ENTRY_PASS;
}

void debug_find_labels(struct debug *debug, const struct debug_function *scope,
		       const char *pattern, struct debug_labels *ret_labels)
{
	struct label_search search = { debug, pattern, ret_labels };
	Dwarf_Die die;

	memset(ret_labels, 0, sizeof(*ret_labels));
	if (entry_find(debug, scope->reference, &die))
		entry_visit(&die, visit_label, &search);
}
