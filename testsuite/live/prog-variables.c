/*
 * Variables of all kinds, each in a function of its own. A comment that begins
 * with a question mark says what the test "variables" asks for; the program
 * prints the same expressions with the values they have (say). "HERE" is the line of the
 * comment. Expressions after "refused" cannot be had on any compiler.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAR __attribute__((noinline))

static FILE *truth;
static volatile long sink;
static volatile int zero;

/* Also keeps compilers from knowing what they pass. */
static FAR long say(const char *what, long value)
{
	if (truth)
		fprintf(truth, "%s %ld\n", what, value);
	return value;
}

static FAR void say_text(const char *what, const char *value)
{
	if (truth)
		fprintf(truth, "%s %s\n", what, value);
}

#define KEEP(x) ({ __asm__ volatile("" : : "r"((long)(x)) : "memory"); })
#define TOUCH(x) ({ __asm__ volatile("" : "+r"(x) : : "memory"); })

/* ---- numbers ---- */

enum color { RED, GREEN = 5, BLUE, DARK = -3 };
typedef enum { LOW = 1, HIGH = 200 } level_t;
typedef unsigned char byte_t;
typedef volatile byte_t strange_t;

/*? function("narrow"): $c $s $i $l $b $e */
FAR int narrow(char c, short s, int i, long l, bool b, enum color e)
{
	KEEP(c), KEEP(s), KEEP(i), KEEP(l), KEEP(b), KEEP(e);
	say("narrow $c", c), say("narrow $s", s), say("narrow $i", i);
	say("narrow $l", l), say("narrow $b", b), say("narrow $e", e);
	return c + s;
}

/*? function("many"): $sc $uc $us $u $ul $level $on_stack $tiny $wide */
FAR int many(signed char sc, unsigned char uc, unsigned short us, unsigned int u,
	     unsigned long ul, level_t level, short on_stack, signed char tiny,
	     unsigned long long wide)
{
	KEEP(sc), KEEP(uc), KEEP(us), KEEP(u), KEEP(ul), KEEP(level);
	KEEP(on_stack), KEEP(tiny), KEEP(wide);
	say("many $sc", sc), say("many $uc", uc), say("many $us", us);
	say("many $u", u), say("many $ul", ul), say("many $level", level);
	say("many $on_stack", on_stack), say("many $tiny", tiny);
	say("many $wide", wide);
	return sc;
}

/* never read: optimised builds may drop what is passed */
/*? function("unused"): $first $second $third */
FAR int unused(int first, char second, long third)
{
	say("unused $first", 11), say("unused $second", -2);
	say("unused $third", 1l << 40);
	(void)first, (void)second, (void)third;
	return zero;
}

/* the parameters change, and are gone, before the line */
/*? function("changes"): $a $b */
FAR int changes(int a, long b)
{
	say("changes $a", a), say("changes $b", b);
	a += 100 + zero;
	TOUCH(a);
	b = a * 2;
	TOUCH(b);
	sink = b; /*? statement("changes@HERE"): $a $b */
	say("changes@ $a", a), say("changes@ $b", b);
	return a;
}

/* ---- floating point ---- */

struct reals { float f; double d, huge; float none; long double wide; };

/*? function("floats"): $r->f $r->d $r$ $after */
/*? refused function("floats"): $ld */
FAR double floats(float f, double d, struct reals *r, int after, long double ld)
{
	uint32_t small;
	uint64_t large;

	memcpy(&small, &r->f, 4), memcpy(&large, &r->d, 8);
	say("floats $r->f", small), say("floats $r->d", (long)large);
	say_text("floats $r$", "{.f=1.500000, .d=-2.250000, "
		 ".huge=0x7e37e43c8800759c, .none=inf, .wide=?}");
	say("floats $after", after);
	return f + d + after + (double)ld;
}

/* ---- structures ---- */

