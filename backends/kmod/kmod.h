/* The kernel-module backend, for backends/registry.c. */
#ifndef SPILE_BACKENDS_KMOD_KMOD_H
#define SPILE_BACKENDS_KMOD_KMOD_H

struct backend;

extern const struct backend backend_kernel;

#endif
