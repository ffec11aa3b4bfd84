/* The words the grammar knows, with their classes as the genuine server has them (found by using
 * each word as column, table, alias, label, function and type name).
 *
 * Here and not with the parser, since quote_ident quotes them too.
 *
 * One list for each first letter, sorted: token.h gives every letter a range, in which the lexer
 * searches. X(NAME, text, class, label), where class is
 *
 * - UNRESERVED: usable as any name
 * - COL_NAME: not as a function or type name, where it has syntax of its own
 * - TYPE_FUNC: only as a function or type name
 * - RESERVED: only as a label after AS, or quoted
 *
 * and label is BARE when the word can be a column label without AS, else AS. */
#ifndef HY_BASE_KEYWORDS_H
#define HY_BASE_KEYWORDS_H

#define HY_KEYWORDS_A(X)                                                                           \
    X(ABORT, "abort", UNRESERVED, BARE)                                                            \
    X(ABSENT, "absent", UNRESERVED, AS)                                                            \
    X(ABSOLUTE, "absolute", UNRESERVED, BARE)                                                      \
    X(ACCESS, "access", UNRESERVED, BARE)                                                          \
    X(ACTION, "action", UNRESERVED, BARE)                                                          \
    X(ADD, "add", UNRESERVED, BARE)                                                                \
    X(ADMIN, "admin", UNRESERVED, BARE)                                                            \
    X(AFTER, "after", UNRESERVED, BARE)                                                            \
    X(AGGREGATE, "aggregate", UNRESERVED, BARE)                                                    \
    X(ALL, "all", RESERVED, BARE)                                                                  \
    X(ALSO, "also", UNRESERVED, BARE)                                                              \
    X(ALTER, "alter", UNRESERVED, BARE)                                                            \
    X(ALWAYS, "always", UNRESERVED, BARE)                                                          \
    X(ANALYSE, "analyse", RESERVED, BARE)                                                          \
    X(ANALYZE, "analyze", RESERVED, BARE)                                                          \
    X(AND, "and", RESERVED, BARE)                                                                  \
    X(ANY, "any", RESERVED, BARE)                                                                  \
    X(ARRAY, "array", RESERVED, AS)                                                                \
    X(AS, "as", RESERVED, AS)                                                                      \
    X(ASC, "asc", RESERVED, BARE)                                                                  \
    X(ASSERTION, "assertion", UNRESERVED, BARE)                                                    \
    X(ASSIGNMENT, "assignment", UNRESERVED, BARE)                                                  \
    X(ASSUMED, "assumed", RESERVED, AS)                                                            \
    X(ASYMMETRIC, "asymmetric", RESERVED, BARE)                                                    \
    X(AT, "at", UNRESERVED, BARE)                                                                  \
    X(ATTACH, "attach", UNRESERVED, BARE)                                                          \
    X(ATTRIBUTE, "attribute", UNRESERVED, BARE)                                                    \
    X(AUTHORIZATION, "authorization", TYPE_FUNC, BARE)

#define HY_KEYWORDS_B(X)                                                                           \
    X(BACKWARD, "backward", UNRESERVED, BARE)                                                      \
    X(BEFORE, "before", UNRESERVED, BARE)                                                          \
    X(BEGIN, "begin", UNRESERVED, BARE)                                                            \
    X(BETWEEN, "between", COL_NAME, BARE)                                                          \
    X(BIGINT, "bigint", COL_NAME, BARE)                                                            \
    X(BINARY, "binary", TYPE_FUNC, BARE)                                                           \
    X(BIT, "bit", COL_NAME, BARE)                                                                  \
    X(BOOLEAN, "boolean", COL_NAME, BARE)                                                          \
    X(BOTH, "both", RESERVED, BARE)                                                                \
    X(BOUNDED, "bounded", UNRESERVED, AS)                                                          \
    X(BUFFERED, "buffered", UNRESERVED, AS)                                                        \
    X(BY, "by", UNRESERVED, BARE)

