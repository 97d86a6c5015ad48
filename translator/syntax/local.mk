syntax_sources = \
	translator/syntax/ast.def \
	translator/syntax/ast.h \
	translator/syntax/parse.h \
	translator/syntax/lexer.l \
	translator/syntax/token.h \
	translator/syntax/tokens.def \
	translator/syntax/words.def \
	translator/syntax/macro.c \
	translator/syntax/point.c \
	translator/syntax/token.c

syntax_built =
