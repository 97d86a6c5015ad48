/*
 * Tokens to tree.
 *
 * A push parser without conflicts: statements may follow each other without
 * any mark, so every token that can both go on with an expression and begin
 * a statement has a precedence above LOWEST, and goes on. After an error the
 * rest of the item is skipped and the next item is parsed afresh.
 */
%code top {
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/diag/diag.h"
#include "translator/syntax/parse.h"
#include "translator/syntax/token.h"

enum {
	MOST_BRACKETS = 500,	/* open ( [ { at one place */
	MOST_HEIGHT = 4000,	/* of an expression's tree */
};

#define YYMAXDEPTH 12000

#define YYLLOC_DEFAULT(current, rhs, n) \
	((current) = (n) ? token_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n)) : \
			   YYRHSLOC(rhs, 0))
}

%code requires {
struct state;
}

%define api.prefix {syntax_}
%define api.pure full
%define api.push-pull push
%define api.token.prefix {TK_}
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {struct state *state}

%union {
	const struct token *token;
	struct expr *expr;
	struct expr_list *list;
	struct stmt *stmt;
	struct stmt_list *stmts;
	struct foreach *foreach;
	struct point_component *component;
	struct probe_point *point;
	struct point_list *points;
	struct function_decl *function;
	struct global_decl *global;
	struct heads *heads;
	enum type type;
	int number;
}

%code {
/* Names in front of a probe: "a = b += ". */
struct heads {
	struct point_list names;
	bool append;
	int count;
};

struct state {
	struct parser *parser;
	struct arena *arena;
	struct diag *diag;
	struct ast_file *file;
	const struct token *token;	/* the one being pushed */
	bool privileged;
	bool private_scope;		/* of the globals being read */
	bool too_deep;			/* reported for this item */
};

static void syntax_error(struct span *span, struct state *state,
			 const char *message);
static struct expr *node(struct state *state, enum expr_kind kind,
			 struct span span, struct expr *a, struct expr *b);
static struct expr *node_op(struct state *state, enum expr_kind kind,
			    struct span span, enum operator_kind op,
			    struct expr *a, struct expr *b);
static struct expr *node_text(struct state *state, enum expr_kind kind,
			      struct span span, const struct token *token);
static struct expr *node_list(struct state *state, enum expr_kind kind,
			      struct span span, struct expr *a,
			      struct expr_list *list);
static struct expr *node_number(struct state *state, struct span span,
				const struct token *token, bool negative);
static struct expr *ternary(struct state *state, struct span span,
			    struct expr *a, struct expr *b, struct expr *c);
static struct expr *symbol(struct state *state, const struct token *token);
static struct expr *target(struct state *state, const struct token *token);
static struct expr *call(struct state *state, struct span span,
			 const struct token *name, struct expr_list *list);
static struct expr *stat(struct state *state, struct span span,
			 const struct token *word, struct expr_list *list);
static struct expr *hist(struct state *state, struct span span,
			 const struct token *word, struct expr_list *list);
static struct expr *embedded(struct state *state, const struct token *code);
static struct expr *member(struct state *state, struct span span,
			   struct expr *base, const struct token *name);
static struct expr *subscript(struct state *state, struct span span,
			      struct expr *base, struct expr_list *keys);
static struct expr *pretty(struct state *state, struct span span,
			   struct expr *base, const struct token *marks);
static struct expr_list *list_add(struct state *state, struct expr_list *list,
				  struct expr *item);
static struct stmt *simple(struct state *state, enum stmt_kind kind,
			   struct span span, struct expr *expr);
static struct stmt *branch(struct state *state, enum stmt_kind kind,
			   struct span span, struct expr *expr,
			   struct stmt *body, struct stmt *other);
static struct stmt *block(struct state *state, struct span span,
			  struct stmt_list *list);
static struct stmt *embedded_body(struct state *state,
				  const struct token *code);
static struct foreach *loop_keys(struct state *state, struct expr *value,
				 enum sort_order order, struct foreach *keys,
				 struct span span);
static struct foreach *loop_key(struct state *state, struct foreach *loop,
				const struct token *name,
				enum sort_order order);
static struct foreach *loop_array(struct state *state, struct expr *array,
				  struct expr_list *slice,
				  const struct token *by,
				  enum sort_order order);
static struct stmt *loop(struct state *state, struct span span,
			 struct foreach *keys, struct foreach *array,
			 struct expr *limit, struct stmt *body);
static struct heads *heads_add(struct state *state, struct heads *heads,
			       struct point_list *points, bool append);
static void add_probe(struct state *state, struct span span,
		      const struct token *first, struct heads *heads,
		      struct point_list *points, struct stmt *body,
		      struct stmt *epilogue);
static void add_function(struct state *state, struct span span,
			 const struct token *first,
			 struct function_decl *function);
static void add_embedded(struct state *state, const struct token *code);
static void add_item(struct state *state, enum item_kind kind, size_t index,
		     struct span span);
static void set_private(struct state *state, bool private_scope);
static void add_global(struct state *state, struct span span,
		       const struct token *name, struct global_decl *global,
		       struct expr *init);
}

%token <token> NAME TARGET PRETTY NUMBER STRING EMBEDDED COMPONENT
%token <token> PROBE GLOBAL PRIVATE FUNCTION IF ELSE FOR FOREACH IN LIMIT
%token <token> RETURN DELETE WHILE BREAK CONTINUE NEXT STRING_TYPE LONG_TYPE
%token <token> TRY CATCH
%token <token> SET ADD_SET OP_SET QUESTION COLON LOGICAL_OR LOGICAL_AND
%token <token> BIT_OR BIT_XOR AMPERSAND MATCH COMPARE SHIFT DOT PLUS MINUS
%token <token> STAR SLASH PERCENT NOT TILDE STEP ARROW
%token <token> PAREN_OPEN PAREN_CLOSE INDEX_OPEN INDEX_CLOSE
%token <token> BRACE_OPEN BRACE_CLOSE COMMA SEMICOLON
%token <token> AT_STAT AT_HIST AT_CAST AT_VAR AT_DEFINED AT_ENTRY
%token <token> AT_PROBEWRITE AT_PERF AT_CONST AT_ENUM AT_ENUMNAME AT_DEREF
%token <token> AT_REGISTER

%precedence LOWEST
%precedence ELSE SEMICOLON
%precedence NAME TARGET NUMBER STRING EMBEDDED NOT TILDE STRING_TYPE LONG_TYPE
%precedence AT_STAT AT_HIST AT_CAST AT_VAR AT_DEFINED AT_ENTRY
%precedence AT_PROBEWRITE AT_PERF AT_CONST AT_ENUM AT_ENUMNAME AT_DEREF
%precedence AT_REGISTER
%right SET ADD_SET OP_SET
%right QUESTION COLON
%left LOGICAL_OR
%left LOGICAL_AND
%left BIT_OR
%left BIT_XOR
%left AMPERSAND
%precedence IN
%left MATCH COMPARE
%left SHIFT
%left DOT
%left PLUS MINUS
%left STAR SLASH PERCENT
%precedence STEP
%precedence INDEX_OPEN PAREN_OPEN

