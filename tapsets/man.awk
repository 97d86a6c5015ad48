# Makes a manual page of each comment that begins "/** name - ...":
#	awk -v out=check/man -v version=1.0 -f man.awk FILE.stp...
# Functions become function::NAME.3spile, probes probe::NAME.3spile. A function of
# several forms has one page with all of them.

# What roff would take for a command or an escape.
function plain(text)
{
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	if (text ~ /^[.']/)
		text = "\\&" text
	return text
}

function trim(text)
{
	sub(/^[ \t]+/, "", text)
	sub(/[ \t]+$/, "", text)
	return text
}

# The comment in body[1 .. lines] as roff, below its name.
function page_text(    i, line, text, section)
{
	text = ""
	section = ""
	for (i = 2; i <= lines; i++) {
		line = body[i]
		if (line ~ /^@[a-zA-Z_0-9]+:/) {
			if (section != "arguments")
				text = text ".SH ARGUMENTS\n"
			section = "arguments"
			name = line
			sub(/:.*/, "", name)
			sub(/^[^:]*:/, "", line)
			text = text ".TP\n.I " substr(name, 2) "\n" \
				plain(trim(line)) "\n"
		} else if (line ~ /^Return:/) {
			sub(/^Return:/, "", line)
			text = text ".SH RETURN VALUE\n" plain(trim(line)) "\n"
			section = "return"
		} else if (line == "") {
			section = section == "arguments" ? "" : section
		} else {
			if (section == "")
				text = text ".SH DESCRIPTION\n"
			if (section == "")
				section = "description"
			text = text plain(trim(line)) "\n"
		}
	}
	return text
}

function add(kind, name, synopsis,    title, id)
{
	title = body[1]
	if (index(title, name " - ") != 1)
		return
	id = kind "::" name
	if (!(id in pages)) {
		order[++count] = id
		brief[id] = plain(substr(title, length(name) + 4))
	}
	forms[id] = forms[id] ".br\n.B " plain(synopsis) "\n"
	pages[id] = page_text()
}

/^\/\*\*/ {
	inside = 1
	lines = 0
	next
}
inside && /\*\// {
	inside = 0
	ready = 1
	next
}
inside {
	line = $0
	sub(/^[ \t]*\*[ \t]?/, "", line)
	body[++lines] = trim(line)
	next
}
ready && /^function / {
	line = $0
	while (line !~ /\)/ && (getline more) > 0)
		line = line " " more
	gsub(/[ \t]+/, " ", line)
	sub(/^function /, "", line)
	name = line
	sub(/[:(].*/, "", name)
	add("function", name, line)
}
ready && /^probe / {
	name = $2
	add("probe", name, name)
}
{ ready = 0 }

END {
	for (i = 1; i <= count; i++) {
		id = order[i]
		name = id
		sub(/^[^:]*::/, "", name)
		file = out "/" id ".3spile"
		printf ".TH \"%s\" 3spile \"\" \"spile %s\" \"spile tapsets\"\n" \
			".SH NAME\n%s \\- %s\n.SH SYNOPSIS\n%s%s", \
			toupper(id), version, id, brief[id], \
			substr(forms[id], 5), pages[id] > file
		close(file)
	}
	printf "%d pages\n", count
}
