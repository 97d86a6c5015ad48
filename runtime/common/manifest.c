/*
 * The text form of a manifest (see manifest.h), one item a line:
 *
 *	spile 3 pairs P session S formats F sites I globals G probes B relocs R
 *	pair "key" "value"			S times: the session's
 *	format "text"				F times
 *	site "identifier" "place"		I times
 *	global "name" TYPE OFFSET ROOM HIST START STOP STEP VALUE SIZE PARTS
 *		SHIFT "keys"			G times, each on one line
 *	probe "kind" "program" "name" N		B times, each followed by
 *	pair "key" "value"			N times
 *	reloc "path" OFFSET			R times
 *	end
 *
 * P is the number of all pairs. Texts stand in double quotes; a backslash, a
 * quote and bytes that are not printable ASCII are escaped (\\ \" \n \t \xHH).
 * Lines of text and not a binary form, so that a person can read what an
 * object says of itself (readelf -p .spile).
 *
 * The parser trusts nothing: the counts in the first line are held against the
 * size of the text before anything is allocated, so the block that is made is
 * never much larger than the text.
 */
#include "runtime/common/manifest.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- pairs ---- */

size_t manifest_next_key(const char **keys)
{
	const char *at = *keys;
	size_t room = *at == 't' ? strtoull(at + 1, NULL, 10) : 0;

	at += strcspn(at, " ");
	*keys = at + (*at == ' ');
	return room;
}

const char *manifest_pair_get(const struct manifest_pairs *pairs,
			      const char *key)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (!strcmp(pairs->items[i].key, key))
			return pairs->items[i].value;
	return NULL;
}

long long manifest_pair_number(const struct manifest_pairs *pairs,
			       const char *key, long long missing)
{
	const char *value = manifest_pair_get(pairs, key);
	char *end;

	if (!value || !*value)
		return missing;
	long long number = strtoll(value, &end, 0);
	return *end ? missing : number;
}

/* ---- printing ---- */

static void print_text(FILE *out, const char *text)
{
	fputs(" \"", out);
	for (; text && *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c == '\t')
			fputs("\\t", out);
		else if (c < ' ' || c > '~')
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void print_texts(FILE *out, const char *word, const char *a,
			const char *b)
{
	fputs(word, out);
	print_text(out, a);
	if (b)
		print_text(out, b);
	fputc('\n', out);
}

static void print_pairs(FILE *out, const struct manifest_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++)
		print_texts(out, "pair", pairs->items[i].key,
			    pairs->items[i].value ? pairs->items[i].value : "");
}

static void print_head(FILE *out, const struct manifest *manifest)
{
	size_t pairs = manifest->session.count;

	for (size_t i = 0; i < manifest->probe_count; i++)
		pairs += manifest->probes[i].pairs.count;
	fprintf(out, "spile %d pairs %zu session %zu formats %zu sites %zu "
		"globals %zu probes %zu relocs %zu\n", MANIFEST_VERSION, pairs,
		manifest->session.count, manifest->format_count,
		manifest->site_count, manifest->global_count,
		manifest->probe_count, manifest->reloc_count);
}

static void print_global(FILE *out, const struct manifest_global *global)
{
	fputs("global", out);
	print_text(out, global->name);
	fprintf(out, " %c %" PRIu64 " %" PRIu64 " %d %" PRId64 " %" PRId64
		" %" PRId64, global->type, global->offset, global->room,
		global->hist, global->start, global->stop, global->step);
	fprintf(out, " %c %" PRIu64 " %" PRIu64 " %" PRIu64, global->value,
		global->size, global->parts, global->shift);
	print_text(out, global->keys);
	fputc('\n', out);
}

static void print_probe(FILE *out, const struct manifest_probe *probe)
{
	fputs("probe", out);
	print_text(out, probe->kind);
	print_text(out, probe->program);
	print_text(out, probe->name);
	fprintf(out, " %zu\n", probe->pairs.count);
	print_pairs(out, &probe->pairs);
}

