/*
 * C being written: indented, with #line marks that lead messages of the
 * compiler back to the script.
 */
#ifndef SPILE_BACKENDS_KMOD_WRITER_H
#define SPILE_BACKENDS_KMOD_WRITER_H

#include "translator/base/buf.h"

struct writer {
	struct buf text;
	int depth;		/* of indentation */
	const char *place;	/* the last marked, or NULL */
};

/* One line, indented. A '{' at its end indents what follows, a '}' at its
 * beginning ends that. */
void write_line(struct writer *writer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void write_blank(struct writer *writer);
/* A line at the left margin: labels. */
void write_label(struct writer *writer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* What follows comes from "file:line:column". */
void write_place(struct writer *writer, const char *place);

/* C of the script, at its lines and columns: it begins @behind bytes behind @place. */
void write_script(struct writer *writer, const char *place, size_t behind,
		  const char *text);

/* What follows is ours again. */
void write_generated(struct writer *writer);

#endif
