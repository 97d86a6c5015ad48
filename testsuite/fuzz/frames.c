/*
 * Fuzz target: tables of stack frames. Whatever the bytes of .eh_frame, reading
 * ends in rows that are sorted.
 */
#include <stdint.h>
#include <stdlib.h>

#include "runtime/common/unwind.h"
#include "runtime/reader/frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frames frames = { 0 };

	frames_read(&frames, data, size, 0x3000, 0x1000);
	for (size_t i = 1; i < frames.count; i++)
		if (unwind_address(frames.rows[i]) <=
		    unwind_address(frames.rows[i - 1]))
			abort();
	frames_forget(&frames);
	return 0;
}

#include "testsuite/fuzz/replay.h"
