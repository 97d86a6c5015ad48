/*
 * Symbol tables of files: see elf.h.
 */
#include "runtime/reader/elf.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runtime/common/identity.h"

/* The largest name of a function that is kept whole. */
enum { MOST_NAME = 500, MOST_SYMBOLS = 4 << 20, MOST_SEGMENTS = 256 };

struct reading {
	struct elf_table *table;
	Elf *elf;
	size_t symbol_room, names_room;
	/* __cxa_demangle(), when the C++ library is on this machine */
	char *(*demangle)(const char *, char *, size_t *, int *);
	bool demangle_sought;
};

/* ---- segments ---- */

/* Where code lies, and how large all is. */
static bool read_segments(struct reading *reading)
{
	struct elf_table *table = reading->table;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), first = UINT64_MAX;
	uint64_t last = 0, code = 0;
	bool has_code = false;
	size_t count;

	if (elf_getphdrnum(reading->elf, &count) || count > MOST_SEGMENTS)
		return false;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(reading->elf, (int)i, &segment) ||
		    segment.p_type != PT_LOAD)
			continue;
		if ((segment.p_vaddr & -page) < first)
			first = segment.p_vaddr & -page;
		if (segment.p_vaddr + segment.p_memsz > last)
			last = segment.p_vaddr + segment.p_memsz;
		if ((segment.p_flags & PF_X) && !has_code) {
			code = segment.p_vaddr - segment.p_offset;
			has_code = true;
		}
	}
	if (!has_code || last < first)
		return false;
	table->base = first;
	table->size = ((last + page - 1) & -page) - first;
	table->bias = code - first;
	return true;
}

/* ---- names ---- */

static uint32_t add_bytes(struct reading *reading, const char *text,
			  size_t length)
{
	struct elf_table *table = reading->table;
	uint32_t at = (uint32_t)table->names_size;

	if (table->names_size + length + 1 > reading->names_room) {
		size_t room = 2 * reading->names_room + length + 4096;
		char *larger = realloc(table->names, room);

		if (!larger)
			return UINT32_MAX;
		table->names = larger;
		reading->names_room = room;
	}
	memcpy(table->names + at, text, length);
	table->names[at + length] = '\0';
	table->names_size += length + 1;
	return at;
}

static char *demangled(struct reading *reading, const char *name)
{
	void *library;
	int status;

	if (!reading->demangle_sought) {
		reading->demangle_sought = true;
		library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
		if (library)
			*(void **)&reading->demangle =
				dlsym(library, "__cxa_demangle");
	}
	return reading->demangle ?
		reading->demangle(name, NULL, NULL, &status) : NULL;
}

static uint32_t add_name(struct reading *reading, const char *name)
{
	char *plain = name[0] == '_' && name[1] == 'Z' ?
		demangled(reading, name) : NULL;
	size_t length;
	uint32_t at;

	if (plain)
		name = plain;
	/* a version is no part of the name */
	length = plain ? strlen(name) : strcspn(name, "@");
	if (length > MOST_NAME)
		length = MOST_NAME;
	at = add_bytes(reading, name, length);
	free(plain);
	return at;
}

/* ---- symbols ---- */

/* While they are collected, a symbol's name is its place among these. */
struct candidate {
	uint64_t from, size;
	const char *name;
	int rank;		/* of names of one address, the least is kept */
};

struct candidates {
	struct candidate *items;
	size_t count, room;
};

static int rank_of(const GElf_Sym *symbol, const char *name)
{
	int rank = 0;

	while (name[rank] == '_' && rank < 8)
		rank++;
	rank *= 4;
	switch (GELF_ST_BIND(symbol->st_info)) {
	case STB_GLOBAL:
		return rank;
	case STB_WEAK:
		return rank + 1;
	}
	return rank + 2;
}

static bool is_function(const GElf_Sym *symbol)
{
	int type = GELF_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx < SHN_ABS &&
		symbol->st_value &&
		(type == STT_FUNC || type == STT_GNU_IFUNC ||
		 (type == STT_NOTYPE && symbol->st_size));
}

