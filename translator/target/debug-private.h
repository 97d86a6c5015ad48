/*
 * Inside of debug.h, for the files that read the parts of DWARF. libdw's types
 * stay in here.
 *
 * Entries (DIEs) are known by a reference of 54 bits, an offset and which
 * section it counts from, so that what is handed out can lead back to them.
 */
#ifndef SPILE_TARGET_DEBUG_PRIVATE_H
#define SPILE_TARGET_DEBUG_PRIVATE_H

#include <elfutils/libdw.h>

#include "translator/base/map.h"
#include "translator/target/debug.h"
#include "translator/target/program-private.h"

enum {
	DEBUG_DEEPEST = 128,	/* levels of entries, types, expressions */
	DEBUG_MOST_UNITS = 1 << 20,
};

/* Which section a reference counts from. */
enum debug_part { PART_INFO, PART_TYPES, PART_ALT, PART_COUNT };

/* A function in a unit's index: its addresses. */
struct unit_function {
	uint64_t from, to;
	uint64_t reference;
};

struct debug_unit {
	Dwarf_Die die;		/* its first entry */
	enum debug_part part;
	uint64_t begin, end;	/* its bytes in that section */
	bool is_partial;	/* has no code, others import it */
	bool indexed;
	struct {
		VEC(struct unit_function) list;
	} functions;		/* by rising from */
	bool lines_read;
	Dwarf_Lines *lines;
	size_t line_count;
};

struct unit_range {
	uint64_t from, to;
	uint64_t greatest_end;	/* of this range and those before it */
	struct debug_unit *unit;
};

/* A separate file that dwz made of what several programs have in common. */
struct debug_alternative {
	struct elf_file file;
	Dwarf *dwarf;
};

struct debug {
	struct ctype_source source;	/* first: types lead back here */
	struct arena *arena;
	struct program *program;
	struct elf_file *file;
	Dwarf *dwarf, *alt;
	struct debug_alternative own_alt;	/* if libdw did not find it */
	Elf_Data *info[PART_COUNT], *text[PART_COUNT];
	Elf_Data *text_offsets;
	struct {
		VEC(struct debug_unit *) list;
	} units;
	bool has_shared_units;	/* partial units: dwz was here */
	bool ranges_read;
	struct {
		VEC(struct unit_range) list;
	} ranges;
	bool cfi_read;
	Dwarf_CFI *cfi_loaded, *cfi_debug;
	struct map types;	/* "kind name": struct found_type */
	int completing;		/* levels of searches for complete types */
};

/* ---- entries (debug-entry.c) ---- */

/* The entry of a reference; false if there is none. */
bool entry_find(struct debug *debug, uint64_t reference, Dwarf_Die *ret_die);
uint64_t entry_reference(struct debug *debug, Dwarf_Die *die);

/*
 * A walk over entries in the order of the section. Going back to what was seen
 * ends it, so damaged links between siblings cannot make it endless.
 */
struct entry_walk {
	const void *last;
};
bool entry_child(struct entry_walk *walk, Dwarf_Die *parent, Dwarf_Die *ret);
bool entry_next(struct entry_walk *walk, Dwarf_Die *die);

/*
 * Calls visit for the entries below parent, in order, and for those below each
 * of which it says so, at most DEBUG_DEEPEST levels down. depth is 0 for the
 * children of parent.
 */
enum entry_step { ENTRY_PASS, ENTRY_ENTER, ENTRY_STOP };
void entry_visit(Dwarf_Die *parent,
		 enum entry_step (*visit)(void *data, Dwarf_Die *die, int depth),
		 void *data);

/* Attributes, also those of what the entry is an instance or the definition
 * of. */
bool entry_attribute(Dwarf_Die *die, unsigned int name,
		     Dwarf_Attribute *ret_attribute);
bool entry_flag(Dwarf_Die *die, unsigned int name);
bool entry_number(Dwarf_Die *die, unsigned int name, uint64_t *ret_number);
/* The entry that an attribute of this very entry refers to. */
bool entry_link(Dwarf_Die *die, unsigned int name, Dwarf_Die *ret_die);
bool entry_type(Dwarf_Die *die, Dwarf_Die *ret_type);
const char *entry_name(Dwarf_Die *die);
const char *entry_linkage_name(Dwarf_Die *die);
/* Where it is declared; NULL and 0 if that is not known. */
const char *entry_file(Dwarf_Die *die);
unsigned int entry_line(Dwarf_Die *die);
/* Whether its addresses hold one. */
bool entry_has_address(Dwarf_Die *die, uint64_t address);
bool entry_is_code(Dwarf_Die *die);
/* The pieces of its code, in the arena; the first holds its entry. */
const struct debug_range *entry_ranges(struct debug *debug, Dwarf_Die *die,
				       uint64_t *ret_entry, size_t *ret_count);
/* Whether it is a block, a function, a namespace or a class, that entries of
 * code lie in. */
bool entry_holds_code(int tag);
bool entry_is_block(int tag);

/* ---- units (debug.c, debug-search.c) ---- */

struct debug_unit *debug_unit_at(struct debug *debug, uint64_t address);
struct debug_unit *debug_unit_of(struct debug *debug, Dwarf_Die *die);

