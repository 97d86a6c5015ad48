/*
 * Attaching to places in programs and libraries: uprobes by file and offset,
 * markers with the counter that tells the program that somebody listens (the
 * kernel keeps it up for every process that maps the file, and takes it down
 * when we are gone, however we go).
 */
#include "runtime/bpf/attach.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/bpf/multi.h"
#include "runtime/bpf/way.h"
#include "runtime/reader/complain.h"
#include "runtime/reader/object.h"

enum {
	BUILD_ID_MOST = 64,	/* bytes; usual are 20 */
	KERNEL_ENOTSUPP = 524,	/* which the C library does not know */
};

/* The build id in a segment of notes, in hexadecimal. */
static bool find_build_id(Elf_Data *notes, char *ret_text)
{
	size_t at = 0, next, name, data;
	GElf_Nhdr note;

	while ((next = gelf_getnote(notes, at, &note, &name, &data))) {
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp((char *)notes->d_buf + name, "GNU", 4) &&
		    note.n_descsz <= BUILD_ID_MOST) {
			const unsigned char *bytes =
				(unsigned char *)notes->d_buf + data;

			for (size_t i = 0; i < note.n_descsz; i++)
				sprintf(ret_text + 2 * i, "%02x", bytes[i]);
			return true;
		}
		at = next;
	}
	return false;
}

static bool read_build_id(const char *path, char *ret_text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool found = false;
	size_t count = 0;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf)
		elf_getphdrnum(elf, &count);
	for (size_t i = 0; i < count && !found; i++) {
		GElf_Phdr header;
		Elf_Data *notes;

		if (!gelf_getphdr(elf, (int)i, &header) ||
		    header.p_type != PT_NOTE)
			continue;
		notes = elf_getdata_rawchunk(elf, (int64_t)header.p_offset,
					     header.p_filesz,
					     header.p_align == 8 ? ELF_T_NHDR8 :
								   ELF_T_NHDR);
		found = notes && find_build_id(notes, ret_text);
	}
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	return found;
}

/* The script was translated for one build of the file: at the same offset in
 * another, any instruction may stand. */
static int check_build(const struct probe *probe, const char *path,
		       char **ret_error)
{
	const char *wanted = manifest_pair_get(&probe->about->pairs,
					       "build_id");
	char found[2 * BUILD_ID_MOST + 1];

	if (!wanted)
		return 0;
	if (access(path, R_OK))
		return complain(ret_error, "cannot read %s (probe %s): %s",
				path, probe->about->name, strerror(errno));
	if (!read_build_id(path, found))
		strcpy(found, "none");
	if (!strcmp(found, wanted))
		return 0;
	return complain(ret_error, "%s is not the file that the script was "
			"translated for (its build id is %s, not %s); translate "
			"the script again", path, found, wanted);
}

int uprobe_check_builds(const struct attach *attach, char **ret_error)
{
	const char *checked = "";

	for (size_t i = 0; i < attach->count; i++) {
		const struct probe *probe = &attach->probes[i];
		const char *path = manifest_pair_get(&probe->about->pairs,
						     "path");

		if ((probe->kind != ATTACH_UPROBE &&
		     probe->kind != ATTACH_URETPROBE) ||
		    !path || !strcmp(path, checked))
			continue;
		if (check_build(probe, path, ret_error))
			return -1;
		checked = path;
	}
	return 0;
}

/* What the kernel says of instructions that it cannot step over. */
static bool is_no_place(int error)
{
	return error == KERNEL_ENOTSUPP || error == EOPNOTSUPP;
}

static int explain(struct probe *probe, const char *path, int error,
		   char **ret_error)
{
	const char *name = probe->about->name;

	if (error == ESRCH)
		return complain(ret_error, "the process of probe %s is gone",
				name);
	if (error == EACCES || error == EPERM)
		return complain(ret_error, "the kernel does not permit probe %s: "
				"it needs root, or CAP_BPF with CAP_PERFMON",
				name);
	if (is_no_place(error))
		return complain(ret_error, "the instruction of probe %s in %s "
				"cannot be probed", name, path);
	return complain(ret_error, "cannot attach probe %s to %s: %s", name,
			path, strerror(error));
}

/* An instruction that the kernel would carry out wrongly. */
static bool is_unsafe(const struct probe *probe)
{
	return manifest_pair_get(&probe->about->pairs, "unsafe");
}

/* A place of a wildcard whose instruction the kernel does not probe: the others
 * do without it. */
static int pass_over(struct attach *attach, struct probe *probe,
		     const char *path, int error, char **ret_error)
{
	explain(probe, path, error, ret_error);
	if (!is_no_place(error) ||
	    !manifest_pair_get(&probe->about->pairs, "among"))
		return -1;
	attach->object->shared->passed_over++;
	if (attach->user_reason)
		free(*ret_error);
	else
		attach->user_reason = *ret_error;
	*ret_error = NULL;
	return 0;
}

