/*
 * The file system of procfs probes, by FUSE: a handler runs each time that somebody
 * opens a file and reads, or writes, who waits for it meanwhile and is the current task
 * for it. So with the files of a module (runtime/kmod/procfs.c), which these are like
 * in all that can be seen.
 *
 * Since Linux 6.5 sendfile() reads by way of the inode's pages and believes its size,
 * where read() comes straight to us. So each time that a file is looked up it is
 * another inode. One that is opened is longer than any answer until its own is known:
 * then it has that length.
 */
#define FUSE_USE_VERSION 35
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/drive.h"
#include "runtime/bpf/files.h"
#include "runtime/bpf/load.h"
#include "runtime/reader/complain.h"
#include "runtime/reader/loop.h"

/* Folders neither come nor change while a session runs. */
#define REMEMBER_SECONDS 1e6

enum { LONGER_THAN_ANY = 1 << 30 };

struct serve {
	struct attach *attach;
	const char *folder;
	struct file *const *files;
	struct fuse_session *fuse;
	struct fuse_buf request;
	bool is_mounted;
	time_t begun;		/* which all files tell of as theirs */
	uint32_t lookups;	/* so far: each is a part of its inode's number */
	struct opened *opened;	/* all that is open */
	pid_t keeper;		/* the process that cleans up, or -1 */
	int alive;		/* while this end is open, it does not; or -1 */
};

/* What somebody has opened. */
struct opened {
	struct opened *next;
	struct file *file;
	fuse_ino_t inode;
	bool reads, was_asked;
	char *answer;
	size_t length;
};

/* ---- answers ---- */

static size_t text_most(const struct attach *attach)
{
	return manifest_pair_number(&attach->object->manifest->session,
				    "maxstringlen", 512) - 1;
}

/* So much of an answer is handed out. */
static size_t answer_most(const struct probe *probe)
{
	long long most = manifest_pair_number(&probe->about->pairs, "maxsize",
					      0);

	return most > 0 ? (size_t)most : text_most(probe->attach);
}

/* Once for all reads of what was opened: they are pieces of one answer. */
static int ask(fuse_req_t request, struct opened *opened)
{
	struct probe *probe = opened->file->reader;
	const struct attach_calls *calls = &probe->attach->calls;
	const char *answer;
	size_t size;

	if (opened->was_asked)
		return 0;
	probe->attach->asker = fuse_req_ctx(request)->pid;
	answer = calls->ask(calls->with, probe, &size);
	if (size > answer_most(probe))
		size = answer_most(probe);
	opened->was_asked = true;
	if (!size)
		return 0;
	opened->answer = malloc(size);
	if (!opened->answer)
		return ENOMEM;
	memcpy(opened->answer, answer, size);
	opened->length = size;
	return 0;
}

/* ---- what is asked about files ---- */

static bool is_folder(const struct file *file)
{
	return !file->reader && !file->writer;
}

/* An inode is the number of a file, in whose upper half is that of a lookup. */
static struct file *file_of(fuse_req_t request, fuse_ino_t inode)
{
	const struct serve *serve = fuse_req_userdata(request);
	struct file *file = *serve->files;

	while (file && file->number != (uint32_t)inode)
		file = file->next;
	return file;
}

static struct stat status_of(fuse_req_t request, const struct file *file,
			     size_t size)
{
	const struct serve *serve = fuse_req_userdata(request);

	return (struct stat){
		.st_ino = file->number,
		.st_mode = file->mode | (is_folder(file) ? S_IFDIR : S_IFREG),
		.st_nlink = is_folder(file) ? 2 : 1,
		.st_size = (off_t)size,
		.st_atime = serve->begun,
		.st_mtime = serve->begun,
		.st_ctime = serve->begun,
	};
}

static void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct serve *serve = fuse_req_userdata(request);
	struct fuse_entry_param entry = { 0 };
	const struct file *folder = file_of(request, parent);
	const struct file *file = !folder ? NULL :
		file_find(*serve->files, folder, name, strlen(name));

	if (!file) {
		fuse_reply_err(request, ENOENT);
		return;
	}
	entry.ino = file->number;
	if (is_folder(file)) {
		entry.attr_timeout = REMEMBER_SECONDS;
		entry.entry_timeout = REMEMBER_SECONDS;
	} else {
		entry.ino |= (fuse_ino_t)++serve->lookups << 32;
	}
	entry.attr = status_of(request, file, 0);
	fuse_reply_entry(request, &entry);
}

static void reply_status(fuse_req_t request, const struct file *file,
			 size_t size)
{
	struct stat status = status_of(request, file, size);

	fuse_reply_attr(request, &status,
			is_folder(file) ? REMEMBER_SECONDS : 0);
}

/* Who has opened a file and asks for its size is to read the answer that it is
 * told the length of. */
static void on_getattr(fuse_req_t request, fuse_ino_t inode,
		       struct fuse_file_info *info)
{
	const struct serve *serve = fuse_req_userdata(request);
	const struct file *file = file_of(request, inode);
	struct opened *opened = serve->opened;
	int error = 0;

