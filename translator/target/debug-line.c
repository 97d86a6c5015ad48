/* Lines of source: where a statement begins, what line an address is of. */
#include "translator/target/debug-private.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"

/* ---- records ---- */

struct record {
	uint64_t address;
	const char *file;
	unsigned int line;
	bool begins, ends, after_prologue;
};

static bool read_record(const struct debug_unit *unit, size_t i,
			struct record *ret_record)
{
	Dwarf_Line *line = dwarf_onesrcline(unit->lines, i);
	Dwarf_Addr address;
	int number = 0;

	memset(ret_record, 0, sizeof(*ret_record));
	if (!line || dwarf_lineaddr(line, &address) != 0)
		return false;
	dwarf_lineno(line, &number);
	dwarf_linebeginstatement(line, &ret_record->begins);
	dwarf_lineendsequence(line, &ret_record->ends);
	dwarf_lineprologueend(line, &ret_record->after_prologue);
	ret_record->address = address;
	ret_record->line = number > 0 ? (unsigned int)number : 0;
	ret_record->file = dwarf_linesrc(line, NULL, NULL);
	return true;
}

void unit_read_lines(struct debug *debug, struct debug_unit *unit)
{
	(void)debug;
	if (unit->lines_read)
		return;
	unit->lines_read = true;
	if (dwarf_getsrclines(&unit->die, &unit->lines, &unit->line_count) != 0)
		unit->line_count = 0;
}

