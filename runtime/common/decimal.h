/*
 * Numbers of float.h as decimal text and back, exactly, by one large integer.
 *
 * An includer whose machine does not repeat, read and write as C does says how:
 *	DECIMAL_REPEAT(count, step, state, text)  calls long step(__u64 i, state,
 *				text) for i = 0 ... count - 1 while it gives 0
 *	DECIMAL_STEP(step, type)  comes behind each step; the type of its state
 *	DECIMAL_TEXT		a pointer to a text
 *	DECIMAL_CHAR(text, i)	its character i
 *	DECIMAL_PUT(text, i, c)	writes it, i < DECIMAL_ROOM
 *	DECIMAL_ZERO(text)	0, of which a verifier knows nothing
 *	DECIMAL_IN_TURN()	what is moved is not to be collected first, in
 *				registers that are not there
 *
 * Limbs are reached at constant places only, no loop but the repeated one is
 * nested, and counters begin with a zero that is not known: so the verifier of
 * BPF, which follows each value that it knows, sees little.
 */
#ifndef SPILE_COMMON_DECIMAL_H
#define SPILE_COMMON_DECIMAL_H

#include "runtime/common/float.h"

#ifndef DECIMAL_REPEAT
#define DECIMAL_REPEAT(count, step, state, text) \
	do { \
		__u64 count_ = (count); \
		for (__u64 i_ = 0; i_ < count_ && !step(i_, state, text); \
		     i_++) \
			; \
	} while (0)
#define DECIMAL_STEP(step, type)
#define DECIMAL_CHAR(text, i) ((text)[i])
#define DECIMAL_TEXT char *
#define DECIMAL_PUT(text, i, c) ((text)[i] = (c))
#define DECIMAL_ZERO(text) 0
#define DECIMAL_IN_TURN() do { } while (0)
#endif

enum {
	DECIMAL_LIMBS = 44,
	DECIMAL_PLACES = 100,	/* most digits behind the point */
	DECIMAL_ROOM = 420,	/* a sign, 309 digits, the point, the places */
	DECIMAL_DIGITS = 40,	/* that are read; those behind round down */
	DECIMAL_POWER = 330,	/* larger powers of ten are infinite or 0 */
};

/* A natural number, the lowest limb first. */
struct decimal {
	__u32 limbs[DECIMAL_LIMBS];
	__u64 lost;		/* not 0: it is in truth a little more */
	__u64 raised;		/* limbs that it was moved up */
};

/* bits * 2^at; zero is one that the verifier does not know. */
static inline void decimal_set(struct decimal *number, __u64 bits, __u64 at,
			       __u64 zero)
{
	number->lost = zero;
	number->raised = zero;
	for (int i = 0; i < DECIMAL_LIMBS; i++) {
		__s64 from = 32 * (__s64)i - (__s64)at;
		__u64 limb = zero;

		if (from >= 0 && from < 64)
			limb = bits >> (from & 63);
		else if (from > -32 && from < 0)
			limb = bits << (-from & 31);
		number->limbs[i] = (__u32)limb;
	}
}

/* number * by + plus; what has no room is cut. */
static inline void decimal_multiply(struct decimal *number, __u64 by,
				    __u64 plus)
{
	for (int i = 0; i < DECIMAL_LIMBS; i++) {
		plus += number->limbs[i] * by;
		number->limbs[i] = (__u32)plus;
		plus >>= 32;
	}
}

/* number / 10; returns the rest. */
static inline __u64 decimal_divide(struct decimal *number)
{
	__u64 rest = 0;

	for (int i = DECIMAL_LIMBS - 1; i >= 0; i--) {
		rest = rest << 32 | number->limbs[i];
		number->limbs[i] = (__u32)(rest / 10);
		rest %= 10;
	}
	return rest;
}

static inline int decimal_any(const struct decimal *number)
{
	__u64 any = 0;

	for (int i = 0; i < DECIMAL_LIMBS; i++)
		any |= number->limbs[i];
	return !!any;
}

/* number / 2^count, count < 32 */
static inline void decimal_shift(struct decimal *number, __u64 count)
{
	__u64 carry = 0;

	for (int i = DECIMAL_LIMBS - 1; i >= 0; i--) {
		__u64 limb = carry << 32 | number->limbs[i];

		carry = limb & ((1ULL << count) - 1);
		number->limbs[i] = (__u32)(limb >> count);
	}
	number->lost |= carry;
}

/* number / 2^32 */
static inline long decimal_lower(__u64 i, struct decimal *number,
				DECIMAL_TEXT text)
{
	(void)i;
	(void)text;
	number->lost |= number->limbs[0];
	for (int j = 0; j + 1 < DECIMAL_LIMBS; j++) {
		number->limbs[j] = number->limbs[j + 1];
		DECIMAL_IN_TURN();
	}
	number->limbs[DECIMAL_LIMBS - 1] = 0;
	return 0;
}
DECIMAL_STEP(decimal_lower, struct decimal)

