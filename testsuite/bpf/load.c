/*
 * Loads an object, runs its syscall programs in order (each begin, then the
 * session is RUNNING), and prints what they wrote: the tests of the BPF
 * backend without the real runner. With -n it only loads. A failing load
 * prints the verifier's log and gives status 1.
 *
 *	load [-n] [-r COUNT] [-v] object
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <libelf.h>
#include <gelf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/common/format.h"
#include "runtime/common/manifest.h"
#include "runtime/common/wire.h"

struct session {
	struct bpf_object *object;
	struct manifest *manifest;
	struct wire_shared *shared;
};

static const char *log_text;

static int keep_log(enum libbpf_print_level level, const char *format,
		    va_list args)
{
	return level <= LIBBPF_WARN || log_text ?
		vfprintf(stderr, format, args) : 0;
}

static struct manifest *read_manifest(const char *path)
{
	struct manifest *manifest = NULL;
	const char *reason = "no section .spile";
	int fd = open(path, O_RDONLY);
	size_t names;

	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	Elf_Scn *section = NULL;

	elf_getshdrstrndx(elf, &names);
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		gelf_getshdr(section, &header);
		if (strcmp(elf_strptr(elf, names, header.sh_name), ".spile"))
			continue;
		Elf_Data *data = elf_getdata(section, NULL);

		manifest = manifest_parse(data->d_buf, data->d_size, &reason);
	}
	elf_end(elf);
	close(fd);
	if (!manifest)
		fprintf(stderr, "%s: %s\n", path, reason);
	return manifest;
}

/* ---- records ---- */

static int64_t take_long(const char **at)
{
	int64_t value;

	memcpy(&value, *at, 8);
	*at += 8;
	return value;
}

/* @first: the room of the first text, where the head says it; or 0. */
static void print_record(struct session *session, uint32_t id, uint32_t first,
			 const char *at)
{
	const char *format = session->manifest->formats[id];
	struct format_iterator iterator;
	struct format_directive d;
	char room[8192];
	uint64_t size;

	format_begin(&iterator, format, strlen(format));
	while (format_next(&iterator, &d) != FORMAT_END) {
		if (d.kind == FORMAT_LITERAL) {
			fwrite(d.text, 1, d.length, stdout);
			continue;
		}
		int64_t width = d.width == FORMAT_STAR ? take_long(&at) :
							 d.width;
		int64_t precision = d.precision == FORMAT_STAR ?
			take_long(&at) : d.precision;
		uint64_t spec = format_spec(d.conversion, d.flag, width,
					    precision);

		if (format_type(&d) == 't') {
			size = first ? first : (uint64_t)take_long(&at);
			first = 0;
			uint64_t n = format_text(room, sizeof(room), spec, at,
						 size);
			at += size;
			fwrite(room, 1, n, stdout);
		} else if (format_type(&d) == 'a') {
			uint64_t length = (uint64_t)take_long(&at);

			size = (uint64_t)take_long(&at);
			fwrite(room, 1, format_bytes(room, sizeof(room), spec,
						     at, length), stdout);
			at += size;
		} else {
			fwrite(room, 1, format_long(room, sizeof(room), spec,
						    take_long(&at)), stdout);
		}
	}
}

static void print_error(struct session *session, uint32_t id, const char *at)
{
	int64_t site = take_long(&at);
	int64_t chain = take_long(&at);
	const char *text = at + 8 * chain + 8;
	const struct manifest *m = session->manifest;

	printf("ERROR: %s near identifier '%s' at %s in probe %s\n", text,
	       site >= 0 ? m->sites[site].identifier : "?",
	       site >= 0 ? m->sites[site].place : "?", m->probes[id].name);
	for (int64_t i = 0; i < chain; i++) {
		site = take_long(&at);
		if (site >= 0)
			printf("  called from %s\n", m->sites[site].place);
	}
}

static void print_hist(struct session *session, uint32_t id, const char *at,
		       size_t size)
{
	printf("hist %s:", session->manifest->globals[id].name);
	for (size_t i = 0; i < size / 8; i++) {
		int64_t count = take_long(&at);

		if (count)
			printf(" %zu=%lld", i, (long long)count);
	}
	printf("\n");
}

