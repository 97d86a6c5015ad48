/*
 * What debug information says about names, lines and types, against what the
 * test knows of the sources, and against BTF of the same types.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "testsuite/unit/debug/build.h"
#include "testsuite/unit/fixture-types.h"

static int open_workshop(void **state)
{
	*state = workshop_open();
	return 0;
}

static int close_workshop(void **state)
{
	workshop_close(*state);
	return 0;
}

/* ---- ways to compile ---- */

static const char *const ways[] = {
	"gcc -gdwarf-5 -O0", "gcc -gdwarf-4 -O0", "gcc -g -O2", "clang -g -O0",
	"clang -gdwarf-4 -O2",
};

static struct opened build(struct workshop *w, const char *way,
			   const char *source, const char *name)
{
	struct opened o;

	assert_true(run_command(w, "%s -o %s %s/%s", way, name, w->source,
				source));
	o = open_built(w, name);
	if (!o.debug)
		fail_msg("%s", o.reason);
	return o;
}

static bool can(struct workshop *w, const char *way)
{
	return have(w, arena_strndup(w->arena, way, strcspn(way, " ")));
}

/* The line of a mark in lines.c. */
static unsigned int line_of(struct workshop *w, const char *mark)
{
	char *path = arena_printf(w->arena, "%s/lines.c", w->source);
	size_t size;
	const char *text = file_read(w->arena, path, &size);
	const char *at = text ? strstr(text, arena_printf(w->arena,
					"/* mark: %s */", mark)) : NULL;
	unsigned int line = 1;

	assert_non_null(at);
	for (; text < at; text++)
		line += *text == '\n';
	return line;
}

static struct debug_functions find(struct opened *o, const char *pattern,
				   size_t expected)
{
	struct debug_functions found;
	const char *reason;

	assert_true(debug_find_functions(o->debug, pattern, &found, &reason));
	if (found.functions.count != expected)
		print_error("%s: %zu\n", pattern, found.functions.count);
	assert_int_equal(found.functions.count, expected);
	return found;
}

static struct debug_function *find_one(struct opened *o, const char *pattern)
{
	return find(o, pattern, 1).functions.items[0];
}

/* ---- functions ---- */

static void check_functions(struct workshop *w, struct opened *o)
{
	struct debug_function *leaf = find_one(o, "leaf");
	struct debug_functions tiny;
	struct ctype_member *parameters;
	const char *reason;
	const struct program_symbol *symbol;
	size_t count;

	assert_string_equal(leaf->name, "leaf");
	assert_true(leaf->is_exported);
	assert_false(leaf->is_inlined);
	assert_int_equal(leaf->line, line_of(w, "leaf"));
	assert_string_equal(file_base(leaf->file), "lines.c");
	symbol = program_symbol_at(o->program, leaf->entry);
	assert_string_equal(symbol->name, "leaf");
	assert_int_equal(leaf->ranges[0].to, symbol->address + symbol->size);
	parameters = ctype_members(leaf->type, &count);
	assert_int_equal(count, 2);
	assert_string_equal(parameters[1].name, "b");
	assert_string_equal(ctype_text(parameters[1].type), "char");
	assert_string_equal(ctype_text(ctype_target(leaf->type)), "int");
	assert_true(debug_find_functions(o->debug, "tiny", &tiny, &reason));
	assert_true(tiny.functions.count > 0);
	for (size_t i = 0; i < tiny.functions.count; i++) {
		assert_true(tiny.functions.items[i]->is_inlined);
		assert_false(tiny.functions.items[i]->is_exported);
	}
	assert_true(tiny.functions.items[0]->call_line ==
		    line_of(w, "first call") ||
		    tiny.functions.items[0]->call_line ==
		    line_of(w, "second call"));
}