struct point { int x, y; };
struct wide { long left, right; };
struct odd { int a; signed char b; short c; unsigned int d; };
struct mixed { int i; double d; };
struct single { char only; };
struct large { long first; int rows[2][3]; char text[16]; struct point at; };

/*? function("by_value"): $p->x $p->y $w->left $w->right */
FAR int by_value(struct point p, struct wide w)
{
	KEEP(p.x), KEEP(p.y), KEEP(w.left), KEEP(w.right);
	say("by_value $p->x", p.x), say("by_value $p->y", p.y);
	say("by_value $w->left", w.left), say("by_value $w->right", w.right);
	return p.x;
}

/*? function("by_odd"): $o->a $o->b $o->c $o->d $s->only $m->i */
FAR int by_odd(struct odd o, struct single s, struct mixed m)
{
	KEEP(o.a), KEEP(o.b), KEEP(o.c), KEEP(o.d), KEEP(s.only), KEEP(m.i);
	say("by_odd $o->a", o.a), say("by_odd $o->b", o.b);
	say("by_odd $o->c", o.c), say("by_odd $o->d", o.d);
	say("by_odd $s->only", s.only), say("by_odd $m->i", m.i);
	return (int)m.d;
}

/*? function("by_stack"): $g->first $g->rows[1][2] $g->at->y user_string($g->text) $after */
FAR int by_stack(struct large g, int after)
{
	KEEP(after);
	__asm__ volatile("" : : "r"(&g) : "memory");
	say("by_stack $g->first", g.first), say("by_stack $after", after);
	say("by_stack $g->rows[1][2]", g.rows[1][2]);
	say("by_stack $g->at->y", g.at.y);
	say_text("by_stack user_string($g->text)", g.text);
	return after;
}

struct bits {
	int sign : 3;
	unsigned plain : 5, over : 11;
	bool yes : 1, no : 1;
	long far : 40;
	unsigned long high : 24;
	unsigned char byte;
	enum color hue : 4;
};
union both { int i; unsigned char bytes[4]; struct { short low, high; } half; };
struct node {
	long id;
	const char *name;
	union { int number; char letters[4]; };
	struct { struct { short deep; } inner; int beside; };
	struct bits bits;
	union both both;
	struct node *next, **all;
	int grid[2][3];
	struct point corners[2][2];
	int (*call)(int);
	void *any;
	_Bool flag;
	strange_t strange;
	char tag[8];
	struct point *points[3];
	int rest[];
};