%type <expr> expr unary step address postfix primary key maybe_expr
%type <expr> initial literal number_literal condition limit maybe_priority
%type <list> args exprs keys slice
%type <stmt> statement block simple body tail
%type <stmts> statements
%type <foreach> loop_head loop_keys loop_key_list loop_array
%type <component> component
%type <point> components suffixed point
%type <points> points
%type <function> params param_list
%type <global> marks
%type <heads> heads
%type <type> type
%type <number> sort
%type <token> word callee type_name private

%%

file:
	%empty
|	file item
;

item:
	SEMICOLON
|	globals
|	function
|	probe
|	EMBEDDED			{ add_embedded(state, $1); }
;

private:
	%empty				{ $$ = NULL; }
|	PRIVATE
;

/* ---- variables ---- */

globals:
	global_word global
|	globals COMMA global
;

global_word:
	GLOBAL				{ set_private(state, false); }
|	PRIVATE GLOBAL			{ set_private(state, true); }
|	PRIVATE				{ set_private(state, true); }
;

global:
	NAME marks initial		{ add_global(state, @$, $1, $2, $3); }
;

marks:
	%empty		{ $$ = arena_new(state->arena, struct global_decl); }
|	PERCENT				{
		$$ = arena_new(state->arena, struct global_decl);
		$$->wrap = true;
	}
|	INDEX_OPEN number_literal INDEX_CLOSE	{
		$$ = arena_new(state->arena, struct global_decl);
		$$->size = $2;
	}
|	PERCENT INDEX_OPEN number_literal INDEX_CLOSE	{
		$$ = arena_new(state->arena, struct global_decl);
		$$->wrap = true;
		$$->size = $3;
	}
|	INDEX_OPEN number_literal INDEX_CLOSE PERCENT	{
		$$ = arena_new(state->arena, struct global_decl);
		$$->wrap = true;
		$$->size = $2;
	}
;

initial:
	%empty				{ $$ = NULL; }
|	SET literal			{ $$ = $2; }
;

number_literal:
	NUMBER		{ $$ = node_number(state, @$, $1, false); }
;

literal:
	number_literal
|	MINUS NUMBER	{ $$ = node_number(state, @$, $2, true); }
|	STRING		{ $$ = node_text(state, EXPR_STRING, @$, $1); }
;

/* ---- functions ---- */

function:
	private FUNCTION callee type PAREN_OPEN params PAREN_CLOSE
	maybe_priority body		{
		$6->name = $3->text;
		$6->span = @3;
		$6->private_scope = $1 != NULL;
		$6->type = $4;
		$6->priority = $8;
		$6->body = $9;
		add_function(state, @$, $1 ? $1 : $2, $6);
	}
;

callee:
	NAME
|	type_name
;

/* Names of types are free to be names of functions. */
type_name:
	STRING_TYPE
|	LONG_TYPE
;

type:
	%empty				{ $$ = TYPE_UNKNOWN; }
|	COLON LONG_TYPE			{ $$ = TYPE_LONG; }
|	COLON STRING_TYPE		{ $$ = TYPE_STRING; }
;

params:
	%empty		{ $$ = arena_new(state->arena, struct function_decl); }
|	param_list
;

param_list:
	NAME type			{
		$$ = arena_new(state->arena, struct function_decl);
		*vec_push(state->arena, &$$->params) =
			(struct param_decl){ $1->text, $2, @1 };
	}
|	param_list COMMA NAME type	{
		*vec_push(state->arena, &$1->params) =
			(struct param_decl){ $3->text, $4, @3 };
		$$ = $1;
	}
;

maybe_priority:
	%empty				{ $$ = NULL; }
|	COLON number_literal		{
		$$ = $2;
		if ($2->number < 1)
			diag_report(state->diag, DIAG_priority_zero, @2,
				    (long long)$2->number);
	}
;

body:
	block
|	EMBEDDED			{ $$ = embedded_body(state, $1); }
;

/* ---- probes ---- */

probe:
	private PROBE heads points body tail	{
		add_probe(state, span_join(@2, @4), $1 ? $1 : $2, $3, $4, $5,
			  $6);
	}
;

heads:
	%empty		{ $$ = arena_new(state->arena, struct heads); }
|	heads points SET	{ $$ = heads_add(state, $1, $2, false); }
|	heads points ADD_SET	{ $$ = heads_add(state, $1, $2, true); }
;

tail:
	%empty				{ $$ = NULL; }
|	COMMA block			{ $$ = $2; }
;

points:
	point				{
		$$ = arena_new(state->arena, struct point_list);
		*vec_push(state->arena, &$$->items) = $1;
	}
|	points COMMA point		{
		*vec_push(state->arena, &$1->items) = $3;
		$$ = $1;
	}
;

point:
	suffixed condition		{
		$1->condition = $2;
		$1->span = @$;
		$$ = $1;
	}
;

suffixed:
	components
|	components QUESTION		{ $1->optional = true; $$ = $1; }
|	components NOT			{
		$1->optional = $1->sufficient = true;
		$$ = $1;
	}
;

condition:
	%empty				{ $$ = NULL; }
|	IF PAREN_OPEN expr PAREN_CLOSE	{ $$ = $3; }
;

components:
	component			{
		$$ = arena_new(state->arena, struct probe_point);
		*vec_push(state->arena, &$$->components) = *$1;
	}
|	components DOT component	{
		*vec_push(state->arena, &$1->components) = *$3;
		$$ = $1;
	}
;

component:
	COMPONENT			{
		$$ = arena_new(state->arena, struct point_component);
		$$->name = $1->text;
		$$->span = @$;
	}
|	COMPONENT PAREN_OPEN literal PAREN_CLOSE	{
		$$ = arena_new(state->arena, struct point_component);
		$$->name = $1->text;
		$$->arg = $3;
		$$->span = @$;
	}
;

/* ---- statements ---- */

block:
	BRACE_OPEN statements BRACE_CLOSE	{ $$ = block(state, @$, $2); }
;

statements:
	%empty		{ $$ = arena_new(state->arena, struct stmt_list); }
|	statements statement		{
		*vec_push(state->arena, &$1->items) = $2;
		$$ = $1;
	}
;

statement:
	simple SEMICOLON
|	simple %prec LOWEST
|	SEMICOLON			{
		$$ = simple(state, STMT_NULL, @$, NULL);
	}
|	block
|	IF PAREN_OPEN expr PAREN_CLOSE statement %prec LOWEST	{
		$$ = branch(state, STMT_IF, @$, $3, $5, NULL);
	}
|	IF PAREN_OPEN expr PAREN_CLOSE statement ELSE statement	{
		$$ = branch(state, STMT_IF, @$, $3, $5, $7);
	}
