/*
 * Records made into text: see records.h.
 */
#include "runtime/reader/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/common/format.h"
#include "runtime/common/hist.h"
#include "runtime/reader/sink.h"

/* ---- formats, parsed once ---- */

struct piece {
	const char *text;	/* a literal */
	uint32_t length;
	char type;		/* of the value: l t a; NUL: a literal */
	uint64_t spec;		/* when neither width nor precision is a star */
	struct format_directive directive;
};

struct record_format {
	struct piece *pieces;
	size_t count;
	bool parsed;
	bool bad;
};

static bool has_star(const struct format_directive *directive)
{
	return directive->width == FORMAT_STAR ||
		directive->precision == FORMAT_STAR;
}

static void add_piece(struct record_format *format,
		      const struct format_directive *directive)
{
	struct piece *larger = reallocarray(format->pieces, format->count + 1,
					    sizeof(*larger));

	if (!larger) {
		format->bad = true;
		return;
	}
	format->pieces = larger;
	struct piece *piece = &larger[format->count++];

	*piece = (struct piece){ .directive = *directive };
	if (directive->kind == FORMAT_LITERAL) {
		piece->text = directive->text;
		piece->length = directive->length;
		return;
	}
	piece->type = format_type(directive);
	if (!has_star(directive))
		piece->spec = format_spec(directive->conversion,
					  directive->flag, directive->width,
					  directive->precision);
}

static void parse_format(struct record_format *format, const char *text)
{
	struct format_iterator iterator;
	struct format_directive directive;

	format->parsed = true;
	format_begin(&iterator, text, strlen(text));
	for (;;) {
		switch (format_next(&iterator, &directive)) {
		case FORMAT_END:
			return;
		case FORMAT_INVALID:
			format->bad = true;
			return;
		case FORMAT_LITERAL:
		case FORMAT_CONVERSION:
			add_piece(format, &directive);
			break;
		}
	}
}

/* ---- arguments ---- */

/* What is left of a record. The first read beyond it makes it bad. */
struct cursor {
	const char *at;
	size_t left;
	bool bad;
	uint64_t room;	/* of the first text, where the head says it */
};

static const char *take(struct cursor *cursor, uint64_t size)
{
	const char *at = cursor->at;

	if (size > cursor->left) {
		cursor->bad = true;
		cursor->left = 0;
		return NULL;
	}
	cursor->at += size;
	cursor->left -= size;
	return at;
}

static int64_t take_long(struct cursor *cursor)
{
	const char *at = take(cursor, 8);
	int64_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

/* A text: its bytes, not NUL-terminated when it fills its room. */
static const char *take_text(struct cursor *cursor, size_t *ret_length)
{
	uint64_t room = cursor->room ? cursor->room :
				       (uint64_t)take_long(cursor);
	const char *at = room % 8 ? NULL : take(cursor, room);

	cursor->room = 0;
	*ret_length = at ? strnlen(at, room) : 0;
	if (!at)
		cursor->bad = true;
	return at ? at : "";
}

static const char *take_bytes(struct cursor *cursor, size_t *ret_length)
{
	uint64_t length = take_long(cursor), room = take_long(cursor);
	const char *at = take(cursor, room);

	*ret_length = at && length <= room ? length : 0;
	if (!at || length > room)
		cursor->bad = true;
	return at ? at : "";
}

/* ---- printing ---- */

enum { FIRST_ROOM = 128 };

/*
 * Renders one value into the sink. Most values are short: they are rendered
 * into what room there is, and once more when that was too little.
 */
#define RENDER(records, cpu, function, ...) do { \
	char *out_ = sink_room((records)->sink, cpu, FIRST_ROOM); \
	uint64_t size_ = out_ ? function(out_, FIRST_ROOM, __VA_ARGS__) : 0; \
	if (size_ > FIRST_ROOM) { \
		out_ = sink_room((records)->sink, cpu, size_); \
		size_ = out_ ? function(out_, size_, __VA_ARGS__) : 0; \
	} \
	sink_added((records)->sink, cpu, size_); \
} while (0)

