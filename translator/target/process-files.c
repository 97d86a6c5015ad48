/* Which files a process(...) point means: see process-files.h. */
#include "translator/target/process-files.h"

#include <ctype.h>
#include <elf.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/file.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"
#include "translator/target/elf-facts.h"
#include "translator/target/library-files.h"
#include "translator/target/process-live.h"

enum { DEEPEST_SCRIPT = 5, SHORTEST_ID = 16, LONGEST_LINE = 256 };

static const char *const usual_path = "/usr/local/bin:/usr/bin:/bin";

/* ---- one file ---- */

static struct process_file *create(struct arena *arena, const char *path,
				   const char *open_path,
				   const struct file_identity *identity,
				   const struct elf_facts *facts)
{
	struct process_file *file = arena_new(arena, struct process_file);

	file->path = path;
	file->open = open_path;
	file->device = identity->device;
	file->inode = identity->inode;
	file->bits = facts->bits;
	return file;
}

/* The file that PATH has for a name, as a shell looks for it; NULL if none can
 * be executed. */
static const char *on_path(struct arena *arena, const char *name)
{
	const char *folders = getenv("PATH");

	if (!folders || !*folders)
		folders = usual_path;
	while (*folders) {
		size_t length = strcspn(folders, ":");
		const char *path = length ?
			arena_printf(arena, "%.*s/%s", (int)length, folders,
				     name) : name;
		struct stat st;

		if (stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		    access(path, X_OK) == 0)
			return path;
		folders += length;
		folders += *folders == ':';
	}
	return NULL;
}

/* The program in the first line of a script, after "#!"; NULL for other files.
 * What env runs is what its argument names. */
static const char *interpreter(struct arena *arena, const char *path)
{
	char line[LONGEST_LINE + 1];
	char *rest = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t size = fd < 0 ? -1 : read(fd, line, LONGEST_LINE);
	const char *word;

	if (fd >= 0)
		close(fd);
	if (size < 3 || line[0] != '#' || line[1] != '!')
		return NULL;
	line[size] = 0;
	line[strcspn(line, "\n")] = 0;
	word = strtok_r(line + 2, " \t", &rest);
	if (!word || strcmp(file_base(word), "env"))
		return word ? arena_strdup(arena, word) : NULL;
	path = arena_strdup(arena, word);
	do
		word = strtok_r(NULL, " \t", &rest);
	while (word && (*word == '-' || strchr(word, '=')));
	word = word ? on_path(arena, word) : NULL;
	return word ? arena_strdup(arena, word) : path;
}

static const char *why_not(struct arena *arena, const char *path,
			   const char *reason)
{
	return arena_printf(arena, "'%s' %s", path, reason);
}

struct process_file *process_file_open(struct arena *arena, const char *path,
				       const char **ret_reason)
{
	const char *reason = "is a script of scripts of scripts";
	struct elf_facts *facts = NULL;
	struct file_identity identity;
	char *real = arena_alloc(arena, PATH_MAX);

	for (int depth = 0; depth < DEEPEST_SCRIPT; depth++) {
		const char *next;

		if (!realpath(path, real)) {
			*ret_reason = why_not(arena, path, "does not exist");
			return NULL;
		}
		next = interpreter(arena, real);
		if (!next) {
			facts = elf_facts_read(arena, real, &reason);
			break;
		}
		path = next;
	}
	if (facts && facts->type != ET_EXEC && facts->type != ET_DYN) {
		reason = "is neither a program nor a library";
		facts = NULL;
	}
	if (!facts || !file_identify(real, 0, &identity)) {
		*ret_reason = why_not(arena, path, facts ? "is gone" : reason);
		return NULL;
	}
	return create(arena, real, real, &identity, facts);
}

static struct process_file *of_live(struct arena *arena,
				    const struct live_file *live)
{
	const char *reason;
	struct elf_facts *facts = elf_facts_read(arena, live->open, &reason);

	return facts ? create(arena, live->path, live->open, &live->identity,
			      facts) : NULL;
}

static bool is_same(const struct process_file *a, const struct process_file *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->pid == b->pid && a->program == b->program;
}

