/*
 * Which files procfs probes have, and where: in a folder of the session below
 * /run/spile. A module makes them itself, below /proc, and the session's folder is a
 * link to those; else serve.c answers for them.
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/drive.h"
#include "runtime/bpf/files.h"
#include "runtime/bpf/load.h"
#include "runtime/bpf/tasks.h"
#include "runtime/reader/complain.h"

#define RUN_FOLDER "/run/spile"

struct files {
	char *folder;
	char *link;		/* what the folder is a link to, or NULL */
	struct serve *serve;	/* without a link */
	struct file *first;
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

/* The folder of a session: a link, or what files were mounted on, where somebody may
 * have made others in the moment that they were not. */
static void remove_folder(const char *path)
{
	umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
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

struct file *file_find(struct file *first, const struct file *parent,
		       const char *name, size_t length)
{
	while (first && (first->parent != parent ||
			 strncmp(first->name, name, length) ||
			 first->name[length]))
		first = first->next;
	return first;
}

/* Behind the others, as a list of them is read in pieces. */
static struct file *file_add(struct files *files, struct file *parent,
			     const char *name, size_t length)
{
	struct file *file = calloc(1, sizeof(*file));
	struct file **last = &files->first;

	if (!file)
		return NULL;
	file->name = strndup(name, length);
	if (!file->name) {
		free(file);
		return NULL;
	}
	file->parent = parent;
	file->number = 1;
	for (; *last; last = &(*last)->next)
		file->number++;
	*last = file;
	return file;
}

static int make_folder(struct files *files, struct attach *attach,
		       char **ret_error)
{
	const struct object *object = attach->object;
	const char *name = object->shared->module;
	bool made;

	if (asprintf(&files->folder, RUN_FOLDER "/%s.%d", name,
		     (int)getpid()) < 0)
		files->folder = NULL;
	if (object->is_module &&
	    asprintf(&files->link, "/proc/spile-%s", name) < 0)
		files->link = NULL;
	if (!files->folder || !files->link != !object->is_module ||
	    !file_add(files, NULL, "", 0))
		return complain(ret_error, "no memory");
	files->first->mode = 0555;
	remove_stale();
	mkdir(RUN_FOLDER, 0755);
	remove_folder(files->folder);
	made = files->link ? !symlink(files->link, files->folder) :
			     !mkdir(files->folder, 0755);
	if (!made)
		return complain(ret_error, "cannot make %s: %s", files->folder,
				strerror(errno));
	if (files->link)
		return 0;
	files->serve = serve_start(attach, files->folder, &files->first,
				   ret_error);
	return files->serve ? 0 : -1;
}

static struct files *files_new(struct attach *attach, char **ret_error)
{
	struct files *files = calloc(1, sizeof(*files));

	if (!files) {
		complain(ret_error, "no memory");
		return NULL;
	}
	if (make_folder(files, attach, ret_error)) {
		files_free(files);
		return NULL;
	}
	return files;
}

void files_free(struct files *files)
{
	struct file *file;

	if (files->serve)
		serve_stop(files->serve);
	while ((file = files->first)) {
		files->first = file->next;
		free(file->name);
		free(file);
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

/* The file of a path, with the folders on the way to it. NULL without memory, or
 * if one name stands for a file and a folder. */
static struct file *file_make(struct files *files, const char *path)
{
	struct file *file = files->first;

	for (;;) {
		size_t length = strcspn(path, "/");
		bool is_last = !path[length];
		struct file *next = file_find(files->first, file, path,
					      length);

		if (next && is_last != (next->reader || next->writer)) {
			errno = is_last ? EISDIR : ENOTDIR;
			return NULL;
		}
		if (!next) {
			next = file_add(files, file, path, length);
			if (!next)
				return NULL;
			next->mode = is_last ? 0 : 0555;
		}
		if (is_last)
			return next;
		file = next;
		path += length + 1;
	}
}

/* Read probes give 0444, write probes 0222, less the umask; without one only
 * the owner. */
static mode_t mode_of(const struct probe *probe)
{
	const char *text = manifest_pair_get(&probe->about->pairs, "umask");
	unsigned long mask = text && *text ? strtoul(text, NULL, 0) : 077;
	mode_t mode = probe->kind == ATTACH_PROCFS_READ ? 0444 : 0222;

	return mode & ~mask;
}

/* Tells of a file, once. */
static void tell(const struct attach *attach, const char *name)
{
	const struct files *files = attach->files;
	char *text;
	int error = files->link ?
		asprintf(&text, "%s/%s (%s/%s)", files->folder, name,
			 files->link, name) :
		asprintf(&text, "%s/%s", files->folder, name);

	if (error < 0)
		return;
	attach->calls.say(attach->calls.with, text);
	free(text);
}

/* That its handler can run for whoever comes. */
static int try_handler(const struct probe *probe, char **ret_error)
{
	int fd = tasks_open(probe, gettid());

	if (fd < 0)
		return complain(ret_error, "cannot run probe %s for who uses the "
				"file: %s%s", probe->about->name, strerror(-fd),
				fd == -EOPNOTSUPP ? "; it needs Linux 6.1, or "
				"--runtime=kernel" : "");
	close(fd);
	return 0;
}

int drive_file(struct attach *attach, struct probe *probe, char **ret_error)
{
	const char *name = manifest_pair_get(&probe->about->pairs, "path");
	struct probe **slot;
	struct file *file;

	if (!name || !path_allowed(name))
		return complain(ret_error, "'%s' is no path below the session's "
				"folder (probe %s)", name ? name : "",
				probe->about->name);
	if (!attach->object->is_module && try_handler(probe, ret_error))
		return -1;
	if (!attach->files)
		attach->files = files_new(attach, ret_error);
	if (!attach->files)
		return -1;
	file = file_make(attach->files, name);
	if (!file)
		return complain(ret_error, "cannot make the file of probe %s: "
				"%s", probe->about->name, strerror(errno));
	slot = probe->kind == ATTACH_PROCFS_READ ? &file->reader :
						   &file->writer;
	if (*slot)
		return complain(ret_error, "two probes %s handle one file: there "
				"can be one", probe->about->name);
	if (!file->reader && !file->writer)
		tell(attach, name);
	*slot = probe;
	file->mode |= mode_of(probe);
	return 0;
}