static int32_t limit(int64_t value, int32_t least)
{
	return value < least ? least : value > FORMAT_MOST ? FORMAT_MOST :
		(int32_t)value;
}

/* A text value, with what the probe left to us in it. */
static void print_text(struct records *records, unsigned int cpu, uint64_t spec,
		       const char *text, size_t length)
{
	size_t full = 0;
	char *expanded = memchr(text, WIRE_MARK, length) ?
		symbols_expand(&records->symbols, text, length, &full) : NULL;

	if (expanded)
		RENDER(records, cpu, format_text, spec, expanded, full);
	else
		RENDER(records, cpu, format_text, spec, text, length);
	free(expanded);
}

/* The conversion of a piece, with the widths that arguments give. */
static uint64_t piece_spec(const struct piece *piece, struct cursor *cursor)
{
	const struct format_directive *directive = &piece->directive;
	int32_t width = directive->width, precision = directive->precision;
	char flag = directive->flag;

	if (!has_star(directive))
		return piece->spec;
	if (width == FORMAT_STAR) {
		width = limit(take_long(cursor), -FORMAT_MOST);
		if (width < 0) {
			width = -width;
			flag = '-';
		}
	}
	if (precision == FORMAT_STAR)
		precision = limit(take_long(cursor), FORMAT_NONE);
	return format_spec(directive->conversion, flag, width, precision);
}

static void print_value(struct records *records, unsigned int cpu,
			const struct piece *piece, struct cursor *cursor)
{
	uint64_t spec = piece_spec(piece, cursor);
	const char *text;
	size_t length;
	int64_t value;

	switch (piece->type) {
	case 'l':
		value = take_long(cursor);
		if (!cursor->bad)
			RENDER(records, cpu, format_long, spec, value);
		break;
	case 't':
		text = take_text(cursor, &length);
		if (!cursor->bad)
			print_text(records, cpu, spec, text, length);
		break;
	default:
		text = take_bytes(cursor, &length);
		if (!cursor->bad)
			RENDER(records, cpu, format_bytes, spec, text, length);
		break;
	}
}

static void print(struct records *records, const struct wire_head *head,
		  struct cursor *cursor)
{
	struct record_format *format;

	if (head->id >= records->manifest->format_count) {
		cursor->bad = true;
		return;
	}
	format = &records->formats[head->id];
	if (!format->parsed)
		parse_format(format, records->manifest->formats[head->id]);
	cursor->bad = format->bad;
	for (size_t i = 0; i < format->count && !cursor->bad; i++) {
		const struct piece *piece = &format->pieces[i];

		if (!piece->type)
			sink_write(records->sink, head->cpu, piece->text,
				   piece->length);
		else
			print_value(records, head->cpu, piece, cursor);
	}
}

static struct hist_shape shape_of(const struct records *records,
				  const struct manifest_global *global)
{
	const struct manifest_pairs *session = &records->manifest->session;

	return (struct hist_shape){
		.kind = global->hist,
		.start = global->start,
		.stop = global->stop,
		.step = global->step,
		.width = manifest_pair_number(session, "hist_width",
					      HIST_WIDTH_DEFAULT),
		.elision = manifest_pair_number(session, "hist_elision",
						HIST_ELISION_DEFAULT),
	};
}

static void print_histogram(struct records *records,
			    const struct wire_head *head, struct cursor *cursor)
{
	const struct manifest_global *global;
	__u64 buckets[HIST_BUCKETS_MOST] = { 0 };
	struct hist_shape shape;

	cursor->bad = true;
	if (head->id >= records->manifest->global_count)
		return;
	global = &records->manifest->globals[head->id];
	if (global->hist != HIST_LOG && global->hist != HIST_LINEAR)
		return;
	shape = shape_of(records, global);
	size_t count = hist_buckets(&shape);
	const char *values = take(cursor, count * 8);

	if (!values || !count || count > HIST_BUCKETS_MOST)
		return;
	memcpy(buckets, values, count * 8);
	cursor->bad = false;
	RENDER(records, head->cpu, hist_render, &shape, buckets);
}

