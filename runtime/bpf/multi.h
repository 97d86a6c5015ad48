/*
 * Many places by one link: uprobes of one file that run one program are
 * attached, and detached, at once (Linux 6.6). One by one each costs the kernel
 * milliseconds, and a detach waits for all processors.
 */
#ifndef SPILE_BPF_MULTI_H
#define SPILE_BPF_MULTI_H

#include <stdbool.h>
#include <stdint.h>

struct object;

/* The places of a link; the arrays are the caller's. */
struct multi_uprobe {
	const char *path;
	const uint64_t *offsets;
	const uint64_t *semaphores;
	const uint64_t *cookies;
	uint32_t count;
	bool is_return;
	uint32_t pid;		/* 0: all */
};

/* Before loading: marks the programs of uprobes for this way, if the kernel has
 * it. object->multi_uprobes tells. */
void multi_prepare(struct object *object);

/* A descriptor that holds the link, or -errno. */
int multi_attach(int program, const struct multi_uprobe *places);

#endif
