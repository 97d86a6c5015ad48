/*
 * The functions that a function calls: those that are inlined into it, and those
 * that the entries of its calls name. Compilers write such entries for code that
 * they optimise.
 */
#include "translator/target/debug-private.h"

#include <dwarf.h>
#include <string.h>

#include "translator/base/arena.h"

enum {
	DEEPEST_CALLS = 16,	/* callers in a row */
	MOST_CALLEES = 4096,
	MOST_STEPS = 1 << 20,	/* entries that are looked at */
};

struct callee_search {
	struct debug *debug;
	struct debug_pattern pattern;
	int most;		/* levels */
	bool jumps;
	int steps;
	const struct debug_function *scope;
	struct debug_callees *found;
};

/* The way from the function whose callees are searched: where its frames go on,
 * the outermost first. */
struct way {
	uint64_t returns[DEEPEST_CALLS];
	size_t depth;
	int level;
	Dwarf_Die *caller;	/* the last of them; NULL: the scope */
};

static bool is_wanted(struct callee_search *search, Dwarf_Die *die)
{
	const struct debug_pattern *pattern = &search->pattern;

	return pattern_has_name(search->debug, pattern, die) &&
	       (!pattern->file || pattern_file(pattern->file, entry_file(die)));
}

static void add_callee(struct callee_search *search, Dwarf_Die *die,
		       const struct way *way)
{
	struct arena *arena = search->debug->arena;
	struct debug_function *function = function_make(search->debug, die);
	const struct debug_function *caller = way->caller ?
		function_make(search->debug, way->caller) : search->scope;
	struct debug_callee *callee;
	uint64_t *returns;

	if (!function || !caller || search->found->callees.count >= MOST_CALLEES)
		return;
	returns = arena_array(arena, uint64_t, way->depth + 1);
	for (size_t i = 0; i < way->depth; i++)
		returns[i] = way->returns[way->depth - 1 - i];
	callee = vec_push(arena, &search->found->callees);
	*callee = (struct debug_callee){ function, caller, returns,
					 way->depth };
}

static void walk_callees(struct callee_search *search, Dwarf_Die *parent,
			 struct entry_walk *walk, const struct way *way,
			 int depth);

/* ---- calls ---- */

/* Code of what an entry without code describes: entries of its unit that are
 * instances of it. */
static size_t find_instances(struct debug *debug, Dwarf_Die *abstract,
			     Dwarf_Die *dies, size_t most)
{
	uint64_t reference = entry_reference(debug, abstract);
	struct debug_unit *unit = debug_unit_of(debug, abstract);
	size_t count = 0;
	Dwarf_Die die, link;

	if (!unit)
		return 0;
	unit_index(debug, unit);
	for (size_t i = 0; i < unit->functions.list.count && count < most; i++)
		if (entry_find(debug, unit->functions.list.items[i].reference,
			       &die) &&
		    entry_link(&die, DW_AT_abstract_origin, &link) &&
		    entry_reference(debug, &link) == reference)
			dies[count++] = die;
	return count;
}

/* Code of what is only declared: another unit's, by its symbol. */
static size_t find_declared(struct debug *debug, Dwarf_Die *declared,
			    Dwarf_Die *ret_die)
{
	const char *name = entry_linkage_name(declared);
	struct program_symbols symbols;

	if (!name)
		name = entry_name(declared);
	if (!name)
		return 0;
	program_find_symbols(debug->program, name, &symbols);
	for (size_t i = 0; i < symbols.symbols.count; i++)
		if (symbols.symbols.items[i]->is_function &&
		    functions_at(debug, symbols.symbols.items[i]->address,
				 ret_die, 1))
			return 1;
	return 0;
}

static size_t find_code(struct debug *debug, Dwarf_Die *origin, Dwarf_Die *dies,
			size_t most)
{
	size_t count;

	if (entry_is_code(origin)) {
		dies[0] = *origin;
		return 1;
	}
	count = find_instances(debug, origin, dies, most);
	return count ? count : find_declared(debug, origin, dies);
}

