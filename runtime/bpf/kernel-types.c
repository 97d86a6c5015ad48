/* Reading BTF where it lies: see kernel-types.h. */
#include "runtime/bpf/kernel-types.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/common/btf-records.h"
#include "runtime/common/mapping.h"

enum { STRIDE = 64 };	/* of so many records the place of one is kept */

struct kernel_types {
	const struct kernel_types *base;
	void *bytes;
	size_t size;
	const char *records, *texts;
	uint32_t records_size, texts_size;
	uint32_t first_id, count;
	uint32_t first_text;
	uint32_t *places;
};

/* Bytes of a record; 0 for kinds that are not known. */
static size_t record_size(const struct btf_type *type)
{
	int64_t rest = btf_rest_size(btf_kind(type), btf_vlen(type));

	return rest < 0 ? 0 : sizeof(*type) + (size_t)rest;
}

/* ---- opening ---- */

static bool find_parts(struct kernel_types *types)
{
	const struct btf_header *header = types->bytes;
	size_t size = types->size;

	if (size < sizeof(*header) || header->magic != BTF_MAGIC ||
	    header->hdr_len > size)
		return false;
	size -= header->hdr_len;
	if (header->type_off > size || header->type_len > size - header->type_off ||
	    header->str_off > size || header->str_len > size - header->str_off ||
	    !header->str_len)
		return false;
	types->records = (char *)types->bytes + header->hdr_len +
			 header->type_off;
	types->records_size = header->type_len;
	types->texts = (char *)types->bytes + header->hdr_len +
		       header->str_off;
	types->texts_size = header->str_len;
	return !types->texts[types->texts_size - 1];
}

/* The record at a place, or NULL at the end and where records are damaged. */
static const struct btf_type *record_at(const struct kernel_types *types,
					uint32_t at, uint32_t *ret_next)
{
	const struct btf_type *type = (const void *)(types->records + at);
	uint32_t left = types->records_size - at;
	size_t size;

	if (left < sizeof(*type))
		return NULL;
	size = record_size(type);
	if (!size || size > left)
		return NULL;
	*ret_next = at + (uint32_t)size;
	return type;
}

static bool note_places(struct kernel_types *types)
{
	uint32_t at = 0, next;

	types->places = malloc((types->records_size / sizeof(struct btf_type) /
				STRIDE + 1) * sizeof(*types->places));
	if (!types->places)
		return false;
	for (; record_at(types, at, &next); at = next)
		if (types->count++ % STRIDE == 0)
			types->places[(types->count - 1) / STRIDE] = at;
	return at == types->records_size;
}

struct kernel_types *kernel_types_open(const char *module,
				       const struct kernel_types *base)
{
	struct kernel_types *types = calloc(1, sizeof(*types));
	char path[300];

	if (!types)
		return NULL;
	snprintf(path, sizeof(path), "/sys/kernel/btf/%s",
		 module ? module : "vmlinux");
	types->base = base;
	types->first_id = base ? base->first_id + base->count : 1;
	types->first_text = base ? base->first_text + base->texts_size : 0;
	types->bytes = mapping_open(path, &types->size);
	if (types->bytes && find_parts(types) && note_places(types))
		return types;
	kernel_types_close(types);
	return NULL;
}

void kernel_types_close(struct kernel_types *types)
{
	if (!types)
		return;
	if (types->bytes)
		munmap(types->bytes, types->size);
	free(types->places);
	free(types);
}

/* ---- finding ---- */

const struct btf_type *kernel_type(const struct kernel_types *types,
				   uint32_t id)
{
	const struct btf_type *type = NULL;
	uint32_t index, at;

	while (types && id < types->first_id)
		types = types->base;
	if (!types || id - types->first_id >= types->count)
		return NULL;
	index = id - types->first_id;
	at = types->places[index / STRIDE];
	for (uint32_t i = 0; i <= index % STRIDE; i++)
		type = record_at(types, at, &at);
	return type;
}

const char *kernel_types_text(const struct kernel_types *types,
			      uint32_t offset)
{
	while (types && offset < types->first_text)
		types = types->base;
	if (!types || offset - types->first_text >= types->texts_size)
		return "";
	return types->texts + (offset - types->first_text);
}

uint32_t kernel_type_named(const struct kernel_types *types, const char *name,
			   int kind)
{
	const struct btf_type *type;
	uint32_t at = 0, id = types->first_id;

	for (; (type = record_at(types, at, &at)); id++)
		if (btf_kind(type) == kind &&
		    !strcmp(kernel_types_text(types, type->name_off), name))
			return id;
	return 0;
}
