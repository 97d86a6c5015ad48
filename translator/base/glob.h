/*
 * The language's wildcards: '*' any run of characters, '?' any one character,
 * '[abc]' '[a-z]' '[!a]' a set; a backslash takes the next character as it is.
 */
#ifndef SPILE_BASE_GLOB_H
#define SPILE_BASE_GLOB_H

#include <stdbool.h>

/* Whether the whole of @text matches @pattern. */
bool glob_match(const char *pattern, const char *text);

/* Whether @pattern has a wildcard at all. */
bool glob_is_pattern(const char *pattern);

#endif
