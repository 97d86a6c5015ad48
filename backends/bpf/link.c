/*
 * The linker: LLVM's object of a program and the library's, which was compiled
 * when spile was built, become one object. Both come from LLVM and are whole.
 *
 * The sections of the program keep their numbers; .text grows by the functions
 * that are needed, and one section of read-only data comes behind: what these
 * functions read of the library's (where each object of data is a section) and
 * the constants of the program. What the runner does not read is left out.
 */
#include "backends/bpf/link.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/map.h"

/* One ELF file, as it lies in memory. */
struct object {
	const char *bytes;
	const Elf64_Ehdr *head;
	const Elf64_Shdr *sections;
	const Elf64_Sym *symbols;
	size_t symbol_count;
	const char *names;	/* of sections and of symbols */
	unsigned text, text_relocations, table, types, places;
};

/* A function of the library that comes along. */
struct piece {
	size_t symbol;		/* in the library */
	size_t at;		/* in the new .text */
	unsigned number;	/* of its symbol in the new object */
};

struct section {
	Elf64_Shdr head;
	const char *bytes;
};

struct linker {
	struct arena *arena;
	const char *refusal;
	struct object program, library;
	const struct link_constants *constants;
	bool partial;		/* the library is a half of the program */
	struct map functions;	/* name => its symbol in the library */

	VEC(struct piece) pieces;
	struct piece **piece_of;	/* by symbol of the library */
	/* where it lies in the new data, + 1; 0: it is not needed */
	size_t *data_at;	/* by section of the library */
	size_t *constant_at;	/* by constant */

	VEC(struct section) sections;
	VEC(Elf64_Sym) globals;	/* new, behind the program's own */
	struct map missing;	/* name => number + 1 of its symbol there */
	struct buf names, text, relocations, data;
	unsigned data_section;	/* 0: there is no data */
};

/* ---- reading ---- */

static const Elf64_Shdr *section_of(const struct object *object, unsigned number)
{
	return &object->sections[number];
}

static const char *section_name(const struct object *object, unsigned number)
{
	return object->names + section_of(object, number)->sh_name;
}

static const char *symbol_name(const struct object *object, size_t number)
{
	return object->names + object->symbols[number].st_name;
}

static unsigned find_section(const struct object *object, const char *name)
{
	for (unsigned i = 1; i < object->head->e_shnum; i++)
		if (!strcmp(section_name(object, i), name))
			return i;
	return 0;
}

static const char *object_read(struct object *object, struct link_bytes file)
{
	const Elf64_Ehdr *head = (const void *)file.bytes;
	const Elf64_Shdr *table;

	if (file.size < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG) ||
	    head->e_machine != EM_BPF)
		return "the BPF library is no BPF object";
	object->bytes = file.bytes;
	object->head = head;
	object->sections = (const void *)(file.bytes + head->e_shoff);
	object->names = file.bytes +
		object->sections[head->e_shstrndx].sh_offset;
	object->text = find_section(object, ".text");
	object->text_relocations = find_section(object, ".rel.text");
	object->table = find_section(object, ".symtab");
	object->types = find_section(object, ".BTF");
	object->places = find_section(object, ".BTF.ext");
	if (!object->text || !object->table || !object->types ||
	    !object->places)
		return "a part of the BPF library is missing";
	table = section_of(object, object->table);
	object->symbols = (const void *)(file.bytes + table->sh_offset);
	object->symbol_count = table->sh_size / sizeof(Elf64_Sym);
	return NULL;
}

static struct link_bytes contents(const struct object *object, unsigned number)
{
	const Elf64_Shdr *head = section_of(object, number);

	return (struct link_bytes){ object->bytes + head->sh_offset,
				    head->sh_size };
}

static bool is_function(const Elf64_Sym *symbol)
{
	return ELF64_ST_TYPE(symbol->st_info) == STT_FUNC;
}

static bool is_local(const Elf64_Sym *symbol)
{
	return ELF64_ST_BIND(symbol->st_info) == STB_LOCAL;
}

/* ---- which functions and data are needed ---- */

static struct piece *want_function(struct linker *l, size_t symbol)
{
	const Elf64_Sym *function = &l->library.symbols[symbol];
	struct link_bytes text = contents(&l->library, l->library.text);

