/*
 * Opening and loading a BPF object: see load.h.
 */
#include "runtime/bpf/load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/bpf/fit.h"
#include "runtime/bpf/kprobe.h"
#include "runtime/bpf/multi.h"
#include "runtime/bpf/relocate.h"
#include "runtime/bpf/settings.h"
#include "runtime/bpf/stacks.h"
#include "runtime/bpf/trampoline.h"
#include "runtime/kmod/user/insert.h"
#include "runtime/reader/complain.h"

enum {
	MOST_BYTES = 256 << 20,		/* of an object */
	MOST_MESSAGES = 64 << 10,	/* of libbpf's words, the last ones */
	LOG_LINES = 12,			/* of the verifier's that are shown */
	OUTPUT_SIZE = 8 << 20,	/* a session stays below 16 MiB when it is full */
};

/*
 * What libbpf said, kept for the case that loading fails. Its callback is given
 * nothing to tell sessions apart by, so this one text is a variable of the
 * process; loading is done once, by one thread.
 */
static struct {
	char *text;
	size_t length;
} said;

static int keep_message(enum libbpf_print_level level, const char *format,
			va_list arguments)
{
	char *message, *larger;
	int length;

	if (level != LIBBPF_WARN)
		return 0;
	length = vasprintf(&message, format, arguments);
	if (length < 0)
		return 0;
	size_t skip = length > MOST_MESSAGES ? length - MOST_MESSAGES : 0;

	if (said.length + length > 2 * MOST_MESSAGES && said.length) {
		size_t drop = said.length / 2;

		memmove(said.text, said.text + drop, said.length - drop);
		said.length -= drop;
	}
	larger = realloc(said.text, said.length + length - skip + 1);
	if (larger) {
		said.text = larger;
		memcpy(said.text + said.length, message + skip,
		       length - skip + 1);
		said.length += length - skip;
	}
	free(message);
	return length;
}

static void forget_messages(void)
{
	free(said.text);
	said.text = NULL;
	said.length = 0;
}

/* ---- the file ---- */

static int read_file(struct object *object, const char *path, char **ret_error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st)) {
		complain(ret_error, "cannot open %s: %s", path,
			 strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!S_ISREG(st.st_mode) || st.st_size < 64 ||
	    st.st_size > MOST_BYTES) {
		close(fd);
		return complain(ret_error, "%s is not a BPF object", path);
	}
	object->image = malloc(st.st_size);
	while (object->image && object->bytes < (size_t)st.st_size) {
		n = read(fd, (char *)object->image + object->bytes,
			 st.st_size - object->bytes);
		if (n <= 0)
			break;
		object->bytes += n;
	}
	close(fd);
	if (!object->image || object->bytes != (size_t)st.st_size)
		return complain(ret_error, "cannot read %s", path);
	return 0;
}

static Elf_Data *find_section(Elf *elf, const char *wanted)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *name;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (name && !strcmp(name, wanted))
			return elf_rawdata(section, NULL);
	}
	return NULL;
}

/* An object has room for as many processors as it was made for. */
static int check_cpus(const struct object *object, const char *path,
		      char **ret_error)
{
	long long made = manifest_pair_number(&object->manifest->session,
					      "cpus", 0);
	int here = libbpf_num_possible_cpus();

	if (!made || here <= made || object->is_module)
		return 0;
	return complain(ret_error, "%s was made for %lld processors, this "
			"machine can have %d: make it with -DMAXCPUS=%d", path,
			made, here, here);
}

static int read_manifest(struct object *object, Elf *elf, const char *path,
			 char **ret_error)
{
	const char *reason;
	GElf_Ehdr header;
	Elf_Data *data;

	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header) ||
	    (header.e_machine != EM_BPF && !object->is_module))
		return complain(ret_error, "%s is not a BPF object", path);
	data = find_section(elf, ".spile");
	if (!data || !data->d_buf)
		return complain(ret_error, "%s is no object made by spile, or "
				"it is cut short (it has no section .spile)",
				path);
	object->manifest = manifest_parse(data->d_buf, data->d_size, &reason);
	if (!object->manifest)
		return complain(ret_error, "cannot use %s: %s", path, reason);
	return check_cpus(object, path, ret_error);
}

