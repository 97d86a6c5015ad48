/*
 * One layer of BTF: the records and texts of a kernel, or of a module that
 * refers to those of the kernel (its base).
 *
 * Internal to btf.c. Opening checks that every record is whole and of a known
 * kind and notes where it begins; after that ids and text offsets out of range
 * read as void and as no text.
 *
 * A name is looked up among all records of its kinds; after some of those a hash
 * table over all names pays (it costs about five milliseconds for a kernel, a
 * search a quarter of one).
 */
#ifndef SPILE_TARGET_BTF_BLOB_H
#define SPILE_TARGET_BTF_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/btf.h>

#include "runtime/common/btf-records.h"
#include "translator/target/btf.h"

struct arena;
struct Elf;

enum {
	BTF_DEEPEST = 32,	/* chains of typedefs, arrays of arrays */
	BTF_SPELLINGS = 8,	/* places of one text in the text section */
};

struct btf_layer {
	const uint8_t *records;
	uint32_t records_size;
	const char *texts;
	uint32_t texts_size;
	uint32_t first_id;	/* of the first record here; below: the base */
	uint32_t first_text;	/* likewise for text offsets */
	const struct btf_layer *base;
	uint32_t *places;	/* of each record */
	uint32_t count;
	uint32_t *heads, *links;	/* hash table over names, or NULL */
	uint32_t head_mask;
	int searches;
	void *mapping;
	size_t mapping_size;
	struct Elf *elf;
};

/* A record, its head copied out: the blob need not be aligned. */
struct btf_record {
	struct btf_type head;
	const uint8_t *rest;
	const struct btf_layer *layer;
	uint32_t id;
};

/* Opens a file, or a blob that outlives the layer; @base is NULL for a kernel.
 * NULL, or a reason (then nothing is left open). */
const char *btf_layer_open(struct btf_layer *layer,
			   const struct btf_layer *base, const char *path,
			   struct arena *arena);
const char *btf_layer_parse(struct btf_layer *layer,
			    const struct btf_layer *base, const void *bytes,
			    size_t size);
void btf_layer_close(struct btf_layer *layer);

/* Four bytes at any address. */
uint32_t btf_word(const uint8_t *bytes);
int btf_kind_of(const struct btf_record *record);
uint32_t btf_length_of(const struct btf_record *record);
bool btf_has_flag(const struct btf_record *record);

/* The record at @index of a layer, not looking at its base. */
void btf_layer_read(const struct btf_layer *layer, uint32_t index,
		    struct btf_record *ret_record);
/* The record of a type id; false for void and for ids out of range. */
bool btf_layer_find(const struct btf_layer *layer, uint32_t id,
		    struct btf_record *ret_record);
/* The text at an offset, or NULL for none. */
const char *btf_layer_text(const struct btf_layer *layer, uint32_t offset);

/* The first record with this name and one of the kinds (enum btf_kinds);
 * declarations only when there is nothing better. */
bool btf_layer_search(struct btf_layer *layer, const char *name,
		      unsigned int kinds, struct btf_record *ret_record);
/* The kinds by which a search finds the record. */
unsigned int btf_kinds_of(const struct btf_record *record);
/* Takes @record if it is of the kinds and better than what was found before;
 * true when the search may end. */
bool btf_take_match(const struct btf_record *record, unsigned int kinds,
		    struct btf_record *ret_record, bool *found);

/* The offsets at which @name stands in the text sections: how many of the
 * BTF_SPELLINGS there are. */
int btf_layer_spellings(const struct btf_layer *layer, const char *name,
			uint32_t *ret_offsets);
bool btf_is_among(uint32_t offset, const uint32_t *offsets, int count);

#endif