#define HY_KEYWORDS_C(X)                                                                           \
    X(CACHE, "cache", UNRESERVED, BARE)                                                            \
    X(CALL, "call", UNRESERVED, BARE)                                                              \
    X(CALLED, "called", UNRESERVED, BARE)                                                          \
    X(CASCADE, "cascade", UNRESERVED, BARE)                                                        \
    X(CASCADED, "cascaded", UNRESERVED, BARE)                                                      \
    X(CASE, "case", RESERVED, BARE)                                                                \
    X(CAST, "cast", RESERVED, BARE)                                                                \
    X(CATALOG, "catalog", UNRESERVED, BARE)                                                        \
    X(CHAIN, "chain", UNRESERVED, BARE)                                                            \
    X(CHAR, "char", COL_NAME, AS)                                                                  \
    X(CHARACTER, "character", COL_NAME, AS)                                                        \
    X(CHARACTERISTICS, "characteristics", UNRESERVED, BARE)                                        \
    X(CHECK, "check", RESERVED, BARE)                                                              \
    X(CHECKPOINT, "checkpoint", UNRESERVED, BARE)                                                  \
    X(CLASS, "class", UNRESERVED, BARE)                                                            \
    X(CLOSE, "close", UNRESERVED, BARE)                                                            \
    X(CLUSTER, "cluster", UNRESERVED, BARE)                                                        \
    X(COALESCE, "coalesce", COL_NAME, BARE)                                                        \
    X(COLLATE, "collate", RESERVED, BARE)                                                          \
    X(COLLATION, "collation", TYPE_FUNC, BARE)                                                     \
    X(COLUMN, "column", RESERVED, BARE)                                                            \
    X(COLUMNS, "columns", UNRESERVED, BARE)                                                        \
    X(COMMENT, "comment", UNRESERVED, BARE)                                                        \
    X(COMMENTS, "comments", UNRESERVED, BARE)                                                      \
    X(COMMIT, "commit", UNRESERVED, BARE)                                                          \
    X(COMMITTED, "committed", UNRESERVED, BARE)                                                    \
    X(CONCURRENTLY, "concurrently", TYPE_FUNC, BARE)                                               \
    X(CONDITIONAL, "conditional", UNRESERVED, BARE)                                                \
    X(CONFIGURATION, "configuration", UNRESERVED, BARE)                                            \
    X(CONFLICT, "conflict", UNRESERVED, BARE)                                                      \
    X(CONNECTION, "connection", UNRESERVED, BARE)                                                  \
    X(CONSTRAINT, "constraint", RESERVED, BARE)                                                    \
    X(CONSTRAINTS, "constraints", UNRESERVED, BARE)                                                \
    X(CONTENT, "content", UNRESERVED, BARE)                                                        \
    X(CONTINUE, "continue", UNRESERVED, BARE)                                                      \
    X(CONVERSION, "conversion", UNRESERVED, BARE)                                                  \
    X(COPY, "copy", UNRESERVED, BARE)                                                              \
    X(COST, "cost", UNRESERVED, BARE)                                                              \
    X(CREATE, "create", RESERVED, AS)                                                              \
    X(CROSS, "cross", TYPE_FUNC, BARE)                                                             \
    X(CSV, "csv", UNRESERVED, BARE)                                                                \
    X(CUBE, "cube", UNRESERVED, BARE)                                                              \
    X(CURRENT, "current", UNRESERVED, BARE)                                                        \
    X(CURRENT_CATALOG, "current_catalog", RESERVED, BARE)                                          \
    X(CURRENT_DATE, "current_date", RESERVED, BARE)                                                \
    X(CURRENT_ROLE, "current_role", RESERVED, BARE)                                                \
    X(CURRENT_SCHEMA, "current_schema", TYPE_FUNC, BARE)                                           \
    X(CURRENT_TIME, "current_time", RESERVED, BARE)                                                \
    X(CURRENT_TIMESTAMP, "current_timestamp", RESERVED, BARE)                                      \
    X(CURRENT_USER, "current_user", RESERVED, BARE)                                                \
    X(CURSOR, "cursor", UNRESERVED, BARE)                                                          \
    X(CYCLE, "cycle", UNRESERVED, BARE)

#define HY_KEYWORDS_D(X)                                                                           \
    X(DATA, "data", UNRESERVED, BARE)                                                              \
    X(DATABASE, "database", UNRESERVED, BARE)                                                      \
    X(DAY, "day", UNRESERVED, AS)                                                                  \
    X(DEALLOCATE, "deallocate", UNRESERVED, BARE)                                                  \
    X(DEC, "dec", COL_NAME, BARE)                                                                  \
    X(DECIMAL, "decimal", COL_NAME, BARE)                                                          \
    X(DECLARE, "declare", UNRESERVED, BARE)                                                        \
    X(DEFAULT, "default", RESERVED, BARE)                                                          \
    X(DEFAULTS, "defaults", UNRESERVED, BARE)                                                      \
    X(DEFERRABLE, "deferrable", RESERVED, BARE)                                                    \
    X(DEFERRED, "deferred", UNRESERVED, BARE)                                                      \
    X(DEFINER, "definer", UNRESERVED, BARE)                                                        \
    X(DELETE, "delete", UNRESERVED, BARE)                                                          \
    X(DELIMITER, "delimiter", UNRESERVED, BARE)                                                    \
    X(DELIMITERS, "delimiters", UNRESERVED, BARE)                                                  \
    X(DESC, "desc", RESERVED, BARE)                                                                \
    X(DESCRIPTOR, "descriptor", COL_NAME, AS)                                                      \
    X(DETACH, "detach", UNRESERVED, BARE)                                                          \
    X(DICTIONARY, "dictionary", UNRESERVED, BARE)                                                  \
    X(DISABLE, "disable", UNRESERVED, BARE)                                                        \
    X(DISCARD, "discard", UNRESERVED, BARE)                                                        \
    X(DISTINCT, "distinct", RESERVED, BARE)                                                        \
    X(DO, "do", RESERVED, BARE)                                                                    \
    X(DOCUMENT, "document", UNRESERVED, BARE)                                                      \
    X(DOMAIN, "domain", UNRESERVED, BARE)                                                          \
    X(DOUBLE, "double", UNRESERVED, BARE)                                                          \
    X(DROP, "drop", UNRESERVED, BARE)

