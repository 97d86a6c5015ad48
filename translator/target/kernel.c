/* The target kernel: facts from uname, the configuration and sysfs. */
#include "translator/target/kernel.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <zlib.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"

struct kernel {
	struct arena *arena;
	const char *release, *version, *machine;
	bool is_running;
	bool looked_for_config;
	const char *config;	/* begins with a newline; NULL: none found */
};

struct kernel *kernel_open(struct arena *arena, const char *release)
{
	struct kernel *kernel = arena_new(arena, struct kernel);
	struct utsname names;

	if (uname(&names) < 0)
		memset(&names, 0, sizeof(names));
	kernel->arena = arena;
	kernel->is_running = !release || strcmp(release, names.release) == 0;
	kernel->release = arena_strdup(arena, release ? release :
						names.release);
	kernel->version = arena_strndup(arena, kernel->release,
					strcspn(kernel->release, "-"));
	kernel->machine = kernel_machine_name(arena, names.machine);
	return kernel;
}

const char *kernel_release(const struct kernel *kernel)
{
	return kernel->release;
}

const char *kernel_version(const struct kernel *kernel)
{
	return kernel->version;
}

bool kernel_is_running(const struct kernel *kernel)
{
	return kernel->is_running;
}

const char *kernel_machine(const struct kernel *kernel)
{
	return kernel->machine;
}

const char *kernel_machine_name(struct arena *arena, const char *machine)
{
	static const struct {
		const char *prefix, *name;
	} table[] = {
		{ "x86_64", "x86_64" },	{ "aarch64", "arm64" },
		{ "arm64", "arm64" },	{ "arm", "arm" },
		{ "sa110", "arm" },	{ "ppc", "powerpc" },
		{ "s390", "s390" },	{ "riscv", "riscv" },
		{ "mips", "mips" },	{ "ia64", "ia64" },
		{ "sparc", "sparc64" },	{ "sun4u", "sparc64" },
		{ "parisc", "parisc" },	{ "loongarch", "loongarch" },
	};

	if (machine[0] == 'i' && machine[1] && strcmp(machine + 2, "86") == 0)
		return "i386";
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strncmp(machine, table[i].prefix,
			    strlen(table[i].prefix)) == 0)
			return table[i].name;
	return arena_strdup(arena, machine);
}

/* ---- configuration ---- */

static const char *read_compressed(struct arena *arena, const char *path)
{
	gzFile file = gzopen(path, "rb");
	struct buf text = { 0 };
	char part[16384];
	int n;

	if (!file)
		return NULL;
	buf_putc(&text, '\n');
	while ((n = gzread(file, part, sizeof(part))) > 0)
		buf_write(&text, part, (size_t)n);
	gzclose(file);
	if (n == 0)
		return buf_take(&text, arena);
	buf_free(&text);
	return NULL;
}

/* gzopen() reads plain files too. */
static const char *find_config(struct kernel *kernel)
{
	static const char *const places[][2] = {
		{ "/boot/config-", "" },
		{ "/lib/modules/", "/config" },
		{ "/lib/modules/", "/build/.config" },
	};
	const char *config;

	if (kernel->is_running) {
		config = read_compressed(kernel->arena, "/proc/config.gz");
		if (config)
			return config;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		config = read_compressed(kernel->arena,
			arena_printf(kernel->arena, "%s%s%s", places[i][0],
				     kernel->release, places[i][1]));
		if (config)
			return config;
	}
	return NULL;
}

bool kernel_has_config(struct kernel *kernel)
{
	if (!kernel->looked_for_config) {
		kernel->looked_for_config = true;
		kernel->config = find_config(kernel);
	}
	return kernel->config;
}

const char *kernel_config(struct kernel *kernel, const char *option)
{
	const char *line, *value;
	size_t length;

	if (!kernel_has_config(kernel))
		return NULL;
	line = arena_printf(kernel->arena, "\n%s=", option);
	value = strstr(kernel->config, line);
	if (!value)
		return NULL;
	value += strlen(line);
	length = strcspn(value, "\n");
	if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
		value++;
		length -= 2;
	}
	return arena_strndup(kernel->arena, value, length);
}

/* ---- CPUs and time ---- */

static const char *read_line(struct arena *arena, const char *path)
{
	size_t size;
	char *text = file_read(arena, path, &size);

	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

int kernel_possible_cpus(struct kernel *kernel)
{
	const char *cpus = read_line(kernel->arena,
				     "/sys/devices/system/cpu/possible");
	const char *last;

	if (!cpus || !*cpus)
		return 1;
	last = cpus + strlen(cpus);
	while (last > cpus && last[-1] >= '0' && last[-1] <= '9')
		last--;
	return atoi(last) + 1;
}

const char *kernel_online_cpus(struct kernel *kernel)
{
	const char *cpus = read_line(kernel->arena,
				     "/sys/devices/system/cpu/online");

	return cpus ? cpus : "0";
}

/* The coarse clock advances once a tick. */
static int measured_hz(void)
{
	struct timespec tick;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) < 0 || tick.tv_sec ||
	    !tick.tv_nsec)
		return 250;
	return (int)((1000000000L + tick.tv_nsec / 2) / tick.tv_nsec);
}

int kernel_hz(struct kernel *kernel)
{
	const char *value = kernel_config(kernel, "CONFIG_HZ");

	return value && atoi(value) > 0 ? atoi(value) : measured_hz();
}
