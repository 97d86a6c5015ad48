/*
 * Attaching what is driven from user space: timers and what is typed
 * (drive.c), the files of procfs probes (files.c). Called by attach.c only.
 */
#ifndef SPILE_BPF_DRIVE_H
#define SPILE_BPF_DRIVE_H

#include <stddef.h>

struct attach;
struct files;
struct probe;

/* Each: 0, or -1 with a sentence in *ret_error (malloc'd). */
int drive_timer(struct attach *attach, struct probe *probe, char **ret_error);
int drive_file(struct attach *attach, struct probe *probe, char **ret_error);
int drive_input(struct attach *attach, struct probe *probe, char **ret_error);

/* Ends all of them. */
void drive_stop(struct attach *attach);

/* Runs a handler with this as its $value. */
void drive_give(struct probe *probe, const char *text, size_t length);
/* Removes the files of procfs probes and their folder. */
void files_free(struct files *files);

#endif
