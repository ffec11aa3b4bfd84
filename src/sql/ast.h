/* The syntax tree of one SQL statement, as the parser builds it and the binder reads it.
 *
 * All nodes live in the arena given to hy_parse and are not changed afterwards. The tree holds
 * syntax only: names are not resolved and types are not known. What has several spellings is
 * normalised here (special call syntax, LIKE operators, multi-word type names, TABLE t), so that
 * the binder sees one form.
 *
 * Places: `span` is the source text of a node in bytes. `pos` of an expression is the byte offset
 * at which the genuine server points when the node is in error: the operator of a binary
 * expression, else mostly the start. Pass it to hy_error_at.
 *
 * Lists are {items, n} pairs; n == 0 means absent or empty, then items may be NULL. Pointers are
 * never NULL unless the comment says "or NULL". */
#ifndef HY_SQL_AST_H
#define HY_SQL_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct HyAstSpan {
    uint32_t offset; /* bytes from the start of the statement text */
    uint32_t length; /* bytes */
} HyAstSpan;

/* An identifier. Unquoted ones are folded to lower case. A zero `text` pointer means "no name". */
typedef struct HyAstName {
    const char *text; /* zero-terminated UTF-8, or NULL: absent */
    uint32_t len;     /* bytes without the zero */
    bool quoted;
    HyAstSpan span;
} HyAstName;

typedef struct HyAstNameList {
    HyAstName *items;
    size_t n;
} HyAstNameList;

/* a, a.b, a.b.c or a.b.c.d; parts.n is 1 to 4. More parts are refused by the parser. */
typedef struct HyAstQName {
    HyAstNameList parts;
    HyAstSpan span;
} HyAstQName;

typedef struct HyAstQNameList {
    HyAstQName *items;
    size_t n;
} HyAstQNameList;

typedef struct HyAstExpr HyAstExpr;
typedef struct HyAstQuery HyAstQuery;
typedef struct HyAstFrom HyAstFrom;
typedef struct HyAstType HyAstType;
typedef struct HyAstStmt HyAstStmt;
typedef struct HyAstOption HyAstOption;
typedef struct HyAstGrouping HyAstGrouping;

typedef struct HyAstExprList {
    HyAstExpr **items;
    size_t n;
} HyAstExprList;

typedef struct HyAstFromList {
    HyAstFrom **items;
    size_t n;
} HyAstFromList;

typedef struct HyAstTypeList {
    HyAstType **items;
    size_t n;
} HyAstTypeList;

/* ---- Types
 * --------------------------------------------------------------------------------------- */

typedef enum HyAstTypeKind {
    HY_AST_TYPE_NAMED, /* name and modifiers */
    HY_AST_TYPE_ARRAY, /* element: T[] or array(T) */
} HyAstTypeKind;

/* Names of several words are normalised to one, unquoted: "double precision", "varchar" (character
 * varying), "char" (character), "timestamptz", "timestamp", "timetz", "time". Their other one-word
 * aliases (int, int4, dec, ..) are left for the binder. */
struct HyAstType {
    HyAstTypeKind kind;
    HyAstSpan span;
    HyAstQName name;         /* NAMED */
    HyAstExprList modifiers; /* NAMED: numeric(10, 2) has two, as integer literals */
    HyAstType *element;      /* ARRAY, else NULL */
    bool element_not_null;   /* ARRAY: array(T not null) */
    HyAstName interval_from; /* interval YEAR TO MONTH: the field names, or absent */
    HyAstName interval_to;
};

/* ---- Expressions
 * --------------------------------------------------------------------------------- */

/* Operators of HY_AST_UNARY, HY_AST_BINARY and HY_AST_QUANTIFIED. X(name, spelling). */
#define HY_AST_OPERATORS(X)                                                                        \
    X(ADD, "+")                                                                                    \
    X(SUB, "-")                                                                                    \
    X(MUL, "*")                                                                                    \
    X(DIV, "/")                                                                                    \
    X(MOD, "%")                                                                                    \
    X(POW, "^")                                                                                    \
    X(EQ, "=")                                                                                     \
    X(NE, "<>")                                                                                    \
    X(LT, "<")                                                                                     \
    X(LE, "<=")                                                                                    \
    X(GT, ">")                                                                                     \
    X(GE, ">=")                                                                                    \
    X(CONCAT, "||")                                                                                \
    X(REGEX, "~") /* as prefix: bitwise not */                                                     \
    X(REGEX_CI, "~*")                                                                              \
    X(NOT_REGEX, "!~")                                                                             \
    X(NOT_REGEX_CI, "!~*")                                                                         \
    X(LIKE, "~~") /* only in HY_AST_QUANTIFIED: a LIKE ANY (..); elsewhere see HY_AST_LIKE */      \
    X(NOT_LIKE, "!~~")                                                                             \
    X(ILIKE, "~~*")                                                                                \
    X(NOT_ILIKE, "!~~*")                                                                           \
    X(BIT_AND, "&")                                                                                \
    X(BIT_OR, "|")                                                                                 \
    X(BIT_XOR, "#")                                                                                \
    X(SHIFT_LEFT, "<<")                                                                            \
    X(SHIFT_RIGHT, ">>")                                                                           \
    X(ABS, "@")    /* prefix */                                                                    \
    X(SQRT, "|/")  /* prefix */                                                                    \
    X(CBRT, "||/") /* prefix */                                                                    \
    X(ARROW, "->")                                                                                 \
    X(ARROW_TEXT, "->>")                                                                           \
    X(OTHER, "?") /* any other sequence of operator characters: see op_text */

