/*
 * The procedure linkage table of a program.
 *
 * What an entry calls is read from its code: it jumps through a cell of the
 * global offset table, and the relocation of that cell has the name. So lazy and
 * immediate binding, entries with landing pads (IBT, BTI) and whatever layout a
 * linker chose read the same.
 */
#include "translator/target/program-private.h"

#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"

enum { MOST_ENTRIES = 1 << 20 };

/* A cell of the global offset table and the symbol that it is for. */
struct cell {
	uint64_t address;
	const char *name;
};

struct cells {
	VEC(struct cell) cells;
};

/* ---- the cells ---- */

static bool names_symbol(const struct program *program, uint64_t type)
{
	switch (program->header.e_machine) {
	case EM_X86_64:
		return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT;
	case EM_AARCH64:
		return type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT;
	}
	return false;
}

/* The table of names is linked to the table of symbols, and that to the
 * relocations. */
static const char *symbol_name(Elf *elf, size_t table, uint64_t number)
{
	Elf_Scn *section = elf_getscn(elf, table);
	GElf_Shdr header;
	GElf_Sym symbol;
	Elf_Data *data;

	if (!section || !gelf_getshdr(section, &header) || number > INT32_MAX)
		return NULL;
	if (header.sh_type != SHT_DYNSYM && header.sh_type != SHT_SYMTAB)
		return NULL;
	data = elf_file_contents(elf, section);
	if (!data || !gelf_getsym(data, (int)number, &symbol))
		return NULL;
	return elf_strptr(elf, header.sh_link, symbol.st_name);
}

static void read_cells_of(struct program *program, const GElf_Shdr *header,
			  Elf_Data *data, struct cells *cells)
{
	GElf_Rela entry;

	for (int i = 0; i < MOST_ENTRIES && gelf_getrela(data, i, &entry); i++) {
		struct cell *cell;
		const char *name;

		if (!names_symbol(program, GELF_R_TYPE(entry.r_info)))
			continue;
		name = symbol_name(program->file.elf, header->sh_link,
				   GELF_R_SYM(entry.r_info));
		if (!name || !*name)
			continue;
		cell = vec_push(program->arena, &cells->cells);
		cell->address = entry.r_offset;
		cell->name = name;
	}
}

static int compare_cells(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

static void read_cells(struct program *program, struct cells *cells)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	Elf_Data *data;

	while ((section = elf_nextscn(program->file.elf, section)) != NULL) {
		if (!gelf_getshdr(section, &header) ||
		    header.sh_type != SHT_RELA)
			continue;
		data = elf_file_contents(program->file.elf, section);
		if (data && data->d_type == ELF_T_RELA)
			read_cells_of(program, &header, data, cells);
	}
	if (cells->cells.count)
		qsort(cells->cells.items, cells->cells.count,
		      sizeof(struct cell), compare_cells);
}

static const char *cell_name(const struct cells *cells, uint64_t address)
{
	struct cell key = { .address = address };
	const struct cell *cell = NULL;

	if (cells->cells.count)
		cell = bsearch(&key, cells->cells.items, cells->cells.count,
			       sizeof(key), compare_cells);
	return cell ? cell->name : NULL;
}

/* ---- the entries ---- */

struct entries {
	VEC(struct program_plt) entries;
};

static void add_entry(struct program *program, struct entries *entries,
		      const char *name, uint64_t address)
{
	struct program_plt *entry;

	if (!name)
		return;
	entry = vec_push(program->arena, &entries->entries);
	entry->name = name;
	entry->address = address;
}

/* Where an x86-64 entry begins whose jump is at @at: a landing pad and the
 * prefix of a bounded jump may come before. */
static size_t begin_x86(const uint8_t *code, size_t at)
{
	static const uint8_t pad[] = { 0xf3, 0x0f, 0x1e, 0xfa };

	if (at >= 1 && code[at - 1] == 0xf2)
		at--;
	if (at >= sizeof(pad) && memcmp(code + at - sizeof(pad), pad,
					sizeof(pad)) == 0)
		at -= sizeof(pad);
	return at;
}

/* jmp *cell(%rip) */
static void scan_x86(struct program *program,
		     const struct program_section *section,
		     const struct cells *cells, struct entries *entries)
{
	const uint8_t *code = section->bytes;

	for (size_t at = 0; at + 6 <= section->size; at++) {
		int32_t distance;
		const char *name;

		if (code[at] != 0xff || code[at + 1] != 0x25)
			continue;
		memcpy(&distance, code + at + 2, 4);
		name = cell_name(cells, section->address + at + 6 +
					(uint64_t)(int64_t)distance);
		add_entry(program, entries, name,
			  section->address + begin_x86(code, at));
	}
}

static uint32_t word_at(const struct program_section *section, size_t at)
{
	uint32_t word;

	memcpy(&word, (const uint8_t *)section->bytes + at, 4);
	return word;
}

/* adrp x16, page; ldr x17, [x16, #offset] */
static bool cell_arm64(const struct program_section *section, size_t at,
		       uint64_t *ret_address)
{
	uint32_t page = word_at(section, at), load = word_at(section, at + 4);
	int64_t distance;

	if ((page & 0x9f00001f) != 0x90000010 ||
	    (load & 0xffc003ff) != 0xf9400211)
		return false;
	distance = (int64_t)((page >> 5 & 0x7ffff) << 2 | (page >> 29 & 3));
	if (distance & 1 << 20)
		distance -= 1 << 21;
	*ret_address = ((section->address + at) & ~(uint64_t)0xfff) +
		       (uint64_t)distance * 4096 + (load >> 10 & 0xfff) * 8;
	return true;
}

static void scan_arm64(struct program *program,
		       const struct program_section *section,
		       const struct cells *cells, struct entries *entries)
{
	enum { LANDING_PAD = 0xd503245f };
	uint64_t address;

	for (size_t at = 0; at + 8 <= section->size; at += 4) {
		size_t begin = at;

		if (!cell_arm64(section, at, &address))
			continue;
		if (at >= 4 && word_at(section, at - 4) == LANDING_PAD)
			begin -= 4;
		add_entry(program, entries, cell_name(cells, address),
			  section->address + begin);
	}
}

static int compare_entries(const void *a, const void *b)
{
	const struct program_plt *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

static void scan(struct program *program, const char *name,
		 const struct cells *cells, struct entries *entries)
{
	struct program_section section;

	if (!program_section(program, name, &section) || !section.bytes)
		return;
	if (program->header.e_machine == EM_X86_64)
		scan_x86(program, &section, cells, entries);
	else
		scan_arm64(program, &section, cells, entries);
}

static void read_plt(struct program *program)
{
	struct entries entries = { 0 };
	struct cells cells = { 0 };

	read_cells(program, &cells);
	scan(program, ".plt.sec", &cells, &entries);
	/* with .plt.sec, .plt has only what binds late */
	if (!entries.entries.count)
		scan(program, ".plt", &cells, &entries);
	scan(program, ".plt.got", &cells, &entries);
	if (entries.entries.count)
		qsort(entries.entries.items, entries.entries.count,
		      sizeof(struct program_plt), compare_entries);
	program->plt = entries.entries.items;
	program->plt_count = entries.entries.count;
}

const struct program_plt *program_plt(struct program *program,
				      size_t *ret_count)
{
	if (!program->plt_read)
		read_plt(program);
	program->plt_read = true;
	*ret_count = program->plt_count;
	return program->plt;
}
