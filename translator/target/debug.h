/*
 * What the debug information (DWARF 4 and 5) of a program says: functions, where
 * they are inlined, lines, variables and where they lie, types.
 *
 * It is read in steps: the list of compilation units first (one entry of each),
 * then only units that can have what is asked for, found by the symbol table
 * and by searching the sections for the name. Addresses are as in program.h.
 *
 * DWARF is foreign input: what does not hold reads as missing, cycles end. All
 * that is handed out lives in the arena of the program and is invalid after
 * debug_close(), which comes before program_close().
 */
#ifndef SPILE_TARGET_DEBUG_H
#define SPILE_TARGET_DEBUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "translator/base/vec.h"
#include "translator/target/ctype.h"
#include "translator/target/location.h"

struct debug;
struct program;

struct debug_range {
	uint64_t from, to;	/* to: first address after it */
};

/* A place that a function's code has: itself, or one that it is inlined at. */
struct debug_function {
	const char *name;	/* C++: qualified, without parameters,
				 * "ns::shape::area" */
	const char *linkage_name;	/* mangled, NULL if it has none */
	uint64_t entry;		/* where it begins */
	uint64_t body;		/* after the prologue; entry if inlined or if
				 * the code is optimised, whose parameters are
				 * valid on entry */
	bool is_inlined;
	bool is_exported;	/* visible to other files (DW_AT_external) */
	const char *file;	/* of the declaration, as the compiler saw it */
	unsigned int line;
	const char *call_file;	/* inlined: where it is called */
	unsigned int call_line;
	const struct debug_range *ranges;	/* the first holds entry */
	size_t range_count;
	struct ctype *type;	/* CTYPE_FUNCTION: result, parameters */

	/* private */
	uint64_t reference;
};

struct debug_functions {
	VEC(struct debug_function *) functions;
};

/* A function that another calls, or that is inlined into it. */
struct debug_callee {
	struct debug_function *function;
	const struct debug_function *caller;
	/* Where its callers go on after the calls, the innermost first; not
	 * those that it is inlined into. */
	const uint64_t *returns;
	size_t depth;
};

struct debug_callees {
	VEC(struct debug_callee) callees;
	/* One of the name that is called last, by a jump: its return address
	 * is not the caller's. NULL: there is none */
	const char *jumped_to;
};

struct debug_label {
	const char *name;
	uint64_t address;
	const char *file;
	unsigned int line;
};

struct debug_labels {
	VEC(struct debug_label) labels;
};

/* An address where a statement begins. */
struct debug_statement {
	uint64_t address;
	const char *file;
	unsigned int line;
	struct debug_function *function;	/* innermost; NULL: none, or not
						 * asked for */
};

struct debug_statements {
	VEC(struct debug_statement) statements;
};

struct debug_variable {
	const char *name;
	struct ctype *type;
	bool is_parameter;
	bool is_static;		/* lives outside the stack: a global, a static */
	struct location location;
	const char *file;	/* of the declaration */
	unsigned int line;
};

struct debug_variables {
	VEC(struct debug_variable) variables;
};

/* One level of what an address is in. */
struct debug_frame {
	const char *function;	/* NULL: unknown */
	bool is_inlined;	/* into the next one */
	const char *file;	/* NULL: unknown */
	unsigned int line;
};

struct debug_frames {
	VEC(struct debug_frame) frames;
};

/*
 * The debug information of a program, in its own file or a separate one (by
 * build id or link, here or from the servers of DEBUGINFOD_URLS). NULL with a
 * sentence in @ret_reason that says what to do.
 */
struct debug *debug_open(struct program *program, const char **ret_reason);
/* NULL is allowed. */
void debug_close(struct debug *debug);

/*
 * Functions by a pattern of the language: "name", "name@file", "name@file:12"
 * (its lines hold 12), wildcards in name and file. A name is matched with the
 * one in C or, in C++, the qualified one, its tail ("area", "shape::area"), or
 * the linkage name; a file with a whole path or its last parts. Each instance
 * is one item, by rising entry; instances that are inlined are marked. False with a
 * sentence in @ret_reason if the pattern is malformed; no match is no error.
 */
