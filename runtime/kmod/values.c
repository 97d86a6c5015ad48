/*
 * One object of two that the runtime is: what a script's values are made of. Why
 * the parts are no objects, session.c says.
 */
#include "runtime/kmod/match.c"
#include "runtime/kmod/text.c"
#include "runtime/kmod/map.c"
#include "runtime/kmod/stat.c"
#include "runtime/kmod/iter.c"
#include "runtime/kmod/prim.c"
#include "runtime/kmod/float.c"
#include "runtime/common/format.c"
#include "runtime/common/hist.c"
