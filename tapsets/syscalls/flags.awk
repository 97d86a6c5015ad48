# Makes the functions that show arguments of system calls by name, of flags.def.

/^#/ || NF == 0 { next }

{
	if (!($2 in form)) {
		order[++sets] = $2
		form[$2] = $1
	}
	for (i = 3; i <= NF; i++) {
		split($i, part, "=")
		rows[$2]++
		name[$2, rows[$2]] = part[1]
		value[$2, rows[$2]] = part[2]
	}
}

function print_bits(set,    i, at, v, mask)
{
	print "\ttext = \"\""
	for (i = 1; i <= rows[set]; i++) {
		v = value[set, i]
		at = index(v, "/")
		mask = at ? substr(v, at + 1) : v
		if (at)
			v = substr(v, 1, at - 1)
		if (mask == -1)
			printf "\tif (value == %s)\n\t\treturn \"%s\"\n", \
				v, name[set, i]
		else
			printf "\tif ((value & %s) == %s) {\n\t\ttext .= \"|%s\"\n" \
				"\t\tvalue &= ~%s\n\t}\n", mask, v, \
				name[set, i], mask
	}
	print "\tif (value)\n\t\ttext .= sprintf(\"|0x%x\", value)"
	print "\tif (text == \"\")\n\t\treturn \"0x0\""
	print "\treturn substr(text, 1, strlen(text))"
}

function print_enum(set,    i)
{
	for (i = 1; i <= rows[set]; i++)
		printf "\tif (value == %s)\n\t\treturn \"%s\"\n", \
			value[set, i], name[set, i]
	print "\treturn sprintf(\"0x%x\", value)"
}

END {
	print "/*"
	print " * Arguments of system calls by name. Generated from flags.def:" \
		" edit that."
	print " */"
	for (i = 1; i <= sets; i++) {
		printf "\nfunction __%s_str:string(value:long)\n{\n", order[i]
		if (form[order[i]] == "bits")
			print_bits(order[i])
		else
			print_enum(order[i])
		print "}"
	}
}