static int on_record(void *context, void *data, size_t size)
{
	const struct wire_head *head = data;
	const char *at = (const char *)data + sizeof(*head);

	switch (head->kind) {
	case WIRE_PRINT:
		print_record(context, head->id, 0, at);
		break;
	case WIRE_PRINT_TEXT:
		print_record(context, wire_print_format(head->id),
			     wire_print_room(head->id), at);
		break;
	case WIRE_ERROR:
		print_error(context, head->id, at);
		break;
	case WIRE_HIST:
		print_hist(context, head->id, at, size - sizeof(*head));
		break;
	case WIRE_EXIT:
		printf("(exit)\n");
		break;
	default:
		printf("(%d) %s\n", head->kind, at + 8);
	}
	return 0;
}

/* ---- running ---- */

static int run_program(struct session *session, size_t number)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	const struct manifest_probe *probe =
		&session->manifest->probes[number];
	struct bpf_program *program = bpf_object__find_program_by_name(
		session->object, probe->program);
	int status;

	if (bpf_program__type(program) != BPF_PROG_TYPE_SYSCALL) {
		uint64_t args[12] = { 1, 2, 3 };

		options.ctx_in = args;
		options.ctx_size_in = sizeof(args);
		if (bpf_program__type(program) !=
		    BPF_PROG_TYPE_RAW_TRACEPOINT)
			return 0;
		return bpf_prog_test_run_opts(bpf_program__fd(program),
					      &options);
	}
	status = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
	if (status)
		printf("cannot run %s: %s\n", probe->program, strerror(errno));
	return status;
}

static void run_kinds(struct session *session, const char *only,
		      struct ring_buffer *ring)
{
	for (size_t i = 0; i < session->manifest->probe_count; i++) {
		const char *kind = session->manifest->probes[i].kind;
		bool ends = !strcmp(kind, "end") || !strcmp(kind, "error");

		if (only ? strcmp(kind, only) : ends || !strcmp(kind, "begin"))
			continue;
		run_program(session, i);
		ring_buffer__consume(ring);
	}
}

static void run(struct session *session, int rounds)
{
	struct bpf_map *output = bpf_object__find_map_by_name(session->object,
							      "spile_output");
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(output),
						    on_record, session, NULL);

	run_kinds(session, "begin", ring);
	if (session->shared->state == WIRE_STARTING)
		session->shared->state = WIRE_RUNNING;
	for (int i = 0; i < rounds; i++)
		run_kinds(session, NULL, ring);
	run_kinds(session, session->shared->state == WIRE_FAILING ? "error" :
								     "end",
		  ring);
	ring_buffer__free(ring);
	if (session->shared->lost)
		printf("lost %llu\n",
		       (unsigned long long)session->shared->lost);
	if (session->shared->skipped[0] || session->shared->skipped[1])
		printf("skipped %llu %llu\n",
		       (unsigned long long)session->shared->skipped[0],
		       (unsigned long long)session->shared->skipped[1]);
}

static void share(struct session *session)
{
	struct bpf_map *map = bpf_object__find_map_by_name(
		session->object, ".data.spile_shared");

	session->shared = mmap(NULL, sizeof(struct wire_shared),
			       PROT_READ | PROT_WRITE, MAP_SHARED,
			       bpf_map__fd(map), 0);
	if (session->shared == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	strcpy(session->shared->module, "module");
	session->shared->state = WIRE_STARTING;
}

int main(int argc, char **argv)
{
	struct session session = { 0 };
	bool load_only = false;
	int letter, rounds = 1;

	while ((letter = getopt(argc, argv, "nvr:")) != -1) {
		if (letter == 'n')
			load_only = true;
		else if (letter == 'v')
			log_text = "";
		else if (letter == 'r')
			rounds = atoi(optarg);
	}
	if (optind >= argc)
		return 2;
	libbpf_set_print(keep_log);
	session.manifest = read_manifest(argv[optind]);
	session.object = bpf_object__open(argv[optind]);
	if (!session.manifest || !session.object)
		return 1;
	struct bpf_program *program;
	if (log_text)
		bpf_object__for_each_program(program, session.object)
			bpf_program__set_log_level(program, 4);
	if (bpf_object__load(session.object))
		return 1;
	share(&session);
	if (!load_only)
		run(&session, rounds);
	bpf_object__close(session.object);
	manifest_free(session.manifest);
	return 0;
}