/* The number of records whose address is below @address. */
static size_t records_below(const struct debug_unit *unit, uint64_t address)
{
	size_t low = 0, high = unit->line_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct record record;

		if (read_record(unit, middle, &record) &&
		    record.address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The last record at or before the address, of those that hold it. */
static bool record_at(struct debug *debug, uint64_t address,
		      struct record *ret_record)
{
	struct debug_unit *unit = debug_unit_at(debug, address);
	size_t i;

	if (!unit)
		return false;
	unit_read_lines(debug, unit);
	for (i = records_below(unit, address + 1); i > 0; i--)
		if (!read_record(unit, i - 1, ret_record) || !ret_record->ends ||
		    ret_record->address != address)
			break;
	return i > 0 && read_record(unit, i - 1, ret_record) &&
	       !ret_record->ends && ret_record->file;
}

bool debug_statement_at(struct debug *debug, uint64_t address,
			struct debug_statement *ret_statement)
{
	struct record record;

	memset(ret_statement, 0, sizeof(*ret_statement));
	if (!record_at(debug, address, &record))
		return false;
	ret_statement->address = record.address;
	ret_statement->file = record.file;
	ret_statement->line = record.line;
	return true;
}

/* ---- the prologue ---- */

enum optimised { OPTIMISED_NO, OPTIMISED_YES, OPTIMISED_UNKNOWN };

/* GCC writes its options down: the last -O counts. */
static enum optimised optimised_by_producer(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Die unit;
	const char *text, *last = NULL;

	if (!dwarf_diecu(die, &unit, NULL, NULL) ||
	    !dwarf_attr(&unit, DW_AT_producer, &attribute))
		return OPTIMISED_UNKNOWN;
	text = dwarf_formstring(&attribute);
	if (!text || strncmp(text, "GNU ", 4) != 0 || !strstr(text, " -"))
		return OPTIMISED_UNKNOWN;
	for (; (text = strstr(text, " -O")) != NULL; text += 3)
		last = text + 3;
	return last && *last != '0' ? OPTIMISED_YES : OPTIMISED_NO;
}

/* Code is not optimised if all its parameters stay in memory. */
static bool is_optimised(Dwarf_Die *function)
{
	enum optimised known = optimised_by_producer(function);
	struct entry_walk walk = { 0 };
	Dwarf_Die die;

	if (known != OPTIMISED_UNKNOWN)
		return known == OPTIMISED_YES;
	if (!entry_child(&walk, function, &die))
		return true;
	do {
		if (dwarf_tag(&die) == DW_TAG_formal_parameter)
			return !location_is_fixed(&die);
	} while (entry_next(&walk, &die));
	return true;
}

/* The record that a compiler marked, or the second address of the function. */
static uint64_t end_of_prologue(const struct debug_unit *unit,
				const struct debug_function *function)
{
	uint64_t second = 0;

	for (size_t i = records_below(unit, function->entry);
	     i < unit->line_count; i++) {
		struct record record;

		if (!read_record(unit, i, &record) ||
		    record.address >= function->ranges[0].to)
			break;
		if (record.after_prologue)
			return record.address;
		if (!second && record.address > function->entry && record.line)
			second = record.address;
	}
	return second ? second : function->entry;
}

uint64_t debug_past_prologue(struct debug *debug,
			     const struct debug_function *function)
{
	struct debug_unit *unit = debug_unit_at(debug, function->entry);

	if (!unit)
		return function->entry;
	unit_read_lines(debug, unit);
	return end_of_prologue(unit, function);
}

uint64_t function_body(struct debug *debug,
		       const struct debug_function *function, Dwarf_Die *die)
{
	if (function->is_inlined || is_optimised(die))
		return function->entry;
	return debug_past_prologue(debug, function);
}

/* ---- lines of a function ---- */

static bool same_file(const char *a, const char *b)
{
	return a && b && (a == b || strcmp(a, b) == 0);
}

bool function_lines(struct debug *debug, const struct debug_function *function,
		    unsigned int *ret_first, unsigned int *ret_last)
{
	struct debug_unit *unit = debug_unit_at(debug, function->entry);
	const struct debug_range *range = &function->ranges[0];
	bool found = false;

	if (!unit)
		return false;
	unit_read_lines(debug, unit);
	for (size_t i = records_below(unit, range->from); i < unit->line_count;
	     i++) {
		struct record record;

		if (!read_record(unit, i, &record) || record.address >= range->to)
			break;
		if (!record.line || record.line < function->line ||
		    !same_file(record.file, function->file))
			continue;
		if (!found || record.line < *ret_first)
			*ret_first = record.line;
		if (!found || record.line > *ret_last)
			*ret_last = record.line;
		found = true;
	}
	return found;
}

/* ---- searching ---- */

/* A statement that has been found and the instance of a function it is in:
 * of those of one line in one instance the first address counts. */
struct hit {
	struct record record;
	uint64_t function;	/* reference, 0: none */
};

struct line_search {
	struct debug *debug;
	struct debug_pattern pattern;
	bool any_function;
	struct debug_functions functions;
	struct {
		VEC(struct hit) list;
	} hits;
	/* the nearest lines that have code */
	unsigned int before, after;
};

/* The function of the pattern whose code has the address; inlined ones are
 * inside of others, so the smallest. */
static const struct debug_function *
holder_of(const struct line_search *search, uint64_t address)
{
	const struct debug_function *found = NULL;

	for (size_t i = 0; i < search->functions.functions.count; i++) {
		const struct debug_function *function =
			search->functions.functions.items[i];

		if (function_holds(function, address) &&
		    (!found || function->is_inlined))
			found = function;
	}
	return found;
}

static bool line_fits(struct line_search *search,
		      const struct debug_function *holder, unsigned int line)
{
	unsigned int from = search->pattern.from, to = search->pattern.to;

	if (search->pattern.lines == LINES_ALL)
		return true;
	if (search->pattern.lines == LINES_BEHIND) {
		from += holder ? holder->line : 0;
		to = from;
	}
	if (line < from && line > search->before)
		search->before = line;
	if (line > to && (line < search->after || !search->after))
		search->after = line;
	if (search->pattern.lines == LINES_AT)
		return pattern_has_lines(&search->pattern, line, line);
	return line == from;
}

/* Where all lines of a function are asked for, those of what is inlined into
 * it are not meant. */
static bool is_own(const struct line_search *search,
		   const struct debug_function *holder, uint64_t reference)
{
	return search->pattern.lines != LINES_ALL || search->any_function ||
	       (holder && holder->reference == reference);
}

static uint64_t innermost(struct debug *debug, uint64_t address)
{
	Dwarf_Die dies[DEBUG_DEEPEST];
	size_t count = functions_at(debug, address, dies, DEBUG_DEEPEST);

	return count ? entry_reference(debug, &dies[count - 1]) : 0;
}

static void add_hit(struct line_search *search, const struct record *record,
		    uint64_t function)
{
	struct hit *hit;

	for (size_t i = 0; i < search->hits.list.count; i++) {
		hit = &search->hits.list.items[i];
		if (hit->function != function ||
		    hit->record.line != record->line ||
		    !same_file(hit->record.file, record->file))
			continue;
		if (record->address < hit->record.address)
			hit->record = *record;
		return;
	}
	hit = vec_push(search->debug->arena, &search->hits.list);
	hit->record = *record;
	hit->function = function;
}

static void look_at(struct line_search *search, const struct record *record)
{
	const struct debug_function *holder = NULL;
	const char *file = search->pattern.file;
	uint64_t function;

	if (!record->begins || record->ends || !record->line)
		return;
	if (!search->any_function) {
		holder = holder_of(search, record->address);
		if (!holder)
			return;
	}
	if (file ? !pattern_file(file, record->file) :
		   holder && !same_file(holder->file, record->file))
		return;
	if (!line_fits(search, holder, record->line))
		return;
	function = innermost(search->debug, record->address);
	if (is_own(search, holder, function))
		add_hit(search, record, function);
}

/* Whether the unit's code has lines of a file that matches. */
static bool has_file(struct debug_unit *unit, const char *pattern)
{
	Dwarf_Files *files;
	size_t count;

	if (dwarf_getsrcfiles(&unit->die, &files, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (pattern_file(pattern, dwarf_filesrc(files, i, NULL, NULL)))
			return true;
	return false;
}

static bool has_function(struct line_search *search,
			 const struct debug_unit *unit)
{
	for (size_t i = 0; i < search->functions.functions.count; i++)
		if (debug_unit_at(search->debug,
			search->functions.functions.items[i]->entry) == unit)
			return true;
	return false;
}

static void search_unit(struct line_search *search, struct debug_unit *unit)
{
	struct record record;

	unit_read_lines(search->debug, unit);
	for (size_t k = 0; k < unit->line_count; k++)
		if (read_record(unit, k, &record))
			look_at(search, &record);
}

/* Of any function: units that were compiled from the file, and only if none
 * of them has the line those that include it. */
static bool is_searched(struct line_search *search, struct debug_unit *unit,
			bool included)
{
	const char *file = search->pattern.file;

	if (unit->part != PART_INFO || unit->is_partial)
		return false;
	if (!search->any_function)
		return !included && has_function(search, unit);
	if (pattern_file(file, dwarf_diename(&unit->die)))
		return !included;
	return included && has_file(unit, file);
}

static void search_lines(struct line_search *search)
{
	struct debug *debug = search->debug;

	for (int included = 0; included < 2; included++) {
		for (size_t i = 0; i < debug->units.list.count; i++)
			if (is_searched(search, debug->units.list.items[i],
					included))
				search_unit(search, debug->units.list.items[i]);
		if (search->hits.list.count || search->before || search->after)
			return;
	}
}

/* ---- results ---- */

static struct debug_function *function_of(struct debug *debug,
					  uint64_t reference)
{
	Dwarf_Die die;

	return reference && entry_find(debug, reference, &die) ?
		function_make(debug, &die) : NULL;
}

static void give_hits(struct line_search *search,
		      struct debug_statements *statements)
{
	struct debug_function *function = NULL;
	uint64_t last = 0;

	for (size_t i = 0; i < search->hits.list.count; i++) {
		const struct hit *hit = &search->hits.list.items[i];
		struct debug_statement *statement =
			vec_push(search->debug->arena, &statements->statements);

		if (!function || hit->function != last)
			function = function_of(search->debug, hit->function);
		last = hit->function;
		statement->address = hit->record.address;
		statement->file = hit->record.file;
		statement->line = hit->record.line;
		statement->function = function;
	}
}

static void give_entries(struct line_search *search,
			 struct debug_statements *statements)
{
	for (size_t i = 0; i < search->functions.functions.count; i++) {
		struct debug_function *function =
			search->functions.functions.items[i];
		struct debug_statement statement;

		debug_statement_at(search->debug, function->body, &statement);
		statement.address = function->body;
		statement.function = function;
		*vec_push(search->debug->arena, &statements->statements) =
			statement;
	}
}

static int compare_statements(const void *a, const void *b)
{
	const struct debug_statement *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/* The line that is nearest to the one asked for; 0: none has code. */
static unsigned int nearest_line(const struct line_search *search)
{
	unsigned int from = search->pattern.from, to = search->pattern.to;

	if (!search->before || !search->after)
		return search->before + search->after;
	return from - search->before < search->after - to ? search->before :
							    search->after;
}

static const char *why_no_line(const struct line_search *search,
			       const char *pattern)
{
	struct arena *arena = search->debug->arena;

	if (search->before && search->after)
		return arena_printf(arena, "%s has no code; the nearest lines "
				    "that have are %u and %u", pattern,
				    search->before, search->after);
	if (search->before || search->after)
		return arena_printf(arena, "%s has no code; the nearest line "
				    "that has is %u", pattern,
				    search->before + search->after);
	return arena_printf(arena, "%s: there is no such function or file in "
			    "the debug information", pattern);
}

static void search_nearest(struct line_search *search)
{
	unsigned int line = nearest_line(search);

	if (!line)
		return;
	search->pattern.lines = LINES_AT;
	search->pattern.from = search->pattern.to = line;
	search->pattern.more.list.count = 0;
	search_lines(search);
}

bool debug_find_statements(struct debug *debug, const char *pattern,
			   bool is_nearest,
			   struct debug_statements *ret_statements,
			   const char **ret_reason)
{
	struct line_search search = { .debug = debug };

	memset(ret_statements, 0, sizeof(*ret_statements));
	if (!pattern_read(debug->arena, pattern, &search.pattern, ret_reason))
		return false;
	search.any_function = strcmp(search.pattern.name, "*") == 0 &&
			      search.pattern.file && search.pattern.lines !=
			      LINES_NONE && search.pattern.lines != LINES_BEHIND;
	if (!search.any_function)
		find_functions(debug, &search.pattern, &search.functions);
	if (search.pattern.lines == LINES_NONE) {
		give_entries(&search, ret_statements);
	} else {
		search_lines(&search);
		if (!search.hits.list.count && is_nearest)
			search_nearest(&search);
		give_hits(&search, ret_statements);
	}
	if (!ret_statements->statements.count) {
		*ret_reason = why_no_line(&search, pattern);
		return false;
	}
	qsort(ret_statements->statements.items,
	      ret_statements->statements.count, sizeof(struct debug_statement),
	      compare_statements);
	return true;
}