	if (!l->piece_of[symbol]) {
		struct piece piece = { symbol, l->text.length, 0 };

		*vec_push(l->arena, &l->pieces) = piece;
		l->piece_of[symbol] = arena_new(l->arena, struct piece);
		*l->piece_of[symbol] = piece;
		buf_write(&l->text, text.bytes + function->st_value,
			  function->st_size);
	}
	return l->piece_of[symbol];
}

static void align(struct buf *to, size_t to_what)
{
	while (to_what && to->length % to_what)
		buf_putc(to, 0);
}

static void want_data(struct linker *l, unsigned section)
{
	struct link_bytes data = contents(&l->library, section);

	if (l->data_at[section])
		return;
	align(&l->data, 8);
	l->data_at[section] = l->data.length + 1;
	buf_write(&l->data, data.bytes, data.size);
}

/* Other names are found when all that there is has been read. */
static void want_constant(struct linker *l, const char *name)
{
	for (size_t i = 0; i < l->constants->rows.count; i++) {
		const struct link_constant *row = &l->constants->rows.items[i];
		uint32_t narrow = (uint32_t)row->value;

		if (l->constant_at[i] || strcmp(row->name, name))
			continue;
		align(&l->data, 8);
		l->constant_at[i] = l->data.length + 1;
		buf_write(&l->data, row->size == 4 ? (const void *)&narrow :
			  (const void *)&row->value, row->size);
	}
}

/* The relocations of a function of the library: first and behind the last.
 * They lie in the order of the code. */
static void relocations_of(const struct linker *l, const struct piece *piece,
			   const Elf64_Rel **ret_first,
			   const Elf64_Rel **ret_end)
{
	const Elf64_Sym *function = &l->library.symbols[piece->symbol];
	struct link_bytes all = contents(&l->library,
					 l->library.text_relocations);
	const Elf64_Rel *at = (const void *)all.bytes;
	const Elf64_Rel *end = at + all.size / sizeof(*at);

	while (at < end && at->r_offset < function->st_value)
		at++;
	*ret_first = at;
	while (at < end &&
	       at->r_offset < function->st_value + function->st_size)
		at++;
	*ret_end = at;
}

/* Calls of functions, addresses of functions and of data. */
static void want_targets(struct linker *l, const struct piece *piece)
{
	const Elf64_Rel *at, *end;

	relocations_of(l, piece, &at, &end);
	for (; at < end; at++) {
		size_t number = ELF64_R_SYM(at->r_info);
		const Elf64_Sym *symbol = &l->library.symbols[number];

		if (is_function(symbol))
			want_function(l, number);
		else if (symbol->st_shndx)
			want_data(l, symbol->st_shndx);
		else
			want_constant(l, symbol_name(&l->library, number));
	}
}

static void find_wanted(struct linker *l)
{
	const struct object *program = &l->program;

	for (size_t i = 1; i < program->symbol_count; i++) {
		size_t symbol;

		if (program->symbols[i].st_shndx)
			continue;
		symbol = (size_t)(uintptr_t)map_get(&l->functions,
						    symbol_name(program, i));
		if (!symbol && l->partial)
			continue;
		if (!symbol) {
			l->refusal = arena_printf(l->arena,
				"the BPF library has no %s",
				symbol_name(program, i));
			return;
		}
		want_function(l, symbol);
	}
	for (size_t i = 0; i < l->pieces.count; i++) {
		struct piece piece = l->pieces.items[i];

		want_targets(l, &piece);
	}
}

/* ---- sections and symbols of the new object ---- */

static unsigned name_add(struct linker *l, const char *name)
{
	size_t at = l->names.length;

	buf_write(&l->names, name, strlen(name) + 1);
	return (unsigned)at;
}

static unsigned section_add(struct linker *l, const char *name,
			    struct link_bytes bytes, Elf64_Shdr head)
{
	head.sh_name = name_add(l, name);
	head.sh_size = bytes.size;
	*vec_push(l->arena, &l->sections) = (struct section){ head,
							      bytes.bytes };
	return (unsigned)l->sections.count - 1;
}

/* What the program has; of no use are relocations of types, and frames. */
static void take_sections(struct linker *l)
{
	static const char *const unread[] = {
		".rel.BTF", ".rel.BTF.ext", ".debug_frame", ".rel.debug_frame",
	};
	const struct object *program = &l->program;

	for (unsigned i = 0; i < program->head->e_shnum; i++)
		*vec_push(l->arena, &l->sections) = (struct section){
			*section_of(program, i), contents(program, i).bytes };
	for (unsigned i = 0; i < sizeof(unread) / sizeof(unread[0]); i++) {
		unsigned number = find_section(program, unread[i]);

		l->sections.items[number].head.sh_type = SHT_NULL;
		l->sections.items[number].head.sh_size = 0;
	}
}

