/*
 * Markers of user-space programs (USDT): the notes in section .note.stapsdt
 * that <sys/sdt.h> leaves, one for each place where the compiler put a marker.
 *
 * Notes are hostile input: each is checked, what is damaged is left out and
 * counted. Results live in the arena.
 */
#ifndef SPILE_TARGET_USDT_H
#define SPILE_TARGET_USDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "translator/base/vec.h"

struct arena;
struct location_expr;

struct usdt_operand {
	/* The value, extended to 64 bits as the marker says; NULL: unknown
	 * (reason), such as a float in a register. */
	struct location_expr *value;
	const char *reason;
	uint32_t size;		/* bytes: 1, 2, 4, 8 */
	bool is_signed;
};

/* One place. */
struct usdt_marker {
	const char *provider, *name;
	uint64_t address;	/* virtual, in the file */
	uint64_t offset;	/* in the file */
	uint64_t semaphore;	/* file offset of its counter, 0: none */
	const char *operands;	/* as the note has them: "-4@%eax 8@$5" */
};

struct usdt_markers {
	VEC(struct usdt_marker) items;	/* in the order of the notes */
	size_t damaged;			/* notes that make no sense */
	const char *build_id;		/* hexadecimal, or NULL */
	uint16_t machine;		/* EM_X86_64, ... */
};

/* The markers of the file at @path. False with a reason if it cannot be read as
 * ELF; a file without markers is no failure. */
bool usdt_read(struct arena *arena, const char *path,
	       struct usdt_markers *ret_markers, const char **ret_reason);

/* What gives the virtual address of a symbol that an operand names, or its
 * offset in the threads' block (@is_tls); false when there is none, or when
 * local symbols at several places have the name. */
struct usdt_symbols {
	bool (*find)(const struct usdt_symbols *symbols, const char *name,
		     bool is_tls, uint64_t *ret_address);
	void *with;
};

/* Reads the operands of a marker, at most @most; how many there are. One that
 * is not understood has no value. */
size_t usdt_operands(struct arena *arena, uint16_t machine, const char *text,
		     const struct usdt_symbols *symbols,
		     struct usdt_operand *ret_operands, size_t most);

/* The symbols of the file at @path, for usdt_operands(): read when first asked
 * for, kept in the arena. */
struct usdt_symbols *usdt_symbols(struct arena *arena, const char *path);

#endif
