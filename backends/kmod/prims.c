/* The primitives of this backend: runtime/kmod/prims.def. */
#include <string.h>

#include "backends/kmod/gen.h"

enum prim_need prim_need(const char *name, size_t args)
{
	static const struct {
		const char *name;
		size_t args;
		enum prim_need need;
	} prims[] = {
#define KPRIM(name, args, need) { #name, args, PRIM_NEEDS_##need },
#include "runtime/kmod/prims.def"
#undef KPRIM
	};

	for (size_t i = 0; i < sizeof(prims) / sizeof(*prims); i++)
		if (!strcmp(prims[i].name, name) && prims[i].args == args)
			return prims[i].need;
	return PRIM_UNKNOWN;
}