#define HY_KEYWORDS_E(X)                                                                           \
    X(EACH, "each", UNRESERVED, BARE)                                                              \
    X(ELSE, "else", RESERVED, AS)                                                                  \
    X(EMPTY, "empty", UNRESERVED, AS)                                                              \
    X(ENABLE, "enable", UNRESERVED, BARE)                                                          \
    X(ENCODING, "encoding", UNRESERVED, BARE)                                                      \
    X(ENCRYPTED, "encrypted", UNRESERVED, BARE)                                                    \
    X(END, "end", RESERVED, BARE)                                                                  \
    X(ENUM, "enum", UNRESERVED, BARE)                                                              \
    X(ERROR, "error", UNRESERVED, BARE)                                                            \
    X(ESCAPE, "escape", UNRESERVED, BARE)                                                          \
    X(EVENT, "event", UNRESERVED, BARE)                                                            \
    X(EXCEPT, "except", RESERVED, AS)                                                              \
    X(EXCLUDE, "exclude", UNRESERVED, BARE)                                                        \
    X(EXCLUDING, "excluding", UNRESERVED, BARE)                                                    \
    X(EXCLUSIVE, "exclusive", UNRESERVED, BARE)                                                    \
    X(EXECUTE, "execute", UNRESERVED, BARE)                                                        \
    X(EXISTS, "exists", COL_NAME, BARE)                                                            \
    X(EXPLAIN, "explain", UNRESERVED, BARE)                                                        \
    X(EXTENSION, "extension", UNRESERVED, BARE)                                                    \
    X(EXTERNAL, "external", UNRESERVED, BARE)                                                      \
    X(EXTRACT, "extract", COL_NAME, BARE)

#define HY_KEYWORDS_F(X)                                                                           \
    X(FALSE, "false", RESERVED, BARE)                                                              \
    X(FAMILY, "family", UNRESERVED, BARE)                                                          \
    X(FETCH, "fetch", RESERVED, AS)                                                                \
    X(FILTER, "filter", UNRESERVED, AS)                                                            \
    X(FIRST, "first", UNRESERVED, BARE)                                                            \
    X(FLOAT, "float", COL_NAME, BARE)                                                              \
    X(FOLLOWING, "following", UNRESERVED, BARE)                                                    \
    X(FOR, "for", RESERVED, AS)                                                                    \
    X(FORCE, "force", UNRESERVED, BARE)                                                            \
    X(FOREIGN, "foreign", RESERVED, BARE)                                                          \
    X(FORMAT, "format", UNRESERVED, AS)                                                            \
    X(FORWARD, "forward", UNRESERVED, BARE)                                                        \
    X(FREEZE, "freeze", TYPE_FUNC, BARE)                                                           \
    X(FROM, "from", RESERVED, AS)                                                                  \
    X(FULL, "full", TYPE_FUNC, BARE)                                                               \
    X(FUNCTION, "function", UNRESERVED, BARE)                                                      \
    X(FUNCTIONS, "functions", UNRESERVED, BARE)

#define HY_KEYWORDS_G(X)                                                                           \
    X(GLOBAL, "global", UNRESERVED, BARE)                                                          \
    X(GRANT, "grant", RESERVED, AS)                                                                \
    X(GRANTED, "granted", UNRESERVED, BARE)                                                        \
    X(GREATEST, "greatest", COL_NAME, BARE)                                                        \
    X(GROUP, "group", RESERVED, AS)                                                                \
    X(GROUPING, "grouping", COL_NAME, BARE)                                                        \
    X(GROUPS, "groups", UNRESERVED, BARE)

#define HY_KEYWORDS_H(X)                                                                           \
    X(HANDLER, "handler", UNRESERVED, BARE)                                                        \
    X(HAVING, "having", RESERVED, AS)                                                              \
    X(HEADER, "header", UNRESERVED, BARE)                                                          \
    X(HOLD, "hold", UNRESERVED, BARE)                                                              \
    X(HOUR, "hour", UNRESERVED, AS)

