/*
 * What a module is built with: the kernel's headers, make, and the compiler
 * that the kernel was built with; and the packages that they are in.
 */
#include "backends/kmod/build.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "translator/backend.h"
#include "translator/base/arena.h"
#include "translator/base/file.h"

/* Packages by the distribution: of headers (a "-" at the end: the release goes
 * behind it), and whether compilers have the names of their commands. */
static const struct distribution {
	const char *id, *headers;
	bool names_compilers;
} distributions[] = {
	{ "debian", "linux-headers-", true },
	{ "ubuntu", "linux-headers-", true },
	{ "fedora", "kernel-devel-", false },
	{ "rhel", "kernel-devel-", false },
	{ "suse", "kernel-default-devel", true },
	{ "arch", "linux-headers", false },
	{ "alpine", "linux-lts-dev", false },
};

/* That of ID= or ID_LIKE= in /etc/os-release, or NULL. */
static const struct distribution *distribution(struct arena *arena)
{
	size_t size;
	char *text = file_read(arena, "/etc/os-release", &size);

	for (size_t i = 0; text && i < sizeof(distributions) /
				       sizeof(*distributions); i++) {
		const char *at = strstr(text, distributions[i].id);
		const char *line = at;

		while (line && line > text && line[-1] != '\n')
			line--;
		if (at && !strncmp(line, "ID", 2))
			return &distributions[i];
	}
	return NULL;
}

const char *tools_no_headers(struct build *build)
{
	const char *release = build->options->kernel_release;
	const struct distribution *here = distribution(build->arena);
	const char *package = here ? here->headers : NULL;
	bool versions = package && package[strlen(package) - 1] == '-';

	return arena_printf(build->arena, "there are no headers of the kernel "
			    "%s (%s): install %s%s%s%s", release,
			    build->kernel, package ? "the package " : "them",
			    package ? package : "", versions ? release : "",
			    build->embedded || build->options->is_last ? "" :
			    ", or use --runtime=bpf, which needs none");
}

/* ---- programs ---- */

/* Where a program is, by PATH, or NULL. */
static const char *find_program(struct arena *arena, const char *name)
{
	const char *path = getenv("PATH");

	while (path && *path) {
		size_t length = strcspn(path, ":");
		const char *at = arena_printf(arena, "%.*s/%s", (int)length,
					      path, name);

		if (!access(at, X_OK))
			return at;
		path += length + (path[length] == ':');
	}
	return NULL;
}

static const char *configuration(struct build *build)
{
	size_t size;

	return file_read(build->arena,
			 arena_printf(build->arena,
				      "%s/include/config/auto.conf",
				      build->kernel), &size);
}

/* The first word of what the kernel's configuration says of the compiler. */
static const char *compiler_name(struct build *build)
{
	static const char key[] = "CONFIG_CC_VERSION_TEXT=";
	const char *text = configuration(build);
	const char *at = text ? strstr(text, key) : NULL;

	if (!at)
		return NULL;
	at += sizeof(key) - 1;
	at += *at == '"';
	return arena_strndup(build->arena, at, strcspn(at, " \"\n"));
}

const char *tools_compiler(struct build *build)
{
	const char *name = compiler_name(build);

	return name ? find_program(build->arena, name) : NULL;
}

/* The value of an argument of make, or NULL. */
static const char *make_arg(const struct build *build, const char *name)
{
	const struct backend_options *options = build->options;
	size_t length = strlen(name);

	for (size_t i = options->make_arg_count; i-- > 0;)
		if (!strncmp(options->make_args[i], name, length))
			return options->make_args[i] + length;
	return NULL;
}

/* NULL, or that the headers are of another machine than is asked for. */
static const char *wrong_machine(struct build *build)
{
	static const char *const machines[][2] = {
		{ "x86_64", "CONFIG_X86_64=y" }, { "x86", "CONFIG_X86=y" },
		{ "i386", "CONFIG_X86_32=y" }, { "arm64", "CONFIG_ARM64=y" },
		{ "arm", "CONFIG_ARM=y" }, { "powerpc", "CONFIG_PPC=y" },
		{ "s390", "CONFIG_S390=y" }, { "riscv", "CONFIG_RISCV=y" },
	};
	const char *wanted = make_arg(build, "ARCH=");
	const char *text = configuration(build);

	for (size_t i = 0; wanted && text &&
			   i < sizeof(machines) / sizeof(*machines); i++)
		if (!strcmp(machines[i][0], wanted) &&
		    !strstr(text, machines[i][1]))
			return arena_printf(build->arena, "the headers in %s "
				"are not of a kernel for %s: give the folder "
				"of such headers with -r", build->kernel,
				wanted);
	return NULL;
}

/* Whether -B names another compiler. */
static bool is_chosen(const struct build *build)
{
	return make_arg(build, "CC=") || make_arg(build, "LLVM=");
}

const char *tools_missing(struct build *build)
{
	const struct distribution *here = distribution(build->arena);
	const char *compiler = compiler_name(build);
	bool clang = compiler && strstr(compiler, "clang");

	if (!find_program(build->arena, "make"))
		return "make is not installed: install the package make";
	if (!compiler || is_chosen(build) ||
	    find_program(build->arena, compiler))
		return wrong_machine(build);
	return arena_printf(build->arena, "the compiler that the kernel was "
			    "built with, %s, is not installed: install the "
			    "package %s", compiler,
			    here && here->names_compilers ? compiler :
			    clang ? "clang" : "gcc");
}
