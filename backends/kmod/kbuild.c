/*
 * From the script's C to a module: see build.h. Here: what of the machine is
 * needed, and what is done when it is not there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/kmod/build.h"
#include "backends/kmod/gen.h"
#include "translator/backend.h"
#include "translator/base/arena.h"
#include "translator/base/file.h"

#ifndef SPILE_PKGDATADIR
#define SPILE_PKGDATADIR "/usr/local/share/spile"
#endif

/* The runtime: units of many parts, so that the kernel's headers are read few
 * times; two, for two processors. */
const char *const build_sources[] = {
	"runtime/kmod/session.c", "runtime/kmod/values.c",
};

const size_t build_source_count =
	sizeof(build_sources) / sizeof(*build_sources);

const char *build_object(struct build *build, size_t source)
{
	const char *base = file_base(build_sources[source]);

	return arena_printf(build->arena, "%.*s.o", (int)strlen(base) - 2,
			    base);
}

const char *build_copy(struct build *build, const char *from, const char *to)
{
	size_t size;
	char *text = file_read(build->arena, from, &size);

	if (text && !file_write(to, text, size))
		return NULL;
	return arena_printf(build->arena, "cannot copy %s to %s: %s", from, to,
			    strerror(errno));
}

/* ---- what must be there ---- */

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

static char *real_path(struct arena *arena, const char *path)
{
	char *real = realpath(path, NULL);
	char *copy = arena_strdup(arena, real ? real : path);

	free(real);
	return copy;
}

/* ---- signing ---- */

/* With the kernel's own tool; the file holds the key and the certificate. */
static const char *sign(struct build *build, const char *module)
{
	const char *key = build->options->sign_key;
	const char *tool = arena_printf(build->arena, "%s/scripts/sign-file",
					build->kernel);

	if (!key)
		return NULL;
	if (access(key, R_OK))
		return arena_printf(build->arena, "cannot read the key %s: %s",
				    key, strerror(errno));
	if (!file_exists(tool))
		return arena_printf(build->arena, "the headers of the kernel "
				    "have no tool to sign with (%s)", tool);
	key = real_path(build->arena, key);
	return make_commands(build, arena_printf(build->arena,
		"'%s' sha256 '%s' '%s' '%s'", tool, key, key, module));
}

/* ---- all of it ---- */

static const char *copy_sources(struct build *build)
{
	const char *reason = NULL;

	for (size_t i = 0; i < build_source_count && !reason; i++)
		reason = build_copy(build,
			arena_printf(build->arena, "%s/%s", build->root,
				     build_sources[i]),
			arena_printf(build->arena, "%s/%s", build->folder,
				     file_base(build_sources[i])));
	return reason;
}

static const char *make(struct build *build)
{
	const char *reason = NULL;

	if (build->kept)
		reason = parts_make(build);
	if (reason)
		return reason;
	if (build->kept && !build->embedded &&
	    file_exists(arena_printf(build->arena, "%s/commands",
				     build->kept)))
		return parts_module(build);
	reason = build->kept ? parts_ship(build) : copy_sources(build);
	return reason ? reason : make_module(build, build->folder,
					     build->name, false);
}

static const char *prepare(struct build *build, const char *source)
{
	const char *script, *missing;

	build->folder = real_path(build->arena, build->options->work_folder);
	if (!file_is_folder(build->kernel))
		return tools_no_headers(build);
	missing = tools_missing(build);
	if (missing)
		return missing;
	/* one kernel's parts are one, whatever leads there */
	build->kernel = real_path(build->arena, build->kernel);
	if (!build->root)
		return "the sources of the module runtime are not installed";
	build->root = real_path(build->arena, build->root);
	build->kept = parts_folder(build);
	script = arena_printf(build->arena, "%s/main_script.c", build->folder);
	return file_write(script, source, strlen(source)) ?
		arena_printf(build->arena, "cannot write %s: %s", script,
			     strerror(errno)) : NULL;
}

const char *kbuild_run(struct arena *arena, const char *source,
		       const char *name, bool embedded,
		       const struct backend_options *options)
{
	struct build build = {
		.arena = arena, .options = options, .name = name,
		.embedded = embedded,
		.kernel = options->build_folder ? options->build_folder :
			arena_printf(arena, "/lib/modules/%s/build",
				     options->kernel_release),
		.root = find_root(arena),
	};
	const char *reason = prepare(&build, source), *module;

	if (!reason)
		reason = make(&build);
	if (reason)
		return reason;
	module = arena_printf(arena, "%s/%s.ko", build.folder, name);
	make_commands(&build, arena_printf(arena, "strip --strip-debug '%s'",
					   module));
	reason = sign(&build, module);
	return reason ? reason : build_copy(&build, module, options->output);
}
