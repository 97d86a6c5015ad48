/*
 * Operands of markers: "-4@%eax", "8@-24(%rbp,%rax,8)", "4@$5", "8@[x0, 16]".
 * The assembler's way to write where a value is, one way a machine, as GCC and
 * Clang leave it. What is read becomes a tree over registers.
 */
#include "translator/target/usdt.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/target/location.h"

struct reading {
	struct arena *arena;
	const struct usdt_symbols *symbols;
	const char *at, *end;
	struct usdt_operand *operand;
};

/* A register by name: its number, and which bits of it the name means. */
struct named_register {
	int number;
	uint32_t size;		/* bytes */
	uint32_t shift;		/* bits: of %ah and its like */
};

static bool fail(struct reading *r, const char *reason)
{
	if (!r->operand->reason)
		r->operand->reason = reason;
	return false;
}

static bool take(struct reading *r, char wanted)
{
	while (r->at < r->end && *r->at == ' ')
		r->at++;
	if (r->at == r->end || *r->at != wanted)
		return false;
	r->at++;
	return true;
}

static bool take_number(struct reading *r, int64_t *ret)
{
	char text[32], *end;
	size_t length = 0;

	while (length < sizeof(text) - 1 && r->at + length < r->end &&
	       (isalnum((unsigned char)r->at[length]) ||
		(length == 0 && (r->at[0] == '-' || r->at[0] == '+')))) {
		text[length] = r->at[length];
		length++;
	}
	text[length] = 0;
	errno = 0;
	*ret = (int64_t)strtoull(text, &end, 0);
	if (end == text || *end || errno)
		return false;
	r->at += length;
	return true;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$' ||
	       c == '@';
}

static bool take_name(struct reading *r, char *name, size_t room)
{
	size_t length = 0;

	while (r->at + length < r->end && is_name_char(r->at[length]))
		length++;
	if (!length || length >= room)
		return false;
	memcpy(name, r->at, length);
	name[length] = 0;
	r->at += length;
	return true;
}

static struct location_expr *reg(struct reading *r, int number)
{
	return location_leaf(r->arena, LOCATION_REGISTER, number);
}

static struct location_expr *number_of(struct reading *r, int64_t number)
{
	return location_constant(r->arena, number);
}

static struct location_expr *binary(struct reading *r, enum location_op op,
				    struct location_expr *a,
				    struct location_expr *b)
{
	return location_binary(r->arena, op, a, b);
}

/* The low @size bytes, extended. */
static struct location_expr *extend(struct reading *r,
				    struct location_expr *value, uint32_t size,
				    bool is_signed)
{
	struct location_expr *bits = number_of(r, 64 - 8 * (int64_t)size);

	if (size >= 8)
		return value;
	return binary(r, is_signed ? LOCATION_SRA : LOCATION_SHR,
		      binary(r, LOCATION_SHL, value, bits), bits);
}

static struct location_expr *from_register(struct reading *r,
					   const struct named_register *named)
{
	struct location_expr *value = reg(r, named->number);
	uint32_t size = r->operand->size < named->size ? r->operand->size :
							 named->size;

	if (named->shift)
		value = binary(r, LOCATION_SHR, value,
			       number_of(r, named->shift));
	return extend(r, value, size, r->operand->is_signed);
}

static struct location_expr *from_memory(struct reading *r,
					 struct location_expr *address)
{
	return location_load(r->arena, address, r->operand->size,
			     r->operand->is_signed);
}

/* The address of a symbol; thread-local ones say so: "symbol@tpoff". */
static struct location_expr *take_symbol(struct reading *r)
{
	char name[256], *suffix;
	uint64_t address;
	bool is_tls;

	if (!take_name(r, name, sizeof(name)))
		return NULL;
	suffix = strchr(name, '@');
	is_tls = suffix && !strcmp(suffix, "@tpoff");
	if (suffix && !is_tls && strcmp(suffix, "@PLT"))
		return NULL;
	if (suffix)
		*suffix = 0;
	if (!r->symbols ||
	    !r->symbols->find(r->symbols, name, is_tls, &address)) {
		fail(r, arena_printf(r->arena, "it refers to the symbol '%s', "
				     "which the file does not have, or has "
				     "more than once", name));
		return NULL;
	}
	return location_leaf(r->arena, is_tls ? LOCATION_TLS : LOCATION_STATIC,
			     (int64_t)address);
}

/* A symbol, "symbol+8" or "8+symbol"; plain numbers too. */
static bool take_address(struct reading *r, struct location_expr **ret)
{
	struct location_expr *sum = NULL, *term;
	bool minus = false, is_named = false;
	int64_t number;

	do {
		if (take_number(r, &number)) {
			term = number_of(r, minus ? -number : number);
		} else if (!minus && !is_named && (term = take_symbol(r))) {
			is_named = true;
		} else {
			return false;
		}
		sum = sum ? binary(r, LOCATION_ADD, sum, term) : term;
		minus = r->at < r->end && *r->at == '-';
	} while (r->at < r->end && (*r->at == '+' || minus) && r->at++);
	*ret = sum;
	return true;
}

