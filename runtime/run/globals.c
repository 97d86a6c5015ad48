/* Showing globals: see globals.h. */
#include "runtime/run/globals.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/bpf/elements.h"
#include "runtime/bpf/load.h"
#include "runtime/common/stat.h"
#include "runtime/reader/object.h"

/* Of an array, and of a text. */
enum { SHOWN = 10, SHOWN_BYTES = 60 };

/* An element that is shown. */
struct element {
	char *key, *value;
};

/* What is collected of an array: the first elements in the order of the view. */
struct listing {
	const struct manifest_global *global;
	enum globals_view view;
	size_t key_size, value_size;
	struct element elements[SHOWN];
	size_t count;
};

static bool is_own(const struct manifest_global *global)
{
	return strncmp(global->name, "__", 2);
}

static int64_t number_at(const char *bytes)
{
	int64_t number;

	memcpy(&number, bytes, sizeof(number));
	return number;
}

/* ---- values ---- */

static void print_text(const char *text, size_t room)
{
	size_t length = strnlen(text, room), i;

	fputc('"', stderr);
	for (i = 0; i < length && i < SHOWN_BYTES; i++)
		fputc((unsigned char)text[i] < ' ' ? '.' : text[i], stderr);
	fputs(length > SHOWN_BYTES ? "\"..." : "\"", stderr);
}

/* Of a statistic only what the script asks for is there. */
static void print_cell(const struct manifest_global *global, const char *cell)
{
	const __s64 *words = (const __s64 *)cell;
	uint32_t parts = (uint32_t)global->parts;

	fprintf(stderr, "count %lld", words[0]);
	if (!words[0])
		return;
	if (parts & STAT_SUMMED)
		fprintf(stderr, ", sum %lld, avg %lld", words[1],
			stat_average(words));
	if (parts & STAT_MIN)
		fprintf(stderr, ", min %lld",
			words[stat_offset(parts, STAT_MIN)]);
	if (parts & STAT_MAX)
		fprintf(stderr, ", max %lld",
			words[stat_offset(parts, STAT_MAX)]);
}

static void print_value(const struct manifest_global *global, const char *value)
{
	switch (global->value) {
	case 'l':
		fprintf(stderr, "%" PRId64, number_at(value));
		break;
	case 't':
		print_text(value, global->room);
		break;
	case 's':
		print_cell(global, value);
		break;
	}
}

/* ---- keys ---- */

static void print_keys(const struct manifest_global *global, const char *key)
{
	const char *spec = global->keys;

	fprintf(stderr, "  %s[", global->name);
	while (*spec) {
		size_t room = manifest_next_key(&spec);

		if (room)
			print_text(key, room);
		else
			fprintf(stderr, "%" PRId64, number_at(key));
		key += room ? room : 8;
		fputs(*spec ? "," : "] = ", stderr);
	}
}

static int compare_numbers(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_keys(const struct manifest_global *global, const char *a,
			const char *b)
{
	const char *spec = global->keys;
	int order = 0;

	while (*spec && !order) {
		size_t room = manifest_next_key(&spec);

		order = room ? strncmp(a, b, room) :
			compare_numbers(number_at(a), number_at(b));
		a += room ? room : 8;
		b += room ? room : 8;
	}
	return order;
}

/* Statistics by their counts. */
static int compare_values(const struct manifest_global *global, const char *a,
			  const char *b)
{
	return global->value == 't' ? strncmp(a, b, global->room) :
		compare_numbers(number_at(a), number_at(b));
}

/* Whether the one is shown in front of the other: values from the largest down. */
static bool is_before(const struct listing *listing, const char *key,
		      const char *value, const struct element *other)
{
	int order = 0;

	if (listing->view == GLOBALS_VALUES)
		order = -compare_values(listing->global, value, other->value);
	if (!order)
		order = compare_keys(listing->global, key, other->key);
	return order < 0;
}

/* ---- arrays ---- */

/* Room for one more: that of the last, which is no longer shown. */
static bool take_room(struct listing *listing, struct element *element)
{
	if (listing->count == SHOWN) {
		*element = listing->elements[--listing->count];
		return true;
	}
	element->key = malloc(listing->key_size + listing->value_size);
	element->value = element->key + listing->key_size;
	return element->key;
}

static void on_element(void *with, const char *key, const char *value)
{
	struct listing *listing = with;
	size_t at = listing->count;
	struct element element;

	if (listing->view == GLOBALS_BRIEF)
		return;
	while (at && is_before(listing, key, value, &listing->elements[at - 1]))
		at--;
	if (at == SHOWN || !take_room(listing, &element))
		return;
	memcpy(element.key, key, listing->key_size);
	memcpy(element.value, value, listing->value_size);
	memmove(&listing->elements[at + 1], &listing->elements[at],
		(listing->count - at) * sizeof(element));
	listing->elements[at] = element;
	listing->count++;
}

static void print_elements(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		struct element *element = &listing->elements[i];

		print_keys(listing->global, element->key);
		print_value(listing->global, element->value);
		fputc('\n', stderr);
		free(element->key);
	}
}

static unsigned int print_array(const struct object *object, size_t number,
				enum globals_view view)
{
	struct listing listing = {
		.global = &object->manifest->globals[number], .view = view,
	};
	uint64_t count;

	listing.key_size = elements_key_size(listing.global->keys);
	listing.value_size = elements_value_size(listing.global);
	if (!elements_walk(object, number, on_element, &listing, &count))
		return 0;
	fprintf(stderr, "%s[]: %" PRIu64 "%s of %" PRIu64 " elements\n",
		listing.global->name, count,
		count == ELEMENTS_MOST ? " or more" : "", listing.global->size);
	print_elements(&listing);
	return 1 + (unsigned int)listing.count;
}

/* ---- what has no keys ---- */

static void on_cell(void *with, const char *key, const char *value)
{
	const struct manifest_global *global = with;

	(void)key;
	fprintf(stderr, "%s: ", global->name);
	print_cell(global, value);
	fputc('\n', stderr);
}

static unsigned int print_statistic(const struct object *object, size_t number)
{
	uint64_t count;

	elements_walk(object, number, on_cell,
		      &object->manifest->globals[number], &count);
	return (unsigned int)count;
}

static unsigned int print_scalar(const struct object *object, size_t number)
{
	const struct manifest_global *global =
		&object->manifest->globals[number];
	char value[4096];

	if (!object_global(object, global, value, sizeof(value)))
		return 0;
	fprintf(stderr, "%s = ", global->name);
	if (global->type == 'l')
		fputs(value, stderr);
	else
		print_text(value, sizeof(value));
	fputc('\n', stderr);
	return 1;
}

unsigned int globals_print(const struct object *object, enum globals_view view)
{
	const struct manifest *manifest = object->manifest;
	unsigned int lines = 0;

	for (size_t i = 0; i < manifest->global_count; i++) {
		const struct manifest_global *global = &manifest->globals[i];

		if (!is_own(global))
			continue;
		if (global->type == 'a')
			lines += print_array(object, i, view);
		else if (global->type == 's')
			lines += print_statistic(object, i);
		else
			lines += print_scalar(object, i);
	}
	return lines;
}
