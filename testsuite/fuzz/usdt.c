/*
 * Fuzz target: markers. An ELF file is read for its notes, any other input is
 * the operands of a marker (for the machine that the first byte says). Whatever
 * the bytes, reading ends in markers or a reason, and an operand in a value or a
 * reason.
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/target/usdt.h"

enum { MOST = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool find(const struct usdt_symbols *symbols, const char *name,
		 bool is_tls, uint64_t *ret_address)
{
	(void)symbols;
	*ret_address = (uint64_t)strlen(name) + is_tls;
	return name[0] != 'a';
}

static void read_operands(struct arena *arena, uint16_t machine,
			  const char *text, const struct usdt_symbols *symbols)
{
	struct usdt_operand operands[MOST];
	size_t count = usdt_operands(arena, machine, text, symbols, operands,
				     MOST);

	if (count > MOST)
		abort();
	for (size_t i = 0; i < count; i++)
		if (!operands[i].value == !operands[i].reason)
			abort();
}

static void read_file(struct arena *arena, const char *path)
{
	struct usdt_symbols *symbols = usdt_symbols(arena, path);
	struct usdt_markers markers;
	const char *reason = NULL;

	if (!usdt_read(arena, path, &markers, &reason)) {
		if (!reason)
			abort();
		return;
	}
	for (size_t i = 0; i < markers.items.count; i++) {
		const struct usdt_marker *marker = &markers.items.items[i];

		if (!*marker->name || !*marker->provider)
			abort();
		read_operands(arena, markers.machine, marker->operands,
			      i < 4 ? symbols : NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t machines[] = { EM_X86_64, EM_AARCH64, EM_RISCV };
	static const struct usdt_symbols known = { find, NULL };
	struct arena *arena = arena_create();
	char path[64], *text;
	int fd;

	if (size >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG)) {
		fd = memfd_create("program", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (write(fd, data, size) == (ssize_t)size)
			read_file(arena, path);
		close(fd);
	} else if (size) {
		text = calloc(1, size);
		memcpy(text, data + 1, size - 1);
		read_operands(arena, machines[data[0] % 3], text, &known);
		free(text);
	}
	arena_free(arena);
	return 0;
}

#include "testsuite/fuzz/replay.h"
