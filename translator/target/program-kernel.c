/*
 * The kernel and its modules as programs. Modules are object files: their
 * sections get addresses here as if they had been linked, and what refers to
 * symbols in their debug information is filled in, all in memory.
 *
 * Where a section really is only the running kernel knows; so places are told
 * by a symbol and a distance from it.
 */
#include "translator/target/program-private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/map.h"

enum {
	FIRST_ADDRESS = 0x10000,	/* no address is 0 */
	GAP = 0x1000,		/* the end of a section is none of the next */
	MOST_SECTIONS = 1 << 16,
};

static const off_t largest_module = (off_t)1 << 31;

/* ---- object files ---- */

static void *read_whole(int fd, size_t size)
{
	char *memory = malloc(size ? size : 1);
	size_t at = 0;
	ssize_t got = 1;

	while (memory && at < size && got > 0) {
		got = read(fd, memory + at, size - at);
		at += got > 0 ? (size_t)got : 0;
	}
	if (at == size)
		return memory;
	free(memory);
	return NULL;
}

/* The file becomes one in memory, that may be changed. */
static const char *take_to_memory(struct elf_file *file)
{
	const char *path = file->path;
	struct stat status;
	void *memory = NULL;

	if (!fstat(file->fd, &status) && status.st_size <= largest_module &&
	    lseek(file->fd, 0, SEEK_SET) == 0)
		memory = read_whole(file->fd, (size_t)status.st_size);
	if (!memory)
		return "cannot be read";
	elf_file_close(file);
	if (!elf_file_parse(file, memory, (size_t)status.st_size))
		return "is damaged";
	file->path = path;
	return NULL;
}

static bool place_sections(Elf *elf)
{
	uint64_t address = FIRST_ADDRESS;
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section)) != NULL) {
		uint64_t align;

		if (!gelf_getshdr(section, &header))
			return false;
		if (!(header.sh_flags & SHF_ALLOC))
			continue;
		align = header.sh_addralign > GAP ? header.sh_addralign : GAP;
		if (align & (align - 1) ||
		    header.sh_size > (uint64_t)largest_module)
			return false;
		address = (address + align - 1) & ~(align - 1);
		header.sh_addr = address;
		address += header.sh_size + 1;
		if (!gelf_update_shdr(section, &header))
			return false;
	}
	return true;
}

/* How many bytes a relocation fills in with a symbol and a sum; 0: none of the
 * kind that debug information has. */
static size_t width_of(int machine, uint64_t type)
{
	if (machine == EM_X86_64)
		return type == R_X86_64_64 ? 8 :
		       type == R_X86_64_32 || type == R_X86_64_32S ? 4 : 0;
	if (machine == EM_AARCH64)
		return type == R_AARCH64_ABS64 ? 8 :
		       type == R_AARCH64_ABS32 ? 4 : 0;
	return 0;
}

uint64_t elf_file_symbol(Elf *elf, const GElf_Sym *symbol)
{
	Elf_Scn *section;
	GElf_Shdr header;

	if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx >= SHN_LORESERVE)
		return symbol->st_value;
	section = elf_getscn(elf, symbol->st_shndx);
	return symbol->st_value +
	       (section && gelf_getshdr(section, &header) ? header.sh_addr : 0);
}

static void fill_in(Elf *elf, int machine, Elf_Data *rules, Elf_Data *symbols,
		    Elf_Data *data)
{
	GElf_Rela rule;
	GElf_Sym symbol;

	for (int i = 0; gelf_getrela(rules, i, &rule); i++) {
		size_t width = width_of(machine, GELF_R_TYPE(rule.r_info));
		uint64_t value;

		if (!width || data->d_size < width ||
		    rule.r_offset > data->d_size - width ||
		    !gelf_getsym(symbols, (int)GELF_R_SYM(rule.r_info),
				 &symbol))
			continue;
		value = elf_file_symbol(elf, &symbol) + (uint64_t)rule.r_addend;
		memcpy((char *)data->d_buf + rule.r_offset, &value, width);
	}
}

/* What @rules says of a section that is not loaded. */
static void relocate(Elf *elf, int machine, Elf_Scn *rules,
		     const GElf_Shdr *header)
{
	Elf_Scn *target = elf_getscn(elf, header->sh_info);
	Elf_Scn *table = elf_getscn(elf, header->sh_link);
	Elf_Data *its = elf_file_contents(elf, rules), *symbols, *data;
	GElf_Shdr of_target;

	if (!target || !table || !its || its->d_type != ELF_T_RELA ||
	    !gelf_getshdr(target, &of_target) ||
	    of_target.sh_flags & SHF_ALLOC)
		return;
	symbols = elf_file_contents(elf, table);
	data = elf_file_contents(elf, target);
	if (symbols && symbols->d_type == ELF_T_SYM && data)
		fill_in(elf, machine, its, symbols, data);
}

static const char *lay_out(struct elf_file *file, int machine)
{
	const char *reason = take_to_memory(file);
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	if (reason)
		return reason;
	if (!place_sections(file->elf))
		return "has damaged sections";
	while ((section = elf_nextscn(file->elf, section)) != NULL)
		if (gelf_getshdr(section, &header) &&
		    header.sh_type == SHT_RELA)
			relocate(file->elf, machine, section, &header);
	return NULL;
}

/* ---- sections ---- */

