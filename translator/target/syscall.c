/* System calls by name and number: the C library's headers, as a table. */
#include <string.h>
#include <sys/syscall.h>

#include "translator/target/kernel.h"

static const struct {
	const char *name;
	long number;
} calls[] = {
#include "translator/target/syscall-names.h"
};

enum { CALLS = sizeof(calls) / sizeof(*calls) };

const char *syscall_name(long number)
{
	for (size_t i = 0; i < CALLS; i++)
		if (calls[i].number == number)
			return calls[i].name;
	return NULL;
}

long syscall_number(const char *name)
{
	for (size_t i = 0; i < CALLS; i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	return -1;
}
