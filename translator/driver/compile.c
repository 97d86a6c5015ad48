/* The pipeline, a pass a function. */
#include "translator/driver/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "translator/backend.h"
#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"
#include "translator/diag/diag.h"
#include "translator/ir/ir.h"
#include "translator/lower/lower.h"
#include "translator/passes/passes.h"
#include "translator/target/btf.h"
#include "translator/target/kernel-functions.h"
#include "translator/target/kernel-image.h"
#include "translator/target/kernel.h"
#include "translator/target/tracepoint.h"

#ifndef SPILE_PKGDATADIR
#define SPILE_PKGDATADIR "/usr/local/share/spile"
#endif

/* For a kernel whose types cannot be had, those of the running one must do:
 * offsets are put right when the object is loaded. */
static struct btf_types *open_btf(struct family_env *env)
{
	const char *file = NULL;

	if (env->btf_cache)
		return env->btf_cache;
	if (!kernel_is_running(env->kernel))
		file = kernel_image_btf(env->arena,
					kernel_release(env->kernel),
					cache_folder(env->arena), &env->reason);
	env->btf_cache = btf_open(env->arena, file, &env->reason);
	return env->btf_cache;
}

static struct tracepoints *open_tracepoints(struct family_env *env)
{
	if (!env->tracepoints_cache)
		env->tracepoints_cache = tracepoints_open(env->arena,
							  open_btf(env));
	return env->tracepoints_cache;
}

static struct kernel_symbols *open_symbols(struct family_env *env)
{
	if (!env->symbols_cache)
		env->symbols_cache = kernel_symbols_open(
			env->arena, env->kernel, env->btf(env),
			tracepoints_folder(env->tracepoints(env)),
			cache_folder(env->arena));
	return env->symbols_cache;
}

static const char *config_value(void *context, const char *name)
{
	return kernel_config(context, name);
}

static void add_library(struct session *session)
{
	const char *own = getenv("SYSTEMTAP_TAPSET");
	const char *here = file_program_folder(session->arena);
	const struct options *options = session->options;

	for (size_t i = 0; i < options->include_folders.count; i++)
		library_add(session->library,
			    options->include_folders.items[i], false);
	if (!own && here) {
		own = arena_printf(session->arena, "%s/tapsets", here);
		if (!file_is_folder(own))
			own = NULL;
	}
	library_add(session->library, own ? own : SPILE_PKGDATADIR "/tapset",
		    true);
}

static bool wants_color(const struct options *options)
{
	return options->color == COLOR_ALWAYS ||
	       (options->color == COLOR_AUTO && isatty(2));
}

/* Whose processes a script of --privilege=stapusr may probe; -1: all. */
static int64_t owner_of(const struct options *options)
{
	bool limited = options->privilege &&
		       !strcmp(options->privilege, "stapusr");

	return limited ? (int64_t)getuid() : -1;
}

void session_open(struct session *session, struct arena *arena,
		  const struct options *options, const char *runtime,
		  FILE *told)
{
	struct syntax_facts *facts = &session->facts;

	*session = (struct session){ .arena = arena, .options = options,
				     .runtime = runtime, .told = told,
				     .work_lock = -1 };
	session->diag = diag_create(arena, (struct diag_options){
		.out = session->told ? session->told : stderr, .color = wants_color(options),
		.no_warnings = options->no_warnings,
		.warnings_are_errors = options->warnings_are_errors });
	session->kernel = kernel_open(arena, options->release);
	facts->kernel_release = kernel_release(session->kernel);
	facts->arch = options->arch ? options->arch :
				      kernel_machine(session->kernel);
	facts->runtime = strcmp(runtime, "bpf") == 0 ? "bpf" : "kernel";
	facts->privilege = options->privilege ? options->privilege : "stapdev";
	facts->compatible = options->compatible ? options->compatible : "5.6";
	facts->guru = options->guru;
	facts->config = config_value;
	facts->config_context = session->kernel;
	facts->args = options->args;
	facts->arg_count = options->arg_count;
	facts->arg_used = arena_array(arena, bool, options->arg_count + 1);
	facts->text_size = session_limit_given(session, "MAXSTRINGLEN");
	session->parser = (struct parser){ .arena = arena,
					   .diag = session->diag,
					   .facts = facts };
	session->library = library_create(arena, &session->parser);
	add_library(session);
	session->env = (struct family_env){ .arena = arena,
					    .diag = session->diag,
					    .kernel = session->kernel,
					    .build_folder =
						options->build_folder,
					    .command = options->command,
					    .target = options->target_pid,
					    .leaves_object =
						options->last_pass == 4,
					    .btf = open_btf,
					    .tracepoints = open_tracepoints,
					    .symbols = open_symbols,
					    .owner = owner_of(options),
					    .guru = options->guru,
					    .past_prologue =
						options->past_prologue,
					    .any_caller =
						session_any_caller(options),
					    .answer_most =
						session_answer_most(session) };
	session->module = options->module_name ? options->module_name :
		arena_printf(arena, "spile_%d", (int)getpid());
}

