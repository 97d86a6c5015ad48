/*
 * Lines of the source: see lines.h.
 */
#include "runtime/reader/lines.h"

#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>

/* What is used of libdw. */
#define FUNCTIONS(F) \
	F(dwfl_begin) F(dwfl_end) F(dwfl_report_offline) F(dwfl_report_end) \
	F(dwfl_report_begin) F(dwfl_linux_kernel_report_kernel) \
	F(dwfl_linux_kernel_report_modules) \
	F(dwfl_module_getdwarf) F(dwfl_addrmodule) \
	F(dwfl_module_getsrc) F(dwfl_lineinfo) \
	F(dwfl_offline_section_address) F(dwfl_build_id_find_elf) \
	F(dwfl_standard_find_debuginfo) F(dwfl_linux_kernel_find_elf) \
	F(dwfl_linux_kernel_module_section_address)

struct libdw {
#define MEMBER(name) __typeof__(&name) name;
	FUNCTIONS(MEMBER)
#undef MEMBER
};

struct source_lines {
	void *library;
	struct libdw dw;
	Dwfl_Callbacks callbacks;
	Dwfl *dwfl;
	uint64_t bias;		/* what the one module was moved by */
};

static bool load_library(struct source_lines *lines)
{
	lines->library = dlopen("libdw.so.1", RTLD_LAZY | RTLD_LOCAL);
	if (!lines->library)
		return false;
#define LOAD(name) \
	*(void **)&lines->dw.name = dlsym(lines->library, #name); \
	if (!lines->dw.name) \
		return false;
	FUNCTIONS(LOAD)
#undef LOAD
	return true;
}

static struct source_lines *create(void)
{
	struct source_lines *lines = calloc(1, sizeof(*lines));

	if (lines && load_library(lines))
		return lines;
	source_lines_close(lines);
	return NULL;
}

void source_lines_close(struct source_lines *lines)
{
	if (!lines)
		return;
	if (lines->dwfl)
		lines->dw.dwfl_end(lines->dwfl);
	if (lines->library)
		dlclose(lines->library);
	free(lines);
}

struct source_lines *source_lines_open(const char *path)
{
	struct source_lines *lines = create();
	Dwfl_Module *module = NULL;
	Dwarf_Addr bias = 0;

	if (!lines)
		return NULL;
	lines->callbacks = (Dwfl_Callbacks){
		.find_elf = lines->dw.dwfl_build_id_find_elf,
		.find_debuginfo = lines->dw.dwfl_standard_find_debuginfo,
		.section_address = lines->dw.dwfl_offline_section_address,
	};
	lines->dwfl = lines->dw.dwfl_begin(&lines->callbacks);
	if (lines->dwfl) {
		lines->dw.dwfl_report_begin(lines->dwfl);
		module = lines->dw.dwfl_report_offline(lines->dwfl, path, path,
						       -1);
		lines->dw.dwfl_report_end(lines->dwfl, NULL, NULL);
	}
	if (!module || !lines->dw.dwfl_module_getdwarf(module, &bias)) {
		source_lines_close(lines);
		return NULL;
	}
	lines->bias = bias;
	return lines;
}

struct source_lines *source_lines_kernel(void)
{
	struct source_lines *lines = create();
	int error = -1;

	if (!lines)
		return NULL;
	lines->callbacks = (Dwfl_Callbacks){
		.find_elf = lines->dw.dwfl_linux_kernel_find_elf,
		.find_debuginfo = lines->dw.dwfl_standard_find_debuginfo,
		.section_address =
			lines->dw.dwfl_linux_kernel_module_section_address,
	};
	lines->dwfl = lines->dw.dwfl_begin(&lines->callbacks);
	if (lines->dwfl) {
		lines->dw.dwfl_report_begin(lines->dwfl);
		error = lines->dw.dwfl_linux_kernel_report_kernel(lines->dwfl);
		if (!error)
			lines->dw.dwfl_linux_kernel_report_modules(lines->dwfl);
		lines->dw.dwfl_report_end(lines->dwfl, NULL, NULL);
	}
	if (!error)
		return lines;
	source_lines_close(lines);
	return NULL;
}

bool source_lines_find(struct source_lines *lines, uint64_t address,
		       const char **ret_file, int *ret_line)
{
	Dwfl_Module *module;
	Dwfl_Line *line;

	address += lines->bias;
	module = lines->dw.dwfl_addrmodule(lines->dwfl, address);
	line = module ? lines->dw.dwfl_module_getsrc(module, address) : NULL;
	*ret_file = line ? lines->dw.dwfl_lineinfo(line, NULL, ret_line, NULL,
						   NULL, NULL) : NULL;
	return *ret_file;
}
