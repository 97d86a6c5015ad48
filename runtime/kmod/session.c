/*
 * One object of two that the runtime is: what meets the kernel, from the hit to
 * the device. Each part by itself would have the compiler read the kernel's
 * headers once more, which takes longer than what stands in it. So what is static
 * in a part has a name that no other part of its object uses.
 */
#include "runtime/kmod/frame.c"
#include "runtime/kmod/lock.c"
#include "runtime/kmod/overload.c"
#include "runtime/kmod/timing.c"
#include "runtime/kmod/memory.c"
#include "runtime/kmod/load.c"
#include "runtime/kmod/output.c"
#include "runtime/kmod/attach.c"
#include "runtime/kmod/tracepoint.c"
#include "runtime/kmod/perf.c"
#include "runtime/kmod/kprobe.c"
#include "runtime/kmod/uprobe.c"
#include "runtime/kmod/netfilter.c"
#include "runtime/kmod/procfs.c"
#include "runtime/kmod/tasks.c"
#include "runtime/kmod/stack.c"
#include "runtime/kmod/place.c"
#include "runtime/kmod/unwind.c"
#include "runtime/kmod/code.c"
#include "runtime/kmod/device.c"
