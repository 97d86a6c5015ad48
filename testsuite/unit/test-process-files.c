/*
 * Programs and libraries that a process(...) point means, on files that each
 * case makes below a folder of its own.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "translator/base/arena.h"
#include "translator/base/file.h"
#include "translator/target/elf-facts.h"
#include "translator/target/library-files.h"
#include "translator/target/process-files.h"
#include "translator/target/process-live.h"

struct state {
	struct arena *arena;
	char folder[64];
	char program[80];	/* a copy of a program, in the folder */
	struct process_files files;
};

static const char *in(struct state *s, const char *name)
{
	return arena_printf(s->arena, "%s/%s", s->folder, name);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void copy_program(struct state *s, const char *from, const char *to)
{
	size_t size;
	char *bytes = file_read(s->arena, from, &size);
	int fd = open(to, O_CREAT | O_TRUNC | O_WRONLY, 0755);

	assert_non_null(bytes);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

static int make_folder(void **state)
{
	struct state *s = calloc(1, sizeof(*s));

	s->arena = arena_create();
	strcpy(s->folder, "/tmp/spile-process-XXXXXX");
	if (!mkdtemp(s->folder))
		return -1;
	snprintf(s->program, sizeof(s->program), "%s/napper", s->folder);
	copy_program(s, "/bin/sleep", s->program);
	*state = s;
	return 0;
}

static int remove_folder(void **state)
{
	struct state *s = *state;

	file_remove(s->folder);
	arena_free(s->arena);
	free(s);
	return 0;
}

static bool find(struct state *s, const char *name)
{
	struct process_query query = { .name = name };

	return process_files_find(s->arena, &query, &s->files);
}

static struct process_file *find_one(struct state *s, const char *name)
{
	assert_true(find(s, name));
	assert_int_equal(s->files.items.count, 1);
	return s->files.items.items[0];
}

static struct process_file *find_pid(struct state *s, pid_t pid)
{
	struct process_query query = { .pid = pid };

	assert_true(process_files_find(s->arena, &query, &s->files));
	assert_int_equal(s->files.items.count, 1);
	return s->files.items.items[0];
}

/* Starts the program of the case and waits until it runs it. */
static pid_t start(struct state *s)
{
	pid_t pid = fork();
	struct live_file *live;

	if (!pid) {
		execl(s->program, s->program, "1000", (char *)NULL);
		_exit(127);
	}
	do
		live = live_program(s->arena, pid);
	while (!live || strcmp(live->path, s->program));
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void finds_paths(void **state)
{
	struct state *s = *state;
	struct process_file *file = find_one(s, s->program);
	struct stat st;

	stat(s->program, &st);
	assert_string_equal(file->path, s->program);
	assert_string_equal(file->open, s->program);
	assert_int_equal(file->inode, st.st_ino);
	assert_int_equal(file->pid, 0);
	assert_null(file->program);
	assert_int_equal(file->bits, 8 * sizeof(long));
}

static void resolves_links(void **state)
{
	struct state *s = *state;

	assert_int_equal(symlink("napper", in(s, "link")), 0);
	assert_int_equal(symlink(in(s, "link"), in(s, "link2")), 0);
	assert_string_equal(find_one(s, in(s, "link2"))->path, s->program);
}

static void resolves_interpreters(void **state)
{
	struct state *s = *state;

	write_file(in(s, "one"), arena_printf(s->arena, "#! %s -x\n",
					      s->program), 0755);
	write_file(in(s, "two"), arena_printf(s->arena, "#!%s\n",
					      in(s, "one")), 0755);
	assert_string_equal(find_one(s, in(s, "one"))->path, s->program);
	assert_string_equal(find_one(s, in(s, "two"))->path, s->program);
	/* a circle ends */
	write_file(in(s, "self"), arena_printf(s->arena, "#!%s\n",
					       in(s, "self")), 0755);
	assert_false(find(s, in(s, "self")));
}

static void resolves_env(void **state)
{
	struct state *s = *state;
	const char *path = arena_strdup(s->arena, getenv("PATH"));

	setenv("PATH", arena_printf(s->arena, "%s:%s", s->folder, path), 1);
	write_file(in(s, "env-script"),
		   "#!/usr/bin/env -S A=1 napper\n", 0755);
	assert_string_equal(find_one(s, in(s, "env-script"))->path, s->program);
	assert_string_equal(find_one(s, "napper")->path, s->program);
	assert_false(find(s, "nappre"));
	assert_non_null(strstr(s->files.hint, "'napper'"));
	setenv("PATH", path, 1);
	assert_false(find(s, "napper"));
}

static void expands_wildcards(void **state)
{
	struct state *s = *state;

	copy_program(s, "/bin/sleep", in(s, "napped"));
	assert_int_equal(symlink("napper", in(s, "naplink")), 0);
	write_file(in(s, "naptext"), "no program\n", 0755);
	assert_true(find(s, in(s, "nap*")));
	assert_int_equal(s->files.items.count, 2);
	assert_string_equal(s->files.items.items[0]->path, in(s, "napped"));
	assert_string_equal(s->files.items.items[1]->path, s->program);
	assert_false(find(s, in(s, "none*")));
	assert_non_null(strstr(s->files.reason, "no file matches"));
	assert_false(find(s, in(s, "napt*")));
	assert_non_null(strstr(s->files.reason, "none of the files"));
}

static void tells_why_not(void **state)
{
	struct state *s = *state;

	write_file(in(s, "text"), "no program\n", 0755);
	assert_false(find(s, in(s, "text")));
	assert_non_null(strstr(s->files.reason, "is no ELF file"));
	assert_false(find(s, s->folder));
	assert_non_null(strstr(s->files.reason, "is a folder"));
	assert_false(find(s, in(s, "naper")));
	assert_non_null(strstr(s->files.reason, "does not exist"));
	assert_non_null(strstr(s->files.hint, s->program));
	assert_int_equal(mkfifo(in(s, "fifo"), 0600), 0);
	assert_false(find(s, in(s, "fifo")));
	assert_false(find(s, ""));
	assert_non_null(strstr(s->files.hint, "-c"));
}

static void refuses_damaged_files(void **state)
{
	struct state *s = *state;
	size_t size;
	char *bytes = file_read(s->arena, s->program, &size);

	/* cut anywhere, and with each byte of its heads changed */
	for (size_t end = 0; end < 2048; end += 37) {
		write_file(in(s, "cut"), "", 0755);
		assert_int_equal(truncate(in(s, "cut"), 0), 0);
		file_write(in(s, "cut"), bytes, end);
		find(s, in(s, "cut"));
	}
	for (size_t i = 4; i < 1024; i++) {
		char old = bytes[i];

		bytes[i] = (char)0xff;
		file_write(in(s, "bad"), bytes, size < 40960 ? size : 40960);
		find(s, in(s, "bad"));
		bytes[i] = old;
	}
}

static void finds_processes(void **state)
{
	struct state *s = *state;
	pid_t pid = start(s);
	struct process_file *file = find_pid(s, pid);
	struct process_query watched = { .target = pid };

	assert_string_equal(file->path, s->program);
	assert_string_equal(file->open, s->program);
	assert_int_equal(file->pid, pid);
	assert_true(process_files_find(s->arena, &watched, &s->files));
	assert_int_equal(s->files.items.items[0]->pid, 0);
	stop(pid);
	assert_false(process_files_find(s->arena, &watched, &s->files));
	assert_non_null(strstr(s->files.reason, "there is no process"));
}

static void finds_deleted_programs(void **state)
{
	struct state *s = *state;
	struct process_file *before = find_one(s, s->program);
	pid_t pid = start(s);
	struct process_file *file;

	/* replaced by another program, as an upgrade does it */
	copy_program(s, "/bin/cat", in(s, "new"));
	assert_int_equal(rename(in(s, "new"), s->program), 0);
	file = find_pid(s, pid);
	assert_string_equal(file->path, s->program);
	assert_int_equal(file->inode, before->inode);
	assert_string_equal(file->open, arena_printf(s->arena, "/proc/%d/exe",
						     (int)pid));
	assert_int_equal(unlink(s->program), 0);
	assert_int_equal(find_pid(s, pid)->inode, before->inode);
	stop(pid);
}

static void finds_build_ids(void **state)
{
	struct state *s = *state;
	const char *id = elf_build_id(s->arena, "/proc/self/exe");
	char self[4096] = { 0 };

	if (!id)
		skip();
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_true(process_is_build_id(id));
	assert_string_equal(find_one(s, id)->path, self);
	assert_false(process_is_build_id("deadbeef"));
	assert_false(process_is_build_id("deadbeefdeadbeefx0"));
	assert_false(find(s, "0123456789abcdef0123456789abcdef01234567"));
	assert_non_null(strstr(s->files.reason, "has the build id"));
}

static void finds_the_command(void **state)
{
	struct state *s = *state;
	struct process_query query = {
		.command = arena_printf(s->arena, "  %s 3 4", s->program),
	};

	assert_true(process_files_find(s->arena, &query, &s->files));
	assert_string_equal(s->files.items.items[0]->path, s->program);
	query.command = arena_printf(s->arena, "%s; true", s->program);
	assert_false(process_files_find(s->arena, &query, &s->files));
	assert_non_null(s->files.hint);
}

static size_t libraries(struct state *s, struct process_query *query,
			const char *name)
{
	query->library = name;
	process_files_find(s->arena, query, &s->files);
	return s->files.items.count;
}

static void finds_libraries(void **state)
{
	struct state *s = *state;
	struct process_query query = { .name = s->program };
	const struct process_file *libc;
	char real[4096];

	assert_int_equal(libraries(s, &query, "libc.so.6"), 1);
	libc = s->files.items.items[0];
	assert_string_equal(libc->program->path, s->program);
	assert_string_equal(realpath(libc->path, real), libc->path);
	assert_int_equal(libraries(s, &query, libc->path), 1);
	assert_int_equal(libraries(s, &query, "libc*"), 1);
	/* libc and the loader */
	assert_true(libraries(s, &query, "*") >= 2);
	assert_int_equal(libraries(s, &query, "libd.so.6"), 0);
	assert_non_null(strstr(s->files.hint, "libc.so.6"));
}

static void finds_mapped_libraries(void **state)
{
	struct state *s = *state;
	struct process_query query = { .pid = getpid() };

	assert_int_equal(libraries(s, &query, "libc.so.6"), 1);
	assert_int_equal(s->files.items.items[0]->pid, getpid());
	assert_true(libraries(s, &query, "libcmocka*") == 1);
	assert_int_equal(libraries(s, &query, "nolib*"), 0);
}

/* $ORIGIN, DT_RUNPATH and a library of a library. */
static void follows_runpath(void **state)
{
	struct state *s = *state;
	struct library_files found;
	struct elf_facts facts = { 0 };
	const char *reason;
	struct elf_facts *own = elf_facts_read(s->arena, s->program, &reason);

	assert_int_equal(mkdir(in(s, "sub"), 0755), 0);
	copy_program(s, find_one(s, "libc.so.6")->path, in(s, "sub/libown.so"));
	facts = *own;
	facts.needed.count = 0;
	*vec_push(s->arena, &facts.needed) = "libown.so";
	facts.runpath = "/nowhere:${ORIGIN}/sub";
	facts.interpreter = NULL;
	library_files_find(s->arena, s->program, &facts, &found);
	assert_string_equal(found.items.items[0].path, in(s, "sub/libown.so"));
	facts.runpath = "/nowhere";
	library_files_find(s->arena, s->program, &facts, &found);
	assert_int_equal(found.items.count, 0);
	assert_string_equal(found.missing.items[0], "libown.so");
	facts.runpath = NULL;
	facts.rpath = "$ORIGIN/sub";
	library_files_find(s->arena, s->program, &facts, &found);
	assert_string_equal(found.items.items[0].path, in(s, "sub/libown.so"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_folder, \
						   remove_folder)
	const struct CMUnitTest tests[] = {
		CASE(finds_paths),
		CASE(resolves_links),
		CASE(resolves_interpreters),
		CASE(resolves_env),
		CASE(expands_wildcards),
		CASE(tells_why_not),
		CASE(refuses_damaged_files),
		CASE(finds_processes),
		CASE(finds_deleted_programs),
		CASE(finds_build_ids),
		CASE(finds_the_command),
		CASE(finds_libraries),
		CASE(finds_mapped_libraries),
		CASE(follows_runpath),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