/* ---- times of passes ---- */

struct stopwatch {
	struct rusage usage;
	struct timespec real;
};

static void start(struct stopwatch *watch)
{
	getrusage(RUSAGE_SELF, &watch->usage);
	clock_gettime(CLOCK_MONOTONIC, &watch->real);
}

static long milliseconds(struct timeval from, struct timeval to)
{
	return (to.tv_sec - from.tv_sec) * 1000 +
	       (to.tv_usec - from.tv_usec) / 1000;
}

static void tell(const struct session *session, int pass,
		 const struct stopwatch *watch, const char *what)
{
	struct stopwatch now;

	if (session->options->verbosity[pass - 1] < 1)
		return;
	start(&now);
	fprintf(stderr, "Pass %d: %s in %ldusr/%ldsys/%ldreal ms.\n", pass,
		what, milliseconds(watch->usage.ru_utime, now.usage.ru_utime),
		milliseconds(watch->usage.ru_stime, now.usage.ru_stime),
		(now.real.tv_sec - watch->real.tv_sec) * 1000 +
			(now.real.tv_nsec - watch->real.tv_nsec) / 1000000);
}

/* ---- pass 1 ---- */

static char *read_stdin(struct arena *arena, size_t *ret_size)
{
	return file_read(arena, "/dev/stdin", ret_size);
}

static const char *example_path(struct arena *arena, const char *name)
{
	const char *here = file_program_folder(arena);
	const char *roots[] = {
		arena_printf(arena, "%s/testsuite/examples",
			     here ? here : "."),
		SPILE_PKGDATADIR "/examples",
	};

	for (size_t i = 0; i < 2; i++) {
		struct file_names folders;

		if (file_list(arena, roots[i], &folders) < 0)
			continue;
		for (size_t j = 0; j < folders.names.count; j++) {
			const char *path = arena_printf(arena, "%s/%s/%s%s",
				roots[i], folders.names.items[j], name,
				strstr(name, ".stp") ? "" : ".stp");

			if (file_exists(path))
				return path;
		}
	}
	return name;
}

const char *session_script_text(struct session *session, size_t *ret_size,
				const char **ret_name)
{
	const struct options *options = session->options;
	const char *path = options->script;

	*ret_name = "<input>";
	if (options->script_kind == SCRIPT_TEXT) {
		*ret_size = strlen(options->script);
		return options->script;
	}
	if (options->script_kind == SCRIPT_STDIN)
		return read_stdin(session->arena, ret_size);
	if (options->script_kind == SCRIPT_EXAMPLE)
		path = example_path(session->arena, path);
	*ret_name = path;
	return file_read(session->arena, path, ret_size);
}

static struct ast_file *parse_text(struct session *session, const char *name,
				   const char *text, size_t size)
{
	const struct source *source = source_create(session->arena, name, text,
						    size, false);

	return parse_file(&session->parser, source, session->options->guru);
}

/* A script that is not here may be an example. */
static void tell_unreadable(struct session *session, int error)
{
	const char *name = session->options->script;
	const char *base = name ? file_base(name) : "";
	struct span nowhere = { 0 };
	bool example = session->options->script_kind == SCRIPT_FILE &&
		       strstr(base, ".stp") &&
		       strcmp(example_path(session->arena, base), base);

	diag_report_hint(session->diag, DIAG_file_unreadable, nowhere,
			 example ? arena_printf(session->arena,
				"there is an example of this name: "
				"spile --example %s", base) : NULL,
			 name ? name : "<stdin>", strerror(error));
}

