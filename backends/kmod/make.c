/* Running the kernel's build, and single commands of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/kmod/build.h"
#include "translator/backend.h"
#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"

/* In the child: output to the log. Never returns. */
static void run_child(char **argv, int log)
{
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	/* of a make that runs us */
	unsetenv("MAKEFLAGS");
	unsetenv("MAKELEVEL");
	setenv("LC_ALL", "C", 1);
	execvp(argv[0], argv);
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

static const char *explain(struct build *build, int status, const char *log)
{
	if (status == 127 && !*log)
		return "make is not installed: install the package make";
	return status < 0 ? "the kernel's build was ended from outside" :
			    explain_log(build, log);
}

static const char *run(struct build *build, const char *folder, char **argv)
{
	const char *path = arena_printf(build->arena, "%s/build.log", folder);
	int log = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
	size_t size;
	char *text;
	pid_t pid;
	int status;

	if (log < 0)
		return arena_printf(build->arena, "cannot write %s: %s", path,
				    strerror(errno));
	pid = fork();
	if (!pid)
		run_child(argv, log);
	status = pid < 0 ? -1 : wait_for(pid);
	close(log);
	text = file_read(build->arena, path, &size);
	if (build->options->verbose > 1 && text && size &&
	    write(STDERR_FILENO, text, size) < 0)
		return "cannot write to standard error";
	return status ? explain(build, status, text ? text : "") : NULL;
}

const char *make_commands(struct build *build, const char *commands)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c",
			 arena_strdup(build->arena, commands), NULL };

	return run(build, build->folder, argv);
}

/* The script is main_script.c, so that no name of it can be in the way. */
static const char *write_makefile(struct build *build, const char *folder,
				  const char *name, bool tell)
{
	const char *path = arena_printf(build->arena, "%s/Makefile", folder);
	struct buf text = { 0 };
	int failed;

	buf_printf(&text, "obj-m := %s.o\n%s-y := main_script.o", name, name);
	for (size_t i = 0; i < build_source_count; i++)
		buf_printf(&text, " %s", build_object(build, i));
	buf_printf(&text, "\nccflags-y := -I%s -std=gnu11 "
		   "-Wno-declaration-after-statement -Wno-unused "
		   "-Wno-frame-larger-than -g0\n", build->root);
	/* nothing traces a handler; and the kernel would patch the entry of each
	 * function when it loads the module */
	buf_puts(&text, "ccflags-remove-y := $(CC_FLAGS_FTRACE)\n");
	/* HACKING has what -O2 costs and gives */
	for (size_t i = 0; i < build_source_count; i++)
		buf_printf(&text, "CFLAGS_%s := -O1\n",
			   build_object(build, i));
	/* objtool asks for it (parts.c keeps the line) */
	if (tell)
		buf_puts(&text, "$(info export SRCARCH='$(SRCARCH)')\n");
	failed = file_write(path, buf_text(&text), text.length);
	buf_free(&text);
	return failed ? arena_printf(build->arena, "cannot write %s: %s", path,
				     strerror(errno)) : NULL;
}

const char *make_module(struct build *build, const char *folder,
			const char *name, bool tell)
{
	const struct backend_options *options = build->options;
	char **argv = arena_array(build->arena, char *,
				  options->make_arg_count + 10);
	const char *reason = write_makefile(build, folder, name, tell);
	size_t count = 0;

	if (reason)
		return reason;
	argv[count++] = (char *)"make";
	argv[count++] = arena_printf(build->arena, "-j%ld",
				     sysconf(_SC_NPROCESSORS_ONLN));
	argv[count++] = (char *)"-C";
	argv[count++] = arena_strdup(build->arena, build->kernel);
	argv[count++] = (char *)(tell ? "V=1" : "-s");
	argv[count++] = arena_printf(build->arena, "M=%s", folder);
	/* nobody reads types of ours; they would need pahole */
	argv[count++] = (char *)"CONFIG_DEBUG_INFO_BTF_MODULES=";
	for (size_t i = 0; i < options->make_arg_count; i++)
		argv[count++] = arena_strdup(build->arena,
					     options->make_args[i]);
	argv[count++] = (char *)"modules";
	return run(build, folder, argv);
}