static void check_patterns(struct workshop *w, struct opened *o)
{
	struct debug_functions none;
	const char *reason = NULL;

	find(o, "l*f", 1);
	find(o, "leaf@lines.c", 1);
	find(o, "leaf@debug/lines.c", 1);
	find(o, "leaf@*/lines.c", 1);
	find(o, "leaf@other.c", 0);
	find(o, "leaf@ines.c", 0);
	find(o, "[lb]*", 2);
	find(o, "nobody", 0);
	find(o, arena_printf(w->arena, "*@lines.c:%u", line_of(w, "local")), 1);
	find(o, "leaf@lines.c+2", 1);
	find(o, "leaf@lines.c:1", 0);
	assert_false(debug_find_functions(o->debug, "leaf@lines.c:x", &none,
					  &reason) && none.functions.count);
	assert_false(debug_find_functions(o->debug, "leaf@", &none, &reason));
	assert_non_null(reason);
	assert_false(debug_find_functions(o->debug, "@lines.c", &none, &reason));
}

static void check_inside(struct opened *o)
{
	struct debug_function *branchy = find_one(o, "branchy");
	struct debug_function *caller = find_one(o, "caller");
	struct debug_callees callees;
	struct debug_labels labels;

	debug_find_labels(o->debug, branchy, "o*", &labels);
	assert_int_equal(labels.labels.count, 1);
	assert_string_equal(labels.labels.items[0].name, "out");
	assert_true(labels.labels.items[0].address > branchy->entry);
	debug_find_labels(o->debug, branchy, "x", &labels);
	assert_int_equal(labels.labels.count, 0);
	debug_find_callees(o->debug, caller, "m*", 1, false, &callees);
	assert_int_equal(callees.callees.count, 1);
	assert_string_equal(callees.callees.items[0].function->name, "middle");
	assert_int_equal(callees.callees.items[0].depth, 0);
	debug_find_callees(o->debug, caller, "tiny", 2, false, &callees);
	assert_int_equal(callees.callees.count, 2);
	debug_find_callees(o->debug, caller, "tiny", 1, false, &callees);
	assert_int_equal(callees.callees.count, 0);
	debug_find_callees(o->debug, caller, "middle@lines.c", 1, false, &callees);
	assert_int_equal(callees.callees.count, 1);
	debug_find_callees(o->debug, caller, "middle@other.c", 1, false, &callees);
	assert_int_equal(callees.callees.count, 0);
}

/* Calls that are not inlined, where code is optimised. */
static void check_calls(struct opened *o, bool is_optimised)
{
	struct debug_function *caller = find_one(o, "caller");
	struct debug_callees callees;

	debug_find_callees(o->debug, caller, "leaf", 1, false, &callees);
	assert_int_equal(callees.callees.count, is_optimised);
	if (!is_optimised)
		return;
	assert_int_equal(callees.callees.items[0].depth, 1);
	assert_in_range(callees.callees.items[0].returns[0], caller->entry + 1,
			caller->ranges[0].to);
	assert_int_equal(callees.callees.items[0].function->entry,
			 find_one(o, "leaf")->entry);
	debug_find_callees(o->debug, find_one(o, "main"), "leaf", 2, false,
			   &callees);
	assert_true(callees.callees.count >= 1);
}

static void test_functions(void **state)
{
	struct workshop *w = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct opened o;

		if (!can(w, ways[i]))
			continue;
		o = build(w, ways[i], "lines.c",
			  "lines");
		check_functions(w, &o);
		check_patterns(w, &o);
		if (!strstr(ways[i], "clang -gdwarf-4 -O2"))
			check_inside(&o);
		check_calls(&o, strstr(ways[i], "-O2") != NULL);
		close_built(&o);
	}
}

/* ---- statements ---- */

static struct debug_statements statements(struct opened *o, const char *pattern,
					  bool is_nearest)
{
	struct debug_statements found;
	const char *reason;

	if (!debug_find_statements(o->debug, pattern, is_nearest, &found,
				   &reason))
		fail_msg("%s", reason);
	return found;
}

static void check_line(struct workshop *w, struct opened *o, const char *format,
		       const char *mark, const char *function)
{
	struct debug_statements found;
	struct debug_statement *first;

	found = statements(o, arena_printf(w->arena, "%s:%u", format,
					   line_of(w, mark)), false);
	first = &found.statements.items[0];
	assert_int_equal(first->line, line_of(w, mark));
	assert_string_equal(file_base(first->file), "lines.c");
	assert_non_null(first->function);
	assert_string_equal(first->function->name, function);
}

