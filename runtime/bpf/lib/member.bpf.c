/*
 * A member of a kernel struct, for programs that read very many: what is in line
 * elsewhere is a call there (backends/bpf/member.c).
 */
#include "runtime/bpf/lib/gen.h"
#include "runtime/bpf/lib/maps.h"
#include "runtime/bpf/lib/offsets.h"

/* Reads @size (at most 8) bytes into frame->word, of the struct at @base the member
 * that the row @reloc says. Not 0 when it cannot be read: then the word is its
 * address. */
RT_SHARED long rt_read_member(struct rt_frame *frame, __u64 base, __u32 reloc,
			      __u32 size)
{
	__u64 address = base + spile_relocs[3 * reloc];

	if (!bpf_probe_read_kernel(&frame->word, size & 15, (void *)address))
		return 0;
	frame->word = address;
	return 1;
}
