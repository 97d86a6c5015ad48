/* A module that does nothing: what loading costs at the least. */
#include <linux/module.h>

static int __init start(void)
{
	return 0;
}

static void __exit stop(void)
{
}

module_init(start);
module_exit(stop);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("nothing");