/* number * 2^32, unless it has no room to be. */
static inline long decimal_raise(__u64 i, struct decimal *number,
				DECIMAL_TEXT text)
{
	(void)i;
	(void)text;
	if (number->limbs[DECIMAL_LIMBS - 1])
		return 1;
	for (int j = DECIMAL_LIMBS - 1; j > 0; j--) {
		number->limbs[j] = number->limbs[j - 1];
		DECIMAL_IN_TURN();
	}
	number->limbs[0] = 0;
	number->raised++;
	return 0;
}
DECIMAL_STEP(decimal_raise, struct decimal)

static inline long decimal_times_ten(__u64 i, struct decimal *number,
				DECIMAL_TEXT text)
{
	(void)i;
	(void)text;
	decimal_multiply(number, 10, 0);
	return 0;
}
DECIMAL_STEP(decimal_times_ten, struct decimal)

static inline long decimal_by_ten(__u64 i, struct decimal *number,
				DECIMAL_TEXT text)
{
	(void)i;
	(void)text;
	number->lost |= decimal_divide(number);
	return 0;
}
DECIMAL_STEP(decimal_by_ten, struct decimal)

/* ---- to text ---- */

struct decimal_writer {
	struct decimal number;
	__u64 at;		/* written from the end: where the text begins */
	__u64 places, zeros;
};

static inline long decimal_write_digit(__u64 i, struct decimal_writer *writer,
				DECIMAL_TEXT text)
{
	__u64 digit = 0;

	if (i > writer->places && !decimal_any(&writer->number))
		return 1;
	if (i == writer->places && i)
		DECIMAL_PUT(text, --writer->at, '.');
	if (i >= writer->zeros)
		digit = decimal_divide(&writer->number);
	DECIMAL_PUT(text, --writer->at, (char)('0' + digit));
	return 0;
}
DECIMAL_STEP(decimal_write_digit, struct decimal_writer)

/* number = a * 10^places as an integer, the nearest, of two the even one; of a
 * large number without the power of ten, which are zeros. */
static inline void decimal_round(struct decimal_writer *writer, __u64 a,
				 __u64 zero)
{
	struct decimal *number = &writer->number;
	__u64 exponent = a >> 52 & 0x7ff, bits = a & FLOAT_FRACTION;
	__u64 shift, rest;

	if (exponent)
		bits |= FLOAT_FRACTION + 1;
	else
		exponent = 1;
	if (exponent >= 1075) {
		decimal_set(number, bits, exponent - 1075, zero);
		writer->zeros = writer->places;
		return;
	}
	shift = 1075 - exponent;
	/* two bits more: a half, and whether there is more */
	decimal_set(number, bits << 2, 0, zero);
	DECIMAL_REPEAT(writer->places, decimal_times_ten, number, NULL);
	DECIMAL_REPEAT(shift >> 5, decimal_lower, number, NULL);
	decimal_shift(number, shift & 31);
	rest = (number->limbs[0] & 3) | !!number->lost;
	decimal_shift(number, 2);
	if (float_round_up(number->limbs[0], rest, 0, FLOAT_NEAREST_EVEN))
		decimal_multiply(number, 1, 1);
}

/* Writes a finite number into text; returns where it begins there: it ends at
 * DECIMAL_ROOM. */
static inline __u64 decimal_write(struct decimal_writer *writer,
				  DECIMAL_TEXT text, __u64 a, __s64 places)
{
	__u64 zero = DECIMAL_ZERO(text);

	writer->at = DECIMAL_ROOM + zero;
	writer->places = places < 0 ? 0 :
			 places > DECIMAL_PLACES ? DECIMAL_PLACES :
						   (__u64)places;
	writer->zeros = zero;
	decimal_round(writer, a, zero);
	DECIMAL_REPEAT(DECIMAL_PLACES + 310, decimal_write_digit, writer, text);
	if (a & FLOAT_SIGN)
		DECIMAL_PUT(text, --writer->at, '-');
	return writer->at;
}

/* ---- from text ---- */

enum decimal_phase {
	DECIMAL_BEGIN, DECIMAL_WHOLE, DECIMAL_PART, DECIMAL_MARK,
	DECIMAL_EXPONENT,
};

struct decimal_reader {
	struct decimal number;
	__u64 phase, digits;
	__s64 power;		/* of ten: the number is less or more by it */
	__u64 exponent, sign, exponent_minus;
};

static inline void decimal_read_digit(struct decimal_reader *reader,
				      __u64 digit)
{
	if (reader->phase >= DECIMAL_MARK) {
		reader->phase = DECIMAL_EXPONENT;
		if (reader->exponent < 100000)
			reader->exponent = reader->exponent * 10 + digit;
		return;
	}
	if (reader->phase == DECIMAL_BEGIN)
		reader->phase = DECIMAL_WHOLE;
	if (reader->digits >= DECIMAL_DIGITS) {
		reader->number.lost |= digit;
		reader->power += reader->phase == DECIMAL_WHOLE;
		return;
	}
	decimal_multiply(&reader->number, 10, digit);
	reader->digits += reader->digits || digit;
	reader->power -= reader->phase == DECIMAL_PART;
}

