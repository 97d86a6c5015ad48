/*
 * Artefacts of earlier compilations. An entry is two files: the object, and
 * the facts that it was made from (all of them, as text) with the size and
 * hash of the object. An entry counts only if its facts are equal to ours to
 * the byte, so names need no strong hash, and a damaged or foreign entry is a
 * miss. Files are replaced at once.
 */
#include "translator/driver/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"
#include "translator/diag/diag.h"

const char *cache_folder(struct arena *arena)
{
	const char *own = getenv("SYSTEMTAP_DIR");
	const char *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (own && own[0])
		return arena_printf(arena, "%s/cache", own);
	if (xdg && xdg[0])
		return arena_printf(arena, "%s/spile", xdg);
	return home && home[0] ? arena_printf(arena, "%s/.cache/spile", home) :
				 NULL;
}

static void put_file(struct buf *out, const char *path)
{
	struct stat status;

	if (path && stat(path, &status) == 0)
		buf_printf(out, "file %s %jd:%ju %jd.%09ld\n", path,
			   (intmax_t)status.st_size,
			   (uintmax_t)status.st_ino,
			   (intmax_t)status.st_mtim.tv_sec,
			   status.st_mtim.tv_nsec);
}

static void put_text(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, "%s %zu %s\n", name, text ? strlen(text) : 0,
		   text ? text : "-");
}

static void put_options(struct buf *out, const struct options *o)
{
	buf_printf(out, "options %d %d %d %d %d %d %d %d %d %d\n", o->guru,
		   o->past_prologue,
		   o->unoptimized, o->skip_badvars, o->suppress_handler_errors,
		   o->no_autoprint, o->no_warnings, o->warnings_are_errors,
		   o->timing || o->monitor, o->monitor > 0);
	/* that there is one, not which: process probes keep to it */
	buf_printf(out, "target %d\n", o->command || o->target_pid ? 1 :
		   o->last_pass == 4 ? 2 : 0);
	put_text(out, "compatible", o->compatible);
	put_text(out, "privilege", o->privilege);
	if (o->privilege)
		buf_printf(out, "user %d\n", (int)getuid());
	put_text(out, "release", o->release);
	put_text(out, "arch", o->arch);
	put_text(out, "module", o->module_name);
	for (size_t i = 0; i < o->limits.count; i++) {
		put_text(out, "limit", o->limits.items[i].name);
		put_text(out, "value", o->limits.items[i].value);
	}
	for (size_t i = 0; i < o->kbuild_args.count; i++)
		put_text(out, "make", o->kbuild_args.items[i]);
	for (size_t i = 0; i < o->modinfo.count; i++)
		put_text(out, "modinfo", o->modinfo.items[i]);
	put_text(out, "build", o->build_folder);
	put_text(out, "key", o->sign_key);
	put_file(out, o->sign_key);
	for (size_t i = 0; i < o->globals.count; i++) {
		put_text(out, "global", o->globals.items[i].name);
		put_text(out, "value", o->globals.items[i].value);
	}
	for (int i = 0; i < o->arg_count; i++)
		put_text(out, "argument", o->args[i]);
	for (size_t i = 0; i < o->extra_scripts.count; i++)
		put_text(out, "extra", o->extra_scripts.items[i]);
}

/* What is linked into every program: in the build tree or installed. */
static void put_libraries(struct session *session, struct buf *out)
{
	static const char *const names[] = { "rt512.bc", "rt512.o",
					     "rt4096.bc", "rt4096.o" };
	const char *here = file_program_folder(session->arena);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		put_file(out, arena_printf(session->arena,
					   "%s/runtime/bpf/lib/%s",
					   here ? here : ".", names[i]));
		put_file(out, arena_printf(session->arena, "%s/bpf/%s",
					   SPILE_PKGDATADIR, names[i]));
	}
}

/* Everything that the result depends on. NULL: not to be cached. */
static char *facts(struct session *session, size_t *ret_size)
{
	const struct options *o = session->options;
	struct utsname uts;
	struct buf out = { 0 };
	const char *name, *text;
	size_t size;

	if (o->script_kind == SCRIPT_STDIN)
		return NULL;
	text = session_script_text(session, &size, &name);
	if (!text || uname(&uts) < 0)
		return NULL;
	buf_printf(&out, "spile cache 1\nkernel %s %s %s\n", uts.release,
		   uts.version, uts.machine);
	put_text(&out, "runtime", session->runtime);
	put_file(&out, "/proc/self/exe");
	put_file(&out, session_program(session->arena, "spile"));
	put_file(&out, session_program(session->arena, "spile-emit"));
	put_libraries(session, &out);
	put_options(&out, o);
	put_text(&out, "library", library_state(session->library));
	buf_printf(&out, "script %s %zu\n", name, size);
	buf_write(&out, text, size);
	*ret_size = out.length;
	return buf_take(&out, session->arena);
}

