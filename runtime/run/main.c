/*
 * spilerun: runs a script that spile compiled.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/run/flight.h"
#include "runtime/run/options.h"
#include "runtime/run/session.h"

/* A standard stream that was closed must not become one of the files opened
 * here. Reading and writing it fails, as it would closed. */
static void fill_streams(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) < 0)
			_exit(1);
}

int main(int argc, char **argv)
{
	struct options options;
	int status = 1;

	fill_streams();
	switch (options_read(&options, argc, argv)) {
	case OPTIONS_RUN:
		status = options.join ? flight_join(options.object) :
			session_run(&options);
		break;
	case OPTIONS_DONE:
		status = 0;
		break;
	case OPTIONS_WRONG:
		break;
	}
	free(options.objects);
	return status;
}