static inline long decimal_read_char(__u64 i, struct decimal_reader *reader,
				DECIMAL_TEXT text)
{
	__u64 c = (__u8)DECIMAL_CHAR(text, i);

	if (c >= '0' && c <= '9') {
		decimal_read_digit(reader, c - '0');
	} else if (c == '.' && reader->phase <= DECIMAL_WHOLE) {
		reader->phase = DECIMAL_PART;
	} else if ((c | 0x20) == 'e' && (reader->phase == DECIMAL_WHOLE ||
					 reader->phase == DECIMAL_PART)) {
		reader->phase = DECIMAL_MARK;
	} else if ((c == '-' || c == '+') && reader->phase == DECIMAL_BEGIN &&
		   !i) {
		reader->sign = c == '-' ? FLOAT_SIGN : 0;
	} else if ((c == '-' || c == '+') && reader->phase == DECIMAL_MARK) {
		reader->exponent_minus = c == '-';
		reader->phase = DECIMAL_EXPONENT;
	} else {
		return 1;
	}
	return 0;
}
DECIMAL_STEP(decimal_read_char, struct decimal_reader)

/* The number next to a number, which is not 0, before it was raised. */
static inline __u64 decimal_join(struct decimal *number, __u64 sign)
{
	enum { TOP = DECIMAL_LIMBS - 1 };
	__u64 bits, below, lost, zeros;

	DECIMAL_REPEAT(DECIMAL_LIMBS, decimal_raise, number, NULL);
	bits = (__u64)number->limbs[TOP] << 32 | number->limbs[TOP - 1];
	zeros = float_zeros(bits) & 31;
	below = (__u64)number->limbs[TOP - 2] << zeros;
	bits = bits << zeros | below >> 32;
	lost = number->lost | (below & 0xffffffff);
	for (int i = 0; i < TOP - 2; i++)
		lost |= number->limbs[i];
	return float_join(sign, bits | !!lost,
			  32 * (TOP - 1 - (__s64)number->raised) -
				  (__s64)zeros + 62);
}

/* Whether three letters stand there, in any case. */
static inline int decimal_word(DECIMAL_TEXT text, __u64 at, __u32 word)
{
	__u32 found = (__u32)(DECIMAL_CHAR(text, at) | 0x20) << 16;

	if (found >> 16 == word >> 16)
		found |= (__u32)(DECIMAL_CHAR(text, at + 1) | 0x20) << 8;
	if (found >> 8 == word >> 8)
		found |= (__u32)(DECIMAL_CHAR(text, at + 2) | 0x20);
	return found == word;
}

/* What is not a number of digits, or 0. */
static inline __u64 decimal_named(DECIMAL_TEXT text)
{
	__u64 signs = DECIMAL_CHAR(text, 0) == '-' ||
		      DECIMAL_CHAR(text, 0) == '+';

	if (decimal_word(text, signs, 'n' << 16 | 'a' << 8 | 'n'))
		return FLOAT_NAN;
	if (decimal_word(text, signs, 'i' << 16 | 'n' << 8 | 'f'))
		return FLOAT_INFINITY |
		       (DECIMAL_CHAR(text, 0) == '-' ? FLOAT_SIGN : 0);
	return 0;
}

/* The number that a text begins with; length is its most characters. */
static inline __u64 decimal_read(struct decimal_reader *reader,
				 DECIMAL_TEXT text, __u64 length)
{
	struct decimal *number = &reader->number;
	__u64 named = decimal_named(text), zero = DECIMAL_ZERO(text);
	__s64 power;

	if (named)
		return named;
	reader->phase = DECIMAL_BEGIN;
	reader->digits = zero;
	reader->power = (__s64)zero;
	reader->exponent = zero;
	reader->sign = 0;
	reader->exponent_minus = 0;
	decimal_set(number, zero, zero, zero);
	DECIMAL_REPEAT(length, decimal_read_char, reader, text);
	power = reader->power + (reader->exponent_minus ?
					 -(__s64)reader->exponent :
					 (__s64)reader->exponent);
	if (!reader->digits || power + (__s64)reader->digits < -DECIMAL_POWER)
		return reader->phase ? reader->sign : 0;
	if (power + (__s64)reader->digits > DECIMAL_POWER)
		return reader->sign | FLOAT_INFINITY;
	if (power > 0)
		DECIMAL_REPEAT((__u64)power, decimal_times_ten, number, NULL);
	if (power < 0) {
		/* so large that enough bits are left */
		DECIMAL_REPEAT(DECIMAL_LIMBS, decimal_raise, number, NULL);
		DECIMAL_REPEAT((__u64)-power, decimal_by_ten, number, NULL);
	}
	return decimal_join(number, reader->sign);
}

#endif
