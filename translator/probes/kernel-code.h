/*
 * Code of the kernel and of its modules by debug information, where that is
 * there: what symbols and BTF do not tell. Opened when it is first asked for.
 */
#ifndef SPILE_PROBES_KERNEL_CODE_H
#define SPILE_PROBES_KERNEL_CODE_H

#include "translator/probes/family.h"

/*
 * Adds the places of a point, whose component @at is function(...) or
 * statement(...): in the kernel itself or (@module not NULL) in the modules
 * whose names match, or in the one with this path. False if the point is wrong
 * in itself. Nothing added: env->missing says what is not there, and env->hint
 * what to install.
 */
bool kernel_code_resolve(struct family_env *env,
			 const struct probe_point *point, size_t at,
			 const char *module, struct probe_instances *out);

/*
 * Adds the places where the functions of the point's pattern are inlined in the
 * kernel or in one module, by its name, if there is debug information of it. Nothing to
 * add is no error; false if the pattern is malformed.
 */
bool kernel_code_add_inlined(struct family_env *env,
			     const struct probe_point *point, size_t at,
			     const char *module, struct probe_instances *out);

/* Whether there is debug information of the kernel or a module. */
bool kernel_code_is_known(struct family_env *env, const char *module);

/* What to install for it; NULL if there is some. */
const char *kernel_code_lacks(struct family_env *env, const char *module);

/* The variables of a function's begin beyond those that the context has; why
 * not is in context->lacks. */
void kernel_code_variables(struct family_env *env,
			   struct probe_context *context, const char *module,
			   const char *symbol);

#endif
