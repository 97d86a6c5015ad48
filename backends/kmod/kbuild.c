/*
 * The kernel's own build makes the module: the script's C and the runtime's
 * are put into the work folder with a short Makefile. What the tools say is
 * kept, and told when the build fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/kmod/gen.h"
#include "translator/backend.h"
#include "translator/base/arena.h"
#include "translator/base/file.h"

#ifndef SPILE_PKGDATADIR
#define SPILE_PKGDATADIR "/usr/local/share/spile"
#endif

/* Sources of the runtime, from the root of the library. */
static const char *const sources[] = {
	"runtime/kmod/frame.c", "runtime/kmod/lock.c", "runtime/kmod/load.c",
	"runtime/kmod/output.c", "runtime/kmod/match.c",
	"runtime/kmod/text.c", "runtime/kmod/map.c", "runtime/kmod/stat.c",
	"runtime/kmod/iter.c", "runtime/kmod/prim.c", "runtime/kmod/attach.c",
	"runtime/kmod/tracepoint.c", "runtime/kmod/perf.c",
	"runtime/kmod/kprobe.c", "runtime/kmod/uprobe.c",
	"runtime/kmod/device.c",
	"runtime/common/format.c",
};

enum { SOURCES = sizeof(sources) / sizeof(*sources) };

/* The folder that holds runtime/kmod: beside the program where it was built
 * (tapsets may be a link to the sources'), or where it was installed. */
static const char *find_root(struct arena *arena)
{
	const char *folder = file_program_folder(arena);
	const char *roots[] = {
		folder ? arena_printf(arena, "%s/tapsets/..", folder) : ".",
		folder ? arena_printf(arena, "%s/../share/spile", folder) : ".",
		SPILE_PKGDATADIR,
	};

	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++)
		if (file_exists(arena_printf(arena, "%s/runtime/kmod/kmod.h",
					     roots[i])))
			return roots[i];
	return NULL;
}

static const char *object_name(struct arena *arena, size_t source)
{
	const char *base = file_base(sources[source]);

	return arena_printf(arena, "%.*s.o", (int)strlen(base) - 2, base);
}

static const char *copy_file(struct arena *arena, const char *from,
			     const char *to)
{
	size_t size;
	char *text = file_read(arena, from, &size);

	if (text && !file_write(to, text, size))
		return NULL;
	return arena_printf(arena, "cannot copy %s to %s: %s", from, to,
			    strerror(errno));
}

/* The script is main_script.c, so that no name of it can be in the way. */
static const char *write_makefile(struct arena *arena, const char *folder,
				  const char *root, const char *name)
{
	struct buf text = { 0 };
	const char *path = arena_printf(arena, "%s/Makefile", folder);
	char *real = realpath(root, NULL);
	int failed;

	buf_printf(&text, "obj-m := %s.o\n%s-y := main_script.o", name, name);
	for (size_t i = 0; i < SOURCES; i++)
		buf_printf(&text, " %s", object_name(arena, i));
	buf_printf(&text, "\nccflags-y := -I%s -std=gnu11 "
		   "-Wno-declaration-after-statement -Wno-unused "
		   "-Wno-frame-larger-than -g0\n", real ? real : root);
	free(real);
	failed = file_write(path, buf_text(&text), text.length);
	buf_free(&text);
	return failed ? arena_printf(arena, "cannot write %s: %s", path,
				     strerror(errno)) : NULL;
}

static const char *copy_sources(struct arena *arena, const char *root,
				const char *folder)
{
	const char *reason = NULL;

	for (size_t i = 0; i < SOURCES && !reason; i++)
		reason = copy_file(arena,
				   arena_printf(arena, "%s/%s", root,
						sources[i]),
				   arena_printf(arena, "%s/%s", folder,
						file_base(sources[i])));
	return reason;
}

/* ---- the runtime's objects: compiled once for a kernel, then kept ---- */

/* Changes when a file of the folder does. */
static uint64_t hash_folder(struct arena *arena, const char *folder,
			    uint64_t hash)
{
	struct file_names names = { 0 };

	if (file_list(arena, folder, &names))
		return hash;
	for (size_t i = 0; i < names.names.count; i++) {
		const char *name = names.names.items[i];
		const char *dot = strrchr(name, '.');
		size_t size = 0;
		char *text;

		if (!dot || (strcmp(dot, ".c") && strcmp(dot, ".h") &&
			     strcmp(dot, ".def")))
			continue;
		text = file_read(arena, arena_printf(arena, "%s/%s", folder,
						     name), &size);
		for (size_t j = 0; text && j < size; j++)
			hash = (hash ^ (unsigned char)text[j]) * 0x100000001b3;
	}
	return hash;
}