#define HY_KEYWORDS_I(X)                                                                           \
    X(IDENTITY, "identity", UNRESERVED, BARE)                                                      \
    X(IF, "if", UNRESERVED, BARE)                                                                  \
    X(IGNORE, "ignore", UNRESERVED, AS)                                                            \
    X(ILIKE, "ilike", TYPE_FUNC, BARE)                                                             \
    X(IMMEDIATE, "immediate", UNRESERVED, BARE)                                                    \
    X(IMMUTABLE, "immutable", UNRESERVED, BARE)                                                    \
    X(IMPLICIT, "implicit", UNRESERVED, BARE)                                                      \
    X(IMPORT, "import", UNRESERVED, BARE)                                                          \
    X(IN, "in", RESERVED, BARE)                                                                    \
    X(INCLUDING, "including", UNRESERVED, BARE)                                                    \
    X(INCREMENT, "increment", UNRESERVED, BARE)                                                    \
    X(INDEX, "index", UNRESERVED, BARE)                                                            \
    X(INDEXES, "indexes", UNRESERVED, BARE)                                                        \
    X(INHERIT, "inherit", UNRESERVED, BARE)                                                        \
    X(INHERITS, "inherits", UNRESERVED, BARE)                                                      \
    X(INITIALLY, "initially", RESERVED, BARE)                                                      \
    X(INLINE, "inline", UNRESERVED, BARE)                                                          \
    X(INNER, "inner", TYPE_FUNC, BARE)                                                             \
    X(INOUT, "inout", COL_NAME, BARE)                                                              \
    X(INPUT, "input", UNRESERVED, BARE)                                                            \
    X(INSENSITIVE, "insensitive", UNRESERVED, BARE)                                                \
    X(INSERT, "insert", UNRESERVED, BARE)                                                          \
    X(INSTEAD, "instead", UNRESERVED, BARE)                                                        \
    X(INT, "int", COL_NAME, BARE)                                                                  \
    X(INTEGER, "integer", COL_NAME, BARE)                                                          \
    X(INTERSECT, "intersect", RESERVED, AS)                                                        \
    X(INTERVAL, "interval", COL_NAME, BARE)                                                        \
    X(INTO, "into", RESERVED, AS)                                                                  \
    X(INVOKER, "invoker", UNRESERVED, BARE)                                                        \
    X(IS, "is", TYPE_FUNC, BARE)                                                                   \
    X(ISNULL, "isnull", TYPE_FUNC, AS)                                                             \
    X(ISOLATION, "isolation", UNRESERVED, BARE)

#define HY_KEYWORDS_J(X)                                                                           \
    X(JOIN, "join", TYPE_FUNC, BARE)                                                               \
    X(JSON, "json", COL_NAME, BARE)                                                                \
    X(JSON_ARRAY, "json_array", COL_NAME, BARE)                                                    \
    X(JSON_EXISTS, "json_exists", COL_NAME, BARE)                                                  \
    X(JSON_OBJECT, "json_object", COL_NAME, BARE)                                                  \
    X(JSON_QUERY, "json_query", COL_NAME, BARE)                                                    \
    X(JSON_SCALAR, "json_scalar", COL_NAME, BARE)                                                  \
    X(JSON_VALUE, "json_value", COL_NAME, BARE)

#define HY_KEYWORDS_K(X)                                                                           \
    X(KEEP, "keep", UNRESERVED, AS)                                                                \
    X(KEY, "key", COL_NAME, BARE)                                                                  \
    X(KEYS, "keys", UNRESERVED, AS)

#define HY_KEYWORDS_L(X)                                                                           \
    X(LABEL, "label", UNRESERVED, BARE)                                                            \
    X(LANGUAGE, "language", UNRESERVED, BARE)                                                      \
    X(LARGE, "large", UNRESERVED, BARE)                                                            \
    X(LAST, "last", UNRESERVED, BARE)                                                              \
    X(LATERAL, "lateral", RESERVED, BARE)                                                          \
    X(LEADING, "leading", RESERVED, BARE)                                                          \
    X(LEAKPROOF, "leakproof", UNRESERVED, BARE)                                                    \
    X(LEAST, "least", COL_NAME, BARE)                                                              \
    X(LEFT, "left", TYPE_FUNC, BARE)                                                               \
    X(LEVEL, "level", UNRESERVED, BARE)                                                            \
    X(LIKE, "like", TYPE_FUNC, BARE)                                                               \
    X(LIMIT, "limit", RESERVED, AS)                                                                \
    X(LISTEN, "listen", UNRESERVED, BARE)                                                          \
    X(LOAD, "load", UNRESERVED, BARE)                                                              \
    X(LOCAL, "local", UNRESERVED, BARE)                                                            \
    X(LOCALTIME, "localtime", RESERVED, BARE)                                                      \
    X(LOCALTIMESTAMP, "localtimestamp", RESERVED, BARE)                                            \
    X(LOCATION, "location", UNRESERVED, BARE)                                                      \
    X(LOCK, "lock", UNRESERVED, BARE)                                                              \
    X(LOCKED, "locked", UNRESERVED, BARE)                                                          \
    X(LOGGED, "logged", UNRESERVED, BARE)

