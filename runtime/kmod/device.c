/*
 * The module's device and its life: created when the module is loaded, driven
 * by one runner through ioctl, quiet again when the runner closes it.
 */
#include "runtime/kmod/device.h"

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "runtime/kmod/kmod.h"
#include "runtime/kmod/output.h"
#include "runtime/kmod/timing.h"

static unsigned long opened;

/* ---- what the runner asks for ---- */

static long tell_layout(void __user *to)
{
	struct kmod_layout layout = {
		.output_size = rt_output.size,
		.shared_size = sizeof(*rt_shared),
		.user_stacks = rt_program.user_stacks,
		.user_names = rt_program.user_names,
	};

	return copy_to_user(to, &layout, sizeof(layout)) ? -EFAULT : 0;
}

static const struct rt_setting *find_setting(const char *name)
{
	u32 i;

	for (i = 0; i < rt_program.setting_count; i++)
		if (!strcmp(rt_program.settings[i].name, name))
			return &rt_program.settings[i];
	return NULL;
}

static int set_value(const struct rt_setting *setting, const char *value)
{
	if (!setting->room)
		return kstrtoll(value, 0, (s64 *)setting->value);
	strscpy(setting->value, value, setting->room);
	return 0;
}

static long set_global(const void __user *from)
{
	struct kmod_setting *asked = memdup_user(from, sizeof(*asked));
	const struct rt_setting *setting;
	long error = -ENOENT;

	if (IS_ERR(asked))
		return PTR_ERR(asked);
	asked->name[sizeof(asked->name) - 1] = '\0';
	asked->value[sizeof(asked->value) - 1] = '\0';
	setting = find_setting(asked->name);
	if (setting)
		error = set_value(setting, asked->value);
	kfree(asked);
	return error;
}

static void get_value(const struct rt_setting *setting, char *value, u32 room)
{
	if (setting->room)
		strscpy(value, setting->value, room);
	else
		snprintf(value, room, "%lld",
			 READ_ONCE(*(long long *)setting->value));
}

static long get_global(void __user *to)
{
	struct kmod_setting *asked = memdup_user(to, sizeof(*asked));
	const struct rt_setting *setting;
	long error = -ENOENT;

	if (IS_ERR(asked))
		return PTR_ERR(asked);
	asked->name[sizeof(asked->name) - 1] = '\0';
	setting = find_setting(asked->name);
	if (setting) {
		get_value(setting, asked->value, sizeof(asked->value));
		error = copy_to_user(to, asked, sizeof(*asked)) ? -EFAULT : 0;
	}
	kfree(asked);
	return error;
}

static long run_probe(unsigned long number)
{
	if (number >= rt_program.probe_count)
		return -EINVAL;
	return rt_drive(&rt_program.probes[number], NULL);
}

static long set_reloc(const void __user *from)
{
	struct kmod_reloc reloc;

	if (copy_from_user(&reloc, from, sizeof(reloc)))
		return -EFAULT;
	if (reloc.number >= rt_program.reloc_count)
		return -EINVAL;
	memcpy(rt_program.relocs[reloc.number], reloc.words,
	       sizeof(reloc.words));
	return 0;
}

static long set_choice(const void __user *from)
{
	struct kmod_choice choice;

	if (copy_from_user(&choice, from, sizeof(choice)))
		return -EFAULT;
	return rt_choose(&choice);
}

static long tell_times(struct kmod_times __user *asked)
{
	struct kmod_times times;
	int error;

	if (copy_from_user(&times, asked, sizeof(times)))
		return -EFAULT;
	error = rt_timing_get(&times);
	if (!error && copy_to_user(asked, &times, sizeof(times)))
		error = -EFAULT;
	return error;
}

static long switch_probe(const void __user *from)
{
	struct kmod_switch wanted;

	if (copy_from_user(&wanted, from, sizeof(wanted)))
		return -EFAULT;
	return rt_timing_switch(&wanted);
}

static struct rt_map *find_map(u64 number)
{
	u32 i;

	for (i = 0; i < rt_program.map_count; i++)
		if (rt_program.maps[i]->id == number)
			return rt_program.maps[i];
	return NULL;
}

