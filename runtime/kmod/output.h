/* The output buffer as the device maps it. */
#ifndef SPILE_KMOD_OUTPUT_H
#define SPILE_KMOD_OUTPUT_H

#include <linux/types.h>

struct rt_output {
	void *area;		/* vmalloc_user(): the three parts below */
	u64 *consumer, *producer;
	char *data;
	u64 size;		/* a power of two */
};

extern struct rt_output rt_output;

#endif
