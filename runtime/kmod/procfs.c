/*
 * The files of procfs probes: /proc/spile-NAME/PATH, by the name of the module. All
 * of them come with the first probe that is attached and go with the first that
 * is detached; then the kernel waits for who is within a handler, and whoever
 * has one open still gets errors from it.
 *
 * Not a folder of all modules' with one of each in it: the kernel prints a
 * warning when two make the same one, and whether it is there could only be
 * looked up where /proc is mounted.
 */
#include "runtime/kmod/attach.h"

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "runtime/kmod/compat.h"

enum { PROCFS_NAME_MOST = 255, PROCFS_ANSWER_MOST = 16 << 20 };

/* A file, or a folder on the way to one, which has no probes. */
struct procfs_node {
	struct procfs_node *next;
	const char *path;	/* of a probe: so many characters of it */
	size_t length;
	const struct rt_probe *reader, *writer;
};

/* What somebody has opened. */
struct procfs_open {
	const struct procfs_node *node;
	struct mutex asking;
	bool was_asked;
	u32 room, length;
	char answer[];		/* nobody changes it once it was asked for */
};

static struct proc_dir_entry *procfs_root;
static struct procfs_node *procfs_nodes;

/* ---- what is done with a file ---- */

static u32 answer_room(const struct procfs_node *node)
{
	s64 most = rt_pair_long(node->reader, "maxsize", 0);

	return most > 0 ? min_t(s64, most, PROCFS_ANSWER_MOST) :
			  rt_program.text_max;
}

static int procfs_open(struct inode *inode, struct file *file)
{
	const struct procfs_node *node = compat_pde_data(inode);
	u32 room = file->f_mode & FMODE_READ && node->reader ?
			   answer_room(node) : 0;
	struct procfs_open *opened;

	/* who may do all gets here with what the file's mode does not permit */
	if ((file->f_mode & FMODE_READ && !node->reader) ||
	    (file->f_mode & FMODE_WRITE && !node->writer))
		return -EACCES;
	/* on the account of who opens it, as often as the mode permits */
	opened = RT_TRY(kvzalloc(sizeof(*opened) + room,
				 GFP_KERNEL_ACCOUNT));
	if (!opened)
		return -ENOMEM;
	opened->node = node;
	opened->room = room;
	mutex_init(&opened->asking);
	file->private_data = opened;
	return 0;
}

static int procfs_release(struct inode *inode, struct file *file)
{
	(void)inode;
	kvfree(file->private_data);
	return 0;
}

/* Once for all reads of what was opened: they are pieces of one answer. */
static int ask(struct procfs_open *opened)
{
	struct rt_exchange exchange = {
		.answer = opened->answer, .room = opened->room,
	};
	int error = 0;

	if (mutex_lock_killable(&opened->asking))
		return -EINTR;
	if (!opened->was_asked) {
		error = rt_drive(opened->node->reader, &exchange);
		opened->length = exchange.length;
		opened->was_asked = !error;
	}
	mutex_unlock(&opened->asking);
	return error;
}

static ssize_t procfs_read(struct file *file, char __user *to, size_t count,
			   loff_t *at)
{
	struct procfs_open *opened = file->private_data;
	int error = ask(opened);

	return error ? error : simple_read_from_buffer(to, count, at,
						       opened->answer,
						       opened->length);
}

/* As much as is a text; whoever writes comes again with the rest. */
static ssize_t procfs_write(struct file *file, const char __user *from,
			    size_t count, loff_t *at)
{
	const struct procfs_open *opened = file->private_data;
	u32 size = min_t(size_t, count, rt_program.text_max);
	struct rt_exchange exchange = { .given_length = size };
	char *given;
	int error;

	if (!size)
		return 0;
	given = RT_TRY(kvmalloc(size, GFP_KERNEL_ACCOUNT));
	if (!given)
		return -ENOMEM;
	if (copy_from_user(given, from, size)) {
		kvfree(given);
		return -EFAULT;
	}
	exchange.given = given;
	error = rt_drive(opened->node->writer, &exchange);
	kvfree(given);
	if (error)
		return error;
	*at += size;
	return size;
}

static const struct proc_ops procfs_operations = {
	.proc_open = procfs_open,
	.proc_release = procfs_release,
	.proc_read = procfs_read,
	.proc_write = procfs_write,
	.proc_lseek = default_llseek,
};

/* ---- which files there are ---- */

