/*
 * .eh_frame into rows: see frames.h. DWARF 5, 6.4, and the Linux Standard Base
 * on what differs in .eh_frame.
 */
#include "runtime/reader/frames.h"

#include <dwarf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/common/unwind.h"

/* Numbers of registers of x86-64. */
enum { REG_FP = 6, REG_SP = 7, REG_RA = 16 };
enum { MOST_ROWS = 32 << 20, MOST_STATES = 16 };

/* What is left of some bytes. The first read beyond them makes it bad. */
struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

static uint64_t take(struct cursor *c, size_t size)
{
	uint64_t value = 0;

	if ((size_t)(c->end - c->at) < size) {
		c->bad = true;
		c->at = c->end;
		return 0;
	}
	memcpy(&value, c->at, size);
	c->at += size;
	return value;
}

static int64_t take_signed(struct cursor *c, size_t size)
{
	unsigned int shift = 64 - 8 * (unsigned int)size;

	return (int64_t)(take(c, size) << shift) >> shift;
}

static uint64_t take_leb(struct cursor *c, bool has_sign)
{
	uint64_t value = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = (uint8_t)take(c, 1);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && !c->bad);
	if (has_sign && shift < 64 && byte & 0x40)
		value |= -(uint64_t)1 << shift;
	return value;
}

static uint64_t take_unsigned_leb(struct cursor *c)
{
	return take_leb(c, false);
}

static int64_t take_signed_leb(struct cursor *c)
{
	return (int64_t)take_leb(c, true);
}

static void skip(struct cursor *c, uint64_t size)
{
	if (size > (uint64_t)(c->end - c->at)) {
		c->bad = true;
		c->at = c->end;
		return;
	}
	c->at += size;
}

/* A part of what is left; the cursor goes behind it. */
static struct cursor part(struct cursor *c, uint64_t size)
{
	struct cursor sub = { .at = c->at };

	skip(c, size);
	sub.end = c->at;
	sub.bad = c->bad;
	return sub;
}

/* ---- entries ---- */

struct section {
	const uint8_t *bytes;
	size_t size;
	uint64_t address;	/* of its first byte, as linked */
	uint64_t base;
};

/* What functions have in common. */
struct common {
	struct cursor program;
	uint64_t code_factor;
	int64_t data_factor;
	uint8_t encoding;	/* of addresses */
	bool has_data;		/* functions have augmentation data */
	bool is_signal;
};

/* A pointer as DW_EH_PE_* says; relative to the section only where its own
 * place counts. */
static uint64_t take_pointer(struct cursor *c, uint8_t encoding,
			     const struct section *section)
{
	uint64_t place = section->address + (uint64_t)(c->at - section->bytes);
	uint64_t value;

	switch (encoding & 15) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		value = take(c, 8);
		break;
	case DW_EH_PE_udata4:
		value = take(c, 4);
		break;
	case DW_EH_PE_sdata4:
		value = (uint64_t)take_signed(c, 4);
		break;
	case DW_EH_PE_udata2:
		value = take(c, 2);
		break;
	case DW_EH_PE_sdata2:
		value = (uint64_t)take_signed(c, 2);
		break;
	case DW_EH_PE_uleb128:
		value = take_unsigned_leb(c);
		break;
	case DW_EH_PE_sleb128:
		value = (uint64_t)take_signed_leb(c);
		break;
	default:
		c->bad = true;
		return 0;
	}
	if ((encoding & 0x70) == DW_EH_PE_pcrel)
		value += place;
	else if (encoding & 0x70)
		c->bad = true;
	return value;
}

/* The letters of the augmentation, and what they announce. */
static void read_augmentation(struct cursor *c, const char *letters,
			      struct common *common,
			      const struct section *section)
{
	struct cursor data;

	if (letters[0] != 'z') {
		c->bad |= letters[0] != '\0';
		return;
	}
	common->has_data = true;
	data = part(c, take_unsigned_leb(c));
	for (const char *letter = letters + 1; *letter && !data.bad; letter++) {
		switch (*letter) {
		case 'R':
			common->encoding = (uint8_t)take(&data, 1);
			break;
		case 'P':
			take_pointer(&data, (uint8_t)take(&data, 1) & 15,
				     section);
			break;
		case 'L':
			take(&data, 1);
			break;
		case 'S':
			common->is_signal = true;
			break;
		default:
			/* the rest cannot be told apart any more */
			return;
		}
	}
}

