/*
 * Makes the index of a tapset folder (index.h), when spile is built:
 *
 *	spile-index FOLDER FILE
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"
#include "translator/library/index.h"

int main(int argc, char **argv)
{
	struct arena *arena = arena_create();
	struct buf text = { 0 };
	int status = 0;

	if (argc != 3) {
		fputs("usage: spile-index FOLDER FILE\n", stderr);
		return 2;
	}
	if (index_make(arena, argv[1], &text) < 0 ||
	    file_write(argv[2], buf_text(&text), text.length) < 0) {
		fprintf(stderr, "spile-index: %s, %s: %s\n", argv[1], argv[2],
			strerror(errno));
		status = 1;
	}
	buf_free(&text);
	arena_free(arena);
	return status;
}
