# Tapset files that are made of tables. They are distributed, so that building
# from a tarball never writes below the sources.
tapset_built = tapsets/syscalls/flags.stp \
	tapsets/syscalls/names.stp tapsets/syscalls/syscalls.stp \
	runtime/common/syscalls.def

tapset_from = $(top_srcdir)/tapsets
tapset_calls = $(tapset_from)/syscalls/syscalls.def \
	$(tapset_from)/syscalls/syscalls.awk $(tapset_from)/slots.awk
tapset_table = LC_ALL=C $(AWK) -f $(tapset_from)/slots.awk \
	-f $(tapset_from)/syscalls/syscalls.awk

tapsets/syscalls/flags.stp: $(tapset_from)/syscalls/flags.def \
		$(tapset_from)/syscalls/flags.awk
	$(AM_V_GEN)LC_ALL=C $(AWK) -f $(tapset_from)/syscalls/flags.awk \
		$(tapset_from)/syscalls/flags.def \
		>$(top_srcdir)/$@.new && mv $(top_srcdir)/$@.new $(top_srcdir)/$@

tapsets/syscalls/syscalls.stp: $(tapset_calls)
	$(AM_V_GEN)$(tapset_table) -v part=probes \
		$(tapset_from)/syscalls/syscalls.def \
		>$(top_srcdir)/$@.new && mv $(top_srcdir)/$@.new $(top_srcdir)/$@

tapsets/syscalls/names.stp: $(tapset_calls)
	$(AM_V_GEN)$(tapset_table) -v part=names \
		$(tapset_from)/syscalls/syscalls.def \
		>$(top_srcdir)/$@.new && mv $(top_srcdir)/$@.new $(top_srcdir)/$@

# Not a tapset: what both runtimes have for the primitive __syscall_name.
runtime/common/syscalls.def: $(tapset_calls)
	$(AM_V_GEN)$(tapset_table) -v part=rows \
		$(tapset_from)/syscalls/syscalls.def \
		>$(top_srcdir)/$@.new && mv $(top_srcdir)/$@.new $(top_srcdir)/$@
