/* spile: the command. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "translator/base/arena.h"
#include "translator/base/file.h"
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

static const char *first_runtime(const struct options *options)
{
	return options->runtime == RUNTIME_KERNEL ? "kernel" : "bpf";
}

static const char *suffix_of(const char *runtime)
{
	return strcmp(runtime, "bpf") == 0 ? ".bpf.o" : ".ko";
}

static int run(struct arena *arena, const struct options *options)
{
	struct session session;
	int status = 0;

	session_open(&session, arena, options, first_runtime(options));
	if (options->list != LIST_NONE)
		return session_list(&session);
	if (options->last_pass >= 4 && options->dump == DUMP_NONE)
		session.artefact = cache_find(&session,
					      suffix_of(session.runtime));
	if (session.artefact && options->verbosity[3] > 0)
		fprintf(stderr, "Pass 4: using cached \"%s\".\n",
			session.artefact);
	if (!session.artefact)
		status = session_compile(&session);
	if (status || options->dump != DUMP_NONE || options->last_pass < 4)
		return status;
	if (options->last_pass == 4) {
		puts(session.artefact);
		return 0;
	}
	status = session_run(&session);
	if (session.work_folder)
		file_remove(session.work_folder);
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
	arena_free(arena);
	return status;
}
