/*
 * The files of procfs probes.
 *
 * A module makes its own, below /proc; the session's folder below /run/spile is
 * a link to where they are.
 *
 * Else each path is a FIFO in that folder. A FIFO and not a socket, so that cat and
 * echo work on it. A reader that has opened it waits for a writer, which shows as a
 * successful non-blocking open for writing; a writer waits in its open until there is
 * a reader. Nothing tells about either, so the files are looked at by the clock.
 * Once somebody has come, a fresh FIFO takes the path: whoever comes next meets that
 * one, and texts of two writers or two readers are never mixed up.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/drive.h"
#include "runtime/bpf/load.h"
#include "runtime/reader/complain.h"
#include "runtime/reader/loop.h"

#define RUN_FOLDER "/run/spile"

enum {
	LOOK_NS = 10000000,
	PIPE_HOLDS = 1 << 16,	/* unless it is told to hold more */
	VALUE_MOST = sizeof(((struct wire_shared *)0)->value) - 1,
};

struct file {
	struct file *next;
	char *path, *spare;	/* two FIFOs, the second one to come; no second
				 * of a module */
	mode_t mode;
	struct probe *reader, *writer;
	int fd;			/* of a write under way, or -1 */
	size_t length;		/* of what is being written to it */
	char text[VALUE_MOST];
};

struct files {
	struct attach *attach;
	char *link;		/* what the folder is a link to; NULL: FIFOs */
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
		drive_give(file->writer, file->text, file->length);
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

/* So much of an answer is handed out. */
static size_t most_of(const struct probe *probe)
{
	const struct manifest *manifest = probe->attach->object->manifest;
	long long most = manifest_pair_number(&probe->about->pairs, "maxsize",
					      0);

	return most > 0 ? most : manifest_pair_number(&manifest->session,
						      "maxstringlen", 512) - 1;
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
	if (size > most_of(file->reader))
		size = most_of(file->reader);
	/* nobody waits for the reader */
	if (size > PIPE_HOLDS)
		fcntl(fd, F_SETPIPE_SZ, (int)size);
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

/* Looks at the files from now on. */
static int watch(struct files *files)
{
	const struct itimerspec look = {
		.it_interval.tv_nsec = LOOK_NS,
		.it_value.tv_nsec = LOOK_NS,
	};

	files->timer = timerfd_create(CLOCK_MONOTONIC,
				      TFD_NONBLOCK | TFD_CLOEXEC);
	if (files->timer < 0)
		return -1;
	timerfd_settime(files->timer, 0, &look, NULL);
	return loop_add(files->attach->loop, files->timer, EPOLLIN, on_look,
			files);
}

/* An own folder, or one that is a link to the module's. */
static int make_folder(struct files *files)
{
	const struct object *object = files->attach->object;
	const char *name = object->shared->module;

	if (asprintf(&files->folder, RUN_FOLDER "/%s.%d", name,
		     (int)getpid()) < 0) {
		files->folder = NULL;
		return -1;
	}
	remove_stale();
	mkdir(RUN_FOLDER, 0755);
	remove_folder(files->folder);
	if (!object->is_module)
		return mkdir(files->folder, 0755) || watch(files) ? -1 : 0;
	if (asprintf(&files->link, "/proc/spile-%s", name) < 0) {
		files->link = NULL;
		return -1;
	}
	return symlink(files->link, files->folder);
}

static struct files *files_new(struct attach *attach)
{
	struct files *files = calloc(1, sizeof(*files));

	if (!files)
		return NULL;
	files->attach = attach;
	files->timer = -1;
	if (make_folder(files)) {
		int error = errno;

		files_free(files);
		errno = error;
		return NULL;
	}
	return files;
}

static void file_free(struct file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	free(file->spare);
	free(file);
}

void files_free(struct files *files)
{
	struct file *file;

	if (files->timer >= 0) {
		loop_remove(files->attach->loop, files->timer);
		close(files->timer);
	}
	while ((file = files->first)) {
		files->first = file->next;
		file_free(file);
	}
	if (files->folder)
		remove_folder(files->folder);
	free(files->folder);
	free(files->link);
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

static int make_fifos(const struct files *files, struct file *file)
{
	const char *name = file->path + strlen(files->folder) + 1;
	const char *last = strrchr(name, '/');
	int parents = last ? last + 1 - name : 0;

	if (asprintf(&file->spare, "%s/%.*s.next-%s", files->folder, parents,
		     name, name + parents) < 0) {
		file->spare = NULL;
		return -1;
	}
	make_parents(files, file->path);
	return mkfifo(file->path, 0) || mkfifo(file->spare, 0) ? -1 : 0;
}

static struct file *file_make(struct files *files, const char *name)
{
	struct file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->fd = -1;
	if (asprintf(&file->path, "%s/%s", files->folder, name) < 0)
		file->path = NULL;
	if (!file->path || (!files->link && make_fifos(files, file))) {
		file_free(file);
		return NULL;
	}
	file->next = files->first;
	files->first = file;
	return file;
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
static void set_mode(struct file *file, const struct probe *probe)
{
	const char *text = manifest_pair_get(&probe->about->pairs, "umask");
	unsigned long mask = text && *text ? strtoul(text, NULL, 0) : 077;
	mode_t mode = probe->kind == ATTACH_PROCFS_READ ? 0444 : 0222;

	file->mode |= mode & ~mask;
	if (!file->spare)
		return;
	chmod(file->path, file->mode);
	chmod(file->spare, file->mode);
}

/* Tells of a file, once. */
static void tell(const struct files *files, const struct file *file)
{
	const struct attach_calls *calls = &files->attach->calls;
	const char *name = file->path + strlen(files->folder);
	char *text;

	if (!files->link) {
		calls->say(calls->with, file->path);
		return;
	}
	if (asprintf(&text, "%s (%s%s)", file->path, files->link, name) < 0)
		return;
	calls->say(calls->with, text);
	free(text);
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
	set_mode(file, probe);
	if (first)
		tell(attach->files, file);
	return 0;
}

