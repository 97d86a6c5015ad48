/*
 * The types of a kernel that is not running: from its vmlinux where that is
 * installed, else unpacked from its boot image (by the program that the image
 * is packed with: xz, zstd, gzip ...) and kept for the next time. So are those of
 * its modules whose files are packed.
 */
#ifndef SPILE_TARGET_KERNEL_IMAGE_H
#define SPILE_TARGET_KERNEL_IMAGE_H

struct arena;

/* A file for btf_open(), in the arena. NULL with a sentence in @ret_reason.
 * @keep: a folder for what is unpacked, made if need be. */
const char *kernel_image_btf(struct arena *arena, const char *release,
			     const char *keep, const char **ret_reason);

/* The same for btf_add_module_file(): the file of a module itself, or what a packed
 * one (.ko.xz) holds. */
const char *kernel_image_module(struct arena *arena, const char *path,
				const char *keep, const char **ret_reason);

#endif
