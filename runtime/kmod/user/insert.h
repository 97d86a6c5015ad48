/*
 * A kernel module as a session's object: the steps of runtime/bpf/load.h for
 * those that are no BPF. The module goes when the session ends; one that a
 * killed session left behind does nothing any more, and is taken out before
 * its like is loaded again.
 */
#ifndef SPILE_KMOD_USER_INSERT_H
#define SPILE_KMOD_USER_INSERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kmod_choice;
struct kmod_code;
struct kmod_elements;
struct load_options;
struct object;
struct wire_times;

/* Whether the bytes are a module (and not a BPF object). */
bool insert_is_module(const void *image, size_t size);

/* Loads object->image, maps its shared page and its output, sets globals.
 * 0, or -1 with a sentence in *ret_error (malloc'd). */
int insert_load(struct object *object, const struct load_options *options,
		char **ret_error);

/* Attaches all that the kernel drives; detaches it. */
int insert_attach(struct object *object, char **ret_error);
void insert_detach(struct object *object);

/* Hands over a relocation of the manifest. 0 or -errno. */
int insert_relocate(int device, size_t number, const uint64_t words[3]);

/* Tells what is known of a file with code. 0 or -errno. */
int insert_code(int device, const struct kmod_code *code);

/* What was found out about a probe: runtime/kmod/device.h. 0 or -errno. */
int insert_choose(int device, const struct kmod_choice *choice);

/* The value that a global has now, as a text; false if there is none of it. */
bool insert_global(int device, const char *name, char *value, size_t room);

/* Gives globals their values: name=value. 0, or -1 with a sentence in *ret_error
 * (malloc'd). */
int insert_set(struct object *object, char *const *settings, size_t count,
	       char **ret_error);

/* Some elements of an array: runtime/kmod/device.h. */
bool insert_elements(int device, struct kmod_elements *asked);

/* Switches a probe off and on, where hits are timed. 0 or -errno. */
int insert_switch(int device, size_t probe, bool off);

/* From now on hits are timed. 0 or -errno. */
int insert_time(int device);
/* What came of it, and hits that did not come; false if nothing is known. */
bool insert_times(int device, size_t probe, struct wire_times *times,
		  uint64_t *ret_missed);

/* Runs the handler of a probe. 0 or -errno. */
int insert_run(int device, int probe);

/* Takes the module out. The mappings stay the object's. */
void insert_close(struct object *object);

#endif
