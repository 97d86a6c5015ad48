/*
 * Probes of kernel functions: which way of attaching each gets, and what the
 * session must know of them.
 *
 *	many functions with one program	one link for all (kprobe.multi), where
 *					the kernel can
 *	returns				an event of tracefs, which has as many calls
 *					under way as are asked for and counts those
 *					beyond
 *	else				a perf event each
 */
#ifndef SPILE_BPF_KPROBE_H
#define SPILE_BPF_KPROBE_H

struct attach;
struct bpf_object;
struct manifest;

/* Before the programs are loaded: marks those that are to be attached to many
 * functions at once. */
void kprobe_prepare(struct bpf_object *object, const struct manifest *manifest);

/* When all are attached: it is an error if none of what wildcards found can be
 * probed. 0, or -1 with a sentence. */
int kprobe_check(struct attach *attach, char **ret_error);

/* Before they are detached: counts the returns that were missed. */
void kprobe_collect(const struct attach *attach);
/* When they no longer are: removes the events that were made for them. */
void kprobe_clean(struct attach *attach);

#endif
