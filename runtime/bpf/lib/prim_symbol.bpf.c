/*
 * Primitives: what addresses are. See runtime/common/intrinsics.def.
 *
 * Names of the kernel's functions come from the kernel itself (%pS). Names of
 * a program's come from the tables that the runner has made of its file
 * (stack.h); where there is none yet, and for places in the source, the text
 * holds a mark that the reader replaces (wire.h).
 */
#include "runtime/bpf/lib/stack.h"
#include "runtime/bpf/lib/text.h"
#include "runtime/common/format.h"

extern struct rt_map spile_symbols, spile_names;

enum { SYMBOL_NAME, SYMBOL_DATA, SYMBOL_MODULE, SYMBOL_SHORT };

/* ---- names ---- */

/* Returns the length. */
RT_INLINE __u64 put_hex(struct rt_text *dst, __u64 address)
{
	static const char format[] = "0x%llx";
	long length = bpf_snprintf(dst->s, 24, format, &address,
				   sizeof(address));

	return length > 0 && length < 24 ? length - 1 : 0;
}

struct scanning {
	const struct rt_text *text;
	__u64 at;
	__u8 one, other;	/* what ends it, besides NUL */
};

static long scan_step(__u64 i, struct scanning *scanning)
{
	__u8 c = scanning->text->s[RT_MASKED(scanning->at)];

	(void)i;
	if (!c || c == scanning->one || c == scanning->other)
		return 1;
	scanning->at++;
	return 0;
}

/* Where the first of two characters is, or the end of the text. */
static __attribute__((noinline)) __u64 scan(const struct rt_text *text,
					    __u32 one, __u32 other)
{
	struct scanning scanning = { .text = text, .at = rt_zero(text),
				     .one = one, .other = other };

	bpf_loop(RT_TEXT_SIZE, scan_step, &scanning, 0);
	return scanning.at & (RT_TEXT_SIZE - 1);
}

RT_INLINE void module_only(struct rt_text *dst, __u64 plus)
{
	__u64 from = scan(dst, '[', '[');
	__u64 to = scan(dst, ']', ']');

	if (dst->s[RT_MASKED(plus)] != '+') {
		dst->s[0] = '\0';
		return;
	}
	if (dst->s[RT_MASKED(from)] != '[') {
		rt_text_put(dst, 0, "kernel", 6);
		return;
	}
	dst->s[RT_MASKED(to)] = '\0';
	bpf_probe_read_kernel_str(dst->s, RT_TEXT_SIZE,
				  dst->s + RT_MASKED(from) + 1);
}

RT_GLOBAL __u64 prim___symbol(struct rt_frame *frame, struct rt_text *dst,
			      __s64 address, __s64 what)
{
	static const char format[] = "%pS";
	__u64 words[1] = { address }, end;

	if (!frame || !dst)
		return 0;
	dst->s[0] = '\0';
	bpf_snprintf(dst->s, RT_TEXT_SIZE, format, words, sizeof(words));
	end = scan(dst, '+', ' ');
	if (what == SYMBOL_MODULE)
		module_only(dst, end);
	else if (dst->s[RT_MASKED(end)] != '+')
		put_hex(dst, address);
	else if (what == SYMBOL_NAME)
		dst->s[RT_MASKED(end)] = '\0';
	else if (dst->s[RT_MASKED(scan(dst, '[', '['))] != '[')
		rt_text_put(dst, scan(dst, ' ', ' '), " [kernel]", 9);
	return 0;
}

/* ---- names of programs' functions ---- */

/* What the reader shall write here: wire.h, WIRE_MARK. */
RT_INLINE void put_mark(struct rt_text *dst, __u64 what, __u64 file,
			__u64 offset, __u64 address)
{
	static const char format[] = "%c%c%llx:%llx:%llx%c";
	__u64 words[6] = { WIRE_MARK, what, file, offset, address,
			   WIRE_MARK_END };

	bpf_snprintf(dst->s, RT_TEXT_SIZE, format, words, sizeof(words));
}

struct searching {
	__u64 wanted;		/* address in the file */
	__u32 low, high;	/* the rows that it may be in */
};

/* The last row that begins at or before the address is row low. */
static long search_step(__u64 i, struct searching *searching)
{
	__u32 middle = searching->low + (searching->high - searching->low) / 2;
	struct rt_symbol *row;

	(void)i;
	if (searching->high - searching->low <= 1)
		return 1;
	row = bpf_map_lookup_elem(&spile_symbols, &middle);
	if (!row)
		return 1;
	if (row->from <= searching->wanted)
		searching->low = middle;
	else
		searching->high = middle;
	return 0;
}