/* What is called, and where the caller goes on. Without DWARF 5 the entry has
 * attributes of GNU. */
static bool read_call(Dwarf_Die *call, Dwarf_Die *ret_origin,
		      uint64_t *ret_return, bool *ret_is_jump)
{
	Dwarf_Attribute attribute;
	Dwarf_Addr address;

	*ret_is_jump = entry_flag(call, DW_AT_call_tail_call) ||
		       entry_flag(call, DW_AT_GNU_tail_call);
	if (!entry_link(call, DW_AT_call_origin, ret_origin) &&
	    !entry_link(call, DW_AT_abstract_origin, ret_origin))
		return false;
	if (*ret_is_jump)
		return true;
	if ((!dwarf_attr(call, DW_AT_call_return_pc, &attribute) &&
	     !dwarf_attr(call, DW_AT_low_pc, &attribute)) ||
	    dwarf_formaddr(&attribute, &address) != 0)
		return false;
	*ret_return = address;
	return true;
}

static bool is_call(int tag)
{
	return tag == DW_TAG_call_site || tag == DW_TAG_GNU_call_site;
}

static void look_at_call(struct callee_search *search, Dwarf_Die *call,
			 const struct way *way)
{
	enum { MOST_INSTANCES = 8 };
	Dwarf_Die origin, dies[MOST_INSTANCES];
	struct way next = *way;
	bool is_jump, is_named;
	size_t count;

	if (way->depth == DEEPEST_CALLS ||
	    !read_call(call, &origin, &next.returns[way->depth], &is_jump))
		return;
	is_named = is_wanted(search, &origin);
	if (is_jump && is_named && !search->found->jumped_to)
		search->found->jumped_to = function_name(search->debug, &origin);
	if (is_jump && !search->jumps)
		return;
	next.depth += !is_jump;
	next.level++;
	count = find_code(search->debug, &origin, dies, MOST_INSTANCES);
	for (size_t i = 0; i < count; i++) {
		struct entry_walk walk = { 0 };
		struct way inside = next;

		if (is_named)
			add_callee(search, &dies[i], &next);
		inside.caller = &dies[i];
		if (next.level < search->most)
			walk_callees(search, &dies[i], &walk, &inside, 0);
	}
}

/* ---- the entries inside of a function ---- */

static void look_at_inlined(struct callee_search *search, Dwarf_Die *die,
			    struct entry_walk *walk, const struct way *way,
			    int depth)
{
	struct way next = *way;

	next.level++;
	if (is_wanted(search, die))
		add_callee(search, die, &next);
	next.caller = die;
	if (next.level < search->most)
		walk_callees(search, die, walk, &next, depth + 1);
}

static void walk_callees(struct callee_search *search, Dwarf_Die *parent,
			 struct entry_walk *walk, const struct way *way,
			 int depth)
{
	Dwarf_Die die;

	if (depth > DEBUG_DEEPEST || !entry_child(walk, parent, &die))
		return;
	do {
		int tag = dwarf_tag(&die);

		if (search->steps++ > MOST_STEPS)
			return;
		if (entry_is_block(tag))
			walk_callees(search, &die, walk, way, depth + 1);
		else if (tag == DW_TAG_inlined_subroutine)
			look_at_inlined(search, &die, walk, way, depth);
		else if (is_call(tag))
			look_at_call(search, &die, way);
	} while (entry_next(walk, &die));
}

void debug_find_callees(struct debug *debug, const struct debug_function *scope,
			const char *pattern, int depth, bool jumps,
			struct debug_callees *ret_callees)
{
	struct callee_search search = {
		.debug = debug, .most = depth, .jumps = jumps,
		.scope = scope, .found = ret_callees,
	};
	struct entry_walk walk = { 0 };
	struct way way = { .depth = 0 };
	const char *reason;
	Dwarf_Die die;

	memset(ret_callees, 0, sizeof(*ret_callees));
	if (pattern_read(debug->arena, pattern, &search.pattern, &reason) &&
	    entry_find(debug, scope->reference, &die))
		walk_callees(&search, &die, &walk, &way, 0);
}