static void check_ranges(struct workshop *w, struct opened *o)
{
	unsigned int leaf = line_of(w, "leaf"), nothing = line_of(w, "nothing");
	struct debug_statements found;
	const char *reason = "";

	assert_false(debug_find_statements(o->debug,
		arena_printf(w->arena, "leaf@lines.c:%u", nothing), false,
		&found, &reason));
	assert_non_null(strstr(reason, "nearest lines"));
	found = statements(o, arena_printf(w->arena, "leaf@lines.c:%u", nothing),
			   true);
	assert_true(found.statements.items[0].line == line_of(w, "calls") ||
		    found.statements.items[0].line == line_of(w, "local"));
	found = statements(o, arena_printf(w->arena, "*@lines.c:%u-%u", leaf + 1,
					   nothing + 1), false);
	assert_true(found.statements.count >= 2);
	for (size_t i = 0; i < found.statements.count; i++)
		assert_in_range(found.statements.items[i].line, leaf + 1,
				nothing + 1);
	found = statements(o, "leaf@lines.c:*", false);
	assert_true(found.statements.count >= 3);
	for (size_t i = 0; i < found.statements.count; i++)
		assert_string_equal(found.statements.items[i].function->name,
				    "leaf");
	assert_false(debug_find_statements(o->debug, "nobody@lines.c:5", false,
					   &found, &reason));
	assert_false(debug_find_statements(o->debug, "*@nowhere.c:5", false,
					   &found, &reason));
	assert_non_null(strstr(reason, "no such"));
}

static void test_statements(void **state)
{
	struct workshop *w = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct debug_statements found;
		struct opened o;

		if (!can(w, ways[i]))
			continue;
		o = build(w, ways[i], "lines.c", "lines");
		check_line(w, &o, "leaf@lines.c", "local", "leaf");
		check_line(w, &o, "*@lines.c", "calls", "leaf");
		check_line(w, &o, "branchy@lines.c", "out", "branchy");
		check_line(w, &o, "*@lines.c", "tiny", "tiny");
		check_ranges(w, &o);
		found = statements(&o, "leaf", false);
		assert_int_equal(found.statements.count, 1);
		assert_int_equal(found.statements.items[0].address,
				 find_one(&o, "leaf")->body);
		close_built(&o);
	}
}

/* All statements of tiny, in both places where it is inlined. */
static void test_describe(void **state)
{
	struct workshop *w = *state;
	struct opened o = build(w, "gcc -g -O0", "lines.c",
				"lines");
	struct debug_functions tiny = find(&o, "tiny", 2);
	struct debug_frames frames;

	debug_describe(o.debug, tiny.functions.items[0]->entry, &frames);
	assert_int_equal(frames.frames.count, 3);
	assert_string_equal(frames.frames.items[0].function, "tiny");
	assert_true(frames.frames.items[0].is_inlined);
	assert_int_equal(frames.frames.items[0].line, line_of(w, "tiny"));
	assert_string_equal(frames.frames.items[1].function, "middle");
	assert_int_equal(frames.frames.items[1].line, line_of(w, "first call"));
	assert_string_equal(frames.frames.items[2].function, "caller");
	assert_false(frames.frames.items[2].is_inlined);
	assert_int_equal(frames.frames.items[2].line, line_of(w, "caller"));
	debug_describe(o.debug, 1, &frames);
	assert_int_equal(frames.frames.count, 0);
	close_built(&o);
}

/* ---- globals ---- */

static void check_place(struct opened *o, struct debug_variable *v,
			const char *symbol)
{
	struct program_symbols found;

	program_find_symbols(o->program, symbol, &found);
	assert_int_equal(found.symbols.count, 1);
	assert_int_equal(v->location.kind, LOCATION_PLACE);
	assert_int_equal(v->location.expr->op,
			 found.symbols.items[0]->is_tls ? LOCATION_TLS :
							  LOCATION_STATIC);
	assert_int_equal(v->location.expr->number,
			 found.symbols.items[0]->address);
	assert_true(v->is_static);
}

