/* Types of kernels that are not running: see kernel-image.h. */
#include "translator/target/kernel-image.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/file.h"

extern char **environ;

/* ---- the section of an ELF file ---- */

static Elf_Data *find_btf(Elf *elf)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *name;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (name && !strcmp(name, ".BTF"))
			return elf_rawdata(section, NULL);
	}
	return NULL;
}

/* Copies the section to a file of its own. */
static bool copy_btf(int fd, const char *path)
{
	Elf *elf;
	Elf_Data *data;
	bool ok;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	data = find_btf(elf);
	ok = data && data->d_size &&
	     !file_write(path, data->d_buf, data->d_size);
	elf_end(elf);
	return ok;
}

static bool has_btf(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf;
	bool has;

	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	has = find_btf(elf);
	elf_end(elf);
	close(fd);
	return has;
}

/* ---- boot images ---- */

static const struct packing {
	const char *magic;
	size_t length;
	const char *program[4];
} packings[] = {
	{ "\xfd" "7zXZ", 6, { "xz", "-dc", "--single-stream" } },
	{ "\x1f\x8b", 2, { "gzip", "-dc" } },
	{ "\x28\xb5\x2f\xfd", 4, { "zstd", "-dcq" } },
	{ "\x02\x21\x4c\x18", 4, { "lz4", "-dcq" } },
	{ "BZh", 3, { "bzip2", "-dc" } },
	{ "\x89LZO", 4, { "lzop", "-dc" } },
	{ "\x5d\0\0", 3, { "lzma", "-dc" } },
};

static uint32_t word_at(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

/*
 * Where the packed kernel begins: in an image for x86 behind code that says
 * so (the boot protocol, from version 2.08 on), else at the start.
 */
static off_t payload_at(int fd)
{
	enum { SECTORS_AT = 0x1f1, MAGIC_AT = 0x202, VERSION_AT = 0x206,
	       PAYLOAD_AT = 0x248, HEADER_SIZE = 0x250 };
	uint8_t header[HEADER_SIZE];
	unsigned int sectors;

	if (pread(fd, header, HEADER_SIZE, 0) != HEADER_SIZE ||
	    memcmp(header + MAGIC_AT, "HdrS", 4) ||
	    header[VERSION_AT] + 256 * header[VERSION_AT + 1] < 0x208)
		return 0;
	sectors = header[SECTORS_AT] ? header[SECTORS_AT] : 4;
	return (off_t)(sectors + 1) * 512 + word_at(header + PAYLOAD_AT);
}

static const struct packing *find_packing(int fd, off_t at)
{
	char magic[8] = { 0 };

	if (pread(fd, magic, sizeof(magic), at) < 6)
		return NULL;
	for (size_t i = 0; i < sizeof(packings) / sizeof(*packings); i++)
		if (!memcmp(magic, packings[i].magic, packings[i].length))
			return &packings[i];
	return NULL;
}

/* What follows the packed kernel makes some of the programs complain: what came
 * out tells whether it worked. */
static bool unpack(const struct packing *packing, int from, int to)
{
	char *arguments[5] = { 0 };
	posix_spawn_file_actions_t actions;
	pid_t child;
	int status;

	for (int i = 0; i < 4; i++)
		arguments[i] = (char *)packing->program[i];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
					 O_WRONLY, 0);
	status = posix_spawnp(&child, arguments[0], &actions, NULL, arguments,
			      environ);
	posix_spawn_file_actions_destroy(&actions);
	if (status)
		return false;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return true;
}