typedef enum HyAstOp {
#define X(name, text) HY_AST_OP_##name,
    HY_AST_OPERATORS(X)
#undef X
        HY_AST_OP_COUNT
} HyAstOp;

typedef enum HyAstExprKind {
    /* literals */
    HY_AST_NULL,
    HY_AST_BOOL,    /* .boolean */
    HY_AST_INTEGER, /* .integer, never negative (unary minus is its own node, but see there) */
    HY_AST_NUMERIC, /* .text: digits with a point, as written: "1.50", ".5", "1." */
    HY_AST_DOUBLE,  /* .real (and .text as written) */
    HY_AST_STRING,  /* .text: the value after resolving escapes */
    HY_AST_TYPED_LITERAL, /* .typed: date '2020-01-01', interval '1' year */
    HY_AST_PARAMETER,     /* .parameter: the number in $1 */
    HY_AST_DEFAULT,       /* DEFAULT: only in VALUES of an INSERT and in UPDATE SET */
    /* names */
    HY_AST_COLUMN, /* .column: a, t.a, s.t.a, db.s.t.a */
    HY_AST_STAR,   /* .column: * (parts.n == 0) or t.*; only a select item or RETURNING item */
    /* operators */
    HY_AST_UNARY,       /* .unary: ADD, SUB, REGEX (bitwise not), ABS, SQRT, CBRT, OTHER */
    HY_AST_BINARY,      /* .binary: all but AND, OR, LIKE */
    HY_AST_AND,         /* .list: two or more terms; chains are flat */
    HY_AST_OR,          /* .list: two or more terms; chains are flat */
    HY_AST_NOT,         /* .operand */
    HY_AST_LIKE,        /* .like: LIKE, ILIKE, SIMILAR TO; also written ~~ ~~* !~~ !~~* */
    HY_AST_BETWEEN,     /* .between */
    HY_AST_IN_LIST,     /* .in: operand IN (list) */
    HY_AST_IN_QUERY,    /* .in: operand IN (query) */
    HY_AST_QUANTIFIED,  /* .quantified: a = ANY (query or array expression) */
    HY_AST_IS_NULL,     /* .is: IS [NOT] NULL, ISNULL, NOTNULL */
    HY_AST_IS_BOOL,     /* .is: IS [NOT] TRUE, FALSE, UNKNOWN */
    HY_AST_IS_DISTINCT, /* .is: IS [NOT] DISTINCT FROM right */
    HY_AST_COLLATE,     /* .collate */
    HY_AST_CAST,        /* .cast: CAST(x AS t), TRY_CAST(x AS t), x::t */
    HY_AST_SUBSCRIPT,   /* .subscript: a[i] */
    HY_AST_SLICE,       /* .subscript: a[i:j] */
    HY_AST_FIELD,       /* .field: (expr).name */
    /* compound */
    HY_AST_CASE,  /* .cases */
    HY_AST_CALL,  /* .call: functions, aggregates, window functions, normalised special syntax */
    HY_AST_ARRAY, /* .list: ARRAY[..]; nested [..] are HY_AST_ARRAY too */
    HY_AST_ARRAY_QUERY, /* .query: ARRAY(SELECT ..) */
    HY_AST_ROW,         /* .list: ROW(..) or (a, b) */
    HY_AST_SUBQUERY,    /* .query: scalar subquery */
    HY_AST_EXISTS,      /* .query */
    HY_AST_LAMBDA,      /* .lambda: lambda x: expr, as argument of array_transform, array_filter */
    HY_AST_DESCRIPTOR,  /* .descriptor: DESCRIPTOR(a int, ..) in external(..) and COPY options */
} HyAstExprKind;

typedef struct HyAstText {
    const char *data; /* zero-terminated; may itself hold zero bytes (E'\000') */
    size_t len;
} HyAstText;

typedef struct HyAstOrder {
    HyAstExpr *expr;
    bool descending;
    enum { HY_AST_NULLS_DEFAULT, HY_AST_NULLS_FIRST, HY_AST_NULLS_LAST } nulls;
} HyAstOrder;

typedef struct HyAstOrderList {
    HyAstOrder *items;
    size_t n;
} HyAstOrderList;

typedef enum HyAstFrameMode {
    HY_AST_FRAME_RANGE,
    HY_AST_FRAME_ROWS,
    HY_AST_FRAME_GROUPS
} HyAstFrameMode;

typedef enum HyAstBoundKind {
    HY_AST_BOUND_UNBOUNDED_PRECEDING,
    HY_AST_BOUND_PRECEDING, /* offset */
    HY_AST_BOUND_CURRENT_ROW,
    HY_AST_BOUND_FOLLOWING, /* offset */
    HY_AST_BOUND_UNBOUNDED_FOLLOWING,
} HyAstBoundKind;