	(void)info;
	if (!file) {
		fuse_reply_err(request, ENOENT);
		return;
	}
	while (opened && (opened->inode != inode || !opened->reads))
		opened = opened->next;
	if (opened)
		error = ask(request, opened);
	if (error)
		fuse_reply_err(request, error);
	else
		reply_status(request, file, opened ? opened->length : 0);
}

/* A shell's > cuts the file first, which has no length anyway. */
static void on_setattr(fuse_req_t request, fuse_ino_t inode,
		       struct stat *status, int which,
		       struct fuse_file_info *info)
{
	const struct file *file = file_of(request, inode);

	(void)status;
	(void)info;
	if (!file || which & (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID |
			      FUSE_SET_ATTR_GID))
		fuse_reply_err(request, file ? EPERM : ENOENT);
	else
		reply_status(request, file, 0);
}

static bool add_entry(fuse_req_t request, const struct file *file,
		      const char *name, off_t next, char *to, size_t room,
		      size_t *done)
{
	struct stat status = status_of(request, file, 0);
	size_t size = fuse_add_direntry(request, to + *done, room - *done, name,
					&status, next);

	if (size > room - *done)
		return false;
	*done += size;
	return true;
}

/* The folder itself, what it is in, and what is in it, each with the number of
 * the one behind it. */
static void on_readdir(fuse_req_t request, fuse_ino_t inode, size_t room,
		       off_t first, struct fuse_file_info *info)
{
	const struct serve *serve = fuse_req_userdata(request);
	const struct file *folder = file_of(request, inode);
	size_t done = 0;
	off_t at = 0;
	char *text = folder ? malloc(room) : NULL;
	bool fits = true;

	(void)info;
	if (!text) {
		fuse_reply_err(request, folder ? ENOMEM : ENOENT);
		return;
	}
	if (first <= at++)
		fits = add_entry(request, folder, ".", at, text, room, &done);
	if (fits && first <= at++)
		fits = add_entry(request, folder->parent ? folder->parent :
				 folder, "..", at, text, room, &done);
	for (const struct file *file = *serve->files; fits && file;
	     file = file->next)
		if (file->parent == folder && first <= at++)
			fits = add_entry(request, file, file->name, at, text,
					 room, &done);
	fuse_reply_buf(request, text, done);
	free(text);
}

/* ---- what is done with them ---- */

/* The kernel takes an inode to be as long as what it is given for its pages, which
 * it forgets as the file is opened. */
static void lengthen(struct serve *serve, fuse_ino_t inode)
{
	char zero = 0;
	struct fuse_bufvec buffer = FUSE_BUFVEC_INIT(1);

	buffer.buf[0].mem = &zero;
	fuse_lowlevel_notify_store(serve->fuse, inode, LONGER_THAN_ANY, &buffer,
				   0);
}

static void on_open(fuse_req_t request, fuse_ino_t inode,
		    struct fuse_file_info *info)
{
	struct serve *serve = fuse_req_userdata(request);
	struct file *file = file_of(request, inode);
	int way = info->flags & O_ACCMODE;
	struct opened *opened;

	/* who may do all gets here with what the file's mode does not permit */
	if (!file || (way != O_WRONLY && !file->reader) ||
	    (way != O_RDONLY && !file->writer)) {
		fuse_reply_err(request, EACCES);
		return;
	}
	opened = calloc(1, sizeof(*opened));
	if (!opened) {
		fuse_reply_err(request, ENOMEM);
		return;
	}
	opened->file = file;
	opened->inode = inode;
	opened->reads = way != O_WRONLY;
	info->fh = (uintptr_t)opened;
	info->direct_io = 1;
	if (opened->reads)
		lengthen(serve, inode);
	if (fuse_reply_open(request, info)) {
		free(opened);
		return;
	}
	opened->next = serve->opened;
	serve->opened = opened;
}

static struct opened *opened_of(const struct fuse_file_info *info)
{
	return (struct opened *)(uintptr_t)info->fh;
}

static void opened_free(struct serve *serve, struct opened *opened)
{
	struct opened **link = &serve->opened;

	while (*link != opened)
		link = &(*link)->next;
	*link = opened->next;
	free(opened->answer);
	free(opened);
}

static void on_release(fuse_req_t request, fuse_ino_t inode,
		       struct fuse_file_info *info)
{
	(void)inode;
	opened_free(fuse_req_userdata(request), opened_of(info));
	fuse_reply_err(request, 0);
}

static void on_read(fuse_req_t request, fuse_ino_t inode, size_t size,
		    off_t at, struct fuse_file_info *info)
{
	struct opened *opened = opened_of(info);
	int error = ask(request, opened);

	(void)inode;
	if (error) {
		fuse_reply_err(request, error);
		return;
	}
	if (at < 0 || (size_t)at >= opened->length)
		size = 0;
	else if (size > opened->length - at)
		size = opened->length - at;
	fuse_reply_buf(request, size ? opened->answer + at : NULL, size);
}