/* ---- messages ---- */

/* More warnings than this are not remembered: a script that makes up new ones
 * all the time must not fill the memory. */
enum { MOST_SAID = 1000 };

struct said {
	struct said *next;
	char text[];
};

static bool said_before(struct records *records, const char *text)
{
	struct said *said;
	int count = 0;

	for (said = records->said; said; said = said->next, count++)
		if (!strcmp(said->text, text))
			return true;
	said = count < MOST_SAID ? malloc(sizeof(*said) + strlen(text) + 1) :
		NULL;
	if (!said)
		return false;
	strcpy(said->text, text);
	said->next = records->said;
	records->said = said;
	return false;
}

void records_error(struct records *records, const char *text)
{
	sink_flush(records->sink);
	fprintf(stderr, "ERROR: %s\n", text);
}

void records_warn(struct records *records, const char *text)
{
	if (records->quiet || said_before(records, text))
		return;
	sink_flush(records->sink);
	fprintf(stderr, "WARNING: %s\n", text);
}

static const struct manifest_site *find_site(const struct records *records,
					     int64_t number)
{
	if (number < 0 || (uint64_t)number >= records->manifest->site_count)
		return NULL;
	return &records->manifest->sites[number];
}

static bool operator_letter(char c)
{
	return c && strchr("+-*/%.<>=!&|^~", c);
}

/* "MESSAGE near identifier 'x' at PLACE (called from ...) in probe NAME" */
static void take_error(struct records *records, const struct wire_head *head,
		       struct cursor *cursor)
{
	const struct manifest_site *site = find_site(records,
						     take_long(cursor));
	uint64_t depth = take_long(cursor);
	struct cursor chain = *cursor;
	size_t length, size;
	const char *message;
	char *text = NULL;
	FILE *out;

	if (depth > cursor->left / 8) {
		cursor->bad = true;
		return;
	}
	take(cursor, depth * 8);
	message = take_text(cursor, &length);
	out = cursor->bad ? NULL : open_memstream(&text, &size);
	if (!out)
		return;
	fprintf(out, "%.*s", (int)length, message);
	if (site)
		fprintf(out, " near %s '%s' at %s",
			operator_letter(site->identifier[0]) ?
				"operator" : "identifier", site->identifier,
			site->place);
	for (uint64_t i = 0; i < depth; i++) {
		site = find_site(records, take_long(&chain));
		if (site)
			fprintf(out, " (called from identifier '%s' at %s)",
				site->identifier, site->place);
	}
	if (head->id < records->manifest->probe_count)
		fprintf(out, " in probe %s",
			records->manifest->probes[head->id].name);
	fclose(out);
	records_error(records, text);
	free(text);
}

static void take_message(struct records *records, const struct wire_head *head,
			 struct cursor *cursor)
{
	size_t length;
	const char *text = take_text(cursor, &length);
	char *copy = cursor->bad ? NULL :
		symbols_expand(&records->symbols, text, length, &length);

	if (!copy)
		return;
	if (head->kind == WIRE_WARN) {
		records_warn(records, copy);
	} else if (records->run_command) {
		sink_flush(records->sink);
		records->run_command(records->with, copy);
	}
	free(copy);
}

static void take_log(struct records *records, const struct wire_head *head,
		     struct cursor *cursor)
{
	size_t length;
	const char *text = take_text(cursor, &length);

	if (cursor->bad)
		return;
	print_text(records, head->cpu, format_spec('s', 0, FORMAT_NONE,
						   FORMAT_NONE), text, length);
	sink_write(records->sink, head->cpu, "\n", 1);
}

enum { VALUE_MOST = 16 << 20 };

static int make_room(struct records *records, size_t room)
{
	char *larger;

	if (room <= records->value_room)
		return 0;
	room *= 2;
	larger = room / 2 > VALUE_MOST ? NULL : realloc(records->value, room);
	if (!larger)
		return -1;
	records->value = larger;
	records->value_room = room;
	return 0;
}

