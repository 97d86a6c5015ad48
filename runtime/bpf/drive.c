/*
 * Probes driven from user space: see drive.h.
 *
 * procfs: each path is a FIFO in the session's folder below /run/spile. A FIFO
 * and not a socket, so that cat and echo work on it. A reader that has opened
 * it waits for a writer, which shows as a successful non-blocking open for
 * writing; a writer waits in its open until there is a reader. Nothing tells
 * about either, so the files are looked at by the clock. Once somebody has come,
 * a fresh FIFO takes the path: whoever comes next meets that one, and texts of
 * two writers or two readers are never mixed up.
 */
#include "runtime/bpf/drive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/load.h"
#include "runtime/reader/loop.h"

#define RUN_FOLDER "/run/spile"

enum {
	LOOK_NS = 10000000,
	VALUE_MOST = sizeof(((struct wire_shared *)0)->value) - 1,
};

__attribute__((format(printf, 2, 3)))
static int complain(char **ret_error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(ret_error, format, arguments) < 0)
		*ret_error = NULL;
	va_end(arguments);
	return -1;
}

/* ---- timers ---- */

static void arm(int fd, uint64_t ns, bool again)
{
	struct itimerspec when = {
		.it_value = { ns / 1000000000, ns % 1000000000 },
	};

	if (again)
		when.it_interval = when.it_value;
	timerfd_settime(fd, 0, &when, NULL);
}

/* xorshift: spreads ticks, keeps no secrets. */
static uint64_t next_random(struct attach *attach)
{
	uint64_t x = attach->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return attach->random = x;
}

static void arm_random(struct probe *probe)
{
	uint64_t spread = next_random(probe->attach) %
		(2 * probe->randomize + 1);
	uint64_t ns = probe->interval + spread;

	ns = ns > probe->randomize ? ns - probe->randomize : 1;
	arm(probe->timer, ns, false);
}

static void on_timer(void *with, uint32_t events)
{
	struct probe *probe = with;
	struct attach *attach = probe->attach;
	uint64_t ticks;

	(void)events;
	if (read(probe->timer, &ticks, sizeof(ticks)) != sizeof(ticks))
		return;
	probe->missed += ticks - 1;
	if (probe->randomize)
		arm_random(probe);
	attach->calls.run(attach->calls.with, probe);
}

int drive_timer(struct attach *attach, struct probe *probe, char **ret_error)
{
	const struct manifest_pairs *pairs = &probe->about->pairs;
	long long interval = manifest_pair_number(pairs, "interval", 0);
	long long randomize = manifest_pair_number(pairs, "randomize", 0);

	if (interval < 1 || randomize < 0 || randomize > INT64_MAX / 4)
		return complain(ret_error, "the object is damaged: probe %s has "
				"no sensible interval", probe->about->name);
	probe->interval = interval;
	probe->randomize = randomize;
	probe->timer = timerfd_create(CLOCK_MONOTONIC,
				      TFD_NONBLOCK | TFD_CLOEXEC);
	if (probe->timer < 0 ||
	    loop_add(attach->loop, probe->timer, EPOLLIN, on_timer, probe))
		return complain(ret_error, "cannot make a timer for probe %s: "
				"%s", probe->about->name, strerror(errno));
	if (randomize)
		arm_random(probe);
	else
		arm(probe->timer, interval, true);
	return 0;
}

/* ---- what handlers are given ---- */

static void give(struct probe *probe, const char *text, size_t length)
{
	struct attach *attach = probe->attach;
	struct wire_shared *shared = attach->object->shared;

	if (length > VALUE_MOST)
		length = VALUE_MOST;
	memcpy(shared->value, text, length);
	shared->value[length] = 0;
	shared->input_length = length;
	attach->calls.run(attach->calls.with, probe);
}

/* ---- files ---- */

struct file {
	struct file *next;
	char *path, *spare;	/* two FIFOs, the second one to come */
	mode_t mode;
	struct probe *reader, *writer;
	int fd;			/* of a write under way, or -1 */
	size_t length;		/* of what is being written to it */
	char text[VALUE_MOST];
};

struct files {
	struct attach *attach;
	struct file *first;
	char *folder;
	int timer;
};

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

