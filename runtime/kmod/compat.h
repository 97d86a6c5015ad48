/*
 * What differs between kernels, in terms of the newest: the only place that
 * looks at their version.
 */
#ifndef SPILE_KMOD_COMPAT_H
#define SPILE_KMOD_COMPAT_H

#include <linux/proc_fs.h>
#include <linux/uprobes.h>
#include <linux/version.h>

static inline void *compat_pde_data(const struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
	return pde_data(inode);
#else
	return PDE_DATA(inode);
#endif
}

/* Uprobes have a handle since 6.12, and their handlers a cookie since 6.13. */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define COMPAT_UPROBE_COOKIE , u64 *cookie
#else
#define COMPAT_UPROBE_COOKIE
#endif

struct compat_uprobe {
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	struct uprobe *handle;
#else
	struct inode *inode;
	loff_t offset;
#endif
};

static inline int compat_uprobe_register(struct compat_uprobe *uprobe,
					 struct inode *inode, loff_t offset,
					 loff_t counter,
					 struct uprobe_consumer *consumer)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	uprobe->handle = uprobe_register(inode, offset, counter, consumer);
	return PTR_ERR_OR_ZERO(uprobe->handle);
#else
	uprobe->inode = inode;
	uprobe->offset = offset;
	return uprobe_register_refctr(inode, offset, counter, consumer);
#endif
}

/* None of its handlers runs any more when it returns. */
static inline void compat_uprobe_unregister(struct compat_uprobe *uprobe,
					    struct uprobe_consumer *consumer)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	uprobe_unregister_nosync(uprobe->handle, consumer);
	uprobe_unregister_sync();
#else
	uprobe_unregister(uprobe->inode, uprobe->offset, consumer);
#endif
}

#endif