static void take_value(struct records *records, struct cursor *cursor)
{
	size_t length;
	const char *text = take_text(cursor, &length);

	if (!length || make_room(records, records->value_size + length))
		return;
	memcpy(records->value + records->value_size, text, length);
	records->value_size += length;
}

/* ---- stacks ---- */

enum { MOST_LINE = 4096, MOST_PLACES = 1024 };

static void print_stack(struct records *records, const struct wire_head *head,
			struct cursor *cursor)
{
	uint64_t count = take_long(cursor);
	char line[MOST_LINE];

	if (count > MOST_PLACES ||
	    (head->id & ~WIRE_STACK_KERNEL) >= WIRE_STACK_STYLES)
		cursor->bad = true;
	for (uint64_t i = 0; i < count && !cursor->bad; i++) {
		const char *at = take(cursor, sizeof(struct wire_place));
		struct wire_place place;

		if (!at)
			break;
		memcpy(&place, at, sizeof(place));
		symbols_print(&records->symbols, &place, head->id, line,
			      sizeof(line));
		sink_write(records->sink, head->cpu, line, strlen(line));
	}
}

static void take_file(struct records *records, const struct wire_head *head,
		      struct cursor *cursor)
{
	const char *at = take(cursor, sizeof(struct wire_file));
	struct code_file *file;
	struct wire_file seen;

	if (!at)
		return;
	memcpy(&seen, at, sizeof(seen));
	file = symbols_seen(&records->symbols, head->id, &seen);
	if (file && records->file_seen)
		records->file_seen(records->with, file, head->id);
}

/* ---- records ---- */

void records_take(struct records *records, const void *data, size_t size)
{
	struct cursor cursor = { .at = data, .left = size };
	const char *start = take(&cursor, sizeof(struct wire_head));
	struct wire_head head;

	records->count++;
	if (!start) {
		records->damaged++;
		return;
	}
	memcpy(&head, start, sizeof(head));
	switch ((enum wire_kind)head.kind) {
	case WIRE_PRINT:
		print(records, &head, &cursor);
		break;
	case WIRE_PRINT_TEXT:
		cursor.room = wire_print_room(head.id);
		head.id = wire_print_format(head.id);
		print(records, &head, &cursor);
		break;
	case WIRE_HIST:
		print_histogram(records, &head, &cursor);
		break;
	case WIRE_ERROR:
		take_error(records, &head, &cursor);
		break;
	case WIRE_WARN:
	case WIRE_SYSTEM:
		take_message(records, &head, &cursor);
		break;
	case WIRE_LOG:
		take_log(records, &head, &cursor);
		break;
	case WIRE_EXIT:
		records->exit_seen = true;
		break;
	case WIRE_VALUE:
		records->value_size = 0;
		take_value(records, &cursor);
		break;
	case WIRE_VALUE_MORE:
		take_value(records, &cursor);
		break;
	case WIRE_STACK:
		print_stack(records, &head, &cursor);
		break;
	case WIRE_FILE:
		take_file(records, &head, &cursor);
		break;
	case WIRE_KINDS:
		cursor.bad = true;
		break;
	}
	if (cursor.bad || !head.kind || head.kind > WIRE_KINDS)
		records->damaged++;
}

int records_init(struct records *records, const struct manifest *manifest,
		 struct sink *sink)
{
	*records = (struct records){
		.manifest = manifest,
		.sink = sink,
		.formats = calloc(manifest->format_count + 1,
				  sizeof(*records->formats)),
	};
	return records->formats ? 0 : -1;
}

void records_free(struct records *records)
{
	struct said *said;

	while ((said = records->said)) {
		records->said = said->next;
		free(said);
	}
	for (size_t i = 0; records->formats &&
	     i < records->manifest->format_count; i++)
		free(records->formats[i].pieces);
	free(records->formats);
	records->formats = NULL;
	symbols_free(&records->symbols);
	free(records->value);
}