/*? function("members"): $n->id user_string($n->name) $n->number $n->letters[1] $n->inner->deep $n->beside */
/*? function("members"): $n->bits->sign $n->bits->plain $n->bits->over $n->bits->yes $n->bits->no */
/*? function("members"): $n->bits->far $n->bits->high $n->bits->byte $n->bits->hue */
/*? function("members"): $n->both->i $n->both->bytes[2] $n->both->half->high $n->flag $n->strange */
/*? function("members"): $n->next->id $n->next->next->id $n->all[1]->id $n->all[i]->id $n->all[1]->grid[i][2] */
/*? function("members"): $n->grid[1][2] $n->grid[i][$k] $n->corners[i][0]->y $n->corners[1][1]->x */
/*? function("members"): $n->points[i]->y $n->points[$k]->x $n->tag[i] user_string($n->tag) $n->rest[2] */
/*? function("members"): $n[0]->id &$n->both-$n &$n->bits->byte-$n @cast($n->any,"struct~point")->y */
/*? function("members"): $n->both$ $n->both$$ $n->corners[0][0]$ $n->bits$ @enum("BLUE") */
/*? function("members"): @enumname($n->bits->hue,"enum~color") @cast(&$n->next->both,"union~both")->i */
FAR long members(struct node *n, int k)
{
	KEEP(n), KEEP(k);
	say("members $n->id", n->id);
	say_text("members user_string($n->name)", n->name);
	say("members $n->number", n->number);
	say("members $n->letters[1]", n->letters[1]);
	say("members $n->inner->deep", n->inner.deep);
	say("members $n->beside", n->beside);
	say("members $n->bits->sign", n->bits.sign);
	say("members $n->bits->plain", n->bits.plain);
	say("members $n->bits->over", n->bits.over);
	say("members $n->bits->yes", n->bits.yes);
	say("members $n->bits->no", n->bits.no);
	say("members $n->bits->far", n->bits.far);
	say("members $n->bits->high", n->bits.high);
	say("members $n->bits->byte", n->bits.byte);
	say("members $n->bits->hue", n->bits.hue);
	say("members $n->both->i", n->both.i);
	say("members $n->both->bytes[2]", n->both.bytes[2]);
	say("members $n->both->half->high", n->both.half.high);
	say("members $n->flag", n->flag);
	say("members $n->strange", n->strange);
	say("members $n->next->id", n->next->id);
	say("members $n->next->next->id", n->next->next->id);
	say("members $n->all[1]->id", n->all[1]->id);
	say("members $n->all[i]->id", n->all[1]->id);
	say("members $n->all[1]->grid[i][2]", n->all[1]->grid[1][2]);
	say("members $n->grid[1][2]", n->grid[1][2]);
	say("members $n->grid[i][$k]", n->grid[1][k]);
	say("members $n->corners[i][0]->y", n->corners[1][0].y);
	say("members $n->corners[1][1]->x", n->corners[1][1].x);
	say("members $n->points[i]->y", n->points[1]->y);
	say("members $n->points[$k]->x", n->points[k]->x);
	say("members $n->tag[i]", n->tag[1]);
	say_text("members user_string($n->tag)", n->tag);
	say("members $n->rest[2]", n->rest[2]);
	say("members $n[0]->id", n->id);
	say("members &$n->both-$n", (char *)&n->both - (char *)n);
	say("members &$n->bits->byte-$n", (char *)&n->bits.byte - (char *)n);
	say("members @cast($n->any,\"struct~point\")->y", ((struct point *)n->any)->y);
	say_text("members $n->both$", "{.i=1145258561, .bytes=[...], .half={...}}");
	say_text("members $n->both$$",
		 "{.i=1145258561, .bytes=\"ABCD\", .half={.low=16961, .high=17475}}");
	say_text("members $n->corners[0][0]$", "{.x=1, .y=-2}");
	say_text("members $n->bits$", "{.sign=-2, .plain=17, .over=1025, .yes=1, "
		 ".no=0, .far=-3000000000, .high=16777214, .byte=\\310, .hue=-3}");
	say("members @enum(\"BLUE\")", BLUE);
	say_text("members @enumname($n->bits->hue,\"enum~color\")", "DARK");
	say("members @cast(&$n->next->both,\"union~both\")->i", n->next->both.i);
	return n->id;
}

/* ---- arrays and locals ---- */

/*? function("rows"): $lines[1][2] $lines[i][0] $words[1][0] user_string($words[i]) */
FAR int rows(int (*lines)[4], char **words)
{
	int own[2][3] = { { 1, 2, 3 }, { 4, 5, 6 + zero } };
	struct point path[2] = { { 1, 2 }, { 3, 4 + zero } };
	int k = 1 + zero;

	say("rows $lines[1][2]", lines[1][2]);
	say("rows $lines[i][0]", lines[1][0]);
	say("rows $words[1][0]", words[1][0]);
	say_text("rows user_string($words[i])", words[1]);
	__asm__ volatile("" : "+r"(k) : "r"(own), "r"(path) : "memory");
	sink = own[1][k]; /*? statement("rows@HERE"): $own[1][2] $own[i][$k] $path[1]->y $path[$k]->x */
	say("rows@ $own[1][2]", own[1][2]), say("rows@ $own[i][$k]", own[1][k]);
	say("rows@ $path[1]->y", path[1].y), say("rows@ $path[$k]->x", path[k].x);
	return k;
}

