/* The globals of a session as they are now, for --monitor. */
#ifndef SPILE_RUN_GLOBALS_H
#define SPILE_RUN_GLOBALS_H

struct object;

/* Which elements of arrays: none, those of the largest values, the first by key. */
enum globals_view { GLOBALS_BRIEF, GLOBALS_VALUES, GLOBALS_KEYS, GLOBALS_VIEWS };

/* Prints those of the script on standard error; returns how many lines that are. */
unsigned int globals_print(const struct object *object, enum globals_view view);

#endif