|	WHILE PAREN_OPEN expr PAREN_CLOSE statement	{
		$$ = branch(state, STMT_WHILE, @$, $3, $5, NULL);
	}
|	FOR PAREN_OPEN maybe_expr SEMICOLON maybe_expr SEMICOLON maybe_expr
	PAREN_CLOSE statement		{
		$$ = branch(state, STMT_FOR, @$, $5, $9, NULL);
		$$->init = $3;
		$$->step = $7;
	}
|	FOREACH PAREN_OPEN loop_head IN loop_array limit PAREN_CLOSE statement {
		$$ = loop(state, @$, $3, $5, $6, $8);
	}
|	TRY block CATCH block		{
		$$ = branch(state, STMT_TRY, @$, NULL, $2, $4);
	}
|	TRY block CATCH PAREN_OPEN NAME PAREN_CLOSE block	{
		$$ = branch(state, STMT_TRY, @$, NULL, $2, $7);
		$$->message = symbol(state, $5);
	}
;

simple:
	expr %prec LOWEST	{ $$ = simple(state, STMT_EXPR, @$, $1); }
|	DELETE expr %prec LOWEST	{
		$$ = simple(state, STMT_DELETE, @$, $2);
	}
|	RETURN %prec LOWEST	{ $$ = simple(state, STMT_RETURN, @$, NULL); }
|	RETURN expr %prec LOWEST	{
		$$ = simple(state, STMT_RETURN, @$, $2);
	}
|	NEXT			{ $$ = simple(state, STMT_NEXT, @$, NULL); }
|	BREAK			{ $$ = simple(state, STMT_BREAK, @$, NULL); }
|	CONTINUE		{
		$$ = simple(state, STMT_CONTINUE, @$, NULL);
	}
;

maybe_expr:
	%empty				{ $$ = NULL; }
|	expr
;

loop_head:
	loop_keys
|	NAME sort SET loop_keys		{
		$$ = loop_keys(state, symbol(state, $1), $2, $4, @$);
	}
|	NAME ADD_SET loop_keys		{
		$$ = loop_keys(state, symbol(state, $1), SORT_UP, $3, @$);
	}
|	NAME OP_SET loop_keys		{
		if ($2->op != OP_SUB)
			YYERROR;
		$$ = loop_keys(state, symbol(state, $1), SORT_DOWN, $3, @$);
	}
;

loop_keys:
	NAME sort		{ $$ = loop_key(state, NULL, $1, $2); }
|	INDEX_OPEN loop_key_list INDEX_CLOSE	{ $$ = $2; }
;

loop_key_list:
	NAME sort		{ $$ = loop_key(state, NULL, $1, $2); }
|	loop_key_list COMMA NAME sort	{
		$$ = loop_key(state, $1, $3, $4);
	}
;

sort:
	%empty				{ $$ = SORT_NONE; }
|	PLUS				{ $$ = SORT_UP; }
|	MINUS				{ $$ = SORT_DOWN; }
;

loop_array:
	NAME slice sort			{
		$$ = loop_array(state, symbol(state, $1), $2, NULL, $3);
	}
|	NAME slice AT_STAT PLUS		{
		$$ = loop_array(state, symbol(state, $1), $2, $3, SORT_UP);
	}
|	NAME slice AT_STAT MINUS	{
		$$ = loop_array(state, symbol(state, $1), $2, $3, SORT_DOWN);
	}
|	AT_HIST PAREN_OPEN exprs PAREN_CLOSE sort	{
		$$ = loop_array(state, hist(state, @$, $1, $3), NULL, NULL,
				$5);
	}
;

slice:
	%empty				{ $$ = NULL; }
|	INDEX_OPEN keys INDEX_CLOSE	{ $$ = $2; }
;

limit:
	%empty				{ $$ = NULL; }
|	LIMIT expr			{ $$ = $2; }
;

/* ---- expressions ---- */

expr:
	unary
|	expr SET expr		{
		$$ = node_op(state, EXPR_ASSIGN, @$, OP_NONE, $1, $3);
	}
|	expr ADD_SET expr	{
		$$ = node_op(state, EXPR_ASSIGN, @$, OP_ADD, $1, $3);
	}
|	expr OP_SET expr	{
		$$ = node_op(state, EXPR_ASSIGN, @$, $2->op, $1, $3);
	}
|	expr QUESTION expr COLON expr	{
		$$ = ternary(state, @$, $1, $3, $5);
	}
|	expr LOGICAL_OR expr	{
		$$ = node_op(state, EXPR_BINARY, @$, OP_LOR, $1, $3);
	}
|	expr LOGICAL_AND expr	{
		$$ = node_op(state, EXPR_BINARY, @$, OP_LAND, $1, $3);
	}
|	expr BIT_OR expr	{
		$$ = node_op(state, EXPR_BINARY, @$, OP_OR, $1, $3);
	}
|	expr BIT_XOR expr	{
		$$ = node_op(state, EXPR_BINARY, @$, OP_XOR, $1, $3);
	}
|	expr AMPERSAND expr	{
		$$ = node_op(state, EXPR_BINARY, @$, OP_AND, $1, $3);
	}
|	expr IN NAME		{
		$$ = node_list(state, EXPR_IN, @$, symbol(state, $3),
			       list_add(state, NULL, $1));
	}
|	expr MATCH STRING	{
		$$ = node_op(state, EXPR_MATCH, @$, $2->op, $1,
			     node_text(state, EXPR_STRING, @3, $3));
	}
|	expr COMPARE expr	{
		$$ = node_op(state, EXPR_BINARY, @$, $2->op, $1, $3);
	}
|	expr SHIFT expr		{
		$$ = node_op(state, EXPR_BINARY, @$, $2->op, $1, $3);
	}
|	expr DOT expr		{
		$$ = node_op(state, EXPR_BINARY, @$, OP_CAT, $1, $3);
	}
|	expr PLUS expr		{
		$$ = node_op(state, EXPR_BINARY, @$, OP_ADD, $1, $3);
	}
|	expr MINUS expr		{
		$$ = node_op(state, EXPR_BINARY, @$, OP_SUB, $1, $3);
	}
|	expr STAR expr		{
		$$ = node_op(state, EXPR_BINARY, @$, OP_MUL, $1, $3);
	}
|	expr SLASH expr		{
		$$ = node_op(state, EXPR_BINARY, @$, OP_DIV, $1, $3);
	}
|	expr PERCENT expr	{
		$$ = node_op(state, EXPR_BINARY, @$, OP_MOD, $1, $3);
	}
;

unary:
	step
|	MINUS unary	{
		$$ = node_op(state, EXPR_UNARY, @$, OP_NEG, $2, NULL);
	}
|	PLUS unary	{
		$$ = node_op(state, EXPR_UNARY, @$, OP_POS, $2, NULL);
	}
|	NOT unary	{
		$$ = node_op(state, EXPR_UNARY, @$, OP_NOT, $2, NULL);
	}
