/* Notes of markers; see usdt.h. */
#include "translator/target/usdt.h"

#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/target/program.h"

enum {
	NOTE_TYPE = 3,		/* NT_STAPSDT */
	NOTES_MOST = 1 << 20,
	BUILD_ID_MOST = 64,
};

/* An open ELF file. */
struct image {
	Elf *elf;
	int fd;
	size_t names;		/* section of section names */
	size_t segments;
};

static const char *image_open(struct arena *arena, const char *path,
			      struct image *image)
{
	const char *reason = NULL;

	*image = (struct image){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
	if (image->fd < 0)
		return arena_printf(arena, "cannot open %s: %m", path);
	elf_version(EV_CURRENT);
	image->elf = elf_begin(image->fd, ELF_C_READ_MMAP, NULL);
	if (!image->elf || elf_kind(image->elf) != ELF_K_ELF ||
	    elf_getshdrstrndx(image->elf, &image->names) ||
	    elf_getphdrnum(image->elf, &image->segments))
		reason = arena_printf(arena, "%s is not a program or library "
				      "(no ELF file)", path);
	return reason;
}

static void image_close(struct image *image)
{
	elf_end(image->elf);
	if (image->fd >= 0)
		close(image->fd);
}

/* Where the byte that is loaded at @address stands in the file. */
static bool file_offset(const struct image *image, uint64_t address,
			uint64_t *ret_offset)
{
	for (size_t i = 0; i < image->segments; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(image->elf, (int)i, &header) ||
		    header.p_type != PT_LOAD || address < header.p_vaddr ||
		    address - header.p_vaddr >= header.p_memsz)
			continue;
		*ret_offset = address - header.p_vaddr + header.p_offset;
		return true;
	}
	return false;
}

static Elf_Scn *find_section(const struct image *image, const char *wanted,
			     GElf_Shdr *ret_header)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(image->elf, section))) {
		const char *name;

		if (!gelf_getshdr(section, ret_header))
			continue;
		name = elf_strptr(image->elf, image->names,
				  ret_header->sh_name);
		if (name && !strcmp(name, wanted))
			return section;
	}
	return NULL;
}

/* A NUL-terminated text within @size bytes; NULL if there is none. */
static const char *take_text(const char **at, size_t *size)
{
	const char *text = *at;
	size_t length = strnlen(text, *size);

	if (length == *size)
		return NULL;
	*at += length + 1;
	*size -= length + 1;
	return text;
}