typedef struct HyAstBound {
    HyAstBoundKind kind;
    HyAstExpr *offset; /* PRECEDING, FOLLOWING; else NULL */
    HyAstSpan span;
} HyAstBound;

typedef enum HyAstExclude {
    HY_AST_EXCLUDE_NO_OTHERS,
    HY_AST_EXCLUDE_CURRENT_ROW,
    HY_AST_EXCLUDE_GROUP,
    HY_AST_EXCLUDE_TIES,
} HyAstExclude;

/* What stands after OVER or in WINDOW w AS (..). */
typedef struct HyAstWindow {
    HyAstSpan span;
    HyAstName
        name; /* OVER w (is_reference), or the base window in OVER (w ORDER BY ..); or absent */
    bool is_reference; /* OVER w: nothing else is set */
    bool has_frame;    /* false: mode RANGE, UNBOUNDED PRECEDING to CURRENT ROW are filled in */
    HyAstExprList partition_by;
    HyAstOrderList order_by;
    HyAstFrameMode mode;
    HyAstSpan frame_span; /* from ROWS, RANGE or GROUPS on */
    HyAstBound start;
    HyAstBound end; /* ROWS 1 PRECEDING alone: CURRENT ROW */
    HyAstExclude exclude;
} HyAstWindow;

/* How a call was written. What is not PLAIN came from syntax of its own; the arguments are then in
 * the order shown, and the same name with plain parentheses need not exist. */
typedef enum HyAstCallSyntax {
    HY_AST_CALL_PLAIN,
    HY_AST_CALL_EXTRACT,   /* "extract": STRING field name folded to lower case, source */
    HY_AST_CALL_SUBSTRING, /* "substring": string, from, [for]; FOR alone: from is INTEGER 1 */
    HY_AST_CALL_SUBSTRING_SIMILAR, /* "substring": string, pattern, escape (SIMILAR .. ESCAPE ..) */
    HY_AST_CALL_POSITION,          /* "position": substring, string */
    HY_AST_CALL_OVERLAY,           /* "overlay": string, replacement, from, [for] */
    HY_AST_CALL_TRIM,              /* "btrim", "ltrim" or "rtrim": string, [characters] */
    HY_AST_CALL_TIMEZONE,          /* "timezone": zone, value (value AT TIME ZONE zone) */
    HY_AST_CALL_KEYWORD, /* current_date, current_timestamp, localtime, ..; arguments: [precision]
                          */
} HyAstCallSyntax;

typedef struct HyAstCall {
    HyAstQName name;
    HyAstCallSyntax syntax;
    HyAstExprList args;
    HyAstName
        *arg_names; /* args.n entries, absent names for positional ones; NULL: all positional */
    bool star;      /* count(*) */
    bool distinct;  /* f(DISTINCT ..) */
    bool all;       /* f(ALL ..): no meaning */
    bool variadic;  /* f(VARIADIC ..) */
    enum {
        HY_AST_JSON_NULLS_DEFAULT,
        HY_AST_JSON_NULL_ON_NULL,
        HY_AST_JSON_ABSENT_ON_NULL
    } json_nulls; /* of json_array, json_object, json_arrayagg; their keys and values alternate */
    bool ignore_nulls;           /* IGNORE NULLS: refused by genuine */
    bool respect_nulls;          /* RESPECT NULLS: the default, but refused for most */
    HyAstOrderList order_by;     /* f(x ORDER BY ..) */
    HyAstOrderList within_group; /* WITHIN GROUP (ORDER BY ..) */
    HyAstExpr *filter;           /* FILTER (WHERE ..), or NULL */
    HyAstWindow *over;           /* or NULL */
} HyAstCall;

typedef struct HyAstWhen {
    HyAstExpr *when;
    HyAstExpr *then;
} HyAstWhen;

typedef struct HyAstCase {
    HyAstExpr *operand; /* CASE operand WHEN ..; or NULL */
    HyAstWhen *whens;
    size_t n_whens;       /* at least 1 */
    HyAstExpr *otherwise; /* ELSE, or NULL */
} HyAstCase;

typedef enum HyAstLikeKind {
    HY_AST_LIKE_LIKE,
    HY_AST_LIKE_ILIKE,
    HY_AST_LIKE_SIMILAR
} HyAstLikeKind;

typedef struct HyAstLike {
    HyAstExpr *operand;
    HyAstExpr *pattern;
    HyAstExpr *escape; /* or NULL */
    HyAstLikeKind kind;
    bool negated;
} HyAstLike;

typedef struct HyAstBetween {
    HyAstExpr *operand;
    HyAstExpr *low;
    HyAstExpr *high;
    bool negated;
    bool symmetric;
} HyAstBetween;

typedef enum HyAstTruth { HY_AST_TRUE, HY_AST_FALSE, HY_AST_UNKNOWN } HyAstTruth;

typedef enum HyAstCastSyntax {
    HY_AST_CAST_FUNCTION,
    HY_AST_CAST_COLONS,
    HY_AST_CAST_TRY
} HyAstCastSyntax;

