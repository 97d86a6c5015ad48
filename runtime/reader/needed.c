/*
 * The libraries that a program needs: what the dynamic loader would find by
 * the names in the files, their run paths and the folders of the system.
 */
#include "runtime/reader/elf.h"

#include <fcntl.h>
#include <gelf.h>
#include <glob.h>
#include <libelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_LIBRARIES = 1024, MOST_FOLDERS = 256 };

struct finding {
	void (*call)(void *with, const char *path);
	void *with;
	char *found[MOST_LIBRARIES];	/* real paths; [0] is the program */
	size_t count;
	char *folders[MOST_FOLDERS];	/* of the system */
	size_t folder_count;
};

static void add_folder(struct finding *finding, const char *path, size_t length)
{
	if (finding->folder_count < MOST_FOLDERS && length)
		finding->folders[finding->folder_count++] =
			strndup(path, length);
}

/* A file of ld.so.conf: a folder a line. */
static void read_folders(struct finding *finding, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[PATH_MAX];

	while (file && fgets(line, sizeof(line), file))
		if (line[0] == '/')
			add_folder(finding, line, strcspn(line, " \t\n#"));
	if (file)
		fclose(file);
}

static void system_folders(struct finding *finding)
{
	static const char *const usual[] = {
		"/lib64", "/usr/lib64", "/lib", "/usr/lib",
	};
	glob_t files;

	if (!glob("/etc/ld.so.conf.d/*.conf", 0, NULL, &files)) {
		for (size_t i = 0; i < files.gl_pathc; i++)
			read_folders(finding, files.gl_pathv[i]);
		globfree(&files);
	}
	read_folders(finding, "/etc/ld.so.conf");
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		add_folder(finding, usual[i], strlen(usual[i]));
}

static bool add_found(struct finding *finding, const char *path)
{
	char *real = realpath(path, NULL);

	if (!real)
		return false;
	for (size_t i = 0; i < finding->count; i++) {
		if (!strcmp(finding->found[i], real)) {
			free(real);
			return true;
		}
	}
	if (finding->count == MOST_LIBRARIES) {
		free(real);
		return true;
	}
	finding->found[finding->count++] = real;
	return true;
}

/* Looks in a list of folders with colons; $ORIGIN is @origin. */
static bool find_in(struct finding *finding, const char *folders,
		    const char *origin, const char *name)
{
	char path[PATH_MAX];

	for (const char *at = folders; at && *at;) {
		size_t length = strcspn(at, ":");
		int skip = !strncmp(at, "$ORIGIN", 7) ? 7 :
			   !strncmp(at, "${ORIGIN}", 9) ? 9 : 0;

		snprintf(path, sizeof(path), "%s%.*s/%s", skip ? origin : "",
			 (int)length - skip, at + skip, name);
		if (!access(path, R_OK) && add_found(finding, path))
			return true;
		at += length + (at[length] == ':');
	}
	return false;
}

static void find_library(struct finding *finding, const char *run_path,
			 const char *origin, const char *name)
{
	if (strchr(name, '/')) {
		add_found(finding, name);
		return;
	}
	if (find_in(finding, run_path, origin, name) ||
	    find_in(finding, getenv("LD_LIBRARY_PATH"), origin, name))
		return;
	for (size_t i = 0; i < finding->folder_count; i++)
		if (find_in(finding, finding->folders[i], origin, name))
			return;
}

/* The interpreter runs in the process too. */
static void read_interpreter(struct finding *finding, Elf *elf)
{
	size_t count, size;
	GElf_Phdr segment;

	if (elf_getphdrnum(elf, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		if (!gelf_getphdr(elf, (int)i, &segment) ||
		    segment.p_type != PT_INTERP)
			continue;
		char *image = elf_rawfile(elf, &size);

		if (image && segment.p_offset < size &&
		    segment.p_filesz <= size - segment.p_offset &&
		    segment.p_filesz &&
		    !image[segment.p_offset + segment.p_filesz - 1])
			add_found(finding, image + segment.p_offset);
	}
}

static void read_dynamic(struct finding *finding, Elf *elf, const char *origin)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	Elf_Data *data = NULL;
	const char *run_path = NULL;
	GElf_Dyn entry;

	while (!data && (section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) &&
		    header.sh_type == SHT_DYNAMIC)
			data = elf_getdata(section, NULL);
	if (!data || !header.sh_entsize)
		return;
	int count = (int)(data->d_size / header.sh_entsize);

	for (int i = 0; i < count && gelf_getdyn(data, i, &entry); i++)
		if (entry.d_tag == DT_RUNPATH ||
		    (entry.d_tag == DT_RPATH && !run_path))
			run_path = elf_strptr(elf, header.sh_link,
					      entry.d_un.d_val);
	for (int i = 0; i < count && gelf_getdyn(data, i, &entry); i++) {
		const char *name = entry.d_tag != DT_NEEDED ? NULL :
			elf_strptr(elf, header.sh_link, entry.d_un.d_val);

		if (name && *name)
			find_library(finding, run_path, origin, name);
	}
}

static void read_file(struct finding *finding, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	char *origin = strdup(path), *slash = origin ? strrchr(origin, '/') :
						       NULL;

	if (slash)
		*slash = '\0';
	if (elf && origin && elf_kind(elf) == ELF_K_ELF) {
		read_interpreter(finding, elf);
		read_dynamic(finding, elf, origin);
	}
	free(origin);
	elf_end(elf);
	if (fd >= 0)
		close(fd);
}

void elf_each_needed(const char *path,
		     void (*call)(void *with, const char *path), void *with)
{
	struct finding *finding = calloc(1, sizeof(*finding));

	if (!finding)
		return;
	elf_version(EV_CURRENT);
	system_folders(finding);
	add_found(finding, path);
	for (size_t i = 0; i < finding->count; i++) {
		read_file(finding, finding->found[i]);
		if (i)
			call(with, finding->found[i]);
	}
	for (size_t i = 0; i < finding->count; i++)
		free(finding->found[i]);
	for (size_t i = 0; i < finding->folder_count; i++)
		free(finding->folders[i]);
	free(finding);
}
