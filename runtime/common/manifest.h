/*
 * What a compiled script says about itself, kept as text in the section
 * ".spile" of a BPF object or kernel module. A backend writes it, the runner
 * reads it: formats, places for error messages, probes and how to attach them,
 * globals that -G may set, offsets to relocate on the target.
 *
 * User-space only. manifest_parse() checks everything: counts, numbers, the
 * version line; a foreign or truncated text gives NULL and a reason.
 */
#ifndef SPILE_COMMON_MANIFEST_H
#define SPILE_COMMON_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

enum { MANIFEST_VERSION = 3 };

struct manifest_pair {
	const char *key;
	const char *value;
};

/* A set of key=value pairs; the keys of each use are documented there. */
struct manifest_pairs {
	struct manifest_pair *items;
	size_t count;
};

/* A global that -G may set, or whose histogram is printed. */
struct manifest_global {
	const char *name;
	char type;		/* 'l' long, 't' text, 's' statistic, 'a' array */
	uint64_t offset;	/* l, t: in the map of globals; a: in a value of
				 * its map, behind what the order takes */
	uint64_t room;		/* t: bytes; a: of a value */
	/* histogram: 0 none, 1 log, 2 linear with these bounds */
	int hist;
	int64_t start, stop, step;
	char value;		/* 'l', 't', 's': of an element, or as type */
	uint64_t size;		/* a: the most elements */
	uint64_t parts, shift;	/* statistics: what a cell keeps (stat.h) */
	const char *keys;	/* a: "l" or "tROOM" for each, as they are packed,
				 * with blanks between them */
};

/* One place where an error can happen: "identifier" at "file:line:col". */
struct manifest_site {
	const char *identifier;
	const char *place;
};

/*
 * One probe. kind names a row of attach.def; pairs hold what that row needs:
 *	begin end error		priority
 *	timer			interval (ns), randomize (ns)
 *	tasks			descendants (only where the target may have
 *				some, and before the others of this kind)
 *	perf			type, config, period or hertz, cpus ("0-3,8", or
 *				"all"); of accesses to data: access ("write" or
 *				"rw"), address or symbol (and behind: bytes from it
 *				on to the place), length (0: as fits),
 *				room (bytes that there are); of a program whose
 *				place is known once it runs: file (that the target
 *				maps, or the process of that number), process, base
 *				(address less offset of what is first in it)
 *	counter			type, config, counter (its number)
 *	raw_tracepoint		name, joins (number of the probe in whose program
 *				this one runs; it is attached for both)
 *	tracepoint		system, name
 *	uprobe uretprobe	path, offset (in the file), pid (-1: all),
 *				semaphore (offset of the counter of a marker, or
 *				0), build_id (the file must have it), shares
 *	kprobe kretprobe	symbol, offset (from it), module; or address;
 *				maxactive, copies (how many functions have this
 *				symbol), among ("many": one of a wildcard, which
 *				may be left out), shares (number of the probe
 *				whose program this one is attached with too),
 *				trampoline (another program, that is attached
 *				in place of it where the kernel can: fentry),
 *				build_id (the kernel or module must have it)
 *	raw_tracepoint kprobe	when, unless: a tracepoint and a number
 *				("sched_process_exit/2"); only on kernels that
 *				have, have not, a tracepoint of that name with so
 *				many arguments at least
 *	procfs_read procfs_write	path, umask, maxsize
 *	input			unit ("char" or "line")
 */
struct manifest_probe {
	const char *kind;
	const char *program;	/* name of the program in the object */
	const char *name;	/* pp(), as error messages show it */
	struct manifest_pairs pairs;
};

/*
 * An offset that depends on the target kernel. @path ("task_struct.se.load")
 * names members from a struct or typedef on and never crosses a pointer; the
 * runner finds them in the target's BTF and stores at @offset of the read-only
 * data three uint64_t: the bytes from the start of that struct to the last
 * member, and for a bit-field the shifts, left and right, of a 64-bit load that
 * stays inside the struct.
 *
 * "file:/usr/bin/x" is no offset but a file of the target: its inode, the
 * device of its super block and that of its mappings, as identity.h has them.
 * "symbol:ID:MODULE:NAME" is the address of a symbol of the kernel (no MODULE) or
 * of a module, which must be of the build ID (if it is given).
 */
struct manifest_reloc {
	const char *path;
	uint64_t offset;
};

struct manifest {
	struct manifest_pairs session;	/* name, backend, maxerrors, maxskipped,
					 * maxstringlen, compatible, ... */
	const char **formats;
	size_t format_count;
	struct manifest_site *sites;
	size_t site_count;
	struct manifest_global *globals;
	size_t global_count;
	struct manifest_probe *probes;
	size_t probe_count;
	struct manifest_reloc *relocs;
	size_t reloc_count;
};

/* The room of the next key in what a global's keys are described by, 0 of a number,
 * which takes 8 bytes; *keys then is what follows, "" behind the last one. */
size_t manifest_next_key(const char **keys);

/* The value under @key, or NULL. */
const char *manifest_pair_get(const struct manifest_pairs *pairs,
			      const char *key);
/* The same as a number, @missing when it is not there. */
long long manifest_pair_number(const struct manifest_pairs *pairs,
			       const char *key, long long missing);

/* The text form, malloc'd and NUL-terminated; the caller frees it. */
char *manifest_print(const struct manifest *manifest);

/*
 * Reads the text form. The result and all in it is one malloc'd block that
 * manifest_free() releases. NULL with a sentence in @ret_reason (static text)
 * when the text is not a manifest of this version.
 */
struct manifest *manifest_parse(const char *text, size_t size,
				const char **ret_reason);
void manifest_free(struct manifest *manifest);

#endif