static void add(struct arena *arena, struct process_files *files,
		struct process_file *file)
{
	for (size_t i = 0; i < files->items.count; i++)
		if (is_same(files->items.items[i], file))
			return;
	*vec_push(arena, &files->items) = file;
}

/* ---- programs by name ---- */

/* The nearest name among the programs on PATH. */
static const char *suggest(struct arena *arena, const char *name)
{
	const char *folders = getenv("PATH");
	VEC(const char *) all = { 0 };
	const char *near;

	if (!folders)
		folders = usual_path;
	while (*folders) {
		size_t length = strcspn(folders, ":");
		struct file_names names = { 0 };

		file_list(arena, arena_strndup(arena, folders, length), &names);
		for (size_t i = 0; i < names.names.count; i++)
			*vec_push(arena, &all) = names.names.items[i];
		folders += length;
		folders += *folders == ':';
	}
	near = diag_nearest(name, all.items, all.count);
	return near ? arena_printf(arena, "did you mean '%s'?", near) :
		"give the path of a program that is not on PATH, or the number "
		"of a process";
}

/* The nearest name in the folder of a path that is not there. */
static const char *suggest_path(struct arena *arena, const char *path)
{
	const char *base = file_base(path);
	const char *folder = arena_strndup(arena, path, (size_t)(base - path));
	struct file_names names = { 0 };
	const char *near;

	file_list(arena, folder, &names);
	near = diag_nearest(base, names.names.items, names.names.count);
	return near ? arena_printf(arena, "did you mean '%s%s'?", folder, near) :
		      NULL;
}

static void by_pattern(struct arena *arena, const char *pattern,
		       struct process_files *files)
{
	glob_t found = { 0 };
	const char *reason;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++) {
			struct process_file *file =
				process_file_open(arena, found.gl_pathv[i],
						  &reason);

			if (file)
				add(arena, files, file);
		}
	if (!files->items.count)
		files->reason = arena_printf(arena, found.gl_pathc ?
			"none of the files '%s' is a program" :
			"no file matches '%s'", pattern);
	if (!files->items.count)
		files->hint = "wildcards are for paths: names with them are "
			      "not looked for on PATH";
	globfree(&found);
}

static void by_path(struct arena *arena, const char *path,
		    struct process_files *files)
{
	struct process_file *file = process_file_open(arena, path,
						      &files->reason);

	if (file)
		add(arena, files, file);
	else if (!file_exists(path))
		files->hint = suggest_path(arena, path);
	else if (file_is_folder(path))
		files->hint = arena_printf(arena, "all in it: process(\"%s/*\")",
					   path);
	else
		files->hint = "markers, functions and the life of processes "
			      "are found in ELF programs and libraries";
}

/* A library without its folder: as the loader would find it for a program like
 * this one. */
static const char *library_path(struct arena *arena, const char *name)
{
	const char *reason;
	struct elf_facts *own = strstr(name, ".so") ?
		elf_facts_read(arena, "/proc/self/exe", &reason) : NULL;

	return own ? library_file_named(arena, name, own) : NULL;
}

bool process_is_build_id(const char *name)
{
	size_t length = 0;

	while (isxdigit((unsigned char)name[length]))
		length++;
	return !name[length] && length >= SHORTEST_ID && length % 2 == 0;
}

/* ---- programs by build id ---- */

/* Links that distributions keep from build ids to the files themselves. */
static const char *linked_id(struct arena *arena, const char *id)
{
	static const char *const folders[] = {
		"/usr/lib/.build-id", "/usr/lib/debug/.build-id",
	};

	for (size_t i = 0; i < 2; i++) {
		const char *path = arena_printf(arena, "%s/%.2s/%s", folders[i],
						id, id + 2);
		const char *its = elf_build_id(arena, path);

		if (its && strcmp(its, id) == 0)
			return path;
	}
	return NULL;
}

static void running_with_id(struct arena *arena, const char *id,
			    struct process_files *files)
{
	struct live_pids pids;

	live_all(arena, &pids);
	for (size_t i = 0; i < pids.items.count; i++) {
		struct live_file *live = live_program(arena,
						      pids.items.items[i]);
		const char *its = live ? elf_build_id(arena, live->open) : NULL;
		struct process_file *file = its && strcmp(its, id) == 0 ?
			of_live(arena, live) : NULL;

		if (file)
			add(arena, files, file);
	}
}