/*? function("blocks"): $k */
FAR int blocks(int k)
{
	int same = 1 + k;

	say("blocks $k", k);
	TOUCH(same);
	for (int i = 0; i < 2 + zero; i++) {
		int same = 40 + i;

		TOUCH(same);
		sink = same; /*? statement("blocks@HERE"): $same $i */
		say("blocks@ $same", same), say("blocks@ $i", i);
	}
	sink = same; /*? statement("blocks@HERE"): $same */
	say("blocks@ $same", same);
	return same;
}

/* ---- where variables live ---- */

int shared_number = 71;
static short own_number = -72;
struct node shared_node = { .id = 73, .name = "shared", .grid = { { 0 }, { 1, 2, 3 } } };
static struct point own_points[3] = { { 1, 2 }, { 3, 4 }, { 5, 6 } };
const char *shared_text = "a text";
__thread int thread_number = 81;
static __thread long thread_zero;
static __thread struct { char pad[40]; int after; } thread_struct = { .after = 83 };

/*? function("places"): $shared_number $own_number $shared_node->id $shared_node->grid[1][i] $own_points[i]->y */
/*? function("places"): @var("own_number") @var("own_number@prog-variables.c") @var("shared_node@prog-variables.c")->grid[1][2] */
/*? function("places"): user_string($shared_text) $thread_number $thread_zero $thread_struct->after @var("thread_number") */
/*? function("places"): &$own_points[1]-&$own_points[0] $shared_node->grid$ */
FAR int places(int k)
{
	static int inner_number = 74;

	KEEP(k);
	__asm__ volatile("" : : "r"(&own_points), "r"(&inner_number),
			 "r"(&own_number), "r"(&thread_zero), "r"(&thread_struct)
			 : "memory");
	say("places $shared_number", shared_number);
	say("places $own_number", own_number);
	say("places $shared_node->id", shared_node.id);
	say("places $shared_node->grid[1][i]", shared_node.grid[1][1]);
	say("places $own_points[i]->y", own_points[1].y);
	say("places @var(\"own_number\")", own_number);
	say("places @var(\"own_number@prog-variables.c\")", own_number);
	say("places @var(\"shared_node@prog-variables.c\")->grid[1][2]",
	    shared_node.grid[1][2]);
	say_text("places user_string($shared_text)", shared_text);
	say("places $thread_number", thread_number);
	say("places $thread_zero", thread_zero);
	say("places $thread_struct->after", thread_struct.after);
	say("places @var(\"thread_number\")", thread_number);
	say("places &$own_points[1]-&$own_points[0]", sizeof(struct point));
	say_text("places $shared_node->grid$", "[[0, 0, 0], [1, 2, 3]]");
	/*? function("places").return: $shared_number @var("own_number") $k @entry($shared_number) $thread_number $return */
	say("places.return @entry($shared_number)", shared_number);
	shared_number++, own_number--, thread_number++, inner_number++;
	say("places.return $shared_number", shared_number);
	say("places.return @var(\"own_number\")", own_number);
	say("places.return $thread_number", thread_number);
	say("places.return $k", k);
	say("places.return $return", inner_number);
	return inner_number;
}

/* ---- results ---- */