|	TILDE unary	{
		$$ = node_op(state, EXPR_UNARY, @$, OP_BITNOT, $2, NULL);
	}
;

step:
	address %prec LOWEST
|	address STEP		{
		$$ = node_op(state, EXPR_INCDEC, @$, $2->op, $1, NULL);
	}
|	STEP address %prec LOWEST	{
		$$ = node_op(state, EXPR_INCDEC, @$, $1->op, $2, NULL);
		$$->prefix = true;
	}
;

address:
	postfix %prec LOWEST
|	AMPERSAND postfix %prec LOWEST	{
		$$ = node(state, EXPR_ADDRESS, @$, $2, NULL);
	}
;

postfix:
	primary
|	postfix ARROW word	{ $$ = member(state, @$, $1, $3); }
|	postfix INDEX_OPEN keys INDEX_CLOSE	{
		$$ = subscript(state, @$, $1, $3);
	}
|	postfix PRETTY		{ $$ = pretty(state, @$, $1, $2); }
;

word:
	NAME | PROBE | GLOBAL | PRIVATE | FUNCTION | IF | ELSE | FOR | FOREACH
|	IN | LIMIT | RETURN | DELETE | WHILE | BREAK | CONTINUE | NEXT
|	STRING_TYPE | LONG_TYPE | TRY | CATCH
;

primary:
	NUMBER		{ $$ = node_number(state, @$, $1, false); }
|	STRING		{ $$ = node_text(state, EXPR_STRING, @$, $1); }
|	NAME %prec LOWEST	{ $$ = symbol(state, $1); }
|	TARGET		{ $$ = target(state, $1); }
|	EMBEDDED	{ $$ = embedded(state, $1); }
|	PAREN_OPEN expr PAREN_CLOSE	{ $$ = $2; }
|	NAME PAREN_OPEN args PAREN_CLOSE	{
		$$ = call(state, @$, $1, $3);
	}
|	type_name PAREN_OPEN args PAREN_CLOSE	{
		$$ = call(state, @$, $1, $3);
	}
|	INDEX_OPEN keys INDEX_CLOSE IN NAME	{
		$$ = node_list(state, EXPR_IN, @$, symbol(state, $5), $2);
	}
|	AT_STAT PAREN_OPEN exprs PAREN_CLOSE	{
		$$ = stat(state, @$, $1, $3);
	}
|	AT_HIST PAREN_OPEN exprs PAREN_CLOSE	{
		$$ = hist(state, @$, $1, $3);
	}
|	AT_CAST PAREN_OPEN expr COMMA STRING PAREN_CLOSE	{
		$$ = node_text(state, EXPR_CAST, @$, $5);
		$$->a = $3;
		$$->height += $3->height;
	}
|	AT_CAST PAREN_OPEN expr COMMA STRING COMMA STRING PAREN_CLOSE	{
		$$ = node_text(state, EXPR_CAST, @$, $5);
		$$->a = $3;
		$$->height += $3->height;
		$$->b = node_text(state, EXPR_STRING, @7, $7);
	}
|	AT_VAR PAREN_OPEN STRING PAREN_CLOSE	{
		$$ = node_text(state, EXPR_ATVAR, @$, $3);
	}
|	AT_VAR PAREN_OPEN STRING COMMA STRING PAREN_CLOSE	{
		$$ = node_text(state, EXPR_ATVAR, @$, $3);
		$$->b = node_text(state, EXPR_STRING, @5, $5);
	}
|	AT_DEFINED PAREN_OPEN expr PAREN_CLOSE	{
		$$ = node(state, EXPR_DEFINED, @$, $3, NULL);
	}
|	AT_ENTRY PAREN_OPEN expr PAREN_CLOSE	{
		$$ = node(state, EXPR_ENTRY, @$, $3, NULL);
	}
|	AT_PROBEWRITE PAREN_OPEN expr PAREN_CLOSE	{
		$$ = node(state, EXPR_PROBEWRITE, @$, $3, NULL);
	}
|	AT_PERF PAREN_OPEN STRING PAREN_CLOSE	{
		$$ = node_text(state, EXPR_PERF, @$, $3);
	}
|	AT_CONST PAREN_OPEN STRING PAREN_CLOSE	{
		$$ = node_text(state, EXPR_CONST, @$, $3);
	}
|	AT_ENUM PAREN_OPEN STRING PAREN_CLOSE	{
		$$ = node_text(state, EXPR_ENUM, @$, $3);
	}
|	AT_ENUMNAME PAREN_OPEN exprs PAREN_CLOSE	{
		$$ = node_list(state, EXPR_ENUMNAME, @$, NULL, $3);
	}
|	AT_DEREF PAREN_OPEN expr COMMA expr PAREN_CLOSE	{
		$$ = node(state, EXPR_DEREF, @$, $3, $5);
		$$->text = $1->text;
	}
|	AT_REGISTER PAREN_OPEN expr PAREN_CLOSE	{
		$$ = node(state, EXPR_REGISTER, @$, $3, NULL);
		$$->text = $1->text;
	}
;

args:
	%empty				{ $$ = NULL; }
|	exprs
;

exprs:
	expr				{ $$ = list_add(state, NULL, $1); }
|	exprs COMMA expr		{ $$ = list_add(state, $1, $3); }
;

keys:
	key				{ $$ = list_add(state, NULL, $1); }
|	keys COMMA key			{ $$ = list_add(state, $1, $3); }
;

key:
	expr
|	STAR		{ $$ = node(state, EXPR_WILDCARD, @$, NULL, NULL); }
;

%%

/* ---- expressions ---- */

/* Too tall a tree would break those that walk it; told once an item. */
static int taller(struct state *state, struct span span, int height)
{
	if (height < MOST_HEIGHT)
		return height + 1;
	if (!state->too_deep)
		diag_report(state->diag, DIAG_nested_deeply, span);
	state->too_deep = true;
	return 1;
}

static int height(const struct expr *expr)
{
	return expr ? expr->height : 0;
}

static int highest(int a, int b)
{
	return a > b ? a : b;
}

static struct expr *node(struct state *state, enum expr_kind kind,
			 struct span span, struct expr *a, struct expr *b)
{
	struct expr *expr = expr_create(state->arena, kind, span);

	expr->height = taller(state, span, highest(height(a), height(b)));
	/* Cut where it is too tall, so that nobody walks so deep. */
	if (state->too_deep)
		return expr_create(state->arena, EXPR_NUMBER, span);
	expr->a = a;
	expr->b = b;
	return expr;
}

static struct expr *node_op(struct state *state, enum expr_kind kind,
			    struct span span, enum operator_kind op,
			    struct expr *a, struct expr *b)
{
	struct expr *expr = node(state, kind, span, a, b);

	expr->op = op;
	return expr;
}

static struct expr *node_text(struct state *state, enum expr_kind kind,
			      struct span span, const struct token *token)
{
	struct expr *expr = node(state, kind, span, NULL, NULL);

