/*
 * The separate debug file of a program: below /usr/lib/debug by build id, by
 * the link in the program, from a server of debug files. A file counts only if
 * its build id (or, without one, its checksum) is the right one, and its
 * segments are where the program's are.
 */
#include "translator/target/program-private.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "translator/base/arena.h"
#include "translator/base/file.h"

static const char *const folder = "/usr/lib/debug";

static bool has_build_id(struct arena *arena, struct elf_file *file,
			 const char *build_id)
{
	const char *its = elf_file_build_id(arena, file->elf);

	return its && strcmp(its, build_id) == 0;
}

/* Opens a candidate; @root first, then the machine itself. */
static bool try_path(struct program *program, const char *path,
		     const char *build_id, struct elf_file *ret_file)
{
	const char *const roots[] = { program->root, "" };

	for (int i = *program->root ? 0 : 1; i < 2; i++) {
		if (elf_file_open(ret_file, program->arena, roots[i], path))
			continue;
		if (!build_id ||
		    has_build_id(program->arena, ret_file, build_id))
			return true;
		elf_file_close(ret_file);
	}
	return false;
}

/* ---- servers ---- */

struct server_calls {
	void *library;
	void *(*begin)(void);
	void (*end)(void *client);
	int (*find)(void *client, const unsigned char *id, int length,
		    char **ret_path);
};

static bool load_calls(struct server_calls *calls)
{
	calls->library = dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!calls->library)
		return false;
	*(void **)&calls->begin = dlsym(calls->library, "debuginfod_begin");
	*(void **)&calls->end = dlsym(calls->library, "debuginfod_end");
	*(void **)&calls->find = dlsym(calls->library,
				       "debuginfod_find_debuginfo");
	return calls->begin && calls->end && calls->find;
}

/* The path of the file that was fetched, malloc'd; or NULL. A length of 0 says
 * to it that the id is text in hex. */
static char *fetch(const char *build_id)
{
	const char *urls = getenv("DEBUGINFOD_URLS");
	struct server_calls calls = { 0 };
	char *path = NULL;
	void *client;
	int fd = -1;

	if (!urls || !*urls || !load_calls(&calls))
		return NULL;
	client = calls.begin();
	if (client) {
		fd = calls.find(client, (const unsigned char *)build_id, 0, &path);
		calls.end(client);
	}
	if (fd >= 0) {
		close(fd);
		return path;
	}
	free(path);
	return NULL;
}

static bool open_fetched(struct program *program, const char *build_id,
			struct elf_file *ret_file)
{
	char *path = fetch(build_id);
	bool found = path &&
		     !elf_file_open(ret_file, program->arena, "", path);

	free(path);
	if (found && !has_build_id(program->arena, ret_file, build_id)) {
		elf_file_close(ret_file);
		found = false;
	}
	return found;
}

/* ---- by build id, by link ---- */

static bool find_by_link(struct program *program, const char *name,
			 const char *build_id, struct elf_file *ret_file)
{
	const char *path = program->file.path + strlen(program->root);
	const char *base = file_base(path);
	char *directory = arena_strndup(program->arena, path,
					(size_t)(base - path));
	char *const places[] = {
		arena_printf(program->arena, "%s%s", directory, name),
		arena_printf(program->arena, "%s.debug/%s", directory, name),
		arena_printf(program->arena, "%s%s%s", folder, directory, name),
	};

	if (*name == '/')
		return try_path(program, name, build_id, ret_file);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (try_path(program, places[i], build_id, ret_file))
			return true;
	return false;
}

static const char *path_by_id(struct arena *arena, const char *build_id)
{
	return strlen(build_id) > 2 ?
		arena_printf(arena, "%s/.build-id/%.2s/%s.debug", folder,
			     build_id, build_id + 2) : NULL;
}

const char *program_debug_path(struct arena *arena, const char *build_id,
			       bool ask_servers)
{
	const char *path = path_by_id(arena, build_id);
	char *fetched;

	if (path && file_exists(path))
		return path;
	fetched = ask_servers ? fetch(build_id) : NULL;
	path = fetched ? arena_strdup(arena, fetched) : NULL;
	free(fetched);
	return path;
}

bool program_find_by_id(struct program *program, const char *build_id,
			const char *name, struct elf_file *ret_file)
{
	const char *path = path_by_id(program->arena, build_id);

	if (path && try_path(program, path, build_id, ret_file))
		return true;
	return (name && find_by_link(program, name, build_id, ret_file)) ||
	       open_fetched(program, build_id, ret_file);
}

/* ---- the link by name and checksum ---- */

/* The name in .gnu_debuglink, and the checksum of the file. */
static const char *read_link(struct program *program, uint32_t *ret_checksum)
{
	struct program_section link;
	size_t length;
	const char *name;

	if (!program_section(program, ".gnu_debuglink", &link) || !link.bytes)
		return NULL;
	name = link.bytes;
	length = strnlen(name, link.size);
	if (!length || (length + 4) / 4 * 4 + 4 > link.size)
		return NULL;
	memcpy(ret_checksum, name + (length + 4) / 4 * 4, 4);
	return name;
}

static bool has_checksum(struct elf_file *file, uint32_t checksum)
{
	size_t size;
	const char *raw = elf_rawfile(file->elf, &size);

	return raw && crc32_z(0, (const Bytef *)raw, size) == checksum;
}

static bool find_by_checksum(struct program *program, const char *name,
			     uint32_t checksum, struct elf_file *ret_file)
{
	if (!find_by_link(program, name, NULL, ret_file))
		return false;
	if (has_checksum(ret_file, checksum))
		return true;
	elf_file_close(ret_file);
	return false;
}

/* Tools that move a program (prelink) leave its debug file behind. */
static bool has_same_place(struct program *program, struct elf_file *file)
{
	GElf_Phdr header;
	size_t count;

	if (elf_getphdrnum(file->elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(file->elf, (int)i, &header) &&
		    header.p_type == PT_LOAD)
			return header.p_vaddr == program->segments[0].address;
	return true;
}

static const char *find_debug(struct program *program)
{
	uint32_t checksum = 0;
	const char *name = read_link(program, &checksum);
	bool found = false;

	if (program->build_id)
		found = program_find_by_id(program, program->build_id, name,
					   &program->debug);
	else if (name)
		found = find_by_checksum(program, name, checksum,
					 &program->debug);
	if (!found)
		return "has no debug information: install its debug package "
		       "(-dbgsym, -debuginfo), set DEBUGINFOD_URLS, or build it "
		       "with -g";
	if (has_same_place(program, &program->debug))
		return NULL;
	elf_file_close(&program->debug);
	return "has a debug file for another load address; build the program "
	       "again or undo prelink";
}

struct elf_file *program_debug_file(struct program *program)
{
	const char *problem;

	if (elf_file_has_dwarf(program->file.elf))
		return &program->file;
	if (!program->debug_sought) {
		program->debug_sought = true;
		problem = find_debug(program);
		if (problem)
			program->debug_reason = arena_printf(program->arena,
				"%s %s", program->file.path, problem);
	}
	return program->debug.elf ? &program->debug : NULL;
}
