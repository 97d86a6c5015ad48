/* Types as C writes them ("unsigned long", "struct file **"), found in BTF. */
#include <ctype.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/target/btf.h"

enum { LONGEST_WORD = 256 };

struct spelling {
	unsigned int kinds;	/* by the keyword; 0: none was there */
	struct buf name;	/* words of the name, one space between */
	bool is_const, is_volatile;
	/* words of a base type, counted */
	int is_signed, is_unsigned, longs, shorts, ints, chars, others;
	int stars;
};

static void add_word(struct spelling *spelling, const char *word)
{
	if (spelling->name.length)
		buf_putc(&spelling->name, ' ');
	buf_puts(&spelling->name, word);
	if (strcmp(word, "signed") == 0)
		spelling->is_signed++;
	else if (strcmp(word, "unsigned") == 0)
		spelling->is_unsigned++;
	else if (strcmp(word, "long") == 0)
		spelling->longs++;
	else if (strcmp(word, "short") == 0)
		spelling->shorts++;
	else if (strcmp(word, "int") == 0)
		spelling->ints++;
	else if (strcmp(word, "char") == 0)
		spelling->chars++;
	else
		spelling->others++;
}

static void take_word(struct spelling *spelling, const char *word)
{
	static const struct {
		const char *keyword;
		unsigned int kinds;
	} keywords[] = {
		{ "struct", BTF_STRUCTS },
		{ "union", BTF_UNIONS },
		{ "enum", BTF_ENUMS },
	};

	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (!spelling->kinds && !spelling->name.length &&
		    strcmp(word, keywords[i].keyword) == 0) {
			spelling->kinds = keywords[i].kinds;
			return;
		}
	if (strcmp(word, "const") == 0)
		spelling->is_const = true;
	else if (strcmp(word, "volatile") == 0)
		spelling->is_volatile = true;
	else
		add_word(spelling, word);
}

/* False for what is more than words and stars. */
static bool read_spelling(const char *text, struct spelling *spelling)
{
	char word[LONGEST_WORD];

	while (*text) {
		size_t length = 0;

		while (isalnum((unsigned char)text[length]) ||
		       text[length] == '_')
			length++;
		if (length >= sizeof(word))
			return false;
		if (length) {
			memcpy(word, text, length);
			word[length] = '\0';
			if (!spelling->stars)
				take_word(spelling, word);
			else if (strcmp(word, "const") != 0)
				return false;
			text += length;
		} else if (*text == '*') {
			spelling->stars++;
			text++;
		} else if (isspace((unsigned char)*text)) {
			text++;
		} else {
			return false;
		}
	}
	return spelling->name.length;
}

/* The compilers' own name of an integer type, whatever order it is in; NULL
 * if the words are none. */
static const char *base_name(const struct spelling *spelling)
{
	bool is_unsigned = spelling->is_unsigned;

	if (spelling->others || spelling->kinds)
		return NULL;
	if (spelling->chars)
		return is_unsigned ? "unsigned char" :
		       spelling->is_signed ? "signed char" : "char";
	if (spelling->shorts)
		return is_unsigned ? "short unsigned int" : "short int";
	if (spelling->longs > 1)
		return is_unsigned ? "long long unsigned int" :
				     "long long int";
	if (spelling->longs)
		return is_unsigned ? "long unsigned int" : "long int";
	return is_unsigned ? "unsigned int" : "int";
}

/* clang's names differ: "unsigned long", "short". */
static struct ctype *find_base(struct btf_types *btf, const char *base,
			       const struct spelling *spelling)
{
	struct ctype *type = btf_find(btf, base, BTF_BASES);
	uint32_t size = spelling->chars ? 1 : spelling->shorts ? 2 :
			spelling->longs ? 8 : 4;

	if (!type)
		type = ctype_int(btf_source(btf), base, size,
				 !spelling->is_unsigned);
	type->is_char |= strcmp(base, "char") == 0;
	return type;
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
	struct spelling spelling = { 0 };
	struct ctype *type = NULL;

	if (read_spelling(text, &spelling)) {
		const char *base = base_name(&spelling);

		type = base ? find_base(btf, base, &spelling) :
			      find_named(btf, buf_text(&spelling.name),
					 spelling.kinds);
	}
	buf_free(&spelling.name);
	if (!type)
		return NULL;
	type->is_const |= spelling.is_const;
	type->is_volatile |= spelling.is_volatile;
	for (int i = 0; i < spelling.stars; i++)
		type = ctype_pointer_to(type);
	return type;
}