/* A column of DESCRIPTOR(..). */
typedef struct HyAstDescriptorColumn {
    HyAstName name;
    HyAstType *type;      /* or NULL */
    HyAstQName collation; /* parts.n == 0: none */
    bool not_null;
} HyAstDescriptorColumn;

struct HyAstExpr {
    HyAstExprKind kind;
    uint32_t pos; /* see the top of the file */
    HyAstSpan span;
    bool parenthesized; /* written inside parentheses of its own */
    union {
        bool boolean;
        uint64_t integer; /* <= 2^63: 9223372036854775808 stands only as operand of unary minus */
        HyAstText text;   /* NUMERIC, STRING */
        struct {
            HyAstText text;
            double value;
        } real; /* DOUBLE */
        struct {
            HyAstType *type;
            HyAstText text;
            HyAstSpan text_span; /* the string token */
        } typed;
        uint32_t parameter; /* $0 is passed on, too; the binder refuses it */
        HyAstQName column;
        struct {
            HyAstOp op;
            HyAstExpr *operand;
            HyAstText op_text; /* OTHER */
        } unary;
        struct {
            HyAstOp op;
            HyAstExpr *left;
            HyAstExpr *right;
            const char *op_text; /* the spelling, zero-terminated */
        } binary;
        HyAstExprList list;
        HyAstExpr *operand; /* NOT */
        HyAstLike *like;
        HyAstBetween *between;
        struct {
            HyAstExpr *operand;
            HyAstExprList list; /* IN_LIST; at least one */
            HyAstQuery *query;  /* IN_QUERY */
            bool negated;
        } in;
        struct {
            HyAstExpr *operand;
            HyAstQuery *query; /* or NULL */
            HyAstExpr *array;  /* or NULL: exactly one of both is set */
            HyAstOp op;
            bool is_all; /* ALL; else ANY, SOME */
        } quantified;
        struct {
            HyAstExpr *operand;
            HyAstExpr *right; /* IS_DISTINCT */
            HyAstTruth truth; /* IS_BOOL */
            bool negated;
        } is;
        struct {
            HyAstExpr *operand;
            HyAstQName collation;
        } collate;
        struct {
            HyAstExpr *operand;
            HyAstType *type;
            HyAstCastSyntax syntax;
        } cast;
        struct {
            HyAstExpr *operand;
            HyAstExpr *index; /* the lower bound of a slice, or NULL */
            HyAstExpr *upper; /* SLICE: the upper bound, or NULL */
        } subscript;
        struct {
            HyAstExpr *operand;
            HyAstName name;
        } field;
        HyAstCase *cases;
        HyAstCall *call;
        HyAstQuery *query;
        struct {
            HyAstNameList parameters; /* at least 1 */
            HyAstExpr *body;
        } lambda;
        struct {
            HyAstDescriptorColumn *columns;
            size_t n_columns;
        } descriptor;
    };
};

/* ---- Queries
 * ------------------------------------------------------------------------------------- */

/* AS a (x, y); name.text == NULL: no alias. */
typedef struct HyAstAlias {
    HyAstName name;
    HyAstNameList columns;
} HyAstAlias;

typedef enum HyAstFromKind {
    HY_AST_FROM_TABLE,
    HY_AST_FROM_QUERY,    /* (SELECT ..) or (VALUES ..) */
    HY_AST_FROM_FUNCTION, /* unnest(..), external(..) */
    HY_AST_FROM_JOIN,
} HyAstFromKind;

typedef enum HyAstJoinKind {
    HY_AST_JOIN_INNER,
    HY_AST_JOIN_LEFT,
    HY_AST_JOIN_RIGHT,
    HY_AST_JOIN_FULL,
    HY_AST_JOIN_CROSS,
} HyAstJoinKind;

struct HyAstFrom {
    HyAstFromKind kind;
    HyAstSpan span;
    HyAstAlias alias; /* of any kind; of a JOIN only when it was parenthesized and named */
    bool lateral;     /* QUERY, FUNCTION */
    union {
        struct {
            HyAstQName name;
            bool only;
            HyAstCall *sample; /* TABLESAMPLE method(args): name and args; filter: the seed of
                                  REPEATABLE, or NULL. NULL: no sample */
        } table;
        HyAstQuery *query;
        struct {
            HyAstExpr *call;                /* kind HY_AST_CALL */
            bool ordinality;                /* WITH ORDINALITY */
            HyAstDescriptorColumn *columns; /* f(..) AS a (x int, y text), or NULL */
            size_t n_columns;
        } function;
        struct {
            HyAstFrom *left;
            HyAstFrom *right;
            HyAstExpr *on;               /* or NULL */
            HyAstNameList using_columns; /* USING (..) */
            HyAstJoinKind kind;
            bool natural;
            uint32_t pos; /* of the word JOIN */
        } join;
    };
};

/* expr [AS] alias; expr may be HY_AST_STAR. */
typedef struct HyAstSelectItem {
    HyAstExpr *expr;
    HyAstName alias; /* or absent */
} HyAstSelectItem;

typedef struct HyAstSelectItemList {
    HyAstSelectItem *items;
    size_t n;
} HyAstSelectItemList;

