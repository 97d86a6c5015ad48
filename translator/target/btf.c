/*
 * Types of the kernel: what the records of BTF mean.
 *
 * A type node refers to its record by layer and id; modifiers (const, typedef)
 * are followed when the node is made, the rest when it is asked for.
 */
#include "translator/target/btf.h"

#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/glob.h"
#include "translator/base/map.h"
#include "translator/target/btf-blob.h"

struct btf_types {
	struct ctype_source source;	/* first: types lead back here */
	struct arena *arena;
	VEC(struct btf_layer *) layers;	/* the kernel, then modules */
	VEC(const char *) modules;	/* the names of the latter */
	struct map found;	/* by kinds and name: struct finding */
};

/* What a search found: scripts ask for few names, and for each of them often. */
struct finding {
	struct btf_record record;
	bool found;
};

/* ---- opening ---- */

static const char *add_file(struct btf_types *btf, const char *path)
{
	struct btf_layer *layer = arena_new(btf->arena, struct btf_layer);
	const struct btf_layer *base = btf->layers.count ?
		btf->layers.items[0] : NULL;
	const char *reason = btf_layer_open(layer, base, path, btf->arena);

	if (!reason)
		*vec_push(btf->arena, &btf->layers) = layer;
	/* what was not there may be now */
	btf->found = (struct map){ 0 };
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
	struct btf_layer *layer = arena_new(arena, struct btf_layer);

	*ret_reason = btf_layer_parse(layer, NULL, bytes, size);
	if (*ret_reason)
		return NULL;
	*vec_push(arena, &btf->layers) = layer;
	return btf;
}

/* The layer of a module that was added, or for NULL the kernel's; or NULL. */
static struct btf_layer *module_layer(const struct btf_types *btf,
				      const char *module)
{
	if (!module)
		return btf->layers.items[0];
	for (size_t i = 0; i < btf->modules.count; i++)
		if (strcmp(btf->modules.items[i], module) == 0)
			return btf->layers.items[i + 1];
	return NULL;
}

bool btf_add_module_file(struct btf_types *btf, const char *module,
			 const char *path, const char **ret_reason)
{
	*ret_reason = NULL;
	if (module_layer(btf, module))
		return true;
	*ret_reason = add_file(btf, path);
	if (!*ret_reason)
		*vec_push(btf->arena, &btf->modules) =
			arena_strdup(btf->arena, module);
	return !*ret_reason;
}

bool btf_add_module(struct btf_types *btf, const char *module,
		    const char **ret_reason)
{
	if (strchr(module, '/')) {
		*ret_reason = "this is not the name of a module";
		return false;
	}
	return btf_add_module_file(btf, module,
				   arena_printf(btf->arena,
						"/sys/kernel/btf/%s", module),
				   ret_reason);
}

void btf_close(struct btf_types *btf)
{
	for (size_t i = 0; btf && i < btf->layers.count; i++)
		btf_layer_close(btf->layers.items[i]);
}

struct ctype_source *btf_source(struct btf_types *btf)
{
	return &btf->source;
}

static bool search_layers(struct btf_types *btf, const char *name,
			  unsigned int kinds, struct btf_record *ret_record)
{
	struct btf_record record;
	bool found = false;

	for (size_t i = 0; *name && i < btf->layers.count; i++)
		if (btf_layer_search(btf->layers.items[i], name, kinds, &record) &&
		    btf_take_match(&record, kinds, ret_record, &found))
			break;
	return found;
}

static bool search(struct btf_types *btf, const char *name, unsigned int kinds,
		   struct btf_record *ret_record)
{
	const char *key = arena_printf(btf->arena, "%x:%s", kinds, name);
	struct finding *finding = map_get(&btf->found, key);

	if (!finding) {
		finding = arena_new(btf->arena, struct finding);
		finding->found = search_layers(btf, name, kinds,
					       &finding->record);
		map_put(btf->arena, &btf->found, key, finding);
	}
	if (finding->found)
		*ret_record = finding->record;
	return finding->found;
}

/* ---- from records to types ---- */

