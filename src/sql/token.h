/* Tokens of SQL text. The lexer makes an array of them; the parser reads it from left to right with
 * free look-ahead. A token knows only its kind and place; its value is read from the text on
 * demand. */
#ifndef HY_SQL_TOKEN_H
#define HY_SQL_TOKEN_H

#include "base/keywords.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tokens that are no words, with the name that error messages show. The order of the first ones and
 * of the operators is the order in which messages list them; keywords come in between
 * (parser_error.c). */
#define HY_PLAIN_TOKENS(X)                                                                         \
    X(END, "end of input")                                                                         \
    X(RPAREN, "')'")                                                                               \
    X(COMMA, "','")                                                                                \
    X(IDENT, "<identifier>")                                                                       \
    X(CONSTANT, "<constant>") /* made by no lexer: a set of kinds in messages */                   \
    X(STRING, "<string constant>")                                                                 \
    X(INTEGER, "<integer constant>")                                                               \
    X(DECIMAL, "<decimal constant>")                                                               \
    X(BIT_STRING, "<bit-string constant>")                                                         \
    X(PARAMETER, "<$n parameter>")                                                                 \
    X(INVALID, "invalid token")                                                                    \
    X(OPERATOR, "<operator>") /* any sequence of operator characters not listed below */           \
    X(EQ, "'='")                                                                                   \
    X(LT, "'<'")                                                                                   \
    X(GT, "'>'")                                                                                   \
    X(LE, "'<='")                                                                                  \
    X(GE, "'>='")                                                                                  \
    X(NE, "'!='")                                                                                  \
    X(PLUS, "'+'")                                                                                 \
    X(MINUS, "'-'")                                                                                \
    X(STAR, "'*'")                                                                                 \
    X(SLASH, "'/'")                                                                                \
    X(PERCENT, "'%'")                                                                              \
    X(CARET, "'^'")                                                                                \
    X(COLONS, "'::'")                                                                              \
    X(DOT, "'.'")                                                                                  \
    X(SEMICOLON, "';'")                                                                            \
    X(COLON, "':'")                                                                                \
    X(ASSIGN, "':='")                                                                              \
    X(FAT_ARROW, "'=>'")                                                                           \
    X(LPAREN, "'('")                                                                               \
    X(LBRACKET, "'['")                                                                             \
    X(RBRACKET, "']'")                                                                             \
    X(LBRACE, "'{'")                                                                               \
    X(RBRACE, "'}'")                                                                               \
    X(QUESTION, "'?'")                                                                             \
    X(BANG, "'!'")

typedef enum HyTokenKind {
#define X(name, text) HY_TOK_##name,
    HY_PLAIN_TOKENS(X)
#undef X
        HY_TOK_PLAIN_COUNT,
    HY_TOK_BEFORE_KEYWORDS = HY_TOK_PLAIN_COUNT - 1,
/* HY_KW_SELECT and so on; HY_LETTER_FIRST_S .. HY_LETTER_LAST_S is the range of a letter. */
#define X(name, text, class, label) HY_KW_##name,
#define Y(letter, list)                                                                            \
    HY_LETTER_FIRST_##letter, HY_LETTER_AHEAD_##letter = HY_LETTER_FIRST_##letter - 1,             \
                              list(X) HY_LETTER_END_##letter,                                      \
                              HY_LETTER_LAST_##letter = HY_LETTER_END_##letter - 1,
    HY_KEYWORD_LETTERS(Y)
#undef X
#undef Y
        HY_TOK_KIND_COUNT
} HyTokenKind;

typedef enum HyKeywordClass {
    HY_KEYWORD_UNRESERVED,
    HY_KEYWORD_COL_NAME,
    HY_KEYWORD_TYPE_FUNC,
    HY_KEYWORD_RESERVED,
} HyKeywordClass;

typedef enum HyTokenFlags {
    HY_TOKEN_QUOTED = 1,   /* IDENT: "..." */
    HY_TOKEN_UNICODE = 2,  /* IDENT, STRING: U&.. */
    HY_TOKEN_ESCAPES = 4,  /* STRING: E'..' */
    HY_TOKEN_DOLLAR = 8,   /* STRING: $tag$..$tag$ */
    HY_TOKEN_NATIONAL = 16 /* STRING: N'..' */
} HyTokenFlags;

typedef struct HyToken {
    uint16_t kind;  /* HyTokenKind */
    uint16_t flags; /* HyTokenFlags */
    uint32_t offset;
    uint32_t length; /* bytes */
} HyToken;

static inline bool hy_token_is_keyword(unsigned kind)
{
    return kind >= HY_TOK_PLAIN_COUNT;
}

#endif
