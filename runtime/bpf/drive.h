/*
 * Attaching what is driven from user space: timers, the files of procfs
 * probes, and what is typed. Called by attach.c only.
 */
#ifndef SPILE_BPF_DRIVE_H
#define SPILE_BPF_DRIVE_H

struct attach;
struct probe;

/* Each: 0, or -1 with a sentence in *ret_error (malloc'd). */
int drive_timer(struct attach *attach, struct probe *probe, char **ret_error);
int drive_file(struct attach *attach, struct probe *probe, char **ret_error);
int drive_input(struct attach *attach, struct probe *probe, char **ret_error);

/* Ends all of them. */
void drive_stop(struct attach *attach);

#endif
