# Makes errno.stp of errno.def: number and name of each error.
/^#/ || NF == 0 { next }
length($2) > 15 {
	long[$1 + 0] = $2
	next
}
$1 < 512 {
	usual[$1 + 0] = $2
	if ($1 + 0 > last)
		last = $1 + 0
	next
}
{
	inner[$1 + 0] = $2
	if ($1 + 0 > inner_last)
		inner_last = $1 + 0
}
END {
	print "/*"
	print " * Error numbers by name. Generated from errno.def: edit that."
	print " */"
	print ""
	print "/**"
	print " * errno_str - name of an error number"
	print " * @err: the number, of either sign"
	print " *"
	print " * Return: \"ENOENT\" for 2 and -2; empty for 0 and unknown numbers."
	print " */"
	print "function errno_str:string(err:long)"
	print "{"
	print "if (err < 0) err = -err"
	printf "if (err >= 0 && err <= %d) {\n", last
	print_slots(usual, 0, last, 16, "err")
	printf "} else if (err >= 512 && err <= %d) {\n", inner_last
	for (number in long)
		printf "if (err == %d) return \"%s\"\n", number, long[number]
	print_slots(inner, 512, inner_last, 16, "err")
	print "} else {"
	print "return \"\""
	print "}"
	print_cell(16)
	print "return " cell_text(16)
	print "}"
}