/* As much as is a text; whoever writes comes again with the rest. */
static void on_write(fuse_req_t request, fuse_ino_t inode, const char *text,
		     size_t size, off_t at, struct fuse_file_info *info)
{
	struct attach *attach =
		((struct serve *)fuse_req_userdata(request))->attach;

	(void)inode;
	(void)at;
	if (size > text_most(attach))
		size = text_most(attach);
	attach->asker = fuse_req_ctx(request)->pid;
	drive_give(opened_of(info)->file->writer, text, size);
	fuse_reply_write(request, size);
}

static const struct fuse_lowlevel_ops operations = {
	.lookup = on_lookup,
	.getattr = on_getattr,
	.setattr = on_setattr,
	.readdir = on_readdir,
	.open = on_open,
	.read = on_read,
	.write = on_write,
	.release = on_release,
};

static void on_request(void *with, uint32_t events)
{
	struct serve *serve = with;
	int size = fuse_session_receive_buf(serve->fuse, &serve->request);

	(void)events;
	if (size > 0)
		fuse_session_process_buf(serve->fuse, &serve->request);
	/* somebody has unmounted it: nobody asks any more */
	if (fuse_session_exited(serve->fuse))
		loop_remove(serve->attach->loop,
			    fuse_session_fd(serve->fuse));
}

/* ---- the mount ---- */

/* The process of the keeper: what it waits for is the end of the other one. */
static _Noreturn void keep(int alive, const char *folder)
{
	static const int endings[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	char byte;

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		signal(endings[i], SIG_IGN);
	/* nothing of the session is open here: it is to go with the other */
	dup2(alive, STDIN_FILENO);
	close_range(1, ~0U, 0);
	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	umount2(folder, MNT_DETACH);
	rmdir(folder);
	_exit(0);
}

static int start_keeper(struct serve *serve)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	serve->alive = ends[1];
	serve->keeper = fork();
	if (!serve->keeper)
		keep(ends[0], serve->folder);
	close(ends[0]);
	return serve->keeper < 0 ? -1 : 0;
}

/* By ourselves and not by the library, which would print why it cannot. */
static int mount_folder(struct serve *serve, char **ret_error)
{
	char options[200], at[32];
	int device = open("/dev/fuse", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (device < 0)
		return complain(ret_error, "files of probes need FUSE, and "
				"/dev/fuse cannot be opened: %s%s",
				strerror(errno), errno == ENOENT ||
				errno == ENXIO || errno == ENODEV ?
				"; try `modprobe fuse`" : "");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,"
		 "group_id=0,default_permissions,allow_other", device);
	if (mount("spile", serve->folder, "fuse.spile", MS_NOSUID | MS_NODEV |
		  MS_NOEXEC, options)) {
		complain(ret_error, "cannot mount the files of probes on %s: "
			 "%s%s", serve->folder, strerror(errno),
			 errno == EPERM ? "; that needs CAP_SYS_ADMIN" : "");
		close(device);
		return -1;
	}
	serve->is_mounted = true;
	/* the descriptor is the library's from here */
	snprintf(at, sizeof(at), "/dev/fd/%d", device);
	if (!fuse_session_mount(serve->fuse, at))
		return 0;
	close(device);
	return complain(ret_error, "cannot serve the files of probes: no memory");
}

static struct fuse_session *create(struct serve *serve)
{
	char name[] = "spilerun";
	char *words[] = { name, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(1, words);

	return fuse_session_new(&args, &operations, sizeof(operations), serve);
}

struct serve *serve_start(struct attach *attach, const char *folder,
			  struct file *const *files, char **ret_error)
{
	struct serve *serve = calloc(1, sizeof(*serve));

	if (!serve) {
		complain(ret_error, "no memory");
		return NULL;
	}
	*serve = (struct serve){ .attach = attach, .folder = folder,
				 .files = files, .begun = time(NULL),
				 .keeper = -1, .alive = -1 };
	serve->fuse = create(serve);
	if (!serve->fuse || start_keeper(serve)) {
		complain(ret_error, "cannot serve the files of probes: %s",
			 strerror(errno));
		goto failed;
	}
	if (mount_folder(serve, ret_error))
		goto failed;
	if (loop_add(attach->loop, fuse_session_fd(serve->fuse), EPOLLIN,
		     on_request, serve)) {
		complain(ret_error, "cannot wait for readers of %s", folder);
		goto failed;
	}
	return serve;
failed:
	serve_stop(serve);
	return NULL;
}

void serve_stop(struct serve *serve)
{
	if (serve->is_mounted && !fuse_session_exited(serve->fuse))
		loop_remove(serve->attach->loop,
			    fuse_session_fd(serve->fuse));
	/* closes the device, so nobody waits for an answer any more */
	if (serve->fuse)
		fuse_session_destroy(serve->fuse);
	if (serve->is_mounted)
		umount2(serve->folder, MNT_DETACH);
	while (serve->opened)
		opened_free(serve, serve->opened);
	if (serve->alive >= 0)
		close(serve->alive);
	if (serve->keeper > 0)
		waitpid(serve->keeper, NULL, 0);
	free(serve->request.mem);
	free(serve);
}
