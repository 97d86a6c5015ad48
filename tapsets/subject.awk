# Man pages of the library, by awk: one page for each tapset file, from its
# comments; for the primitives from intrinsics.def.
#
#	awk -v version=0.1 -f tapsets/subject.awk tapsets/context.stp
#	awk -v missing=1 -f tapsets/subject.awk tapsets/context.stp
#
# The comment that opens a file describes its subject. A comment before an item
#
#	/**
#	 * name - one line
#	 * @parameter: what it is
#	 *
#	 * Paragraphs; lines that begin with a blank stay as they are.
#	 */
#
# belongs to the function, alias or macro that follows. Macros take any comment,
# and share it with those on the next lines.
# With missing=1 nothing is made but a list of public items without one: those
# of the user, whose names do not begin with _ .

function escaped(text)
{
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	gsub(/'/, "\\(aq", text)
	if (text ~ /^\./)
		text = "\\&" text
	return text
}

# The page is spile-tapset-SUBJECT; macros beside a tapset have their own.
function subject(file)
{
	sub(/.*\//, "", file)
	if (file ~ /\.stpm$/ && file != "macros.stpm")
		sub(/\.stpm$/, "-macros.stpm", file)
	sub(/\.(stpm?|def)$/, "", file)
	if (file == "intrinsics")
		return "primitives"
	return file
}

# ---- reading ----

# A comment: lines without its marks, in comment[1..comment_lines].
function read_comment(line,    last)
{
	comment_lines = 0
	comment_is_doc = line ~ /^\/\*\*/
	sub(/^\/\*\*?[ \t]?/, "", line)
	for (;;) {
		last = sub(/[ \t]*\*\/[ \t]*$/, "", line)
		if (line != "" || comment_lines > 0)
			comment[++comment_lines] = line
		if (last || (getline line) <= 0)
			break
		if (line !~ /^ \*\//)
			sub(/^ \* ?/, "", line)
	}
	while (comment_lines > 0 && comment[comment_lines] == "")
		comment_lines--
}

# The declaration that begins with the line, to its body.
function declaration(line,    next_line)
{
	while (line !~ /[{)]/ && line !~ /=/ && (getline next_line) > 0) {
		sub(/^[ \t]+/, " ", next_line)
		line = line next_line
	}
	if (line ~ /\(/ && line !~ /=/)
		while (line !~ /\)/ && (getline next_line) > 0) {
			sub(/^[ \t]+/, " ", next_line)
			line = line next_line
		}
	return line
}

function begin_item(kind, name, shown,    i)
{
	items++
	item_kind[items] = kind
	item_name[items] = name
	item_shown[items] = shown
	item_lines[items] = 0
	if (has_comment && (comment_is_doc || kind == "macro")) {
		for (i = 1; i <= comment_lines; i++)
			item_line[items, ++item_lines[items]] = comment[i]
	} else if (kind == "macro") {
		# macros all alike: the head of their file is enough
		bare_macros = bare_macros FILENAME ": macro " name "\n"
	} else if (missing) {
		print FILENAME ": " kind " " name
	}
	if (kind == "macro" && item_lines[items] > 0)
		macro_comments++
}

BEGIN {
	quote = "\""
}

FNR == 1 {
	file = FILENAME
	head_lines = -1
	has_comment = 0
}

# The list of variables in the body of a generated alias.
in_alias && /^}/ {
	in_alias = 0
}

in_alias && /^\t[a-z_0-9]+ = / {
	if (seen[items, $1]++ == 0)
		item_variables[items] = item_variables[items] " " $1
}

/^\/\*/ {
	read_comment($0)
	if (head_lines < 0) {
		head_lines = 0
		if (!comment_is_doc) {
			for (i = 1; i <= comment_lines; i++) {
				head[++head_lines] = comment[i]
				sub(/ ?Generated from .*: edit that\./, "",
				    head[head_lines])
			}
			next
		}
	}
	has_comment = 1
	next
}

/^function / {
	text = declaration($0)
	sub(/^function /, "", text)
	sub(/[ \t]*\{.*$/, "", text)
	match(text, /^[A-Za-z0-9_]+/)
	name = substr(text, 1, RLENGTH)
	if (name !~ /^_/)
		begin_item("function", name, text)
	has_comment = 0
	next
}

/^probe .*=/ || /^probe [^{(]*$/ {
	text = declaration($0)
	if (text !~ /=/)
		next
	sub(/^probe /, "", text)
	sub(/[ \t]*\+?=.*$/, "", text)
	if (text !~ /^_/) {
		if (FILENAME !~ /syscalls\/syscalls.stp$/) {
			begin_item("probe", text, text)
		} else if (text !~ /\.return$/) {
			# of a table: the row documents it
			items++
			item_kind[items] = "probe"
			item_name[items] = item_shown[items] = text
		}
		in_alias = 1
	}
	has_comment = 0
	next
}

/^@define / {
	text = $0
	while (text !~ /%\(/ && (getline line) > 0)
		text = text " " line
	gsub(/[ \t]+/, " ", text)
	gsub(/\( /, "(", text)
	gsub(/ \)/, ")", text)
	sub(/^@define /, "@", text)
	sub(/[ \t]*%\(.*$/, "", text)
	name = text
	sub(/\(.*$/, "", name)
	if (FILENAME ~ /\.stpm$/ && name !~ /^@_/)
		begin_item("macro", name, text)
	next
}

/^$/ {
	has_comment = 0
	next
}

/^PRIM\(/ && FILENAME ~ /intrinsics\.def$/ {
	primitive($0)
	next
}

/^[^ \t]/ && !/^%\)|^global |^private global / {
	has_comment = 0
}

# PRIM(name, "signature", bound, "flags", "doc")
function primitive(line,    part, name, signature, result, arguments, i)
{
	match(line, /\([a-zA-Z_0-9]+/)
	name = substr(line, RSTART + 1, RLENGTH - 1)
	if (name ~ /^_/)
		return
	split(line, part, quote)
	signature = part[2]
	result = substr(signature, 1, 1)
	arguments = ""
	for (i = 3; i <= length(signature); i++)
		arguments = arguments (i > 3 ? ", " : "") \
			(substr(signature, i, 1) == "t" ? "string" : "long")
	sub(/^[^"]*"[^"]*"[^"]*"[^"]*"[^"]*"/, "", line)
	sub(/"\)[ \t]*$/, "", line)
	gsub(/\\"/, quote, line)
	items++
	item_kind[items] = "function"
	item_name[items] = name
	item_shown[items] = name (result == "t" ? ":string" : \
		result == "l" ? ":long" : "") "(" arguments ")"
	item_line[items, 1] = name " - " line
	item_lines[items] = 1
}

# ---- writing ----

# Paragraphs; lines that begin with a blank are an example.
function put_text(line, in_example)
{
	if (line ~ /^[ \t]/) {
		if (!in_example)
			print ".PP\n.nf"
		sub(/^\t/, "        ", line)
		print escaped(line)
		return 1
	}
	if (in_example)
		print ".fi"
	if (line == "")
		print ".sp"
	else
		print escaped(line)
	return 0
}

function put_item(n,    i, line, in_example, summary, parameter)
{
	print ".TP"
	print ".B " quote escaped(item_shown[n]) quote
	summary = item_line[n, 1]
	sub(/^[^ ]+ - /, "", summary)
	if (item_lines[n] > 0)
		print escaped(toupper(substr(summary, 1, 1)) substr(summary, 2)) \
			(summary ~ /\.$/ ? "" : ".")
	else if (item_variables[n] != "")
		print "Variables: " escaped(variables_of(n)) "."
	in_example = 0
	for (i = 2; i <= item_lines[n]; i++) {
		line = item_line[n, i]
		if (line ~ /^@[a-z_0-9A-Z]+:/) {
			parameter = line
			sub(/:.*/, "", parameter)
			sub(/^@[^:]*:[ \t]*/, "", line)
			print ".br"
			print ".I " escaped(substr(parameter, 2))
			print "\\(en " escaped(line)
			continue
		}
		in_example = put_text(line, in_example)
	}
	if (in_example)
		print ".fi"
}

function variables_of(n,    list)
{
	list = item_variables[n]
	sub(/^ /, "", list)
	gsub(/ /, ", ", list)
	return "name, " list
}

function put_section(kind, title,    i, begun)
{
	for (i = 1; i <= items; i++) {
		if (item_kind[i] != kind)
			continue
		if (!begun++)
			print ".SH " title
		put_item(i)
	}
}

# The first sentence of the head, for NAME.
function first_sentence(    i, text)
{
	for (i = 1; i <= head_lines && head[i] != ""; i++)
		text = text (i > 1 ? " " : "") head[i]
	if (match(text, /[.:;]( |$)/))
		text = substr(text, 1, RSTART - 1)
	return text
}

END {
	if (missing) {
		if (macro_comments || !head_lines)
			printf "%s", bare_macros
		exit
	}
	name = "spile-tapset-" subject(file)
	if (file ~ /intrinsics\.def$/) {
		head_lines = 1
		head[1] = "Functions that every script can call without a " \
			"library: they are compiled into it."
	}
	print ".\\\" Made by tapsets/subject.awk from " subject(file) "; edit that."
	print ".TH " toupper(name) " 3 " quote quote " " quote "spile " version \
		quote " " quote "Tapsets of spile" quote
	print ".SH NAME"
	print escaped(name) " \\- " escaped(first_sentence())
	print ".SH DESCRIPTION"
	for (i = 1; i <= head_lines; i++)
		in_example = put_text(head[i], in_example)
	if (in_example)
		print ".fi"
	put_section("probe", "PROBES")
	put_section("function", "FUNCTIONS")
	put_section("macro", "MACROS")
	print ".SH SEE ALSO"
	print ".BR spile (1)"
}
