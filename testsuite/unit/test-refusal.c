/*
 * What is said when the kernel does not load a module: for each of its reasons
 * the cause and what to do next.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/kmod/user/refusal.h"
#include "runtime/reader/object.h"

/* A module: a header, and what it tells of itself behind it. */
struct module {
	Elf64_Ehdr header;
	char info[256];
};

static struct object object_of(struct module *module, const char *release,
			       const char *end)
{
	int length = snprintf(module->info, sizeof(module->info),
			      "%cvermagic=%s SMP mod_unload %c%s", 0, release,
			      0, end);

	return (struct object){
		.image = module,
		.bytes = sizeof(module->header) + (size_t)length + 1 - !!*end,
	};
}

static const char signature[] = "~Module signature appended~\n";

static void says(const struct object *object, int error, const char *cause,
		 const char *remedy)
{
	char *text = NULL;

	assert_int_equal(refusal_explain(object, error, "probing", &text), -1);
	assert_non_null(text);
	if (!strstr(text, cause) || !strstr(text, remedy))
		fail_msg("%s: \"%s\" has no \"%s\" or no \"%s\"",
			 strerror(error), text, cause, remedy);
	free(text);
}

static void test_reasons(void **state)
{
	struct module module = { .info = "" };
	struct utsname running;
	struct object object;

	(void)state;
	uname(&running);
	object = object_of(&module, running.release, "");
	says(&object, EBADMSG, "signature of the module probing is damaged",
	     "translate it again");
	says(&object, ENOKEY, "no key for the signature", "--sign-module=KEY");
	says(&object, ENOENT, "lacks a symbol",
	     "translate it again with the headers of this kernel");
	says(&object, ENOMEM, "not enough memory for the module probing",
	     "(MAXMAPENTRIES), or the output (-s)");
	says(&object, EEXIST, "named probing is in use", "-m NAME");
	says(&object, ENOSYS, "no modules", "--runtime=bpf");
	says(&object, EINVAL, "cannot load the module probing: Invalid argument",
	     "the kernel's log");
	if (geteuid())
		says(&object, EPERM, "only root", "run it as root");
	else
		says(&object, EPERM, "does not permit", "--sign-module=KEY");
}

static void test_signed(void **state)
{
	struct module module = { .info = "" };
	struct object object = object_of(&module, "1", "");

	(void)state;
	says(&object, EKEYREJECTED, "loads signed modules only, and probing is not",
	     "--sign-module=KEY");
	object = object_of(&module, "1", signature);
	says(&object, EKEYREJECTED, "does not accept the signature",
	     "a key that it trusts");
}

static void test_format(void **state)
{
	struct module module = { .info = "" };
	struct utsname running;
	struct object object = object_of(&module, "1.2-old", "");

	(void)state;
	uname(&running);
	says(&object, ENOEXEC, "another kernel, 1.2-old; this is",
	     running.release);
	object = object_of(&module, running.release, "");
	says(&object, ENOEXEC, "another kernel of this release",
	     "translate it again with the headers of this one");
	module.header.e_shoff = sizeof(module) + 1;
	says(&object, ENOEXEC, "is cut off", "copy or translate it again");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