static void check_global(struct opened *o, const char *text, const char *symbol)
{
	struct debug_variable v;
	const char *reason = NULL;

	if (!debug_find_global(o->debug, text, &v, &reason))
		fail_msg("%s", reason);
	check_place(o, &v, symbol);
	assert_string_equal(ctype_text(v.type), "int");
}

static void check_reasons(struct opened *o)
{
	struct debug_function *leaf = find_one(o, "leaf");
	const char *reason = NULL;
	struct debug_variable v;

	assert_false(debug_find_global(o->debug, "nothing", &v, &reason));
	assert_non_null(strstr(reason, "nothing"));
	assert_false(debug_find_global(o->debug, "total@other.c", &v, &reason));
	assert_false(debug_find_variable(o->debug, leaf, leaf->body, "nothing",
					 &v, &reason));
	assert_non_null(strstr(reason, "local"));
	assert_true(debug_find_variable(o->debug, leaf, leaf->body, "counter",
					&v, &reason));
	check_place(o, &v, "counter");
	assert_true(debug_find_variable(o->debug, leaf, leaf->body, "calls", &v,
					&reason));
	assert_true(v.is_static);
	assert_false(v.is_parameter);
	assert_true(debug_find_variable(o->debug, leaf, leaf->body, "b", &v,
					&reason));
	assert_true(v.is_parameter);
}

static void test_globals(void **state)
{
	struct workshop *w = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct opened o;

		if (!can(w, ways[i]))
			continue;
		o = build(w, ways[i], "lines.c", "lines");
		check_global(&o, "total", "total");
		check_global(&o, "counter", "counter");
		check_global(&o, "counter@lines.c", "counter");
		check_global(&o, "mine", "mine");
		check_reasons(&o);
		close_built(&o);
	}
}

/* A local has no value before it is set: it says where it has. */
static void test_lost(void **state)
{
	struct workshop *w = *state;
	struct opened o = build(w, "gcc -g -O2", "subject.c", "subject");
	struct debug_function *f = find_one(&o, "scalars");
	const char *reason = NULL;
	struct debug_variable v;

	assert_true(debug_find_variable(o.debug, f, f->entry, "v12_twice", &v,
					&reason));
	assert_int_equal(v.location.kind, LOCATION_NONE);
	assert_non_null(strstr(v.location.reason, "visible at subject.c:"));
	assert_true(debug_find_variable(o.debug, f, f->entry, "v1", &v,
					&reason));
	assert_int_equal(v.location.kind, LOCATION_VALUE);
	assert_int_equal(v.location.expr->op, LOCATION_REGISTER);
	close_built(&o);
}

/* ---- types ---- */

enum { DEEPEST = 4 };

static void compare_types(struct ctype *ours, struct ctype *theirs, int depth);

static void compare_members(struct ctype *ours, struct ctype *theirs, int depth)
{
	size_t count, other;
	struct ctype_member *a = ctype_members(ours, &count);
	struct ctype_member *b = ctype_members(theirs, &other);

	assert_int_equal(count, other);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(a[i].name ? a[i].name : "",
				    b[i].name ? b[i].name : "");
		assert_int_equal(a[i].bit_offset, b[i].bit_offset);
		assert_int_equal(a[i].bit_size, b[i].bit_size);
		compare_types(a[i].type, b[i].type, depth + 1);
	}
}

static void compare_enums(struct ctype *ours, struct ctype *theirs)
{
	size_t count, other;
	struct ctype_enumerator *a = ctype_enumerators(ours, &count);
	struct ctype_enumerator *b = ctype_enumerators(theirs, &other);

	assert_int_equal(count, other);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(a[i].name, b[i].name);
		assert_int_equal(a[i].value, b[i].value);
	}
}

static void compare_types(struct ctype *ours, struct ctype *theirs, int depth)
{
	assert_int_equal(ours->kind, theirs->kind);
	assert_int_equal(ours->size, theirs->size);
	assert_int_equal(ours->count, theirs->count);
	assert_int_equal(ours->is_bool, theirs->is_bool);
	assert_int_equal(ours->is_signed, theirs->is_signed);
	assert_int_equal(ours->is_incomplete, theirs->is_incomplete);
	assert_int_equal(ours->is_volatile, theirs->is_volatile);
	if (ours->kind != CTYPE_INT)
		assert_string_equal(ctype_text(ours), ctype_text(theirs));
	if (depth > DEEPEST)
		return;
	compare_members(ours, theirs, depth);
	compare_enums(ours, theirs);
	if (ours->kind == CTYPE_POINTER || ours->kind == CTYPE_ARRAY ||
	    ours->kind == CTYPE_FUNCTION)
		compare_types(ctype_target(ours), ctype_target(theirs),
			      depth + 1);
}

