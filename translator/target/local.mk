target_sources = \
	translator/target/type-text.c \
	translator/target/type-text.h \
	translator/target/debug.c \
	translator/target/debug-callee.c \
	translator/target/debug-entry.c \
	translator/target/debug-find.c \
	translator/target/debug-function.c \
	translator/target/debug-line.c \
	translator/target/debug-location.c \
	translator/target/debug-machine.c \
	translator/target/debug-machine.h \
	translator/target/debug-type-find.c \
	translator/target/debug-pattern.c \
	translator/target/debug-private.h \
	translator/target/debug-search.c \
	translator/target/debug-type.c \
	translator/target/debug-variable.c \
	translator/target/demangle.c \
	translator/target/demangle.h \
	translator/target/elf-file.c \
	translator/target/program.c \
	translator/target/program-debug.c \
	translator/target/program-plt.c \
	translator/target/program-kernel.c \
	translator/target/program-private.h \
	translator/target/program-symbols.c \
	translator/target/program-threads.c \
	translator/target/program.h \
	translator/target/debug.h \
	translator/target/location.c \
	translator/target/location.h \
	translator/target/kernel.c \
	translator/target/kernel-functions.c \
	translator/target/kernel-debug.c \
	translator/target/kernel-debug.h \
	translator/target/kernel-functions.h \
	translator/target/kernel-image.c \
	translator/target/kernel-image.h \
	translator/target/kernel.h \
	translator/target/syscall.c \
	translator/target/ctype.c \
	translator/target/ctype.h \
	translator/target/btf-blob.c \
	translator/target/btf-blob.h \
	translator/target/btf.c \
	translator/target/btf-text.c \
	translator/target/btf-tracepoint.c \
	translator/target/btf.h \
	translator/target/tracepoint.c \
	translator/target/tracepoint.h \
	translator/target/access.c \
	translator/target/access.h \
	translator/target/pretty.c \
	translator/target/pretty.h \
	translator/target/elf-facts.c \
	translator/target/elf-facts.h \
	translator/target/library-files.c \
	translator/target/library-files.h \
	translator/target/process-live.c \
	translator/target/process-live.h \
	translator/target/process-files.c \
	translator/target/usdt.c \
	translator/target/usdt-operand.c \
	translator/target/usdt.h \
	translator/target/process-files.h

target_built = translator/target/syscall-names.h

# The names of system calls, from the C library's headers.
translator/target/syscall-names.h: $(top_srcdir)/translator/target/local.mk
	$(AM_V_GEN)$(MKDIR_P) translator/target && \
	echo '#include <sys/syscall.h>' | $(CC) $(CPPFLAGS) -E -dM - | \
	LC_ALL=C sort | LC_ALL=C $(AWK) '\
		/^#define __NR_[a-z0-9_]+ / && !/__NR_(syscalls|arch_)/ { \
			printf "{ \"%s\", %s },\n", substr($$2, 6), $$2 \
		}' > $@.new && mv $@.new $@

translator/target/syscall.$(OBJEXT): translator/target/syscall-names.h
check/asan/translator/target/syscall.o: translator/target/syscall-names.h