typedef enum HyAstGroupingKind {
    HY_AST_GROUPING_EXPR,   /* .expr */
    HY_AST_GROUPING_LIST,   /* .elements: (a, b) as one element; n == 0: the empty set () */
    HY_AST_GROUPING_ROLLUP, /* .elements */
    HY_AST_GROUPING_CUBE,   /* .elements */
    HY_AST_GROUPING_SETS,   /* .elements, each of any kind */
} HyAstGroupingKind;

struct HyAstGrouping {
    HyAstGroupingKind kind;
    HyAstSpan span;
    HyAstExpr *expr;          /* EXPR, else NULL */
    HyAstGrouping **elements; /* the others */
    size_t n_elements;
};

typedef struct HyAstNamedWindow {
    HyAstName name;
    HyAstWindow *window;
} HyAstNamedWindow;

typedef enum HyAstDistinct {
    HY_AST_SELECT_ALL,
    HY_AST_SELECT_DISTINCT,
    HY_AST_SELECT_DISTINCT_ON
} HyAstDistinct;

typedef struct HyAstSelect {
    HyAstDistinct distinct;
    HyAstExprList distinct_on;
    HyAstSelectItemList items; /* may be empty: SELECT FROM t, SELECT */
    HyAstFromList from;
    HyAstExpr *where; /* or NULL */
    bool has_group_by;
    bool group_distinct; /* GROUP BY DISTINCT */
    HyAstGrouping **group_by;
    size_t n_group_by;
    HyAstExpr *having; /* or NULL */
    HyAstNamedWindow *windows;
    size_t n_windows;
} HyAstSelect;

typedef struct HyAstValues {
    HyAstExprList *rows;
    size_t n_rows; /* at least 1; rows may differ in width: the binder refuses that */
} HyAstValues;

typedef enum HyAstSetOpKind { HY_AST_UNION, HY_AST_INTERSECT, HY_AST_EXCEPT } HyAstSetOpKind;

typedef struct HyAstSetOp {
    HyAstSetOpKind kind;
    bool all;
    uint32_t pos; /* of the word UNION, INTERSECT, EXCEPT */
    HyAstQuery *left;
    HyAstQuery *right;
} HyAstSetOp;

typedef struct HyAstCte {
    HyAstName name;
    HyAstNameList columns;
    HyAstQuery *query;
    HyAstSpan span;
} HyAstCte;

typedef enum HyAstQueryKind {
    HY_AST_QUERY_SELECT,
    HY_AST_QUERY_VALUES,
    HY_AST_QUERY_SET_OP,
    HY_AST_QUERY_NESTED, /* .nested: a parenthesized query with clauses of its own, below further
                            clauses */
} HyAstQueryKind;

/* A query with the clauses around its body. Order of meaning: ctes, body, order_by, offset, limit.
 */
struct HyAstQuery {
    HyAstQueryKind kind;
    HyAstSpan span;
    bool recursive; /* WITH RECURSIVE */
    HyAstCte *ctes;
    size_t n_ctes;
    union {
        HyAstSelect *select; /* TABLE t is SELECT * FROM t */
        HyAstValues *values;
        HyAstSetOp *set_op;
        HyAstQuery *nested;
    };
    HyAstOrderList order_by;
    /* LIMIT or FETCH FIRST: any expression, the binder wants a constant or parameter. NULL: none,
     * also for LIMIT ALL. */
    HyAstExpr *limit;
    HyAstExpr *offset;   /* or NULL */
    uint32_t limit_pos;  /* of the word LIMIT or FETCH */
    uint32_t offset_pos; /* of the word OFFSET */
    bool with_ties;      /* FETCH .. WITH TIES */
};

/* ---- Options
 * ------------------------------------------------------------------------------------- */

/* name => value, name value, or name alone. In WITH (..) of COPY and CREATE, in EXPLAIN (..). */
struct HyAstOption {
    HyAstName name;
    HyAstExpr *value;   /* bare words are HY_AST_COLUMN of one part; NULL: name alone */
    HyAstExprList list; /* name (a, b, ..): PostgreSQL's FORCE_NULL (a, b) */
};

typedef struct HyAstOptionList {
    HyAstOption *items;
    size_t n;
} HyAstOptionList;

/* ---- Statements
 * ---------------------------------------------------------------------------------- */

/* DML */

typedef enum HyAstConflictAction {
    HY_AST_CONFLICT_NONE,
    HY_AST_CONFLICT_NOTHING,
    HY_AST_CONFLICT_UPDATE
} HyAstConflictAction;

/* One target of UPDATE .. SET: col = value, or (c, d) = source. */
typedef struct HyAstAssignment {
    HyAstNameList columns; /* one, or several with is_multiple */
    bool is_multiple;      /* written in parentheses */
    HyAstExpr
        *value; /* HY_AST_DEFAULT, any expression; is_multiple: HY_AST_ROW or HY_AST_SUBQUERY */
    HyAstSpan span;
} HyAstAssignment;

typedef struct HyAstAssignmentList {
    HyAstAssignment *items;
    size_t n;
} HyAstAssignmentList;

