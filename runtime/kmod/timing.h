/*
 * Hits and times of probes, for -t and --monitor, which may also switch probes off.
 * Nobody pays for them in a session that did not ask: the way of a hit has a jump
 * that is patched in.
 */
#ifndef SPILE_KMOD_TIMING_H
#define SPILE_KMOD_TIMING_H

#include <linux/jump_label.h>

#include "runtime/kmod/kmod.h"

struct kmod_switch;
struct kmod_times;

DECLARE_STATIC_KEY_FALSE(rt_timed);

/* From now on hits are timed. */
int rt_timing_begin(void);
void rt_timing_destroy(void);
/* A hit, timed, is over. */
void rt_timing_add(const struct rt_probe *probe, u64 begun);
/* Of a session that is timed: whether the probe is switched off; switches it. */
bool rt_timing_is_off(const struct rt_probe *probe);
int rt_timing_switch(const struct kmod_switch *wanted);
/* Hits that the kernel did not bring to us. */
void rt_timing_missed(const struct rt_probe *probe, u64 count);
/* What there is of the probe times->number. */
int rt_timing_get(struct kmod_times *times);

#endif
