/* The build of the running kernel: see kernel-build.h. */
#include "runtime/common/kernel-build.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

enum { NOTES_MOST = 1 << 16, ID_MOST = 64 };

static size_t padded(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

static bool find_id(const unsigned char *bytes, size_t size, char *ret_text)
{
	Elf64_Nhdr note;

	for (size_t at = 0; at + sizeof(note) <= size;) {
		const unsigned char *name = bytes + at + sizeof(note);

		memcpy(&note, bytes + at, sizeof(note));
		at += sizeof(note) + padded(note.n_namesz);
		if (note.n_descsz > size || at + note.n_descsz > size)
			return false;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp(name, "GNU", 4) && note.n_descsz <= ID_MOST) {
			for (size_t i = 0; i < note.n_descsz; i++)
				snprintf(ret_text + 2 * i, 3, "%02x",
					 bytes[at + i]);
			return note.n_descsz > 0;
		}
		at += padded(note.n_descsz);
	}
	return false;
}

bool kernel_build_id(const char *module, char ret_text[KERNEL_BUILD_TEXT])
{
	unsigned char bytes[NOTES_MOST];
	char path[512] = "/sys/kernel/notes";
	size_t size = 0;
	FILE *file;

	if (module)
		snprintf(path, sizeof(path), "/sys/module/%s/notes/"
			 ".note.gnu.build-id", module);
	file = fopen(path, "re");
	if (!file)
		return false;
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return find_id(bytes, size, ret_text);
}

uint64_t kernel_symbol_address(const char *module, const char *symbol)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[1024], name[512], its[128], type;
	unsigned long long address, found = 0;

	while (file && !found && fgets(line, sizeof(line), file)) {
		int fields = sscanf(line, "%llx %c %511s [%127[^]]", &address,
				    &type, name, its);

		if (fields >= 3 && !strcmp(name, symbol) &&
		    (fields == 4 ? module && !strcmp(its, module) : !module))
			found = address;
	}
	if (file)
		fclose(file);
	return found;
}