/* A map of this name, or the data section that is named after it. */
static struct bpf_map *find_map(const struct object *object, const char *name)
{
	static const char *const sections[] = { "", ".data.", ".bss." };
	struct bpf_map *map = NULL;
	char full[80];

	for (size_t i = 0; i < 3 && !map; i++) {
		snprintf(full, sizeof(full), "%s%s", sections[i], name);
		map = bpf_object__find_map_by_name(object->bpf, full);
	}
	return map;
}

static int find_missing(const struct object *object, const char *path,
			char **ret_error)
{
	static const char *const names[] = { ".data.spile_shared", "spile_output" };

	for (size_t i = 0; i < 2; i++)
		if (!find_map(object, names[i]))
			return complain(ret_error, "%s is damaged: it has no "
					"map %s", path, names[i]);
	for (size_t i = 0; i < object->manifest->probe_count; i++) {
		const char *name = object->manifest->probes[i].program;

		if (!bpf_object__find_program_by_name(object->bpf, name))
			return complain(ret_error, "%s is damaged: it has no "
					"program '%s'", path, name);
	}
	return 0;
}

int object_open(struct object *object, const char *path, char **ret_error)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "spile");

	*object = (struct object){ .ring_fd = -1, .device = -1 };
	if (read_file(object, path, ret_error))
		return -1;
	object->is_module = insert_is_module(object->image, object->bytes);
	elf_version(EV_CURRENT);
	Elf *elf = elf_memory(object->image, object->bytes);
	int result = read_manifest(object, elf, path, ret_error);

	elf_end(elf);
	if (result || object->is_module)
		return result;
	libbpf_set_print(keep_message);
	object->trampolines = trampolines_create();
	object->bpf = bpf_object__open_mem(object->image, object->bytes,
					   &options);
	if (!object->bpf)
		return complain(ret_error, "%s is damaged: %s\n%s", path,
				strerror(errno), said.text ? said.text : "");
	return find_missing(object, path, ret_error);
}

/* ---- the page that is shared with the programs ---- */

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* The coarse clock advances once a tick. */
static uint64_t kernel_hertz(void)
{
	struct timespec tick;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) || tick.tv_sec ||
	    !tick.tv_nsec)
		return 100;
	return (1000000000 + tick.tv_nsec / 2) / tick.tv_nsec;
}

static void fill_shared(struct object *object,
			const struct load_options *options)
{
	struct wire_shared *shared = object->shared;
	const char *name = manifest_pair_get(&object->manifest->session, "name");
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	shared->state = WIRE_STARTING;
	shared->target = options->target;
	shared->namespaces = options->namespaces;
	shared->runner = getpid();
	shared->tasks_since = INT64_MAX;
	shared->gmt_offset = tm.tm_gmtoff;
	snprintf(shared->zone, sizeof(shared->zone), "%s",
		 tm.tm_zone ? tm.tm_zone : "UTC");
	shared->clock_offset = clock_ns(CLOCK_REALTIME) -
		clock_ns(CLOCK_MONOTONIC);
	shared->hertz = kernel_hertz();
	/* the kernel starts its count five minutes before it wraps in 32 bits,
	 * so that wrapping is met early */
	shared->jiffies_base = (uint32_t)(-300 * (int64_t)shared->hertz);
	snprintf(shared->module, sizeof(shared->module), "%s",
		 name ? name : "spile");
}

static int map_shared(struct object *object, const struct load_options *options,
		      char **ret_error)
{
	struct bpf_map *map = find_map(object, ".data.spile_shared");
	void *page;

	if (bpf_map__value_size(map) < sizeof(struct wire_shared))
		return complain(ret_error, "the object is damaged: the map "
				"spile_shared is too small");
	page = mmap(NULL, sizeof(struct wire_shared), PROT_READ | PROT_WRITE,
		    MAP_SHARED, bpf_map__fd(map), 0);
	if (page == MAP_FAILED)
		return complain(ret_error, "cannot map spile_shared: %s",
				strerror(errno));
	object->shared = page;
	fill_shared(object, options);
	return 0;
}