char *manifest_print(const struct manifest *manifest)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_head(out, manifest);
	print_pairs(out, &manifest->session);
	for (size_t i = 0; i < manifest->format_count; i++)
		print_texts(out, "format", manifest->formats[i], NULL);
	for (size_t i = 0; i < manifest->site_count; i++)
		print_texts(out, "site", manifest->sites[i].identifier,
			    manifest->sites[i].place ?
			    manifest->sites[i].place : "");
	for (size_t i = 0; i < manifest->global_count; i++)
		print_global(out, &manifest->globals[i]);
	for (size_t i = 0; i < manifest->probe_count; i++)
		print_probe(out, &manifest->probes[i]);
	for (size_t i = 0; i < manifest->reloc_count; i++) {
		fputs("reloc", out);
		print_text(out, manifest->relocs[i].path);
		fprintf(out, " %" PRIu64 "\n", manifest->relocs[i].offset);
	}
	fputs("end\n", out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* ---- parsing ---- */

/* Where the parser stands. The first failure sticks; later steps do nothing. */
struct scan {
	const char *at;
	const char *end;
	char *strings;			/* free room for unescaped texts */
	struct manifest_pair *pairs;	/* free pairs */
	size_t pairs_left;
	const char *reason;
};

static void fail(struct scan *scan, const char *reason)
{
	if (!scan->reason)
		scan->reason = reason;
	scan->at = scan->end;
}

static bool eat(struct scan *scan, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(scan->end - scan->at) < length ||
	    memcmp(scan->at, word, length)) {
		fail(scan, "the description in the object is damaged");
		return false;
	}
	scan->at += length;
	return true;
}

/* Decimal digits after one character that the caller has seen or wants to be
 * skipped (a blank or a minus); at most @most. */
static uint64_t digits(struct scan *scan, uint64_t most)
{
	const char *from = ++scan->at;
	uint64_t value = 0;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9') {
		unsigned int digit = *scan->at++ - '0';

		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value) ||
		    value > most) {
			fail(scan, "a number in the object is too large");
			return 0;
		}
	}
	if (scan->at == from) {
		fail(scan, "a number in the object is missing");
		return 0;
	}
	return value;
}

static uint64_t number(struct scan *scan, uint64_t most)
{
	if (scan->at == scan->end || *scan->at != ' ') {
		fail(scan, "a number in the object is missing");
		return 0;
	}
	return digits(scan, most);
}

