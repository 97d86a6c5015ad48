# Functions that look a name up by a number, for generators of tapset files. The
# names are packed into texts, a slot of fixed width each, and a few comparisons
# find the text: far less to compile than a comparison a name, no array to fill, no
# lock to take. The last character of a slot is the letter of its length.

# Sorts the rows low .. high of key[] and value[] by the key.
function sort_rows(low, high,    i, j, k, v)
{
	for (i = low + 1; i <= high; i++) {
		k = key[i]
		v = value[i]
		for (j = i - 1; j >= low && key[j] > k; j--) {
			key[j + 1] = key[j]
			value[j + 1] = value[j]
		}
		key[j + 1] = k
		value[j + 1] = v
	}
}

function slot(text, width)
{
	if (length(text) >= width) {
		print "a slot of " width " is too narrow for " text | "cat >&2"
		exit 1
	}
	return sprintf("%-" (width - 1) "s%c", text, 64 + length(text))
}

# Statements that set "slots" and "at": the text that the number @name is in, and
# where, for first <= it <= last. The texts are kept below 256 characters,
# whatever MAXSTRINGLEN is. @ready: the names are slots already.
function print_slots(names, first, last, width, name, ready,    per, i, text)
{
	per = int(248 / width)
	if (last - first < per) {
		for (i = first; i <= last; i++)
			text = text (ready ? names[i] : slot(names[i], width))
		printf "slots = \"%s\"\nat = %d * (%s - %d)\n", text, width, \
			name, first
		return
	}
	i = first + per * int((last - first + per) / per / 2)
	printf "if (%s < %d) {\n", name, i
	print_slots(names, first, i - 1, width, name, ready)
	print "} else {"
	print_slots(names, i, last, width, name, ready)
	print "}"
}

# Sets "cell" to the slot, @room characters from its beginning.
function print_cell(room)
{
	printf "cell = substr(slots, at, %d)\n", room
}

# The text in "cell".
function cell_text(width)
{
	return "substr(cell, 0, stringat(cell, " (width - 1) ") - 64)"
}