/* ---- x86-64 ---- */

static bool x86_register(const char *name, struct named_register *ret)
{
	/* by their DWARF numbers */
	static const char *const words[] = { "ax", "dx", "cx", "bx", "si",
					     "di", "bp", "sp" };
	size_t length = strlen(name);
	char *end;

	*ret = (struct named_register){ 0 };
	for (int i = 0; i < 8; i++) {
		const char *word = words[i];

		ret->number = i;
		ret->size = name[0] == 'r' ? 8 : 4;
		if (length == 3 && (name[0] == 'r' || name[0] == 'e') &&
		    !strcmp(name + 1, word))
			return true;
		ret->size = 2;
		if (!strcmp(name, word))
			return true;
		ret->size = 1;
		if (i < 4 && length == 2 && name[0] == word[0] &&
		    (name[1] == 'l' || name[1] == 'h')) {
			ret->shift = name[1] == 'h' ? 8 : 0;
			return true;
		}
		if (i >= 4 && length == 3 && !strncmp(name, word, 2) &&
		    name[2] == 'l')
			return true;
	}
	if (name[0] != 'r' || !isdigit((unsigned char)name[1]))
		return false;
	ret->number = (int)strtol(name + 1, &end, 10);
	ret->size = !*end ? 8 : !strcmp(end, "d") ? 4 : !strcmp(end, "w") ? 2 :
		    !strcmp(end, "b") ? 1 : 0;
	return ret->size && ret->number >= 8 && ret->number <= 15;
}

static bool x86_take_register(struct reading *r, struct named_register *ret)
{
	char name[16];

	if (!take(r, '%') || !take_name(r, name, sizeof(name)))
		return false;
	if (x86_register(name, ret))
		return true;
	return fail(r, arena_printf(r->arena, "it lies in register %%%s, which "
				    "a probe does not see", name));
}

/* The address before and in the parentheses of "disp(base,index,scale)". */
static bool x86_memory(struct reading *r, struct location_expr **ret)
{
	struct location_expr *sum = NULL, *index;
	struct named_register named;
	int64_t scale = 1;

	if (*r->at != '(' && !take_address(r, &sum))
		return false;
	if (!sum)
		sum = number_of(r, 0);
	*ret = sum;
	if (!take(r, '('))
		return true;
	if (r->end - r->at >= 5 && !strncmp(r->at, "%rip)", 5)) {
		r->at += 5;
		return sum->op == LOCATION_STATIC || sum->op == LOCATION_ADD ||
		       fail(r, "it is relative to the next instruction");
	}
	if (r->at < r->end && *r->at == '%') {
		if (!x86_take_register(r, &named))
			return false;
		sum = binary(r, LOCATION_ADD, reg(r, named.number), sum);
	}
	if (take(r, ',')) {
		if (!x86_take_register(r, &named) ||
		    (take(r, ',') && !take_number(r, &scale)))
			return false;
		index = binary(r, LOCATION_MUL, reg(r, named.number),
			       number_of(r, scale));
		sum = binary(r, LOCATION_ADD, sum, index);
	}
	*ret = sum;
	return take(r, ')');
}

/* "%fs:symbol@tpoff": a variable that each thread of a program has. Other
 * addresses by way of a segment are of no use: its base is not seen. */
static bool x86_thread_memory(struct reading *r, struct location_expr **ret)
{
	r->at += strlen("%fs:");
	if (!x86_memory(r, ret))
		return false;
	for (const struct location_expr *at = *ret; at; at = at->a)
		if (at->op == LOCATION_TLS || (at->b && at->b->op == LOCATION_TLS))
			return true;
	return fail(r, "it lies at an offset from a segment register, which a "
		    "probe does not see");
}

static struct location_expr *x86_read(struct reading *r)
{
	struct named_register named;
	struct location_expr *value;

	if (r->at == r->end)
		return NULL;
	if (r->end - r->at > 4 && !strncmp(r->at, "%fs:", 4))
		return x86_thread_memory(r, &value) ? from_memory(r, value) :
						      NULL;
	if (*r->at == '%')
		return x86_take_register(r, &named) ?
			       from_register(r, &named) : NULL;
	if (take(r, '$'))
		return take_address(r, &value) ?
			       extend(r, value, r->operand->size,
				      r->operand->is_signed) : NULL;
	return x86_memory(r, &value) ? from_memory(r, value) : NULL;
}

/* ---- arm64 ---- */

