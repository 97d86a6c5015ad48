run_sources = \
	runtime/run/flight.h \
	runtime/run/flight.c \
	runtime/run/monitor.h \
	runtime/run/monitor.c \
	runtime/run/options.c \
	runtime/run/session.c \
	runtime/run/report.c \
	runtime/run/globals.c \
	runtime/run/globals.h \
	runtime/run/main.c
