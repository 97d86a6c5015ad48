/*
 * How much stack a program takes with all that it calls, as the kernel counts: a
 * chain of calls has 512 bytes and 8 frames, of which each takes at least 32 bytes.
 * Newer kernels round less and give some programs more, so what is found here
 * decides how code is made, never whether it is.
 *
 * Who calls whom stands in the object: calls and the callbacks of loops. What a
 * function takes of the stack shows in the places that it uses there.
 */
#include "backends/bpf/link.h"

#include <elf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <string.h>

#include "translator/base/arena.h"

enum { STACK_MOST = 512, STACK_UNIT = 32, FRAMES_MOST = 8 };

struct calling {
	unsigned section;
	size_t from, size;
	const char *name;
	unsigned own;		/* bytes of stack */
	VEC(size_t) callees;
	bool found;		/* the sums of the longest chains that begin here: */
	unsigned stack, frames;
};

struct depths {
	struct arena *arena;
	const char *bytes;
	const Elf64_Shdr *sections;
	const Elf64_Sym *symbols;
	const char *names;
	bool **relocated;	/* [section][instruction], NULL: none is */
	VEC(struct calling) functions;
};

static const Elf64_Shdr *find_symbols(const Elf64_Ehdr *head,
				      const Elf64_Shdr *sections)
{
	for (unsigned i = 0; i < head->e_shnum; i++)
		if (sections[i].sh_type == SHT_SYMTAB)
			return &sections[i];
	return NULL;
}

/* functions.count: none is there. */
static size_t function_at(const struct depths *d, unsigned section, size_t at)
{
	size_t i = 0;

	while (i < d->functions.count &&
	       (d->functions.items[i].section != section ||
		d->functions.items[i].from != at))
		i++;
	return i;
}

static void note_call(struct depths *d, struct calling *caller,
		      unsigned section, size_t at)
{
	size_t callee = function_at(d, section, at);

	if (callee < d->functions.count)
		*vec_push(d->arena, &caller->callees) = callee;
}

/* ---- what an instruction tells ---- */

static void note_place(struct calling *function, int offset)
{
	if (offset < 0 && (unsigned)-offset > function->own)
		function->own = (unsigned)-offset;
}

/* A place is read or written by the frame's register, or that is copied and the
 * next instruction adds the offset. */
static void read_stack(struct calling *function, const struct bpf_insn *at,
		       bool last)
{
	unsigned class = BPF_CLASS(at->code);

	if (class == BPF_LDX && at->src_reg == BPF_REG_10)
		note_place(function, at->off);
	if ((class == BPF_STX || class == BPF_ST) &&
	    at->dst_reg == BPF_REG_10)
		note_place(function, at->off);
	if (at->code == (BPF_ALU64 | BPF_MOV | BPF_X) &&
	    at->src_reg == BPF_REG_10 && !last &&
	    at[1].code == (BPF_ALU64 | BPF_ADD | BPF_K) &&
	    at[1].dst_reg == at->dst_reg)
		note_place(function, at[1].imm);
}

/* Without a relocation a call is of the same section. */
static void read_call(struct depths *d, struct calling *function,
		      const struct bpf_insn *at, size_t offset)
{
	const bool *relocated = d->relocated[function->section];

	if (at->code == (BPF_JMP | BPF_CALL) &&
	    at->src_reg == BPF_PSEUDO_CALL &&
	    !(relocated && relocated[offset / sizeof(*at)]))
		note_call(d, function, function->section,
			  offset + sizeof(*at) * (size_t)(at->imm + 1));
}

static void read_function(struct depths *d, struct calling *function)
{
	const struct bpf_insn *code = (const void *)(d->bytes +
		d->sections[function->section].sh_offset + function->from);
	size_t count = function->size / sizeof(*code);

	for (size_t i = 0; i < count; i++) {
		read_stack(function, &code[i], i + 1 == count);
		read_call(d, function, &code[i],
			  function->from + i * sizeof(*code));
	}
}

/* A relocation is of a call, or of a function's or data's address; of functions
 * without a symbol the instruction has the place. */
