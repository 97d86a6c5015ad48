/* Types as C writes them ("unsigned long", "struct file **"), found in BTF. */
#include <string.h>

#include "translator/target/btf.h"
#include "translator/target/type-text.h"

/* clang's names differ: "unsigned long", "short". */
static struct ctype *find_base(struct btf_types *btf,
			       const struct type_text *text)
{
	struct ctype *type = btf_find(btf, text->name, BTF_BASES);

	if (!type) {
		type = type_text_base(btf_source(btf), text);
		type->is_char = false;
	}
	type->is_char |= strcmp(text->name, "char") == 0;
	return type;
}

static unsigned int kinds_of(enum type_keyword keyword)
{
	switch (keyword) {
	case TYPE_ANY:
		return 0;
	case TYPE_STRUCT:
		return BTF_STRUCTS;
	case TYPE_UNION:
		return BTF_UNIONS;
	case TYPE_ENUM:
		return BTF_ENUMS;
	}
	return 0;
}

static struct ctype *find_named(struct btf_types *btf, const char *name,
				unsigned int kinds)
{
	static const unsigned int order[] = {
		BTF_STRUCTS, BTF_UNIONS, BTF_TYPEDEFS, BTF_ENUMS, BTF_BASES,
	};

	if (kinds)
		return btf_find(btf, name, kinds);
	if (strcmp(name, "void") == 0)
		return ctype_void(btf_source(btf));
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		struct ctype *type = btf_find(btf, name, order[i]);

		if (type)
			return type;
	}
	return NULL;
}

struct ctype *btf_find_text(struct btf_types *btf, const char *text)
{
	struct type_text parts;
	struct ctype *type;

	if (!type_text_read(btf_source(btf)->arena, text, &parts))
		return NULL;
	type = parts.is_base ? find_base(btf, &parts) :
	       find_named(btf, parts.name, kinds_of(parts.keyword));
	return type_text_finish(type, &parts);
}
