/* What an ELF file says about itself: see elf-facts.h. */
#include "translator/target/elf-facts.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"

enum { MOST_NEEDED = 4096, LONGEST_ID = 64, LARGEST_NOTES = 1 << 20 };

/* An open file and where its program headers say that things lie. */
struct reading {
	struct arena *arena;
	int fd;
	Elf *elf;
	size_t headers;
};

static const char *open_reading(struct reading *reading, const char *path)
{
	struct stat st;

	reading->elf = NULL;
	/* a FIFO must not hold the search up */
	reading->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (reading->fd < 0)
		return errno == ENOENT ? "does not exist" :
		       errno == EACCES ? "may not be read" :
					 "cannot be opened";
	if (fstat(reading->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? "is a folder" : "is no file";
	elf_version(EV_CURRENT);
	reading->elf = elf_begin(reading->fd, ELF_C_READ_MMAP, NULL);
	if (!reading->elf || elf_kind(reading->elf) != ELF_K_ELF ||
	    elf_getphdrnum(reading->elf, &reading->headers) < 0)
		return "is no ELF file";
	return NULL;
}

static void close_reading(struct reading *reading)
{
	elf_end(reading->elf);
	if (reading->fd >= 0)
		close(reading->fd);
}

/* The first program header of a type; false without. */
static bool find_header(const struct reading *reading, uint32_t type,
			GElf_Phdr *ret)
{
	for (size_t i = 0; i < reading->headers; i++)
		if (gelf_getphdr(reading->elf, (int)i, ret) &&
		    ret->p_type == type)
			return true;
	return false;
}

/* The text at a place in the file, if it ends there. */
static const char *text_at(const struct reading *reading, uint64_t offset)
{
	size_t size;
	const char *bytes = elf_rawfile(reading->elf, &size);

	if (!bytes || offset >= size || !memchr(bytes + offset, 0, size - offset))
		return NULL;
	return arena_strdup(reading->arena, bytes + offset);
}

/* Where an address of the loaded program lies in the file. */
static bool offset_of(const struct reading *reading, uint64_t address,
		      uint64_t *ret)
{
	for (size_t i = 0; i < reading->headers; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(reading->elf, (int)i, &header) ||
		    header.p_type != PT_LOAD || address < header.p_vaddr ||
		    address - header.p_vaddr >= header.p_filesz)
			continue;
		*ret = header.p_offset + (address - header.p_vaddr);
		return true;
	}
	return false;
}

/* The dynamic section as libelf translates it; NULL without. */
static Elf_Data *dynamic(const struct reading *reading)
{
	GElf_Phdr header;

	if (!find_header(reading, PT_DYNAMIC, &header) || !header.p_filesz)
		return NULL;
	return elf_getdata_rawchunk(reading->elf, (int64_t)header.p_offset,
				    header.p_filesz, ELF_T_DYN);
}

static void take_entry(const struct reading *reading, struct elf_facts *facts,
		       const GElf_Dyn *entry, uint64_t texts)
{
	const char **slot = NULL;
	const char *text;

	if (entry->d_tag == DT_SONAME)
		slot = &facts->soname;
	else if (entry->d_tag == DT_RPATH)
		slot = &facts->rpath;
	else if (entry->d_tag == DT_RUNPATH)
		slot = &facts->runpath;
	else if (entry->d_tag != DT_NEEDED || facts->needed.count >= MOST_NEEDED)
		return;
	text = text_at(reading, texts + entry->d_un.d_val);
	if (slot)
		*slot = text;
	else if (text)
		*vec_push(reading->arena, &facts->needed) = text;
}

static void read_dynamic(const struct reading *reading, struct elf_facts *facts)
{
	Elf_Data *data = dynamic(reading);
	uint64_t texts = 0;
	bool has_texts = false;
	GElf_Dyn entry;

	for (int i = 0; data && gelf_getdyn(data, i, &entry) &&
	     entry.d_tag != DT_NULL; i++)
		if (entry.d_tag == DT_STRTAB)
			has_texts = offset_of(reading, entry.d_un.d_ptr,
					      &texts);
	if (!has_texts)
		return;
	for (int i = 0; gelf_getdyn(data, i, &entry) &&
	     entry.d_tag != DT_NULL; i++)
		take_entry(reading, facts, &entry, texts);
}

static const char *id_text(struct arena *arena, const uint8_t *bytes,
			   size_t size)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < size; i++)
		buf_printf(&text, "%02x", bytes[i]);
	return buf_take(&text, arena);
}

/* The build id among the notes of one segment. */
static const char *find_id(const struct reading *reading, Elf_Data *data)
{
	size_t offset = 0, name, description;
	GElf_Nhdr note;

	while ((offset = gelf_getnote(data, offset, &note, &name,
				      &description)) > 0) {
		const uint8_t *bytes = data->d_buf;

		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp(bytes + name, "GNU", 4) && note.n_descsz &&
		    note.n_descsz <= LONGEST_ID)
			return id_text(reading->arena, bytes + description,
				       note.n_descsz);
	}
	return NULL;
}

static const char *read_id(const struct reading *reading)
{
	for (size_t i = 0; i < reading->headers; i++) {
		const char *id = NULL;
		GElf_Phdr header;
		Elf_Data *data;

		if (!gelf_getphdr(reading->elf, (int)i, &header) ||
		    header.p_type != PT_NOTE || header.p_filesz > LARGEST_NOTES)
			continue;
		data = elf_getdata_rawchunk(reading->elf,
					    (int64_t)header.p_offset,
					    header.p_filesz,
					    header.p_align == 8 ? ELF_T_NHDR8 :
								  ELF_T_NHDR);
		if (data)
			id = find_id(reading, data);
		if (id)
			return id;
	}
	return NULL;
}

struct elf_facts *elf_facts_read(struct arena *arena, const char *path,
				 const char **ret_reason)
{
	struct elf_facts *facts = arena_new(arena, struct elf_facts);
	struct reading reading = { .arena = arena };
	GElf_Ehdr head;
	GElf_Phdr header;

	*ret_reason = open_reading(&reading, path);
	if (!*ret_reason && !gelf_getehdr(reading.elf, &head))
		*ret_reason = "is no ELF file";
	if (!*ret_reason) {
		facts->bits = gelf_getclass(reading.elf) == ELFCLASS32 ? 32 : 64;
		facts->machine = head.e_machine;
		facts->type = head.e_type;
		if (find_header(&reading, PT_INTERP, &header))
			facts->interpreter = text_at(&reading, header.p_offset);
		read_dynamic(&reading, facts);
		facts->build_id = read_id(&reading);
	}
	close_reading(&reading);
	return *ret_reason ? NULL : facts;
}

const char *elf_build_id(struct arena *arena, const char *path)
{
	struct reading reading = { .arena = arena };
	const char *id = NULL;

	if (!open_reading(&reading, path))
		id = read_id(&reading);
	close_reading(&reading);
	return id;
}
