/*
 * The folder for what is made on the way to an artefact. Whoever works in one
 * holds a lock on it, so that a start can tell those that are left by a spile
 * which was killed, and removes them.
 */
#include "translator/driver/session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/file.h"

#define WORK_NAME "spile-work-"
#define KEPT_NAME "spile-kept-"	/* of the same length */

enum { MEMORY_NEEDED = 1 << 20 };

static const char *temporary_folder(const struct session *session)
{
	const char *root = session->options->tmpdir;

	if (!root)
		root = getenv("TMPDIR");
	return root ? root : "/tmp";
}

/* Opens and locks a folder of ours; -1 if somebody works there. */
static int lock_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat held, named;

	if (fd < 0)
		return -1;
	/* whoever had the lock before may have removed it */
	if (!fstat(fd, &held) && held.st_uid == geteuid() &&
	    !flock(fd, LOCK_EX | LOCK_NB) && !lstat(path, &named) &&
	    named.st_ino == held.st_ino)
		return fd;
	close(fd);
	return -1;
}

static void remove_left(struct session *session, const char *root)
{
	DIR *folder = opendir(root);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		const char *path;
		int lock;

		if (strncmp(entry->d_name, WORK_NAME, strlen(WORK_NAME)))
			continue;
		path = arena_printf(session->arena, "%s/%s", root,
				    entry->d_name);
		lock = lock_folder(path);
		if (lock < 0)
			continue;
		file_remove(path);
		close(lock);
	}
	if (folder)
		closedir(folder);
}

/* Who runs out of memory ends at once and leaves its folder. */
static bool has_memory(void)
{
	void *room = malloc(MEMORY_NEEDED);

	free(room);
	return room != NULL;
}

const char *work_open(struct session *session)
{
	const char *root = temporary_folder(session);
	const char *name = session->options->keep_temporary ? KEPT_NAME :
							      WORK_NAME;
	char *path;

	remove_left(session, root);
	if (!has_memory())
		return NULL;
	/* until the lock is had, another start may think that it is left */
	for (int tries = 0; tries < 16; tries++) {
		path = arena_printf(session->arena, "%s/%sXXXXXX", root, name);
		if (!mkdtemp(path))
			return NULL;
		session->work_lock = lock_folder(path);
		if (session->work_lock >= 0 || file_is_folder(path))
			return path;
	}
	errno = EAGAIN;
	return NULL;
}

void work_close(struct session *session, const char *folder)
{
	file_remove(folder);
	if (session->work_lock >= 0)
		close(session->work_lock);
	session->work_lock = -1;
}

/* The runner reads it through our descriptor. */
void work_release(struct session *session)
{
	const char *through;
	int fd;

	if (!session->work_folder)
		return;
	fd = open(session->artefact, O_RDONLY | O_CLOEXEC);
	through = arena_printf(session->arena, "/proc/%d/fd/%d", (int)getpid(),
			       fd);
	if (fd < 0 || access(through, R_OK))
		return;
	session->artefact = through;
	work_close(session, session->work_folder);
	session->work_folder = NULL;
}

void work_keep(struct session *session)
{
	const char *base = file_base(session->artefact);
	char *kept;

	if (!session->work_folder)
		return;
	kept = arena_strdup(session->arena, session->work_folder);
	memcpy(kept + strlen(kept) - strlen(file_base(kept)), KEPT_NAME,
	       strlen(KEPT_NAME));
	if (rename(session->work_folder, kept))
		return;
	session->work_folder = NULL;
	session->artefact = arena_printf(session->arena, "%s/%s", kept, base);
}