typedef struct HyAstOnConflict {
    HyAstConflictAction action;
    HyAstNameList columns; /* ON CONFLICT (a, b) */
    HyAstName constraint;  /* ON CONFLICT ON CONSTRAINT c, or absent */
    HyAstAssignmentList set;
    HyAstExpr *where; /* DO UPDATE .. WHERE, or NULL */
} HyAstOnConflict;

typedef struct HyAstInsert {
    HyAstQName table;
    HyAstName alias; /* absent: neither genuine nor our grammar has INSERT INTO t AS a */
    HyAstNameList columns;
    HyAstQuery *source; /* VALUES (with HY_AST_DEFAULT) or a query; NULL: DEFAULT VALUES */
    HyAstOnConflict *on_conflict; /* or NULL */
    HyAstSelectItemList returning;
    HyAstCte *ctes; /* WITH .. INSERT */
    size_t n_ctes;
    bool recursive;
} HyAstInsert;

typedef struct HyAstUpdate {
    HyAstQName table;
    HyAstName alias;
    bool only;
    HyAstAssignmentList set;
    HyAstFromList from;
    HyAstExpr *where; /* or NULL */
    HyAstSelectItemList returning;
    HyAstCte *ctes;
    size_t n_ctes;
    bool recursive;
} HyAstUpdate;

typedef struct HyAstDelete {
    HyAstQName table;
    HyAstName alias;
    bool only;
    HyAstFromList from; /* USING */
    HyAstExpr *where;   /* or NULL */
    HyAstSelectItemList returning;
    HyAstCte *ctes;
    size_t n_ctes;
    bool recursive;
} HyAstDelete;

typedef enum HyAstMergeMatch {
    HY_AST_MERGE_MATCHED,
    HY_AST_MERGE_NOT_MATCHED, /* BY TARGET */
    HY_AST_MERGE_NOT_MATCHED_BY_SOURCE,
} HyAstMergeMatch;

typedef enum HyAstMergeAction {
    HY_AST_MERGE_UPDATE,
    HY_AST_MERGE_DELETE,
    HY_AST_MERGE_INSERT,
    HY_AST_MERGE_NOTHING,
} HyAstMergeAction;

typedef struct HyAstMergeWhen {
    HyAstMergeMatch match;
    HyAstExpr *condition; /* AND cond, or NULL */
    HyAstMergeAction action;
    HyAstAssignmentList set; /* UPDATE */
    HyAstNameList columns;   /* INSERT (..) */
    HyAstExprList values;    /* INSERT VALUES (..); n == 0: DEFAULT VALUES */
} HyAstMergeWhen;

typedef struct HyAstMerge {
    HyAstQName table;
    HyAstName alias;
    HyAstFrom *source;
    HyAstExpr *on;
    HyAstMergeWhen *whens;
    size_t n_whens;
    HyAstSelectItemList returning;
    HyAstCte *ctes;
    size_t n_ctes;
    bool recursive;
} HyAstMerge;

/* DDL */

typedef enum HyAstConstraintKind {
    HY_AST_CONSTRAINT_PRIMARY_KEY,
    HY_AST_CONSTRAINT_UNIQUE,
    HY_AST_CONSTRAINT_FOREIGN_KEY,
    HY_AST_CONSTRAINT_CHECK,
} HyAstConstraintKind;

typedef struct HyAstConstraint {
    HyAstConstraintKind kind;
    HyAstSpan span;
    HyAstName name;            /* CONSTRAINT name (refused with 0A000), or absent */
    bool assumed;              /* ASSUMED ..: noted, never checked. Others need an index: 0A000 */
    HyAstNameList columns;     /* of a column constraint: that column */
    HyAstQName ref_table;      /* FOREIGN_KEY */
    HyAstNameList ref_columns; /* FOREIGN_KEY; n == 0: the primary key of ref_table */
    HyAstExpr *check;          /* CHECK, else NULL */
} HyAstConstraint;

typedef struct HyAstConstraintList {
    HyAstConstraint *items;
    size_t n;
} HyAstConstraintList;

typedef enum HyAstNullability {
    HY_AST_NULLABLE_DEFAULT,
    HY_AST_NULLABLE,
    HY_AST_NOT_NULL
} HyAstNullability;

typedef struct HyAstColumnDef {
    HyAstName name;
    HyAstType *type;
    HyAstQName collation;         /* parts.n == 0: none */
    HyAstNullability nullability; /* NULL and NOT NULL both: see has_null_conflict */
    bool has_null_conflict;
    HyAstExpr *default_value;        /* or NULL; its text is sql[span] */
    HyAstConstraintList constraints; /* PRIMARY KEY, UNIQUE, REFERENCES, CHECK */
    HyAstSpan span;
} HyAstColumnDef;

typedef struct HyAstColumnDefList {
    HyAstColumnDef *items;
    size_t n;
} HyAstColumnDefList;

typedef enum HyAstPersistence {
    HY_AST_PERMANENT,
    HY_AST_TEMPORARY,
    HY_AST_UNLOGGED
} HyAstPersistence;

