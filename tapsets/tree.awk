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

# The rows low .. high as statements that return the value of the key @name.
# @quote_key, @quote_value: a double quote where these are texts. Not indented:
# the index of the library reads every byte.
function print_tree(low, high, name, quote_key, quote_value,    middle, i)
{
	if (high - low < 3) {
		for (i = low; i <= high; i++)
			printf "if (%s == %s%s%s) return %s%s%s\n", name, \
				quote_key, key[i], quote_key, \
				quote_value, value[i], quote_value
		return
	}
	middle = int((low + high + 1) / 2)
	printf "if (%s < %s%s%s) {\n", name, quote_key, key[middle], quote_key
	print_tree(low, middle - 1, name, quote_key, quote_value)
	print "} else {"
	print_tree(middle, high, name, quote_key, quote_value)
	print "}"
}