static uint64_t word(const char *bytes, bool is_64)
{
	uint64_t wide;
	uint32_t narrow;

	if (is_64) {
		memcpy(&wide, bytes, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, bytes, sizeof(narrow));
	return narrow;
}

/*
 * The descriptor: three addresses (of the marker, of section .stapsdt.base when
 * the note was made, of the counter) and three texts. A file that was prelinked
 * since then has its base section elsewhere; all moved by the same distance.
 */
static bool read_note(struct arena *arena, const struct image *image,
		      const char *bytes, size_t size, uint64_t base,
		      struct usdt_marker *ret)
{
	bool is_64 = gelf_getclass(image->elf) == ELFCLASS64;
	size_t wide = is_64 ? 8 : 4;
	uint64_t moved, counter;
	const char *provider, *name, *operands;

	if (size < 3 * wide)
		return false;
	moved = base ? base - word(bytes + wide, is_64) : 0;
	ret->address = word(bytes, is_64) + moved;
	counter = word(bytes + 2 * wide, is_64);
	bytes += 3 * wide;
	size -= 3 * wide;
	provider = take_text(&bytes, &size);
	name = provider ? take_text(&bytes, &size) : NULL;
	operands = name ? take_text(&bytes, &size) : NULL;
	if (!operands || !*provider || !*name ||
	    !file_offset(image, ret->address, &ret->offset))
		return false;
	ret->provider = arena_strdup(arena, provider);
	ret->name = arena_strdup(arena, name);
	ret->operands = arena_strdup(arena, operands);
	ret->semaphore = 0;
	return !counter || file_offset(image, counter + moved,
				       &ret->semaphore);
}

static void read_notes(struct arena *arena, const struct image *image,
		       Elf_Data *notes, uint64_t base,
		       struct usdt_markers *markers)
{
	size_t at = 0, next, name, data;
	GElf_Nhdr note;

	while (markers->items.count < NOTES_MOST &&
	       (next = gelf_getnote(notes, at, &note, &name, &data))) {
		struct usdt_marker marker;

		at = next;
		if (note.n_type != NOTE_TYPE || note.n_namesz != 8 ||
		    memcmp((char *)notes->d_buf + name, "stapsdt", 8))
			continue;
		if (read_note(arena, image, (char *)notes->d_buf + data,
			      note.n_descsz, base, &marker))
			*vec_push(arena, &markers->items) = marker;
		else
			markers->damaged++;
	}
}

static const char *find_build_id(struct arena *arena,
				 const struct image *image)
{
	static const char digits[] = "0123456789abcdef";
	GElf_Shdr header;
	Elf_Scn *section = find_section(image, ".note.gnu.build-id", &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	size_t name, place;
	GElf_Nhdr note;
	char *text;

	if (!data || !gelf_getnote(data, 0, &note, &name, &place) ||
	    note.n_type != NT_GNU_BUILD_ID || note.n_descsz > BUILD_ID_MOST)
		return NULL;
	text = arena_alloc(arena, 2 * note.n_descsz + 1);
	for (size_t i = 0; i < note.n_descsz; i++) {
		unsigned char byte = ((unsigned char *)data->d_buf)[place + i];

		text[2 * i] = digits[byte >> 4];
		text[2 * i + 1] = digits[byte & 15];
	}
	text[2 * note.n_descsz] = 0;
	return text;
}

bool usdt_read(struct arena *arena, const char *path,
	       struct usdt_markers *ret_markers, const char **ret_reason)
{
	struct image image;
	GElf_Shdr header;
	GElf_Ehdr file;
	uint64_t base = 0;
	Elf_Scn *section;
	Elf_Data *notes;

	*ret_markers = (struct usdt_markers){ 0 };
	*ret_reason = image_open(arena, path, &image);
	if (*ret_reason || !gelf_getehdr(image.elf, &file)) {
		image_close(&image);
		return false;
	}
	ret_markers->machine = file.e_machine;
	ret_markers->build_id = find_build_id(arena, &image);
	if (find_section(&image, ".stapsdt.base", &header))
		base = header.sh_addr;
	section = find_section(&image, ".note.stapsdt", &header);
	notes = section ? elf_getdata(section, NULL) : NULL;
	if (notes && notes->d_buf)
		read_notes(arena, &image, notes, base, ret_markers);
	image_close(&image);
	return true;
}

/* ---- symbols, for the operands that name one ---- */

struct symbol_table {
	struct usdt_symbols symbols;
	const char *path;
};

/* What a search has found so far. */
struct sought {
	const char *name;
	bool is_tls;
	uint64_t address;
	int found;		/* places; a global symbol settles it */
	bool is_global;
};

static void consider(struct sought *sought, const GElf_Sym *symbol)
{
	bool is_global = GELF_ST_BIND(symbol->st_info) != STB_LOCAL;
	bool is_tls = GELF_ST_TYPE(symbol->st_info) == STT_TLS;

	if (symbol->st_shndx == SHN_UNDEF || is_tls != sought->is_tls ||
	    (!is_tls && !symbol->st_value) || sought->is_global)
		return;
	if (is_global || !sought->found || sought->address != symbol->st_value)
		sought->found++;
	if (is_global)
		sought->found = 1;
	sought->is_global = is_global;
	sought->address = symbol->st_value;
}

static void find_in_section(const struct image *image, Elf_Scn *section,
			    struct sought *sought)
{
	GElf_Shdr header;
	Elf_Data *data;
	GElf_Sym symbol;

	if (!gelf_getshdr(section, &header) ||
	    (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM))
		return;
	data = elf_getdata(section, NULL);
	for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
		const char *text = elf_strptr(image->elf, header.sh_link,
					      symbol.st_name);

		if (text && !strcmp(text, sought->name))
			consider(sought, &symbol);
	}
}

static void find_elsewhere(struct arena *scratch, const char *path,
			   struct sought *sought)
{
	const char *reason;
	struct program *program = program_open(scratch, path, &reason);
	const struct program_symbol *symbols;
	size_t count = 0;

	symbols = program ? program_symbols(program, &count) : NULL;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(symbols[i].name, sought->name) ||
		    symbols[i].is_tls != sought->is_tls)
			continue;
		sought->found = symbols[i].is_global ? 1 : sought->found + 1;
		sought->address = symbols[i].address;
		if (symbols[i].is_global)
			break;
	}
	program_close(program);
}

/* In the file, and where it was stripped in its debug file. Operands rarely
 * name symbols, so the tables are read anew for each. */
static bool find_symbol(const struct usdt_symbols *symbols, const char *name,
			bool is_tls, uint64_t *ret_address)
{
	const struct symbol_table *table = symbols->with;
	struct sought sought = { .name = name, .is_tls = is_tls };
	struct arena *scratch = arena_create();
	Elf_Scn *section = NULL;
	struct image image;

	if (!image_open(scratch, table->path, &image))
		while ((section = elf_nextscn(image.elf, section)))
			find_in_section(&image, section, &sought);
	image_close(&image);
	if (!sought.found)
		find_elsewhere(scratch, table->path, &sought);
	arena_free(scratch);
	*ret_address = sought.address;
	return sought.found == 1;
}

struct usdt_symbols *usdt_symbols(struct arena *arena, const char *path)
{
	struct symbol_table *table = arena_new(arena, struct symbol_table);

	table->path = arena_strdup(arena, path);
	table->symbols.find = find_symbol;
	table->symbols.with = table;
	return &table->symbols;
}
