/*
 * What the modules written by hand have in common: a probe on a system call,
 * whose work is hit(). Each keeps what the script beside it keeps, as one would
 * who writes it for this purpose alone.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

static void hit(struct pt_regs *regs);

static int on_hit(struct kprobe *kprobe, struct pt_regs *regs)
{
	hit(regs);
	return 0;
}

static struct kprobe place = {
	.symbol_name = "__do_sys_getppid",
	.pre_handler = on_hit,
};

static int __init start(void)
{
	return register_kprobe(&place);
}

static void tell(void);

static void __exit stop(void)
{
	unregister_kprobe(&place);
	tell();
}

module_init(start);
module_exit(stop);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("what a script does, by hand");
