/*
 * The files of procfs probes (files.c) and how they are served where no module
 * makes them (serve.c).
 */
#ifndef SPILE_BPF_FILES_H
#define SPILE_BPF_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct attach;
struct probe;
struct serve;

/* A file, or a folder on the way to one, which has no probes. */
struct file {
	struct file *next, *parent;	/* no parent: the session's folder */
	uint64_t number;		/* from 1, that of the session's folder */
	char *name;			/* in its parent */
	mode_t mode;			/* permissions */
	struct probe *reader, *writer;
};

/* What has a name of that length in a folder; NULL: nothing. */
struct file *file_find(struct file *first, const struct file *parent,
		       const char *name, size_t length);

/*
 * Mounts a file system on @folder (borrowed, as @attach and @files, the list of them,
 * which may become longer), for which the loop of @attach answers. NULL with a
 * sentence in *ret_error (malloc'd). When this process is gone, whatever it was that
 * ended it, the mount and the folder go too.
 */
struct serve *serve_start(struct attach *attach, const char *folder,
			  struct file *const *files, char **ret_error);
/* Takes it away. Who is within a file gets an error. */
void serve_stop(struct serve *serve);

#endif