static bool read_common(struct cursor c, struct common *common,
			const struct section *section)
{
	const char *letters;
	uint8_t version;

	*common = (struct common){ .encoding = DW_EH_PE_absptr };
	version = (uint8_t)take(&c, 1);
	if (version != 1 && version != 3)
		return false;
	letters = (const char *)c.at;
	while (take(&c, 1))
		;
	if (c.bad)
		return false;
	common->code_factor = take_unsigned_leb(&c);
	common->data_factor = take_signed_leb(&c);
	if (version == 1)
		take(&c, 1);
	else
		take_unsigned_leb(&c);
	read_augmentation(&c, letters, common, section);
	common->program = c;
	return !c.bad;
}

/* ---- the program of a function ---- */

struct state {
	unsigned int rule;	/* enum unwind_rule */
	int64_t cfa;		/* bytes */
	uint64_t reg;		/* that the CFA is counted from */
	int64_t fp;		/* bytes from the CFA, 0: not saved */
	bool no_caller;
};

struct running {
	struct frames *frames;
	const struct common *common;
	uint64_t address, end;	/* of the function; counted from the base */
	struct state now, initial;
	struct state saved[MOST_STATES];
	unsigned int depth;
};

static void add_row(struct frames *frames, uint64_t row)
{
	if (frames->count == frames->room) {
		size_t room = 2 * frames->room + 4096;
		uint64_t *larger = room > MOST_ROWS ? NULL :
			reallocarray(frames->rows, room, sizeof(*larger));

		if (!larger)
			return;
		frames->rows = larger;
		frames->room = room;
	}
	frames->rows[frames->count++] = row;
}

static bool fits(int64_t bytes)
{
	return bytes % 8 == 0 && bytes / 8 >= UNWIND_WORDS_LEAST &&
		bytes / 8 <= UNWIND_WORDS_MOST;
}

/* What holds from the present address on. */
static void emit(struct running *running)
{
	const struct state *now = &running->now;
	unsigned int rule = now->rule;

	if (running->address > UINT32_MAX)
		return;
	if (running->common->is_signal)
		rule = UNWIND_SIGNAL;
	else if (now->no_caller)
		rule = UNWIND_END;
	else if (!fits(now->cfa) || !fits(now->fp))
		rule = UNWIND_NONE;
	if (rule == UNWIND_NONE || rule == UNWIND_END || rule == UNWIND_SIGNAL)
		add_row(running->frames,
			unwind_row((uint32_t)running->address, rule, 0, 0));
	else
		add_row(running->frames,
			unwind_row((uint32_t)running->address, rule,
				   (int)(now->cfa / 8), (int)(now->fp / 8)));
}

static void advance(struct running *running, uint64_t by)
{
	by *= running->common->code_factor;
	if (!by)
		return;
	emit(running);
	running->address += by;
}

static void set_cfa(struct state *now, uint64_t reg, int64_t offset)
{
	now->reg = reg;
	now->cfa = offset;
	now->rule = reg == REG_SP ? UNWIND_SP :
		    reg == REG_FP ? UNWIND_FP : UNWIND_NONE;
}

/* Two expressions are usual: that of a PLT and that of a realigned stack. */
static void set_expression(struct state *now, struct cursor expression)
{
	static const uint8_t plt[] = {
		DW_OP_breg0 + REG_SP, 8, DW_OP_breg0 + REG_RA, 0, DW_OP_lit15,
		DW_OP_and, DW_OP_lit11, DW_OP_ge, DW_OP_lit3, DW_OP_shl,
		DW_OP_plus,
	};
	struct cursor at = expression;
	size_t size = (size_t)(at.end - at.at);

	now->rule = UNWIND_NONE;
	if (size == sizeof(plt) && !memcmp(at.at, plt, size)) {
		now->rule = UNWIND_PLT;
		now->cfa = 8;
		return;
	}
	if (take(&at, 1) != DW_OP_breg0 + REG_FP)
		return;
	now->cfa = take_signed_leb(&at);
	if (take(&at, 1) == DW_OP_deref && at.at == at.end && !at.bad)
		now->rule = UNWIND_FP_DEREF;
}

/* Damaged numbers wrap. */
static int64_t scaled(int64_t number, const struct common *common)
{
	return (int64_t)((uint64_t)number * (uint64_t)common->data_factor);
}

static void set_register(struct running *running, uint64_t reg, int64_t offset)
{
	if (reg == REG_FP)
		running->now.fp = scaled(offset, running->common);
}

