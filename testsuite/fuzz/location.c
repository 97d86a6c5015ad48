/*
 * Fuzz target: location expressions. The bytes become the location of the one
 * variable of a program that is made in memory; whatever they say, the answer is
 * a tree of a bounded size or a reason.
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/target/debug.h"
#include "translator/target/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_NODES = 20000, LONGEST = 4000, CODE = 0x1000 };

/* ---- a program ---- */

struct image {
	uint8_t bytes[16384];
	size_t size;
};

static size_t append(struct image *image, const void *bytes, size_t size)
{
	size_t at = image->size;

	memcpy(image->bytes + at, bytes, size);
	image->size += size;
	return at;
}

static void append_byte(struct image *image, unsigned int byte)
{
	uint8_t b = (uint8_t)byte;

	append(image, &b, 1);
}

static void append_word(struct image *image, uint64_t word, size_t size)
{
	append(image, &word, size);
}

/* unit, function (frame base: a register), variable, two base types */
static size_t append_abbrev(struct image *image)
{
	static const uint8_t abbrev[] = {
		1, 0x11, 1, 0x11, 0x01, 0x12, 0x07, 0, 0,
		2, 0x2e, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x07, 0x40, 0x18, 0, 0,
		3, 0x34, 0, 0x03, 0x08, 0x49, 0x13, 0x02, 0x18, 0, 0,
		4, 0x24, 0, 0x03, 0x08, 0x3e, 0x0b, 0x0b, 0x0b, 0, 0,
		0,
	};

	return append(image, abbrev, sizeof(abbrev));
}

static void append_base(struct image *image, const char *name, int encoding,
			int size)
{
	append_byte(image, 4);
	append(image, name, strlen(name) + 1);
	append_byte(image, (unsigned int)encoding);
	append_byte(image, (unsigned int)size);
}

static size_t append_info(struct image *image, const uint8_t *expr, size_t size)
{
	size_t begin = image->size;
	uint32_t length, type = 11 + 17;

	append_word(image, 0, 4);
	append_word(image, 4, 2);
	append_word(image, 0, 4);
	append_byte(image, 8);
	append_byte(image, 1);
	append_word(image, CODE, 8);
	append_word(image, 0x100, 8);
	append_base(image, "int", 5, 4);	/* at 11 + 17 */
	append_base(image, "double", 4, 8);
	append_byte(image, 2);
	append(image, "f", 2);
	append_word(image, CODE, 8);
	append_word(image, 0x100, 8);
	append(image, "\x01\x56", 2);
	append_byte(image, 3);
	append(image, "x", 2);
	append_word(image, type, 4);
	append_byte(image, (size & 0x7f) | 0x80);
	append_byte(image, (unsigned int)(size >> 7));
	append(image, expr, size);
	append(image, "\0\0", 2);
	length = (uint32_t)(image->size - begin - 4);
	memcpy(image->bytes + begin, &length, 4);
	return begin;
}

static Elf64_Shdr section(uint32_t name, size_t offset, size_t end)
{
	return (Elf64_Shdr){
		.sh_name = name, .sh_type = SHT_PROGBITS, .sh_offset = offset,
		.sh_size = end - offset, .sh_addralign = 1,
	};
}

static void make_image(struct image *image, const uint8_t *expr, size_t size)
{
	static const char names[] = "\0.debug_abbrev\0.debug_info\0.names";
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
		.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = 1,
		.e_phoff = sizeof(header), .e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1,
		.e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 4, .e_shstrndx = 3,
	};
	Elf64_Phdr segment = {
		.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = CODE,
		.p_filesz = 0x100, .p_memsz = 0x100,
	};
	Elf64_Shdr sections[4] = { 0 };
	size_t at;

	append(image, &header, sizeof(header));
	append(image, &segment, sizeof(segment));
	at = append_abbrev(image);
	sections[1] = section(1, at, image->size);
	at = append_info(image, expr, size);
	sections[2] = section(15, at, image->size);
	at = append(image, names, sizeof(names));
	sections[3] = section(27, at, image->size);
	sections[3].sh_type = SHT_STRTAB;
	image->size = (image->size + 7) & ~(size_t)7;
	header.e_shoff = image->size;
	append(image, sections, sizeof(sections));
	memcpy(image->bytes, &header, sizeof(header));
}

/* ---- what it says ---- */

static size_t count_nodes(const struct location_expr *e)
{
	return e ? 1 + count_nodes(e->a) + count_nodes(e->b) : 0;
}

static void visit(const struct location *l)
{
	size_t nodes = count_nodes(l->expr);

	if (l->kind == LOCATION_NONE ? !l->reason :
	    l->kind == LOCATION_PIECES ? !l->piece_count : !l->expr)
		abort();
	for (size_t i = 0; i < l->piece_count; i++)
		nodes += count_nodes(l->pieces[i].expr);
	if (nodes > MOST_NODES)
		abort();
}

static void visit_program(struct program *program)
{
	const char *reason = NULL;
	struct debug *debug = debug_open(program, &reason);
	struct debug_functions functions;
	struct debug_variables variables;

	if (!debug || !debug_find_functions(debug, "f", &functions, &reason) ||
	    functions.functions.count != 1)
		abort();
	debug_variables(debug, functions.functions.items[0], CODE + 4,
			&variables);
	if (variables.variables.count != 1)
		abort();
	visit(&variables.variables.items[0].location);
	debug_close(debug);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image *image = calloc(1, sizeof(*image));
	struct arena *arena = arena_create();
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct program *program;
	const char *reason;

	make_image(image, data, size > LONGEST ? LONGEST : size);
	if (fd < 0 || write(fd, image->bytes, image->size) !=
		      (ssize_t)image->size)
		abort();
	program = program_open(arena, arena_printf(arena, "/proc/self/fd/%d",
						   fd), &reason);
	if (!program)
		abort();
	visit_program(program);
	program_close(program);
	close(fd);
	arena_free(arena);
	free(image);
	return 0;
}

#include "testsuite/fuzz/replay.h"
