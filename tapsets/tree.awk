# Functions that look a value up in a table, as nested comparisons: no array to
# fill, no lock to take, eight comparisons for 300 rows. Shared by the
# generators of tapset files; used with another -f file that calls them.

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

function tabs(depth,    text)
{
	while (depth-- > 0)
		text = text "\t"
	return text
}

# The rows low .. high as statements that return the value of the key @name.
# @quote_key, @quote_value: a double quote where these are texts.
function print_tree(low, high, depth, name, quote_key, quote_value,    middle, i)
{
	if (high - low < 3) {
		for (i = low; i <= high; i++)
			printf "%sif (%s == %s%s%s)\n%s\treturn %s%s%s\n", \
				tabs(depth), name, quote_key, key[i], quote_key, \
				tabs(depth), quote_value, value[i], quote_value
		return
	}
	middle = int((low + high + 1) / 2)
	printf "%sif (%s < %s%s%s) {\n", tabs(depth), name, quote_key, \
		key[middle], quote_key
	print_tree(low, middle - 1, depth + 1, name, quote_key, quote_value)
	printf "%s} else {\n", tabs(depth)
	print_tree(middle, high, depth + 1, name, quote_key, quote_value)
	printf "%s}\n", tabs(depth)
}
