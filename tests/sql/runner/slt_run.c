#include "slt_run.h"

#include "openhyper.h"
#include "slt_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SESSIONS 16

typedef struct Session {
    char name[64];
    openhyper_connection *connection;
} Session;

typedef struct Runner {
    const char *path;
    const char *db;
    openhyper_instance *instance;
    Session sessions[MAX_SESSIONS];
    size_t n_sessions;
    size_t current;
    size_t show;
    SltCounts counts;
} Runner;

/* The rows of an answer as lines, in the escaped form of the files. */
typedef struct Lines {
    char **items;
    size_t n;
    char *types; /* a letter for each column */
    size_t n_columns;
} Lines;

static void *grow(void *p, size_t size)
{
    void *q = realloc(p, size ? size : 1);
    if (!q)
        abort();
    return q;
}

static void fail(Runner *r, const SltRecord *record, const char *format, const char *what)
{
    r->counts.n_failed++;
    if (r->counts.n_failed > r->show)
        return;
    printf("%s:%zu: %s\n    ", r->path, record->line, record->sql);
    printf(format, what);
    printf("\n");
}

static void die(openhyper_error *error)
{
    fprintf(stderr, "slt_runner: %s\n", openhyper_error_message(error));
    exit(3);
}

/* ---- Sessions ---- */

static void close_sessions(Runner *r)
{
    for (size_t i = 0; i < r->n_sessions; i++)
        openhyper_error_free(openhyper_disconnect(r->sessions[i].connection));
    r->n_sessions = 0;
}

static void use_session(Runner *r, const char *name)
{
    for (size_t i = 0; i < r->n_sessions; i++) {
        if (strcmp(r->sessions[i].name, name) == 0) {
            r->current = i;
            return;
        }
    }
    if (r->n_sessions == MAX_SESSIONS)
        exit(3);
    Session *s = &r->sessions[r->n_sessions];
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    openhyper_error *error = openhyper_connect(r->instance, NULL, &s->connection);
    if (!error)
        error = openhyper_attach(s->connection, r->db, r->db, OPENHYPER_CREATE_IF_NOT_EXISTS);
    if (error)
        die(error);
    r->current = r->n_sessions++;
}

/* ---- Answers ---- */

static char type_letter(uint32_t oid)
{
    switch (oid) {
    case 20:
    case 21:
    case 23:
    case 26:
        return 'I';
    case 700:
    case 701:
    case 1700:
        return 'R';
    default:
        return 'T';
    }
}

static size_t value_size(openhyper_physical physical)
{
    static const size_t sizes[] = {1, 2, 4, 4, 8, 8, 16, 4, 8, 16, 16, 16};
    return sizes[physical];
}

static void append(char **line, size_t *len, const char *text, size_t n)
{
    *line = grow(*line, *len + n + 1);
    if (n)
        memcpy(*line + *len, text, n);
    *len += n;
    (*line)[*len] = 0;
}

static void append_escaped(char **line, size_t *len, const char *text, size_t n)
{
    if (n == 0)
        append(line, len, "(empty)", 7);
    for (size_t i = 0; i < n; i++) {
        const char *escape = text[i] == '\\'   ? "\\\\"
                             : text[i] == '\n' ? "\\n"
                             : text[i] == '\t' ? "\\t"
                             : text[i] == '\r' ? "\\r"
                                               : NULL;
        append(line, len, escape ? escape : text + i, escape ? 2 : 1);
    }
}

static openhyper_error *append_value(Runner *r, openhyper_result *result, size_t column,
    const openhyper_column *values, size_t row, char **line, size_t *len)
{
    if (values->validity && !(values->validity[row / 64] >> (row % 64) & 1)) {
        append(line, len, "NULL", 4);
        return NULL;
    }
    char *text;
    size_t text_len;
    size_t size = value_size(openhyper_result_column_type(result, column).physical);
    openhyper_error *error = openhyper_format_value(r->sessions[r->current].connection, result,
        column, (const char *)values->data + row * size, &text, &text_len);
    if (error)
        return error;
    append_escaped(line, len, text, text_len);
    openhyper_free(text);
    return NULL;
}

static void add_line(Lines *lines, char *line)
{
    lines->items = grow(lines->items, (lines->n + 1) * sizeof *lines->items);
    lines->items[lines->n++] = line;
}