static void restore_register(struct running *running, uint64_t reg)
{
	if (reg == REG_FP)
		running->now.fp = running->initial.fp;
	if (reg == REG_RA)
		running->now.no_caller = running->initial.no_caller;
}

static void remember(struct running *running)
{
	if (running->depth < MOST_STATES)
		running->saved[running->depth] = running->now;
	running->depth++;
}

static void restore(struct running *running)
{
	if (!running->depth)
		return;
	running->depth--;
	if (running->depth < MOST_STATES)
		running->now = running->saved[running->depth];
}

/* An instruction with its operands in following bytes. False: unknown. */
static bool run_long(struct running *running, uint8_t code, struct cursor *c,
		     const struct section *section)
{
	const struct common *common = running->common;
	uint64_t reg;

	switch (code) {
	case DW_CFA_nop:
		return true;
	case DW_CFA_set_loc:
		emit(running);
		running->address = take_pointer(c, common->encoding, section) -
			section->base;
		return true;
	case DW_CFA_advance_loc1:
		advance(running, take(c, 1));
		return true;
	case DW_CFA_advance_loc2:
		advance(running, take(c, 2));
		return true;
	case DW_CFA_advance_loc4:
		advance(running, take(c, 4));
		return true;
	case DW_CFA_offset_extended:
		reg = take_unsigned_leb(c);
		set_register(running, reg, (int64_t)take_unsigned_leb(c));
		return true;
	case DW_CFA_offset_extended_sf:
		reg = take_unsigned_leb(c);
		set_register(running, reg, take_signed_leb(c));
		return true;
	case DW_CFA_restore_extended:
		restore_register(running, take_unsigned_leb(c));
		return true;
	case DW_CFA_undefined:
		running->now.no_caller |= take_unsigned_leb(c) == REG_RA;
		return true;
	case DW_CFA_same_value:
		restore_register(running, take_unsigned_leb(c));
		return true;
	case DW_CFA_register:
	case DW_CFA_val_offset:
	case DW_CFA_val_offset_sf:
		take_unsigned_leb(c);
		take_unsigned_leb(c);
		return true;
	case DW_CFA_remember_state:
		remember(running);
		return true;
	case DW_CFA_restore_state:
		restore(running);
		return true;
	case DW_CFA_def_cfa:
		reg = take_unsigned_leb(c);
		set_cfa(&running->now, reg, (int64_t)take_unsigned_leb(c));
		return true;
	case DW_CFA_def_cfa_sf:
		reg = take_unsigned_leb(c);
		set_cfa(&running->now, reg,
			scaled(take_signed_leb(c), common));
		return true;
	case DW_CFA_def_cfa_register:
		set_cfa(&running->now, take_unsigned_leb(c), running->now.cfa);
		return true;
	case DW_CFA_def_cfa_offset:
		set_cfa(&running->now, running->now.reg,
			(int64_t)take_unsigned_leb(c));
		return true;
	case DW_CFA_def_cfa_offset_sf:
		set_cfa(&running->now, running->now.reg,
			scaled(take_signed_leb(c), common));
		return true;
	case DW_CFA_def_cfa_expression:
		set_expression(&running->now, part(c, take_unsigned_leb(c)));
		return true;
	case DW_CFA_expression:
	case DW_CFA_val_expression:
		reg = take_unsigned_leb(c);
		skip(c, take_unsigned_leb(c));
		return true;
	case DW_CFA_GNU_args_size:
		take_unsigned_leb(c);
		return true;
	}
	return false;
}

static void run(struct running *running, struct cursor c,
		const struct section *section)
{
	while (c.at < c.end && !c.bad && running->address <= running->end) {
		uint8_t code = (uint8_t)take(&c, 1), low = code & 0x3f;

		switch (code & 0xc0) {
		case DW_CFA_advance_loc:
			advance(running, low);
			break;
		case DW_CFA_offset:
			set_register(running, low,
				     (int64_t)take_unsigned_leb(&c));
			break;
		case DW_CFA_restore:
			restore_register(running, low);
			break;
		default:
			if (!run_long(running, code, &c, section))
				c.bad = true;
			break;
		}
	}
	if (c.bad)
		running->now.rule = UNWIND_NONE;
}

