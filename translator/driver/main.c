/* spile: the command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/driver/session.h"

static void set_rlimits(const struct options *options)
{
	static const int which[] = {
		[RLIMIT_OF_AS] = RLIMIT_AS, [RLIMIT_OF_CPU] = RLIMIT_CPU,
		[RLIMIT_OF_NPROC] = RLIMIT_NPROC,
		[RLIMIT_OF_STACK] = RLIMIT_STACK,
		[RLIMIT_OF_FSIZE] = RLIMIT_FSIZE,
	};

	for (int i = 0; i < RLIMIT_OF_COUNT; i++) {
		struct rlimit limit = { (rlim_t)options->rlimits[i],
					(rlim_t)options->rlimits[i] };

		if (options->rlimits[i] &&
		    setrlimit((__rlimit_resource_t)which[i], &limit) < 0)
			perror("spile: setrlimit");
	}
}

static const char *suffix_of(const char *runtime)
{
	return strcmp(runtime, "bpf") == 0 ? ".bpf.o" : ".ko";
}

/* Looks in the cache, or compiles. Exit status. */
static int compile(struct session *session)
{
	const struct options *options = session->options;

	if (options->last_pass >= 4 && options->dump == DUMP_NONE)
		session->artefact = cache_find(session,
					       suffix_of(session->runtime));
	if (session->artefact && options->verbosity[3] > 0)
		fprintf(stderr, "Pass 4: using cached \"%s\".\n",
			session->artefact);
	return session->artefact ? 0 : session_compile(session);
}

static void tell_reason(const struct session *session)
{
	if (session->reason)
		fprintf(stderr, "spile: %s\n", session->reason);
}

static int compile_for(struct session *session, struct arena *arena,
		       const struct options *options, const char *runtime)
{
	int status;

	session_open(session, arena, options, runtime, NULL);
	status = compile(session);
	/* else the errors have told it */
	if (status && !diag_errors(session->diag))
		tell_reason(session);
	return status;
}

/* Behind BPF, which could not for a reason: that is told first, if the script
 * is not at fault itself. */
static int compile_last(struct session *session, struct arena *arena,
			const struct options *options, const char *reason)
{
	int status;

	session_open(session, arena, options, "kernel", NULL);
	session->is_last = true;
	status = compile(session);
	if (!status || diag_errors(session->diag))
		return status;
	fprintf(stderr, "spile: this cannot be run as BPF: %s\n", reason);
	tell_reason(session);
	return status;
}

/* BPF if it can do all of the script, else the module. What BPF's try told of
 * the script is shown if that was the end of it. */
static int compile_auto(struct session *session, struct arena *arena,
			const struct options *options)
{
	size_t size = 0;
	char *text = NULL;
	FILE *told = open_memstream(&text, &size);
	const char *reason;
	int status;

	if (!told)
		return compile_for(session, arena, options, "bpf");
	session_open(session, arena, options, "bpf", told);
	status = compile(session);
	fclose(told);
	session->told = NULL;
	reason = status ? session->reason : NULL;
	if (!reason) {
		fputs(text, stderr);
		free(text);
		return status;
	}
	if (options->verbosity[3] > 0)
		fprintf(stderr, "spile: using the kernel-module backend: %s\n",
			reason);
	status = compile_last(session, arena, options, reason);
	free(text);
	return status;
}

static int run(struct arena *arena, const struct options *options)
{
	struct session session;
	int status;

	if (options->list != LIST_NONE) {
		session_open(&session, arena, options,
			     options->runtime == RUNTIME_KERNEL ? "kernel" :
								  "bpf", NULL);
		return session_list(&session);
	}
	if (options->runtime == RUNTIME_AUTO)
		status = compile_auto(&session, arena, options);
	else
		status = compile_for(&session, arena, options,
				     options->runtime == RUNTIME_KERNEL ?
				     "kernel" : "bpf");
	if (status || options->dump != DUMP_NONE || options->last_pass < 4)
		return status;
	if (options->last_pass == 4) {
		work_keep(&session);
		puts(session.artefact);
		return 0;
	}
	status = session_run(&session);
	if (session.work_folder)
		work_close(&session, session.work_folder);
	return status;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_create();
	struct options options;
	int status = 0;

	if (options_parse(arena, argc, argv, &options, &status) == 0) {
		set_rlimits(&options);
		if (options.clean_cache)
			status = cache_clean(arena);
		if (!status && (options.script_kind != SCRIPT_NONE ||
				options.list != LIST_NONE))
			status = run(arena, &options);
	}
	/* the arena goes with the process: to unmap it page by page takes longer
	 * than a small script to parse */
	return status;
}