static void procfs_remove(void)
{
	struct procfs_node *node;

	proc_remove(procfs_root);
	procfs_root = NULL;
	while ((node = procfs_nodes)) {
		procfs_nodes = node->next;
		kfree(node);
	}
}

static struct procfs_node *node_find(const char *path, size_t length)
{
	struct procfs_node *node;

	for (node = procfs_nodes; node; node = node->next)
		if (node->length == length &&
		    !memcmp(node->path, path, length))
			break;
	return node;
}

static struct procfs_node *node_add(const char *path, size_t length)
{
	struct procfs_node *node = RT_TRY(kzalloc(sizeof(*node), GFP_KERNEL));

	if (!node)
		return NULL;
	node->path = path;
	node->length = length;
	node->next = procfs_nodes;
	procfs_nodes = node;
	return node;
}

static int root_create(void)
{
	char name[80];

	if (procfs_root)
		return 0;
	snprintf(name, sizeof(name), "spile-%s", rt_program.name);
	if (rt_may_allocate())
		procfs_root = proc_mkdir(name, NULL);
	return procfs_root ? 0 : -ENOMEM;
}

/* The kernel warns of names that it does not like. */
static bool names_are_sane(const char *path)
{
	for (;;) {
		size_t length = strcspn(path, "/");

		if (!length || length > PROCFS_NAME_MOST ||
		    (length == 1 && path[0] == '.') ||
		    (length == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		if (!path[length])
			return true;
		path += length + 1;
	}
}

static int folder_create(const char *path, size_t length)
{
	struct procfs_node *node = node_find(path, length);
	struct proc_dir_entry *made;
	char *name;

	if (node)
		return node->reader || node->writer ? -ENOTDIR : 0;
	name = RT_TRY(kmemdup_nul(path, length, GFP_KERNEL));
	if (!name || !node_add(path, length)) {
		kfree(name);
		return -ENOMEM;
	}
	made = proc_mkdir(name, procfs_root);
	kfree(name);
	return made ? 0 : -ENOMEM;
}

static int folders_create(const char *path)
{
	const char *end;
	int error = 0;

	for (end = strchr(path, '/'); end && !error; end = strchr(end + 1, '/'))
		error = folder_create(path, end - path);
	return error;
}

/* The handler of the kind for a path. */
static const struct rt_probe *probe_of(const char *path, enum rt_attach kind)
{
	u32 i;

	for (i = 0; i < rt_program.probe_count; i++) {
		const struct rt_probe *probe = &rt_program.probes[i];

		if (probe->kind == kind && !strcmp(rt_pair(probe, "path"), path))
			return probe;
	}
	return NULL;
}

/* What a probe permits. */
static umode_t mode_of(const struct rt_probe *probe, umode_t mode)
{
	return probe ? mode & ~rt_pair_long(probe, "umask", 077) : 0;
}

static int file_create(const char *path)
{
	struct procfs_node *node = node_add(path, strlen(path));
	umode_t mode;

	if (!node)
		return -ENOMEM;
	node->reader = probe_of(path, RT_ATTACH_PROCFS_READ);
	node->writer = probe_of(path, RT_ATTACH_PROCFS_WRITE);
	mode = mode_of(node->reader, 0444) | mode_of(node->writer, 0222);
	/* none at all the kernel takes for one that is to be chosen */
	if (!mode)
		mode = S_ISVTX;
	return proc_create_data(path, mode, procfs_root, &procfs_operations,
				node) ? 0 : -ENOMEM;
}

static int path_create(const char *path)
{
	int error = root_create();

	if (!error)
		error = folders_create(path);
	return error ? error : file_create(path);
}

/* The file of two probes is made for the first one. */
static int attach_procfs(struct rt_attachment *attachment)
{
	const struct rt_probe *probe = attachment->probe;
	const char *path = rt_pair(probe, "path");
	const struct procfs_node *node;
	int error;

	if (!path || !names_are_sane(path))
		return -EINVAL;
	node = node_find(path, strlen(path));
	if (node)
		return node->reader == probe || node->writer == probe ? 0 :
		       -EEXIST;
	error = path_create(path);
	/* of the others nothing fires any more either */
	if (error)
		procfs_remove();
	return error;
}

static void detach_procfs(struct rt_attachment **all, u32 count)
{
	(void)all;
	(void)count;
	procfs_remove();
}

const struct rt_way rt_way_procfs = { attach_procfs, detach_procfs };