static void remove_folder(const char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Folders of sessions that were killed: NAME.PID of no process. */
static void remove_stale(void)
{
	DIR *dir = opendir(RUN_FOLDER);
	struct dirent *entry;
	char path[512];

	while (dir && (entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');
		int pid = dot ? atoi(dot + 1) : 0;

		if (pid <= 0 || !kill(pid, 0) || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), RUN_FOLDER "/%s", entry->d_name);
		remove_folder(path);
	}
	if (dir)
		closedir(dir);
}

/* The path is somebody's: those who come now meet a fresh FIFO. */
static void renew(struct file *file)
{
	rename(file->spare, file->path);
	if (!mkfifo(file->spare, 0))
		chmod(file->spare, file->mode);
}

static void give_written(struct file *file)
{
	if (file->length)
		give(file->writer, file->text, file->length);
	file->length = 0;
}

/* What is there to read. A text is whole when its writer is gone, or says
 * nothing more for the time between two looks. */
static void read_written(struct file *file)
{
	size_t before = file->length;
	ssize_t n;

	while ((n = read(file->fd, file->text + file->length,
			 VALUE_MOST - file->length)) > 0) {
		file->length += n;
		if (file->length == VALUE_MOST)
			give_written(file);
	}
	if (!n || file->length == before)
		give_written(file);
	if (n)
		return;
	close(file->fd);
	file->fd = -1;
}

/* Opens for a writer that may be waiting. With none the end is read at once. */
static void meet_writer(struct file *file)
{
	ssize_t n;

	file->fd = open(file->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (file->fd < 0)
		return;
	n = read(file->fd, file->text, VALUE_MOST);
	if (!n) {
		close(file->fd);
		file->fd = -1;
		return;
	}
	file->length = n > 0 ? n : 0;
	renew(file);
}

static void meet_reader(struct file *file)
{
	struct attach *attach = file->reader->attach;
	int fd = open(file->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	size_t size, done = 0;

	if (fd < 0)
		return;
	renew(file);
	const char *text = attach->calls.ask(attach->calls.with, file->reader,
					     &size);

	while (done < size) {
		ssize_t n = write(fd, text + done, size - done);

		if (n <= 0)
			break;
		done += n;
	}
	close(fd);
}

static void on_look(void *with, uint32_t events)
{
	struct files *files = with;
	uint64_t ticks;

	(void)events;
	if (read(files->timer, &ticks, sizeof(ticks)) < 0)
		return;
	for (struct file *file = files->first; file; file = file->next) {
		if (file->reader)
			meet_reader(file);
		if (file->writer && file->fd < 0)
			meet_writer(file);
		if (file->fd >= 0)
			read_written(file);
	}
}

static struct files *files_new(struct attach *attach)
{
	struct files *files = calloc(1, sizeof(*files));
	const char *name = attach->object->shared->module;

	if (!files)
		return NULL;
	files->attach = attach;
	remove_stale();
	mkdir(RUN_FOLDER, 0755);
	files->timer = timerfd_create(CLOCK_MONOTONIC,
				      TFD_NONBLOCK | TFD_CLOEXEC);
	if (asprintf(&files->folder, RUN_FOLDER "/%s.%d", name,
		     (int)getpid()) < 0 ||
	    (mkdir(files->folder, 0755) && errno != EEXIST) ||
	    loop_add(attach->loop, files->timer, EPOLLIN, on_look, files)) {
		free(files);
		return NULL;
	}
	arm(files->timer, LOOK_NS, true);
	return files;
}

static void files_free(struct files *files)
{
	struct file *file;

	loop_remove(files->attach->loop, files->timer);
	close(files->timer);
	while ((file = files->first)) {
		files->first = file->next;
		if (file->fd >= 0)
			close(file->fd);
		free(file->path);
		free(file->spare);
		free(file);
	}
	remove_folder(files->folder);
	free(files->folder);
	free(files);
}

/* A path stays inside of the session's folder. */
static bool path_allowed(const char *path)
{
	if (!*path || *path == '/' || strlen(path) > 1024)
		return false;
	for (const char *at = path; at; at = strchr(at, '/')) {
		at += *at == '/';
		size_t length = strcspn(at, "/");

		if (!length || (length == 1 && *at == '.') ||
		    (length == 2 && !memcmp(at, "..", 2)))
			return false;
	}
	return true;
}

static void make_parents(const struct files *files, char *path)
{
	for (char *at = path + strlen(files->folder) + 1;
	     (at = strchr(at, '/')); at++) {
		*at = 0;
		mkdir(path, 0755);
		*at = '/';
	}
}

static struct file *file_make(struct files *files, const char *name)
{
	struct file *file = calloc(1, sizeof(*file));
	const char *last = strrchr(name, '/');
	int parents = last ? last + 1 - name : 0;

	if (!file)
		return NULL;
	file->fd = -1;
	if (asprintf(&file->path, "%s/%s", files->folder, name) < 0)
		file->path = NULL;
	if (asprintf(&file->spare, "%s/%.*s.next-%s", files->folder, parents,
		     name, name + parents) < 0)
		file->spare = NULL;
	if (file->path && file->spare) {
		make_parents(files, file->path);
		if (!mkfifo(file->path, 0) && !mkfifo(file->spare, 0)) {
			file->next = files->first;
			files->first = file;
			return file;
		}
	}
	free(file->path);
	free(file->spare);
	free(file);
	return NULL;
}

static struct file *find_file(struct files *files, const char *name)
{
	size_t folder = strlen(files->folder);

	for (struct file *file = files->first; file; file = file->next)
		if (!strcmp(file->path + folder + 1, name))
			return file;
	return file_make(files, name);
}

/* Read probes give 0444, write probes 0222, less the umask; without one only
 * the owner. */
static void set_mode(struct file *file, const struct manifest_pairs *pairs)
{
	const char *text = manifest_pair_get(pairs, "umask");
	unsigned long mask = text && *text ? strtoul(text, NULL, 0) : 077;
	mode_t mode = (file->reader ? 0444 : 0) | (file->writer ? 0222 : 0);

	file->mode = mode & ~mask & 0777;
	chmod(file->path, file->mode);
	chmod(file->spare, file->mode);
}

int drive_file(struct attach *attach, struct probe *probe, char **ret_error)
{
	const char *name = manifest_pair_get(&probe->about->pairs, "path");
	struct file *file;
	bool first;

	if (!name || !path_allowed(name))
		return complain(ret_error, "'%s' is no path below the session's "
				"folder (probe %s)", name ? name : "",
				probe->about->name);
	if (!attach->files)
		attach->files = files_new(attach);
	if (!attach->files)
		return complain(ret_error, "cannot make a folder in " RUN_FOLDER
				" for probe %s: %s", probe->about->name,
				strerror(errno));
	file = find_file(attach->files, name);
	if (!file)
		return complain(ret_error, "cannot make the file of probe %s: "
				"%s", probe->about->name, strerror(errno));
	first = !file->reader && !file->writer;
	struct probe **slot = probe->kind == ATTACH_PROCFS_READ ?
		&file->reader : &file->writer;

	if (*slot)
		return complain(ret_error, "two probes %s handle one file: there "
				"can be one", probe->about->name);
	*slot = probe;
	set_mode(file, &probe->about->pairs);
	if (first)
		attach->calls.say(attach->calls.with, file->path);
	return 0;
}

/* ---- what is typed ---- */

struct terminal {
	struct attach *attach;
	struct probe **probes;
	size_t count;
	struct termios before;
	bool changed;
	size_t length;			/* of the line so far */
	char line[VALUE_MOST];
};

static void hear(struct terminal *terminal, char c)
{
	bool whole = c == '\n';

	if (terminal->length < VALUE_MOST)
		terminal->line[terminal->length++] = c;
	for (size_t i = 0; i < terminal->count; i++) {
		struct probe *probe = terminal->probes[i];
		const char *unit = manifest_pair_get(&probe->about->pairs,
						     "unit");

		if (!unit || strcmp(unit, "line"))
			give(probe, &c, 1);
		else if (whole)
			give(probe, terminal->line, terminal->length);
	}
	if (whole)
		terminal->length = 0;
}

static void on_input(void *with, uint32_t events)
{
	struct terminal *terminal = with;
	char text[512];
	ssize_t n = read(STDIN_FILENO, text, sizeof(text));

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	for (ssize_t i = 0; i < n; i++)
		hear(terminal, text[i]);
	if (n > 0)
		return;
	/* the end: a last line without newline counts too */
	loop_remove(terminal->attach->loop, STDIN_FILENO);
	if (terminal->length)
		hear(terminal, '\n');
}

/* Characters are to come as they are typed; only when the terminal is ours. */
static void change_terminal(struct terminal *terminal)
{
	struct termios now;

	if (terminal->changed || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
	    tcgetattr(STDIN_FILENO, &terminal->before))
		return;
	now = terminal->before;
	now.c_lflag &= ~(ICANON | ECHO);
	terminal->changed = !tcsetattr(STDIN_FILENO, TCSANOW, &now);
}

static int terminal_new(struct attach *attach)
{
	struct terminal *terminal = calloc(1, sizeof(*terminal));

	if (!terminal)
		return -1;
	terminal->attach = attach;
	if (loop_add(attach->loop, STDIN_FILENO, EPOLLIN, on_input, terminal)) {
		free(terminal);
		return -1;
	}
	attach->terminal = terminal;
	return 0;
}

int drive_input(struct attach *attach, struct probe *probe, char **ret_error)
{
	const char *unit = manifest_pair_get(&probe->about->pairs, "unit");
	struct probe **larger;

	if (!attach->terminal && terminal_new(attach))
		return complain(ret_error, "standard input cannot be read "
				"(probe %s)", probe->about->name);
	struct terminal *terminal = attach->terminal;

	larger = reallocarray(terminal->probes, terminal->count + 1,
			      sizeof(*larger));
	if (!larger)
		return complain(ret_error, "no memory");
	terminal->probes = larger;
	terminal->probes[terminal->count++] = probe;
	if (!unit || strcmp(unit, "line"))
		change_terminal(terminal);
	return 0;
}

static void terminal_free(struct terminal *terminal)
{
	loop_remove(terminal->attach->loop, STDIN_FILENO);
	if (terminal->changed)
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal->before);
	free(terminal->probes);
	free(terminal);
}

void drive_stop(struct attach *attach)
{
	for (size_t i = 0; i < attach->count; i++) {
		struct probe *probe = &attach->probes[i];

		if (probe->timer < 0)
			continue;
		loop_remove(attach->loop, probe->timer);
		close(probe->timer);
		probe->timer = -1;
	}
	if (attach->files)
		files_free(attach->files);
	if (attach->terminal)
		terminal_free(attach->terminal);
	attach->files = NULL;
	attach->terminal = NULL;
}