/* All files of the folders ("a:b"). */
static void in_folders_with_id(struct arena *arena, const char *folders,
			       const char *id, struct process_files *files)
{
	while (*folders) {
		size_t length = strcspn(folders, ":");
		const char *folder = arena_strndup(arena, folders, length);
		struct file_names names = { 0 };
		const char *reason;

		file_list(arena, folder, &names);
		for (size_t i = 0; i < names.names.count; i++) {
			const char *path = arena_printf(arena, "%s/%s", folder,
						names.names.items[i]);
			const char *its = elf_build_id(arena, path);
			struct process_file *file =
				its && strcmp(its, id) == 0 ?
				process_file_open(arena, path, &reason) : NULL;

			if (file)
				add(arena, files, file);
		}
		folders += length;
		folders += *folders == ':';
	}
}

static void by_build_id(struct arena *arena, const char *name,
			struct process_files *files)
{
	char *id = arena_strdup(arena, name);
	const char *path = getenv("PATH");

	for (char *c = id; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (linked_id(arena, id)) {
		by_path(arena, linked_id(arena, id), files);
		return;
	}
	running_with_id(arena, id, files);
	if (!files->items.count)
		in_folders_with_id(arena, path ? path : usual_path, id, files);
	if (files->items.count)
		return;
	files->reason = arena_printf(arena, "no program has the build id %s",
				     id);
	files->hint = "looked at are the programs that run now, those on PATH, "
		      "and the links in /usr/lib/.build-id; 'file' prints the "
		      "build id of a program";
}

/* ---- programs of every kind ---- */

static void by_name(struct arena *arena, const char *name,
		    struct process_files *files)
{
	const char *path;

	if (glob_is_pattern(name)) {
		by_pattern(arena, name, files);
		return;
	}
	if (strchr(name, '/')) {
		by_path(arena, name, files);
		return;
	}
	path = on_path(arena, name);
	if (!path)
		path = library_path(arena, name);
	if (path) {
		by_path(arena, path, files);
	} else if (process_is_build_id(name)) {
		by_build_id(arena, name, files);
	} else {
		files->reason = arena_printf(arena, "no program '%s' on PATH",
					     name);
		files->hint = suggest(arena, name);
	}
}

static void by_pid(struct arena *arena, int64_t pid, bool only,
		   struct process_files *files)
{
	struct live_file *live = live_program(arena, pid);
	struct process_file *file = live ? of_live(arena, live) : NULL;

	if (file) {
		file->pid = only ? pid : 0;
		add(arena, files, file);
	} else if (!live_exists(arena, pid)) {
		files->reason = arena_printf(arena, "there is no process %"
					     PRId64, pid);
		files->hint = "ps -e lists processes; process(\"NAME\") is "
			      "all that run a program";
	} else {
		files->reason = arena_printf(arena, live ?
			"the program of process %" PRId64 " cannot be read" :
			"process %" PRId64 " runs no program (a thread of the "
			"kernel, or it has ended)", pid);
	}
}

/* The first word, when no shell is needed to tell which that is. */
static void by_command(struct arena *arena, const char *command,
		       struct process_files *files)
{
	command += strspn(command, " \t\n");
	if (command[strcspn(command, "|&;<>(){}$`\n")]) {
		files->reason = "which program the command of -c is, only a "
				"shell can tell";
		files->hint = "name it: process(\"/path/of/program\")";
		return;
	}
	by_name(arena, arena_strndup(arena, command, strcspn(command, " \t")),
		files);
}

static void find_programs(struct arena *arena,
			  const struct process_query *query,
			  struct process_files *files)
{
	if (query->name && *query->name) {
		by_name(arena, query->name, files);
	} else if (query->pid) {
		by_pid(arena, query->pid, true, files);
	} else if (query->command) {
		by_command(arena, query->command, files);
	} else if (query->target) {
		by_pid(arena, query->target, false, files);
	} else {
		files->reason = "the point names no program";
		files->hint = "write process(\"PATH\") or process(PID), or run "
			      "a command with -c or watch a process with -x";
	}
}

/* ---- libraries ---- */

/* Whether a library is meant: a pattern with a slash is of the whole path. */
static bool is_meant(const char *pattern, const char *name, const char *path,
		     const char *real)
{
	if (strchr(pattern, '/'))
		return glob_match(pattern, path) || glob_match(pattern, real);
	return glob_match(pattern, name) ||
	       glob_match(pattern, file_base(path)) ||
	       glob_match(pattern, file_base(real));
}

/* What a search for libraries passes by, for the hint. */
struct candidates {
	VEC(const char *) names;
};

static const char *suggest_library(struct arena *arena, const char *name,
				   const struct candidates *passed)
{
	const char *near = diag_nearest(name, passed->names.items,
					passed->names.count);

	return near ? arena_printf(arena, "did you mean '%s'?", near) :
		"libraries that a program loads by itself are found by their "
		"full path, or with process(PID) of a process that has them "
		"loaded";
}

static void mapped_libraries(struct arena *arena, const char *pattern,
			     const struct process_file *program,
			     struct process_files *files,
			     struct candidates *passed)
{
	struct live_files code;

