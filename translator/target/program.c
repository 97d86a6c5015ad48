/* A program of user space: its headers, segments and sections. */
#include "translator/target/program.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/file.h"
#include "translator/target/program-private.h"

enum { MOST_SEGMENTS = 4096, MOST_NEEDED = 4096, LONGEST_LINE = 4096 };

/* ---- opening ---- */

/* "/proc/12/root/usr/bin/x" lies at "/usr/bin/x" in the root of process 12. */
static const char *split_root(struct arena *arena, const char *path,
			      const char **ret_rest)
{
	const char *at = path + 6;

	*ret_rest = path;
	if (strncmp(path, "/proc/", 6) != 0)
		return "";
	while (isdigit((unsigned char)*at))
		at++;
	if (at == path + 6 || strncmp(at, "/root/", 6) != 0)
		return "";
	*ret_rest = at + 5;
	return arena_strndup(arena, path, (size_t)(at + 5 - path));
}

static int compare_segments(const void *a, const void *b)
{
	const struct program_segment *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

static void add_segment(struct program *program, const GElf_Phdr *header)
{
	struct program_segment *segment =
		&program->segments[program->segment_count];

	if (header->p_vaddr + header->p_memsz < header->p_vaddr ||
	    header->p_offset + header->p_filesz < header->p_offset)
		return;
	segment->address = header->p_vaddr;
	segment->offset = header->p_offset;
	segment->memory_size = header->p_memsz;
	segment->file_size = header->p_filesz < header->p_memsz ?
		header->p_filesz : header->p_memsz;
	segment->is_executable = header->p_flags & PF_X;
	segment->is_writable = header->p_flags & PF_W;
	program->segment_count++;
}

/* A text at an offset of the file, if it ends there. */
static const char *text_at(const struct program *program, uint64_t offset,
			   uint64_t most)
{
	size_t size;
	const char *raw = elf_rawfile(program->file.elf, &size);

	if (!raw || offset >= size)
		return NULL;
	if (most > size - offset)
		most = size - offset;
	if (strnlen(raw + offset, most) == most)
		return NULL;
	return arena_strdup(program->arena, raw + offset);
}

static void note_tls(struct program *program, const GElf_Phdr *header)
{
	uint64_t align = header->p_align ? header->p_align : 1;

	if (align & (align - 1) || header->p_memsz > INT64_MAX - align)
		return;
	program->tls_size = (header->p_memsz + align - 1) & ~(align - 1);
	program->tls_alignment = align;
}

const char *program_read_segments(struct program *program)
{
	Elf *elf = program->file.elf;
	GElf_Phdr header;
	size_t count;

	if (elf_getphdrnum(elf, &count) != 0 || !count || count > MOST_SEGMENTS)
		return "has no segments";
	program->segments = arena_array(program->arena, struct program_segment,
					count);
	for (size_t i = 0; i < count; i++) {
		if (!gelf_getphdr(elf, (int)i, &header))
			return "has damaged segments";
		if (header.p_type == PT_LOAD)
			add_segment(program, &header);
		if (header.p_type == PT_TLS)
			note_tls(program, &header);
		if (header.p_type == PT_INTERP)
			program->loader = text_at(program, header.p_offset,
						  header.p_filesz);
	}
	if (!program->segment_count)
		return "has nothing that is loaded";
	qsort(program->segments, program->segment_count,
	      sizeof(struct program_segment), compare_segments);
	return NULL;
}

static const char *read_header(struct program *program)
{
	if (!gelf_getehdr(program->file.elf, &program->header))
		return "has a damaged header";
	if (program->header.e_ident[EI_DATA] != ELFDATA2LSB)
		return "is for a machine with another order of bytes";
	switch (program->header.e_type) {
	case ET_EXEC:
	case ET_DYN:
		return program_read_segments(program);
	case ET_REL:
		return "is an object file; give the program that it is linked into";
	case ET_CORE:
		return "is a core dump; give the program that it is of";
	}
	return "is neither a program nor a library";
}

struct program *program_begin(struct program *program, const char *path,
			      const char *below,
			      const char *(*prepare)(struct program *program),
			      const char **ret_reason)
{
	struct arena *arena = program->arena;

	program->debug.fd = -1;
	*ret_reason = elf_file_open(&program->file, arena, program->root, below);
	if (*ret_reason)
		return NULL;
	*ret_reason = prepare(program);
	if (*ret_reason) {
		*ret_reason = arena_printf(arena, "%s %s", path, *ret_reason);
		program_close(program);
		return NULL;
	}
	program->build_id = elf_file_build_id(arena, program->file.elf);
	return program;
}

struct program *program_open(struct arena *arena, const char *path,
			     const char **ret_reason)
{
	struct program *program = arena_new(arena, struct program);
	const char *rest;

	program->arena = arena;
	program->root = split_root(arena, path, &rest);
	return program_begin(program, path, rest, read_header, ret_reason);
}

void program_close(struct program *program)
{
	if (!program)
		return;
	elf_file_close(&program->debug);
	elf_file_close(&program->file);
}

/* ---- what the headers say ---- */

const char *program_path(const struct program *program)
{
	return program->file.path;
}

const char *program_build_id(const struct program *program)
{
	return program->build_id;
}

int program_machine(const struct program *program)
{
	return program->header.e_machine;
}

uint32_t program_pointer_size(const struct program *program)
{
	return program->header.e_ident[EI_CLASS] == ELFCLASS32 ? 4 : 8;
}

bool program_is_relocatable(const struct program *program)
{
	return program->header.e_type == ET_DYN;
}

const char *program_loader(const struct program *program)
{
	return program->loader;
}

uint64_t program_entry(const struct program *program)
{
	return program->header.e_entry;
}

bool program_thread_block(const struct program *program, uint64_t *ret_size,
			  uint64_t *ret_alignment)
{
	*ret_size = program->tls_size;
	*ret_alignment = program->tls_alignment;
	return program->tls_alignment > 0;
}

const struct program_segment *program_segments(const struct program *program,
					       size_t *ret_count)
{
	*ret_count = program->segment_count;
	return program->segments;
}

bool program_offset(const struct program *program, uint64_t address,
		    uint64_t *ret_offset)
{
	for (size_t i = 0; i < program->segment_count; i++) {
		const struct program_segment *segment = &program->segments[i];

		if (address >= segment->address &&
		    address - segment->address < segment->file_size) {
			*ret_offset = segment->offset + address -
				      segment->address;
			return true;
		}
	}
	return false;
}

static bool offset_in(const struct program_segment *segment, uint64_t offset,
		      uint64_t *ret_address)
{
	if (offset < segment->offset ||
	    offset - segment->offset >= segment->file_size)
		return false;
	*ret_address = segment->address + offset - segment->offset;
	return true;
}

bool program_address(const struct program *program, uint64_t offset,
		     uint64_t *ret_address)
{
	for (int executable = 1; executable >= 0; executable--)
		for (size_t i = 0; i < program->segment_count; i++)
			if (program->segments[i].is_executable == executable &&
			    offset_in(&program->segments[i], offset, ret_address))
				return true;
	return false;
}

bool program_read(const struct program *program, uint64_t address, void *bytes,
		  size_t size)
{
	uint64_t offset, last;
	size_t file_size;
	const char *raw = elf_rawfile(program->file.elf, &file_size);

	if (!size)
		return true;
	if (!raw || !program_offset(program, address, &offset) ||
	    !program_offset(program, address + size - 1, &last) ||
	    last != offset + size - 1 || last >= file_size || last < offset)
		return false;
	memcpy(bytes, raw + offset, size);
	return true;
}

bool program_can_probe(const struct program *program, uint64_t address)
{
	uint8_t bytes[5] = { 0 }, code;

	if (program_machine(program) != EM_X86_64 ||
	    !program_read(program, address, bytes, sizeof(bytes)))
		return true;
	if (bytes[0] == 0xf0)	/* lock */
		return false;
	if (bytes[0] == 0xc5)
		code = bytes[2];
	else if (bytes[0] == 0xc4)
		code = bytes[3];
	else if (bytes[0] == 0x62)
		code = bytes[4];
	else
		return true;
	/* a push, a short jump; calls and jumps; and those that it refuses, as
	 * they are none of its own or tell of devices */
	if ((code >= 0x50 && code <= 0x57) || (code >= 0x70 && code <= 0x7f) ||
	    code == 0x90 || code == 0xe8 || code == 0xe9 || code == 0xeb)
		return false;
	return !((code >= 0x60 && code <= 0x62) ||
		 (code >= 0x6c && code <= 0x6f) || code == 0x16 ||
		 code == 0x17 || (code >= 0xd4 && code <= 0xd6) ||
		 (code >= 0xec && code <= 0xef));
}

/* The length of an instruction that does nothing, "nop" with its prefixes and
 * operand; 0 for any other. */
static size_t padding_length(const uint8_t *bytes, size_t count)
{
	size_t at = 0, base;

	while (at < count && (bytes[at] == 0x66 || bytes[at] == 0x2e))
		at++;
	if (at < count && bytes[at] == 0x90)
		return at + 1;
	if (at + 4 > count || bytes[at] != 0x0f || bytes[at + 1] != 0x1f)
		return 0;
	/* its operand: a byte that says what follows, a scale, a distance */
	base = (bytes[at + 2] & 7) == 4;
	switch (bytes[at + 2] >> 6) {
	case 0:
		return at + 3 + base;
	case 1:
		return at + 4 + base;
	case 2:
		return at + 7 + base;
	}
	return 0;
}

uint64_t program_skip_padding(const struct program *program, uint64_t address)
{
	enum { LONGEST = 15, MOST = 16 };
	uint8_t bytes[LONGEST];
	size_t length = 1;

	if (program_machine(program) != EM_X86_64)
		return address;
	for (int i = 0; i < MOST && length; i++) {
		if (!program_read(program, address, bytes, sizeof(bytes)))
			break;
		length = padding_length(bytes, sizeof(bytes));
		address += length;
	}
	return address;
}

bool program_section(struct program *program, const char *name,
		     struct program_section *ret_section)
{
	GElf_Shdr header;
	Elf_Scn *section = elf_file_section(program->file.elf, name, &header);
	Elf_Data *data;

	if (!section)
		return false;
	data = elf_file_contents(program->file.elf, section);
	ret_section->bytes = data ? data->d_buf : NULL;
	ret_section->size = data ? data->d_size : header.sh_size;
	ret_section->address = header.sh_flags & SHF_ALLOC ? header.sh_addr : 0;
	return true;
}

/* ---- libraries ---- */

static void take_dynamic(struct program *program, const GElf_Shdr *header,
			 Elf_Data *data)
{
	size_t count = data->d_size / gelf_fsize(program->file.elf, ELF_T_DYN, 1,
						 EV_CURRENT);

	if (count > MOST_NEEDED)
		count = MOST_NEEDED;
	program->needed = arena_array(program->arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		GElf_Dyn entry;
		const char *text;

		if (!gelf_getdyn(data, (int)i, &entry) || entry.d_tag == DT_NULL)
			return;
		if (entry.d_tag != DT_NEEDED && entry.d_tag != DT_SONAME)
			continue;
		text = elf_strptr(program->file.elf, header->sh_link,
				  entry.d_un.d_val);
		if (text && entry.d_tag == DT_SONAME)
			program->soname = text;
		else if (text)
			program->needed[program->needed_count++] = text;
	}
}

static void read_dynamic(struct program *program)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	Elf_Data *data;

	if (program->dynamic_read)
		return;
	program->dynamic_read = true;
	while ((section = elf_nextscn(program->file.elf, section)) != NULL) {
		if (!gelf_getshdr(section, &header) ||
		    header.sh_type != SHT_DYNAMIC)
			continue;
		data = elf_file_contents(program->file.elf, section);
		if (data && data->d_type == ELF_T_DYN)
			take_dynamic(program, &header, data);
		return;
	}
}

const char *program_soname(const struct program *program)
{
	/* what is read on demand is a cache */
	read_dynamic((struct program *)(uintptr_t)program);
	return program->soname;
}

const char *const *program_needed(struct program *program, size_t *ret_count)
{
	read_dynamic(program);
	*ret_count = program->needed_count;
	return program->needed;
}

/* ---- scripts ---- */

const char *program_script_interpreter(struct arena *arena, const char *path)
{
	char line[LONGEST_LINE];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t size;
	char *save, *word;

	if (fd < 0)
		return NULL;
	size = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (size < 3 || line[0] != '#' || line[1] != '!')
		return NULL;
	line[size] = 0;
	line[strcspn(line, "\n")] = 0;
	word = strtok_r(line + 2, " \t\r", &save);
	if (word && strcmp(file_base(word), "env") == 0)
		do {
			word = strtok_r(NULL, " \t\r", &save);
		} while (word && (*word == '-' || strchr(word, '=')));
	return word ? arena_strdup(arena, word) : NULL;
}