/* Where the objects for this kernel are kept, or NULL. */
static const char *kept_folder(struct arena *arena, const char *root,
			       const struct backend_options *options)
{
	uint64_t hash = 0xcbf29ce484222325;

	if (!options->cache_folder)
		return NULL;
	hash = hash_folder(arena, arena_printf(arena, "%s/runtime/kmod", root),
			   hash);
	hash = hash_folder(arena, arena_printf(arena, "%s/runtime/common",
					       root), hash);
	return arena_printf(arena, "%s/kmod-%s-%016" PRIx64,
			    options->cache_folder, options->kernel_release,
			    hash);
}

/* kbuild takes an object that is named so as it is, but looks in the notes of
 * its making for sources: there are none. */
static bool use_kept(struct arena *arena, const char *kept,
		     const char *folder)
{
	for (size_t i = 0; i < SOURCES; i++) {
		const char *name = object_name(arena, i);

		if (copy_file(arena, arena_printf(arena, "%s/%s", kept, name),
			      arena_printf(arena, "%s/%s_shipped", folder,
					   name)) ||
		    file_write(arena_printf(arena, "%s/.%s.cmd", folder, name),
			       "\n", 1))
			return false;
	}
	return true;
}

/* Not being able to keep them only costs time. */
static void keep(struct arena *arena, const char *kept, const char *folder)
{
	if (file_make_folder(kept))
		return;
	for (size_t i = 0; i < SOURCES; i++) {
		const char *name = object_name(arena, i);

		if (copy_file(arena, arena_printf(arena, "%s/%s", folder,
						  name),
			      arena_printf(arena, "%s/%s", kept, name)))
			return;
	}
}

/* ---- running make ---- */

/* In the child: output to the log, then make. */
static void run_make(const char *build, const char *folder, int log)
{
	char *module, *jobs;

	if (asprintf(&module, "M=%s", folder) < 0 ||
	    asprintf(&jobs, "-j%ld", sysconf(_SC_NPROCESSORS_ONLN)) < 0)
		_exit(127);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	unsetenv("MAKEFLAGS");
	unsetenv("MAKELEVEL");
	execlp("make", "make", "-s", jobs, "-C", build, module,
	       "modules", (char *)NULL);
	_exit(127);
}

/* The exit status, or -1. */
static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *make_module(struct arena *arena, const char *build,
			       const char *folder, int verbose)
{
	const char *path = arena_printf(arena, "%s/build.log", folder);
	int log = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
	size_t size;
	char *text;
	pid_t pid;
	int status;

	if (log < 0)
		return arena_printf(arena, "cannot write %s: %s", path,
				    strerror(errno));
	pid = fork();
	if (!pid)
		run_make(build, folder, log);
	status = pid < 0 ? -1 : wait_for(pid);
	close(log);
	text = file_read(arena, path, &size);
	if (verbose > 1 && text && size && write(STDERR_FILENO, text, size) < 0)
		verbose = 0;
	if (status == 127)
		return "make is not installed";
	if (status < 0)
		return "the kernel's build was ended from outside";
	return status ? arena_printf(arena, "the module does not build:\n%s",
				     text ? text : "") : NULL;
}

const char *kbuild_run(struct arena *arena, const char *source,
		       const char *name, const struct backend_options *options)
{
	const char *build = arena_printf(arena, "/lib/modules/%s/build",
					 options->kernel_release);
	const char *folder = options->work_folder, *root = find_root(arena);
	const char *script = arena_printf(arena, "%s/main_script.c", folder);
	const char *kept, *reason = NULL;
	bool found;
	char *real;

	if (!file_is_folder(build))
		return arena_printf(arena, "there are no headers of the kernel "
				    "%s (%s): install them, or use "
				    "--runtime=bpf, which needs none",
				    options->kernel_release, build);
	if (!root)
		return "the sources of the module runtime are not installed";
	if (file_write(script, source, strlen(source)))
		return arena_printf(arena, "cannot write %s: %s", script,
				    strerror(errno));
	kept = kept_folder(arena, root, options);
	found = kept && use_kept(arena, kept, folder);
	if (!found)
		reason = copy_sources(arena, root, folder);
	if (!reason)
		reason = write_makefile(arena, folder, root, name);
	if (reason)
		return reason;
	real = realpath(folder, NULL);
	reason = make_module(arena, build, real ? real : folder,
			     options->verbose);
	free(real);
	if (reason)
		return reason;
	if (kept && !found)
		keep(arena, kept, folder);
	return copy_file(arena, arena_printf(arena, "%s/%s.ko", folder, name),
			 options->output);
}