/* The fixture as a program; what it declares must be used to be described. */
static void write_fixture(struct workshop *w)
{
	char *text = arena_printf(w->arena, "%s\nint main(void) { return "
		"sizeof(fixture_node) == 1; }\n", fixture_source);

	file_write(in_folder(w, "types.c"), text, strlen(text));
}

static void test_types(void **state)
{
	static const char *const names[] = {
		"struct node", "struct ring", "struct tiny", "enum color",
		"word_t", "pair_t", "struct point**", "unsigned long",
		"const char *",
	};
	struct workshop *w = *state;
	struct btf_types *btf = fixture_open(w->arena);

	if (!btf)
		skip();
	write_fixture(w);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct opened o;

		if (!can(w, ways[i]))
			continue;
		assert_true(run_command(w, "%s -o types types.c", ways[i]));
		o = open_built(w, "types");
		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++) {
			struct ctype *type = debug_find_type(o.debug, names[k]);

			if (!type)
				fail_msg("%s: %s", ways[i], names[k]);
			compare_types(type, btf_find_text(btf, names[k]), 0);
		}
		assert_null(debug_find_type(o.debug, "struct nothing"));
		assert_null(debug_find_type(o.debug, "union node"));
		assert_null(debug_find_type(o.debug, "struct node["));
		close_built(&o);
	}
	btf_close(btf);
}

/* Of old, gcc counted bits from the other end. */
static void test_old_bit_fields(void **state)
{
	struct workshop *w = *state;
	struct ctype_member mode;
	struct opened o;

	write_fixture(w);
	assert_true(run_command(w, "gcc -gdwarf-3 -gstrict-dwarf -o types "
				"types.c"));
	o = open_built(w, "types");
	assert_true(ctype_find_member(debug_find_type(o.debug, "struct node"),
				      "mode", &mode));
	assert_int_equal(mode.bit_size, 5);
	assert_int_equal(mode.bit_offset,
			 8 * (offsetof(struct node, hue) + 4) + 3);
	close_built(&o);
}

static void test_enumerators(void **state)
{
	struct workshop *w = *state;
	struct opened o;
	int64_t value = 0;

	write_fixture(w);
	assert_true(run_command(w, "gcc -g -o types types.c"));
	o = open_built(w, "types");
	assert_true(debug_enumerator(o.debug, "BLUE", &value));
	assert_int_equal(value, BLUE);
	assert_true(debug_enumerator(o.debug, "BELOW", &value));
	assert_int_equal(value, -3);
	assert_false(debug_enumerator(o.debug, "MAUVE", &value));
	close_built(&o);
}

/* ---- C++ ---- */

static void check_shape(struct opened *o, const char *text)
{
	struct ctype *shape = debug_find_type(o->debug, text);
	struct ctype_member member;

	assert_non_null(shape);
	assert_int_equal(shape->kind, CTYPE_STRUCT);
	assert_true(ctype_find_member(shape, "height", &member));
	/* of the classes that it is made of */
	assert_true(ctype_find_member(shape, "tag", &member));
	assert_int_equal(member.bit_offset, 64);
	assert_true(ctype_find_member(shape, "more", &member));
	assert_true(ctype_find_member(shape, "sort", &member));
	assert_int_equal(member.bit_size, 4);
	assert_string_equal(ctype_enumerator_name(member.type, 4), "FLAT");
	/* a static member is none of its parts */
	assert_false(ctype_find_member(shape, "count", &member));
}

