/*
 * Probes of kernel functions: which way of attaching each gets, and what the
 * session must know of them.
 *
 *	many functions with one program	one link for all (kprobe.multi), where
 *					the kernel can
 *	returns				an event of tracefs, which has as many calls
 *					under way as are asked for and counts those
 *					beyond
 *	a function of one handler	its trampoline, where the kernel can
 *					(trampoline.h)
 *	else				a perf event each
 */
#ifndef SPILE_BPF_KPROBE_H
#define SPILE_BPF_KPROBE_H

#include <stdbool.h>
#include <stdint.h>

struct attach;
struct bpf_object;
struct manifest;
struct probe;

/* What a probe is to be placed on, as the kernel names it. */
struct kprobe_place {
	char symbol[256];	/* "name" or "module:name"; empty: an address */
	uint64_t offset;
	bool is_return;
};

/* Before the programs are loaded: marks those that are to be attached to many
 * functions at once. */
void kprobe_prepare(struct bpf_object *object, const struct manifest *manifest);

/* Whether the program of this probe is for many functions at once. */
bool kprobe_is_multi(const struct probe *probe);

/* kprobe-many.c: attaches all probes of this one's program, with as few links as
 * the kernel takes. 0, or -1 with a sentence. */
int kprobe_attach_many(struct attach *attach, struct probe *probe,
		       char **ret_error);
/* Frees what was found for that. */
void kprobe_free_many(struct attach *attach);

/* A probe that cannot be placed: 0 if the others can do without it, which is
 * counted; else -1 with a sentence. */
int kprobe_refuse(struct attach *attach, struct probe *probe, int error,
		  const struct kprobe_place *place, char **ret_error);

/* Before anything is loaded: what was translated by debug information is for one
 * build. 0, or -1 with a sentence. */
int kprobe_check_builds(const struct manifest *manifest, char **ret_error);

/* When all are attached: it is an error if none of what wildcards found can be
 * probed. 0, or -1 with a sentence. */
int kprobe_check(struct attach *attach, char **ret_error);

/* Before they are detached: counts the returns that were missed. */
void kprobe_collect(const struct attach *attach);
/* When they no longer are: removes the events that were made for them. */
void kprobe_clean(struct attach *attach);

#endif