int uprobe_check(struct attach *attach, char **ret_error)
{
	char *reason = attach->user_reason;

	attach->user_reason = NULL;
	if (reason && !attach->user_places) {
		*ret_error = reason;
		return -1;
	}
	free(reason);
	return 0;
}

static int attach_one(struct attach *attach, struct probe *probe,
		      const char *path, char **ret_error)
{
	const struct manifest_pairs *pairs = &probe->about->pairs;
	struct bpf_link *link;
	LIBBPF_OPTS(bpf_uprobe_opts, options,
		    .retprobe = probe->kind == ATTACH_URETPROBE,
		    .ref_ctr_offset = (size_t)manifest_pair_number(
						pairs, "semaphore", 0),
		    .bpf_cookie = (uint64_t)(probe - attach->probes));

	if (is_unsafe(probe))
		return pass_over(attach, probe, path, KERNEL_ENOTSUPP,
				 ret_error);
	link = bpf_program__attach_uprobe_opts(
		probe->bpf, (pid_t)manifest_pair_number(pairs, "pid", -1), path,
		(size_t)manifest_pair_number(pairs, "offset", 0), &options);
	if (!link)
		return pass_over(attach, probe, path, errno, ret_error);
	attach->user_places++;
	return attach_add_link(probe, link);
}

/* Whether one link may do for both. */
static bool is_same(const struct probe *a, const struct probe *b)
{
	const struct manifest_pairs *of_a = &a->about->pairs;
	const struct manifest_pairs *of_b = &b->about->pairs;
	const char *path = manifest_pair_get(of_b, "path");

	return a->program == b->program && a->kind == b->kind && path &&
	       !strcmp(manifest_pair_get(of_a, "path"), path) &&
	       manifest_pair_number(of_a, "pid", 0) ==
		       manifest_pair_number(of_b, "pid", 0);
}

/* Some of the places by one link, which the first of their probes has; where
 * the kernel refuses one, halves of them. */
static int attach_some(struct attach *attach, const struct multi_uprobe *all,
		       uint32_t from, uint32_t count, char **ret_error)
{
	struct probe *probe = &attach->probes[all->cookies[from]];
	struct multi_uprobe some = *all;

	some.offsets += from;
	some.semaphores += from;
	some.cookies += from;
	some.count = count;
	probe->multi = multi_attach(probe->program, &some);
	if (probe->multi >= 0) {
		attach->user_places += count;
		return 0;
	}
	if (count == 1 || !is_no_place(-probe->multi))
		return pass_over(attach, probe, all->path, -probe->multi,
				 ret_error);
	if (attach_some(attach, all, from, count / 2, ret_error))
		return -1;
	return attach_some(attach, all, from + count / 2, count - count / 2,
			   ret_error);
}

/* The probe and all others that go by the same link. */
static int attach_many(struct attach *attach, struct probe *probe,
		       const char *path, char **ret_error)
{
	size_t most = attach->count;
	int error;
	uint64_t *numbers = calloc(most, 3 * sizeof(*numbers));
	struct multi_uprobe places = {
		.path = path, .offsets = numbers,
		.semaphores = numbers + most, .cookies = numbers + 2 * most,
		.is_return = probe->kind == ATTACH_URETPROBE,
		.pid = (uint32_t)manifest_pair_number(&probe->about->pairs,
						      "pid", 0),
	};

	if (!numbers)
		return -1;
	for (size_t i = 0; i < most; i++) {
		struct probe *other = &attach->probes[i];
		const struct manifest_pairs *pairs = &other->about->pairs;
		uint32_t n = places.count;

		if (!is_same(probe, other))
			continue;
		other->is_attached = true;
		if (is_unsafe(other)) {
			if (pass_over(attach, other, path, KERNEL_ENOTSUPP,
				      ret_error)) {
				free(numbers);
				return -1;
			}
			continue;
		}
		numbers[n] = (uint64_t)manifest_pair_number(pairs, "offset",
							    0);
		numbers[most + n] = (uint64_t)manifest_pair_number(
			pairs, "semaphore", 0);
		numbers[2 * most + n] = i;
		places.count++;
	}
	error = !places.count ? 0 : attach_some(attach, &places, 0, places.count, ret_error);
	free(numbers);
	return error;
}

int attach_uprobe(struct attach *attach, struct probe *probe, char **ret_error)
{
	const char *path = manifest_pair_get(&probe->about->pairs, "path");

	if (probe->is_attached)
		return 0;
	if (!path)
		return complain(ret_error, "the object is damaged: probe %s "
				"names no file", probe->about->name);
	if (check_build(probe, path, ret_error))
		return -1;
	return attach->object->multi_uprobes ?
		       attach_many(attach, probe, path, ret_error) :
		       attach_one(attach, probe, path, ret_error);
}