static struct link_bytes bytes_of(const struct buf *buf)
{
	return (struct link_bytes){ buf->text, buf->length };
}

/* Its symbol is the first of the new ones: a local one. */
static void add_data(struct linker *l)
{
	Elf64_Shdr head = { .sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC,
			    .sh_addralign = 8 };

	if (l->data.length)
		l->data_section = section_add(l, l->partial ? ".rodata.half" :
							      ".rodata.library",
					      bytes_of(&l->data), head);
}

static unsigned data_symbol(const struct linker *l)
{
	return section_of(&l->program, l->program.table)->sh_info;
}

static unsigned global_add(struct linker *l, Elf64_Sym symbol)
{
	*vec_push(l->arena, &l->globals) = symbol;
	return (unsigned)(l->program.symbol_count + !!l->data_section +
			  l->globals.count - 1);
}

/* Where a symbol of the program is now: that of the data is the last local. */
static unsigned symbol_now(const struct linker *l, size_t number)
{
	if (number < data_symbol(l))
		return (unsigned)number;
	return (unsigned)number + !!l->data_section;
}

static size_t program_symbol(const struct linker *l, const char *name)
{
	for (size_t i = 1; i < l->program.symbol_count; i++)
		if (!strcmp(symbol_name(&l->program, i), name))
			return i;
	return 0;
}

static void add_functions(struct linker *l)
{
	for (size_t i = 0; i < l->pieces.count; i++) {
		struct piece *piece = &l->pieces.items[i];
		const char *name = symbol_name(&l->library, piece->symbol);
		size_t mine = program_symbol(l, name);

		if (mine) {
			piece->number = symbol_now(l, mine);
		} else {
			Elf64_Sym symbol = l->library.symbols[piece->symbol];

			symbol.st_name = name_add(l, name);
			symbol.st_value = piece->at;
			symbol.st_shndx = (Elf64_Half)l->program.text;
			piece->number = global_add(l, symbol);
		}
		*l->piece_of[piece->symbol] = *piece;
	}
}

/* ---- relocations ---- */

/* A symbol that is neither here nor there: the next library has it. */
static unsigned missing_symbol(struct linker *l, const char *name)
{
	uintptr_t number = (uintptr_t)map_get(&l->missing, name);

	if (!number) {
		Elf64_Sym symbol = {
			.st_name = name_add(l, name),
			.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE),
		};

		number = global_add(l, symbol) + 1;
		map_put(l->arena, &l->missing, name, (void *)number);
	}
	return (unsigned)number - 1;
}

/* The number of a symbol that the library does not have itself. */
static unsigned outside(struct linker *l, const char *name, size_t *ret_at)
{
	size_t mine = program_symbol(l, name);

	*ret_at = 0;
	if (mine)
		return symbol_now(l, mine);
	for (size_t i = 0; i < l->constants->rows.count; i++) {
		if (strcmp(l->constants->rows.items[i].name, name))
			continue;
		*ret_at = l->constant_at[i] - 1;
		return data_symbol(l);
	}
	if (l->partial)
		return missing_symbol(l, name);
	l->refusal = arena_printf(l->arena, "the BPF library needs %s", name);
	return 0;
}

/* What a relocation of the library means now, and how much further it is. */
static unsigned target_now(struct linker *l, size_t number, size_t *ret_at)
{
	const Elf64_Sym *symbol = &l->library.symbols[number];

	*ret_at = 0;
	if (is_function(symbol))
		return l->piece_of[number]->number;
	if (!symbol->st_shndx)
		return outside(l, symbol_name(&l->library, number), ret_at);
	*ret_at = l->data_at[symbol->st_shndx] - 1 + symbol->st_value;
	return data_symbol(l);
}

/* An address is loaded by an instruction that holds the offset. */
static void add_offset(struct linker *l, size_t instruction, size_t offset)
{
	int32_t number;
	char *at = l->text.text + instruction + 4;

	memcpy(&number, at, sizeof(number));
	number += (int32_t)offset;
	memcpy(at, &number, sizeof(number));
}

