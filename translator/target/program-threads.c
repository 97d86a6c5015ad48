/*
 * Thread storage of libraries. The loader tells a library by relocations where
 * its block is: R_X86_64_DTPMOD64 has the library's number in the vector that
 * each thread has, R_X86_64_TPOFF64 the distance from the thread pointer.
 */
#include "translator/target/program-private.h"

#include <string.h>

enum { MOST_ENTRIES = 1 << 20 };

/* The library's own symbols have a section. */
static bool find_value(Elf *elf, size_t table, uint64_t number,
		       uint64_t *ret_value)
{
	Elf_Scn *section = elf_getscn(elf, table);
	GElf_Shdr header;
	GElf_Sym symbol;
	Elf_Data *data;

	*ret_value = 0;
	if (!number)
		return true;
	if (!section || !gelf_getshdr(section, &header) || number > INT32_MAX ||
	    header.sh_type != SHT_DYNSYM)
		return false;
	data = elf_file_contents(elf, section);
	if (!data || !gelf_getsym(data, (int)number, &symbol) ||
	    symbol.st_shndx == SHN_UNDEF)
		return false;
	*ret_value = symbol.st_value;
	return true;
}

/* False when the relocation is of another kind. Those without a symbol are
 * surely of this library; a symbol's may be another's of the same name. */
static bool read_cell(struct program *program, const GElf_Shdr *header,
		      const GElf_Rela *entry, struct program_thread_cell *ret)
{
	uint64_t type = GELF_R_TYPE(entry->r_info), value;

	if (type != R_X86_64_DTPMOD64 && type != R_X86_64_TPOFF64)
		return false;
	if (!find_value(program->file.elf, header->sh_link,
			GELF_R_SYM(entry->r_info), &value))
		return false;
	ret->address = entry->r_offset;
	ret->is_number = type == R_X86_64_DTPMOD64;
	ret->minus = value + (uint64_t)entry->r_addend;
	return true;
}

static bool is_glibc(struct program *program)
{
	size_t count;
	const char *const *needed = program_needed(program, &count);

	for (size_t i = 0; i < count; i++)
		if (!strncmp(needed[i], "libc.so.6", 9) ||
		    !strncmp(needed[i], "ld-linux", 8))
			return true;
	return false;
}

bool program_thread_cell(struct program *program,
			 struct program_thread_cell *ret_cell)
{
	Elf_Scn *section = NULL;
	bool found = false;
	GElf_Shdr header;
	GElf_Rela entry;
	Elf_Data *data;

	if (program->header.e_machine != EM_X86_64 || !is_glibc(program))
		return false;
	while ((section = elf_nextscn(program->file.elf, section)) != NULL) {
		if (!gelf_getshdr(section, &header) ||
		    header.sh_type != SHT_RELA)
			continue;
		data = elf_file_contents(program->file.elf, section);
		if (!data || data->d_type != ELF_T_RELA)
			continue;
		for (int i = 0; i < MOST_ENTRIES &&
				gelf_getrela(data, i, &entry); i++) {
			if (found && GELF_R_SYM(entry.r_info))
				continue;
			if (!read_cell(program, &header, &entry, ret_cell))
				continue;
			found = true;
			if (!GELF_R_SYM(entry.r_info))
				return true;
		}
	}
	return found;
}
