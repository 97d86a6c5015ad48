/*
 * One run of spile: options, facts about the machine, folders, what was
 * compiled. compile.c is the contents page; main.c owns the session.
 */
#ifndef SPILE_DRIVER_SESSION_H
#define SPILE_DRIVER_SESSION_H

#include "translator/driver/options.h"
#include "translator/library/library.h"
#include "translator/probes/family.h"
#include "translator/sema/sema.h"
#include "translator/syntax/parse.h"

struct session {
	struct arena *arena;
	struct diag *diag;
	const struct options *options;
	struct kernel *kernel;
	struct syntax_facts facts;
	struct parser parser;
	struct library *library;
	struct family_env env;
	struct sema_options sema_options;
	struct sema *sema;
	const char *runtime;		/* "bpf" or "kernel": of this try */
	const char *module;		/* name of the session */
	const char *artefact;		/* path of the object, after pass 4 */
	const char *work_folder;	/* to remove after the run, or NULL */
	int work_lock;			/* descriptor, or -1 */
	const char *reason;		/* why the backend cannot do it */
	bool is_last;			/* no other backend can do it */
	FILE *told;			/* where messages go; NULL: stderr */
};

/* Facts, folders and library of a session; cheap (parses nothing). Messages
 * about the script go to @told, or to standard error. */
void session_open(struct session *session, struct arena *arena,
		  const struct options *options, const char *runtime,
		  FILE *told);

/* Passes 1 to 4 as far as -p says. Exit status: 0, or 1 after a report, or
 * with session->reason, which is not reported yet.
 * session->artefact is set after pass 4. */
int session_compile(struct session *session);

/* work.c: the folder for temporary files; NULL and errno if there can be none.
 * Removes those that other sessions have left. */
const char *work_open(struct session *session);
void work_close(struct session *session, const char *folder);
/* Leaves the folder, by another name, with the artefact in it. */
void work_keep(struct session *session);
/* Removes the folder while the artefact in it stays readable. */
void work_release(struct session *session);

/* limits.c: -D and the defaults, checked. 0, or -1 after a report. */
enum { SESSION_LIMITS = 24 };
struct lower_limit;
int session_limits(struct session *session, struct lower_limit *ret,
		   size_t *ret_count);
/* -DSTAP_CALLEE_MATCHALL */
bool session_any_caller(const struct options *options);
/* -DSTP_PROCFS_BUFSIZE, bytes, unchecked; 0 when it is not given. */
int64_t session_answer_most(const struct session *session);
/* The value of -D NAME, unchecked, or NULL. */
const char *session_limit_given(const struct session *session,
				const char *name);

/* -l, -L and --dump-*. Exit status. */
int session_list(struct session *session);

/* cache.c: path of a valid artefact for this session, or NULL; and its
 * making: copies @artefact in, gives its path there (or @artefact itself when
 * that fails). With -m it goes to this folder instead: NULL after a message
 * when that fails. */
const char *cache_find(struct session *session, const char *suffix);
const char *cache_store(struct session *session, const char *artefact,
			const char *suffix);
int cache_clean(struct arena *arena);
/* Where it is, or NULL if there can be none. */
const char *cache_folder(struct arena *arena);

/* run.c: hands the artefact to the runner and waits. Exit status. */
int session_run(struct session *session);

/* The folder of our helpers and data: the build tree's, or the installed. */
const char *session_program(struct arena *arena, const char *name);

/* Text of the scripts, for the cache: script, -E, arguments. */
const char *session_script_text(struct session *session, size_t *ret_size,
				const char **ret_name);

#endif
