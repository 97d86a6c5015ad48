/*
 * The target kernel: release, machine, configuration, CPUs.
 *
 * Everything is in the arena that was given and read when first asked for.
 */
#ifndef SPILE_TARGET_KERNEL_H
#define SPILE_TARGET_KERNEL_H

#include <stdbool.h>

struct arena;
struct kernel;

/* The kernel with this release, or the running one for NULL. */
struct kernel *kernel_open(struct arena *arena, const char *release);

/* "6.1.0-56-amd64", and its part before the first '-' ("6.1.0"). */
const char *kernel_release(const struct kernel *kernel);
const char *kernel_version(const struct kernel *kernel);
bool kernel_is_running(const struct kernel *kernel);

/* The machine as scripts call it: x86_64, i386, arm64, arm, powerpc, s390,
 * riscv, mips, ia64; another name as the kernel has it. */
const char *kernel_machine(const struct kernel *kernel);
/* The same for any name that uname -m prints. */
const char *kernel_machine_name(struct arena *arena, const char *machine);

/*
 * The value of an option of the configuration ("CONFIG_HZ" gives "250", a text
 * comes without its quotes). NULL when unset or when no configuration is
 * found; kernel_has_config() tells these apart.
 */
const char *kernel_config(struct kernel *kernel, const char *option);
bool kernel_has_config(struct kernel *kernel);

/* CPUs of the running machine: the highest number that may come up plus one,
 * and the list that is up as the kernel writes it ("0-3,8"). */
int kernel_possible_cpus(struct kernel *kernel);
const char *kernel_online_cpus(struct kernel *kernel);

/* Ticks of the kernel's clock a second. */
int kernel_hz(struct kernel *kernel);

/* Name and number of a system call on the machine that spile was built for:
 * NULL or -1 when there is none. */
const char *syscall_name(long number);
long syscall_number(const char *name);

#endif