/* Reads and parses the scripts into sema. */
static int pass1(struct session *session, struct buf *dump)
{
	const struct options *options = session->options;
	struct stopwatch watch;
	struct ast_file *file;
	const char *name, *text;
	size_t size;

	start(&watch);
	errno = 0;
	text = session_script_text(session, &size, &name);
	if (!text) {
		tell_unreadable(session, errno);
		return -1;
	}
	if (memchr(text, '@', size))
		library_macros(session->library);
	file = parse_text(session, name, text, size);
	if (file) {
		sema_add(session->sema, file);
		buf_printf(dump, "# parse tree dump\n# file %s\n", name);
		unparse_file(dump, file);
	}
	for (size_t i = 0; i < options->extra_scripts.count; i++) {
		text = options->extra_scripts.items[i];
		file = parse_text(session, arena_printf(session->arena,
							"<input-%zu>", i + 1),
				  text, strlen(text));
		if (file)
			sema_add(session->sema, file);
	}
	tell(session, 1, &watch, "parsed user script");
	return diag_errors(session->diag) ? -1 : 0;
}

/* ---- pass 2 ---- */

static void set_sema_options(struct session *session)
{
	const struct options *options = session->options;
	const char **assignments = arena_array(session->arena, const char *,
					       options->globals.count + 1);

	for (size_t i = 0; i < options->globals.count; i++)
		assignments[i] = arena_printf(session->arena, "%s=%s",
					      options->globals.items[i].name,
					      options->globals.items[i].value);
	session->sema_options = (struct sema_options){
		.keep_unused = options->unoptimized,
		.skip_badvars = options->skip_badvars,
		.no_global_display = options->no_autoprint,
		.can_reset = options->monitor,
		.guru = options->guru,
		.suppress_errors = options->suppress_handler_errors,
		.assignments = assignments,
		.assignment_count = (int)options->globals.count,
	};
	session->sema = sema_create(session->arena, session->diag,
				    session->library, &session->parser,
				    &session->env, &session->sema_options);
}

/* After pass 2: files of the library may use arguments too (argv). */
static void warn_arguments(struct session *session)
{
	const struct options *options = session->options;
	struct span nowhere = { 0 };

	for (int i = 0; i < options->arg_count; i++)
		if (!session->facts.arg_used[i] &&
		    !diag_errors(session->diag))
			diag_report(session->diag, DIAG_argument_unused,
				    nowhere, options->args[i]);
}

static int pass2(struct session *session)
{
	struct stopwatch watch;
	int status;

	start(&watch);
	status = sema_run(session->sema);
	warn_arguments(session);
	tell(session, 2, &watch,
	     arena_printf(session->arena, "analyzed script: %zu probe%s, "
			  "%zu function%s, %zu global%s",
			  session->sema->probes.count,
			  session->sema->probes.count == 1 ? "" : "s",
			  session->sema->functions.count,
			  session->sema->functions.count == 1 ? "" : "s",
			  session->sema->globals.count,
			  session->sema->globals.count == 1 ? "" : "s"));
	return status;
}

/* ---- pass 3 ---- */

static struct ir_program *pass3(struct session *session)
{
	struct lower_limit limits[SESSION_LIMITS];
	size_t count;
	struct ir_program *program;
	struct stopwatch watch;
	const char *breach;

	start(&watch);
	if (session_limits(session, limits, &count) < 0)
		return NULL;
	program = lower_program(session->sema, session->module, limits, count);
	if (!program)
		return NULL;
	breach = ir_verify(session->arena, program);
	if (!breach)
		breach = passes_run(session->arena, program, NULL, NULL);
	if (breach) {
		struct buf text = { 0 };

		ir_print(&text, program);
		fprintf(stderr, "%s\nspile: bug: %s (this is spile's fault; "
			"please report it with the script)\n",
			session->options->verbosity[2] > 1 ? buf_text(&text) :
							     "", breach);
		buf_free(&text);
		return NULL;
	}
	tell(session, 3, &watch, "translated to the intermediate form");
	return program;
}

