/*
 * The command line of spilerun.
 */
#ifndef SPILE_RUN_OPTIONS_H
#define SPILE_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "runtime/reader/sink.h"

struct options {
	const char *object;		/* path */
	char *const *settings;		/* name=value of globals */
	size_t setting_count;
	const char *command;		/* -c */
	pid_t target;			/* -x, or 0 */
	pid_t namespaces;		/* -N, or 0 */
	struct sink_options output;	/* -o -S -b */
	const char **objects;		/* --object; owned */
	size_t object_count;
	unsigned int seconds;		/* -T: 0 without end */
	unsigned int monitor;		/* -M: seconds, 0 without */
	uint64_t output_size;		/* -s: bytes, 0 as the object says */
	int verbose;			/* -v */
	bool quiet;			/* -w */
	bool timing;			/* -t */
	bool leave;			/* -L */
	bool join;			/* -A: the object is a session's name */
};

/* What main() has to do after the command line was read. */
enum options_verdict { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_WRONG };

/* Prints help, version and complaints itself. */
enum options_verdict options_read(struct options *options, int argc,
				  char **argv);

#endif
