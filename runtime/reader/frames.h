/*
 * Stack frames of a file's functions, from its .eh_frame: rows of
 * runtime/common/unwind.h, by address. Bytes of the section are hostile: what
 * makes no sense ends the reading of a function or of all, nothing is read
 * beyond the section.
 */
#ifndef SPILE_READER_FRAMES_H
#define SPILE_READER_FRAMES_H

#include <stddef.h>
#include <stdint.h>

struct frames {
	uint64_t *rows;		/* malloc'd */
	size_t count, room;
};

/* Rows of a section of a 64-bit x86 file that is linked at @address; @base is
 * subtracted from all addresses. Unsorted functions are sorted. */
void frames_read(struct frames *frames, const void *section, size_t size,
		 uint64_t address, uint64_t base);

/* Releases the rows: the programs have them. */
void frames_forget(struct frames *frames);

#endif
