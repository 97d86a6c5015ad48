/*
 * Ways of attaching, one function for a row or two of attach.def, called by
 * attach.c only, and what they share.
 */
#ifndef SPILE_BPF_WAY_H
#define SPILE_BPF_WAY_H

struct attach;
struct bpf_link;
struct probe;

/* Each: 0, or -1 with a sentence in *ret_error (malloc'd). */
int attach_uprobe(struct attach *attach, struct probe *probe, char **ret_error);
int attach_kprobe(struct attach *attach, struct probe *probe, char **ret_error);
int attach_tasks(struct attach *attach, struct probe *probe, char **ret_error);

/* The link is the probe's from here on, also when this fails. */
int attach_add_link(struct probe *probe, struct bpf_link *link);

#endif
