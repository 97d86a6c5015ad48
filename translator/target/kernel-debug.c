/* Debug information of the kernel: see kernel-debug.h. */
#include "translator/target/kernel-debug.h"

#include <string.h>

#include "runtime/common/kernel-build.h"
#include "translator/base/arena.h"
#include "translator/base/file.h"
#include "translator/base/vec.h"
#include "translator/target/kernel.h"
#include "translator/target/program.h"

struct search {
	struct arena *arena;
	const struct kernel_debug_query *query;
	const char *build_id;	/* that it must have; NULL: not known */
	const char *reason;	/* why a file that is there will not do */
	struct {
		VEC(const char *) paths;
	} candidates;
};

/* ---- where it may be ---- */

static void add(struct search *search, const char *path)
{
	*vec_push(search->arena, &search->candidates.paths) = path;
}

static void add_kernel_files(struct search *search)
{
	static const char *const places[][2] = {
		{ "/usr/lib/debug/boot/vmlinux-", "" },
		{ "/usr/lib/debug/lib/modules/", "/vmlinux" },
		{ "/usr/lib/debug/lib/modules/", "/vmlinux.debug" },
		{ "/usr/lib/debug/usr/lib/modules/", "/vmlinux.debug" },
		{ "/lib/modules/", "/vmlinux" },
		{ "/lib/modules/", "/build/vmlinux" },
		{ "/boot/vmlinux-", "" },
	};
	const char *release = kernel_release(search->query->kernel);

	if (search->query->build_folder)
		add(search, arena_printf(search->arena, "%s/vmlinux",
					 search->query->build_folder));
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		add(search, arena_printf(search->arena, "%s%s%s", places[i][0],
					 release, places[i][1]));
}

/* "/lib/modules/6.1/kernel/fs/x.ko.xz" without what follows ".ko", which its
 * debug file does not have. */
static const char *plain_path(struct arena *arena, const char *path)
{
	const char *end = strstr(file_base(path), ".ko");

	return end ? arena_strndup(arena, path, (size_t)(end + 3 - path)) : path;
}

static void add_module_files(struct search *search)
{
	struct arena *arena = search->arena;
	const struct kernel_debug_query *query = search->query;
	const char *path = plain_path(arena, query->path);
	const char *built = strstr(path, "/kernel/");

	if (query->is_given)
		add(search, query->path);
	if (query->build_folder && built)
		add(search, arena_printf(arena, "%s/%s", query->build_folder,
					 built + strlen("/kernel/")));
	add(search, arena_printf(arena, "/usr/lib/debug%s", path));
	add(search, arena_printf(arena, "/usr/lib/debug%s.debug", path));
	add(search, arena_printf(arena, "/usr/lib/debug/usr%s.debug", path));
	add(search, path);
}

/* ---- what to install ---- */

static bool is_like(const char *system, const char *name)
{
	const char *at = system;

	while (at && (at = strstr(at, "\nID"))) {
		const char *line = at + 1, *found = strstr(line, name);

		if (found && found < line + strcspn(line, "\n"))
			return true;
		at = line;
	}
	return false;
}

static const char *package(struct arena *arena, const char *release)
{
	size_t size;
	const char *text = file_read(arena, "/etc/os-release", &size);
	const char *system = text ? arena_printf(arena, "\n%s", text) : NULL;

	if (is_like(system, "ubuntu"))
		return arena_printf(arena, "linux-image-%s-dbgsym", release);
	if (is_like(system, "debian"))
		return arena_printf(arena, "linux-image-%s-dbg", release);
	if (is_like(system, "fedora") || is_like(system, "rhel"))
		return arena_printf(arena, "kernel-debuginfo-%s", release);
	if (is_like(system, "suse"))
		return "kernel-default-debuginfo";
	return "the debug package of the kernel";
}

/* ---- trying ---- */

static const char *of_another_build(struct search *search, const char *path)
{
	if (search->query->module)
		return arena_printf(search->arena, "%s is of another build than "
				    "the module that is loaded: load it, or "
				    "name the file of the one that is", path);
	return arena_printf(search->arena, "%s is of another build than the "
			    "kernel that is running: install %s of the same "
			    "version", path,
			    package(search->arena, "$(uname -r)"));
}

static struct program *try(struct search *search, const char *path)
{
	struct program *program;
	const char *reason = NULL, *its;

	if (!file_exists(path))
		return NULL;
	program = program_open_kernel(search->arena, path, &reason);
	if (!program) {
		search->reason = reason;
		return NULL;
	}
	its = program_build_id(program);
	if (!program_has_debug(program))
		reason = search->query->is_given ?
			arena_printf(search->arena, "%s has no debug "
				     "information: build it with -g", path) :
			NULL;
	else if (search->build_id && (!its || strcmp(its, search->build_id)))
		reason = of_another_build(search, path);
	else
		return program;
	if (reason)
		search->reason = reason;
	program_close(program);
	return NULL;
}

static const char *why_none(struct search *search)
{
	const char *release = kernel_release(search->query->kernel);
	const char *module = search->query->module;

	if (kernel_is_running(search->query->kernel))
		return arena_printf(search->arena, "there is no debug "
				    "information of %s: install %s, or set "
				    "DEBUGINFOD_URLS",
				    module ? module : "the running kernel",
				    package(search->arena, "$(uname -r)"));
	return arena_printf(search->arena, "there is no debug information of "
			    "%s%sLinux %s: install %s", module ? module : "",
			    module ? " of " : "", release,
			    package(search->arena, release));
}

struct program *kernel_debug_open(struct arena *arena,
				  const struct kernel_debug_query *query,
				  const char **ret_reason)
{
	struct search search = { .arena = arena, .query = query };
	struct program *program = NULL;
	char running[KERNEL_BUILD_TEXT];
	const char *by_id = NULL;

	if (kernel_is_running(query->kernel) &&
	    kernel_build_id(query->module, running))
		search.build_id = arena_strdup(arena, running);
	if (!query->module)
		add_kernel_files(&search);
	else if (query->path)
		add_module_files(&search);
	for (size_t i = 0; !program && i < search.candidates.paths.count; i++)
		program = try(&search, search.candidates.paths.items[i]);
	if (!program && search.build_id)
		by_id = program_debug_path(arena, search.build_id,
					   query->ask_servers);
	if (by_id)
		program = try(&search, by_id);
	if (!program)
		*ret_reason = search.reason ? search.reason : why_none(&search);
	return program;
}