	expr->text = token->text;
	expr->length = token->length;
	return expr;
}

static struct expr *node_list(struct state *state, enum expr_kind kind,
			      struct span span, struct expr *a,
			      struct expr_list *list)
{
	struct expr *expr = node(state, kind, span, a, NULL);

	if (!list || state->too_deep)
		return expr;
	expr->list = *list;
	for (size_t i = 0; i < list->items.count; i++)
		expr->height = highest(expr->height,
				       taller(state, span,
					      list->items.items[i]->height));
	return state->too_deep ? node(state, kind, span, a, NULL) : expr;
}

static struct expr *node_number(struct state *state, struct span span,
				const struct token *token, bool negative)
{
	struct expr *expr = node(state, EXPR_NUMBER, span, NULL, NULL);
	uint64_t value = (uint64_t)token->number;

	expr->number = (int64_t)(negative ? 0 - value : value);
	return expr;
}

static struct expr *ternary(struct state *state, struct span span,
			    struct expr *a, struct expr *b, struct expr *c)
{
	struct expr *expr = node(state, EXPR_TERNARY, span, a, b);

	expr->height = highest(expr->height, taller(state, span, c->height));
	if (state->too_deep)
		return expr_create(state->arena, EXPR_NUMBER, span);
	expr->c = c;
	return expr;
}

static struct expr *symbol(struct state *state, const struct token *token)
{
	return node_text(state, EXPR_SYMBOL, token->span, token);
}

/* Bytes of the name without the '$' at its end; how many those are. */
static size_t without_marks(struct state *state, const struct token *token,
			    size_t prefix, int *ret_marks)
{
	size_t length = token->length;

	while (length > prefix && token->text[length - 1] == '$')
		length--;
	*ret_marks = (int)(token->length - length);
	if (*ret_marks > 2) {
		diag_report(state->diag, DIAG_pretty_suffix, token->span,
			    token->text);
		*ret_marks = 2;
	}
	return length;
}

static void add_access(struct state *state, struct expr *expr,
		       struct access step)
{
	if (step.index)
		expr->height = highest(expr->height,
				       taller(state, step.span,
					      step.index->height));
	if (!state->too_deep)
		*vec_push(state->arena, &expr->path) = step;
}

/* An ACCESS that @base is or becomes. */
static struct expr *access_of(struct state *state, struct span span,
			      struct expr *base)
{
	if (base->kind != EXPR_ACCESS)
		return node(state, EXPR_ACCESS, span, base, NULL);
	base->span = span;
	return base;
}

/* The last bytes of a span. */
static struct span span_tail(struct span span, size_t length)
{
	if (length < span.length) {
		span.offset += span.length - (uint32_t)length;
		span.length = (uint32_t)length;
	}
	return span;
}

static struct expr *add_pretty(struct state *state, struct expr *expr,
			       int depth, struct span span)
{
	expr = access_of(state, expr->span, expr);
	if (expr->kind == EXPR_ACCESS)
		add_access(state, expr,
			   (struct access){ .kind = STEP_PRETTY,
					    .depth = depth, .span = span });
	return expr;
}

static struct expr *target(struct state *state, const struct token *token)
{
	struct expr *expr = node_text(state, EXPR_TARGET, token->span, token);
	int marks;
	size_t length = without_marks(state, token, 2, &marks);

	if (!marks)
		return expr;
	expr->text = arena_strndup(state->arena, token->text, length);
	expr->length = length;
	return add_pretty(state, expr, marks,
			  span_tail(token->span, (size_t)marks));
}

static struct expr *member(struct state *state, struct span span,
			   struct expr *base, const struct token *name)
{
	struct expr *expr = access_of(state, span, base);
	struct access step = { .kind = STEP_MEMBER, .span = name->span };
	int marks;
	size_t length = without_marks(state, name, 1, &marks);

	if (expr->kind != EXPR_ACCESS)
		return expr;
	step.member = marks ? arena_strndup(state->arena, name->text, length) :
			      name->text;
	add_access(state, expr, step);
	if (marks)
		expr = add_pretty(state, expr, marks,
				  span_tail(name->span, (size_t)marks));
	return expr;
}

static struct expr *pretty(struct state *state, struct span span,
			   struct expr *base, const struct token *marks)
{
	base = add_pretty(state, base, (int)marks->length, marks->span);
	base->span = span;
	return base;
}

static struct expr *subscript(struct state *state, struct span span,
			      struct expr *base, struct expr_list *keys)
{
	struct expr *first = keys->items.items[0];
	struct expr *expr;

	if (base->kind == EXPR_SYMBOL)
		return node_list(state, EXPR_INDEX, span, base, keys);
	if (base->kind == EXPR_HIST) {
		if (keys->items.count != 1)
			diag_report(state->diag, DIAG_hist_index, span,
				    (int)keys->items.count);
		return node(state, EXPR_HISTINDEX, span, base, first);
	}
	if (keys->items.count != 1 || first->kind == EXPR_WILDCARD)
		diag_report(state->diag, DIAG_key_wildcard, first->span);
	expr = access_of(state, span, base);
	if (expr->kind == EXPR_ACCESS)
		add_access(state, expr,
			   (struct access){ .kind = STEP_INDEX,
					    .index = first,
					    .span = first->span });
	return expr;
}

const char *const print_names[] = {
	"print", "println", "printf", "printd", "printdln",
	"sprint", "sprintln", "sprintf", "sprintd", "sprintdln",
	"print_char", NULL,
};

static bool is_print(const char *name)
{
	for (const char *const *known = print_names; *known; known++)
		if (strcmp(*known, name) == 0)
			return true;
	return false;
}

static struct expr *call(struct state *state, struct span span,
			 const struct token *name, struct expr_list *list)
{
	struct expr *expr = node_list(state, is_print(name->text) ?
				      EXPR_PRINT : EXPR_CALL, span, NULL,
				      list);

	expr->text = name->text;
	return expr;
}

static struct expr *stat(struct state *state, struct span span,
			 const struct token *word, struct expr_list *list)
{
	bool variance = strcmp(word->text, "variance") == 0;
	size_t count = list->items.count;
	struct expr *expr = node(state, EXPR_STAT, span, list->items.items[0],
				 count > 1 ? list->items.items[1] : NULL);

	expr->text = word->text;
	if (count > (variance ? 2 : 1))
		diag_report(state->diag, DIAG_stat_arguments, span,
			    word->text, variance ? "one or two arguments" :
			    "one argument", (int)count);
	return expr;
}

static struct expr *hist(struct state *state, struct span span,
			 const struct token *word, struct expr_list *list)
{
	bool linear = strcmp(word->text, "hist_linear") == 0;
	size_t count = list->items.count;
	struct expr_list rest = { 0 };
	struct expr *expr;

	for (size_t i = 1; i < count; i++)
		list_add(state, &rest, list->items.items[i]);
	expr = node_list(state, EXPR_HIST, span, list->items.items[0], &rest);
	expr->text = word->text;
	if (count != (linear ? 4 : 1))
		diag_report(state->diag, DIAG_stat_arguments, span,
			    word->text, linear ? "four arguments" :
			    "one argument", (int)count);
	return expr;
}

