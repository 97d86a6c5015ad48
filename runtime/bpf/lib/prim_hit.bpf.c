/*
 * Primitives about what was hit: how the probe is attached, and the registers
 * that the event saved. Functions of the script are shared by probes of all
 * kinds, which have contexts of different types; so the program keeps in the
 * frame what these ask for. See runtime/common/intrinsics.def.
 */
#include "runtime/bpf/lib/text.h"

extern struct rt_map spile_counters;

enum { KIND_ROOM = 32 };

static const char kinds[][KIND_ROOM] = {
#define ATTACH(id, name, section, user) name,
#include "runtime/common/attach.def"
#undef ATTACH
};

RT_GLOBAL __u64 prim___hit_kind(struct rt_frame *frame, struct rt_text *dst)
{
	if (!frame || !dst)
		return 0;
	dst->s[0] = '\0';
	if (frame->kind < sizeof(kinds) / KIND_ROOM)
		bpf_probe_read_kernel_str(dst->s, KIND_ROOM,
					  kinds[frame->kind]);
	return 0;
}

RT_GLOBAL __s64 prim___registers(struct rt_frame *frame)
{
	return frame ? frame->whose : 0;
}

RT_GLOBAL __s64 prim___register(struct rt_frame *frame, __s64 number)
{
	__u64 index = RT_OPAQUE((__u64)number);

	if (!frame || !frame->whose || index >= RT_REGISTERS)
		return 0;
	return frame->registers[index];
}

/* An error is no count: there is no such event on this processor. */
RT_PRIM __s64 prim___counter(__s64 number)
{
	__u64 index = bpf_get_smp_processor_id() * WIRE_COUNTERS +
		      ((__u64)number & (WIRE_COUNTERS - 1));
	__s64 count = bpf_perf_event_read(&spile_counters, index);

	return count < 0 && count >= -4095 ? 0 : count;
}
