syntax_sources = \
	translator/syntax/ast.def \
	translator/syntax/ast.h \
	translator/syntax/parse.h \
	translator/syntax/lex.yy.c \
	translator/syntax/lexer.l \
	translator/syntax/token.h \
	translator/syntax/tokens.def \
	translator/syntax/words.def

syntax_built =
