/* Loading and driving a module: see insert.h. */
#include "runtime/kmod/user/insert.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runtime/reader/complain.h"
#include "runtime/reader/object.h"
#include "runtime/kmod/device.h"
#include "runtime/kmod/user/refusal.h"

enum {
	MISC_MAJOR = 10,
	KERNEL_ENOTSUPP = 524,	/* which the C library does not know */
};

bool insert_is_module(const void *image, size_t size)
{
	const Elf64_Ehdr *header = image;

	return size > sizeof(*header) &&
	       !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
	       header->e_type == ET_REL && header->e_machine != EM_BPF;
}

/* The name that the kernel will know it by. */
static const char *module_name(const struct object *object)
{
	const char *name = refusal_info(object, "name");

	return *name && strlen(name) < 64 ? name : NULL;
}

static int load_module(struct object *object, const char *name,
		       uint64_t output_size, char **ret_error)
{
	const char *more = getenv("SPILE_MODULE_PARAMETERS");
	char parameters[128] = "", size[48] = "";

	if (output_size)
		snprintf(size, sizeof(size), "output_size=%llu",
			 (unsigned long long)output_size);
	snprintf(parameters, sizeof(parameters), "%s %s", size,
		 more ? more : "");
	for (int tries = 0; tries < 2; tries++) {
		if (!syscall(SYS_init_module, object->image, object->bytes,
			     parameters))
			return 0;
		if (errno != EEXIST)
			break;
		/* of a session that was killed */
		if (syscall(SYS_delete_module, name, O_NONBLOCK)) {
			errno = EEXIST;
			break;
		}
	}
	return refusal_explain(object, errno, name, ret_error);
}

/* ---- the device ---- */

static int find_minor(const char *name)
{
	FILE *file = fopen("/proc/misc", "re");
	char found[80];
	int minor, result = -1;

	while (file && fscanf(file, "%d %79s", &minor, found) == 2)
		if (!strcmp(found, name))
			result = minor;
	if (file)
		fclose(file);
	return result;
}

