/*
 * Names of functions behind mangled symbols: C++ (Itanium ABI) and Rust, without
 * parameters and result: "_ZNK2ns5shape4areaEi" is "ns::shape::area". Template
 * arguments are left out, so a name is never longer than a few times its
 * symbol whatever the symbol says.
 */
#ifndef SPILE_TARGET_DEMANGLE_H
#define SPILE_TARGET_DEMANGLE_H

#include <stdbool.h>

struct arena;

/* The name behind a symbol, in the arena; NULL if the symbol is not mangled or
 * names no function (tables of classes, guards). */
char *demangle_name(struct arena *arena, const char *symbol);

/* Whether a qualified name is what @pattern says: a wildcard or a name that
 * equals it or its tail after a "::" ("area" is "ns::shape::area"). */
bool demangle_match(const char *pattern, const char *name);

#endif