static void need_privilege(struct state *state, const struct token *code)
{
	struct span span = code->span;

	if (state->privileged)
		return;
	span.length = 2;
	diag_report(state->diag, DIAG_embedded_unprivileged, span);
}

static struct expr *embedded(struct state *state, const struct token *code)
{
	need_privilege(state, code);
	return node_text(state, EXPR_EMBEDDED, code->span, code);
}

static struct expr_list *list_add(struct state *state, struct expr_list *list,
				  struct expr *item)
{
	if (!list)
		list = arena_new(state->arena, struct expr_list);
	*vec_push(state->arena, &list->items) = item;
	return list;
}

/* ---- statements ---- */

/* Embedded code alone is a statement of its own kind. */
static struct stmt *simple(struct state *state, enum stmt_kind kind,
			   struct span span, struct expr *expr)
{
	struct stmt *stmt = stmt_create(state->arena, kind, span);

	stmt->expr = expr;
	if (kind == STMT_EXPR && expr->kind == EXPR_EMBEDDED) {
		stmt->kind = STMT_EMBEDDED;
		stmt->code = expr->text;
		stmt->expr = NULL;
	}
	if (kind == STMT_DELETE && expr->kind != EXPR_SYMBOL &&
	    expr->kind != EXPR_INDEX)
		diag_report(state->diag, DIAG_delete_target, expr->span);
	return stmt;
}

static struct stmt *branch(struct state *state, enum stmt_kind kind,
			   struct span span, struct expr *expr,
			   struct stmt *body, struct stmt *other)
{
	struct stmt *stmt = stmt_create(state->arena, kind, span);

	stmt->expr = expr;
	stmt->body = body;
	stmt->other = other;
	return stmt;
}

static struct stmt *block(struct state *state, struct span span,
			  struct stmt_list *list)
{
	struct stmt *stmt = stmt_create(state->arena, STMT_BLOCK, span);

	stmt->block = *list;
	return stmt;
}

static struct stmt *embedded_body(struct state *state,
				  const struct token *code)
{
	struct stmt *stmt = stmt_create(state->arena, STMT_EMBEDDED,
					code->span);

	need_privilege(state, code);
	stmt->code = code->text;
	return stmt;
}

static void set_sort(struct state *state, struct foreach *loop, int key,
		     enum sort_order order, struct span span)
{
	if (order == SORT_NONE)
		return;
	if (loop->sort_key)
		diag_report(state->diag, DIAG_foreach_sorts, span);
	loop->sort_key = key;
	loop->sort_order = order;
}

static struct foreach *loop_key(struct state *state, struct foreach *loop,
				const struct token *name,
				enum sort_order order)
{
	if (!loop)
		loop = arena_new(state->arena, struct foreach);
	*vec_push(state->arena, &loop->keys) = symbol(state, name);
	set_sort(state, loop, (int)loop->keys.count, order, name->span);
	return loop;
}

static struct foreach *loop_keys(struct state *state, struct expr *value,
				 enum sort_order order, struct foreach *keys,
				 struct span span)
{
	keys->value = value;
	set_sort(state, keys, -1, order, span);
	return keys;
}

static struct foreach *loop_array(struct state *state, struct expr *array,
				  struct expr_list *slice,
				  const struct token *by,
				  enum sort_order order)
{
	struct foreach *loop = arena_new(state->arena, struct foreach);

	loop->array = array;
	if (slice)
		loop->slice = *slice;
	loop->sort_by = by ? by->text : NULL;
	set_sort(state, loop, -1, order, array->span);
	return loop;
}

static struct stmt *loop(struct state *state, struct span span,
			 struct foreach *keys, struct foreach *array,
			 struct expr *limit, struct stmt *body)
{
	struct stmt *stmt = stmt_create(state->arena, STMT_FOREACH, span);

	keys->array = array->array;
	keys->slice = array->slice;
	keys->sort_by = array->sort_by;
	keys->limit = limit;
	set_sort(state, keys, array->sort_key, array->sort_order,
		 array->array->span);
	stmt->foreach = keys;
	stmt->body = body;
	return stmt;
}

/* ---- items ---- */

static struct heads *heads_add(struct state *state, struct heads *heads,
			       struct point_list *points, bool append)
{
	const struct probe_point *name = points->items.items[0];

	if (points->items.count > 1)
		diag_report(state->diag, DIAG_alias_list, name->span);
	if (name->optional || name->sufficient || name->condition)
		diag_report(state->diag, DIAG_alias_suffix, name->span);
	for (size_t i = 0; i < name->components.count; i++)
		if (name->components.items[i].arg)
			diag_report(state->diag, DIAG_alias_argument,
				    name->components.items[i].span);
	*vec_push(state->arena, &heads->names.items) = points->items.items[0];
	heads->append = append;
	return heads;
}

/* A probe's body is a block, also when it is written as %{ %}. */
static struct stmt *as_block(struct state *state, struct stmt *body)
{
	struct stmt *outer;

	if (body->kind == STMT_BLOCK)
		return body;
	outer = stmt_create(state->arena, STMT_BLOCK, body->span);
	*vec_push(state->arena, &outer->block.items) = body;
	return outer;
}

static void add_item(struct state *state, enum item_kind kind, size_t index,
		     struct span span)
{
	*vec_push(state->arena, &state->file->items) = span;
	*vec_push(state->arena, &state->file->order) =
		(struct ast_item){ kind, index };
	state->too_deep = false;
}

static void add_probe(struct state *state, struct span span,
		      const struct token *first, struct heads *heads,
		      struct point_list *points, struct stmt *body,
		      struct stmt *epilogue)
{
	struct probe_decl *probe = arena_new(state->arena, struct probe_decl);
	struct ast_file *file = state->file;

	probe->span = span;
	probe->private_scope = first->kind == TOKEN_PRIVATE;
	probe->names = heads->names;
	probe->points = *points;
	probe->append = heads->append;
	probe->doc = first->doc;
	probe->file = file;
	if (epilogue && (!heads->names.items.count || heads->append))
		diag_report(state->diag, DIAG_alias_epilogue, epilogue->span);
	body = as_block(state, body);
	probe->body = heads->append ? NULL : body;
	probe->epilogue = heads->append ? body : epilogue;
	span = token_join(first->span, epilogue ? epilogue->span : body->span);
	if (heads->names.items.count) {
		add_item(state, ITEM_ALIAS, file->aliases.count, span);
		*vec_push(state->arena, &file->aliases) = probe;
	} else {
		add_item(state, ITEM_PROBE, file->probes.count, span);
		*vec_push(state->arena, &file->probes) = probe;
	}
}

