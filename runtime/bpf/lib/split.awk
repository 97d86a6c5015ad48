# The library in two parts, from its text (read twice: `awk -v part=X -f
# split.awk lean.ll lean.ll`).
#
#	inline		what programs inline, as bitcode; the rest is declared.
#			It has no debug information: inlined code takes the
#			place in the script that it is inlined at
#	compiled	what they call, made into machine code once; all of it
#			is seen from outside, so that either part finds it
FNR == 1 {
	pass++
}
pass == 1 {
	if (/^attributes #[0-9]+ = .*alwaysinline/)
		inlined[$2] = 1
	next
}
/^define / {
	for (group = NF; group > 0 && $group !~ /^#[0-9]+$/; group--)
		;
	if (part == "compiled" && ($group) in inlined) {
		sub(/ linkonce_odr (dso_local|hidden) /, " internal ")
	} else if (part == "compiled") {
		sub(/ linkonce_odr /, " ")
		sub(/ internal /, " hidden ")
	} else if (!(($group) in inlined)) {
		sub(/ (linkonce_odr|internal) /, " ")
		sub(/^define/, "declare")
		sub(/ !dbg ![0-9]+ [{]$/, "")
		print
		body = 1
		next
	}
}
body {
	body = !/^}/
	next
}
part == "inline" {
	if (/^!llvm\.dbg\.cu = /)
		next
	gsub(/,? !dbg ![0-9]+|, !llvm\.loop ![0-9]+/, "")
}
# Of the compiled part functions are described; data belongs to the program.
/^@/ && part == "compiled" {
	sub(/, !dbg ![0-9]+$/, "")
	sub(/ linkonce_odr dso_local /, " internal ")
}
{
	print
}