static openhyper_error *add_rows(Runner *r, openhyper_result *result,
    const openhyper_column *columns, size_t n_rows, SltSort sort, Lines *out)
{
    for (size_t row = 0; row < n_rows; row++) {
        char *line = NULL;
        size_t len = 0;
        append(&line, &len, "", 0);
        for (size_t c = 0; c < out->n_columns; c++) {
            if (c && sort == SLT_VALUESORT) {
                add_line(out, line);
                line = NULL;
                len = 0;
            } else if (c) {
                append(&line, &len, "\t", 1);
            }
            openhyper_error *error = append_value(r, result, c, &columns[c], row, &line, &len);
            if (error) {
                free(line);
                return error;
            }
        }
        add_line(out, line);
    }
    return NULL;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static openhyper_error *collect(Runner *r, openhyper_result *result, SltSort sort, Lines *out)
{
    out->n_columns = openhyper_result_column_count(result);
    out->types = grow(NULL, out->n_columns + 1);
    for (size_t c = 0; c < out->n_columns; c++)
        out->types[c] = type_letter(openhyper_result_column_type(result, c).oid);
    out->types[out->n_columns] = 0;
    for (;;) {
        const openhyper_column *columns;
        size_t n_rows;
        openhyper_error *error = openhyper_result_fetch(result, &columns, &n_rows);
        if (!error && n_rows)
            error = add_rows(r, result, columns, n_rows, sort, out);
        if (error)
            return error;
        if (!n_rows)
            break;
    }
    if (sort != SLT_NOSORT && out->n)
        qsort(out->items, out->n, sizeof *out->items, compare_lines);
    return NULL;
}

static void free_lines(Lines *lines)
{
    for (size_t i = 0; i < lines->n; i++)
        free(lines->items[i]);
    free(lines->items);
    free(lines->types);
}

/* ---- Records ---- */

static bool types_match(const char *wanted, const Lines *got, bool has_want)
{
    if (!got->n_columns || (!has_want && strcmp(wanted, "T") == 0))
        return true;
    if (strlen(wanted) != got->n_columns)
        return false;
    for (size_t i = 0; i < got->n_columns; i++)
        if (wanted[i] != 'T' && wanted[i] != got->types[i])
            return false;
    return true;
}

static void compare(Runner *r, const SltRecord *record, const Lines *got)
{
    size_t at = 0;
    while (at < got->n && at < record->n_want && strcmp(got->items[at], record->want[at]) == 0)
        at++;
    if (at < got->n || at < record->n_want) {
        fail(r, record, "got %s", at < got->n ? got->items[at] : "fewer rows");
        if (r->counts.n_failed <= r->show)
            printf("    wanted %s\n", at < record->n_want ? record->want[at] : "fewer rows");
    } else if (!types_match(record->types, got, record->n_want > 0)) {
        fail(r, record, "column types %s", got->types);
    } else {
        r->counts.n_passed++;
    }
}

static void check_error(Runner *r, const SltRecord *record, openhyper_error *error)
{
    if (record->error && strncmp(openhyper_error_sqlstate(error), record->error, 5) == 0) {
        r->counts.n_passed++;
        return;
    }
    fail(r, record, "error %s", openhyper_error_sqlstate(error));
    if (r->counts.n_failed <= r->show)
        printf("    %s\n", openhyper_error_message(error));
}

static void run_record(Runner *r, const SltRecord *record)
{
    openhyper_result *result = NULL;
    Lines got = {0};
    openhyper_error *error = openhyper_execute(
        r->sessions[r->current].connection, record->sql, strlen(record->sql), &result);
    if (!error)
        error = collect(r, result, record->sort, &got);
    if (error)
        check_error(r, record, error);
    else if (record->error)
        fail(r, record, "wanted error %s", record->error);
    else if (record->kind == SLT_STATEMENT)
        r->counts.n_passed++;
    else
        compare(r, record, &got);
    openhyper_error_free(error);
    openhyper_result_destroy(result);
    free_lines(&got);
}

void slt_run_file(const char *path, const char *tmp, size_t show,
    void (*progress)(void *ctx, const SltCounts *counts), void *ctx)
{
    char db[4096];
    (void)snprintf(db, sizeof db, "%s/t.hyper", tmp);
    Runner r = {.path = path, .db = db, .show = show};
    SltFile file;
    if (!slt_file_read(path, tmp, db, &file))
        return;
    openhyper_error *error = openhyper_instance_create(NULL, &r.instance);
    if (error)
        die(error);
    use_session(&r, "main");
    for (size_t i = 0; i < file.n_records; i++) {
        const SltRecord *record = &file.records[i];
        if (record->kind == SLT_RECONNECT)
            close_sessions(&r);
        if (record->kind == SLT_RECONNECT || record->kind == SLT_CONNECTION)
            use_session(&r, record->types);
        else
            run_record(&r, record);
        progress(ctx, &r.counts);
    }
    close_sessions(&r);
    openhyper_instance_destroy(r.instance);
    slt_file_free(&file);
}

size_t slt_count_records(const char *path)
{
    SltFile file;
    size_t n = 0;
    if (!slt_file_read(path, "", "", &file))
        return 0;
    for (size_t i = 0; i < file.n_records; i++)
        n += file.records[i].kind == SLT_STATEMENT || file.records[i].kind == SLT_QUERY;
    slt_file_free(&file);
    return n;
}
