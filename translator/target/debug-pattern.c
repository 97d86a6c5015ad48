/* Patterns of the language: "name@file:12", with wildcards. */
#include "translator/target/debug-private.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/glob.h"
#include "translator/target/demangle.h"

/* A line number; false if there is none, or one that no file has. */
static bool take_line(const char **at, unsigned int *ret_line)
{
	unsigned long line;
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	line = strtoul(*at, &end, 10);
	*at = end;
	*ret_line = (unsigned int)line;
	return line <= INT_MAX;
}

/* "12" or "12-20" */
static bool take_range(const char **at, unsigned int *ret_from,
		       unsigned int *ret_to)
{
	if (!take_line(at, ret_from))
		return false;
	*ret_to = *ret_from;
	if (**at != '-')
		return true;
	++*at;
	return take_line(at, ret_to) && *ret_to >= *ret_from;
}

static bool read_lines(struct arena *arena, const char *at,
		       struct debug_pattern *pattern)
{
	if (strcmp(at, ":*") == 0) {
		pattern->lines = LINES_ALL;
		return true;
	}
	pattern->lines = *at++ == '+' ? LINES_BEHIND : LINES_AT;
	if (pattern->lines == LINES_BEHIND) {
		if (!take_line(&at, &pattern->from))
			return false;
		pattern->to = pattern->from;
		return !*at;
	}
	if (!take_range(&at, &pattern->from, &pattern->to))
		return false;
	while (*at == ',') {
		struct pattern_range *range = vec_push(arena,
						       &pattern->more.list);

		at++;
		if (!take_range(&at, &range->from, &range->to))
			return false;
	}
	return !*at;
}

bool pattern_has_lines(const struct debug_pattern *pattern, unsigned int first,
		       unsigned int last)
{
	if (pattern->from <= last && pattern->to >= first)
		return true;
	for (size_t i = 0; i < pattern->more.list.count; i++)
		if (pattern->more.list.items[i].from <= last &&
		    pattern->more.list.items[i].to >= first)
			return true;
	return false;
}

/* The ':' or '+' before the lines: the last one with a number or '*' after. */
static char *find_lines(char *text)
{
	char *found = NULL;

	for (char *at = text; *at; at++)
		if ((*at == ':' && (at[1] == '*' ||
				    isdigit((unsigned char)at[1]))) ||
		    (*at == '+' && isdigit((unsigned char)at[1])))
			found = at;
	return found;
}

/* The "::" after which the last part of a name begins, outside of the arguments
 * of templates; NULL: it has one part. */
static const char *next_scope(const char *at)
{
	for (int depth = 0; *at; at++) {
		depth += *at == '<';
		depth -= *at == '>' && depth;
		if (!depth && at[0] == ':' && at[1] == ':')
			return at;
	}
	return NULL;
}

static const char *last_part(const char *name)
{
	for (const char *at = name; (at = next_scope(at)) != NULL; )
		name = at += 2;
	return name;
}

/* "ns::ring<int, 4>::put" as "ns::ring::put" */
static const char *without_arguments(struct arena *arena, const char *name)
{
	char *copy = arena_strdup(arena, name), *to = copy;
	int depth = 0;

	for (const char *at = name; *at; at++) {
		depth += *at == '<';
		if (!depth)
			*to++ = *at;
		depth -= *at == '>' && depth;
	}
	*to = '\0';
	return copy;
}

static bool is_operator(const char *name)
{
	return !strncmp(last_part(name), "operator", 8);
}

static const char *literal_of(const struct debug_pattern *pattern)
{
	if (glob_is_pattern(pattern->name))
		return NULL;
	return pattern->bare || !strchr(pattern->name, '<') ?
		last_part(pattern->name) : pattern->name;
}

bool pattern_read(struct arena *arena, const char *text,
		  struct debug_pattern *ret_pattern, const char **ret_reason)
{
	char *name = arena_strdup(arena, text);
	char *file = strchr(name, '@');
	char *lines = NULL;

	memset(ret_pattern, 0, sizeof(*ret_pattern));
	if (file) {
		*file++ = '\0';
		lines = find_lines(file);
		if (lines && !read_lines(arena, lines, ret_pattern)) {
			*ret_reason = "the line of \"name@file:line\" is \":12\", "
				      "\":12-20\", \":12,14-20\", \"+2\" or "
				      "\":*\"";
			return false;
		}
		if (lines)
			*lines = '\0';
	}
	if (!*name || (file && !*file)) {
		*ret_reason = "a function is \"name\", \"name@file\" or "
			      "\"name@file:line\"; for any name write '*'";
		return false;
	}
	ret_pattern->name = name;
	ret_pattern->file = file;
	ret_pattern->has_scope = next_scope(name) != NULL;
	if (strchr(name, '<') && !is_operator(name))
		ret_pattern->bare = without_arguments(arena, name);
	ret_pattern->literal = literal_of(ret_pattern);
	return true;
}

bool pattern_file(const char *pattern, const char *file)
{
	if (!pattern)
		return true;
	if (!file)
		return false;
	if (glob_match(pattern, file))
		return true;
	for (const char *at = file; (at = strchr(at, '/')) != NULL; )
		if (glob_match(pattern, ++at))
			return true;
	return false;
}

/* Compilers do not agree on spaces. */
static const char *without_spaces(struct arena *arena, const char *name)
{
	char *copy = arena_strdup(arena, name), *to = copy;

	for (const char *at = name; *at; at++)
		if (*at != ' ')
			*to++ = *at;
	*to = '\0';
	return copy;
}

/* Whether the name, or what follows one of its scopes, has the arguments of
 * templates that the pattern has. */
static bool has_written_name(struct debug *debug,
			     const struct debug_pattern *pattern, Dwarf_Die *die)
{
	const char *wanted = without_spaces(debug->arena, pattern->name);
	const char *name = without_spaces(debug->arena,
				function_written_name(debug, die));

	if (!strncmp(wanted, "::", 2))
		return glob_match(wanted + 2, name);
	for (; name; name = next_scope(name), name = name ? name + 2 : NULL)
		if (glob_match(wanted, name))
			return true;
	return false;
}

static bool has_plain_name(struct debug *debug,
			   const struct debug_pattern *pattern, Dwarf_Die *die,
			   const char *name)
{
	/* the symbol is quicker than the way through the scopes */
	if (pattern->bare && pattern->has_scope)
		return (!pattern->literal || !strcmp(pattern->literal, name)) &&
		       demangle_match(pattern->bare, function_name(debug, die)) &&
		       has_written_name(debug, pattern, die);
	if (pattern->literal ? strcmp(pattern->literal, name) != 0 :
	    !pattern->has_scope && !glob_match(pattern->name, name))
		return false;
	return !pattern->has_scope ||
	       demangle_match(pattern->name, function_name(debug, die));
}

bool pattern_has_name(struct debug *debug, const struct debug_pattern *pattern,
		      Dwarf_Die *die)
{
	const char *name = entry_name(die);
	const char *linkage;

	if (name && has_plain_name(debug, pattern, die, name))
		return true;
	if (pattern->name[0] != '_' && pattern->literal)
		return false;
	linkage = entry_linkage_name(die);
	return linkage && glob_match(pattern->name, linkage);
}