static int open_output(struct object *object, char **ret_error)
{
	struct bpf_map *map = find_map(object, "spile_output");
	int error;

	object->ring_fd = bpf_map__fd(map);
	error = ring_open(&object->ring, object->ring_fd,
			  bpf_map__max_entries(map));
	if (error)
		return complain(ret_error, "cannot map the output buffer: %s",
				strerror(-error));
	return 0;
}

/* ---- loading ---- */

static void set_output_size(struct object *object, uint64_t wanted)
{
	struct bpf_map *map = find_map(object, "spile_output");
	uint64_t size = sysconf(_SC_PAGESIZE);

	if (!wanted && bpf_map__max_entries(map) >= size)
		return;
	if (!wanted)
		wanted = OUTPUT_SIZE;
	while (size < wanted && size < 1u << 30)
		size *= 2;
	bpf_map__set_max_entries(map, size);
}

enum { MOST_FILES = 1 << 20 };

/* Root without CAP_SYS_RESOURCE may not, and kernels since 5.11 do not need
 * it: a failure means nothing by itself. */
static void raise_limits(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &limit);
	/* one descriptor for each program, link and perf event; 2^20 is what
	 * kernels have for fs.nr_open */
	limit.rlim_cur = limit.rlim_max = MOST_FILES;
	if (setrlimit(RLIMIT_NOFILE, &limit) &&
	    !getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* The probe's name for the program's that libbpf quoted last. */
static const char *blamed_probe(const struct manifest *manifest)
{
	const char *found = "?", *at = said.text;
	char quoted[80];

	for (size_t i = 0; i < manifest->probe_count; i++) {
		snprintf(quoted, sizeof(quoted), "prog '%s'",
			 manifest->probes[i].program);
		if (at && strstr(at, quoted))
			found = manifest->probes[i].name;
	}
	return found;
}

/* The last lines of the verifier's log; NULL when there is none. */
static char *verifier_lines(void)
{
	static const char end_mark[] = "-- END PROG LOAD LOG --";
	char *end = said.text ? strstr(said.text, end_mark) : NULL;
	int lines = 0;

	if (!end)
		return NULL;
	while (end > said.text && end[-1] != '\n')
		end--;
	char *start = end;

	while (start > said.text && lines <= LOG_LINES) {
		start--;
		/* what was processed and spent tells nobody the cause */
		if (start == said.text || start[-1] == '\n')
			lines++;
	}
	return strndup(start, end - start);
}

/* Whether the verifier found nothing wrong, but more than it follows. */
static bool is_too_large(const char *lines)
{
	static const char *const signs[] = {
		"is too large", "Too large", "too deep", "is too complex",
		"due to 16-bit range", "too many states",
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		if (strstr(lines, signs[i]))
			return true;
	return false;
}

static int explain_failure(struct object *object, int error, char **ret_error)
{
	char *lines = verifier_lines();

	if (error == EMFILE)
		complain(ret_error, "a probe needs a descriptor or more, and "
			 "this process may not have as many: raise the limit "
			 "(ulimit -Hn), or probe less");
	else if (lines && strstr(lines, "helper bpf_probe_write_user"))
		complain(ret_error, "this kernel is locked down: probe %s may "
			 "not write to the memory of programs "
			 "(/sys/kernel/security/lockdown)",
			 blamed_probe(object->manifest));
	else if (lines && strstr(lines, "number of maps per program"))
		complain(ret_error, "probe %s uses more arrays than one BPF "
			 "program can: make several probes of it",
			 blamed_probe(object->manifest));
	else if (lines && is_too_large(lines))
		complain(ret_error, "probe %s is larger, with the functions that "
			 "it calls, than what this kernel's verifier follows: "
			 "make several probes of it, shorten it, or use the "
			 "module backend (--runtime=kernel)",
			 blamed_probe(object->manifest));
	else if (lines)
		complain(ret_error, "the kernel refuses probe %s: its verifier "
			 "says\n%s", blamed_probe(object->manifest), lines);
	if (lines || error == EMFILE) {
		free(lines);
		return -1;
	}
	if (access("/sys/kernel/btf/vmlinux", R_OK) && errno == ENOENT)
		return complain(ret_error, "this kernel offers no type "
				"information (/sys/kernel/btf/vmlinux): it must "
				"be built with CONFIG_DEBUG_INFO_BTF to run BPF "
				"programs");
	if ((error == EPERM || error == EACCES) && geteuid())
		return complain(ret_error, "loading BPF programs needs the "
				"rights of root: run it as root, or with the "
				"capabilities CAP_BPF and CAP_PERFMON");
	if (error == EPERM || error == EACCES)
		return complain(ret_error, "the kernel does not permit BPF "
				"programs here: the container or kernel "
				"lockdown forbids them; it needs the "
				"capabilities CAP_BPF and CAP_PERFMON, and on "
				"kernels before 5.11 a limit of locked memory "
				"that is large enough (ulimit -l)");
	if (error == ENOMEM)
		return complain(ret_error, "the kernel has no memory for the "
				"maps: use smaller arrays (MAXMAPENTRIES) or a "
				"smaller buffer (-s)");
	return complain(ret_error, "cannot load the programs: %s\n%s",
			strerror(error), said.text ? said.text : "");
}

int object_set(struct object *object, char *const *settings, size_t count,
	       char **ret_error)
{
	if (object->is_module)
		return insert_set(object, settings, count, ret_error);
	return set_globals(object->manifest, find_map(object, "spile_globals"),
			   settings, count, ret_error);
}

int object_load(struct object *object, const struct load_options *options,
		char **ret_error)
{
	int error;

	raise_limits();
	if (kprobe_check_builds(object->manifest, ret_error))
		return -1;
	if (object->is_module) {
		if (insert_load(object, options, ret_error))
			return -1;
		fill_shared(object, options);
		object->stacks = stacks_prepare(object, options);
		if (stacks_fill(object->stacks, object, options->symbols,
				ret_error))
			return -1;
		if (fit_module(object, options, ret_error))
			return -1;
		return relocate_module(object->device, object->manifest,
				       ret_error);
	}
	set_output_size(object, options->output_size);
	fit_object(object, options);
	object->stacks = stacks_prepare(object, options);
	if (relocate(object->bpf, object->manifest, ret_error))
		return -1;
	multi_prepare(object);
	kprobe_prepare(object->bpf, object->manifest);
	trampolines_prepare(object->trampolines, object->bpf, object->manifest);
	error = bpf_object__load(object->bpf);
	if (error)
		return explain_failure(object, -error, ret_error);
	forget_messages();
	free(object->image);
	object->image = NULL;
	if (map_shared(object, options, ret_error) ||
	    open_output(object, ret_error) ||
	    stacks_fill(object->stacks, object, options->symbols, ret_error) ||
	    object_set(object, options->settings, options->setting_count,
		       ret_error))
		return -1;
	/* what loading needed goes back: a session is long, loading is not */
	malloc_trim(0);
	return 0;
}

void object_close(struct object *object)
{
	ring_close(&object->ring);
	stacks_free(object->stacks);
	if (object->shared)
		munmap(object->shared, sizeof(*object->shared));
	insert_close(object);
	bpf_object__close(object->bpf);
	trampolines_free(object->trampolines);
	manifest_free(object->manifest);
	free(object->image);
	forget_messages();
	*object = (struct object){ .ring_fd = -1, .device = -1 };
}

bool object_global(const struct object *object,
		   const struct manifest_global *global, char *value,
		   size_t room)
{
	const struct bpf_map *map;

	if (object->is_module)
		return insert_global(object->device, global->name, value, room);
	map = find_map(object, "spile_globals");
	return map && get_global(map, global, value, room);
}
