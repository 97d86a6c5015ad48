/* BTF blobs: opening, checking, indexing and searching one layer. */
#include "translator/target/btf-blob.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/common/mapping.h"
#include "translator/base/arena.h"
#include "translator/base/map.h"

enum {
	SEARCHES = 20,	/* one by one before the hash table is built */
	RECORD = sizeof(struct btf_type),
};

/* ---- reading records ---- */

uint32_t btf_word(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

int btf_kind_of(const struct btf_record *record)
{
	return (int)(record->head.info >> 24 & 0x1f);
}

uint32_t btf_length_of(const struct btf_record *record)
{
	return record->head.info & 0xffff;
}

bool btf_has_flag(const struct btf_record *record)
{
	return record->head.info >> 31;
}

/* The record at @index of a layer, not looking at its base. */
void btf_layer_read(const struct btf_layer *layer, uint32_t index,
			struct btf_record *ret_record)
{
	const uint8_t *bytes = layer->records + layer->places[index];

	memcpy(&ret_record->head, bytes, RECORD);
	ret_record->rest = bytes + RECORD;
	ret_record->layer = layer;
	ret_record->id = layer->first_id + index;
}

/* The record of a type id; false for void and for ids out of range. */
bool btf_layer_find(const struct btf_layer *layer, uint32_t id,
			struct btf_record *ret_record)
{
	while (layer && id < layer->first_id)
		layer = layer->base;
	if (!layer || id - layer->first_id >= layer->count)
		return false;
	btf_layer_read(layer, id - layer->first_id, ret_record);
	return true;
}

/* The text at an offset, or NULL for none. */
const char *btf_layer_text(const struct btf_layer *layer, uint32_t offset)
{
	const char *text;

	while (layer && offset < layer->first_text)
		layer = layer->base;
	if (!layer || offset - layer->first_text >= layer->texts_size)
		return NULL;
	text = layer->texts + (offset - layer->first_text);
	return *text ? text : NULL;
}

/* ---- opening ---- */

/* Whether all records are whole and known; notes where they begin. */
static bool index_records(struct btf_layer *layer)
{
	uint32_t at = 0;

	layer->places = malloc(((size_t)layer->records_size / RECORD + 1) *
			       sizeof(uint32_t));
	if (!layer->places)
		return false;
	while (at < layer->records_size) {
		uint32_t left = layer->records_size - at;
		uint32_t info;
		int64_t rest;

		if (left < RECORD)
			return false;
		info = btf_word(layer->records + at + 4);
		rest = btf_rest_size((int)(info >> 24 & 0x1f), info & 0xffff);
		if (rest < 0 || rest > left - RECORD)
			return false;
		layer->places[layer->count++] = at;
		at += RECORD + (uint32_t)rest;
	}
	return true;
}

/* Finds the sections in the blob: NULL, or what is wrong with it. */
static const char *read_header(struct btf_layer *layer, const uint8_t *bytes,
			       size_t size)
{
	struct btf_header header;

	if (size < sizeof(header))
		return "the type information (BTF) is cut short";
	memcpy(&header, bytes, sizeof(header));
	if (header.magic == 0x9feb)
		return "the type information (BTF) has another byte order";
	if (header.magic != BTF_MAGIC || header.version != BTF_VERSION)
		return "this is not type information (BTF) of version 1";
	if (header.hdr_len < sizeof(header) || header.hdr_len > size)
		return "the type information (BTF) has a damaged header";
	bytes += header.hdr_len;
	size -= header.hdr_len;
	if (header.type_off > size || header.type_len > size - header.type_off ||
	    header.str_off > size || header.str_len > size - header.str_off)
		return "the type information (BTF) is cut short";
	layer->records = bytes + header.type_off;
	layer->records_size = header.type_len;
	layer->texts = (const char *)bytes + header.str_off;
	layer->texts_size = header.str_len;
	if (layer->texts_size && layer->texts[layer->texts_size - 1])
		return "the type information (BTF) has a damaged text section";
	return NULL;
}

void btf_layer_close(struct btf_layer *layer)
{
	free(layer->places);
	free(layer->heads);
	free(layer->links);
	elf_end(layer->elf);
	if (layer->mapping)
		munmap(layer->mapping, layer->mapping_size);
}

/* The .BTF section of the mapped ELF file. */
static const uint8_t *elf_section(struct btf_layer *layer, size_t *ret_size)
{
	Elf_Scn *section = NULL;
	size_t names;

	elf_version(EV_CURRENT);
	layer->elf = elf_memory(layer->mapping, layer->mapping_size);
	if (!layer->elf || elf_getshdrstrndx(layer->elf, &names) != 0)
		return NULL;
	while ((section = elf_nextscn(layer->elf, section))) {
		GElf_Shdr header;
		const char *name;
		Elf_Data *data;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(layer->elf, names, header.sh_name);
		if (!name || strcmp(name, ".BTF") != 0)
			continue;
		data = elf_rawdata(section, NULL);
		if (!data || !data->d_buf)
			return NULL;
		*ret_size = data->d_size;
		return data->d_buf;
	}
	return NULL;
}

static const char *open_blob(struct btf_layer *layer,
			     const struct btf_layer *base,
			     const uint8_t *bytes, size_t size)
{
	const char *reason = read_header(layer, bytes, size);

	layer->base = base;
	layer->first_id = base ? base->count + 1 : 1;
	layer->first_text = base ? base->texts_size : 0;
	if (!reason && !index_records(layer))
		reason = "the type information (BTF) has a damaged record";
	return reason;
}

const char *btf_layer_parse(struct btf_layer *layer,
			    const struct btf_layer *base, const void *bytes,
			    size_t size)
{
	const char *reason = open_blob(layer, base, bytes, size);

	if (reason)
		btf_layer_close(layer);
	return reason;
}

const char *btf_layer_open(struct btf_layer *layer,
			   const struct btf_layer *base, const char *path,
			   struct arena *arena)
{
	const uint8_t *bytes;
	size_t size;

	layer->mapping = mapping_open(path, &layer->mapping_size);
	if (!layer->mapping)
		return arena_printf(arena, "%s: %s", path, strerror(errno));
	bytes = layer->mapping;
	size = layer->mapping_size;
	if (size >= SELFMAG && memcmp(bytes, ELFMAG, SELFMAG) == 0)
		bytes = elf_section(layer, &size);
	if (bytes)
		return btf_layer_parse(layer, base, bytes, size);
	btf_layer_close(layer);
	return arena_printf(arena, "%s has no type information (section .BTF)",
			    path);
}

/* ---- searching by name ---- */

/* Which kinds of search find this record. */
unsigned int btf_kinds_of(const struct btf_record *record)
{
	switch (btf_kind_of(record)) {
	case BTF_KIND_STRUCT:
		return BTF_STRUCTS;
	case BTF_KIND_UNION:
		return BTF_UNIONS;
	case BTF_KIND_FWD:
		return btf_has_flag(record) ? BTF_UNIONS : BTF_STRUCTS;
	case BTF_KIND_ENUM:
	case BTF_ENUM64_RECORD:
		return BTF_ENUMS;
	case BTF_KIND_TYPEDEF:
		return BTF_TYPEDEFS;
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
		return BTF_BASES;
	case BTF_KIND_FUNC:
		return BTF_FUNCTIONS;
	}
	return 0;
}

/* Links are record number + 1; lower numbers come first in a chain. */
static bool build_hash(struct btf_layer *layer)
{
	uint32_t heads = 1024;

	while (heads < layer->count)
		heads *= 2;
	layer->heads = calloc(heads, sizeof(uint32_t));
	layer->links = calloc((size_t)layer->count + 1, sizeof(uint32_t));
	layer->head_mask = heads - 1;
	if (!layer->heads || !layer->links)
		return false;
	for (uint32_t i = layer->count; i-- > 0;) {
		const uint8_t *bytes = layer->records + layer->places[i];
		const char *name = btf_layer_text(layer, btf_word(bytes));
		uint32_t *head;

		if (!name)
			continue;
		head = &layer->heads[map_hash(name) & layer->head_mask];
		layer->links[i] = *head;
		*head = i + 1;
	}
	return true;
}

/* Offsets at which @name stands in the text section of a layer. */
static int find_spellings(const struct btf_layer *layer, const char *name,
			  uint32_t *ret_offsets, int room)
{
	size_t length = strlen(name) + 1;
	const char *at = layer->texts;
	const char *end = layer->texts + layer->texts_size;
	int count = 0;

	while (count < room &&
	       (at = memmem(at, (size_t)(end - at), name, length))) {
		if (at == layer->texts || !at[-1])
			ret_offsets[count++] = layer->first_text +
					       (uint32_t)(at - layer->texts);
		at += length;
	}
	return count;
}

int btf_layer_spellings(const struct btf_layer *layer, const char *name,
			 uint32_t *ret_offsets)
{
	int count = find_spellings(layer, name, ret_offsets, BTF_SPELLINGS);

	if (layer->base)
		count += find_spellings(layer->base, name, ret_offsets + count,
					BTF_SPELLINGS - count);
	return count;
}

bool btf_is_among(uint32_t offset, const uint32_t *offsets, int count)
{
	for (int i = 0; i < count; i++)
		if (offsets[i] == offset)
			return true;
	return false;
}

/* Takes @record if it is of the kinds; true when the search may end. */
bool btf_take_match(const struct btf_record *record, unsigned int kinds,
		       struct btf_record *ret_record, bool *found)
{
	if (!(btf_kinds_of(record) & kinds))
		return false;
	if (btf_kind_of(record) == BTF_KIND_FWD && *found)
		return false;
	*ret_record = *record;
	*found = true;
	return btf_kind_of(record) != BTF_KIND_FWD;
}

/* The kinds are looked at first: few names are of the kinds wanted. */
static bool search_records(const struct btf_layer *layer, const char *name,
			   unsigned int kinds, struct btf_record *ret_record)
{
	struct btf_record record;
	bool found = false;

	for (uint32_t i = 0; i < layer->count; i++) {
		const char *text;

		btf_layer_read(layer, i, &record);
		if (!(btf_kinds_of(&record) & kinds))
			continue;
		text = btf_layer_text(layer, record.head.name_off);
		if (text && strcmp(text, name) == 0 &&
		    btf_take_match(&record, kinds, ret_record, &found))
			break;
	}
	return found;
}

static bool search_hash(const struct btf_layer *layer, const char *name,
			unsigned int kinds, struct btf_record *ret_record)
{
	uint32_t i = layer->heads[map_hash(name) & layer->head_mask];
	struct btf_record record;
	bool found = false;

	for (; i; i = layer->links[i - 1]) {
		btf_layer_read(layer, i - 1, &record);
		if (strcmp(btf_layer_text(layer, record.head.name_off), name) == 0 &&
		    btf_take_match(&record, kinds, ret_record, &found))
			break;
	}
	return found;
}

bool btf_layer_search(struct btf_layer *layer, const char *name,
			 unsigned int kinds, struct btf_record *ret_record)
{
	if (!layer->heads && layer->searches++ >= SEARCHES &&
	    !build_hash(layer)) {
		free(layer->heads);
		free(layer->links);
		layer->heads = layer->links = NULL;
	}
	if (layer->heads)
		return search_hash(layer, name, kinds, ret_record);
	return search_records(layer, name, kinds, ret_record);
}
