/*
 * ELF files as libelf has them: opening, sections, build ids.
 *
 * Files are mapped. What an attacker can blow up, the size that a compressed
 * section claims, is bounded before libelf allocates it.
 */
#include "translator/target/program-private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "translator/base/arena.h"

static const uint64_t largest_section = (uint64_t)1 << 31;

/* Links of a container lead to places in the container. */
static int open_below(const char *root, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_IN_ROOT,
	};
	int folder, fd;

	if (!*root)
		return open(path, (int)how.flags);
	folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
	close(folder);
	return fd;
}

static const char *take_fd(struct elf_file *file, struct arena *arena,
			   const char *path)
{
	struct stat status;

	if (fstat(file->fd, &status) != 0 || !S_ISREG(status.st_mode))
		return arena_printf(arena, "%s is not a regular file", path);
	elf_version(EV_CURRENT);
	file->elf = elf_begin(file->fd, ELF_C_READ_MMAP, NULL);
	if (!file->elf || elf_kind(file->elf) != ELF_K_ELF)
		return arena_printf(arena, "%s is not an ELF file", path);
	return NULL;
}

const char *elf_file_open(struct elf_file *file, struct arena *arena,
			  const char *root, const char *path)
{
	const char *reason;

	memset(file, 0, sizeof(*file));
	file->path = arena_printf(arena, "%s%s", root, path);
	file->fd = open_below(root, path);
	if (file->fd < 0)
		return arena_printf(arena, "%s cannot be opened: %s", file->path,
				    strerror(errno));
	reason = take_fd(file, arena, file->path);
	if (reason)
		elf_file_close(file);
	return reason;
}

bool elf_file_parse(struct elf_file *file, void *memory, size_t size)
{
	memset(file, 0, sizeof(*file));
	file->fd = -1;
	file->memory = memory;
	elf_version(EV_CURRENT);
	file->elf = elf_memory(memory, size);
	if (file->elf && elf_kind(file->elf) == ELF_K_ELF)
		return true;
	elf_file_close(file);
	return false;
}

void elf_file_close(struct elf_file *file)
{
	if (file->elf)
		elf_end(file->elf);
	else if (file->fd < 0 && !file->memory)
		return;
	if (file->fd >= 0)
		close(file->fd);
	free(file->memory);
	memset(file, 0, sizeof(*file));
	file->fd = -1;
}

Elf_Scn *elf_file_section(Elf *elf, const char *name, GElf_Shdr *ret_header)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return NULL;
	while ((section = elf_nextscn(elf, section)) != NULL) {
		const char *its;

		if (!gelf_getshdr(section, ret_header))
			continue;
		its = elf_strptr(elf, names, ret_header->sh_name);
		if (its && strcmp(its, name) == 0)
			return section;
	}
	return NULL;
}

/* A compressed section says how large it will be; nothing that compresses
 * well reaches 1000 to 1. */
static bool is_plausible(Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
	GElf_Chdr compressed;

	(void)elf;
	if (header->sh_type == SHT_NOBITS)
		return false;
	if (!(header->sh_flags & SHF_COMPRESSED))
		return true;
	return gelf_getchdr(section, &compressed) &&
	       compressed.ch_size <= largest_section &&
	       compressed.ch_size / 1100 <= header->sh_size;
}

Elf_Data *elf_file_contents(Elf *elf, Elf_Scn *section)
{
	GElf_Shdr header;
	Elf_Data *data;

	if (!gelf_getshdr(section, &header) ||
	    !is_plausible(elf, section, &header))
		return NULL;
	if (header.sh_flags & SHF_COMPRESSED && elf_compress(section, 0, 0) < 0)
		return NULL;
	data = elf_getdata(section, NULL);
	return data && data->d_buf && data->d_size ? data : NULL;
}

static const char *to_hex(struct arena *arena, const uint8_t *bytes, size_t size)
{
	char *text = arena_array(arena, char, 2 * size + 1);

	for (size_t i = 0; i < size; i++) {
		text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	return text;
}

static const char *build_id_in(struct arena *arena, Elf_Data *data)
{
	size_t at = 0, name, description;
	GElf_Nhdr note;

	while ((at = gelf_getnote(data, at, &note, &name, &description)) > 0) {
		const uint8_t *bytes = data->d_buf;

		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    memcmp(bytes + name, "GNU", 4) == 0 &&
		    note.n_descsz > 0 && note.n_descsz <= 64)
			return to_hex(arena, bytes + description, note.n_descsz);
	}
	return NULL;
}

/* By segments, which every loaded file has, else by sections. */
const char *elf_file_build_id(struct arena *arena, Elf *elf)
{
	const char *found = NULL;
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	GElf_Phdr segment;
	size_t count = 0;
	Elf_Data *data;

	while (!found && (section = elf_nextscn(elf, section)) != NULL) {
		if (!gelf_getshdr(section, &header) ||
		    header.sh_type != SHT_NOTE)
			continue;
		data = elf_file_contents(elf, section);
		if (data)
			found = build_id_in(arena, data);
	}
	if (elf_getphdrnum(elf, &count) != 0)
		return found;
	for (size_t i = 0; !found && i < count; i++) {
		if (!gelf_getphdr(elf, (int)i, &segment) ||
		    segment.p_type != PT_NOTE)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)segment.p_offset,
					    segment.p_filesz, ELF_T_NHDR);
		if (data)
			found = build_id_in(arena, data);
	}
	return found;
}

bool elf_file_has_dwarf(Elf *elf)
{
	GElf_Shdr header;
	Elf_Scn *section = elf_file_section(elf, ".debug_info", &header);

	if (!section)
		section = elf_file_section(elf, ".zdebug_info", &header);
	return section && header.sh_type != SHT_NOBITS && header.sh_size > 0 &&
	       is_plausible(elf, section, &header);
}
