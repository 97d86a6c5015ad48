# Makes errno.stp of errno.def: number and name of each error.
/^#/ || NF == 0 { next }
{
	count++
	key[count] = $1 + 0
	value[count] = $2
}
END {
	sort_rows(1, count)
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
	print "\tif (err < 0)"
	print "\t\terr = -err"
	print_tree(1, count, "err", "", "\"")
	print "\treturn \"\""
	print "}"
}