typedef struct HyAstCreateTable {
    HyAstQName table;
    HyAstPersistence persistence;
    bool if_not_exists;
    HyAstColumnDefList columns; /* empty for CREATE TABLE .. AS */
    HyAstConstraintList constraints;
    HyAstQName like; /* (LIKE t): 0A000 `like clause not implemented yet`; parts.n == 0: none */
    HyAstOptionList options; /* WITH (..) */
    HyAstQuery *query;       /* AS query, or NULL */
    HyAstNameList names;     /* t (a, b) AS query */
    bool with_no_data;
} HyAstCreateTable;

/* CREATE [TEMP] EXTERNAL TABLE e [(cols)] FOR location [WITH (..)] */
typedef struct HyAstCreateExternalTable {
    HyAstQName table;
    HyAstPersistence persistence;
    bool if_not_exists;
    HyAstColumnDefList columns;
    HyAstExpr *location; /* string, ARRAY[..], or a call such as s3_location('..', ..) */
    HyAstOptionList options;
} HyAstCreateExternalTable;

typedef enum HyAstAlterKind {
    HY_AST_ALTER_RENAME_TABLE,   /* new_name */
    HY_AST_ALTER_RENAME_COLUMN,  /* name, new_name */
    HY_AST_ALTER_ADD_COLUMN,     /* column, if_not_exists */
    HY_AST_ALTER_DROP_COLUMN,    /* name */
    HY_AST_ALTER_ADD_CONSTRAINT, /* constraint */
} HyAstAlterKind;

typedef struct HyAstAlterAction {
    HyAstAlterKind kind;
    HyAstName name;
    HyAstName new_name;
    HyAstColumnDef column;
    HyAstConstraint constraint;
    bool if_not_exists; /* ADD_COLUMN */
    HyAstSpan span;
} HyAstAlterAction;

typedef struct HyAstAlterTable {
    HyAstQName table;
    bool if_exists;
    bool only;
    HyAstAlterAction *actions;
    size_t n_actions;
} HyAstAlterTable;

typedef enum HyAstDropBehavior {
    HY_AST_DROP_DEFAULT,
    HY_AST_DROP_CASCADE,
    HY_AST_DROP_RESTRICT
} HyAstDropBehavior;

typedef struct HyAstDrop { /* TABLE, SCHEMA */
    HyAstQNameList names;
    bool if_exists;
    HyAstDropBehavior behavior;
    bool external; /* DROP EXTERNAL TABLE */
} HyAstDrop;

typedef struct HyAstTruncate {
    HyAstQNameList tables; /* one: the parser refuses more */
    bool only;
} HyAstTruncate;

typedef struct HyAstSchema { /* CREATE SCHEMA, ALTER SCHEMA .. RENAME TO */
    HyAstQName name;
    bool if_not_exists;
    HyAstName new_name; /* ALTER */
} HyAstSchema;

/* CREATE DATABASE, DROP DATABASE, ATTACH DATABASE, DETACH DATABASE. */
typedef struct HyAstDatabase {
    HyAstName path;  /* CREATE, DROP, ATTACH: the file; DETACH: the alias */
    HyAstName alias; /* ATTACH .. AS alias */
    HyAstNameList
        aliases;        /* DETACH: all of them, the first is `path`, too; none: DETACH DATABASE * */
    HyAstName source;   /* CREATE .. FROM "path", or absent */
    bool if_exists;     /* DROP */
    bool if_not_exists; /* CREATE */
    HyAstOptionList options; /* WITH VERSION n and others: name and value */
} HyAstDatabase;

/* COPY */

typedef struct HyAstCopy {
    bool to;          /* COPY .. TO; else FROM */
    HyAstQName table; /* parts.n == 0: query */
    HyAstNameList columns;
    HyAstQuery *query;   /* COPY (query) TO, or NULL */
    HyAstExpr *location; /* string, ARRAY[..], call; NULL: STDIN or STDOUT */
    bool program;        /* FROM PROGRAM '..': 0A000 */
    HyAstOptionList
        options; /* a first bare word as in `WITH csv` or `HYPERBINARY` is option "format" */
} HyAstCopy;

/* Transactions, settings, prepared statements, the rest */

typedef enum HyAstTransactionKind {
    HY_AST_TX_BEGIN,
    HY_AST_TX_COMMIT,
    HY_AST_TX_ROLLBACK,
    HY_AST_TX_SAVEPOINT,   /* name */
    HY_AST_TX_RELEASE,     /* name */
    HY_AST_TX_ROLLBACK_TO, /* name */
    HY_AST_TX_SET,         /* SET TRANSACTION ..; SET SESSION CHARACTERISTICS AS TRANSACTION .. */
} HyAstTransactionKind;

typedef struct HyAstTransaction {
    HyAstTransactionKind kind;
    HyAstName name;
    bool read_only; /* the last READ ONLY / READ WRITE */
} HyAstTransaction;

typedef enum HyAstSetKind {
    HY_AST_SET_VALUE,   /* SET name = values */
    HY_AST_SET_DEFAULT, /* SET name = DEFAULT, RESET name */
    HY_AST_RESET_ALL,   /* RESET ALL */
} HyAstSetKind;

