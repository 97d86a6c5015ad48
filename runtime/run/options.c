/*
 * The command line of spilerun: the letters of staprun and stapbpf where they
 * mean something here, and a plain word about the others.
 */
#include "runtime/run/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1"
#endif

static const char help[] =
"Usage: spilerun [options] OBJECT [NAME=VALUE ...]\n"
"Loads a script that spile compiled, attaches its probes and prints what they\n"
"see. NAME=VALUE sets a global of the script before it begins.\n"
"\n"
"  -c COMMAND    run it; the session ends when it does; target() is its id\n"
"  -x PID        target() is this process; the session ends when it does\n"
"  -N PID        ns_pid() and its like count as in the namespaces of this process\n"
"  -o FILE       write to FILE (%F and such as strftime), not standard output\n"
"  -S SIZE[,N]   with -o: next file after SIZE MiB, keep the last N\n"
"  -b            a file for each processor: FILE_0, FILE_1 ...\n"
"  -s SIZE       output buffer of SIZE MiB\n"
"  -T SECONDS    end the session after that time\n"
"  --object=FILE know the functions of this program or library, and of what it\n"
"                needs, from the start; may be repeated\n"
"  -L            go on in the background, with the last SIZE MiB of output in\n"
"                memory, until that is read:\n"
"  -A            OBJECT is the name of such a session: print what it kept and\n"
"                prints; ^C ends it, ^\\ leaves it again\n"
"  -t            print hits and times of each probe at the end\n"
"  -M, --monitor[=SECONDS]  print the state of the session now and then\n"
"  -v            say what is being done\n"
"  -w            no warnings\n"
"  -V, -h        version; this text\n";

__attribute__((format(printf, 1, 2)))
static enum options_verdict wrong(const char *format, ...)
{
	va_list arguments;