static struct rt_symbol *symbol_find(const struct rt_file *file, __u64 address)
{
	struct searching searching = {
		.wanted = address,
		.low = file->first_symbol,
		.high = file->first_symbol + file->symbols,
	};
	struct rt_symbol *row;

	if (!file->symbols)
		return 0;
	bpf_loop(32, search_step, &searching, 0);
	row = bpf_map_lookup_elem(&spile_symbols, &searching.low);
	if (!row || address < row->from || address - row->from >= row->size)
		return 0;
	return row;
}

/* A name of the table at @at; the place behind it. */
RT_INLINE __u64 put_name(struct rt_text *dst, __u64 at, __u32 name)
{
	const char *from = bpf_map_lookup_elem(&spile_names, &name);
	long length;

	if (!from)
		return at;
	length = bpf_probe_read_kernel_str(dst->s + RT_MASKED(at), RT_TEXT_SIZE,
					   from);
	at += length > 0 ? length - 1 : 0;
	if (at > rt_text_most())
		at = rt_text_most();
	dst->s[RT_MASKED(at)] = '\0';
	return at;
}

/* "+0xOFFSET/0xSIZE" at @at; the place behind it. */
RT_INLINE __u64 put_offset(struct rt_text *dst, __u64 at, __u64 offset,
			   __u64 size)
{
	static const char format[] = "+0x%llx/0x%llx";
	__u64 words[2] = { offset, size };
	long length;

	length = bpf_snprintf(dst->s + RT_MASKED(at), 48, format, words,
			      sizeof(words));
	at += length > 0 ? length - 1 : 0;
	return at < rt_text_most() ? at : rt_text_most();
}

RT_INLINE __u64 put_text(struct rt_text *dst, __u64 at, const char *text,
			 __u64 length)
{
	if (at + length > rt_text_most())
		return at;
	rt_text_put(dst, at, text, length);
	return at + length;
}

RT_INLINE void describe(struct rt_text *dst, const struct rt_file *file,
			const struct rt_symbol *symbol, __u64 in_file,
			__u64 address)
{
	__u64 at = 0;

	if (symbol) {
		at = put_name(dst, 0, symbol->name);
		at = put_offset(dst, at, in_file - symbol->from, symbol->size);
		at = put_text(dst, at, " [", 2);
		at = put_name(dst, at, file->path);
	} else {
		at = put_hex(dst, address);
		at = put_text(dst, at, " [", 2);
		at = put_name(dst, at, file->path);
		at = put_offset(dst, at, in_file, file->size);
	}
	put_text(dst, at, "]", 1);
}

RT_GLOBAL __u64 prim___usymbol(struct rt_frame *frame, struct rt_text *dst,
			       __s64 address, __s64 what)
{
	struct rt_place place = { .address = address };
	struct rt_symbol *symbol = 0;
	struct rt_stacks *stacks;
	struct rt_file *file;
	__u64 in_file;

	if (!frame || !dst)
		return 0;
	dst->s[0] = '\0';
	stacks = rt_stacks_of(frame);
	if (!stacks)
		return 0;
	if (!rt_place_find(stacks, &place) || !place.file) {
		if (what != SYMBOL_MODULE)
			put_hex(dst, address);
		return 0;
	}
	file = place.file;
	if (!file->known) {
		put_mark(dst, what == SYMBOL_NAME ? 'n' :
			      what == SYMBOL_DATA ? 'd' :
			      what == SYMBOL_MODULE ? 'm' : 's',
			 file->number, place.offset, address);
		return 0;
	}
	if (what == SYMBOL_MODULE) {
		put_name(dst, 0, file->path);
		return 0;
	}
	in_file = place.offset + file->bias;
	symbol = symbol_find(file, in_file);
	if (what == SYMBOL_SHORT && !symbol)
		put_name(dst, 0, file->last);
	else if (what == SYMBOL_DATA)
		describe(dst, file, symbol, in_file, address);
	else if (symbol)
		put_name(dst, 0, symbol->name);
	else
		put_hex(dst, address);
	return 0;
}

/* Places in the source are known to the reader only. File 0: the kernel. */
RT_GLOBAL __u64 prim___source(struct rt_frame *frame, struct rt_text *dst,
			      __s64 address, __s64 what)
{
	if (frame && dst)
		put_mark(dst, what, 0, 0, address);
	return 0;
}

RT_GLOBAL __u64 prim___usource(struct rt_frame *frame, struct rt_text *dst,
			       __s64 address, __s64 what)
{
	struct rt_place place = { .address = address };
	struct rt_stacks *stacks;

	if (!frame || !dst)
		return 0;
	stacks = rt_stacks_of(frame);
	if (stacks && rt_place_find(stacks, &place) && place.file)
		put_mark(dst, what, place.file->number, place.offset, address);
	else
		put_hex(dst, address);
	return 0;
}
