/*
 * BTF of two objects made one: the library's types follow the program's, so
 * that only their numbers and the offsets of their names grow. Equal types are
 * not looked for: the kernel does not mind, and a search costs more time.
 */
#include "backends/bpf/link.h"

#include <linux/btf.h>
#include <stdbool.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"

/* The header of .BTF.ext, which the kernel's headers do not have. */
struct ext_header {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t header;	/* bytes */
	uint32_t functions, functions_size;
	uint32_t lines, lines_size;
};

/* Of one section; the records follow. */
struct ext_block {
	uint32_t section;	/* name */
	uint32_t count;
};

/* What the numbers of the library grow by. */
struct shift {
	uint32_t types, names;
};

static void shift_type(uint32_t *type, const struct shift *by)
{
	if (*type)
		*type += by->types;
}

static void shift_name(uint32_t *name, const struct shift *by)
{
	if (*name)
		*name += by->names;
}

/* ---- types ---- */

/* Bytes of what follows a type. */
static size_t tail_size(const struct btf_type *type)
{
	size_t count = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_ENUM64:
		return 12 * count;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return 8 * count;
	}
	return 0;
}

static bool refers(const struct btf_type *type)
{
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FUNC_PROTO:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
	case BTF_KIND_TYPE_TAG:
		return true;
	}
	return false;
}

static void shift_members(struct btf_type *type, const struct shift *by)
{
	struct btf_member *member = (struct btf_member *)(type + 1);

	for (unsigned i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		shift_name(&member[i].name_off, by);
		shift_type(&member[i].type, by);
	}
}

static void shift_params(struct btf_type *type, const struct shift *by)
{
	struct btf_param *param = (struct btf_param *)(type + 1);

	for (unsigned i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		shift_name(&param[i].name_off, by);
		shift_type(&param[i].type, by);
	}
}

/* Members of both kinds of enumeration begin with their name. */
static void shift_values(struct btf_type *type, size_t size,
			 const struct shift *by)
{
	char *value = (char *)(type + 1);

	for (unsigned i = 0; i < BTF_INFO_VLEN(type->info); i++)
		shift_name((uint32_t *)(value + i * size), by);
}

static void shift_whole(struct btf_type *type, const struct shift *by)
{
	struct btf_array *array = (struct btf_array *)(type + 1);

	shift_name(&type->name_off, by);
	if (refers(type))
		shift_type(&type->type, by);
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_ARRAY:
		shift_type(&array->type, by);
		shift_type(&array->index_type, by);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		shift_members(type, by);
		break;
	case BTF_KIND_FUNC_PROTO:
		shift_params(type, by);
		break;
	case BTF_KIND_ENUM:
		shift_values(type, 8, by);
		break;
	case BTF_KIND_ENUM64:
		shift_values(type, 12, by);
		break;
	}
}

static const char *types_of(const struct btf_header *header)
{
	return (const char *)header + header->hdr_len + header->type_off;
}

static const char *names_of(const struct btf_header *header)
{
	return (const char *)header + header->hdr_len + header->str_off;
}

static uint32_t type_count(const struct btf_header *header)
{
	const char *at = types_of(header), *end = at + header->type_len;
	uint32_t count = 0;

	for (; at < end; count++)
		at += sizeof(struct btf_type) +
		      tail_size((const struct btf_type *)at);
	return count;
}

static void shift_types(char *at, size_t size, const struct shift *by)
{
	char *end = at + size;

	while (at < end) {
		struct btf_type *type = (struct btf_type *)at;

		shift_whole(type, by);
		at += sizeof(*type) + tail_size(type);
	}
}

/* ---- functions and lines ---- */

static const struct ext_block *find_block(const char *blocks, size_t size,
					  const char *names, const char *section)
{
	size_t record = *(const uint32_t *)blocks;

	for (const char *at = blocks + 4; at < blocks + size; ) {
		const struct ext_block *block = (const struct ext_block *)at;

		if (!strcmp(names + block->section, section))
			return block;
		at += sizeof(*block) + block->count * record;
	}
	return NULL;
}

/* What the library says of a piece of code that came along. */
static uint32_t put_records(struct buf *to, const struct ext_block *block,
			    size_t record, bool lines,
			    const struct link_move *move,
			    const struct shift *by)
{
	const char *records = (const char *)(block + 1);
	uint32_t count = 0, words[8];

	for (uint32_t i = 0; i < block->count; i++) {
		memcpy(words, records + i * record, record);
		if (words[0] < move->from ||
		    words[0] >= move->from + move->size)
			continue;
		words[0] += (uint32_t)(move->to - move->from);
		if (lines) {
			shift_name(&words[1], by);
			shift_name(&words[2], by);
		} else {
			shift_type(&words[1], by);
		}
		buf_write(to, words, record);
		count++;
	}
	return count;
}