static void relocate_piece(struct linker *l, const struct piece *piece)
{
	const Elf64_Sym *function = &l->library.symbols[piece->symbol];
	const Elf64_Rel *at, *end;

	relocations_of(l, piece, &at, &end);
	for (; at < end; at++) {
		size_t further;
		unsigned target = target_now(l, ELF64_R_SYM(at->r_info),
					     &further);
		Elf64_Rel moved = {
			at->r_offset - function->st_value + piece->at,
			ELF64_R_INFO((Elf64_Xword)target,
				     ELF64_R_TYPE(at->r_info)),
		};

		if (further)
			add_offset(l, moved.r_offset, further);
		buf_write(&l->relocations, &moved, sizeof(moved));
	}
}

/* Those of the program name symbols that may have moved. */
static void renumber(struct linker *l, struct section *section)
{
	size_t count = section->head.sh_size / sizeof(Elf64_Rel);
	Elf64_Rel *rows = arena_array(l->arena, Elf64_Rel, count + 1);

	memcpy(rows, section->bytes, section->head.sh_size);
	for (size_t i = 0; i < count; i++)
		rows[i].r_info = ELF64_R_INFO(
			(Elf64_Xword)symbol_now(l, ELF64_R_SYM(rows[i].r_info)),
			ELF64_R_TYPE(rows[i].r_info));
	section->bytes = (const char *)rows;
}

static void section_set(struct linker *l, unsigned number,
			struct link_bytes bytes)
{
	l->sections.items[number].bytes = bytes.bytes;
	l->sections.items[number].head.sh_size = bytes.size;
}

static void relocate(struct linker *l)
{
	unsigned number = l->program.text_relocations;
	struct buf own = { 0 };

	for (size_t i = 0; i < l->sections.count; i++)
		if (l->sections.items[i].head.sh_type == SHT_REL)
			renumber(l, &l->sections.items[i]);
	if (number)
		buf_write(&own, l->sections.items[number].bytes,
			  l->sections.items[number].head.sh_size);
	l->relocations = own;
	for (size_t i = 0; i < l->pieces.count; i++)
		relocate_piece(l, &l->pieces.items[i]);
	if (!number) {
		Elf64_Shdr head = { .sh_type = SHT_REL, .sh_flags = SHF_INFO_LINK,
				    .sh_link = l->program.table,
				    .sh_info = l->program.text,
				    .sh_addralign = 8,
				    .sh_entsize = sizeof(Elf64_Rel) };

		number = section_add(l, ".rel.text", (struct link_bytes){ 0 },
				     head);
	}
	section_set(l, number, bytes_of(&l->relocations));
}

/* ---- the table of symbols ---- */

/* A symbol of the program; one that was missing is in .text now. */
static Elf64_Sym own_symbol(const struct linker *l, size_t number)
{
	Elf64_Sym symbol = l->program.symbols[number];
	size_t theirs = number && !symbol.st_shndx ?
		(size_t)(uintptr_t)map_get(&l->functions,
					   symbol_name(&l->program, number)) : 0;

	if (theirs) {
		unsigned name = symbol.st_name;

		symbol = l->library.symbols[theirs];
		symbol.st_name = name;
		symbol.st_value = l->piece_of[theirs]->at;
		symbol.st_shndx = (Elf64_Half)l->program.text;
	}
	return symbol;
}

static void write_symbols(struct linker *l)
{
	struct section *table = &l->sections.items[l->program.table];
	size_t count = l->program.symbol_count;
	Elf64_Sym *rows = arena_array(l->arena, Elf64_Sym,
				      count + 1 + l->globals.count);

	for (size_t i = 0; i < count; i++)
		rows[symbol_now(l, i)] = own_symbol(l, i);
	if (l->data_section) {
		rows[data_symbol(l)] = (Elf64_Sym){
			.st_info = ELF64_ST_INFO(STB_LOCAL, STT_SECTION),
			.st_shndx = (Elf64_Half)l->data_section };
		table->head.sh_info++;
		count++;
	}
	for (size_t i = 0; i < l->globals.count; i++)
		rows[count++] = l->globals.items[i];
	section_set(l, l->program.table,
		    (struct link_bytes){ (const char *)rows,
					 count * sizeof(*rows) });
}

/* ---- types ---- */