static void add_function(struct state *state, struct span span,
			 const struct token *first,
			 struct function_decl *function)
{
	function->doc = first->doc;
	function->file = state->file;
	add_item(state, ITEM_FUNCTION, state->file->functions.count, span);
	*vec_push(state->arena, &state->file->functions) = function;
}

static void add_embedded(struct state *state, const struct token *code)
{
	add_item(state, ITEM_EMBEDDED, state->file->embedded.count,
		 code->span);
	*vec_push(state->arena, &state->file->embedded) =
		embedded_body(state, code);
}

static void set_private(struct state *state, bool private_scope)
{
	state->private_scope = private_scope;
}

static void add_global(struct state *state, struct span span,
		       const struct token *name, struct global_decl *global,
		       struct expr *init)
{
	global->name = name->text;
	global->span = name->span;
	global->private_scope = state->private_scope;
	global->init = init;
	global->file = state->file;
	add_item(state, ITEM_GLOBAL, state->file->globals.count, span);
	*vec_push(state->arena, &state->file->globals) = global;
}

/* ---- errors ---- */

static const int codes[TOKEN_COUNT] = {
#define TOKEN(kind, what) [TOKEN_##kind] = TK_##kind,
#define KEYWORD(kind, word) [TOKEN_##kind] = TK_##kind,
#define MARK(kind, text) [TOKEN_##kind] = TK_##kind,
#define AT(kind, what) [TOKEN_##kind] = TK_##kind,
#include "translator/syntax/tokens.def"
#undef TOKEN
#undef KEYWORD
#undef MARK
#undef AT
};

/* Kinds that may come next, and groups of them that have one name. */
struct expected {
	bool kinds[TOKEN_COUNT];
	const char *groups[4];
	int group_count;
};

static const enum token_kind beginning_expression[] = {
	TOKEN_NAME, TOKEN_TARGET, TOKEN_NUMBER, TOKEN_STRING, TOKEN_EMBEDDED,
	TOKEN_NOT, TOKEN_TILDE, TOKEN_STRING_TYPE, TOKEN_LONG_TYPE,
	TOKEN_PLUS, TOKEN_MINUS, TOKEN_AMPERSAND, TOKEN_STEP,
	TOKEN_PAREN_OPEN, TOKEN_INDEX_OPEN, TOKEN_AT_STAT, TOKEN_AT_HIST,
	TOKEN_AT_CAST, TOKEN_AT_VAR, TOKEN_AT_DEFINED, TOKEN_AT_ENTRY,
	TOKEN_AT_PROBEWRITE, TOKEN_AT_PERF, TOKEN_AT_CONST, TOKEN_AT_ENUM,
	TOKEN_AT_ENUMNAME, TOKEN_AT_DEREF, TOKEN_AT_REGISTER, TOKEN_END,
};

static const enum token_kind beginning_statement[] = {
	TOKEN_IF, TOKEN_FOR, TOKEN_FOREACH, TOKEN_RETURN, TOKEN_DELETE,
	TOKEN_WHILE, TOKEN_BREAK, TOKEN_CONTINUE, TOKEN_NEXT, TOKEN_TRY,
	TOKEN_BRACE_OPEN, TOKEN_SEMICOLON, TOKEN_ELSE, TOKEN_END,
};

static const enum token_kind operators[] = {
	TOKEN_SET, TOKEN_ADD_SET, TOKEN_OP_SET, TOKEN_QUESTION,
	TOKEN_LOGICAL_OR, TOKEN_LOGICAL_AND, TOKEN_BIT_OR, TOKEN_BIT_XOR,
	TOKEN_AMPERSAND, TOKEN_MATCH, TOKEN_COMPARE, TOKEN_SHIFT, TOKEN_DOT,
	TOKEN_PLUS, TOKEN_MINUS, TOKEN_STAR, TOKEN_SLASH, TOKEN_PERCENT,
	TOKEN_STEP, TOKEN_ARROW, TOKEN_IN, TOKEN_PRETTY, TOKEN_INDEX_OPEN,
	TOKEN_PAREN_OPEN, TOKEN_END,
};

static const enum token_kind beginning_item[] = {
	TOKEN_PROBE, TOKEN_GLOBAL, TOKEN_PRIVATE, TOKEN_FUNCTION,
	TOKEN_EMBEDDED, TOKEN_SEMICOLON, TOKEN_END,
};

static const enum token_kind following_point[] = {
	TOKEN_COMMA, TOKEN_BRACE_OPEN, TOKEN_PAREN_OPEN, TOKEN_NOT, TOKEN_DOT,
	TOKEN_QUESTION, TOKEN_ADD_SET, TOKEN_SET, TOKEN_IF, TOKEN_EMBEDDED,
	TOKEN_END,
};

static const enum token_kind naming[] = {
	TOKEN_PROBE, TOKEN_GLOBAL, TOKEN_PRIVATE, TOKEN_FUNCTION, TOKEN_IF,
	TOKEN_ELSE, TOKEN_FOR, TOKEN_FOREACH, TOKEN_IN, TOKEN_LIMIT,
	TOKEN_RETURN, TOKEN_DELETE, TOKEN_WHILE, TOKEN_BREAK, TOKEN_CONTINUE,
	TOKEN_NEXT, TOKEN_STRING_TYPE, TOKEN_LONG_TYPE, TOKEN_TRY,
	TOKEN_CATCH, TOKEN_END,
};

static void forget(struct expected *expected, const enum token_kind *kinds)
{
	for (; *kinds != TOKEN_END; kinds++)
		expected->kinds[*kinds] = false;
}

static void name_group(struct expected *expected, const char *name,
		       const enum token_kind *kinds)
{
	expected->groups[expected->group_count++] = name;
	forget(expected, kinds);
}

static void group(struct expected *expected)
{
	bool *kinds = expected->kinds;

	if (kinds[TOKEN_NAME] && kinds[TOKEN_CATCH] && kinds[TOKEN_LIMIT]) {
		forget(expected, naming);
		return;
	}
	if (kinds[TOKEN_PROBE] && kinds[TOKEN_EMBEDDED])
		name_group(expected, "a probe, function or global",
			   beginning_item);
	if (kinds[TOKEN_BRACE_OPEN] && kinds[TOKEN_ADD_SET] &&
	    !kinds[TOKEN_SLASH])
		name_group(expected, "more of the probe point or its body",
			   following_point);
	if (kinds[TOKEN_SLASH])
		name_group(expected, "an operator", operators);
	if (kinds[TOKEN_WHILE]) {
		name_group(expected, "a statement", beginning_expression);
		forget(expected, beginning_statement);
	} else if (kinds[TOKEN_NUMBER] && kinds[TOKEN_NAME]) {
		name_group(expected, "an expression", beginning_expression);
	}
}

static void put_alternative(struct buf *text, const char *what, int left)
{
	if (text->length)
		buf_puts(text, left ? ", " : " or ");
	buf_puts(text, what);
}