/* SET TIME ZONE x is "time_zone"; SET NAMES x is "client_encoding"; SET SCHEMA x is "search_path";
 * SET TIME ZONE LOCAL | DEFAULT is SET_DEFAULT. */
typedef struct HyAstSet {
    HyAstSetKind kind;
    HyAstName name;
    HyAstExprList
        values; /* literals (negative numbers as HY_AST_UNARY); bare words: HY_AST_COLUMN */
    bool is_reset;
} HyAstSet;

typedef struct HyAstShow {
    HyAstName name; /* absent: SHOW ALL */
} HyAstShow;

typedef struct HyAstPrepare {
    HyAstName name;
    HyAstTypeList types;
    HyAstStmt *statement; /* QUERY, INSERT, UPDATE, DELETE, MERGE */
} HyAstPrepare;

typedef struct HyAstExecute {
    HyAstName name;
    HyAstExprList args;
} HyAstExecute;

typedef struct HyAstDeallocate {
    HyAstName name; /* absent: ALL */
} HyAstDeallocate;

typedef struct HyAstExplain {
    bool verbose;            /* EXPLAIN VERBOSE */
    bool analyze;            /* EXPLAIN ANALYZE */
    HyAstOptionList options; /* EXPLAIN (..) */
    HyAstStmt *statement;
} HyAstExplain;

typedef enum HyAstCursorKind {
    HY_AST_CURSOR_DECLARE,
    HY_AST_CURSOR_FETCH,
    HY_AST_CURSOR_MOVE, /* as FETCH, without a result */
    HY_AST_CURSOR_CLOSE
} HyAstCursorKind;

typedef struct HyAstCursor {
    HyAstCursorKind kind;
    HyAstName name;    /* CLOSE ALL: absent */
    HyAstQuery *query; /* DECLARE, else NULL */
    HyAstExpr *count;  /* FETCH n, or NULL: one row */
    bool all;          /* FETCH ALL */
    bool with_hold;    /* DECLARE .. WITH HOLD */
} HyAstCursor;

typedef enum HyAstStmtKind {
    HY_AST_STMT_QUERY,  /* .query */
    HY_AST_STMT_INSERT, /* .insert */
    HY_AST_STMT_UPDATE,
    HY_AST_STMT_DELETE,
    HY_AST_STMT_MERGE,
    HY_AST_STMT_COPY,
    HY_AST_STMT_CREATE_TABLE,          /* .create_table; also CREATE TABLE AS */
    HY_AST_STMT_CREATE_EXTERNAL_TABLE, /* .create_external */
    HY_AST_STMT_ALTER_TABLE,
    HY_AST_STMT_DROP_TABLE, /* .drop */
    HY_AST_STMT_TRUNCATE,
    HY_AST_STMT_CREATE_SCHEMA,   /* .schema */
    HY_AST_STMT_ALTER_SCHEMA,    /* .schema */
    HY_AST_STMT_DROP_SCHEMA,     /* .drop */
    HY_AST_STMT_CREATE_DATABASE, /* .database */
    HY_AST_STMT_DROP_DATABASE,
    HY_AST_STMT_ATTACH_DATABASE,
    HY_AST_STMT_DETACH_DATABASE,
    HY_AST_STMT_TRANSACTION, /* .transaction */
    HY_AST_STMT_SET,         /* .set; also RESET */
    HY_AST_STMT_SHOW,
    HY_AST_STMT_PREPARE,
    HY_AST_STMT_EXECUTE,
    HY_AST_STMT_DEALLOCATE,
    HY_AST_STMT_EXPLAIN,
    HY_AST_STMT_ANALYZE,        /* .drop: names to analyse, none: all. No effect */
    HY_AST_STMT_CALL,           /* .call: kind HY_AST_CALL */
    HY_AST_STMT_COMMENT_COLUMN, /* .comment */
    HY_AST_STMT_CURSOR,         /* .cursor */
} HyAstStmtKind;

struct HyAstStmt {
    HyAstStmtKind kind;
    HyAstSpan span;        /* without a trailing semicolon */
    uint32_t n_parameters; /* the highest $n in the statement; 0: none */
    union {
        HyAstQuery *query;
        HyAstInsert *insert;
        HyAstUpdate *update;
        HyAstDelete *delete_;
        HyAstMerge *merge;
        HyAstCopy *copy;
        HyAstCreateTable *create_table;
        HyAstCreateExternalTable *create_external;
        HyAstAlterTable *alter_table;
        HyAstDrop *drop;
        HyAstTruncate *truncate;
        HyAstSchema *schema;
        HyAstDatabase *database;
        HyAstTransaction *transaction;
        HyAstSet *set;
        HyAstShow *show;
        HyAstPrepare *prepare;
        HyAstExecute *execute;
        HyAstDeallocate *deallocate;
        HyAstExplain *explain;
        HyAstCursor *cursor;
        HyAstExpr *call;
        struct {
            HyAstQName column; /* table.column, ... */
            HyAstText text;    /* data NULL: IS NULL */
        } comment;
    };
};

/* The spelling of an operator, e.g. "+"; "?" for OTHER. */
const char *hy_ast_op_text(HyAstOp op);

#endif
