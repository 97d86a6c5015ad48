# The manual of spile: its text, with the table of options in the place of the
# line @OPTIONS@ and the names of options that only parse in that of @LATER@.
#
#	awk -v version=0.1 -f man.awk options.def spile.1.in

BEGIN {
	quote = "\""
}

function escaped(text)
{
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	gsub(/'/, "\\(aq", text)
	return text
}

# A row in fields: field[1..], texts without quotes, NULL as empty.
function split_row(line,    n, at, text)
{
	sub(/^[A-Z]+\(/, "", line)
	n = 0
	while (line != "") {
		sub(/^[, \t]+/, "", line)
		if (substr(line, 1, 1) == quote) {
			match(line, /^"([^"\\]|\\.)*"/)
			text = substr(line, 2, RLENGTH - 2)
		} else {
			match(line, /^[^,)]*/)
			text = substr(line, 1, RLENGTH)
		}
		line = substr(line, RLENGTH + 1)
		sub(/[ \t]+$/, "", text)
		gsub(/'/, "", text)
		if (text == "NULL" || text == "0")
			text = ""
		field[++n] = text
		if (line ~ /^\)/)
			break
	}
	return n
}

function add(text)
{
	options[++option_lines] = text
}

# letter, name, argument, need
function spelling(letter, name, argument, need,    text)
{
	text = ""
	if (letter != "")
		text = "\\fB\\-" letter "\\fR"
	if (letter != "" && argument != "" && name == "")
		text = text " \\fI" escaped(argument) "\\fR"
	if (name == "")
		return text
	if (letter != "")
		text = text ", "
	text = text "\\fB\\-\\-" escaped(name) "\\fR"
	if (argument != "")
		text = text (need == "MAY" ? "[" : "") "=\\fI" \
			escaped(argument) "\\fR" (need == "MAY" ? "]" : "")
	return text
}

/^GROUP\(/ && FILENAME ~ /\.def$/ {
	split_row($0)
	title = field[1]
}

/^OPTION\(/ && FILENAME ~ /\.def$/ {
	split_row($0)
	if (title != "")
		add(".SS " quote title quote)
	title = ""
	add(".TP")
	add(spelling(field[2], field[3], field[4], field[5]))
	add(escaped(toupper(substr(field[6], 1, 1)) substr(field[6], 2)) ".")
}

/^LATER\(/ && FILENAME ~ /\.def$/ {
	split_row($0)
	later = later (later == "" ? "" : ", ") \
		(field[2] == "" ? "\\fB\\-" field[1] : \
		 "\\fB\\-\\-" escaped(field[2])) "\\fR"
}

FILENAME !~ /\.def$/ {
	if ($0 == "@OPTIONS@") {
		for (i = 1; i <= option_lines; i++)
			print options[i]
	} else if ($0 == "@LATER@") {
		print later "."
	} else {
		gsub(/@VERSION@/, version)
		print
	}
}
