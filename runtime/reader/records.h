/*
 * Records of a session (runtime/common/wire.h) made into text.
 *
 * Whatever the bytes, decoding reads nothing beyond them: a record that is
 * truncated or of an unknown kind is counted and dropped. Each format is
 * parsed once.
 */
#ifndef SPILE_READER_RECORDS_H
#define SPILE_READER_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/common/manifest.h"
#include "runtime/common/wire.h"
#include "runtime/reader/symbols.h"

struct sink;
struct record_format;
struct said;

struct records {
	const struct manifest *manifest;
	struct sink *sink;
	bool quiet;			/* -w: no warnings */
	/* a command that system() asks for */
	void (*run_command)(void *with, const char *command);
	/* code was seen in a file for the first time */
	void (*file_seen)(void *with, struct code_file *file, uint64_t number);
	void *with;

	struct symbols symbols;
	struct record_format *formats;
	struct said *said;		/* warnings so far */
	uint64_t count;
	uint64_t damaged;		/* records that made no sense */
	bool exit_seen;
	char *value;			/* of the last WIRE_VALUE and what came
					 * for behind it; NULL: none yet */
	size_t value_size, value_room;
};

/* 0, or -1 without memory. The manifest and the sink must outlive it. */
int records_init(struct records *records, const struct manifest *manifest,
		 struct sink *sink);
void records_free(struct records *records);

/* One record. */
void records_take(struct records *records, const void *data, size_t size);

/* "ERROR: " or "WARNING: " and a text to standard error, behind all output so
 * far. Warnings: each distinct text once, none when quiet. */
void records_error(struct records *records, const char *text);
void records_warn(struct records *records, const char *text);

#endif
