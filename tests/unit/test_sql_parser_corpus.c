/* Every statement of the SQL corpus (sqllogictest files below tests/sql) that the genuine server
 * answers, or refuses for another reason than its syntax, parses; and what is printed from its tree
 * parses to an equal tree. */
#include "sql/ast_print.h"
#include "sql/parser.h"
#include "unit_test.h"
#include <ftw.h>

static int n_statements;
static int n_failures;

static void complain(const char *path, const char *sql, const char *what)
{
    if (n_failures++ < 20)
        print_error("%s: %s: %s\n", path, what, sql);
}

static void check_round_trip(
    HyArena *arena, const char *path, const char *sql, const HyAstStmt *stmt)
{
    HyBuffer first = {0};
    HyBuffer second = {0};
    HyAstStmt *again = NULL;
    assert_ok(hy_ast_print_statement(&first, stmt));
    HyStatus st = hy_parse(arena, first.data, first.len, &again);
    if (st) {
        complain(path, sql, st->message);
        hy_error_free(st);
    } else {
        assert_ok(hy_ast_print_statement(&second, again));
        if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0)
            complain(path, sql, "printing changes the tree");
    }
    hy_buffer_free(&first);
    hy_buffer_free(&second);
}

/* One record: its first line says what the genuine server answers. */
static void check_record(const char *path, const char *head, const char *sql)
{
    const char *error = strstr(head, "error ");
    bool may_be_syntax = error && (strncmp(error + 6, "42601", 5) == 0);
    HyArena *arena = hy_arena_create();
    HyAstStmt *stmt = NULL;
    HyStatus st = hy_parse(arena, sql, strlen(sql), &stmt);
    n_statements++;
    if (st && !may_be_syntax && (!error || strncmp(error + 6, st->sqlstate, 5) != 0))
        complain(path, sql, st->message);
    if (!st && stmt)
        check_round_trip(arena, path, sql, stmt);
    hy_error_free(st);
    hy_arena_destroy(arena);
}

static int check_file(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)place;
    size_t length = strlen(path);
    if (type != FTW_F || length < 4 || strcmp(path + length - 4, ".slt") != 0)
        return 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *line = NULL;
    size_t capacity = 0;
    char head[128] = "";
    HyBuffer sql = {0};
    bool in_sql = false;
    for (;;) {
        bool more = getline(&line, &capacity, file) >= 0;
        bool is_end = !more || line[0] == '\n' || strcmp(line, "----\n") == 0;
        if (in_sql && is_end) {
            assert_ok(hy_buffer_append_char(&sql, '\0'));
            check_record(path, head, sql.data);
            hy_buffer_free(&sql);
            in_sql = false;
        } else if (in_sql) {
            assert_ok(hy_buffer_append_str(&sql, line));
        } else if (more && (!strncmp(line, "statement ", 10) || !strncmp(line, "query ", 6))) {
            snprintf(head, sizeof head, "%s", line);
            in_sql = true;
        }
        if (!more)
            break;
    }
    free(line);
    fclose(file);
    return 0;
}

static void corpus_parses(void **state)
{
    (void)state;
    char folder[4096];
    const char *root = getenv("OH_SOURCE_ROOT");
    snprintf(folder, sizeof folder, "%s/tests/sql", root ? root : ".");
    if (nftw(folder, check_file, 16, FTW_PHYS) != 0 || n_statements == 0) {
        print_message("no .slt files below %s: skipped\n", folder);
        skip();
    }
    print_message("%d statements\n", n_statements);
    assert_int_equal(n_failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corpus_parses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