/* Where nobody makes nodes for new devices we make our own, for a moment. */
static int open_own_node(const char *name)
{
	char folder[] = "/tmp/spile-XXXXXX", path[64];
	int minor = find_minor(name), device;

	if (minor < 0 || !mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/node", folder);
	mknod(path, S_IFCHR | 0600, makedev(MISC_MAJOR, minor));
	device = open(path, O_RDWR | O_CLOEXEC);
	unlink(path);
	rmdir(folder);
	return device;
}

static int open_device(const char *name)
{
	char path[80];
	int device;

	snprintf(path, sizeof(path), "/dev/%s", name);
	device = open(path, O_RDWR | O_CLOEXEC);
	return device < 0 ? open_own_node(name) : device;
}

static int map_device(struct object *object, char **ret_error)
{
	struct kmod_layout layout;
	void *shared;
	int error;

	if (ioctl(object->device, KMOD_LAYOUT, &layout) ||
	    layout.shared_size != sizeof(struct wire_shared))
		return complain(ret_error, "the module is of another spile");
	shared = mmap(NULL, sizeof(struct wire_shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED, object->device, KMOD_SHARED);
	if (shared == MAP_FAILED)
		return complain(ret_error, "cannot map the module's page: %s",
				strerror(errno));
	object->shared = shared;
	object->user_stacks = layout.user_stacks;
	object->user_names = layout.user_names;
	error = ring_open(&object->ring, object->device, layout.output_size);
	return error ? complain(ret_error, "cannot map the module's output: %s",
				strerror(-error)) : 0;
}

static int set_global(struct object *object, const char *setting,
		      char **ret_error)
{
	struct kmod_setting asked = { .name = "" };
	size_t length = strcspn(setting, "=");

	if (!setting[length] || length >= sizeof(asked.name))
		return complain(ret_error, "'%s' is no setting: write "
				"name=value", setting);
	memcpy(asked.name, setting, length);
	snprintf(asked.value, sizeof(asked.value), "%s", setting + length + 1);
	if (!ioctl(object->device, KMOD_SET, &asked))
		return 0;
	if (errno == ENOENT)
		return complain(ret_error, "there is no global '%s' to set",
				asked.name);
	return complain(ret_error, "global '%s' is a number; '%s' is none",
			asked.name, asked.value);
}

int insert_set(struct object *object, char *const *settings, size_t count,
	       char **ret_error)
{
	for (size_t i = 0; i < count; i++)
		if (set_global(object, settings[i], ret_error))
			return -1;
	return 0;
}

int insert_load(struct object *object, const struct load_options *options,
		char **ret_error)
{
	const char *name = module_name(object);

	if (!name)
		return complain(ret_error, "%s is no kernel module",
				options->path);
	if (load_module(object, name, options->output_size, ret_error))
		return -1;
	object->module = strdup(name);
	object->device = open_device(name);
	if (object->device < 0)
		return complain(ret_error, "cannot open the device of the "
				"module %s: %s", name, strerror(errno));
	if (map_device(object, ret_error))
		return -1;
	return insert_set(object, options->settings, options->setting_count,
			  ret_error);
}

static int explain_user_place(const struct manifest_probe *probe, int error,
			      char **ret_error)
{
	const char *path = manifest_pair_get(&probe->pairs, "path");

	if (error == KERNEL_ENOTSUPP || error == EOPNOTSUPP)
		return complain(ret_error, "the instruction of probe %s in %s "
				"cannot be probed", probe->name, path);
	return complain(ret_error, "cannot attach probe %s to %s: %s",
			probe->name, path ? path : "no file", strerror(error));
}

static int explain_attach(const struct manifest_probe *probe, int error,
			  char **ret_error)
{
	const char *name = manifest_pair_get(&probe->pairs, "name");
	bool perf = !strcmp(probe->kind, "perf") ||
		!strcmp(probe->kind, "counter");

	if (!strcmp(probe->kind, "uprobe") || !strcmp(probe->kind, "uretprobe"))
		return explain_user_place(probe, error, ret_error);
	if (!strcmp(probe->kind, "raw_tracepoint") && error == ENOENT)
		return complain(ret_error, "this kernel has no tracepoint '%s' "
				"(probe %s)", name ? name : "", probe->name);
	if (perf && (error == ENOENT || error == EOPNOTSUPP))
		return complain(ret_error, "this machine has no such event for "
				"probe %s (virtual machines often lack hardware "
				"counters)", probe->name);
	if (perf && error == ENOSPC)
		return complain_breakpoints(ret_error, probe->name);
	if (!strcmp(probe->kind, "netfilter") && error == EOPNOTSUPP)
		return complain(ret_error, "this kernel has no such netfilter "
				"hook, or none of that family (probe %s)",
				probe->name);
	if (perf && error == ENODEV)
		return complain(ret_error, "a processor of probe %s is not "
				"there or not online", probe->name);
	return complain(ret_error, "the module cannot attach probe %s: %s",
			probe->name, strerror(error));
}

int insert_attach(struct object *object, char **ret_error)
{
	const struct manifest *manifest = object->manifest;
	uint32_t number = 0;

	if (!ioctl(object->device, KMOD_ATTACH, &number))
		return 0;
	if (number < manifest->probe_count)
		return explain_attach(&manifest->probes[number], errno,
				      ret_error);
	return complain(ret_error, "the module cannot attach its probes: %s",
			strerror(errno));
}

int insert_relocate(int device, size_t number, const uint64_t words[3])
{
	struct kmod_reloc reloc = {
		number, { words[0], words[1], words[2] },
	};

	return ioctl(device, KMOD_RELOC, &reloc) ? -errno : 0;
}

int insert_choose(int device, const struct kmod_choice *choice)
{
	return ioctl(device, KMOD_CHOOSE, choice) ? -errno : 0;
}

int insert_code(int device, const struct kmod_code *code)
{
	return ioctl(device, KMOD_CODE, code) ? -errno : 0;
}

void insert_detach(struct object *object)
{
	if (object->device >= 0)
		ioctl(object->device, KMOD_DETACH);
}

bool insert_global(int device, const char *name, char *value, size_t room)
{
	struct kmod_setting asked = { .name = "" };

	snprintf(asked.name, sizeof(asked.name), "%s", name);
	if (ioctl(device, KMOD_GET, &asked))
		return false;
	snprintf(value, room, "%s", asked.value);
	return true;
}

int insert_time(int device)
{
	return ioctl(device, KMOD_TIME) ? -errno : 0;
}

bool insert_times(int device, size_t probe, struct wire_times *times,
		  uint64_t *ret_missed)
{
	struct kmod_times asked = { .number = probe };

	if (ioctl(device, KMOD_TIMES, &asked))
		return false;
	*times = asked.times;
	*ret_missed = asked.missed;
	return true;
}

int insert_switch(int device, size_t probe, bool off)
{
	struct kmod_switch wanted = { .number = probe, .off = off };

	return ioctl(device, KMOD_SWITCH, &wanted) ? -errno : 0;
}

bool insert_elements(int device, struct kmod_elements *asked)
{
	return !ioctl(device, KMOD_ELEMENTS, asked);
}

int insert_run(int device, int probe)
{
	return ioctl(device, KMOD_RUN, (long)probe) ? -errno : 0;
}

void insert_close(struct object *object)
{
	if (object->device >= 0)
		close(object->device);
	object->device = -1;
	if (object->module)
		syscall(SYS_delete_module, object->module, O_NONBLOCK);
	free(object->module);
	object->module = NULL;
}