static uint64_t make_reference(const struct btf_types *btf,
			       const struct btf_record *record)
{
	for (size_t i = 0; i < btf->layers.count; i++)
		if (btf->layers.items[i] == record->layer)
			return (uint64_t)i << 32 | record->id;
	return 0;
}

static bool follow_reference(const struct ctype *type,
			     struct btf_record *ret_record)
{
	struct btf_types *btf = (struct btf_types *)type->source;
	size_t layer = (size_t)(type->reference >> 32);

	return layer < btf->layers.count &&
	       btf_layer_find(btf->layers.items[layer], (uint32_t)type->reference,
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
static void note_modifier(struct ctype *type, const struct btf_record *record)
{
	if (type->alias)
		return;
	switch (btf_kind_of(record)) {
	case BTF_KIND_TYPEDEF:
		type->alias = btf_layer_text(record->layer, record->head.name_off);
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
static bool see_through(const struct btf_layer *layer, uint32_t id,
			struct ctype *type, struct btf_record *ret_record)
{
	for (int i = 0; i < BTF_DEEPEST; i++) {
		if (!btf_layer_find(layer, id, ret_record))
			return false;
		if (!is_modifier(btf_kind_of(ret_record)))
			return true;
		note_modifier(type, ret_record);
		id = ret_record->head.type;
	}
	return false;
}

static uint64_t size_of(const struct btf_layer *layer, uint32_t id, int depth)
{
	struct ctype ignored = { 0 };
	struct btf_record record;
	uint64_t size;

	if (depth > BTF_DEEPEST || !see_through(layer, id, &ignored, &record))
		return 0;
	switch (btf_kind_of(&record)) {
	case BTF_KIND_PTR:
		return 8;
	case BTF_KIND_ARRAY:
		size = size_of(layer, btf_word(record.rest), depth + 1);
		if (__builtin_mul_overflow(size, btf_word(record.rest + 8),
					   &size))
			return 0;
		return size;
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_ENUM64_RECORD:
		return record.head.size;
	}
	return 0;
}

static void set_int(struct ctype *type, const struct btf_record *record)
{
	uint32_t word = btf_word(record->rest);
	uint32_t encoding = word >> 24 & 0xf;

	type->kind = CTYPE_INT;
	type->is_signed = encoding & BTF_INT_SIGNED;
	type->is_bool = encoding & BTF_INT_BOOL;
	type->is_char = encoding & BTF_INT_CHAR ||
			(type->name && strcmp(type->name, "char") == 0);
}

/* Fills in all that the record itself tells. */
static void set_kind(struct ctype *type, const struct btf_record *record)
{
	type->name = btf_layer_text(record->layer, record->head.name_off);
	type->size = size_of(record->layer, record->id, 0);
	switch (btf_kind_of(record)) {
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
		type->count = btf_word(record->rest + 8);
		return;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		type->kind = btf_kind_of(record) == BTF_KIND_UNION ? CTYPE_UNION :
								 CTYPE_STRUCT;
		return;
	case BTF_KIND_FWD:
		type->kind = btf_has_flag(record) ? CTYPE_UNION : CTYPE_STRUCT;
		type->is_incomplete = true;
		return;
	case BTF_KIND_ENUM:
	case BTF_ENUM64_RECORD:
		type->kind = CTYPE_ENUM;
		type->is_signed = btf_has_flag(record);
		return;
	case BTF_KIND_FUNC_PROTO:
		type->kind = CTYPE_FUNCTION;
		return;
	}
	type->kind = CTYPE_VOID;
}

/* What is only declared here may be complete elsewhere. */
static void complete(struct btf_types *btf, struct btf_record *record)
{
	const char *name = btf_layer_text(record->layer, record->head.name_off);
	struct btf_record found;

	if (btf_kind_of(record) == BTF_KIND_FWD && name &&
	    search(btf, name, btf_kinds_of(record), &found))
		*record = found;
}

static struct ctype *type_of(struct btf_types *btf, const struct btf_layer *layer,
			     uint32_t id)
{
	struct ctype *type = ctype_void(&btf->source);
	struct btf_record record;

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
	struct btf_record record;

	if (!follow_reference(type, &record))
		return;
	switch (type->kind) {
	case CTYPE_POINTER:
	case CTYPE_FUNCTION:
		type->target = type_of(btf, record.layer, record.head.type);
		return;
	case CTYPE_ARRAY:
		type->target = type_of(btf, record.layer,
				       btf_word(record.rest));
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
			  const struct btf_layer *layer, uint32_t id)
{
	struct ctype ignored = { 0 };
	struct btf_record record;
	uint32_t word;

	if (!see_through(layer, id, &ignored, &record) ||
	    btf_kind_of(&record) != BTF_KIND_INT)
		return;
	word = btf_word(record.rest);
	if ((word & 0xff) == record.head.size * 8)
		return;
	member->bit_size = word & 0xff;
	member->bit_offset += word >> 16 & 0xff;
}

static void set_member(struct btf_types *btf, const struct btf_record *record,
		       const uint8_t *bytes, struct ctype_member *member)
{
	uint32_t offset = btf_word(bytes + 8);

	member->name = btf_layer_text(record->layer, btf_word(bytes));
	member->type = type_of(btf, record->layer, btf_word(bytes + 4));
	member->bit_offset = offset;
	if (btf_has_flag(record)) {
		member->bit_offset = offset & 0xffffff;
		member->bit_size = offset >> 24;
	} else {
		narrow_to_int(member, record->layer, btf_word(bytes + 4));
	}
	/* a load of 8 bytes must reach it all */
	if (member->bit_size > 57 &&
	    member->bit_offset % 8 + member->bit_size > 64)
		member->bit_size = 57;
}

static void load_fields(struct ctype *type, const struct btf_record *record)
{
	struct btf_types *btf = (struct btf_types *)type->source;
	uint32_t length = btf_length_of(record);

	if (btf_kind_of(record) == BTF_KIND_FWD)
		return;
	type->members = arena_array(btf->arena, struct ctype_member, length);
	type->member_count = length;
	for (uint32_t i = 0; i < length; i++)
		set_member(btf, record, record->rest + 12 * (size_t)i,
			   &type->members[i]);
}

/* Parameters; the last one of void and without a name stands for "...". */
static void load_parameters(struct ctype *type, const struct btf_record *record)
{
	struct btf_types *btf = (struct btf_types *)type->source;
	uint32_t length = btf_length_of(record);

	type->members = arena_array(btf->arena, struct ctype_member, length);
	for (uint32_t i = 0; i < length; i++) {
		const uint8_t *bytes = record->rest + 8 * (size_t)i;
		struct ctype_member *member = &type->members[i];

		if (i + 1 == length && !btf_word(bytes + 4)) {
			type->is_variadic = true;
			break;
		}
		member->name = btf_layer_text(record->layer, btf_word(bytes));
		member->type = type_of(btf, record->layer,
				       btf_word(bytes + 4));
		type->member_count++;
	}
}

static int64_t enumerator_value(const struct btf_record *record, uint32_t i)
{
	const uint8_t *bytes;

	if (btf_kind_of(record) == BTF_KIND_ENUM) {
		bytes = record->rest + 8 * (size_t)i + 4;
		return btf_has_flag(record) ? (int64_t)(int32_t)btf_word(bytes) :
					  (int64_t)btf_word(bytes);
	}
	bytes = record->rest + 12 * (size_t)i + 4;
	return (int64_t)((uint64_t)btf_word(bytes + 4) << 32 |
			 btf_word(bytes));
}

static uint32_t enumerator_name(const struct btf_record *record, uint32_t i)
{
	size_t step = btf_kind_of(record) == BTF_KIND_ENUM ? 8 : 12;

	return btf_word(record->rest + step * i);
}

static void load_enumerators(struct ctype *type, const struct btf_record *record)
{
	uint32_t length = btf_length_of(record);

	type->enumerators = arena_array(type->source->arena,
					struct ctype_enumerator, length);
	type->member_count = length;
	for (uint32_t i = 0; i < length; i++) {
		const char *name = btf_layer_text(record->layer,
					   enumerator_name(record, i));

		type->enumerators[i].name = name ? name : "";
		type->enumerators[i].value = enumerator_value(record, i);
	}
}

static void load_members(struct ctype *type)
{
	struct btf_record record;

	if (!follow_reference(type, &record))
		return;
	if (type->kind == CTYPE_FUNCTION)
		load_parameters(type, &record);
	else if (type->kind == CTYPE_ENUM)
		load_enumerators(type, &record);
	else
		load_fields(type, &record);
}

/* ---- what users ask for ---- */

struct ctype *btf_find(struct btf_types *btf, const char *name,
		       unsigned int kinds)
{
	struct btf_record record;

	if (!search(btf, name, kinds, &record))
		return NULL;
	return type_of(btf, record.layer, record.id);
}

static bool enumerator_in(const struct btf_layer *layer, const uint32_t *offsets,
			  int count, int64_t *ret_value)
{
	struct btf_record record;

	for (uint32_t i = 0; i < layer->count; i++) {
		btf_layer_read(layer, i, &record);
		if (btf_kind_of(&record) != BTF_KIND_ENUM &&
		    btf_kind_of(&record) != BTF_ENUM64_RECORD)
			continue;
		for (uint32_t k = 0; k < btf_length_of(&record); k++) {
			if (!btf_is_among(enumerator_name(&record, k), offsets,
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
	uint32_t offsets[BTF_SPELLINGS];

	for (size_t i = 0; *name && i < btf->layers.count; i++) {
		struct btf_layer *layer = btf->layers.items[i];
		int count = btf_layer_spellings(layer, name, offsets);

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

struct ctype *btf_own_function(struct btf_types *btf, const char *module,
			       const char *name, bool *ret_is_global)
{
	struct btf_layer *layer = module_layer(btf, module);
	struct btf_record record;
	struct ctype *type;

	if (!layer || !*name ||
	    !btf_layer_search(layer, name, BTF_FUNCTIONS, &record))
		return NULL;
	if (ret_is_global)
		*ret_is_global = btf_length_of(&record) == BTF_FUNC_GLOBAL;
	type = type_of(btf, record.layer, record.id);
	return type->kind == CTYPE_FUNCTION ? type : NULL;
}

/* ---- lists ---- */

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

/* Adds the names of a layer's records of a kind that begin with @prefix; the
 * rest of the name is matched. */
static void list_layer(struct btf_types *btf, const struct btf_layer *layer,
		       int kind, const char *prefix, const char *pattern,
		       struct btf_names *names)
{
	size_t length = strlen(prefix);

	for (uint32_t i = 0; i < layer->count; i++) {
		struct btf_record record;
		const char *name;

		btf_layer_read(layer, i, &record);
		if (btf_kind_of(&record) != kind)
			continue;
		name = btf_layer_text(layer, record.head.name_off);
		if (name && strncmp(name, prefix, length) == 0 &&
		    glob_match(pattern, name + length))
			*vec_push(btf->arena, &names->names) = name + length;
	}
}

static void list(struct btf_types *btf, int kind, const char *prefix,
		 const char *pattern, struct btf_names *ret_names)
{
	memset(ret_names, 0, sizeof(*ret_names));
	for (size_t i = 0; i < btf->layers.count; i++)
		list_layer(btf, btf->layers.items[i], kind, prefix, pattern,
			   ret_names);
	sort_names(ret_names);
}

void btf_list_tracepoints(struct btf_types *btf, const char *pattern,
			  struct btf_names *ret_names)
{
	list(btf, BTF_KIND_TYPEDEF, "btf_trace_", pattern, ret_names);
}

void btf_list_functions(struct btf_types *btf, const char *pattern,
			struct btf_names *ret_names)
{
	list(btf, BTF_KIND_FUNC, "", pattern, ret_names);
}

void btf_list_own_functions(struct btf_types *btf, const char *module,
			    const char *pattern, struct btf_names *ret_names)
{
	const struct btf_layer *layer = module_layer(btf, module);

	memset(ret_names, 0, sizeof(*ret_names));
	if (layer)
		list_layer(btf, layer, BTF_KIND_FUNC, "", pattern, ret_names);
	sort_names(ret_names);
}
