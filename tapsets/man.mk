# Man pages: of the programs from their text and options.def, of the library
# from the comments of its files.
man_awk = tapsets/subject.awk
man_awk_of_options = $(top_srcdir)/translator/driver/man.awk
man_options = $(top_srcdir)/translator/driver/options.def
man_primitives = $(top_srcdir)/runtime/common/intrinsics.def

# Files with nothing that a script would name have no page.
man_files = $(sort $(notdir $(wildcard tapsets/*.stp)))
man_pages = $(patsubst %.stp,man/spile-tapset-%.3,$(filter-out pretty.stp programs.stp this.stp,$(man_files))) \
	$(patsubst %.stpm,man/spile-tapset-%-macros.3,$(filter-out macros.stpm,$(notdir $(wildcard tapsets/*.stpm)))) \
	man/spile-tapset-macros.3 man/spile-tapset-primitives.3 \
	man/spile-tapset-syscalls.3 man/spile-tapset-syscall_any.3

nodist_man1_MANS = man/spile.1 man/spilerun.1
nodist_man3_MANS = $(man_pages)

man_make = $(AM_V_GEN)$(MKDIR_P) man && LC_ALL=C $(AWK) -v version=$(PACKAGE_VERSION)

man/spile.1: translator/driver/spile.1.in $(man_options) $(man_awk_of_options)
	$(man_make) -f $(man_awk_of_options) $(man_options) $< >$@.new && mv $@.new $@

man/spilerun.1: runtime/run/spilerun.1.in
	$(AM_V_GEN)$(MKDIR_P) man && sed 's/@VERSION@/$(PACKAGE_VERSION)/' $< >$@.new && mv $@.new $@

man/spile-tapset-primitives.3: $(man_primitives) $(man_awk)
	$(man_make) -f $(man_awk) $(man_primitives) >$@.new && mv $@.new $@

man/spile-tapset-macros.3: tapsets/macros.stpm $(man_awk)
	$(man_make) -f $(man_awk) $< >$@.new && mv $@.new $@

man/spile-tapset-%-macros.3: tapsets/%.stpm $(man_awk)
	$(man_make) -f $(man_awk) $< >$@.new && mv $@.new $@

man/spile-tapset-%.3: tapsets/%.stp $(man_awk)
	$(man_make) -f $(man_awk) $< >$@.new && mv $@.new $@

man/spile-tapset-%.3: tapsets/syscalls/%.stp $(man_awk)
	$(man_make) -f $(man_awk) $< >$@.new && mv $@.new $@