static const char *expected_text(struct arena *arena,
				 const struct expected *expected)
{
	struct buf text = { 0 };
	int left = expected->group_count;

	for (int kind = 1; kind < TOKEN_COUNT; kind++)
		left += expected->kinds[kind];
	left += expected->kinds[TOKEN_END];
	for (int i = 0; i < expected->group_count; i++)
		put_alternative(&text, expected->groups[i], --left);
	for (int kind = TOKEN_COUNT - 1; kind >= 0; kind--)
		if (expected->kinds[kind])
			put_alternative(&text, token_what(kind), --left);
	return buf_take(&text, arena);
}

/* A keyword that the found name nearly is, among those that would do. */
static const char *intended(struct arena *arena, const struct expected *expected,
			    const struct token *found)
{
	const char *words[TOKEN_COUNT] = { 0 };
	const char *near;

#define TOKEN(kind, what)
#define KEYWORD(kind, word) \
	if (expected->kinds[TOKEN_##kind]) \
		words[TOKEN_##kind] = word;
#define MARK(kind, text)
#define AT(kind, what)
#include "translator/syntax/tokens.def"
#undef TOKEN
#undef KEYWORD
#undef MARK
#undef AT
	if (found->kind != TOKEN_NAME && found->kind != TOKEN_COMPONENT)
		return NULL;
	near = diag_nearest(found->text, words, TOKEN_COUNT);
	return near ? arena_printf(arena, "did you mean '%s'?", near) : NULL;
}

static int yyreport_syntax_error(const yypcontext_t *context,
				      struct state *state)
{
	yysymbol_kind_t symbols[YYNTOKENS];
	int count = yypcontext_expected_tokens(context, symbols, YYNTOKENS);
	struct expected expected = { 0 };
	const char *hint;

	for (int i = 0; i < count; i++) {
		if (symbols[i] == YYSYMBOL_YYEOF)
			expected.kinds[TOKEN_END] = true;
		for (int kind = 1; kind < TOKEN_COUNT; kind++)
			if (codes[kind] && YYTRANSLATE(codes[kind]) ==
			    symbols[i])
				expected.kinds[kind] = true;
	}
	hint = intended(state->arena, &expected, state->token);
	group(&expected);
	diag_report_hint(state->diag, DIAG_syntax, state->token->span, hint,
			 token_describe(state->arena, state->token),
			 expected_text(state->arena, &expected));
	return 0;
}

/* Called when the stack is full; syntax errors go the way above. */
static void syntax_error(struct span *span, struct state *state,
			 const char *message)
{
	(void)message;
	diag_report(state->diag, DIAG_nested_deeply, *span);
}

/* ---- driving ---- */

struct feed {
	const struct token *tokens;
	size_t count;
	struct token end;	/* what is found behind the last */
};

static bool begins_item(const struct feed *feed, size_t at, int depth)
{
	enum token_kind kind = feed->tokens[at].kind;

	if (at && (feed->tokens[at - 1].kind == TOKEN_ARROW ||
		   feed->tokens[at - 1].kind == TOKEN_DOT))
		return false;
	if (kind == TOKEN_FUNCTION || kind == TOKEN_GLOBAL)
		return !at || feed->tokens[at - 1].kind != TOKEN_PRIVATE;
	return kind == TOKEN_PROBE || kind == TOKEN_PRIVATE ||
	       (kind == TOKEN_EMBEDDED && depth <= 0);
}

/* The next item behind an error at @at in the item from @from on. */
static size_t next_item(const struct feed *feed, size_t from, size_t at)
{
	int depth = 0;

	for (size_t i = from; i < feed->count; i++) {
		depth += feed->tokens[i].kind == TOKEN_BRACE_OPEN;
		depth -= feed->tokens[i].kind == TOKEN_BRACE_CLOSE;
		if (i >= at && i > from && begins_item(feed, i, depth))
			return i;
	}
	return feed->count;
}

static int bracket(enum token_kind kind)
{
	switch ((int)kind) {
	case TOKEN_PAREN_OPEN:
	case TOKEN_INDEX_OPEN:
	case TOKEN_BRACE_OPEN:
		return 1;
	case TOKEN_PAREN_CLOSE:
	case TOKEN_INDEX_CLOSE:
	case TOKEN_BRACE_CLOSE:
		return -1;
	}
	return 0;
}

static void check_number(struct state *state, const struct token *token)
{
	if (token->kind == TOKEN_NUMBER && token->bad)
		diag_report(state->diag, DIAG_number_invalid, token->span,
			    token->text);
}

/* Pushes one token: 0 accepted, YYPUSH_MORE wants more, else an error. */
static int push(syntax_pstate *stack, struct state *state,
		const struct token *token)
{
	YYSTYPE value = { .token = token };
	struct span span = token->span;

	state->token = token;
	check_number(state, token);
	return syntax_push_parse(stack, codes[token->kind], &value, &span,
				 state);
}

/* Parses items from @from on until the end or an error; where it stopped. */
static size_t parse_items(struct state *state, const struct feed *feed,
			  size_t from)
{
	syntax_pstate *stack = syntax_pstate_new();
	int status = YYPUSH_MORE;
	int depth = 0;
	size_t at = from;

	for (; status == YYPUSH_MORE && at <= feed->count; at++) {
		const struct token *token = at < feed->count ?
					    &feed->tokens[at] : &feed->end;

		depth += bracket(token->kind);
		if (depth > MOST_BRACKETS) {
			diag_report(state->diag, DIAG_nested_deeply,
				    token->span);
			status = 2;
		} else {
			status = push(stack, state, token);
		}
	}
	syntax_pstate_delete(stack);
	state->too_deep = false;
	return status == 0 ? feed->count : at - 1;
}

/* An item may fail in the middle of a run of good ones: where it began. */
static size_t item_start(const struct feed *feed, size_t from, size_t at)
{
	for (size_t i = at; i > from; i--)
		if (i < feed->count && begins_item(feed, i, 1))
			return i == at ? i - 1 : i;
	return from;
}

struct ast_file *parse_tokens(struct parser *parser,
			      const struct source *source,
			      const struct token_list *tokens,
			      bool privileged)
{
	struct ast_file *file = arena_new(parser->arena, struct ast_file);
	struct feed feed = { tokens->tokens.items, tokens->tokens.count,
			     { .kind = TOKEN_END } };
	struct state state = {
		.parser = parser,
		.arena = parser->arena,
		.diag = parser->diag,
		.file = file,
		.privileged = privileged,
	};
	size_t at = 0;

	file->source = source;
	feed.end.span.source = source;
	if (feed.count) {
		struct span last = feed.tokens[feed.count - 1].span;

		feed.end.span = last;
		feed.end.span.offset = last.offset + last.length;
		feed.end.span.length = 0;
	}
	while (at < feed.count) {
		size_t stop = parse_items(&state, &feed, at);

		at = next_item(&feed, item_start(&feed, at, stop), stop);
	}
	return file;
}
