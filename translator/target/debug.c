/*
 * Debug information of a program: opening it, its units and their addresses.
 *
 * libdw unpacks compressed sections when it begins, and trusts the sizes that
 * they claim; they are checked before.
 */
#include "translator/target/debug-private.h"

#include <dwarf.h>
#include <elfutils/libdwelf.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"

enum { MOST_UNIT_RANGES = 1 << 16, HEX_LONGEST = 128 };

/* ---- opening ---- */

/* Reading a section whose size is a lie fails here, not in libdw. */
static bool sections_hold(Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return false;
	while ((section = elf_nextscn(elf, section)) != NULL) {
		const char *name;

		if (!gelf_getshdr(section, &header) ||
		    !(header.sh_flags & SHF_COMPRESSED))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (name && strncmp(name, ".debug_", 7) == 0 &&
		    !elf_file_contents(elf, section))
			return false;
	}
	return true;
}

static const char *hex_of(struct arena *arena, const uint8_t *bytes, size_t size)
{
	char *text = arena_array(arena, char, HEX_LONGEST + 1);

	for (size_t i = 0; i < size && 2 * i + 1 < HEX_LONGEST; i++) {
		text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	return text;
}

/* What dwz moved to a common file. Without it names and types are missing. */
static const char *open_alternative(struct debug *debug)
{
	const char *name;
	const void *id;
	ssize_t size = dwelf_dwarf_gnu_debugaltlink(debug->dwarf, &name, &id);

	if (size <= 0)
		return NULL;
	debug->alt = dwarf_getalt(debug->dwarf);
	if (debug->alt)
		return NULL;
	if (program_find_by_id(debug->program,
			       hex_of(debug->arena, id, (size_t)size), name,
			       &debug->own_alt.file) &&
	    sections_hold(debug->own_alt.file.elf))
		debug->alt = dwarf_begin_elf(debug->own_alt.file.elf,
					     DWARF_C_READ, NULL);
	debug->own_alt.dwarf = debug->alt;
	if (!debug->alt)
		return "needs the common debug file %s, which is missing; "
		       "install the whole debug package";
	dwarf_setalt(debug->dwarf, debug->alt);
	return NULL;
}

static Elf_Data *section_data(Dwarf *dwarf, const char *name)
{
	Elf *elf = dwarf ? dwarf_getelf(dwarf) : NULL;
	char old_name[32] = ".z";
	GElf_Shdr header;
	Elf_Scn *section;

	if (!elf)
		return NULL;
	section = elf_file_section(elf, name, &header);
	if (!section) {
		strncat(old_name, name + 1, sizeof(old_name) - 3);
		section = elf_file_section(elf, old_name, &header);
	}
	return section ? elf_file_contents(elf, section) : NULL;
}

static void find_sections(struct debug *debug)
{
	debug->info[PART_INFO] = section_data(debug->dwarf, ".debug_info");
	debug->info[PART_TYPES] = section_data(debug->dwarf, ".debug_types");
	debug->info[PART_ALT] = section_data(debug->alt, ".debug_info");
	debug->text[PART_INFO] = section_data(debug->dwarf, ".debug_str");
	debug->text[PART_ALT] = section_data(debug->alt, ".debug_str");
	debug->text_offsets = section_data(debug->dwarf, ".debug_str_offsets");
}

/* ---- units ---- */

/* A unit whose contents are in another file. */
static bool is_split(Dwarf_Die *die, uint8_t type)
{
	return type == DW_UT_skeleton || dwarf_hasattr(die, DW_AT_dwo_name) ||
	       dwarf_hasattr(die, DW_AT_GNU_dwo_name);
}

static void add_unit(struct debug *debug, Dwarf_Die *die, Dwarf_Half version,
		     uint8_t type, enum debug_part part)
{
	struct debug_unit *unit = arena_new(debug->arena, struct debug_unit);
	enum debug_part its = type == DW_UT_type && version < 5 ? PART_TYPES :
								   part;
	size_t count = debug->units.list.count;

	unit->die = *die;
	unit->part = its;
	unit->is_partial = dwarf_tag(die) == DW_TAG_partial_unit;
	debug->has_shared_units |= unit->is_partial || part == PART_ALT;
	unit->begin = dwarf_dieoffset(die) - dwarf_cuoffset(die);
	unit->end = debug->info[its] ? debug->info[its]->d_size : 0;
	if (count && debug->units.list.items[count - 1]->part == its)
		debug->units.list.items[count - 1]->end = unit->begin;
	*vec_push(debug->arena, &debug->units.list) = unit;
}

/* The number of units that are split. */
static size_t read_units(struct debug *debug, Dwarf *dwarf,
			 enum debug_part part)
{
	Dwarf_CU *cu = NULL, *next;
	Dwarf_Half version;
	uint8_t type;
	Dwarf_Die die;
	size_t split = 0;

	for (int i = 0; i < DEBUG_MOST_UNITS; i++, cu = next) {
		memset(&die, 0, sizeof(die));
		if (dwarf_get_units(dwarf, cu, &next, &version, &type, &die,
				    NULL) != 0)
			break;
		if (!die.addr)
			continue;
		if (is_split(&die, type))
			split++;
		else
			add_unit(debug, &die, version, type, part);
	}
	return split;
}

static const char *read_all_units(struct debug *debug)
{
	size_t split = read_units(debug, debug->dwarf, PART_INFO);

	if (split && !debug->units.list.count)
		return "has its debug information in separate files (split "
		       "DWARF: .dwo, .dwp), which are not read; build it with "
		       "-gno-split-dwarf";
	if (!debug->units.list.count)
		return "has debug information that is damaged; build it again";
	if (debug->alt)
		read_units(debug, debug->alt, PART_ALT);
	return NULL;
}

static const char *begin(struct debug *debug)
{
	const char *reason;

	if (!sections_hold(debug->file->elf))
		return "has compressed debug information that is damaged; "
		       "build it again";
	debug->dwarf = dwarf_begin_elf(debug->file->elf, DWARF_C_READ, NULL);
	if (!debug->dwarf)
		return "has debug information that cannot be read; build it "
		       "with -gdwarf-5";
	reason = open_alternative(debug);
	if (reason)
		return reason;
	find_sections(debug);
	return read_all_units(debug);
}

struct debug *debug_open(struct program *program, const char **ret_reason)
{
	struct arena *arena = program->arena;
	struct debug *debug = arena_new(arena, struct debug);
	const char *problem;

	debug->arena = arena;
	debug->program = program;
	debug->own_alt.file.fd = -1;
	debug->file = program_debug_file(program);
	*ret_reason = program->debug_reason;
	if (!debug->file)
		return NULL;
	debug_type_source(debug);
	problem = begin(debug);
	if (!problem)
		return debug;
	debug_close(debug);
	*ret_reason = arena_printf(arena, "%s %s", program->file.path, problem);
	return NULL;
}

void debug_close(struct debug *debug)
{
	if (!debug)
		return;
	if (debug->cfi_loaded)
		dwarf_cfi_end(debug->cfi_loaded);
	if (debug->dwarf)
		dwarf_end(debug->dwarf);
	if (debug->own_alt.dwarf)
		dwarf_end(debug->own_alt.dwarf);
	elf_file_close(&debug->own_alt.file);
}

struct ctype_source *debug_source(struct debug *debug)
{
	return &debug->source;
}

/* ---- units by address ---- */

static void add_ranges(struct debug *debug, struct debug_unit *unit)
{
	Dwarf_Addr base, from, to;
	ptrdiff_t offset = 0;

	for (int i = 0; i < MOST_UNIT_RANGES; i++) {
		struct unit_range *range;

		offset = dwarf_ranges(&unit->die, offset, &base, &from, &to);
		if (offset <= 0)
			return;
		if (from >= to)
			continue;
		range = vec_push(debug->arena, &debug->ranges.list);
		range->from = from;
		range->to = to;
		range->unit = unit;
	}
}

static int compare_ranges(const void *a, const void *b)
{
	const struct unit_range *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

static void read_ranges(struct debug *debug)
{
	struct unit_range *ranges;
	uint64_t end = 0;

	debug->ranges_read = true;
	for (size_t i = 0; i < debug->units.list.count; i++)
		if (debug->units.list.items[i]->part == PART_INFO)
			add_ranges(debug, debug->units.list.items[i]);
	ranges = debug->ranges.list.items;
	if (ranges)
		qsort(ranges, debug->ranges.list.count, sizeof(*ranges),
		      compare_ranges);
	for (size_t i = 0; i < debug->ranges.list.count; i++) {
		if (ranges[i].to > end)
			end = ranges[i].to;
		ranges[i].greatest_end = end;
	}
}

/* The number of ranges that begin at or before an address. */
static size_t ranges_up_to(const struct debug *debug, uint64_t address)
{
	size_t low = 0, high = debug->ranges.list.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (debug->ranges.list.items[middle].from <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct debug_unit *debug_unit_at(struct debug *debug, uint64_t address)
{
	if (!debug->ranges_read)
		read_ranges(debug);
	for (size_t i = ranges_up_to(debug, address); i > 0; i--) {
		struct unit_range *range = &debug->ranges.list.items[i - 1];

		if (address < range->to)
			return range->unit;
		if (range->greatest_end <= address)
			return NULL;
	}
	return NULL;
}

struct debug_unit *debug_unit_of(struct debug *debug, Dwarf_Die *die)
{
	uint64_t reference = entry_reference(debug, die);
	struct debug_unit **units = debug->units.list.items;
	size_t low = 0, high = debug->units.list.count;

	/* sorted by part (alt comes last; types are few) and offset */
	for (size_t i = 0; (reference & 3) == PART_TYPES && i < high; i++)
		if (units[i]->part == PART_TYPES &&
		    reference >> 2 >= units[i]->begin &&
		    reference >> 2 < units[i]->end)
			return units[i];
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint64_t begin_of = units[middle]->begin;
		int its = units[middle]->part == PART_INFO ? 0 :
			  units[middle]->part == PART_TYPES ? 1 : 2;
		int wanted = (reference & 3) == PART_INFO ? 0 : 2;

		if (its < wanted || (its == wanted && begin_of <= reference >> 2))
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? units[low - 1] : NULL;
}
