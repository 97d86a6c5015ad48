/*
 * BTF: layers of records (the kernel, then modules that refer to it).
 *
 * A layer has a table of where its records begin. A name is looked up by
 * finding its text in the text section and then the records that refer to it;
 * after a few of those a hash table over all names pays (it costs about three
 * milliseconds for a kernel, a search less than one).
 */
#include "translator/target/btf.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/glob.h"
#include "translator/base/map.h"

enum {
	DEEPEST = 32,		/* chains of typedefs, arrays of arrays */
	SEARCHES = 3,		/* by text before the hash table is built */
	SPELLINGS = 8,		/* places of one text in the text section */
	RECORD = sizeof(struct btf_type),
	/* of ENUM64 and its records, which older headers do not have */
	KIND_ENUM64 = 19,
};

struct layer {
	const uint8_t *records;
	uint32_t records_size;
	const char *texts;
	uint32_t texts_size;
	uint32_t first_id;	/* of the first record here; below: the base */
	uint32_t first_text;	/* likewise for text offsets */
	const struct layer *base;
	uint32_t *places;	/* of each record */
	uint32_t count;
	uint32_t *heads, *links;	/* hash table over names, or NULL */
	uint32_t head_mask;
	int searches;
	void *mapping;
	size_t mapping_size;
	Elf *elf;
};

struct btf_types {
	struct ctype_source source;	/* first: types lead back here */
	struct arena *arena;
	VEC(struct layer *) layers;	/* the kernel, then modules */
};

/* A record, copied out: the blob need not be aligned. */
struct record {
	struct btf_type head;
	const uint8_t *rest;
	const struct layer *layer;
	uint32_t id;
};

/* ---- reading records ---- */

static uint32_t read_word(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static int kind_of(const struct record *record)
{
	return (int)(record->head.info >> 24 & 0x1f);
}

static uint32_t length_of(const struct record *record)
{
	return record->head.info & 0xffff;
}

static bool has_flag(const struct record *record)
{
	return record->head.info >> 31;
}

/* Bytes after the head; -1 for kinds that are not known. */
static int64_t rest_size(int kind, uint32_t length)
{
	switch (kind) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return 12;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case KIND_ENUM64:
		return 12 * (int64_t)length;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return 8 * (int64_t)length;
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	}
	return -1;
}

/* The record at @index of a layer, not looking at its base. */
static void read_record(const struct layer *layer, uint32_t index,
			struct record *ret_record)
{
	const uint8_t *bytes = layer->records + layer->places[index];

	memcpy(&ret_record->head, bytes, RECORD);
	ret_record->rest = bytes + RECORD;
	ret_record->layer = layer;
	ret_record->id = layer->first_id + index;
}

/* The record of a type id; false for void and for ids out of range. */
static bool find_record(const struct layer *layer, uint32_t id,
			struct record *ret_record)
{
	while (layer && id < layer->first_id)
		layer = layer->base;
	if (!layer || id - layer->first_id >= layer->count)
		return false;
	read_record(layer, id - layer->first_id, ret_record);
	return true;
}

/* The text at an offset, or NULL for none. */
static const char *text_at(const struct layer *layer, uint32_t offset)
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
static bool index_records(struct layer *layer)
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
		info = read_word(layer->records + at + 4);
		rest = rest_size((int)(info >> 24 & 0x1f), info & 0xffff);
		if (rest < 0 || rest > left - RECORD)
			return false;
		layer->places[layer->count++] = at;
		at += RECORD + (uint32_t)rest;
	}
	return true;
}