#define HY_KEYWORDS_M(X)                                                                           \
    X(MAPPING, "mapping", UNRESERVED, BARE)                                                        \
    X(MATCH, "match", UNRESERVED, BARE)                                                            \
    X(MATCHED, "matched", UNRESERVED, BARE)                                                        \
    X(MATERIALIZED, "materialized", UNRESERVED, BARE)                                              \
    X(MAXVALUE, "maxvalue", UNRESERVED, BARE)                                                      \
    X(MERGE, "merge", UNRESERVED, BARE)                                                            \
    X(MINUTE, "minute", UNRESERVED, AS)                                                            \
    X(MINVALUE, "minvalue", UNRESERVED, BARE)                                                      \
    X(MODE, "mode", UNRESERVED, BARE)                                                              \
    X(MONTH, "month", UNRESERVED, AS)                                                              \
    X(MOVE, "move", UNRESERVED, BARE)

#define HY_KEYWORDS_N(X)                                                                           \
    X(NAME, "name", UNRESERVED, BARE)                                                              \
    X(NAMES, "names", UNRESERVED, BARE)                                                            \
    X(NATIONAL, "national", COL_NAME, BARE)                                                        \
    X(NATURAL, "natural", TYPE_FUNC, BARE)                                                         \
    X(NCHAR, "nchar", COL_NAME, BARE)                                                              \
    X(NEXT, "next", UNRESERVED, BARE)                                                              \
    X(NO, "no", UNRESERVED, BARE)                                                                  \
    X(NONE, "none", COL_NAME, BARE)                                                                \
    X(NOT, "not", RESERVED, BARE)                                                                  \
    X(NOTHING, "nothing", UNRESERVED, BARE)                                                        \
    X(NOTIFY, "notify", UNRESERVED, BARE)                                                          \
    X(NOTNULL, "notnull", TYPE_FUNC, AS)                                                           \
    X(NOWAIT, "nowait", UNRESERVED, BARE)                                                          \
    X(NULL, "null", RESERVED, BARE)                                                                \
    X(NULLIF, "nullif", COL_NAME, BARE)                                                            \
    X(NULLS, "nulls", UNRESERVED, BARE)                                                            \
    X(NUMERIC, "numeric", COL_NAME, BARE)

#define HY_KEYWORDS_O(X)                                                                           \
    X(OBJECT, "object", UNRESERVED, BARE)                                                          \
    X(OF, "of", UNRESERVED, BARE)                                                                  \
    X(OFF, "off", UNRESERVED, BARE)                                                                \
    X(OFFSET, "offset", RESERVED, AS)                                                              \
    X(OIDS, "oids", UNRESERVED, BARE)                                                              \
    X(OMIT, "omit", RESERVED, BARE)                                                                \
    X(ON, "on", RESERVED, AS)                                                                      \
    X(ONLY, "only", RESERVED, BARE)                                                                \
    X(OPERATOR, "operator", UNRESERVED, BARE)                                                      \
    X(OPTION, "option", UNRESERVED, BARE)                                                          \
    X(OPTIONS, "options", UNRESERVED, BARE)                                                        \
    X(OR, "or", RESERVED, BARE)                                                                    \
    X(ORDER, "order", RESERVED, AS)                                                                \
    X(ORDINALITY, "ordinality", UNRESERVED, BARE)                                                  \
    X(OTHERS, "others", UNRESERVED, BARE)                                                          \
    X(OUT, "out", COL_NAME, BARE)                                                                  \
    X(OUTER, "outer", TYPE_FUNC, BARE)                                                             \
    X(OVER, "over", UNRESERVED, AS)                                                                \
    X(OVERLAPS, "overlaps", TYPE_FUNC, AS)                                                         \
    X(OVERLAY, "overlay", COL_NAME, BARE)                                                          \
    X(OWNED, "owned", UNRESERVED, BARE)                                                            \
    X(OWNER, "owner", UNRESERVED, BARE)

#define HY_KEYWORDS_P(X)                                                                           \
    X(PARSER, "parser", UNRESERVED, BARE)                                                          \
    X(PARTIAL, "partial", UNRESERVED, BARE)                                                        \
    X(PARTITION, "partition", UNRESERVED, BARE)                                                    \
    X(PASSING, "passing", UNRESERVED, BARE)                                                        \
    X(PASSWORD, "password", UNRESERVED, BARE)                                                      \
    X(PERCENT, "percent", UNRESERVED, AS)                                                          \
    X(PLACING, "placing", RESERVED, BARE)                                                          \
    X(PLANS, "plans", UNRESERVED, BARE)                                                            \
    X(POLICY, "policy", UNRESERVED, BARE)                                                          \
    X(POSITION, "position", COL_NAME, BARE)                                                        \
    X(PRECEDING, "preceding", UNRESERVED, BARE)                                                    \
    X(PRECISION, "precision", COL_NAME, AS)                                                        \
    X(PREPARE, "prepare", UNRESERVED, BARE)                                                        \
    X(PREPARED, "prepared", UNRESERVED, BARE)                                                      \
    X(PRESERVE, "preserve", UNRESERVED, BARE)                                                      \
    X(PRIMARY, "primary", RESERVED, BARE)                                                          \
    X(PRIOR, "prior", UNRESERVED, BARE)                                                            \
    X(PRIVILEGES, "privileges", UNRESERVED, BARE)                                                  \
    X(PROCEDURAL, "procedural", UNRESERVED, BARE)                                                  \
    X(PROCEDURE, "procedure", UNRESERVED, BARE)                                                    \
    X(PROGRAM, "program", UNRESERVED, BARE)                                                        \
    X(PROPERTY, "property", UNRESERVED, BARE)