static void check_cplusplus(struct opened *o)
{
	struct debug_variable v;
	const char *reason;
	struct ctype_member *parameters;
	size_t count;

	assert_string_equal(find_one(o, "area")->name, "geo::shape::area");
	find(o, "shape::area", 1);
	find(o, "geo::shape::area", 1);
	find(o, "::geo::shape::area", 1);
	find(o, "other::area", 0);
	find(o, "geo::*::area", 1);
	find(o, "_ZNK3geo5shape4areaEi", 1);
	find(o, "grow", 2);
	find(o, "shape::grow", 2);
	find(o, "twice", 2);
	find(o, "geo::*::secret", 1);
	find(o, "secret@shapes.cc", 1);
	check_shape(o, "geo::shape");
	check_shape(o, "class shape");
	assert_null(debug_find_type(o->debug, "other::shape"));
	assert_true(debug_find_global(o->debug, "geo::shape::count", &v,
				      &reason));
	check_place(o, &v, "_ZN3geo5shape5countE");
	parameters = ctype_members(find_one(o, "look")->type, &count);
	assert_int_equal(parameters[0].type->kind, CTYPE_POINTER);
	assert_string_equal(ctype_target(parameters[0].type)->name, "shape");
}

static void test_cplusplus(void **state)
{
	static const char *const compilers[] = {
		"g++ -g -O0", "g++ -g -O1 -fno-ipa-sra", "clang++ -g -O0",
		"clang++ -g -O1 -gdwarf-4",
	};
	struct workshop *w = *state;

	for (size_t i = 0; i < sizeof(compilers) / sizeof(*compilers); i++) {
		struct opened o;

		if (!can(w, compilers[i]))
			continue;
		o = build(w, compilers[i], "shapes.cc", "shapes");
		check_cplusplus(&o);
		close_built(&o);
	}
}

/* ---- other languages ---- */

static void write_text(struct workshop *w, const char *name, const char *text)
{
	file_write(in_folder(w, name), text, strlen(text));
}

static void test_rust(void **state)
{
	struct workshop *w = *state;
	struct ctype_member member;
	struct opened o;

	if (!have(w, "rustc") || !run_command(w, "rustc --version >version"))
		skip();
	write_text(w, "shop.rs",
		   "struct Basket { apples: i32, pears: i64 }\n"
		   "impl Basket { #[inline(never)] fn count(&self) -> i64 "
		   "{ self.apples as i64 + self.pears } }\n"
		   "fn main() { let b = Basket { apples: std::env::args().count()"
		   " as i32, pears: 2 }; println!(\"{}\", b.count()); }\n");
	assert_true(run_command(w, "rustc -g -o shop shop.rs"));
	o = open_built(w, "shop");
	assert_non_null(o.debug);
	find(&o, "Basket::count", 1);
	find(&o, "shop::Basket::count", 1);
	assert_true(ctype_find_member(debug_find_type(o.debug, "Basket"),
				      "pears", &member));
	assert_int_equal(member.type->size, 8);
	close_built(&o);
}

static void test_go(void **state)
{
	struct workshop *w = *state;
	struct ctype_member member;
	struct opened o;

	if (!have(w, "go"))
		skip();
	write_text(w, "shop.go",
		   "package main\nimport \"os\"\n"
		   "type Basket struct { apples int32; pears int64 }\n"
		   "//go:noinline\nfunc count(b *Basket) int64 "
		   "{ return int64(b.apples) + b.pears }\n"
		   "func main() { b := &Basket{int32(len(os.Args)), 2}; "
		   "os.Exit(int(count(b))) }\n");
	assert_true(run_command(w, "HOME=%s GOCACHE=%s/cache go build -o shop "
				"shop.go", w->folder, w->folder));
	o = open_built(w, "shop");
	assert_non_null(o.debug);
	assert_int_equal(find_one(&o, "main.count")->line, 5);
	assert_true(ctype_find_member(debug_find_type(o.debug, "main.Basket"),
				      "pears", &member));
	assert_int_equal(member.bit_offset, 64);
	close_built(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_globals),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_old_bit_fields),
		cmocka_unit_test(test_enumerators),
		cmocka_unit_test(test_cplusplus),
		cmocka_unit_test(test_rust),
		cmocka_unit_test(test_go),
	};

	return cmocka_run_group_tests(tests, open_workshop, close_workshop);
}
