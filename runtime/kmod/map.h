/* The lock of an array, for what works on its elements: map.c, stat.c, iter.c. */
#ifndef SPILE_KMOD_MAP_H
#define SPILE_KMOD_MAP_H

#include <linux/irqflags.h>
#include <linux/processor.h>
#include <linux/spinlock.h>

#include "runtime/kmod/kmod.h"

/* The architecture's lock, which nothing traces: a probe may be anywhere. */
static __always_inline unsigned long rt_map_lock(struct rt_map *map)
{
	unsigned long flags;

	raw_local_irq_save(flags);
	while (!arch_spin_trylock(&map->lock))
		cpu_relax();
	return flags;
}

static __always_inline void rt_map_unlock(struct rt_map *map,
					  unsigned long flags)
{
	arch_spin_unlock(&map->lock);
	raw_local_irq_restore(flags);
}

#endif