static uint64_t hash(const char *bytes, size_t size)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < size; i++)
		h = (h ^ (unsigned char)bytes[i]) * 1099511628211u;
	return h;
}

static const char *entry(struct session *session, const char *key, size_t size,
			 const char *suffix)
{
	const char *at = cache_folder(session->arena);

	return at ? arena_printf(session->arena, "%s/%016" PRIx64 "%s", at,
				 hash(key, size), suffix) : NULL;
}

/* Behind the facts: what the object must be. The programs that were looked into
 * and the warnings of the compilation follow. */
static const char *seal(struct arena *arena, const char *bytes, size_t size)
{
	return arena_printf(arena, "\nobject %zu %016" PRIx64 "\n", size,
			    hash(bytes, size));
}

/* What stands behind the seal, or NULL if the object is not the sealed one. */
static const char *break_seal(struct session *session, const char *path,
			      const char *found)
{
	size_t size;
	const char *bytes = file_read(session->arena, path, &size);
	const char *expected = bytes ? seal(session->arena, bytes, size) : "";
	size_t length = strlen(expected);

	return length && strncmp(expected, found, length) == 0 ?
		found + length : NULL;
}

/* The programs as they were, one a line, and an empty line. */
static const char *files_text(struct session *session)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < session->env.files.count; i++)
		put_file(&out, session->env.files.items[i]);
	buf_puts(&out, "\n");
	return buf_take(&out, session->arena);
}

/* What stands behind the programs, or NULL if one is not as it was. */
static const char *check_files(struct session *session, const char *text)
{
	while (*text && *text != '\n') {
		size_t length = strcspn(text, "\n"), path = length;
		struct buf now = { 0 };
		bool same;

		for (int words = 0; path > 5 && words < 2;)
			words += text[--path] == ' ';
		put_file(&now, arena_strndup(session->arena, text + 5,
					     path > 5 ? path - 5 : 0));
		same = now.length == length + 1 &&
		       !memcmp(buf_text(&now), text, length + 1);
		buf_free(&now);
		if (!same)
			return NULL;
		text += length + 1;
	}
	return *text ? text + 1 : NULL;
}

const char *cache_find(struct session *session, const char *suffix)
{
	size_t size, known_size;
	char *key, *known;
	const char *path, *warnings;

	if (session->options->cache != CACHE_USE ||
	    session->options->module_name || session->options->keep_temporary)
		return NULL;
	key = facts(session, &size);
	path = key ? entry(session, key, size, ".facts") : NULL;
	known = path ? file_read(session->arena, path, &known_size) : NULL;
	if (!known || known_size <= size || memcmp(known, key, size) != 0)
		return NULL;
	path = entry(session, key, size, suffix);
	warnings = break_seal(session, path, known + size);
	warnings = warnings ? check_files(session, warnings) : NULL;
	if (warnings)
		fputs(warnings, stderr);
	return warnings ? path : NULL;
}

static const char *store_named(struct session *session, const char *bytes,
			       size_t size, const char *suffix)
{
	const char *path = arena_printf(session->arena, "%s%s",
					session->options->module_name, suffix);

	if (file_write(path, bytes, size) == 0)
		return path;
	fprintf(stderr, "spile: cannot write '%s': %s\n", path,
		strerror(errno));
	return NULL;
}

/* Facts, seal and warnings; the object is there already. */
static int store_facts(struct session *session, const char *key,
		       size_t key_size, const char *end)
{
	struct buf text = { 0 };
	int status;

	buf_write(&text, key, key_size);
	buf_puts(&text, end);
	status = file_write(entry(session, key, key_size, ".facts"),
			    buf_text(&text), text.length);
	buf_free(&text);
	return status;
}

const char *cache_store(struct session *session, const char *artefact,
			const char *suffix)
{
	size_t size, key_size;
	char *bytes = file_read(session->arena, artefact, &size);
	const char *path;
	char *key;

	if (!bytes)
		return artefact;
	if (session->options->module_name)
		return store_named(session, bytes, size, suffix);
	key = facts(session, &key_size);
	path = key && !session->env.uncached ?
		       entry(session, key, key_size, suffix) : NULL;
	/* The object first: facts without an object would be a false hit. */
	if (!path || file_make_folder(cache_folder(session->arena)) < 0 ||
	    file_write(path, bytes, size) < 0 ||
	    store_facts(session, key, key_size,
			arena_printf(session->arena, "%s%s%s",
				     seal(session->arena, bytes, size),
				     files_text(session),
				     diag_warnings(session->diag))) < 0)
		return artefact;
	return path;
}

int cache_clean(struct arena *arena)
{
	const char *at = cache_folder(arena);

	if (at && file_remove(at) < 0) {
		fprintf(stderr, "spile: cannot remove '%s': %s\n", at,
			strerror(errno));
		return 1;
	}
	return 0;
}
