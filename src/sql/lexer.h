/* From SQL text to tokens, and from tokens to values (spec/sql.md, section 1).
 *
 * The lexer never fails for what it finds: what is no token becomes one of kind HY_TOK_INVALID,
 * which the parser reports when it gets there. Nothing here allocates per token. */
#ifndef HY_SQL_LEXER_H
#define HY_SQL_LEXER_H

#include "base/arena.h"
#include "sql/ast.h"
#include "sql/token.h"

/* The tokens of a text. The last one is of kind HY_TOK_END with the length of the text as offset.
 */
typedef struct HyTokenList {
    HyToken *items; /* owned: free */
    size_t n;       /* with the end token */
} HyTokenList;

/* Errors: 54000 when the text is longer than 4 GB, 53200. */
HyStatus hy_lexer_run(const char *sql, size_t len, HyTokenList *out) HY_MUST_CHECK;

/* Reads the one token at or behind `offset`, skipping blanks and comments. For those who need no
 * list: the statement splitter, error displays. offset <= len <= UINT32_MAX. */
HyToken hy_lexer_next(const char *sql, size_t len, size_t offset);

/* What messages call a kind of token: "SELECT", "<identifier>", "','". For keywords, `buf` receives
 * the upper-case word; it needs HY_TOKEN_NAME_MAX bytes. */
#define HY_TOKEN_NAME_MAX 32
const char *hy_token_kind_name(unsigned kind, char buf[HY_TOKEN_NAME_MAX]);

/* Class of a keyword, and whether it can be a column label without AS. `kind` must be a keyword. */
HyKeywordClass hy_keyword_class(unsigned kind);
bool hy_keyword_is_bare_label(unsigned kind);
/* The lower-case word. */
const char *hy_keyword_text(unsigned kind);
/* The keyword of that lower-case text, or HY_TOK_IDENT. */
unsigned hy_keyword_find(const char *text, size_t len);

/* The name that an identifier or keyword token stands for: folded to lower case or, quoted, as is.
 * Unicode identifiers (U&"..") need `escape`, normally '\\'. Errors: 42601 for a zero-length
 * identifier or a bad escape, 22021, 53200. */
HyStatus hy_token_name(HyArena *arena, const char *sql, const HyToken *token, char escape,
    HyAstName *out) HY_MUST_CHECK;

/* The value of a string token. `escape` as above. Errors: 42601 for a bad escape, 22021, 53200. */
HyStatus hy_token_string(HyArena *arena, const char *sql, const HyToken *token, char escape,
    HyAstText *out) HY_MUST_CHECK;

#endif
