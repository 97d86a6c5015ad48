/*
 * What serves for many scripts: the runtime's objects, the object that says
 * what a module of this kernel is, and the commands that compile a script and
 * link it. They are made with a module that has no script, whose name is a mark
 * as long as a name can be; the name of a script's module takes its place.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backends/kmod/build.h"
#include "translator/backend.h"
#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"

#define MARK "spile_module_name_takes_this_place_xxxxxxxxxxxxxxxxxxxx"
#define FOLDER_MARK "@spile_folder@"
#define KEPT_MARK "@spile_kept@"
#define FORM "2"	/* of what is kept */

_Static_assert(sizeof(MARK) == 56, "names have at most 55 characters");

/* ---- what the parts depend on ---- */

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;

	while (size--)
		hash = (hash ^ *at++) * 0x100000001b3;
	return hash;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return hash_bytes(hash, text, strlen(text) + 1);
}

static uint64_t hash_file(struct build *build, uint64_t hash,
			  const char *path)
{
	size_t size = 0;
	char *text = file_read(build->arena, path, &size);

	return text ? hash_bytes(hash, text, size) : hash;
}

static uint64_t hash_folder(struct build *build, uint64_t hash,
			    const char *folder)
{
	struct file_names names = { 0 };

	if (file_list(build->arena, folder, &names))
		return hash;
	for (size_t i = 0; i < names.names.count; i++) {
		const char *name = names.names.items[i];
		const char *dot = strrchr(name, '.');

		if (dot && (!strcmp(dot, ".c") || !strcmp(dot, ".h") ||
			    !strcmp(dot, ".def")))
			hash = hash_file(build, hash_text(hash, name),
					 arena_printf(build->arena, "%s/%s",
						      folder, name));
	}
	return hash;
}

static uint64_t hash_compiler(struct build *build, uint64_t hash)
{
	const char *path = tools_compiler(build);
	struct stat status;

	if (!path || stat(path, &status))
		return hash;
	hash = hash_bytes(hash, &status.st_size, sizeof(status.st_size));
	return hash_bytes(hash, &status.st_mtim, sizeof(status.st_mtim));
}

static uint64_t hash_kernel(struct build *build, uint64_t hash)
{
	const char *path = arena_printf(build->arena,
					"%s/include/config/auto.conf",
					build->kernel);
	size_t size;
	char *config = file_read(build->arena, path, &size);

	hash = hash_text(hash, build->kernel);
	hash = hash_file(build, hash,
			 arena_printf(build->arena, "%s/Module.symvers",
				      build->kernel));
	if (!config)
		return hash;
	return hash_compiler(build, hash_bytes(hash, config, size));
}

const char *parts_folder(struct build *build)
{
	const struct backend_options *options = build->options;
	uint64_t hash = hash_text(0xcbf29ce484222325, FORM);

	if (!options->cache_folder)
		return NULL;
	hash = hash_kernel(build, hash);
	hash = hash_text(hash, build->root);
	hash = hash_folder(build, hash, arena_printf(build->arena,
						     "%s/runtime/kmod",
						     build->root));
	hash = hash_folder(build, hash, arena_printf(build->arena,
						     "%s/runtime/common",
						     build->root));
	for (size_t i = 0; i < options->make_arg_count; i++)
		hash = hash_text(hash, options->make_args[i]);
	return arena_printf(build->arena, "%s/kmod-%s-%016" PRIx64,
			    options->cache_folder, options->kernel_release,
			    hash);
}

/* ---- the commands ---- */

/* Appends @text with each @from replaced. */
static void put_replaced(struct buf *out, const char *text, size_t size,
			 const char *from, const char *to)
{
	const char *end = text + size;

	while (text < end) {
		const char *at = memmem(text, (size_t)(end - text), from,
					strlen(from));

		if (!at) {
			buf_write(out, text, (size_t)(end - text));
			return;
		}
		buf_write(out, text, (size_t)(at - text));
		buf_puts(out, to);
		text = at + strlen(from);
	}
}

static char *replaced(struct build *build, const char *text, size_t size,
		      const char *from, const char *to)
{
	struct buf out = { 0 };

	put_replaced(&out, text, size, from, to);
	return buf_take(&out, build->arena);
}

/* The command of the log that makes @target, or NULL. */
static const char *find_command(struct build *build, const char *log,
				const char *target)
{
	const char *wanted = arena_printf(build->arena, " -o %s ", target);

	while (*log) {
		size_t length = strcspn(log, "\n");

		if (memmem(log, length, wanted, strlen(wanted)))
			return arena_strndup(build->arena, log, length);
		log += length + (log[length] == '\n');
	}
	return NULL;
}

/* The line with what a program of the kernel's build finds in its environment. */
static void put_environment(struct buf *out, const char *log)
{
	static const char start[] = "\nexport SRCARCH=";
	const char *at = log ? strstr(log, start) : NULL;

	if (at)
		buf_write(out, at + 1, strcspn(at + 1, "\n") + 1);
}

/* What Linux links into each module since 6.12, the same for all. */
#define COMMON ".module-common.o"

/* Compile, link, and link once more: what make did, with marks. NULL if it was
 * not done so. */
static const char *find_commands(struct build *build, const char *folder)
{
	static const char *const targets[] = {
		"main_script.o", MARK ".o", MARK ".ko",
	};
	size_t size;
	const char *log = file_read(build->arena,
				    arena_printf(build->arena, "%s/build.log",
						 folder), &size);
	struct buf out = { 0 };

	buf_printf(&out, "set -e\ncd '%s'\n", build->kernel);
	put_environment(&out, log);
	for (size_t i = 0; i < 3; i++) {
		const char *command = log ? find_command(build, log,
			arena_printf(build->arena, "%s/%s", folder,
				     targets[i])) : NULL;

		if (!command) {
			buf_free(&out);
			return NULL;
		}
		command = replaced(build, command, strlen(command),
				   arena_printf(build->arena, "%s/" COMMON,
						folder), KEPT_MARK "/" COMMON);
		put_replaced(&out, command, strlen(command), folder,
			     FOLDER_MARK);
		buf_putc(&out, '\n');
	}
	return buf_take(&out, build->arena);
}

