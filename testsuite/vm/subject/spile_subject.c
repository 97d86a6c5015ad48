// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A module to be probed by its debug information. Writing N to its parameter
 * "run" calls work(N), or begins anew if N is 0; "truth" tells what that did.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

struct pair {
	int a;
	unsigned int low : 5, high : 11;
	char name[8];
};

static int total, calls, doubled, result;
static int limit = 40;

static __always_inline int twice(int number)
{
	int result = 2 * number;

	doubled += result;
	barrier();
	return result;
}

static noinline int work(struct pair *pair, int count)
{
	int sum = 0, step;

	calls++;
	for (step = 0; step < count; step++) {
		sum += twice(pair->a + step);
		barrier();
		if (sum > READ_ONCE(limit))
			goto enough;
	}
	total += twice(1000);
	barrier();
	return sum;
enough:
	barrier();
	total += sum;
	barrier();
	return -sum;
}

/* The same name as a function in many other files. */
static noinline int show(char *text, int number)
{
	return sprintf(text, "%d ", number);
}

/* Inlined where it is called by its name, and code of its own. */
static int both(int number)
{
	doubled += number;
	barrier();
	return number + 1;
}

static int (*volatile through)(int) = both;

static noinline int use_both(int number)
{
	return both(number) + through(number + 10) + through(number + 20);
}

static int run_set(const char *text, const struct kernel_param *param)
{
	struct pair pair = { .a = 3, .low = 9, .high = 1025, .name = "seven" };
	int number, error = kstrtoint(text, 0, &number);

	if (error)
		return error;
	if (number == 100)
		result = use_both(number);
	else if (number)
		result = work(&pair, number);
	else
		total = calls = doubled = 0;
	return 0;
}

static int truth_get(char *text, const struct kernel_param *param)
{
	int length = show(text, total);

	length += show(text + length, calls);
	length += sprintf(text + length, "%d %d\n", doubled, result);
	return length;
}

static const struct kernel_param_ops run_ops = { .set = run_set };
static const struct kernel_param_ops truth_ops = { .get = truth_get };

module_param_cb(run, &run_ops, NULL, 0200);
module_param_cb(truth, &truth_ops, NULL, 0444);

/* Each processor has its own, which tells its number. */
static DEFINE_PER_CPU(int, before);
static DEFINE_PER_CPU(struct { long space; int number; }, of_processor);

static int __init subject_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		per_cpu(before, cpu) = -cpu;
		per_cpu(of_processor, cpu).number = 1000 + cpu;
	}
	return 0;
}

static void __exit subject_exit(void)
{
}

module_init(subject_init);
module_exit(subject_exit);

MODULE_DESCRIPTION("What spile's tests probe");
MODULE_LICENSE("GPL");
