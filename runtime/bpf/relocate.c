/*
 * Offsets that depend on the kernel: each path of the manifest is looked up in
 * the running kernel's BTF. The BTF (some megabytes) is read only when there is
 * a path, and released before the object is loaded.
 */
#include "runtime/bpf/relocate.h"

#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/bpf/kernel-types.h"
#include "runtime/common/identity.h"
#include "runtime/common/kernel-build.h"
#include "runtime/common/manifest.h"
#include "runtime/kmod/user/insert.h"

enum { MOST_NESTING = 32 };

/* Where a path has led to so far. */
struct place {
	uint32_t type;
	uint64_t bits;		/* from the last pointer, or the start */
	unsigned int width;	/* of a bit-field; 0: none */
};

static const struct btf_type *plain_type(const struct kernel_types *types,
					 uint32_t *id)
{
	const struct btf_type *type = kernel_type(types, *id);

	for (int i = 0; type && i < MOST_NESTING &&
	     (btf_is_mod(type) || btf_is_typedef(type) ||
	      btf_is_type_tag(type)); i++) {
		*id = type->type;
		type = kernel_type(types, *id);
	}
	return type;
}

/* The member @name of the struct or union at @place, also of one without a
 * name inside it. @place is moved there. */
static bool enter_member(const struct kernel_types *types,
			 struct place *place, const char *name, int depth)
{
	uint32_t id = place->type;
	const struct btf_type *type = plain_type(types, &id);

	if (!type || !btf_is_composite(type) || depth > MOST_NESTING)
		return false;
	const struct btf_member *member = btf_members(type);

	for (unsigned int i = 0; i < btf_vlen(type); i++) {
		const char *found = kernel_types_text(types,
						      member[i].name_off);
		struct place inside = {
			.type = member[i].type,
			.bits = place->bits + btf_member_bit_offset(type, i),
			.width = btf_member_bitfield_size(type, i),
		};

		if (*found ? strcmp(found, name) :
		    !enter_member(types, &inside, name, depth + 1))
			continue;
		*place = inside;
		return true;
	}
	return false;
}

/* A step through a pointer starts offsets anew; arrays stand for their first
 * element. */
static void follow(const struct kernel_types *types, struct place *place)
{
	uint32_t id = place->type;
	const struct btf_type *type = plain_type(types, &id);

	if (type && btf_is_array(type)) {
		id = btf_array(type)->type;
		type = plain_type(types, &id);
	}
	if (type && btf_is_ptr(type)) {
		id = type->type;
		place->bits = 0;
		plain_type(types, &id);
	}
	place->type = id;
}

static int complain(char **ret_error, const char *what, const char *path)
{
	if (asprintf(ret_error, "this kernel has no %s '%s', which the script "
		     "needs: it was compiled for another kernel", what,
		     path) < 0)
		*ret_error = NULL;
	return -1;
}

/* The struct that a path begins with, or 0. */
static uint32_t find_root(const struct kernel_types *types, const char *path)
{
	char name[256];
	uint32_t id;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(path, "."), path);
	id = kernel_type_named(types, name, BTF_KIND_STRUCT);
	return id ? id : kernel_type_named(types, name, BTF_KIND_UNION);
}

/* The types of a loaded module that has that struct; the caller closes them. */
static struct kernel_types *find_module(const struct kernel_types *kernel,
					const char *path)
{
	DIR *folder = opendir("/sys/kernel/btf");
	struct kernel_types *module = NULL;
	struct dirent *entry;

	while (folder && !module && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.' ||
		    !strcmp(entry->d_name, "vmlinux"))
			continue;
		module = kernel_types_open(entry->d_name, kernel);
		if (module && !find_root(module, path)) {
			kernel_types_close(module);
			module = NULL;
		}
	}
	if (folder)
		closedir(folder);
	return module;
}

static int find(const struct kernel_types *types, const char *path,
		struct place *place, char **ret_error)
{
	char name[256];
	size_t length = strcspn(path, ".");
	uint32_t id = find_root(types, path);

	if (!id) {
		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		return complain(ret_error, "struct", name);
	}
	*place = (struct place){ .type = id };
	for (const char *at = path + length; *at; at += length) {
		at++;
		length = strcspn(at, ".");
		snprintf(name, sizeof(name), "%.*s", (int)length, at);
		follow(types, place);
		if (!enter_member(types, place, name, 0))
			return complain(ret_error, "member", path);
	}
	return 0;
}

/* Writes byte offset and, for bit-fields, the shifts of a 64-bit load. */
static void store(uint64_t *slot, const struct place *place)
{
	uint64_t byte = place->bits / 8;

	if (place->width) {
		byte = place->bits / 64 * 8;
		if (place->bits + place->width > (byte + 8) * 8)
			byte = place->bits / 8;
		unsigned int shift = place->bits - byte * 8;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		slot[1] = 64 - shift - place->width;
#else
		slot[1] = shift;
#endif
		slot[2] = 64 - place->width;
	}
	slot[0] = byte;
}