static void add_section(struct program *program, const GElf_Shdr *header,
			const char *name)
{
	struct kernel_section *section =
		&program->sections[program->section_count++];

	section->name = name ? name : "";
	section->address = header->sh_addr;
	section->size = header->sh_size;
	section->is_code = header->sh_flags & SHF_EXECINSTR;
}

/* The sections of an object file are its segments too. */
static void add_segment(struct program *program, const GElf_Shdr *header)
{
	program->segments[program->segment_count++] = (struct program_segment){
		.address = header->sh_addr, .offset = header->sh_offset,
		.memory_size = header->sh_size,
		.file_size = header->sh_type == SHT_NOBITS ? 0 :
							     header->sh_size,
		.is_executable = header->sh_flags & SHF_EXECINSTR,
		.is_writable = header->sh_flags & SHF_WRITE,
	};
}

static const char *read_sections(struct program *program)
{
	bool is_object = program->header.e_type == ET_REL;
	Elf *elf = program->file.elf;
	Elf_Scn *section = NULL;
	size_t count, names;
	GElf_Shdr header;

	if (elf_getshdrnum(elf, &count) || elf_getshdrstrndx(elf, &names) ||
	    count > MOST_SECTIONS)
		return "has no sections";
	program->sections = arena_array(program->arena, struct kernel_section,
					count + 1);
	if (is_object)
		program->segments = arena_array(program->arena,
						struct program_segment,
						count + 1);
	while ((section = elf_nextscn(elf, section)) != NULL) {
		if (!gelf_getshdr(section, &header) ||
		    !(header.sh_flags & SHF_ALLOC) || !header.sh_size)
			continue;
		add_section(program, &header,
			    elf_strptr(elf, names, header.sh_name));
		if (is_object)
			add_segment(program, &header);
	}
	return program->section_count ? NULL : "has nothing that is loaded";
}

static const struct kernel_section *section_at(const struct program *program,
					       uint64_t address)
{
	for (size_t i = 0; i < program->section_count; i++)
		if (address - program->sections[i].address <
		    program->sections[i].size)
			return &program->sections[i];
	return NULL;
}

/* Code that runs when the kernel starts, or a module is loaded, is gone then;
 * what ends the kernel is not there at all. */
bool program_is_kernel_code(const struct program *program, uint64_t address)
{
	const struct kernel_section *section = section_at(program, address);

	return section && section->is_code &&
	       strncmp(section->name, ".init", 5) != 0 &&
	       (program->header.e_type == ET_REL ||
		strncmp(section->name, ".exit", 5) != 0);
}

bool program_is_per_cpu(const struct program *program, uint64_t address)
{
	const struct kernel_section *section = section_at(program, address);

	return section && strstr(section->name, "percpu");
}

/* ---- opening ---- */

static const char *prepare(struct program *program)
{
	const char *reason = NULL;

	if (!gelf_getehdr(program->file.elf, &program->header))
		return "has a damaged header";
	if (program->header.e_ident[EI_DATA] != ELFDATA2LSB ||
	    program->header.e_ident[EI_CLASS] != ELFCLASS64)
		return "is for another kind of machine";
	if (program->header.e_type == ET_REL)
		reason = lay_out(&program->file, program->header.e_machine);
	else if (program->header.e_type == ET_EXEC ||
		 program->header.e_type == ET_DYN)
		reason = program_read_segments(program);
	else
		reason = "is neither a kernel nor a module";
	return reason ? reason : read_sections(program);
}

struct program *program_open_kernel(struct arena *arena, const char *path,
				    const char **ret_reason)
{
	struct program *program = arena_new(arena, struct program);

	program->arena = arena;
	program->root = "";
	program->is_kernel = true;
	return program_begin(program, path, path, prepare, ret_reason);
}

bool program_is_kernel(const struct program *program)
{
	return program->is_kernel;
}

bool program_has_debug(const struct program *program)
{
	return elf_file_has_dwarf(program->file.elf);
}

/* ---- anchors ---- */

static void count_names(struct program *program)
{
	size_t count;
	const struct program_symbol *symbols = program_symbols(program, &count);

	for (size_t i = 0; i < count; i++) {
		uintptr_t had = (uintptr_t)map_get(&program->name_counts,
						   symbols[i].name);

		map_put(program->arena, &program->name_counts, symbols[i].name,
			(void *)(had + 1));
	}
}

/* Names that every list of symbols has and that tell one place. */
static bool is_anchor(struct program *program,
		      const struct program_symbol *symbol)
{
	return symbol->name[0] != '.' && !strstr(symbol->name, ".llvm.") &&
	       (uintptr_t)map_get(&program->name_counts, symbol->name) == 1;
}

bool program_find_anchor(struct program *program, uint64_t address,
			 struct program_anchor *ret_anchor)
{
	const struct kernel_section *section = section_at(program, address);
	size_t count, low = 0, high;
	const struct program_symbol *symbols = program_symbols(program, &count);

	if (!section)
		return false;
	if (!program->name_counts.count)
		count_names(program);
	for (high = count; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low > 0 && symbols[low - 1].address >= section->address; low--)
		if (is_anchor(program, &symbols[low - 1])) {
			ret_anchor->symbol = symbols[low - 1].name;
			ret_anchor->offset = address -
					     symbols[low - 1].address;
			return true;
		}
	return false;
}
