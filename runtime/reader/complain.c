#include "runtime/reader/complain.h"

#include <stdarg.h>
#include <stdio.h>

int complain(char **ret_error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(ret_error, format, arguments) < 0)
		*ret_error = NULL;
	va_end(arguments);
	return -1;
}

int complain_breakpoints(char **ret_error, const char *probe)
{
	return complain(ret_error, "the processor has no breakpoint left for "
			"probe %s: most have four, for all that runs; watch "
			"less at a time, or end the debuggers that have some",
			probe);
}
