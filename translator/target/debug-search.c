/*
 * Which units can have a name, or refer to an entry, without reading their
 * entries: their bytes are searched for the name itself and for its offsets in
 * the sections of text. A file of 100 MB is searched in some tens of
 * milliseconds, and what was looked at is given back to the system.
 */
#include "translator/target/debug-private.h"

#include <dwarf.h>
#include <string.h>
#include <sys/mman.h>

#include "translator/base/arena.h"

enum { MOST_OFFSETS = 256, LEAST = 1 << 16, PAGE = 4096 };

/* Bytes of a mapped file come back from the page cache when they are touched
 * again; those of an unpacked section would be lost. */
static void give_back(struct debug *debug, enum debug_part part,
		      const char *from, size_t size)
{
	Elf *elf = part == PART_ALT ? dwarf_getelf(debug->alt) :
				      dwarf_getelf(debug->dwarf);
	size_t whole;
	const char *raw = elf_rawfile(elf, &whole);
	uintptr_t begin = ((uintptr_t)from + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	uintptr_t end = ((uintptr_t)from + size) & ~(uintptr_t)(PAGE - 1);

	if (size < LEAST || !raw || from < raw || from + size > raw + whole)
		return;
	if (debug->file->memory || begin >= end)
		return;
	madvise((void *)begin, end - begin, MADV_DONTNEED);
}

/* ---- names ---- */

static void find_offsets(struct debug *debug, const char *name,
			 enum debug_part part, struct name_filter *filter)
{
	Elf_Data *data = debug->text[part];
	size_t length = strlen(name) + 1;
	const char *begin, *at, *end;

	if (!data)
		return;
	begin = at = data->d_buf;
	end = begin + data->d_size;
	while ((at = memmem(at, (size_t)(end - at), name, length)) != NULL) {
		if (filter->offsets[part].list.count == MOST_OFFSETS) {
			filter->all = true;
			return;
		}
		*vec_push(debug->arena, &filter->offsets[part].list) =
			(uint32_t)(at - begin);
		at++;
	}
	give_back(debug, part, begin, data->d_size);
}

/* Keeps only the place where the whole text is the name if it is there: text
 * that ends in the name counts when linkers share ends. */
void name_filter_make(struct debug *debug, const char *name,
		      struct name_filter *ret_filter)
{
	memset(ret_filter, 0, sizeof(*ret_filter));
	ret_filter->name = name;
	ret_filter->all = !name || !*name;
	if (ret_filter->all)
		return;
	find_offsets(debug, name, PART_INFO, ret_filter);
	find_offsets(debug, name, PART_ALT, ret_filter);
}

void unit_give_back(struct debug *debug, const struct debug_unit *unit)
{
	Elf_Data *data = debug->info[unit->part];

	if (data && unit->end <= data->d_size && unit->begin < unit->end)
		give_back(debug, unit->part,
			  (const char *)data->d_buf + unit->begin,
			  unit->end - unit->begin);
}

static const char *unit_bytes(struct debug *debug, const struct debug_unit *unit,
			      size_t *ret_size)
{
	Elf_Data *data = debug->info[unit->part];

	if (!data || unit->end > data->d_size || unit->begin >= unit->end)
		return NULL;
	*ret_size = unit->end - unit->begin;
	return (const char *)data->d_buf + unit->begin;
}

static bool has_word(const char *bytes, size_t size, uint32_t word)
{
	return memmem(bytes, size, &word, sizeof(word)) != NULL;
}

/* Names by number: the unit's part of the table of offsets has the name's. */
static bool has_indexed(struct debug *debug, const struct name_filter *filter,
			const struct debug_unit *unit)
{
	Dwarf_Die die = unit->die;
	Elf_Data *table = debug->text_offsets;
	uint64_t base;
	uint32_t length;
	const char *bytes;

	if (!table || !entry_number(&die, DW_AT_str_offsets_base, &base) ||
	    base < 8 || base > table->d_size)
		return false;
	bytes = (const char *)table->d_buf + base;
	memcpy(&length, bytes - 8, sizeof(length));
	if (length > table->d_size - base)
		length = (uint32_t)(table->d_size - base);
	for (size_t i = 0; i < filter->offsets[PART_INFO].list.count; i++)
		if (has_word(bytes, length,
			     filter->offsets[PART_INFO].list.items[i]))
			return true;
	return false;
}

static bool has_offset(const struct name_filter *filter, enum debug_part part,
		       const char *bytes, size_t size)
{
	for (size_t i = 0; i < filter->offsets[part].list.count; i++)
		if (has_word(bytes, size, filter->offsets[part].list.items[i]))
			return true;
	return false;
}

bool name_filter_allows(struct debug *debug, const struct name_filter *filter,
			const struct debug_unit *unit)
{
	size_t size;
	const char *bytes = unit_bytes(debug, unit, &size);
	bool found;

	if (filter->all || !bytes)
		return filter->all;
	found = has_offset(filter, unit->part == PART_ALT ? PART_ALT : PART_INFO,
			   bytes, size) ||
		(unit->part != PART_ALT &&
		 has_offset(filter, PART_ALT, bytes, size)) ||
		has_indexed(debug, filter, unit) ||
		memmem(bytes, size, filter->name, strlen(filter->name) + 1);
	if (!found)
		give_back(debug, unit->part, bytes, size);
	return found;
}

/* ---- links ---- */

void link_filter_add(struct debug *debug, struct link_filter *filter,
		     uint64_t reference)
{
	uint32_t offset = (uint32_t)(reference >> 2);

	*vec_push(debug->arena, &filter->offsets.list) = offset;
	filter->marks[(offset & 0xffff) >> 3] |= (uint8_t)(1 << (offset & 7));
}

static bool is_listed(const struct link_filter *filter, uint32_t offset)
{
	for (size_t i = 0; i < filter->offsets.list.count; i++)
		if (filter->offsets.list.items[i] == offset)
			return true;
	return false;
}

/* Links between units are offsets in the section, of four bytes or more. */
bool link_filter_allows(struct debug *debug, const struct link_filter *filter,
			const struct debug_unit *unit)
{
	size_t size;
	const char *bytes = unit_bytes(debug, unit, &size);

	if (!bytes || !filter->offsets.list.count)
		return false;
	for (size_t at = 0; at + 4 <= size; at++) {
		uint32_t word;

		memcpy(&word, bytes + at, sizeof(word));
		if (filter->marks[(word & 0xffff) >> 3] & 1 << (word & 7) &&
		    is_listed(filter, word))
			return true;
	}
	give_back(debug, unit->part, bytes, size);
	return false;
}