static const char *unpack_btf(struct arena *arena, int image,
			      const char *name, const char *kept)
{
	off_t at = payload_at(image);
	const struct packing *packing = find_packing(image, at);
	char *whole = arena_printf(arena, "%s.XXXXXX", kept);
	const char *reason = NULL;
	int fd;

	if (!packing)
		return arena_printf(arena, "%s is packed in no known way",
				    name);
	fd = mkostemp(whole, O_CLOEXEC);
	if (fd < 0)
		return arena_printf(arena, "cannot write to %s: %s", whole,
				    strerror(errno));
	unlink(whole);
	lseek(image, at, SEEK_SET);
	if (!unpack(packing, image, fd))
		reason = arena_printf(arena, "the program %s, that %s is "
				      "packed with, is not installed",
				      packing->program[0], name);
	else if (!copy_btf(fd, kept))
		reason = arena_printf(arena, "what %s holds has no BTF", name);
	close(fd);
	return reason;
}

/* ---- finding ---- */

static const char *installed(struct arena *arena, const char *release)
{
	static const char *const places[] = {
		"/usr/lib/debug/boot/vmlinux-%s",
		"/usr/lib/debug/lib/modules/%s/vmlinux",
		"/usr/lib/debug/lib/modules/%s/vmlinux.debug",
		"/boot/vmlinux-%s",
		"/lib/modules/%s/vmlinux",
		"/lib/modules/%s/build/vmlinux",
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const char *mark = strchr(places[i], '%');
		const char *path = arena_printf(arena, "%.*s%s%s",
						(int)(mark - places[i]),
						places[i], release, mark + 2);

		if (has_btf(path))
			return path;
	}
	return NULL;
}

static int open_image(struct arena *arena, const char *release,
		      const char **ret_name)
{
	const char *names[] = {
		arena_printf(arena, "/boot/vmlinuz-%s", release),
		arena_printf(arena, "/lib/modules/%s/vmlinuz", release),
	};
	int fd = -1;

	for (size_t i = 0; i < 2 && fd < 0; i++) {
		*ret_name = names[i];
		fd = open(names[i], O_RDONLY | O_CLOEXEC);
	}
	return fd;
}

/* Where the types of a file are kept, which lose their worth when it changes. */
static const char *kept_path(struct arena *arena, const char *release,
			     const char *keep, int fd)
{
	struct stat st;

	if (!keep || file_make_folder(keep) < 0 || fstat(fd, &st) < 0)
		return NULL;
	return arena_printf(arena, "%s/btf-%s-%llx-%llx", keep, release,
			    (unsigned long long)st.st_size,
			    (unsigned long long)st.st_mtime);
}

/* A vmlinux with all its debug information is large: its types are copied. */
static const char *keep_installed(struct arena *arena, const char *release,
				  const char *keep, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *kept = fd < 0 ? NULL :
				    kept_path(arena, release, keep, fd);

	if (kept && !file_exists(kept) && !copy_btf(fd, kept))
		kept = NULL;
	if (fd >= 0)
		close(fd);
	return kept ? kept : path;
}

const char *kernel_image_btf(struct arena *arena, const char *release,
			     const char *keep, const char **ret_reason)
{
	const char *name, *kept, *path = installed(arena, release);
	int image;

	*ret_reason = NULL;
	if (path)
		return keep_installed(arena, release, keep, path);
	image = open_image(arena, release, &name);
	if (image < 0) {
		*ret_reason = arena_printf(arena, "neither a vmlinux nor a "
					   "boot image of Linux %s can be read "
					   "here", release);
		return NULL;
	}
	kept = kept_path(arena, release, keep, image);
	if (!kept)
		*ret_reason = "there is no folder for the cache";
	else if (!file_exists(kept))
		*ret_reason = unpack_btf(arena, image, name, kept);
	close(image);
	return *ret_reason ? NULL : kept;
}

const char *kernel_image_module(struct arena *arena, const char *path,
				const char *keep, const char **ret_reason)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	const char *kept = path;

	*ret_reason = NULL;
	if (file < 0 || !find_packing(file, 0)) {
		if (file >= 0)
			close(file);
		return path;
	}
	kept = kept_path(arena, file_base(path), keep, file);
	if (!kept)
		*ret_reason = "there is no folder for the cache";
	else if (!file_exists(kept))
		*ret_reason = unpack_btf(arena, file, path, kept);
	close(file);
	return *ret_reason ? NULL : kept;
}