#define HY_KEYWORDS_Q(X)                                                                           \
    X(QUOTE, "quote", UNRESERVED, BARE)                                                            \
    X(QUOTES, "quotes", UNRESERVED, BARE)

#define HY_KEYWORDS_R(X)                                                                           \
    X(RANGE, "range", UNRESERVED, BARE)                                                            \
    X(READ, "read", UNRESERVED, BARE)                                                              \
    X(REAL, "real", COL_NAME, BARE)                                                                \
    X(REASSIGN, "reassign", UNRESERVED, BARE)                                                      \
    X(RECHECK, "recheck", UNRESERVED, BARE)                                                        \
    X(RECURSIVE, "recursive", UNRESERVED, BARE)                                                    \
    X(REF, "ref", UNRESERVED, BARE)                                                                \
    X(REFERENCES, "references", RESERVED, BARE)                                                    \
    X(REFRESH, "refresh", UNRESERVED, BARE)                                                        \
    X(REINDEX, "reindex", UNRESERVED, BARE)                                                        \
    X(RELATIVE, "relative", UNRESERVED, BARE)                                                      \
    X(RELEASE, "release", UNRESERVED, BARE)                                                        \
    X(RENAME, "rename", UNRESERVED, BARE)                                                          \
    X(REPEATABLE, "repeatable", UNRESERVED, BARE)                                                  \
    X(REPLACE, "replace", UNRESERVED, BARE)                                                        \
    X(REPLICA, "replica", UNRESERVED, BARE)                                                        \
    X(RESET, "reset", UNRESERVED, BARE)                                                            \
    X(RESPECT, "respect", UNRESERVED, AS)                                                          \
    X(RESTART, "restart", UNRESERVED, BARE)                                                        \
    X(RESTRICT, "restrict", UNRESERVED, BARE)                                                      \
    X(RETURN, "return", UNRESERVED, AS)                                                            \
    X(RETURNING, "returning", RESERVED, AS)                                                        \
    X(RETURNS, "returns", UNRESERVED, BARE)                                                        \
    X(REVOKE, "revoke", UNRESERVED, BARE)                                                          \
    X(RIGHT, "right", TYPE_FUNC, BARE)                                                             \
    X(ROLE, "role", UNRESERVED, BARE)                                                              \
    X(ROLLBACK, "rollback", UNRESERVED, BARE)                                                      \
    X(ROLLUP, "rollup", UNRESERVED, BARE)                                                          \
    X(ROW, "row", COL_NAME, BARE)                                                                  \
    X(ROWS, "rows", UNRESERVED, BARE)                                                              \
    X(RULE, "rule", UNRESERVED, BARE)