/* One of the two tables: the program's blocks, .text last and longer. */
static void put_table(struct buf *to, const char *mine, size_t my_size,
		      const char *my_names, const char *theirs,
		      size_t their_size, const char *their_names, bool lines,
		      uint32_t text_name, const struct link_moves *moves,
		      const struct shift *by)
{
	size_t record = *(const uint32_t *)mine, at;
	const struct ext_block *text = find_block(mine, my_size, my_names,
						  ".text");
	const struct ext_block *more = find_block(theirs, their_size,
						  their_names, ".text");
	struct ext_block head = { text_name, text ? text->count : 0 };
	size_t text_size = text ? sizeof(*text) + text->count * record : 0;
	const char *end = text ? (const char *)text : mine + my_size;

	buf_write(to, mine, (size_t)(end - mine));
	buf_write(to, end + text_size,
		  my_size - (size_t)(end - mine) - text_size);
	at = to->length;
	buf_write(to, &head, sizeof(head));
	if (text)
		buf_write(to, text + 1, text_size - sizeof(head));
	for (size_t i = 0; more && i < moves->rows.count; i++)
		head.count += put_records(to, more, record, lines,
					  &moves->rows.items[i], by);
	memcpy(to->text + at, &head, sizeof(head));
	if (!head.count)
		to->length = at;
}

static struct link_bytes taken(struct arena *arena, struct buf *buf)
{
	size_t size = buf->length;

	return (struct link_bytes){ buf_take(buf, arena), size };
}

static struct link_bytes merge_places(struct arena *arena,
				      const struct link_types *program,
				      const struct link_types *library,
				      uint32_t text_name,
				      const struct link_moves *moves,
				      const struct shift *by)
{
	const struct ext_header *mine = (const void *)program->places.bytes;
	const struct ext_header *theirs = (const void *)library->places.bytes;
	const char *my_names = names_of((const void *)program->types.bytes);
	const char *their_names = names_of((const void *)library->types.bytes);
	const char *my_body = program->places.bytes + mine->header;
	const char *their_body = library->places.bytes + theirs->header;
	struct ext_header head = *mine;
	struct buf to = { 0 };

	head.header = sizeof(head);
	head.functions = 0;
	buf_write(&to, &head, sizeof(head));
	put_table(&to, my_body + mine->functions, mine->functions_size,
		  my_names, their_body + theirs->functions,
		  theirs->functions_size, their_names, false, text_name, moves,
		  by);
	head.functions_size = (uint32_t)(to.length - sizeof(head));
	head.lines = head.functions_size;
	put_table(&to, my_body + mine->lines, mine->lines_size, my_names,
		  their_body + theirs->lines, theirs->lines_size, their_names,
		  true, text_name, moves, by);
	head.lines_size = (uint32_t)(to.length - sizeof(head) - head.lines);
	memcpy(to.text, &head, sizeof(head));
	return taken(arena, &to);
}

/* ---- both ---- */

struct link_types link_merge_types(struct arena *arena,
				   const struct link_types *program,
				   const struct link_types *library,
				   const struct link_moves *moves)
{
	const struct btf_header *mine = (const void *)program->types.bytes;
	const struct btf_header *theirs = (const void *)library->types.bytes;
	const struct shift by = { type_count(mine), mine->str_len };
	struct btf_header head = *mine;
	struct buf to = { 0 };
	struct link_types ret;
	size_t at;

	head.hdr_len = sizeof(head);
	head.type_off = 0;
	head.type_len += theirs->type_len;
	head.str_off = head.type_len;
	/* behind the names of both, that of the section */
	head.str_len += theirs->str_len + sizeof(".text");
	buf_write(&to, &head, sizeof(head));
	buf_write(&to, types_of(mine), mine->type_len);
	at = to.length;
	buf_write(&to, types_of(theirs), theirs->type_len);
	shift_types(to.text + at, theirs->type_len, &by);
	buf_write(&to, names_of(mine), mine->str_len);
	buf_write(&to, names_of(theirs), theirs->str_len);
	buf_write(&to, ".text", sizeof(".text"));
	ret.types = taken(arena, &to);
	ret.places = merge_places(arena, program, library,
				  mine->str_len + theirs->str_len, moves, &by);
	return ret;
}
