/* Why the kernel does not load a module: see refusal.h. */
#include "runtime/kmod/user/refusal.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/reader/complain.h"
#include "runtime/reader/object.h"

/* The texts of .modinfo are NUL-terminated. */
const char *refusal_info(const struct object *object, const char *key)
{
	char wanted[32];
	size_t length = (size_t)snprintf(wanted, sizeof(wanted), "%c%s=", 0, key);
	const char *at = memmem(object->image, object->bytes, wanted, length);
	const char *end = (const char *)object->image + object->bytes;

	return at && memchr(at + length, '\0', end - (at + length)) ?
		at + length : "";
}

/* Whether all that the header tells of is there. */
static bool is_whole(const struct object *object)
{
	const Elf64_Ehdr *header = object->image;

	return header->e_shoff <= object->bytes &&
	       (object->bytes - header->e_shoff) / sizeof(Elf64_Shdr) >=
	       header->e_shnum;
}

static bool is_signed(const struct object *object)
{
	static const char mark[] = "~Module signature appended~\n";
	size_t size = sizeof(mark) - 1;

	return object->bytes > size &&
	       !memcmp((const char *)object->image + object->bytes - size, mark,
		       size);
}

/* The kernel says the same of a module that is damaged, and of one with other
 * types of the same release. */
static int explain_format(const struct object *object, const char *name,
			  char **ret_error)
{
	const char *built = refusal_info(object, "vermagic");
	int length = (int)strcspn(built, " ");
	struct utsname running;

	if (!is_whole(object))
		return complain(ret_error, "the module %s is cut off: copy or "
				"translate it again", name);
	if (uname(&running) || (strlen(running.release) == (size_t)length &&
				!memcmp(running.release, built, length)))
		return complain(ret_error, "the module %s was built for "
				"another kernel of this release: translate "
				"it again with the headers of this one (the "
				"kernel's log tells more)", name);
	return complain(ret_error, "the module %s was built for another "
			"kernel, %.*s; this is %s: translate it again with "
			"-r %s", name, length, built, running.release,
			running.release);
}

static int explain_permission(const char *name, char **ret_error)
{
	if (geteuid())
		return complain(ret_error, "only root may load modules: run "
				"it as root");
	return complain(ret_error, "this kernel does not permit the module %s: "
			"where it is locked down (Secure Boot), sign it with a "
			"key that it trusts (--sign-module=KEY); where "
			"kernel.modules_disabled is 1, none is loaded until "
			"the next boot: use --runtime=bpf", name);
}

int refusal_explain(const struct object *object, int error, const char *name,
		    char **ret_error)
{
	switch (error) {
	case ENOEXEC:
		return explain_format(object, name, ret_error);
	case EBADMSG:
		return complain(ret_error, "the signature of the module %s is "
				"damaged: translate it again", name);
	case ENOKEY:
		return complain(ret_error, "the kernel has no key for the "
				"signature of the module %s: sign it with one "
				"that it trusts (--sign-module=KEY)", name);
	case ENOENT:
		return complain(ret_error, "this kernel lacks a symbol that "
				"the module %s needs (the kernel's log names "
				"it): translate it again with the headers of "
				"this kernel", name);
	case EPERM:
		return explain_permission(name, ret_error);
	case EKEYREJECTED:
		return complain(ret_error, is_signed(object) ?
				"this kernel does not accept the signature of "
				"the module %s: sign it with a key that it "
				"trusts (--sign-module=KEY)" :
				"this kernel loads signed modules only, and "
				"%s is not: sign it (--sign-module=KEY)", name);
	case ENOMEM:
		return complain(ret_error, "there is not enough memory for the "
				"module %s: make its arrays smaller "
				"(MAXMAPENTRIES), or the output (-s)", name);
	case EEXIST:
		return complain(ret_error, "a module named %s is in use: end "
				"its session, or translate it with another "
				"name (-m NAME)", name);
	case ENOSYS:
		return complain(ret_error, "this kernel has no modules: use "
				"--runtime=bpf");
	}
	return complain(ret_error, "cannot load the module %s: %s (the "
			"kernel's log may tell more)", name, strerror(error));
}