#define HY_KEYWORDS_S(X)                                                                           \
    X(SAVEPOINT, "savepoint", UNRESERVED, BARE)                                                    \
    X(SCALAR, "scalar", UNRESERVED, BARE)                                                          \
    X(SCHEMA, "schema", UNRESERVED, BARE)                                                          \
    X(SCROLL, "scroll", UNRESERVED, BARE)                                                          \
    X(SEARCH, "search", UNRESERVED, BARE)                                                          \
    X(SECOND, "second", UNRESERVED, AS)                                                            \
    X(SECURE, "secure", UNRESERVED, AS)                                                            \
    X(SECURITY, "security", UNRESERVED, BARE)                                                      \
    X(SELECT, "select", RESERVED, BARE)                                                            \
    X(SEQUENCE, "sequence", UNRESERVED, BARE)                                                      \
    X(SEQUENCES, "sequences", UNRESERVED, BARE)                                                    \
    X(SERIALIZABLE, "serializable", UNRESERVED, BARE)                                              \
    X(SERVER, "server", UNRESERVED, BARE)                                                          \
    X(SESSION, "session", UNRESERVED, BARE)                                                        \
    X(SESSION_USER, "session_user", RESERVED, BARE)                                                \
    X(SET, "set", UNRESERVED, BARE)                                                                \
    X(SETOF, "setof", COL_NAME, BARE)                                                              \
    X(SETS, "sets", UNRESERVED, BARE)                                                              \
    X(SHARE, "share", UNRESERVED, BARE)                                                            \
    X(SHOW, "show", UNRESERVED, BARE)                                                              \
    X(SIMILAR, "similar", TYPE_FUNC, BARE)                                                         \
    X(SIMPLE, "simple", UNRESERVED, BARE)                                                          \
    X(SKIP, "skip", UNRESERVED, BARE)                                                              \
    X(SMALLINT, "smallint", COL_NAME, BARE)                                                        \
    X(SNAPSHOT, "snapshot", UNRESERVED, BARE)                                                      \
    X(SOME, "some", RESERVED, BARE)                                                                \
    X(SOURCE, "source", UNRESERVED, BARE)                                                          \
    X(STABLE, "stable", UNRESERVED, BARE)                                                          \
    X(STANDALONE, "standalone", UNRESERVED, BARE)                                                  \
    X(START, "start", UNRESERVED, BARE)                                                            \
    X(STATEMENT, "statement", UNRESERVED, BARE)                                                    \
    X(STATISTICS, "statistics", UNRESERVED, BARE)                                                  \
    X(STDIN, "stdin", UNRESERVED, BARE)                                                            \
    X(STDOUT, "stdout", UNRESERVED, BARE)                                                          \
    X(STORAGE, "storage", UNRESERVED, BARE)                                                        \
    X(STREAM, "stream", UNRESERVED, AS)                                                            \
    X(STRICT, "strict", UNRESERVED, BARE)                                                          \
    X(STRIP, "strip", UNRESERVED, BARE)                                                            \
    X(SUBSTRING, "substring", COL_NAME, BARE)                                                      \
    X(SYMMETRIC, "symmetric", RESERVED, BARE)                                                      \
    X(SYSID, "sysid", UNRESERVED, BARE)                                                            \
    X(SYSTEM, "system", UNRESERVED, BARE)

#define HY_KEYWORDS_T(X)                                                                           \
    X(TABLE, "table", RESERVED, BARE)                                                              \
    X(TABLES, "tables", UNRESERVED, BARE)                                                          \
    X(TABLESAMPLE, "tablesample", TYPE_FUNC, BARE)                                                 \
    X(TABLESPACE, "tablespace", UNRESERVED, BARE)                                                  \
    X(TARGET, "target", UNRESERVED, BARE)                                                          \
    X(TEMP, "temp", UNRESERVED, BARE)                                                              \
    X(TEMPLATE, "template", UNRESERVED, BARE)                                                      \
    X(TEMPORARY, "temporary", UNRESERVED, BARE)                                                    \
    X(TEXT, "text", UNRESERVED, BARE)                                                              \
    X(THEN, "then", RESERVED, BARE)                                                                \
    X(TIES, "ties", UNRESERVED, BARE)                                                              \
    X(TIME, "time", COL_NAME, BARE)                                                                \
    X(TIMESTAMP, "timestamp", COL_NAME, BARE)                                                      \
    X(TO, "to", RESERVED, AS)                                                                      \
    X(TRAILING, "trailing", RESERVED, BARE)                                                        \
    X(TRANSACTION, "transaction", UNRESERVED, BARE)                                                \
    X(TREAT, "treat", COL_NAME, BARE)                                                              \
    X(TRIGGER, "trigger", UNRESERVED, BARE)                                                        \
    X(TRIM, "trim", COL_NAME, BARE)                                                                \
    X(TRUE, "true", RESERVED, BARE)                                                                \
    X(TRUNCATE, "truncate", UNRESERVED, BARE)                                                      \
    X(TRUSTED, "trusted", UNRESERVED, BARE)                                                        \
    X(TRY_CAST, "try_cast", COL_NAME, AS)                                                          \
    X(TYPE, "type", UNRESERVED, BARE)                                                              \
    X(TYPES, "types", UNRESERVED, BARE)

#define HY_KEYWORDS_U(X)                                                                           \
    X(UNBOUNDED, "unbounded", UNRESERVED, BARE)                                                    \
    X(UNCOMMITTED, "uncommitted", UNRESERVED, BARE)                                                \
    X(UNCONDITIONAL, "unconditional", UNRESERVED, BARE)                                            \
    X(UNENCRYPTED, "unencrypted", UNRESERVED, BARE)                                                \
    X(UNION, "union", RESERVED, AS)                                                                \
    X(UNIQUE, "unique", RESERVED, BARE)                                                            \
    X(UNKNOWN, "unknown", UNRESERVED, BARE)                                                        \
    X(UNLISTEN, "unlisten", UNRESERVED, BARE)                                                      \
    X(UNLOGGED, "unlogged", UNRESERVED, BARE)                                                      \
    X(UNTIL, "until", UNRESERVED, BARE)                                                            \
    X(UPDATE, "update", UNRESERVED, BARE)                                                          \
    X(USER, "user", RESERVED, BARE)                                                                \
    X(USING, "using", RESERVED, BARE)