/*? function("r_char").return: $return $k */
FAR char r_char(int k) { say("r_char.return $k", k); return (char)say("r_char.return $return", (char)(k + 200)); }
/*? function("r_short").return: $return */
FAR short r_short(int k) { return (short)say("r_short.return $return", (short)(k + 40000)); }
/*? function("r_uchar").return: $return */
FAR unsigned char r_uchar(int k) { return (unsigned char)say("r_uchar.return $return", (unsigned char)(k + 200)); }
/*? function("r_int").return: $return @entry($k) */
FAR int r_int(int k) { say("r_int.return @entry($k)", k); return (int)say("r_int.return $return", -k); }
/*? function("r_bool").return: $return */
FAR bool r_bool(int k) { return say("r_bool.return $return", k > 3); }
/*? function("r_enum").return: $return */
FAR enum color r_enum(int k) { return (enum color)say("r_enum.return $return", k > 3 ? DARK : RED); }
/*? function("r_text").return: user_string($return) */
FAR const char *r_text(int k) { say_text("r_text.return user_string($return)", &"result"[k - 7]); return &"result"[k - 7]; }
/*? function("r_node").return: $return->id $return->grid[1][2] */
FAR struct node *r_node(struct node *n) { say("r_node.return $return->id", n->id); say("r_node.return $return->grid[1][2]", n->grid[1][2]); return n; }
/*? function("r_point").return: $return->x $return->y */
FAR struct point r_point(int k)
{
	struct point p = { k, -k };

	say("r_point.return $return->x", k), say("r_point.return $return->y", -k);
	return p;
}
/*? function("r_odd").return: $return->a $return->b $return->c $return->d */
FAR struct odd r_odd(int k)
{
	struct odd o = { k, -3, -400, 4000000000u };

	say("r_odd.return $return->a", k), say("r_odd.return $return->b", -3);
	say("r_odd.return $return->c", -400), say("r_odd.return $return->d", 4000000000u);
	return o;
}
/*? function("r_wide").return: $return->left $return->right */
FAR struct wide r_wide(int k)
{
	struct wide w = { k + (1l << 40), -k };

	say("r_wide.return $return->left", w.left);
	say("r_wide.return $return->right", w.right);
	return w;
}
/*? function("r_large").return: $return->first $return->rows[1][2] $return->at->y user_string($return->text) $k */
FAR struct large r_large(int k)
{
	struct large g = { k, { { 1, 2, 3 }, { 4, 5, 6 + k } }, "big", { 8, 9 } };

	say("r_large.return $return->first", k), say("r_large.return $return->rows[1][2]", 6 + k);
	say("r_large.return $return->at->y", 9), say("r_large.return $k", k);
	say_text("r_large.return user_string($return->text)", "big");
	return g;
}
/*? refused function("r_double").return: $return */
FAR double r_double(int k) { return k * 1.5; }
/*? refused function("r_mixed").return: $return->d */
FAR struct mixed r_mixed(int k) { return (struct mixed){ k, 2.5 }; }
/*? refused function("r_long_double").return: $return */
FAR long double r_long_double(int k) { return k * 1.5l; }

/* ---- calls ---- */

/*? function("recurse").call: $depth $label */
/*? function("recurse").return: $return $depth @entry($depth*10) */
FAR long recurse(int depth, char label)
{
	long result = depth;

	say("recurse.call $depth", depth), say("recurse.call $label", label);
	if (depth > 0)
		result += recurse(depth - 1, (char)(label + 1));
	say("recurse.return $depth", depth);
	say("recurse.return @entry($depth*10)", depth * 10);
	TOUCH(result);
	return say("recurse.return $return", result);
}

static inline __attribute__((always_inline)) int in_line(int v, const char *t)
{
	TOUCH(v);
	sink = v + t[0];
	return v * 3;
}

/*? function("in_line").inline: $v user_string($t) */
FAR int inlines(int k)
{
	say("in_line.inline $v", k), say_text("in_line.inline user_string($t)", "one");
	int a = in_line(k, "one");

	say("in_line.inline $v", a), say_text("in_line.inline user_string($t)", "two");
	a = in_line(a, "two");
	TOUCH(a);
	sink = a; /*? statement("inlines@HERE"): $a $k */
	say("inlines@ $a", a), say("inlines@ $k", k);
	return a;
}

/*? function("labels").label("again"): $k $left */
FAR int labels(int k)
{
	int left = 2 + zero;

again:
	__asm__ volatile("" : "+r"(left), "+r"(k) : : "memory");
	say("labels.label $left", left), say("labels.label $k", k);
	if (left-- > 0)
		goto again;
	return k;
}

/*? function("tail").return: $k $return */
/*? function("tail"): $k */
FAR long tail(int k)
{
	say("tail $k", k), say("tail.return $k", k);
	say("tail.return $return", k + 1);
	/* recurse's lines: */
	return say("nothing", k + 1);
}

