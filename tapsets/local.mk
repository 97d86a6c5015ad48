# Tapset files that are made of tables. They are distributed, so that building
# from a tarball never writes below the sources.
tapset_built = tapsets/errno.stp tapsets/syscalls/names.stp \
	tapsets/syscalls/flags.stp tapsets/syscalls/syscalls.stp

tapset_awk = LC_ALL=C $(AWK) -f $(top_srcdir)/tapsets/tree.awk

tapsets/errno.stp: tapsets/errno.def tapsets/errno.awk tapsets/tree.awk
	$(AM_V_GEN)$(tapset_awk) -f $(top_srcdir)/tapsets/errno.awk \
		$(top_srcdir)/tapsets/errno.def >$(top_srcdir)/$@.new && \
	mv $(top_srcdir)/$@.new $(top_srcdir)/$@

tapsets/syscalls/flags.stp: tapsets/syscalls/flags.def tapsets/syscalls/flags.awk
	$(AM_V_GEN)LC_ALL=C $(AWK) -f $(top_srcdir)/tapsets/syscalls/flags.awk \
		$(top_srcdir)/tapsets/syscalls/flags.def \
		>$(top_srcdir)/$@.new && mv $(top_srcdir)/$@.new $(top_srcdir)/$@

tapsets/syscalls/names.stp: tapsets/syscalls/syscalls.def \
		tapsets/syscalls/syscalls.awk tapsets/tree.awk
	$(AM_V_GEN)$(tapset_awk) -v part=names \
		-f $(top_srcdir)/tapsets/syscalls/syscalls.awk \
		$(top_srcdir)/tapsets/syscalls/syscalls.def \
		>$(top_srcdir)/$@.new && mv $(top_srcdir)/$@.new $(top_srcdir)/$@

tapsets/syscalls/syscalls.stp: tapsets/syscalls/syscalls.def \
		tapsets/syscalls/syscalls.awk tapsets/tree.awk
	$(AM_V_GEN)$(tapset_awk) -v part=probes \
		-f $(top_srcdir)/tapsets/syscalls/syscalls.awk \
		$(top_srcdir)/tapsets/syscalls/syscalls.def \
		>$(top_srcdir)/$@.new && mv $(top_srcdir)/$@.new $(top_srcdir)/$@
