/* Types as C writes them, taken apart. */
#include "translator/target/type-text.h"

#include <ctype.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/target/ctype.h"

enum { LONGEST_WORD = 256, MOST_STARS = 16 };

struct spelling {
	struct buf name;	/* words of the name, one space between */
	/* words of a base type, counted */
	int is_signed, is_unsigned, longs, shorts, ints, chars, others;
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

static bool take_keyword(struct type_text *text, const char *word)
{
	static const struct {
		const char *word;
		enum type_keyword keyword;
	} keywords[] = {
		{ "struct", TYPE_STRUCT }, { "class", TYPE_STRUCT },
		{ "union", TYPE_UNION }, { "enum", TYPE_ENUM },
	};

	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (strcmp(word, keywords[i].word) == 0) {
			text->keyword = keywords[i].keyword;
			return true;
		}
	return false;
}

static void take_word(struct type_text *text, struct spelling *spelling,
		      const char *word)
{
	if (!text->keyword && !spelling->name.length && take_keyword(text, word))
		return;
	if (strcmp(word, "const") == 0)
		text->is_const = true;
	else if (strcmp(word, "volatile") == 0)
		text->is_volatile = true;
	else
		add_word(spelling, word);
}

/* A word: letters, digits, "::" and "." between names, template arguments. */
static size_t word_length(const char *text)
{
	size_t length = 0;
	int depth = 0;

	while (text[length]) {
		char c = text[length];

		if (c == '<')
			depth++;
		else if (c == '>' && depth > 0)
			depth--;
		else if (!depth && !isalnum((unsigned char)c) && c != '_' &&
			 c != ':' && c != '$' && c != '.')
			break;
		length++;
	}
	return length;
}

static bool read_words(const char *at, struct type_text *text,
		       struct spelling *spelling)
{
	char word[LONGEST_WORD];

	while (*at) {
		size_t length = word_length(at);

		if (length >= sizeof(word) || text->stars > MOST_STARS)
			return false;
		if (length) {
			memcpy(word, at, length);
			word[length] = '\0';
			if (!text->stars)
				take_word(text, spelling, word);
			else if (strcmp(word, "const") != 0)
				return false;
			at += length;
		} else if (*at == '*') {
			text->stars++;
			at++;
		} else if (isspace((unsigned char)*at)) {
			at++;
		} else {
			return false;
		}
	}
	return spelling->name.length;
}

/* The compilers' own name of an integer type; NULL if the words are none. */
static const char *base_name(const struct spelling *spelling)
{
	bool is_unsigned = spelling->is_unsigned;

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

static void set_base(struct type_text *text, const struct spelling *spelling)
{
	text->is_base = true;
	text->name = base_name(spelling);
	text->base_size = spelling->chars ? 1 : spelling->shorts ? 2 :
			  spelling->longs ? 8 : 4;
	text->base_is_signed = !spelling->is_unsigned;
}

bool type_text_read(struct arena *arena, const char *text,
		    struct type_text *ret_text)
{
	struct spelling spelling = { 0 };
	bool ok;

	memset(ret_text, 0, sizeof(*ret_text));
	ok = read_words(text, ret_text, &spelling);
	if (ok && !spelling.others && !ret_text->keyword)
		set_base(ret_text, &spelling);
	else
		ret_text->name = arena_strdup(arena, buf_text(&spelling.name));
	buf_free(&spelling.name);
	return ok;
}

struct ctype *type_text_base(struct ctype_source *source,
			     const struct type_text *text)
{
	uint32_t size = text->base_size;
	struct ctype *type;

	/* only "long" follows the size of pointers */
	if (strstr(text->name, "long") && !strstr(text->name, "long long"))
		size = source->pointer_size;
	type = ctype_int(source, text->name, size, text->base_is_signed);
	type->is_char = size == 1;
	return type;
}

struct ctype *type_text_finish(struct ctype *type, const struct type_text *text)
{
	if (!type)
		return NULL;
	type->is_const |= text->is_const;
	type->is_volatile |= text->is_volatile;
	for (int i = 0; i < text->stars; i++)
		type = ctype_pointer_to(type);
	return type;
}