static bool arm_register(const char *name, struct named_register *ret)
{
	char *end;

	*ret = (struct named_register){ .size = name[0] == 'w' ? 4 : 8 };
	if (!strcmp(name, "sp")) {
		ret->number = 31;
		return true;
	}
	if ((name[0] != 'x' && name[0] != 'w') ||
	    !isdigit((unsigned char)name[1]))
		return false;
	ret->number = (int)strtol(name + 1, &end, 10);
	return !*end && ret->number <= 30;
}

static bool arm_take_register(struct reading *r, struct named_register *ret)
{
	char name[16];

	while (r->at < r->end && *r->at == ' ')
		r->at++;
	if (!take_name(r, name, sizeof(name)))
		return false;
	if (arm_register(name, ret))
		return true;
	return fail(r, arena_printf(r->arena, "it lies in register %s, which a "
				    "probe does not see", name));
}

/* "x1", "x1, lsl 3", "w1, sxtw 3" or a number, after "[base,". */
static struct location_expr *arm_index(struct reading *r)
{
	struct named_register named;
	struct location_expr *index;
	int64_t number;
	char how[8];

	take(r, '#');
	while (r->at < r->end && *r->at == ' ')
		r->at++;
	if (take_number(r, &number))
		return number_of(r, number);
	if (!arm_take_register(r, &named))
		return NULL;
	index = reg(r, named.number);
	if (!take(r, ','))
		return index;
	while (r->at < r->end && *r->at == ' ')
		r->at++;
	if (!take_name(r, how, sizeof(how)))
		return NULL;
	if (!strcmp(how, "sxtw") || !strcmp(how, "uxtw"))
		index = extend(r, index, 4, how[0] == 's');
	else if (strcmp(how, "lsl") && strcmp(how, "sxtx"))
		return NULL;
	take(r, ' ');
	take(r, '#');
	if (take_number(r, &number))
		index = binary(r, LOCATION_SHL, index, number_of(r, number));
	return index;
}

static struct location_expr *arm_read(struct reading *r)
{
	struct named_register named;
	struct location_expr *address, *index;
	int64_t number;

	if (take(r, '[')) {
		if (!arm_take_register(r, &named))
			return NULL;
		address = reg(r, named.number);
		if (take(r, ',')) {
			index = arm_index(r);
			if (!index)
				return NULL;
			address = binary(r, LOCATION_ADD, address, index);
		}
		return take(r, ']') ? from_memory(r, address) : NULL;
	}
	take(r, '#');
	if (take_number(r, &number))
		return extend(r, number_of(r, number), r->operand->size,
			      r->operand->is_signed);
	if (r->end - r->at == 3 && (!strncmp(r->at, "xzr", 3) ||
				    !strncmp(r->at, "wzr", 3))) {
		r->at += 3;
		return number_of(r, 0);
	}
	return arm_take_register(r, &named) ? from_register(r, &named) : NULL;
}

/* ---- all ---- */

/* "-4@" or "8f@"; without it, eight bytes. The bits of a float that lies in
 * memory are a number as good as any. */
static bool read_size(struct reading *r)
{
	const char *at = memchr(r->at, '@', (size_t)(r->end - r->at));
	struct reading number = { .at = r->at };
	int64_t size;

	r->operand->size = 8;
	r->operand->is_signed = true;
	if (!at)
		return true;
	number.end = at > r->at && at[-1] == 'f' ? at - 1 : at;
	if (!take_number(&number, &size) || number.at != number.end)
		return fail(r, "its size makes no sense");
	r->at = at + 1;
	r->operand->is_signed = size < 0;
	size = size < 0 ? -size : size;
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return fail(r, "its size makes no sense");
	r->operand->size = (uint32_t)size;
	return true;
}

static void read_operand(struct reading *r, uint16_t machine)
{
	struct location_expr *value = NULL;

	if (!read_size(r))
		return;
	if (machine == EM_X86_64)
		value = x86_read(r);
	else if (machine == EM_AARCH64)
		value = arm_read(r);
	else
		fail(r, "operands of this machine are not known");
	if (value && r->at == r->end)
		r->operand->value = value;
	else
		fail(r, "its place is written in a way that is not known");
}

size_t usdt_operands(struct arena *arena, uint16_t machine, const char *text,
		     const struct usdt_symbols *symbols,
		     struct usdt_operand *ret_operands, size_t most)
{
	size_t count = 0;

	while (count < most) {
		struct reading r = { .arena = arena, .symbols = symbols };
		int depth = 0;

		while (*text == ' ')
			text++;
		if (!*text)
			break;
		r.at = text;
		for (; *text && (*text != ' ' || depth); text++)
			depth += (*text == '[') - (*text == ']');
		r.end = text;
		r.operand = &ret_operands[count++];
		*r.operand = (struct usdt_operand){ 0 };
		read_operand(&r, machine);
	}
	return count;
}