static void merge_types(struct linker *l)
{
	const struct object *objects[] = { &l->program, &l->library };
	struct link_types types[2];
	struct link_moves moves = { 0 };

	for (int i = 0; i < 2; i++)
		types[i] = (struct link_types){
			contents(objects[i], objects[i]->types),
			contents(objects[i], objects[i]->places) };
	for (size_t i = 0; i < l->pieces.count; i++) {
		const struct piece *piece = &l->pieces.items[i];
		const Elf64_Sym *symbol = &l->library.symbols[piece->symbol];

		*vec_push(l->arena, &moves.rows) = (struct link_move){
			symbol->st_value, symbol->st_size, piece->at };
	}
	types[0] = link_merge_types(l->arena, &types[0], &types[1], &moves);
	section_set(l, l->program.types, types[0].types);
	section_set(l, l->program.places, types[0].places);
}

/* ---- writing ---- */

static struct link_bytes write_object(struct linker *l)
{
	Elf64_Ehdr head = *l->program.head;
	struct link_bytes ret;
	struct buf to = { 0 };

	section_set(l, head.e_shstrndx, bytes_of(&l->names));
	buf_write(&to, &head, sizeof(head));
	for (size_t i = 1; i < l->sections.count; i++) {
		struct section *section = &l->sections.items[i];

		align(&to, section->head.sh_addralign);
		section->head.sh_offset = to.length;
		if (section->head.sh_type != SHT_NOBITS)
			buf_write(&to, section->bytes, section->head.sh_size);
	}
	align(&to, 8);
	head.e_shoff = to.length;
	head.e_shnum = (Elf64_Half)l->sections.count;
	for (size_t i = 0; i < l->sections.count; i++)
		buf_write(&to, &l->sections.items[i].head, sizeof(Elf64_Shdr));
	memcpy(to.text, &head, sizeof(head));
	ret.size = to.length;
	ret.bytes = buf_take(&to, l->arena);
	return ret;
}

static void find_functions(struct linker *l)
{
	const struct object *library = &l->library;

	for (size_t i = 1; i < library->symbol_count; i++)
		if (is_function(&library->symbols[i]) &&
		    !is_local(&library->symbols[i]))
			map_put(l->arena, &l->functions,
				symbol_name(library, i), (void *)(uintptr_t)i);
	l->piece_of = arena_array(l->arena, struct piece *,
				  library->symbol_count);
	l->data_at = arena_array(l->arena, size_t, library->head->e_shnum);
	l->constant_at = arena_array(l->arena, size_t,
				     l->constants->rows.count + 1);
}

static void begin(struct linker *l)
{
	struct link_bytes text = contents(&l->program, l->program.text);
	struct link_bytes names = contents(&l->program,
					   l->program.head->e_shstrndx);

	find_functions(l);
	buf_write(&l->text, text.bytes, text.size);
	buf_write(&l->names, names.bytes, names.size);
	align(&l->text, 8);
	take_sections(l);
}

static void end(struct linker *l)
{
	buf_free(&l->names);
	buf_free(&l->text);
	buf_free(&l->relocations);
	buf_free(&l->data);
}

static const char *link_objects(struct linker *l, struct link_bytes program,
				struct link_bytes library,
				struct link_bytes *ret)
{
	l->refusal = object_read(&l->program, program);
	if (!l->refusal)
		l->refusal = object_read(&l->library, library);
	if (l->refusal)
		return l->refusal;
	begin(l);
	find_wanted(l);
	*ret = program;
	if (!l->refusal && l->pieces.count) {
		add_data(l);
		add_functions(l);
		relocate(l);
		section_set(l, l->program.text, bytes_of(&l->text));
		l->sections.items[l->program.text].head.sh_addralign = 8;
		write_symbols(l);
		merge_types(l);
		*ret = write_object(l);
	}
	end(l);
	return l->refusal;
}

const char *link_library(struct arena *arena, struct link_bytes program,
			 struct link_bytes library,
			 const struct link_constants *constants,
			 struct link_bytes *ret)
{
	struct linker l = { .arena = arena, .constants = constants };

	return link_objects(&l, program, library, ret);
}

const char *link_halves(struct arena *arena, struct link_bytes program,
			struct link_bytes other, struct link_bytes *ret)
{
	static const struct link_constants none;
	struct linker l = { .arena = arena, .constants = &none,
			    .partial = true };

	return link_objects(&l, program, other, ret);
}