/* A file: who it is on this machine. */
static int find_file(const char *path, uint64_t *slot, char **ret_error)
{
	struct file_identity identity;

	if (!file_identify(path, 0, &identity)) {
		if (asprintf(ret_error, "this machine has no '%s', which the "
			     "script probes", path) < 0)
			*ret_error = NULL;
		return -1;
	}
	slot[0] = identity.inode;
	slot[1] = identity.device;
	slot[2] = identity.mapped_device;
	return 0;
}

/* "ID:MODULE:NAME": the address of a symbol, in this build. */
static int find_symbol(const char *path, uint64_t *slot, char **ret_error)
{
	char id[KERNEL_BUILD_TEXT] = "", module[128] = "";
	char running[KERNEL_BUILD_TEXT];
	const char *of = strchr(path, ':');
	const char *name = of ? strchr(of + 1, ':') : NULL;

	if (!name)
		return complain(ret_error, "symbol", path);
	snprintf(id, sizeof(id), "%.*s", (int)(of - path), path);
	snprintf(module, sizeof(module), "%.*s", (int)(name - of - 1), of + 1);
	if (*id && kernel_build_id(*module ? module : NULL, running) &&
	    strcmp(id, running))
		return complain(ret_error, "data of the build", id);
	slot[0] = kernel_symbol_address(*module ? module : NULL, name + 1);
	return slot[0] ? 0 : complain(ret_error, "symbol", name + 1);
}

/* The three words of one path. */
static int fill(const struct kernel_types *types, const char *path,
		uint64_t *slot, char **ret_error)
{
	static const char file[] = "file:", symbol[] = "symbol:";
	struct kernel_types *module = NULL;
	struct place place;
	int result;

	if (!strncmp(path, file, sizeof(file) - 1))
		return find_file(path + sizeof(file) - 1, slot, ret_error);
	if (!strncmp(path, symbol, sizeof(symbol) - 1))
		return find_symbol(path + sizeof(symbol) - 1, slot, ret_error);
	if (!find_root(types, path))
		module = find_module(types, path);
	result = find(module ? module : types, path, &place, ret_error);
	kernel_types_close(module);
	if (!result)
		store(slot, &place);
	return result;
}

static struct kernel_types *kernel_types(char **ret_error)
{
	struct kernel_types *types = kernel_types_open(NULL, NULL);

	if (types)
		return types;
	if (asprintf(ret_error, "this kernel offers no type information "
		     "(/sys/kernel/btf/vmlinux): the script reads kernel "
		     "structures and cannot run here") < 0)
		*ret_error = NULL;
	return NULL;
}

/* The initial value of the offsets, NULL when the object has none. */
static char *read_only_data(struct bpf_object *object, size_t *ret_size)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		if (!strcmp(bpf_map__name(map), ".rodata.spile_relocs"))
			return (char *)bpf_map__initial_value(map, ret_size);
	}
	return NULL;
}

int relocate(struct bpf_object *object, const struct manifest *manifest,
	     char **ret_error)
{
	size_t size = 0;
	int result = 0;

	if (!manifest->reloc_count)
		return 0;
	char *data = read_only_data(object, &size);

	if (!data) {
		if (asprintf(ret_error, "the object is damaged: it has no "
			     "read-only data") < 0)
			*ret_error = NULL;
		return -1;
	}

	struct kernel_types *types = kernel_types(ret_error);

	if (!types)
		return -1;
	for (size_t i = 0; i < manifest->reloc_count && !result; i++) {
		const struct manifest_reloc *reloc = &manifest->relocs[i];
		uint64_t slot[3] = { 0 };
		size_t room = size - reloc->offset;

		if (reloc->offset > size || room < sizeof(slot[0])) {
			result = complain(ret_error, "place for", reloc->path);
			break;
		}
		if (room > sizeof(slot))
			room = sizeof(slot);
		memcpy(slot, data + reloc->offset, room);
		result = fill(types, reloc->path, slot, ret_error);
		if (result)
			break;
		memcpy(data + reloc->offset, slot, room);
	}
	kernel_types_close(types);
	return result;
}

int relocate_module(int device, const struct manifest *manifest,
		    char **ret_error)
{
	struct kernel_types *types;
	int result = 0;

	if (!manifest->reloc_count)
		return 0;
	types = kernel_types(ret_error);
	if (!types)
		return -1;
	for (size_t i = 0; i < manifest->reloc_count && !result; i++) {
		const char *path = manifest->relocs[i].path;
		uint64_t slot[3] = { 0 };

		result = fill(types, path, slot, ret_error);
		if (result)
			break;
		if (insert_relocate(device, i, slot))
			result = complain(ret_error, "place for", path);
	}
	kernel_types_close(types);
	return result;
}