	fputs("ERROR: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("\nTry 'spilerun -h'.\n", stderr);
	return OPTIONS_WRONG;
}

/* A whole number from @least to @most at the start of @text; what follows must
 * be @end or nothing. False when it is not so. */
static bool number(const char *text, unsigned long least, unsigned long most,
		   char end, unsigned long *ret_value, const char **ret_rest)
{
	char *rest;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*ret_value = strtoul(text, &rest, 10);
	if (ret_rest)
		*ret_rest = *rest ? rest + 1 : NULL;
	return !errno && *ret_value >= least && *ret_value <= most &&
		(!*rest || (end && *rest == end));
}

/* -S SIZE[,N] */
static bool read_rotation(struct options *options, const char *text)
{
	unsigned long size, keep = 0;
	const char *rest;

	if (!number(text, 1, 1 << 20, ',', &size, &rest) ||
	    (rest && !number(rest, 1, 1 << 20, 0, &keep, NULL)))
		return false;
	options->output.rotate = (uint64_t)size << 20;
	options->output.keep = keep;
	return true;
}

/* The names of a module or of the kernel are always known. */
static bool add_object(struct options *options, const char *path)
{
	const char **larger = reallocarray(options->objects,
					   options->object_count + 1,
					   sizeof(*larger));

	if (!larger)
		return false;
	options->objects = larger;
	larger[options->object_count++] = path;
	return true;
}

static const char *why_not(int letter)
{
	switch (letter) {
	case 'd':
		return "there is nothing to delete: a session leaves nothing "
			"in the kernel when it ends";
	case 'D':
		return "it does not make itself a daemon: start it with setsid "
			"or as a service, with -o FILE";
	case 'R':
		return "BPF objects need no renaming: names do not clash";
	case 'u':
		return "there is no uprobes module to load: the kernel has "
			"uprobes";
	case 'r':
	case 'C':
	case 'F':
	case 'i':
		return "it has no meaning here";
	}
	return NULL;
}

/* Long options without a letter. */
enum { OBJECT = 256 };

static enum options_verdict read_letter(struct options *options, int letter,
					const char *value)
{
	unsigned long n = 0;

	switch (letter) {
	case 'c':
		options->command = value;
		return OPTIONS_RUN;
	case 'x':
		if (!number(value, 1, 1 << 22, 0, &n, NULL))
			return wrong("-x wants a process id, not '%s'", value);
		options->target = n;
		return OPTIONS_RUN;
	case 'N':
		if (!number(value, 1, 1 << 22, 0, &n, NULL))
			return wrong("-N wants a process id, not '%s'", value);
		options->namespaces = n;
		return OPTIONS_RUN;
	case 'o':
		options->output.path = value;
		return OPTIONS_RUN;
	case 'S':
		if (!read_rotation(options, value))
			return wrong("-S wants SIZE or SIZE,N (MiB and files), "
				     "not '%s'", value);
		return OPTIONS_RUN;
	case 's':
		if (!number(value, 1, 1024, 0, &n, NULL))
			return wrong("-s wants 1 to 1024 MiB, not '%s'", value);
		options->output_size = (uint64_t)n << 20;
		return OPTIONS_RUN;
	case OBJECT:
		return add_object(options, value) ? OPTIONS_RUN :
			wrong("no memory");
	case 'T':
		if (!number(value, 1, 1u << 31, 0, &n, NULL))
			return wrong("-T wants seconds, not '%s'", value);
		options->seconds = n;
		return OPTIONS_RUN;
	case 'M':
		if (value && !number(value, 1, 1u << 20, 0, &n, NULL))
			return wrong("--monitor wants seconds, not '%s'", value);
		options->monitor = value ? n : 1;
		return OPTIONS_RUN;
	case 'b':
		options->output.per_cpu = true;
		return OPTIONS_RUN;
	case 'v':
		options->verbose++;
		return OPTIONS_RUN;
	case 'w':
		options->quiet = true;
		return OPTIONS_RUN;
	case 't':
		options->timing = true;
		return OPTIONS_RUN;
	case 'L':
		options->leave = true;
		return OPTIONS_RUN;
	case 'A':
		options->join = true;
		return OPTIONS_RUN;
	case 'h':
		fputs(help, stdout);
		return OPTIONS_DONE;
	case 'V':
		puts("spilerun " PACKAGE_VERSION);
		return OPTIONS_DONE;
	}
	if (why_not(letter))
		return wrong("option -%c: %s", letter, why_not(letter));
	/* getopt has said what is wrong */
	return OPTIONS_WRONG;
}

static enum options_verdict check(const struct options *options)
{
	if (!options->object)
		return wrong("no object to run is named");
	for (size_t i = 0; i < options->setting_count; i++)
		if (*options->settings[i] == '-')
			return wrong("'%s' stands behind the object: options go "
				     "in front of it", options->settings[i]);
	if (options->command && options->target)
		return wrong("-c and -x exclude each other: there is one "
			     "target()");
	if (options->output.rotate && !options->output.path)
		return wrong("-S needs -o FILE: standard output cannot be "
			     "rotated");
	if (options->join && (options->leave || options->command ||
			      options->target || options->output.path ||
			      options->output.per_cpu))
		return wrong("-A reads a session that there is: -L, -c, -x, -o "
			     "and -b are given where it begins");
	if (options->leave && (options->command || options->output.path ||
			       options->output.per_cpu))
		return wrong("-L keeps output in memory and is left alone: "
			     "-c, -o and -b cannot be used with it");
	for (size_t i = 0; i < options->object_count; i++)
		if (strchr(options->objects[i], '/') &&
		    access(options->objects[i], R_OK))
			return wrong("cannot read %s: %s", options->objects[i],
				     strerror(errno));
	if (options->target && kill(options->target, 0) && errno == ESRCH)
		return wrong("-x %d: there is no such process",
			     (int)options->target);
	return OPTIONS_RUN;
}

enum options_verdict options_read(struct options *options, int argc,
				  char **argv)
{
	static const struct option longs[] = {
		{ "monitor", optional_argument, NULL, 'M' },
		{ "object", required_argument, NULL, OBJECT },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int letter;

	*options = (struct options){ 0 };
	/* "+": what follows the object is for the script */
	while ((letter = getopt_long(argc, argv,
				     "+c:x:o:S:s:T:M:bvwthVdALDRur:N:C:F:i",
				     longs, NULL)) != -1) {
		enum options_verdict verdict = read_letter(options, letter,
							   optarg);

		if (verdict != OPTIONS_RUN)
			return verdict;
	}
	if (optind < argc)
		options->object = argv[optind++];
	options->settings = argv + optind;
	options->setting_count = argc - optind;
	return check(options);
}