/* ---- making ---- */

/* What the runtime wants of a script, so that nothing is missing; it is never
 * loaded. */
static const char template[] = "const long rt_program[64];\n";

static const char *compile(struct build *build, const char *folder)
{
	const char *path = arena_printf(build->arena, "%s/main_script.c",
					folder);
	const char *reason = NULL;

	if (file_make_folder(folder) ||
	    file_write(path, template, sizeof(template) - 1))
		return arena_printf(build->arena, "cannot write %s: %s", path,
				    strerror(errno));
	for (size_t i = 0; i < build_source_count && !reason; i++)
		reason = build_copy(build,
			arena_printf(build->arena, "%s/%s", build->root,
				     build_sources[i]),
			arena_printf(build->arena, "%s/%s", folder,
				     file_base(build_sources[i])));
	return reason ? reason : make_module(build, folder, MARK, true);
}

static const char *keep(struct build *build, const char *from, const char *to,
			const char *name)
{
	return build_copy(build,
			  arena_printf(build->arena, "%s/%s", from, name),
			  arena_printf(build->arena, "%s/%s", to, name));
}

static const char *collect(struct build *build, const char *from,
			   const char *to)
{
	const char *commands = find_commands(build, from);
	const char *reason = build_copy(build,
		arena_printf(build->arena, "%s/" MARK ".mod.o", from),
		arena_printf(build->arena, "%s/module.o", to));

	for (size_t i = 0; i < build_source_count && !reason; i++)
		reason = keep(build, from, to, build_object(build, i));
	if (!reason && commands && strstr(commands, KEPT_MARK))
		reason = keep(build, from, to, COMMON);
	if (!reason && commands &&
	    file_write(arena_printf(build->arena, "%s/commands", to), commands,
		       strlen(commands)))
		reason = "cannot write to the cache";
	return reason;
}

/* Others may be about the same: the first one's folder stays. */
const char *parts_make(struct build *build)
{
	const char *work = arena_printf(build->arena, "%s/runtime",
					build->folder);
	const char *fresh = arena_printf(build->arena, "%s.XXXXXX",
					 build->kept);
	const char *reason;

	if (file_is_folder(build->kept))
		return NULL;
	reason = compile(build, work);
	if (reason)
		return reason;
	if (file_make_folder(build->options->cache_folder) ||
	    !mkdtemp((char *)fresh))
		return "cannot write to the cache";
	reason = collect(build, work, fresh);
	if (reason || rename(fresh, build->kept))
		file_remove(fresh);
	return reason;
}

/* ---- using ---- */

static const char *write_text(struct build *build, const char *name,
			      const char *text, size_t size)
{
	const char *path = arena_printf(build->arena, "%s/%s", build->folder,
					name);

	return file_write(path, text, size) ?
		arena_printf(build->arena, "cannot write %s: %s", path,
			     strerror(errno)) : NULL;
}

/* The object that describes the module, with its name in place of the mark. */
static const char *write_description(struct build *build)
{
	size_t size = 0, length = strlen(build->name);
	char *bytes = file_read(build->arena,
				arena_printf(build->arena, "%s/module.o",
					     build->kept), &size);
	char *at = bytes;

	if (!bytes)
		return "the cache is damaged: use --clean-cache";
	while ((at = memmem(at, size - (size_t)(at - bytes), MARK,
			    strlen(MARK)))) {
		memset(at, 0, strlen(MARK));
		memcpy(at, build->name, length);
	}
	return write_text(build, arena_printf(build->arena, "%s.mod.o",
					      build->name), bytes, size);
}

/* The objects that the first link takes. */
static const char *write_list(struct build *build)
{
	struct buf text = { 0 };
	const char *reason;

	buf_printf(&text, "%s/main_script.o\n", build->folder);
	for (size_t i = 0; i < build_source_count; i++)
		buf_printf(&text, "%s/%s\n", build->kept,
			   build_object(build, i));
	reason = write_text(build, arena_printf(build->arena, "%s.mod",
						build->name),
			    buf_text(&text), text.length);
	buf_free(&text);
	return reason;
}

const char *parts_module(struct build *build)
{
	size_t size;
	char *text = file_read(build->arena,
			       arena_printf(build->arena, "%s/commands",
					    build->kept), &size);
	const char *reason;

	if (!text)
		return "the kernel's build has no such commands";
	reason = write_description(build);
	if (!reason)
		reason = write_list(build);
	if (reason)
		return reason;
	text = replaced(build, text, size, KEPT_MARK, build->kept);
	text = replaced(build, text, strlen(text), FOLDER_MARK, build->folder);
	text = replaced(build, text, strlen(text), MARK, build->name);
	return make_commands(build, text);
}

/* kbuild takes an object that is named so as it is, but looks in the notes of
 * its making for sources: there are none. */
const char *parts_ship(struct build *build)
{
	const char *reason = NULL;

	for (size_t i = 0; i < build_source_count && !reason; i++) {
		const char *name = build_object(build, i);

		reason = build_copy(build,
			arena_printf(build->arena, "%s/%s", build->kept, name),
			arena_printf(build->arena, "%s/%s_shipped",
				     build->folder, name));
		if (!reason)
			reason = write_text(build,
				arena_printf(build->arena, ".%s.cmd", name),
				"\n", 1);
	}
	return reason;
}