	live_code(arena, program->pid, &code);
	for (size_t i = 0; i < code.items.count; i++) {
		struct live_file *live = &code.items.items[i];
		const char *base = file_base(live->path);
		struct process_file *file;

		if (live->identity.inode == program->inode &&
		    live->identity.device == program->device)
			continue;
		*vec_push(arena, &passed->names) = base;
		if (!is_meant(pattern, base, live->path, live->path))
			continue;
		file = of_live(arena, live);
		if (!file)
			continue;
		file->pid = program->pid;
		file->program = program;
		add(arena, files, file);
	}
}

static void needed_libraries(struct arena *arena, const char *pattern,
			     const struct process_file *program,
			     struct process_files *files,
			     struct candidates *passed)
{
	const char *reason;
	struct elf_facts *facts = elf_facts_read(arena, program->open, &reason);
	struct library_files found = { 0 };

	if (facts)
		library_files_find(arena, program->path, facts, &found);
	for (size_t i = 0; i < found.items.count; i++) {
		struct library_file *library = &found.items.items[i];
		struct process_file *file =
			process_file_open(arena, library->path, &reason);

		*vec_push(arena, &passed->names) = library->name;
		if (!file || !is_meant(pattern, library->name, library->path,
				       file->path))
			continue;
		file->program = program;
		add(arena, files, file);
	}
}

/* A path that the program does not need by itself, but may load. */
static void named_library(struct arena *arena, const char *path,
			  const struct process_file *program,
			  struct process_files *files)
{
	const char *reason;
	struct process_file *file = NULL;

	if (strchr(path, '/') && !glob_is_pattern(path))
		file = process_file_open(arena, path, &reason);
	if (!file)
		return;
	file->program = program;
	file->pid = program->pid;
	add(arena, files, file);
}

static void find_libraries(struct arena *arena, const char *pattern,
			   const struct process_files *programs,
			   struct process_files *files)
{
	struct candidates passed = { 0 };

	for (size_t i = 0; i < programs->items.count; i++) {
		const struct process_file *program = programs->items.items[i];
		size_t before = files->items.count;

		if (program->pid)
			mapped_libraries(arena, pattern, program, files,
					 &passed);
		else
			needed_libraries(arena, pattern, program, files,
					 &passed);
		if (files->items.count == before)
			named_library(arena, pattern, program, files);
	}
	if (files->items.count)
		return;
	files->reason = arena_printf(arena, "'%s' has no library '%s'",
				     programs->items.items[0]->path, pattern);
	files->hint = suggest_library(arena, pattern, &passed);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp((*(struct process_file *const *)a)->path,
		      (*(struct process_file *const *)b)->path);
}

bool process_files_find(struct arena *arena, const struct process_query *query,
			struct process_files *ret_files)
{
	struct process_files programs = { 0 };

	*ret_files = (struct process_files){ 0 };
	find_programs(arena, query, query->library ? &programs : ret_files);
	if (programs.items.count)
		find_libraries(arena, query->library, &programs, ret_files);
	else if (query->library)
		*ret_files = programs;
	if (!ret_files->items.count)
		return false;
	ret_files->reason = ret_files->hint = NULL;
	qsort(ret_files->items.items, ret_files->items.count,
	      sizeof(*ret_files->items.items), compare_paths);
	return true;
}