static long copy_elements(struct rt_map *map, struct kmod_elements *asked)
{
	u64 size = asked->entry_size * KMOD_ELEMENTS_MOST;
	char *entries = kvmalloc(size, GFP_KERNEL);
	long error = 0;

	if (!entries)
		return -ENOMEM;
	asked->count = rt_map_copy(map, &asked->from, entries,
				   KMOD_ELEMENTS_MOST);
	if (copy_to_user(u64_to_user_ptr(asked->at), entries,
			 asked->count * asked->entry_size))
		error = -EFAULT;
	kvfree(entries);
	return error;
}

static long tell_elements(struct kmod_elements __user *to)
{
	struct kmod_elements asked;
	struct rt_map *map;
	long error = 0;

	if (copy_from_user(&asked, to, sizeof(asked)))
		return -EFAULT;
	map = find_map(asked.number);
	if (!map)
		return -ENOENT;
	asked.places = map->key_size ? map->size : 1;
	asked.entry_size = rt_entry_size(map);
	asked.count = 0;
	if (asked.at)
		error = copy_elements(map, &asked);
	if (!error && copy_to_user(to, &asked, sizeof(asked)))
		error = -EFAULT;
	return error;
}

static long attach_probes(u32 __user *ret_probe)
{
	u32 probe = 0;
	int error = rt_attach_all(&probe);

	return put_user(probe, ret_probe) ? -EFAULT : error;
}

static long device_ioctl(struct file *file, unsigned int command,
			 unsigned long argument)
{
	(void)file;
	switch (command) {
	case KMOD_LAYOUT:
		return tell_layout((void __user *)argument);
	case KMOD_SET:
		return set_global((const void __user *)argument);
	case KMOD_GET:
		return get_global((void __user *)argument);
	case KMOD_RUN:
		return run_probe(argument);
	case KMOD_RELOC:
		return set_reloc((const void __user *)argument);
	case KMOD_CODE:
		return rt_code_add((const void __user *)argument);
	case KMOD_CHOOSE:
		return set_choice((const void __user *)argument);
	case KMOD_TIME:
		return rt_timing_begin();
	case KMOD_TIMES:
		return tell_times((void __user *)argument);
	case KMOD_SWITCH:
		return switch_probe((const void __user *)argument);
	case KMOD_ELEMENTS:
		return tell_elements((void __user *)argument);
	case KMOD_ATTACH:
		return attach_probes((u32 __user *)argument);
	case KMOD_DETACH:
		rt_detach_all();
		return 0;
	}
	return -ENOTTY;
}

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long shared = KMOD_SHARED >> PAGE_SHIFT;

	(void)file;
	if (vma->vm_pgoff >= shared)
		return remap_vmalloc_range(vma, rt_shared,
					   vma->vm_pgoff - shared);
	/* the reader writes nothing but its own position */
	if (vma->vm_flags & VM_WRITE &&
	    (vma->vm_pgoff || vma->vm_end - vma->vm_start > PAGE_SIZE))
		return -EPERM;
	return remap_vmalloc_range(vma, rt_output.area, vma->vm_pgoff);
}

static int device_open(struct inode *inode, struct file *file)
{
	(void)inode;
	(void)file;
	return xchg(&opened, 1) ? -EBUSY : 0;
}

/* The runner is gone, if it did not stop the session that ends it. */
static int device_release(struct inode *inode, struct file *file)
{
	(void)inode;
	(void)file;
	WRITE_ONCE(rt_shared->state, WIRE_ABORTED);
	rt_detach_all();
	rt_counters_destroy();
	return 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.unlocked_ioctl = device_ioctl,
	.mmap = device_mmap,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.fops = &operations,
	.mode = 0600,
};

/* ---- the module ---- */

static void destroy(void)
{
	rt_counters_destroy();
	rt_attach_destroy();
	rt_timing_destroy();
	rt_places_destroy();
	rt_code_destroy();
	rt_iters_destroy();
	rt_maps_destroy();
	rt_frames_destroy();
	rt_output_destroy();
}

static int __init start(void)
{
	int error;

	/* not KBUILD_MODNAME: this file is compiled once for many modules */
	device.name = rt_program.name;
	rt_locks_create();
	rt_places_create();
	error = rt_output_create();
	if (!error)
		error = rt_frames_create();
	if (!error)
		error = rt_maps_create();
	if (!error)
		error = rt_iters_create();
	if (!error)
		error = misc_register(&device);
	if (error)
		destroy();
	return error;
}

static void __exit stop(void)
{
	misc_deregister(&device);
	rt_detach_all();
	destroy();
}

module_init(start);
module_exit(stop);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a script of spile");