static int64_t signed_number(struct scan *scan)
{
	uint64_t value;

	if (scan->end - scan->at < 2 || scan->at[1] != '-')
		return number(scan, INT64_MAX);
	scan->at++;
	value = digits(scan, (uint64_t)INT64_MAX + 1);
	return (int64_t)(0 - value);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* One escape after its backslash; 0 when it is none. */
static char escape(struct scan *scan)
{
	char c = scan->at < scan->end ? *scan->at++ : 0;

	switch (c) {
	case '\\':
	case '"':
		return c;
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'x':
		break;
	default:
		return 0;
	}
	if (scan->end - scan->at < 2)
		return 0;
	int high = hex_digit(scan->at[0]), low = hex_digit(scan->at[1]);

	scan->at += 2;
	return high < 0 || low < 0 ? 0 : (char)(high << 4 | low);
}

/* A quoted text. It takes no more room than its quoted form, so the strings
 * never leave the room of the size of the whole text. */
static const char *text(struct scan *scan)
{
	char *from = scan->strings;

	if (!eat(scan, " \""))
		return "";
	while (scan->at < scan->end && *scan->at != '"') {
		char c = *scan->at++;

		if (c == '\\')
			c = escape(scan);
		else if (c == '\n')
			c = 0;
		if (!c) {
			fail(scan, "a text in the object is damaged");
			return "";
		}
		*scan->strings++ = c;
	}
	if (!eat(scan, "\""))
		return "";
	*scan->strings++ = 0;
	return from;
}

static void parse_pairs(struct scan *scan, struct manifest_pairs *pairs,
			size_t count)
{
	if (count > scan->pairs_left) {
		fail(scan, "the counts in the object do not agree");
		return;
	}
	pairs->items = scan->pairs;
	pairs->count = count;
	scan->pairs += count;
	scan->pairs_left -= count;
	for (size_t i = 0; i < count; i++) {
		eat(scan, "pair");
		pairs->items[i].key = text(scan);
		pairs->items[i].value = text(scan);
		eat(scan, "\n");
	}
}

/* The letter of a type. */
static char letter(struct scan *scan, const char *known)
{
	char found;

	eat(scan, " ");
	found = scan->at < scan->end ? *scan->at++ : 0;
	if (!found || !strchr(known, found))
		fail(scan, "a global in the object has no known type");
	return found;
}

static void parse_global(struct scan *scan, struct manifest_global *global)
{
	eat(scan, "global");
	global->name = text(scan);
	global->type = letter(scan, "ltsa");
	global->offset = number(scan, UINT32_MAX);
	global->room = number(scan, UINT32_MAX);
	global->hist = number(scan, 2);
	global->start = signed_number(scan);
	global->stop = signed_number(scan);
	global->step = signed_number(scan);
	global->value = letter(scan, "lts");
	global->size = number(scan, UINT32_MAX);
	global->parts = number(scan, UINT8_MAX);
	global->shift = number(scan, UINT8_MAX);
	global->keys = text(scan);
	eat(scan, "\n");
}

static void parse_probe(struct scan *scan, struct manifest_probe *probe)
{
	eat(scan, "probe");
	probe->kind = text(scan);
	probe->program = text(scan);
	probe->name = text(scan);
	size_t count = number(scan, SIZE_MAX);

	eat(scan, "\n");
	parse_pairs(scan, &probe->pairs, count);
}

static void parse_items(struct scan *scan, struct manifest *manifest,
			size_t session)
{
	parse_pairs(scan, &manifest->session, session);
	for (size_t i = 0; i < manifest->format_count; i++) {
		eat(scan, "format");
		manifest->formats[i] = text(scan);
		eat(scan, "\n");
	}
	for (size_t i = 0; i < manifest->site_count; i++) {
		eat(scan, "site");
		manifest->sites[i].identifier = text(scan);
		manifest->sites[i].place = text(scan);
		eat(scan, "\n");
	}
	for (size_t i = 0; i < manifest->global_count; i++)
		parse_global(scan, &manifest->globals[i]);
	for (size_t i = 0; i < manifest->probe_count; i++)
		parse_probe(scan, &manifest->probes[i]);
	for (size_t i = 0; i < manifest->reloc_count; i++) {
		eat(scan, "reloc");
		manifest->relocs[i].path = text(scan);
		manifest->relocs[i].offset = number(scan, UINT32_MAX);
		eat(scan, "\n");
	}
	eat(scan, "end\n");
	if (scan->pairs_left)
		fail(scan, "the counts in the object do not agree");
	/* what a compiler or linker pads a section with */
	while (scan->at < scan->end && !*scan->at)
		scan->at++;
	if (scan->at != scan->end)
		fail(scan, "the description in the object is damaged");
}

static size_t counted(struct scan *scan, const char *word, size_t size,
		      size_t *total)
{
	/* an item takes at least 8 bytes of text: this bounds the sum */
	size_t count = eat(scan, word) ?
		number(scan, (size_t)(scan->end - scan->at) / 8) : 0;

	*total += count * size;
	return count;
}

static void *take(char **room, size_t size)
{
	void *at = *room;

	*room += size;
	return at;
}

struct manifest *manifest_parse(const char *from, size_t size,
				const char **ret_reason)
{
	struct scan scan = { .at = from, .end = from + size };
	struct manifest head = { 0 };
	size_t total = sizeof(head) + size + 1;

	if (size < 6 || memcmp(from, "spile ", 6)) {
		*ret_reason = "it was not made by spile";
		return NULL;
	}
	scan.at += 5;
	if (number(&scan, UINT32_MAX) != MANIFEST_VERSION)
		fail(&scan, "it was made by another version of spile");
	size_t pairs = counted(&scan, " pairs", sizeof(struct manifest_pair),
			       &total);
	size_t session = counted(&scan, " session", 0, &total);

	head.format_count = counted(&scan, " formats", sizeof(char *), &total);
	head.site_count = counted(&scan, " sites", sizeof(*head.sites), &total);
	head.global_count = counted(&scan, " globals", sizeof(*head.globals),
				    &total);
	head.probe_count = counted(&scan, " probes", sizeof(*head.probes),
				   &total);
	head.reloc_count = counted(&scan, " relocs", sizeof(*head.relocs),
				   &total);
	eat(&scan, "\n");
	if (scan.reason) {
		*ret_reason = scan.reason;
		return NULL;
	}
	struct manifest *manifest = calloc(1, total);

	if (!manifest) {
		*ret_reason = "there is no memory for its description";
		return NULL;
	}
	char *room = (char *)(manifest + 1);

	*manifest = head;
	/* all of these are made of 8-byte members, so each stays aligned */
	manifest->globals = take(&room, head.global_count * sizeof(*head.globals));
	manifest->probes = take(&room, head.probe_count * sizeof(*head.probes));
	manifest->relocs = take(&room, head.reloc_count * sizeof(*head.relocs));
	manifest->sites = take(&room, head.site_count * sizeof(*head.sites));
	manifest->formats = take(&room, head.format_count * sizeof(char *));
	scan.pairs = take(&room, pairs * sizeof(struct manifest_pair));
	scan.pairs_left = pairs;
	scan.strings = room;
	parse_items(&scan, manifest, session);
	if (scan.reason) {
		*ret_reason = scan.reason;
		manifest_free(manifest);
		return NULL;
	}
	return manifest;
}

void manifest_free(struct manifest *manifest)
{
	free(manifest);
}