/* Units whose bytes can hold a name, or (if NULL) all: a filter that may say
 * yes too often. */
struct name_filter {
	const char *name;
	bool all;
	struct {
		VEC(uint32_t) list;
	} offsets[PART_COUNT];	/* of the name in the sections of text */
};
void name_filter_make(struct debug *debug, const char *name,
		      struct name_filter *ret_filter);
bool name_filter_allows(struct debug *debug, const struct name_filter *filter,
			const struct debug_unit *unit);
/* A unit that had nothing: its memory goes back to the system. */
void unit_give_back(struct debug *debug, const struct debug_unit *unit);

/* Entries without code that others are instances of; a unit's bytes are
 * searched for links to any of them. */
struct link_filter {
	struct {
		VEC(uint32_t) list;
	} offsets;
	uint8_t marks[1 << 13];	/* a bit for the low 16 of each offset */
};
void link_filter_add(struct debug *debug, struct link_filter *filter,
		     uint64_t reference);
bool link_filter_allows(struct debug *debug, const struct link_filter *filter,
			const struct debug_unit *unit);

/* ---- types (debug-type.c, debug-type-find.c) ---- */

/* The type that an entry refers to; void if it refers to none. */
struct ctype *type_of_entry(struct debug *debug, Dwarf_Die *die);
/* A function's entry as a type. */
struct ctype *type_of_function(struct debug *debug, Dwarf_Die *die);
void debug_type_source(struct debug *debug);
/* An entry of a type. */
struct ctype *type_make(struct debug *debug, Dwarf_Die *start);
/* Replaces a declaration by the whole type, if there is one. */
void type_complete(struct debug *debug, Dwarf_Die *die);
bool type_enum_is_signed(Dwarf_Die *die);
int64_t type_enumerator_value(Dwarf_Die *die, bool is_signed);

/* ---- patterns (debug-pattern.c) ---- */

enum pattern_lines {
	LINES_NONE,	/* "name", "name@file" */
	LINES_AT,	/* ":12", ":12-20", ":12,14-20" */
	LINES_BEHIND,	/* "+2": after the line of the function */
	LINES_ALL,	/* ":*" */
};

struct pattern_range {
	unsigned int from, to;
};

struct debug_pattern {
	const char *name;
	const char *literal;	/* the last component of the name, if it has no
				 * wildcards, else NULL */
	bool has_scope;		/* "::" in the name */
	const char *bare;	/* the name without the arguments of templates,
				 * if it has any, else NULL */
	const char *file;	/* NULL: any */
	enum pattern_lines lines;
	unsigned int from, to;
	/* LINES_AT: those behind commas. */
	struct {
		VEC(struct pattern_range) list;
	} more;
};
bool pattern_read(struct arena *arena, const char *text,
		  struct debug_pattern *ret_pattern, const char **ret_reason);
bool pattern_has_name(struct debug *debug, const struct debug_pattern *pattern,
		      Dwarf_Die *die);
/* LINES_AT: whether any line that is meant is one from @first to @last. */
bool pattern_has_lines(const struct debug_pattern *pattern, unsigned int first,
		       unsigned int last);
/* A path, or the end of one; with wildcards. */
bool pattern_file(const char *pattern, const char *file);

/* ---- functions (debug-function.c, debug-find.c) ---- */

/* NULL if the entry has no code in the program. */
struct debug_function *function_make(struct debug *debug, Dwarf_Die *die);
const char *function_name(struct debug *debug, Dwarf_Die *die);
/* The same as its scopes are written down, with the arguments of templates:
 * "ns::ring<int, 4>::put". */
const char *function_written_name(struct debug *debug, Dwarf_Die *die);
/* Fills unit->functions. */
void unit_index(struct debug *debug, struct debug_unit *unit);
/* The entries of functions around an address, the outermost first; their
 * number. */
size_t functions_at(struct debug *debug, uint64_t address, Dwarf_Die *dies,
		    size_t most);
/* The functions of a pattern without regard to its lines. */
void find_functions(struct debug *debug, const struct debug_pattern *pattern,
		    struct debug_functions *ret_functions);
bool function_holds(const struct debug_function *function, uint64_t address);
/* Sorts by entry and leaves each once. */
void functions_unite(struct debug_functions *functions);

/* ---- lines (debug-line.c) ---- */

void unit_read_lines(struct debug *debug, struct debug_unit *unit);
/* Where the function's own code begins. */
uint64_t function_body(struct debug *debug,
		       const struct debug_function *function, Dwarf_Die *die);
/* The lines of a function's own code: the first and the last. */
bool function_lines(struct debug *debug, const struct debug_function *function,
		    unsigned int *ret_first, unsigned int *ret_last);

/* ---- locations (debug-location.c) ---- */

/* Where a variable's entry says it is at an address of the function @outer
 * (the one that is not inlined). */
void location_of_entry(struct debug *debug, Dwarf_Die *variable,
		       Dwarf_Die *outer, uint64_t address,
		       struct location *ret_location);
/* Whether it is where it is for the whole function, in memory. */
bool location_is_fixed(Dwarf_Die *variable);

#endif
