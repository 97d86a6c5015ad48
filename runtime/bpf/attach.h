/*
 * The probes of a session and how each is attached: one function per row of
 * attach.def. Begin, end and error probes are attached to nothing, the session
 * runs them itself.
 */
#ifndef SPILE_BPF_ATTACH_H
#define SPILE_BPF_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/common/manifest.h"

struct attach;
struct bpf_link;
struct bpf_program;
struct files;
struct loop;
struct many;
struct object;
struct terminal;

enum attach_kind {
#define ATTACH(id, name, section, user) ATTACH_##id,
#include "runtime/common/attach.def"
#undef ATTACH
	ATTACH_KINDS
};

struct probe {
	const struct manifest_probe *about;
	struct attach *attach;
	enum attach_kind kind;
	struct bpf_program *bpf;
	struct bpf_program *trampoline;	/* to be attached in place of it, or
					 * NULL */
	bool has_trampoline;		/* or had, until the kernel refused */
	int program;			/* the descriptor of that which is */
	struct bpf_link **links;	/* kernel-driven: one per CPU or one */
	size_t link_count;
	bool is_attached;		/* by the link of another */
	int multi;			/* descriptor of a link to many places, or
					 * -1 */
	int timer;			/* timerfd, or -1 */
	uint64_t interval, randomize;	/* of the timer, ns */
	uint64_t missed;		/* ticks that came too late to count */
	bool is_off;			/* --monitor switched it off */
	bool has_trace_event;		/* kretprobe: see kprobe.h */
};

struct attach_calls {
	/* Runs the program of a probe driven from user space. */
	void (*run)(void *with, struct probe *probe);
	/* The same for one that answers: the text it hands out, valid until
	 * the next call. */
	const char *(*ask)(void *with, struct probe *probe, size_t *ret_size);
	/* A line for the person at the terminal. */
	void (*say)(void *with, const char *text);
	void *with;
};

struct attach {
	struct object *object;
	struct loop *loop;
	struct attach_calls calls;
	struct probe *probes;
	size_t count;
	struct files *files;		/* procfs probes, or NULL */
	pid_t asker;			/* the thread that uses one of them */
	struct terminal *terminal;	/* input probes, or NULL */
	uint64_t random;		/* state of the timers' random numbers */
	size_t trace_events;		/* see kprobe.h */
	struct many *many;		/* functions of wildcards: kprobe-many.c */
	char *passed_reason;		/* why a function of a wildcard was left
					 * out, the first one; or NULL */
	char *user_reason;		/* the same of programs */
	size_t user_places;		/* where probes of programs stand */
};

/* Finds kind and program of each probe. The object must be loaded. 0, or -1
 * with a sentence in *ret_error (malloc'd). */
int attach_init(struct attach *attach, struct object *object, struct loop *loop,
		const struct attach_calls *calls, char **ret_error);
/* Attaches all but begin, end and error. After a failure attach_detach(). */
int attach_all(struct attach *attach, char **ret_error);
/* Nothing fires any more when it returns. Probes stay for attach_free(). */
void attach_detach(struct attach *attach);
void attach_free(struct attach *attach);
/* switch.c: switches a probe off and on, while it stays attached. False: the object
 * was made without switches (--monitor). */
bool attach_switch(struct attach *attach, size_t number, bool off);
/* uprobe.c: whether programs are of the builds that the script was made for. */
int uprobe_check_builds(const struct attach *attach, char **ret_error);
/* Whether any place of programs could be probed, if any was to be. */
int uprobe_check(struct attach *attach, char **ret_error);
/* detach.c: takes all links away. */
void detach_probes(struct attach *attach);

#endif
