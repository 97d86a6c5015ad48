/* How functions of the runner say why they failed. */
#ifndef SPILE_READER_COMPLAIN_H
#define SPILE_READER_COMPLAIN_H

/* Sets *ret_error to a sentence (malloc'd; NULL without memory). Returns -1,
 * for the caller to return. */
int complain(char **ret_error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same, of a probe for which the processor has no breakpoint. */
int complain_breakpoints(char **ret_error, const char *probe);

#endif