/* Finds the sections in the blob: NULL, or what is wrong with it. */
static const char *read_header(struct layer *layer, const uint8_t *bytes,
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

static void close_layer(struct layer *layer)
{
	free(layer->places);
	free(layer->heads);
	free(layer->links);
	elf_end(layer->elf);
	if (layer->mapping)
		munmap(layer->mapping, layer->mapping_size);
}

/* Adds the blob as the next layer; a reason if it does not hold. */
static const char *add_layer(struct btf_types *btf, struct layer *layer,
			     const uint8_t *bytes, size_t size)
{
	const char *reason = read_header(layer, bytes, size);

	layer->first_id = 1;
	if (btf->layers.count) {
		layer->base = btf->layers.items[0];
		layer->first_id = layer->base->count + 1;
		layer->first_text = layer->base->texts_size;
	}
	if (!reason && !index_records(layer))
		reason = "the type information (BTF) has a damaged record";
	if (!reason)
		*vec_push(btf->arena, &btf->layers) = layer;
	return reason;
}

/* The .BTF section of the mapped ELF file. */
static const uint8_t *elf_section(struct layer *layer, size_t *ret_size)
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

/* Reads a file that cannot be mapped (sysfs before Linux 6.16) into memory
 * that looks like a mapping. */
static void *read_as_mapping(int fd, size_t size)
{
	uint8_t *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t done = 0;

	if (bytes == MAP_FAILED)
		return MAP_FAILED;
	while (done < size) {
		ssize_t n = read(fd, bytes + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (done == size)
		return bytes;
	munmap(bytes, size);
	return MAP_FAILED;
}

/* Maps the file into the layer: 0, or -1 and errno. */
static int map_file(struct layer *layer, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *bytes = MAP_FAILED;

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	    status.st_size > 0) {
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ,
			     MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (bytes == MAP_FAILED)
			bytes = read_as_mapping(fd, (size_t)status.st_size);
	} else {
		errno = EINVAL;
	}
	close(fd);
	if (bytes == MAP_FAILED)
		return -1;
	layer->mapping = bytes;
	layer->mapping_size = (size_t)status.st_size;
	return 0;
}

static const char *add_file(struct btf_types *btf, const char *path)
{
	struct layer *layer = arena_new(btf->arena, struct layer);
	const uint8_t *bytes;
	const char *reason;
	size_t size;

	if (map_file(layer, path) < 0)
		return arena_printf(btf->arena, "%s: %s", path,
				    strerror(errno));
	bytes = layer->mapping;
	size = layer->mapping_size;
	if (size >= SELFMAG && memcmp(bytes, ELFMAG, SELFMAG) == 0)
		bytes = elf_section(layer, &size);
	if (!bytes)
		reason = arena_printf(btf->arena, "%s has no type information "
				      "(section .BTF)", path);
	else
		reason = add_layer(btf, layer, bytes, size);
	if (reason)
		close_layer(layer);
	return reason;
}

static void load_target(struct ctype *type);
static void load_members(struct ctype *type);

static struct btf_types *create(struct arena *arena)
{
	struct btf_types *btf = arena_new(arena, struct btf_types);

	btf->arena = arena;
	btf->source.arena = arena;
	btf->source.pointer_size = 8;
	btf->source.relocatable = true;
	btf->source.load_target = load_target;
	btf->source.load_members = load_members;
	return btf;
}

struct btf_types *btf_open(struct arena *arena, const char *path,
			   const char **ret_reason)
{
	struct btf_types *btf = create(arena);

	*ret_reason = add_file(btf, path ? path : "/sys/kernel/btf/vmlinux");
	return *ret_reason ? NULL : btf;
}

struct btf_types *btf_parse(struct arena *arena, const void *bytes,
			    size_t size, const char **ret_reason)
{
	struct btf_types *btf = create(arena);
	struct layer *layer = arena_new(arena, struct layer);

	*ret_reason = add_layer(btf, layer, bytes, size);
	if (!*ret_reason)
		return btf;
	close_layer(layer);
	return NULL;
}

bool btf_add_module(struct btf_types *btf, const char *module,
		    const char **ret_reason)
{
	if (strchr(module, '/')) {
		*ret_reason = "this is not the name of a module";
		return false;
	}
	*ret_reason = add_file(btf, arena_printf(btf->arena,
						 "/sys/kernel/btf/%s", module));
	return !*ret_reason;
}

void btf_close(struct btf_types *btf)
{
	for (size_t i = 0; btf && i < btf->layers.count; i++)
		close_layer(btf->layers.items[i]);
}

struct ctype_source *btf_source(struct btf_types *btf)
{
	return &btf->source;
}

/* ---- searching by name ---- */

/* Which kinds of search find this record. */
static unsigned int kinds_of(const struct record *record)
{
	switch (kind_of(record)) {
	case BTF_KIND_STRUCT:
		return BTF_STRUCTS;
	case BTF_KIND_UNION:
		return BTF_UNIONS;
	case BTF_KIND_FWD:
		return has_flag(record) ? BTF_UNIONS : BTF_STRUCTS;
	case BTF_KIND_ENUM:
	case KIND_ENUM64:
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
static bool build_hash(struct layer *layer)
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
		const char *name = text_at(layer, read_word(bytes));
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
static int find_spellings(const struct layer *layer, const char *name,
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

static int all_spellings(const struct layer *layer, const char *name,
			 uint32_t *ret_offsets)
{
	int count = find_spellings(layer, name, ret_offsets, SPELLINGS);

	if (layer->base)
		count += find_spellings(layer->base, name, ret_offsets + count,
					SPELLINGS - count);
	return count;
}

static bool is_among(uint32_t offset, const uint32_t *offsets, int count)
{
	for (int i = 0; i < count; i++)
		if (offsets[i] == offset)
			return true;
	return false;
}

/* Takes @record if it is of the kinds; true when the search may end. */
static bool take_match(const struct record *record, unsigned int kinds,
		       struct record *ret_record, bool *found)
{
	if (!(kinds_of(record) & kinds))
		return false;
	if (kind_of(record) == BTF_KIND_FWD && *found)
		return false;
	*ret_record = *record;
	*found = true;
	return kind_of(record) != BTF_KIND_FWD;
}

static bool search_texts(const struct layer *layer, const char *name,
			 unsigned int kinds, struct record *ret_record)
{
	uint32_t offsets[SPELLINGS];
	int count = all_spellings(layer, name, offsets);
	struct record record;
	bool found = false;

	for (uint32_t i = 0; count && i < layer->count; i++) {
		if (!is_among(read_word(layer->records + layer->places[i]),
			      offsets, count))
			continue;
		read_record(layer, i, &record);
		if (take_match(&record, kinds, ret_record, &found))
			break;
	}
	return found;
}

static bool search_hash(const struct layer *layer, const char *name,
			unsigned int kinds, struct record *ret_record)
{
	uint32_t i = layer->heads[map_hash(name) & layer->head_mask];
	struct record record;
	bool found = false;

	for (; i; i = layer->links[i - 1]) {
		read_record(layer, i - 1, &record);
		if (strcmp(text_at(layer, record.head.name_off), name) == 0 &&
		    take_match(&record, kinds, ret_record, &found))
			break;
	}
	return found;
}

static bool search_layer(struct layer *layer, const char *name,
			 unsigned int kinds, struct record *ret_record)
{
	if (!layer->heads && layer->searches++ >= SEARCHES &&
	    !build_hash(layer)) {
		free(layer->heads);
		free(layer->links);
		layer->heads = layer->links = NULL;
	}
	if (layer->heads)
		return search_hash(layer, name, kinds, ret_record);
	return search_texts(layer, name, kinds, ret_record);
}

static bool search(struct btf_types *btf, const char *name, unsigned int kinds,
		   struct record *ret_record)
{
	struct record record;
	bool found = false;

	for (size_t i = 0; *name && i < btf->layers.count; i++)
		if (search_layer(btf->layers.items[i], name, kinds, &record) &&
		    take_match(&record, kinds, ret_record, &found))
			break;
	return found;
}

/* ---- from records to types ---- */

static uint64_t make_reference(const struct btf_types *btf,
			       const struct record *record)
{
	for (size_t i = 0; i < btf->layers.count; i++)
		if (btf->layers.items[i] == record->layer)
			return (uint64_t)i << 32 | record->id;
	return 0;
}

static bool follow_reference(const struct ctype *type,
			     struct record *ret_record)
{
	struct btf_types *btf = (struct btf_types *)type->source;
	size_t layer = (size_t)(type->reference >> 32);

	return layer < btf->layers.count &&
	       find_record(btf->layers.items[layer], (uint32_t)type->reference,
			   ret_record);
}

static bool is_modifier(int kind)
{
	return kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_CONST ||
	       kind == BTF_KIND_VOLATILE || kind == BTF_KIND_RESTRICT ||
	       kind == BTF_KIND_TYPE_TAG || kind == BTF_KIND_FUNC;
}

/* What a modifier says about the type that it leads to. Inside a typedef they
 * are part of its name. */
static void note_modifier(struct ctype *type, const struct record *record)
{
	if (type->alias)
		return;
	switch (kind_of(record)) {
	case BTF_KIND_TYPEDEF:
		type->alias = text_at(record->layer, record->head.name_off);
		break;
	case BTF_KIND_CONST:
		type->is_const = true;
		break;
	case BTF_KIND_VOLATILE:
		type->is_volatile = true;
		break;
	}
}

/* Follows modifiers from @id; false if that ends in void or never. */
static bool see_through(const struct layer *layer, uint32_t id,
			struct ctype *type, struct record *ret_record)
{
	for (int i = 0; i < DEEPEST; i++) {
		if (!find_record(layer, id, ret_record))
			return false;
		if (!is_modifier(kind_of(ret_record)))
			return true;
		note_modifier(type, ret_record);
		id = ret_record->head.type;
	}
	return false;
}

static uint64_t size_of(const struct layer *layer, uint32_t id, int depth)
{
	struct ctype ignored = { 0 };
	struct record record;
	uint64_t size;

	if (depth > DEEPEST || !see_through(layer, id, &ignored, &record))
		return 0;
	switch (kind_of(&record)) {
	case BTF_KIND_PTR:
		return 8;
	case BTF_KIND_ARRAY:
		size = size_of(layer, read_word(record.rest), depth + 1);
		if (__builtin_mul_overflow(size, read_word(record.rest + 8),
					   &size))
			return 0;
		return size;
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case KIND_ENUM64:
		return record.head.size;
	}
	return 0;
}

static void set_int(struct ctype *type, const struct record *record)
{
	uint32_t word = read_word(record->rest);
	uint32_t encoding = word >> 24 & 0xf;

	type->kind = CTYPE_INT;
	type->is_signed = encoding & BTF_INT_SIGNED;
	type->is_bool = encoding & BTF_INT_BOOL;
	type->is_char = encoding & BTF_INT_CHAR ||
			(type->name && strcmp(type->name, "char") == 0);
}

/* Fills in all that the record itself tells. */
static void set_kind(struct ctype *type, const struct record *record)
{
	type->name = text_at(record->layer, record->head.name_off);
	type->size = size_of(record->layer, record->id, 0);
	switch (kind_of(record)) {
	case BTF_KIND_INT:
		set_int(type, record);
		return;
	case BTF_KIND_FLOAT:
		type->kind = CTYPE_FLOAT;
		return;
	case BTF_KIND_PTR:
		type->kind = CTYPE_POINTER;
		return;
	case BTF_KIND_ARRAY:
		type->kind = CTYPE_ARRAY;
		type->count = read_word(record->rest + 8);
		return;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		type->kind = kind_of(record) == BTF_KIND_UNION ? CTYPE_UNION :
								 CTYPE_STRUCT;
		return;
	case BTF_KIND_FWD:
		type->kind = has_flag(record) ? CTYPE_UNION : CTYPE_STRUCT;
		type->is_incomplete = true;
		return;
	case BTF_KIND_ENUM:
	case KIND_ENUM64:
		type->kind = CTYPE_ENUM;
		type->is_signed = has_flag(record);
		return;
	case BTF_KIND_FUNC_PROTO:
		type->kind = CTYPE_FUNCTION;
		return;
	}
	type->kind = CTYPE_VOID;
}

/* What is only declared here may be complete elsewhere. */
static void complete(struct btf_types *btf, struct record *record)
{
	const char *name = text_at(record->layer, record->head.name_off);
	struct record found;

	if (kind_of(record) == BTF_KIND_FWD && name &&
	    search(btf, name, kinds_of(record), &found))
		*record = found;
}

static struct ctype *type_of(struct btf_types *btf, const struct layer *layer,
			     uint32_t id)
{
	struct ctype *type = ctype_void(&btf->source);
	struct record record;

	if (!see_through(layer, id, type, &record))
		return type;
	complete(btf, &record);
	set_kind(type, &record);
	type->reference = make_reference(btf, &record);
	type->has_target = type->has_members = false;
	return type;
}

static void load_target(struct ctype *type)
{
	struct btf_types *btf = (struct btf_types *)type->source;
	struct record record;

	if (!follow_reference(type, &record))
		return;
	switch (type->kind) {
	case CTYPE_POINTER:
	case CTYPE_FUNCTION:
		type->target = type_of(btf, record.layer, record.head.type);
		return;
	case CTYPE_ARRAY:
		type->target = type_of(btf, record.layer,
				       read_word(record.rest));
		return;
	case CTYPE_VOID:
	case CTYPE_INT:
	case CTYPE_FLOAT:
	case CTYPE_STRUCT:
	case CTYPE_UNION:
	case CTYPE_ENUM:
		return;
	}
}

/* Bit-fields of old: the int itself has fewer bits than its bytes. */
static void narrow_to_int(struct ctype_member *member,
			  const struct layer *layer, uint32_t id)
{
	struct ctype ignored = { 0 };
	struct record record;
	uint32_t word;

	if (!see_through(layer, id, &ignored, &record) ||
	    kind_of(&record) != BTF_KIND_INT)
		return;
	word = read_word(record.rest);
	if ((word & 0xff) == record.head.size * 8)
		return;
	member->bit_size = word & 0xff;
	member->bit_offset += word >> 16 & 0xff;
}

static void set_member(struct btf_types *btf, const struct record *record,
		       const uint8_t *bytes, struct ctype_member *member)
{
	uint32_t offset = read_word(bytes + 8);

	member->name = text_at(record->layer, read_word(bytes));
	member->type = type_of(btf, record->layer, read_word(bytes + 4));
	member->bit_offset = offset;
	if (has_flag(record)) {
		member->bit_offset = offset & 0xffffff;
		member->bit_size = offset >> 24;
	} else {
		narrow_to_int(member, record->layer, read_word(bytes + 4));
	}
	/* a load of 8 bytes must reach it all */
	if (member->bit_size > 57 &&
	    member->bit_offset % 8 + member->bit_size > 64)
		member->bit_size = 57;
}

static void load_fields(struct ctype *type, const struct record *record)
{
	struct btf_types *btf = (struct btf_types *)type->source;
	uint32_t length = length_of(record);

	if (kind_of(record) == BTF_KIND_FWD)
		return;
	type->members = arena_array(btf->arena, struct ctype_member, length);
	type->member_count = length;
	for (uint32_t i = 0; i < length; i++)
		set_member(btf, record, record->rest + 12 * (size_t)i,
			   &type->members[i]);
}

/* Parameters; the last one of void and without a name stands for "...". */
static void load_parameters(struct ctype *type, const struct record *record)
{
	struct btf_types *btf = (struct btf_types *)type->source;
	uint32_t length = length_of(record);

	type->members = arena_array(btf->arena, struct ctype_member, length);
	for (uint32_t i = 0; i < length; i++) {
		const uint8_t *bytes = record->rest + 8 * (size_t)i;
		struct ctype_member *member = &type->members[i];

		if (i + 1 == length && !read_word(bytes + 4)) {
			type->is_variadic = true;
			break;
		}
		member->name = text_at(record->layer, read_word(bytes));
		member->type = type_of(btf, record->layer,
				       read_word(bytes + 4));
		type->member_count++;
	}
}

static int64_t enumerator_value(const struct record *record, uint32_t i)
{
	const uint8_t *bytes;

	if (kind_of(record) == BTF_KIND_ENUM) {
		bytes = record->rest + 8 * (size_t)i + 4;
		return has_flag(record) ? (int64_t)(int32_t)read_word(bytes) :
					  (int64_t)read_word(bytes);
	}
	bytes = record->rest + 12 * (size_t)i + 4;
	return (int64_t)((uint64_t)read_word(bytes + 4) << 32 |
			 read_word(bytes));
}

static uint32_t enumerator_name(const struct record *record, uint32_t i)
{
	size_t step = kind_of(record) == BTF_KIND_ENUM ? 8 : 12;

	return read_word(record->rest + step * i);
}

static void load_enumerators(struct ctype *type, const struct record *record)
{
	uint32_t length = length_of(record);

	type->enumerators = arena_array(type->source->arena,
					struct ctype_enumerator, length);
	type->member_count = length;
	for (uint32_t i = 0; i < length; i++) {
		const char *name = text_at(record->layer,
					   enumerator_name(record, i));

		type->enumerators[i].name = name ? name : "";
		type->enumerators[i].value = enumerator_value(record, i);
	}
}

static void load_members(struct ctype *type)
{
	struct record record;

	if (!follow_reference(type, &record))
		return;
	switch (type->kind) {
	case CTYPE_STRUCT:
	case CTYPE_UNION:
		load_fields(type, &record);
		return;
	case CTYPE_FUNCTION:
		load_parameters(type, &record);
		return;
	case CTYPE_ENUM:
		load_enumerators(type, &record);
		return;
	case CTYPE_VOID:
	case CTYPE_INT:
	case CTYPE_FLOAT:
	case CTYPE_POINTER:
	case CTYPE_ARRAY:
		return;
	}
}

/* ---- what users ask for ---- */

struct ctype *btf_find(struct btf_types *btf, const char *name,
		       unsigned int kinds)
{
	struct record record;

	if (!search(btf, name, kinds, &record))
		return NULL;
	return type_of(btf, record.layer, record.id);
}

static bool enumerator_in(const struct layer *layer, const uint32_t *offsets,
			  int count, int64_t *ret_value)
{
	struct record record;

	for (uint32_t i = 0; i < layer->count; i++) {
		read_record(layer, i, &record);
		if (kind_of(&record) != BTF_KIND_ENUM &&
		    kind_of(&record) != KIND_ENUM64)
			continue;
		for (uint32_t k = 0; k < length_of(&record); k++) {
			if (!is_among(enumerator_name(&record, k), offsets,
				      count))
				continue;
			*ret_value = enumerator_value(&record, k);
			return true;
		}
	}
	return false;
}

bool btf_enumerator(struct btf_types *btf, const char *name,
		    int64_t *ret_value)
{
	uint32_t offsets[SPELLINGS];

	for (size_t i = 0; *name && i < btf->layers.count; i++) {
		struct layer *layer = btf->layers.items[i];
		int count = all_spellings(layer, name, offsets);

		if (count && enumerator_in(layer, offsets, count, ret_value))
			return true;
	}
	return false;
}

struct ctype *btf_function(struct btf_types *btf, const char *name)
{
	struct ctype *type = btf_find(btf, name, BTF_FUNCTIONS);

	return type && type->kind == CTYPE_FUNCTION ? type : NULL;
}

/* ---- tracepoints ---- */

static const char *const tracepoint_prefix = "btf_trace_";

/* The function that names the parameters, if there is one as long. */
static struct ctype_member *named_parameters(struct btf_types *btf,
					     const char *name, size_t count)
{
	static const char *const functions[] = {
		"__probestub_%s", "__traceiter_%s", "__bpf_trace_%s",
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		char *full = arena_strndup(btf->arena, functions[i],
					   strlen(functions[i]) - 2);
		struct ctype *function;
		struct ctype_member *members;
		size_t members_count;

		full = arena_printf(btf->arena, "%s%s", full, name);
		function = btf_function(btf, full);
		if (!function)
			continue;
		members = ctype_members(function, &members_count);
		if (members_count == count)
			return members;
	}
	return NULL;
}

static void name_parameters(struct btf_types *btf, struct ctype *prototype,
			    const char *name)
{
	size_t count = prototype->member_count;
	struct ctype_member *named = NULL;

	if (count > 1 && !prototype->members[1].name)
		named = named_parameters(btf, name, count);
	for (size_t i = 1; i < count; i++) {
		struct ctype_member *member = &prototype->members[i];

		if (!member->name && named)
			member->name = named[i].name;
		if (!member->name)
			member->name = arena_printf(btf->arena, "arg%zu", i);
	}
}

struct ctype *btf_tracepoint(struct btf_types *btf, const char *name)
{
	struct ctype *type = btf_find(btf, arena_printf(btf->arena, "%s%s",
							tracepoint_prefix,
							name),
				      BTF_TYPEDEFS);
	struct ctype *prototype;
	size_t count;

	if (!type || type->kind != CTYPE_POINTER)
		return NULL;
	prototype = ctype_target(type);
	if (prototype->kind != CTYPE_FUNCTION)
		return NULL;
	ctype_members(prototype, &count);
	name_parameters(btf, prototype, name);
	if (count) {
		prototype->members++;
		prototype->member_count--;
	}
	return prototype;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_names(struct btf_names *names)
{
	size_t kept = 0;

	if (!names->names.count)
		return;
	qsort(names->names.items, names->names.count, sizeof(const char *),
	      compare_names);
	for (size_t i = 1; i < names->names.count; i++)
		if (strcmp(names->names.items[i], names->names.items[kept]))
			names->names.items[++kept] = names->names.items[i];
	names->names.count = kept + 1;
}

/* Names of records of a kind that begin with @prefix; the rest is matched. */
static void list(struct btf_types *btf, int kind, const char *prefix,
		 const char *pattern, struct btf_names *ret_names)
{
	size_t length = strlen(prefix);

	memset(ret_names, 0, sizeof(*ret_names));
	for (size_t k = 0; k < btf->layers.count; k++) {
		const struct layer *layer = btf->layers.items[k];

		for (uint32_t i = 0; i < layer->count; i++) {
			struct record record;
			const char *name;

			read_record(layer, i, &record);
			if (kind_of(&record) != kind)
				continue;
			name = text_at(layer, record.head.name_off);
			if (name && strncmp(name, prefix, length) == 0 &&
			    glob_match(pattern, name + length))
				*vec_push(btf->arena, &ret_names->names) =
					name + length;
		}
	}
	sort_names(ret_names);
}

void btf_list_tracepoints(struct btf_types *btf, const char *pattern,
			  struct btf_names *ret_names)
{
	list(btf, BTF_KIND_TYPEDEF, tracepoint_prefix, pattern, ret_names);
}

void btf_list_functions(struct btf_types *btf, const char *pattern,
			struct btf_names *ret_names)
{
	list(btf, BTF_KIND_FUNC, "", pattern, ret_names);
}
