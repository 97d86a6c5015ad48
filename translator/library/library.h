/*
 * The tapset library: which file offers what, parsed when first needed.
 *
 * Folders are searched in the order they were added; of the variants of a file
 * in one folder (see library_add()) only the first counts. The index (names only,
 * by the lexer) is made at the first question. A file with errors is reported
 * when it is needed and gives nothing; it never ends the compilation by itself.
 */
#ifndef SPILE_LIBRARY_LIBRARY_H
#define SPILE_LIBRARY_LIBRARY_H

#include <stddef.h>

#include "translator/syntax/parse.h"

struct library;

/* An empty library whose files are read by @parser. */
struct library *library_create(struct arena *arena, struct parser *parser);

/*
 * Adds a folder: its own files, and below it those of RUNTIME/, of
 * RELEASE/ and of ARCH/ (in each other too), most special first, and of
 * subject folders without a meaning of their own if @own.
 */
void library_add(struct library *library, const char *folder, bool own);

/* Reads every macro file (.stpm) found. */
void library_macros(struct library *library);

/* The files (parsed) that offer @name: kind as in scan_names(). NULL-ended;
 * never NULL itself. */
struct ast_file **library_find(struct library *library, char kind,
			       const char *name);

/* All names of a kind, for suggestions and wildcards. */
const char *const *library_names(struct library *library, char kind,
				 size_t *ret_count);

/* Every file, parsed: for listings. */
struct ast_file **library_all(struct library *library);

/* A text that changes whenever a file of the library does (paths, sizes,
 * times), for the cache. */
const char *library_state(struct library *library);

#endif
