/*
 * spilerun: runs a script that spile compiled.
 */
#include "runtime/run/options.h"
#include "runtime/run/session.h"

int main(int argc, char **argv)
{
	struct options options;

	switch (options_read(&options, argc, argv)) {
	case OPTIONS_RUN:
		return session_run(&options);
	case OPTIONS_DONE:
		return 0;
	case OPTIONS_WRONG:
		break;
	}
	return 1;
}