bool debug_find_functions(struct debug *debug, const char *pattern,
			  struct debug_functions *ret_functions,
			  const char **ret_reason);
/* The innermost function, inlined or not, that an address is in, or NULL; the
 * function itself, that others are inlined into. */
struct debug_function *debug_function_at(struct debug *debug, uint64_t address);
struct debug_function *debug_outer_function_at(struct debug *debug,
					       uint64_t address);

/* Where its prologue ends as the table of lines says, also if it is optimised:
 * then other code may come before, and this place may be left out. */
uint64_t debug_past_prologue(struct debug *debug,
			     const struct debug_function *function);

/* Labels in a function whose names match. */
void debug_find_labels(struct debug *debug, const struct debug_function *scope,
		       const char *pattern, struct debug_labels *ret_labels);
/*
 * Functions whose names match ("name", "name@file") that are inlined into @scope
 * or called by it, as far as the debug information tells calls: that of
 * optimised code does, those through pointers and into other files it does not.
 * @depth 1: directly, 2: also by those, and so on. One item for each way to get
 * there. @jumps: also those that are called by a jump, without @returns.
 */
void debug_find_callees(struct debug *debug, const struct debug_function *scope,
			const char *pattern, int depth, bool jumps,
			struct debug_callees *ret_callees);

/*
 * Statements by a pattern of the language: "name@file:12", "*@file:12",
 * "name@file+2" (after the line of the function), "name@file:12-20",
 * "name@file:12,14-20", "name@file:*", and names and files as above. For a line that has no code
 * @is_nearest takes the nearest one that has; else there is none, and
 * @ret_reason names those around. Without a line: the entry of the functions.
 */
bool debug_find_statements(struct debug *debug, const char *pattern,
			   bool is_nearest,
			   struct debug_statements *ret_statements,
			   const char **ret_reason);
/* The statement at an address, or the one it is in, without its function; false:
 * no line is known. */
bool debug_statement_at(struct debug *debug, uint64_t address,
			struct debug_statement *ret_statement);

/*
 * Variables that can be named at @address in @scope, in the order in which they
 * are declared, of several with one name the innermost: parameters and locals
 * of the function and of the blocks around the address. One that has no value there has a LOCATION_NONE with a reason.
 */
void debug_variables(struct debug *debug, const struct debug_function *scope,
		     uint64_t address, struct debug_variables *ret_variables);
/* One of the globals and statics that the function's file knows. */
bool debug_find_outside(struct debug *debug, const struct debug_function *scope,
			const char *name,
			struct debug_variable *ret_variable);
/* One of them, or of the globals and statics that the function's file knows.
 * False: no such name; @ret_reason offers those that there are. */
bool debug_find_variable(struct debug *debug,
			 const struct debug_function *scope, uint64_t address,
			 const char *name, struct debug_variable *ret_variable,
			 const char **ret_reason);
/* A global or static of any file: "name", "name@file.c". */
bool debug_find_global(struct debug *debug, const char *text,
		       struct debug_variable *ret_variable,
		       const char **ret_reason);

/* The stack pointer that the caller of the function had before the call, as
 * seen at @address; NULL: not known. */
struct location_expr *debug_call_frame(struct debug *debug, uint64_t address);

/* A type as C writes it: "struct node*", "size_t", "enum color", "ns::shape".
 * NULL if there is none of this name or the text is more than that. */
struct ctype *debug_find_type(struct debug *debug, const char *text);
/* The value of an enumerator of any enum. */
bool debug_enumerator(struct debug *debug, const char *name, int64_t *ret_value);
/* Types that the caller builds next to those of the program. */
struct ctype_source *debug_source(struct debug *debug);

/* What an address is in: inlined functions first, the outermost last; file and
 * line of each are where it was at that moment. Empty: nothing known. */
void debug_describe(struct debug *debug, uint64_t address,
		    struct debug_frames *ret_frames);

#endif
