/*
 * Lines of the source by address, from the debug information of a file. The
 * library that reads it (libdw) is loaded when a line is first asked for: most
 * sessions ask for none.
 */
#ifndef SPILE_READER_LINES_H
#define SPILE_READER_LINES_H

#include <stdbool.h>
#include <stdint.h>

struct source_lines;

/* NULL when there is no debug information, or no libdw. */
struct source_lines *source_lines_open(const char *path);
/* Of the running kernel, where its debug information is installed. */
struct source_lines *source_lines_kernel(void);
void source_lines_close(struct source_lines *lines);

/* The place of an address: as linked, the kernel's as loaded. The text is
 * valid until source_lines_close(). */
bool source_lines_find(struct source_lines *lines, uint64_t address,
		       const char **ret_file, int *ret_line);

#endif