static void read_relocation(struct depths *d, unsigned section,
			    const Elf64_Rel *row)
{
	const Elf64_Sym *symbol = &d->symbols[ELF64_R_SYM(row->r_info)];
	const struct bpf_insn *at = (const void *)(d->bytes +
		d->sections[section].sh_offset + row->r_offset);
	size_t to = symbol->st_value;

	if (ELF64_ST_TYPE(symbol->st_info) == STT_SECTION)
		to = at->code == (BPF_JMP | BPF_CALL) ?
			     8 * (size_t)(at->imm + 1) : (size_t)at->imm;
	for (size_t i = 0; i < d->functions.count; i++) {
		struct calling *caller = &d->functions.items[i];

		if (caller->section == section &&
		    row->r_offset - caller->from < caller->size)
			note_call(d, caller, symbol->st_shndx, to);
	}
}

static void read_relocations(struct depths *d, const Elf64_Shdr *table)
{
	const Elf64_Rel *rows = (const void *)(d->bytes + table->sh_offset);
	size_t count = table->sh_size / sizeof(*rows);
	bool *relocated = arena_array(d->arena, bool,
				      d->sections[table->sh_info].sh_size /
				      sizeof(struct bpf_insn) + 1);

	d->relocated[table->sh_info] = relocated;
	for (size_t i = 0; i < count; i++) {
		read_relocation(d, table->sh_info, &rows[i]);
		relocated[rows[i].r_offset / sizeof(struct bpf_insn)] = true;
	}
}

/* ---- sums ---- */

static void sum_up(struct depths *d, size_t number)
{
	struct calling *function = &d->functions.items[number];
	unsigned own = function->own ? function->own : 1;

	if (function->found)
		return;
	function->found = true;
	for (size_t i = 0; i < function->callees.count; i++) {
		const struct calling *callee =
			&d->functions.items[function->callees.items[i]];

		sum_up(d, function->callees.items[i]);
		if (callee->stack > function->stack)
			function->stack = callee->stack;
		if (callee->frames > function->frames)
			function->frames = callee->frames;
	}
	function->stack += (own + STACK_UNIT - 1) / STACK_UNIT * STACK_UNIT;
	function->frames++;
}

/* ---- the object ---- */

static void find_functions(struct depths *d, const Elf64_Shdr *table)
{
	for (size_t i = 1; i < table->sh_size / sizeof(Elf64_Sym); i++) {
		const Elf64_Sym *symbol = &d->symbols[i];

		if (ELF64_ST_TYPE(symbol->st_info) == STT_FUNC &&
		    symbol->st_shndx)
			*vec_push(d->arena, &d->functions) = (struct calling){
				.section = symbol->st_shndx,
				.from = symbol->st_value,
				.size = symbol->st_size,
				.name = d->names + symbol->st_name,
			};
	}
}

static bool is_program(const struct depths *d, const struct calling *function)
{
	return strcmp(d->names + d->sections[function->section].sh_name,
		      ".text") != 0;
}

void link_depths(struct arena *arena, struct link_bytes object,
		 struct link_depths *ret)
{
	const Elf64_Ehdr *head = (const void *)object.bytes;
	struct depths d = {
		.arena = arena, .bytes = object.bytes,
		.sections = (const void *)(object.bytes + head->e_shoff),
	};
	const Elf64_Shdr *table = find_symbols(head, d.sections);

	d.symbols = (const void *)(object.bytes + table->sh_offset);
	d.names = object.bytes + d.sections[head->e_shstrndx].sh_offset;
	find_functions(&d, table);
	d.relocated = arena_array(arena, bool *, head->e_shnum);
	for (unsigned i = 0; i < head->e_shnum; i++)
		if (d.sections[i].sh_type == SHT_REL)
			read_relocations(&d, &d.sections[i]);
	for (size_t i = 0; i < d.functions.count; i++)
		read_function(&d, &d.functions.items[i]);
	for (size_t i = 0; i < d.functions.count; i++) {
		const struct calling *function = &d.functions.items[i];

		if (!is_program(&d, function))
			continue;
		sum_up(&d, i);
		if (function->stack > STACK_MOST ||
		    function->frames > FRAMES_MOST)
			*vec_push(arena, &ret->rows) = (struct link_depth){
				function->name, function->frames > FRAMES_MOST };
	}
}