/* a frame whose size is not known */
/*? function("sized"): $count */
FAR int sized(int count)
{
	int room[count];

	for (int i = 0; i < count; i++)
		room[i] = i * 11;
	say("sized $count", count);
	__asm__ volatile("" : : "r"(room) : "memory");
	sink = room[2]; /*? statement("sized@HERE"): $room[2] $room[i] $count */
	say("sized@ $room[2]", 22), say("sized@ $room[i]", 11);
	say("sized@ $count", count);
	return room[1];
}

/* an aligned frame: the registers around it are others */
/*? function("aligned"): $k $p->y */
FAR int aligned(int k, struct point *p)
{
	char __attribute__((aligned(64))) room[64] = { 1, 2, 3 };

	say("aligned $k", k), say("aligned $p->y", p->y);
	__asm__ volatile("" : : "r"(room) : "memory");
	sink = room[1]; /*? statement("aligned@HERE"): $room[2] $k */
	say("aligned@ $room[2]", 3), say("aligned@ $k", k);
	return room[2] + k;
}

int main(int argc, char **argv)
{
	struct point p = { 31, -32 };
	struct wide w = { 1l << 33, -34 };
	struct large g = { 35, { { 1, 2, 3 }, { 4, 5, 36 } }, "inside", { 37, -38 } };
	struct reals r = { 1.5f, -2.25, 1e300, __builtin_inff(), 1 };
	struct node *n = calloc(1, sizeof(*n) + 4 * sizeof(int));
	struct node *m = calloc(1, sizeof(*m));
	struct node *all[2] = { n, m };
	int lines[2][4] = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 } };
	char *words[] = { "first", "second" };

	truth = argc > 1 ? fopen(argv[1], "w") : NULL;
	*n = (struct node){
		.id = 1l << 35, .name = "node", .number = 0x44434241,
		.inner = { -5 }, .beside = 6,
		.bits = { -2, 17, 1025, true, false, -3000000000, 0xfffffe, 200,
			  DARK },
		.both = { 0x44434241 }, .next = m, .all = all,
		.grid = { { 1, 2, 3 }, { 4, 5, 6 } },
		.corners = { { { 1, -2 }, { 3, -4 } }, { { 5, -6 }, { 7, -8 } } },
		.any = &p, .flag = true, .strange = 250, .tag = "tagged",
		.points = { &p, &g.at, &p },
	};
	*m = *n, m->id = 2, m->next = n, m->both.i = 99, m->grid[1][2] = 60;
	n->rest[2] = 61;
	sink += narrow((char)(-1 + zero), -2, -3, -4, true, DARK);
	sink += many(-5, 250, 65000, 4000000000u, ~0ul, HIGH, -6, -7, 1ull << 63);
	sink += unused(11, -2, 1l << 40) + changes(5 + zero, 6);
	sink += (long)floats(1.5f, 2.5, &r, 12, 3.5l);
	sink += by_value(p, w);
	sink += by_odd((struct odd){ 41, -42, -43, 4000000000u },
		       (struct single){ 'x' }, (struct mixed){ 44, 4.5 });
	sink += by_stack(g, 45);
	sink += members(n, 2) + rows(lines, words) + blocks(50 + zero);
	sink += places(3 + zero);
	sink += r_char(7) + r_short(7) + r_uchar(7) + r_int(7) + r_bool(7) + r_enum(7);
	sink += (long)r_text(7 + zero) + r_node(n)->id + r_point(7).x + r_odd(7).a;
	sink += r_wide(7).left + r_large(7).first + (long)r_double(7);
	sink += r_mixed(7).i + (long)r_long_double(7);
	sink += recurse(3 + zero, 'a') + inlines(9 + zero) + labels(4 + zero);
	sink += tail(5 + zero) + sized(4 + zero) + aligned(8 + zero, &p);
	return 0;
}