#define HY_KEYWORDS_V(X)                                                                           \
    X(VACUUM, "vacuum", UNRESERVED, BARE)                                                          \
    X(VALID, "valid", UNRESERVED, BARE)                                                            \
    X(VALIDATE, "validate", UNRESERVED, BARE)                                                      \
    X(VALIDATOR, "validator", UNRESERVED, BARE)                                                    \
    X(VALUE, "value", UNRESERVED, BARE)                                                            \
    X(VALUES, "values", COL_NAME, BARE)                                                            \
    X(VARCHAR, "varchar", COL_NAME, BARE)                                                          \
    X(VARIADIC, "variadic", RESERVED, BARE)                                                        \
    X(VARYING, "varying", UNRESERVED, AS)                                                          \
    X(VERBOSE, "verbose", TYPE_FUNC, BARE)                                                         \
    X(VERSION, "version", UNRESERVED, BARE)                                                        \
    X(VIEW, "view", UNRESERVED, BARE)                                                              \
    X(VIEWS, "views", UNRESERVED, BARE)                                                            \
    X(VOLATILE, "volatile", UNRESERVED, BARE)

#define HY_KEYWORDS_W(X)                                                                           \
    X(WHEN, "when", RESERVED, BARE)                                                                \
    X(WHERE, "where", RESERVED, AS)                                                                \
    X(WHITESPACE, "whitespace", UNRESERVED, BARE)                                                  \
    X(WINDOW, "window", RESERVED, AS)                                                              \
    X(WITH, "with", RESERVED, AS)                                                                  \
    X(WITHIN, "within", UNRESERVED, AS)                                                            \
    X(WITHOUT, "without", UNRESERVED, AS)                                                          \
    X(WORK, "work", UNRESERVED, BARE)                                                              \
    X(WRAPPER, "wrapper", UNRESERVED, BARE)                                                        \
    X(WRITE, "write", UNRESERVED, BARE)

#define HY_KEYWORDS_X(X)                                                                           \
    X(XML, "xml", UNRESERVED, BARE)                                                                \
    X(XMLATTRIBUTES, "xmlattributes", COL_NAME, BARE)                                              \
    X(XMLCONCAT, "xmlconcat", COL_NAME, BARE)                                                      \
    X(XMLELEMENT, "xmlelement", COL_NAME, BARE)                                                    \
    X(XMLEXISTS, "xmlexists", COL_NAME, BARE)                                                      \
    X(XMLFOREST, "xmlforest", COL_NAME, BARE)                                                      \
    X(XMLPARSE, "xmlparse", COL_NAME, BARE)                                                        \
    X(XMLPI, "xmlpi", COL_NAME, BARE)                                                              \
    X(XMLROOT, "xmlroot", COL_NAME, BARE)                                                          \
    X(XMLSERIALIZE, "xmlserialize", COL_NAME, BARE)

#define HY_KEYWORDS_Y(X)                                                                           \
    X(YEAR, "year", UNRESERVED, AS)                                                                \
    X(YES, "yes", UNRESERVED, BARE)

#define HY_KEYWORDS_Z(X) X(ZONE, "zone", UNRESERVED, BARE)

/* Y(first letter, list) for each letter of the alphabet, in order. */
#define HY_KEYWORD_LETTERS(Y)                                                                      \
    Y(A, HY_KEYWORDS_A)                                                                            \
    Y(B, HY_KEYWORDS_B)                                                                            \
    Y(C, HY_KEYWORDS_C)                                                                            \
    Y(D, HY_KEYWORDS_D)                                                                            \
    Y(E, HY_KEYWORDS_E)                                                                            \
    Y(F, HY_KEYWORDS_F)                                                                            \
    Y(G, HY_KEYWORDS_G)                                                                            \
    Y(H, HY_KEYWORDS_H)                                                                            \
    Y(I, HY_KEYWORDS_I)                                                                            \
    Y(J, HY_KEYWORDS_J)                                                                            \
    Y(K, HY_KEYWORDS_K)                                                                            \
    Y(L, HY_KEYWORDS_L)                                                                            \
    Y(M, HY_KEYWORDS_M)                                                                            \
    Y(N, HY_KEYWORDS_N)                                                                            \
    Y(O, HY_KEYWORDS_O)                                                                            \
    Y(P, HY_KEYWORDS_P)                                                                            \
    Y(Q, HY_KEYWORDS_Q)                                                                            \
    Y(R, HY_KEYWORDS_R)                                                                            \
    Y(S, HY_KEYWORDS_S)                                                                            \
    Y(T, HY_KEYWORDS_T)                                                                            \
    Y(U, HY_KEYWORDS_U)                                                                            \
    Y(V, HY_KEYWORDS_V)                                                                            \
    Y(W, HY_KEYWORDS_W)                                                                            \
    Y(X, HY_KEYWORDS_X)                                                                            \
    Y(Y, HY_KEYWORDS_Y)                                                                            \
    Y(Z, HY_KEYWORDS_Z)

#endif