/* ---- pass 4 ---- */

static const struct backend *find_backend(const char *name)
{
	for (size_t i = 0; i < backend_count; i++)
		if (strcmp(backends[i]->name, name) == 0)
			return backends[i];
	return NULL;
}

static const char *dump_name(const struct options *options)
{
	return options->dump == DUMP_LLVM ? "llvm" :
	       options->dump == DUMP_BPF ? "bpf" : NULL;
}

static void fill_module_options(struct session *session,
				struct backend_options *options)
{
	const struct options *o = session->options;
	struct { VEC(const char *) items; } args = { 0 };

	for (size_t i = 0; i < o->kbuild_args.count; i++)
		*vec_push(session->arena, &args.items) =
			o->kbuild_args.items[i];
	if (o->arch)
		*vec_push(session->arena, &args.items) =
			arena_printf(session->arena, "ARCH=%s", o->arch);
	options->build_folder = o->build_folder;
	options->make_args = args.items.items;
	options->make_arg_count = args.items.count;
	options->modinfo = o->modinfo.items;
	options->modinfo_count = o->modinfo.count;
	options->sign_key = o->sign_key;
	options->is_last = session->is_last;
}

static int pass4(struct session *session, struct ir_program *program)
{
	const struct backend *backend = find_backend(session->runtime);
	struct backend_options options = { 0 };
	const char *folder = work_open(session);
	const char *problem, *artefact;
	struct stopwatch watch;

	start(&watch);
	if (!folder) {
		fprintf(stderr, "spile: cannot make a work folder: %s\n",
			strerror(errno));
		return 1;
	}
	artefact = arena_printf(session->arena, "%s/%s%s", folder,
				session->module, backend->suffix);
	options.kernel_release = kernel_release(session->kernel);
	options.work_folder = folder;
	options.cache_folder = session->options->cache == CACHE_OFF ? NULL :
			       cache_folder(session->arena);
	options.output = artefact;
	options.dump = dump_name(session->options);
	options.verbose = session->options->verbosity[3];
	fill_module_options(session, &options);
	problem = backend->refuses ? backend->refuses(session->arena, program) :
				     NULL;
	if (!problem)
		problem = backend->emit(session->arena, program, &options);
	if (problem)
		session->reason = problem;
	else
		session->artefact = session->options->cache == CACHE_OFF &&
				    !session->options->module_name ?
			artefact : cache_store(session, artefact,
					       backend->suffix);
	if (session->options->keep_temporary)
		fprintf(stderr, "spile: kept %s\n", folder);
	else if (session->artefact != artefact)
		work_close(session, folder);
	else
		session->work_folder = folder;
	tell(session, 4, &watch, arena_printf(session->arena,
		"compiled for %s into \"%s\"", backend->name,
		session->artefact ? session->artefact : "nothing"));
	return session->artefact ? 0 : 1;
}

static int show(struct buf *text)
{
	fwrite(buf_text(text), 1, text->length, stdout);
	buf_free(text);
	return fflush(stdout) ? 1 : 0;
}

/* What only the module backend can do, found before there is a program. */
static void find_reason(struct session *session)
{
	const char *place = diag_reported(session->diag, DIAG_embedded_backend);

	if (place)
		session->reason = arena_printf(session->arena,
			"%s: embedded C needs the module backend", place);
}

int session_compile(struct session *session)
{
	const struct options *options = session->options;
	struct buf dump = { 0 };
	struct ir_program *program;

	set_sema_options(session);
	if (pass1(session, &dump) < 0)
		return 1;
	if (options->last_pass == 1 || options->dump == DUMP_AST) {
		warn_arguments(session);
		return show(&dump);
	}
	buf_free(&dump);
	if (pass2(session) < 0) {
		find_reason(session);
		return 1;
	}
	if (options->last_pass == 2 || options->dump == DUMP_SEMA) {
		sema_dump(session->sema, &dump);
		return show(&dump);
	}
	program = pass3(session);
	if (!program)
		return 1;
	if (options->last_pass == 3 || options->dump == DUMP_IR) {
		ir_print(&dump, program);
		return show(&dump);
	}
	return pass4(session, program);
}
