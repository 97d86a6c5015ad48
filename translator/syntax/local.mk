syntax_sources = \
	translator/syntax/token.c \
	translator/syntax/lexer.l \
	translator/syntax/macro.c \
	translator/syntax/condition.c \
	translator/syntax/point.c \
	translator/syntax/parser.y \
	translator/syntax/parse.c \
	translator/syntax/outline.c \
	translator/syntax/scan.c \
	translator/syntax/ast.c \
	translator/syntax/unparse.c \
	translator/syntax/ast.def \
	translator/syntax/ast.h \
	translator/syntax/parse.h \
	translator/syntax/token.h \
	translator/syntax/tokens.def \
	translator/syntax/words.def

syntax_built = translator/syntax/parser.h