static void add_candidate(struct candidates *list, const GElf_Sym *symbol,
			  const char *name, uint64_t base)
{
	struct candidate *larger;

	if (list->count == list->room) {
		list->room = 2 * list->room + 1024;
		larger = reallocarray(list->items, list->room,
				      sizeof(*larger));
		if (!larger) {
			list->room = list->count;
			return;
		}
		list->items = larger;
	}
	list->items[list->count++] = (struct candidate){
		.from = symbol->st_value - base, .size = symbol->st_size,
		.name = name, .rank = rank_of(symbol, name),
	};
}

static Elf_Scn *find_section(Elf *elf, uint32_t type)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == type)
			return section;
	return NULL;
}

static void collect(struct candidates *list, Elf *elf, uint32_t type,
		    uint64_t base)
{
	Elf_Scn *section = find_section(elf, type);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	GElf_Shdr header;

	if (!data || !gelf_getshdr(section, &header) || !header.sh_entsize)
		return;
	size_t count = data->d_size / header.sh_entsize;

	for (size_t i = 0; i < count && i < MOST_SYMBOLS; i++) {
		GElf_Sym symbol;
		const char *name;

		if (!gelf_getsym(data, (int)i, &symbol) ||
		    !is_function(&symbol) || symbol.st_value < base)
			continue;
		name = elf_strptr(elf, header.sh_link, symbol.st_name);
		if (name && *name)
			add_candidate(list, &symbol, name, base);
	}
}

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	if (!left->size != !right->size)
		return left->size ? -1 : 1;
	if (left->rank != right->rank)
		return left->rank - right->rank;
	return strcmp(left->name, right->name);
}

/* One row an address; what has no size ends where the next begins. */
static void take(struct reading *reading, struct candidates *list)
{
	struct elf_table *table = reading->table;

	if (!list->count)
		return;
	qsort(list->items, list->count, sizeof(*list->items),
	      compare_candidates);
	table->symbols = reallocarray(NULL, list->count + 1,
				      sizeof(*table->symbols));
	for (size_t i = 0; table->symbols && i < list->count; i++) {
		const struct candidate *item = &list->items[i];
		uint64_t size = item->size;
		size_t next = i + 1;

		if (i && list->items[i - 1].from == item->from)
			continue;
		while (next < list->count &&
		       list->items[next].from == item->from)
			next++;
		if (!size)
			size = (next < list->count ? list->items[next].from :
				table->size) - item->from;
		if (item->from + size > table->size || size > UINT32_MAX)
			continue;

		struct elf_symbol *row = &table->symbols[table->symbol_count];

		row->from = (uint32_t)item->from;
		row->size = (uint32_t)size;
		row->name = add_name(reading, item->name);
		table->symbol_count += row->name != UINT32_MAX;
	}
}

/* ---- files with the debug information of another ---- */

/* The build id of a file as text; "" when it has none. */
static void build_id(Elf *elf, char *text, size_t size)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	text[0] = '\0';
	while ((section = elf_nextscn(elf, section))) {
		Elf_Data *data;
		GElf_Nhdr note;
		size_t at = 0, name, words;

		if (!gelf_getshdr(section, &header) ||
		    header.sh_type != SHT_NOTE)
			continue;
		data = elf_getdata(section, NULL);
		while (data && (at = gelf_getnote(data, at, &note, &name,
						  &words))) {
			const uint8_t *id = (uint8_t *)data->d_buf + words;

			if (note.n_type != NT_GNU_BUILD_ID ||
			    note.n_namesz != 4 ||
			    memcmp((char *)data->d_buf + name, "GNU", 4) ||
			    2 * (size_t)note.n_descsz + 1 > size)
				continue;
			for (size_t i = 0; i < note.n_descsz; i++)
				sprintf(text + 2 * i, "%02x", id[i]);
			return;
		}
	}
}

