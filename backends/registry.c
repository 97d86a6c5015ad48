/* The backends there are: auto takes the first that can do the program. */
#include "translator/backend.h"

#define BACKEND(identifier) extern const struct backend backend_##identifier;
#include "backends/registry.def"
#undef BACKEND

const struct backend *const backends[] = {
#define BACKEND(identifier) &backend_##identifier,
#include "backends/registry.def"
#undef BACKEND
};
const size_t backend_count = sizeof(backends) / sizeof(backends[0]);
