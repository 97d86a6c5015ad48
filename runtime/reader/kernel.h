/*
 * The kernel's symbols, as /proc/kallsyms lists them. kernel_symbols_free()
 * releases the table and all texts that it gave.
 */
#ifndef SPILE_READER_KERNEL_H
#define SPILE_READER_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

struct kernel_symbols;
struct symbol;

/* NULL when there is nothing to read, or the kernel hides the addresses. */
struct kernel_symbols *kernel_symbols_read(const char *path);
void kernel_symbols_free(struct kernel_symbols *kernel);
/* Fills in what is known of the address. */
bool kernel_symbols_find(const struct kernel_symbols *kernel, uint64_t address,
			 struct symbol *ret);

#endif
