/*
 * Which build of the kernel and of its modules is running, and where their
 * symbols are. What was translated with debug information holds for one build
 * only: in another, any instruction may stand at the same distance from a
 * symbol.
 *
 * User-space only.
 */
#ifndef SPILE_COMMON_KERNEL_BUILD_H
#define SPILE_COMMON_KERNEL_BUILD_H

#include <stdbool.h>
#include <stdint.h>

enum { KERNEL_BUILD_TEXT = 2 * 64 + 1 };

/* The build id of the kernel (@module NULL) or a loaded module, in hexadecimal;
 * false if it is not known. */
bool kernel_build_id(const char *module, char ret_text[KERNEL_BUILD_TEXT]);

/* Where a symbol of the kernel or of a loaded module is; 0: nowhere to be
 * seen. */
uint64_t kernel_symbol_address(const char *module, const char *symbol);

#endif
