# Makes the probes on system calls, the functions of their names and numbers, and
# for the runtimes the table of their names:
#	awk -v part=probes -f slots.awk -f syscalls/syscalls.awk syscalls.def
#	awk -v part=names ...
#	awk -v part=rows ...
# Each row gives syscall.NAME (also nd_syscall and tp_syscall) and its .return.

/^#/ || NF == 0 { next }

part != "probes" {
	count++
	name[count] = $1
	x86[count] = $3
	arm[count] = $4
}

part == "probes" {
	probe_of()
}

BEGIN {
	if (part == "probes") {
		print "/*"
		print " * Probes on system calls, by name. Generated from" \
			" syscalls.def: edit that."
		print " */"
	}
}

# Text of the value of argument @n and what argstr shows, by the kind.
function argument(n, field,    name, kind, of, base, here)
{
	kind = field
	sub(/^[^:]*:/, "", kind)
	name = field
	sub(/:.*/, "", name)
	of = kind
	sub(/\(.*/, "", kind)
	sub(/^[^(]*\(?/, "", of)
	sub(/\).*/, "", of)
	base = name
	sub(/_uaddr$/, "", base)
	here = "@__arg" n
	if (kind ~ /^@/) {
		set(name, "@__int" n)
		show("%s", name "_str")
		set(name "_str", "__" substr(kind, 2) "_str(" name ")")
	} else if (kind == "int") {
		set(name, "@__int" n)
		show("%d", name)
	} else if (kind == "uint") {
		set(name, "@__uint" n)
		show("%u", name)
	} else if (kind == "long") {
		set(name, here)
		show("%d", name)
	} else if (kind == "size") {
		set(name, here)
		show("%u", name)
	} else if (kind == "hex" || kind == "ptr") {
		set(name, here)
		show("0x%x", name)
	} else if (kind == "oct") {
		set(name, "@__uint" n)
		show("%#o", name)
	} else if (kind == "creat") {
		set(name, "@__uint" n)
		glue("%s", "__creat_mode_str(" of ", " name ")")
	} else if (kind == "path") {
		set(name, "user_string_quoted(" here ")")
		set(name "_unquoted", "user_string(" here ", \"\")")
		show("%s", name)
	} else if (kind == "text") {
		set(name, here)
		later(base "_str", "user_buffer_quoted(" name ", " of ", 64)")
		show("%s", base "_str")
	} else if (kind == "argv") {
		set(name, "__argv_str(" here ")")
		show("%s", name)
	} else if (kind == "dirfd") {
		set(name, "@__int" n)
		set(name "_str", "__dirfd_str(" name ")")
		show("%s", name "_str")
	} else if (kind == "signal") {
		set(name, "@__int" n)
		set(name "_str", "signal_str(" name ")")
		set(name "_name", name "_str")
		show("%s", name "_str")
	} else if (kind == "key") {
		set(name, "@__int" n)
		set(name "_str", "__key_str(" name ")")
		show("%s", name "_str")
	} else if (kind == "timespec" || kind == "timeval") {
		set(name, here)
		set(base "_str", "__" kind "_str(" name ")")
		show("%s", base "_str")
	} else if (kind == "sockaddr") {
		set(name, here)
		later("uaddr_af", "__sockaddr_family(" name ")")
		later("uaddr_ip", "__sockaddr_ip(" name ")")
		later("uaddr_ip_port", "__sockaddr_port(" name ")")
		show("%s", "__sockaddr_str(" name ", " of ")")
	} else {
		print "syscalls.def: " $1 ": no such kind: " field | "cat >&2"
		exit 1
	}
}

function set(variable, expression)
{
	body = body "\t" variable " = " expression "\n"
}

# As set(), after all the plain arguments: it uses one that may follow.
function later(variable, expression)
{
	tail = tail "\t" variable " = " expression "\n"
}

function show(directive, expression)
{
	format = format (format == "" ? "" : ", ") directive
	values = values ", " expression
}

function glue(directive, expression)
{
	format = format directive
	values = values ", " expression
}

function probe_of(    i, name, numbers, result)
{
	body = tail = format = values = ""
	result = 1
	name = $2
	numbers = ($3 == "-" ? -2 : $3) ", " ($4 == "-" ? -2 : $4)
	for (i = 5; i <= NF; i++) {
		if ($i == "!hex")
			result = 2
		else if ($i != "?")
			argument(i - 4, $i)
	}
	printf "\nprobe syscall.%s = nd_syscall.%s = tp_syscall.%s = @__entry\n", \
		name, name, name
	printf "{\n\t@__entered(\"%s\", %s)\n%s%s", name, numbers, body, tail
	if (values == "")
		printf "\targstr = \"\"\n}\n"
	else
		printf "\targstr = sprintf(\"%s\"%s)\n}\n", format, values
	printf "\nprobe syscall.%s.return = nd_syscall.%s.return =\n", name, name
	printf "\ttp_syscall.%s.return = @__exit\n{\n", name
	printf "\t@__left(\"%s\", %s, %d)\n}\n", name, numbers, result
}

function rows_for(number, macro,    i)
{
	print "#ifdef " macro
	for (i = 1; i <= count; i++)
		if (number[i] != "-")
			print macro "(" number[i] ", " name[i] ")"
	print "#endif"
}

# By halves in the sorted names: a slot holds the name, its length, the number.
function numbers_for(number,    i, rows, names)
{
	rows = 0
	for (i = 1; i <= count; i++) {
		if (number[i] != "-") {
			key[++rows] = name[i] ""
			value[rows] = number[i]
		}
	}
	sort_rows(1, rows)
	for (i = 1; i <= rows; i++)
		names[i] = sprintf("%s%3d", slot(key[i], 24), value[i])
	print "low = 1"
	printf "high = %d\n", rows
	print "while (low <= high) {"
	print "middle = (low + high) / 2"
	print_slots(names, 1, rows, 27, "middle", 1)
	print_cell(27)
	print "text = " cell_text(24)
	print "if (text == name)"
	print "return strtol(str_replace(substr(cell, 24, 3), \" \", \"\"), 10)"
	print "if (text < name) low = middle + 1"
	print "else high = middle - 1"
	print "}"
}

END {
	if (part == "rows") {
		print "/*"
		print " * System calls by number. Generated from syscalls.def:" \
			" edit that."
		print " */"
		rows_for(x86, "SYSCALL_X86_64")
		rows_for(arm, "SYSCALL_ARM64")
	}
	if (part != "names")
		exit
	print "/*"
	print " * System calls by number and name. Generated from syscalls.def:" \
		" edit that."
	print " */"
	print ""
	print "/**"
	print " * syscall_name - name of a system call"
	print " * @number: its number on this machine"
	print " *"
	print " * Return: the name, \"syscall 999\" for unknown numbers."
	print " */"
	print "function syscall_name:string(number:long)\n{"
	print "return __syscall_name(number, %( arch == \"arm64\" %? 1 %: 0 %))"
	print "}"
	print ""
	print "/**"
	print " * syscall_num - number of a system call"
	print " * @name: its name"
	print " *"
	print " * Return: the number on this machine, -1 for unknown names."
	print " */"
	print "function syscall_num:long(name:string)\n{"
	print "%( arch == \"arm64\" %?"
	numbers_for(arm)
	print "%:"
	numbers_for(x86)
	print "%)"
	print "return -1\n}"
}