static void read_function(struct frames *frames, struct cursor c,
			  const struct common *common,
			  const struct section *section)
{
	struct running running = { .frames = frames, .common = common };
	uint64_t from = take_pointer(&c, common->encoding, section);
	uint64_t size = take_pointer(&c, common->encoding & 15, section);

	if (common->has_data)
		skip(&c, take_unsigned_leb(&c));
	if (c.bad || from < section->base || !size)
		return;
	running.address = from - section->base;
	running.end = running.address + size;
	run(&running, common->program, section);
	running.initial = running.now;
	running.depth = 0;
	run(&running, c, section);
	emit(&running);
	if (running.end <= UINT32_MAX)
		add_row(frames, unwind_row((uint32_t)running.end, UNWIND_NONE,
					   0, 0));
}

/* ---- the section ---- */

/* One entry; false at the end. */
static bool read_entry(struct frames *frames, struct cursor *c,
		       const struct section *section)
{
	uint64_t size = take(c, 4), id;
	struct cursor body, owner;
	struct common common;
	const uint8_t *start;

	if (size == 0xffffffff)
		size = take(c, 8);
	if (!size || c->bad)
		return false;
	start = c->at;
	body = part(c, size);
	id = take(&body, 4);
	if (body.bad)
		return false;
	if (!id)
		return true;
	/* the distance from here back to what it has in common with others */
	if (id > (uint64_t)(start - section->bytes))
		return false;
	owner = (struct cursor){ start - id,
				 section->bytes + section->size, false };
	size = take(&owner, 4);
	if (size == 0xffffffff)
		size = take(&owner, 8);
	owner = part(&owner, size);
	if (!take(&owner, 4) && !owner.bad &&
	    read_common(owner, &common, section))
		read_function(frames, body, &common, section);
	return true;
}

/* ---- order ---- */

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

static bool is_sorted(const struct frames *frames)
{
	for (size_t i = 1; i < frames->count; i++)
		if (unwind_address(frames->rows[i]) <
		    unwind_address(frames->rows[i - 1]))
			return false;
	return true;
}

/* One pass by a digit of the address; keeps the order of equal digits. */
static void distribute(const uint64_t *from, uint64_t *to, size_t count,
		       unsigned int shift)
{
	size_t places[DIGITS] = { 0 }, at = 0;

	for (size_t i = 0; i < count; i++)
		places[unwind_address(from[i]) >> shift & (DIGITS - 1)]++;
	for (size_t digit = 0; digit < DIGITS; digit++) {
		size_t here = places[digit];

		places[digit] = at;
		at += here;
	}
	for (size_t i = 0; i < count; i++)
		to[places[unwind_address(from[i]) >> shift &
			  (DIGITS - 1)]++] = from[i];
}

/* By digits: a library has a million rows, and comparing them took most of the
 * time that a session needed to start. False without memory. */
static bool sort(struct frames *frames)
{
	uint64_t *other;

	if (is_sorted(frames))
		return true;
	other = reallocarray(NULL, frames->count, sizeof(*other));
	if (!other)
		return false;
	distribute(frames->rows, other, frames->count, 0);
	distribute(other, frames->rows, frames->count, DIGIT_BITS);
	distribute(frames->rows, other, frames->count, 2 * DIGIT_BITS);
	free(frames->rows);
	frames->rows = other;
	frames->room = frames->count;
	return true;
}

/* Of rows at one address the end of a function counts least: it is the start of
 * the next. Rows that say what the one before says are not needed. */
static void pack(struct frames *frames)
{
	size_t count = 0;

	for (size_t i = 0; i < frames->count;) {
		uint64_t row = frames->rows[i];
		uint32_t address = unwind_address(row);

		for (; i < frames->count &&
		     unwind_address(frames->rows[i]) == address; i++)
			if (unwind_rule(frames->rows[i]) != UNWIND_NONE)
				row = frames->rows[i];
		if (!count || frames->rows[count - 1] >> 32 != row >> 32)
			frames->rows[count++] = row;
	}
	frames->count = count;
}

void frames_read(struct frames *frames, const void *bytes, size_t size,
		 uint64_t address, uint64_t base)
{
	struct section section = { bytes, size, address, base };
	struct cursor c = { bytes, (const uint8_t *)bytes + size, false };

	while (c.at < c.end && read_entry(frames, &c, &section))
		;
	if (sort(frames))
		pack(frames);
	else
		frames->count = 0;
}

void frames_forget(struct frames *frames)
{
	free(frames->rows);
	*frames = (struct frames){ 0 };
}