/* The names that were stripped, where they are installed. */
static void collect_separate(struct candidates *list, Elf *elf, uint64_t base,
			     Elf **ret_separate, int *ret_fd)
{
	char id[129], path[200];

	build_id(elf, id, sizeof(id));
	if (strlen(id) < 4)
		return;
	snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%.2s/%s.debug",
		 id, id + 2);
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	*ret_separate = *ret_fd < 0 ? NULL :
		elf_begin(*ret_fd, ELF_C_READ_MMAP, NULL);
	if (*ret_separate)
		collect(list, *ret_separate, SHT_SYMTAB, base);
}

static void read_symbols(struct reading *reading)
{
	struct candidates list = { 0 };
	Elf *separate = NULL;
	int fd = -1;

	collect(&list, reading->elf, SHT_SYMTAB, reading->table->base);
	if (!list.count)
		collect_separate(&list, reading->elf, reading->table->base,
				 &separate, &fd);
	if (!list.count)
		collect(&list, reading->elf, SHT_DYNSYM, reading->table->base);
	take(reading, &list);
	free(list.items);
	elf_end(separate);
	if (fd >= 0)
		close(fd);
}

static void read_frames(struct reading *reading, const GElf_Ehdr *file)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;

	if (file->e_machine != EM_X86_64 ||
	    file->e_ident[EI_CLASS] != ELFCLASS64 ||
	    elf_getshdrstrndx(reading->elf, &names))
		return;
	while ((section = elf_nextscn(reading->elf, section))) {
		const char *name = gelf_getshdr(section, &header) ?
			elf_strptr(reading->elf, names, header.sh_name) : NULL;
		Elf_Data *data;

		if (!name || strcmp(name, ".eh_frame") ||
		    header.sh_type == SHT_NOBITS)
			continue;
		data = elf_rawdata(section, NULL);
		if (data && data->d_buf)
			frames_read(&reading->table->frames, data->d_buf,
				    data->d_size, header.sh_addr,
				    reading->table->base);
	}
}

static struct elf_table *read_table(Elf *elf)
{
	struct reading reading = { .elf = elf };
	GElf_Ehdr header;

	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header) ||
	    (header.e_type != ET_EXEC && header.e_type != ET_DYN))
		return NULL;
	reading.table = calloc(1, sizeof(*reading.table));
	if (!reading.table)
		return NULL;
	if (!read_segments(&reading)) {
		free(reading.table);
		return NULL;
	}
	read_symbols(&reading);
	read_frames(&reading, &header);
	return reading.table;
}

struct elf_table *elf_table_read(const char *path)
{
	struct elf_table *table = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	Elf *elf;

	if (fd < 0)
		return NULL;
	elf_version(EV_CURRENT);
	elf = !fstat(fd, &st) && S_ISREG(st.st_mode) ?
		elf_begin(fd, ELF_C_READ_MMAP, NULL) : NULL;
	table = read_table(elf);
	if (table) {
		table->device = file_mapped_device(fd,
			(uint32_t)(major(st.st_dev) << 20 | minor(st.st_dev)));
		table->inode = st.st_ino;
	}
	elf_end(elf);
	close(fd);
	return table;
}

struct elf_table *elf_table_vdso(void)
{
	char *image = (char *)getauxval(AT_SYSINFO_EHDR);
	struct elf_table *table;
	Elf *elf;

	if (!image)
		return NULL;
	elf_version(EV_CURRENT);
	/* its headers come first, sections last; two pages hold all */
	elf = elf_memory(image, 2 * (size_t)sysconf(_SC_PAGESIZE));
	table = read_table(elf);
	elf_end(elf);
	return table;
}

void elf_table_free(struct elf_table *table)
{
	if (!table)
		return;
	free(table->symbols);
	frames_forget(&table->frames);
	free(table->names);
	free(table);
}

const struct elf_symbol *elf_table_find(const struct elf_table *table,
					uint64_t address)
{
	size_t low = 0, high = table->symbol_count;

	while (high > low) {
		size_t middle = low + (high - low) / 2;

		if (table->symbols[middle].from <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address - table->symbols[low - 1].from >=
		    table->symbols[low - 1].size)
		return NULL;
	return &table->symbols[low - 1];
}
