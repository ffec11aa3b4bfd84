#include "slt_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A test tool: without memory it cannot say anything useful. */
static void *grow(void *p, size_t size)
{
    void *q = realloc(p, size ? size : 1);
    if (!q)
        abort();
    return q;
}

static char *keep(SltFile *file, char *text)
{
    file->strings = grow(file->strings, (file->n_strings + 1) * sizeof *file->strings);
    file->strings[file->n_strings++] = text;
    return text;
}

static char *read_all(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    char *text = NULL;
    size_t len = 0;
    for (;;) {
        text = grow(text, len + 65537);
        size_t n = fread(text + len, 1, 65536, f);
        len += n;
        if (n == 0)
            break;
    }
    text[len] = 0;
    fclose(f);
    return text;
}

typedef struct Variables {
    const char *tmp, *db;
    char *data;
} Variables;

static const char *variable(const Variables *v, const char *name, size_t len)
{
    if (len == 3 && memcmp(name, "tmp", 3) == 0)
        return v->tmp;
    if (len == 2 && memcmp(name, "db", 2) == 0)
        return v->db;
    if (len == 4 && memcmp(name, "data", 4) == 0)
        return v->data;
    return NULL;
}

static char *replace_variables(const Variables *vars, const char *sql)
{
    char *out = NULL;
    size_t len = 0;
    while (*sql) {
        const char *end = sql[0] == '$' && sql[1] == '{' ? strchr(sql, '}') : NULL;
        const char *value = end ? variable(vars, sql + 2, (size_t)(end - sql - 2)) : NULL;
        size_t n = value ? strlen(value) : 1;
        out = grow(out, len + n + 1);
        memcpy(out + len, value ? value : sql, n);
        len += n;
        sql = value ? end + 1 : sql + 1;
    }
    out = grow(out, len + 1);
    out[len] = 0;
    return out;
}

/* The head of a record: "query IT rowsort", "statement error 22003", "connection other". */
static bool parse_head(char *line, SltRecord *r)
{
    char *rest = NULL;
    const char *word = strtok_r(line, " ", &rest);
    const char *second = strtok_r(NULL, " ", &rest);
    const char *third = strtok_r(NULL, " ", &rest);
    if (!word)
        return false;
    if (strcmp(word, "connection") == 0 || strcmp(word, "reconnect") == 0) {
        r->kind = word[0] == 'c' ? SLT_CONNECTION : SLT_RECONNECT;
        r->types = second ? second : "main";
        return true;
    }
    if (!second || (strcmp(word, "statement") != 0 && strcmp(word, "query") != 0))
        return false;
    r->kind = word[0] == 's' ? SLT_STATEMENT : SLT_QUERY;
    if (strcmp(second, "error") == 0) {
        r->error = third ? third : "";
        return true;
    }
    r->types = second;
    if (third && strcmp(third, "rowsort") == 0)
        r->sort = SLT_ROWSORT;
    else if (third && strcmp(third, "valuesort") == 0)
        r->sort = SLT_VALUESORT;
    return true;
}

/* Splits the body in SQL and wanted lines; both are cut out of the text in place. */
static void parse_body(SltFile *file, const Variables *vars, char *body, SltRecord *r)
{
    char *mark = strncmp(body, "----", 4) == 0 && (body[4] == '\n' || body[4] == 0)
                     ? body
                     : strstr(body, "\n----\n");
    size_t body_len = strlen(body);
    if (!mark && body_len >= 5 && strcmp(body + body_len - 5, "\n----") == 0)
        mark = body + body_len - 5;
    char *want = NULL;
    if (mark) {
        want = mark + (mark == body ? 4 : 5);
        if (*want == '\n')
            want++;
        else
            want = NULL;
        *mark = 0;
    }
    r->sql = keep(file, replace_variables(vars, body));
    while (want) {
        char *end = strchr(want, '\n');
        if (end)
            *end = 0;
        r->want = grow(r->want, (r->n_want + 1) * sizeof *r->want);
        r->want[r->n_want++] = want;
        want = end ? end + 1 : NULL;
    }
}

static void parse_block(SltFile *file, const Variables *vars, char *block, size_t line)
{
    while (*block == '#' || *block == '\n') {
        char *end = strchr(block, '\n');
        if (!end)
            return;
        block = end + 1;
        line++;
    }
    char *body = strchr(block, '\n');
    if (body)
        *body++ = 0;
    SltRecord r = {.line = line, .types = ""};
    if (!parse_head(block, &r))
        return;
    if (r.kind == SLT_STATEMENT || r.kind == SLT_QUERY)
        parse_body(file, vars, body ? body : block + strlen(block), &r);
    file->records = grow(file->records, (file->n_records + 1) * sizeof *file->records);
    file->records[file->n_records++] = r;
}

/* "tests/sql/query/joins.slt" -> "tests/sql/data": the folder beside the areas. */
static char *data_folder(const char *path)
{
    char *absolute = realpath(path, NULL);
    if (!absolute)
        return NULL;
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(absolute, '/');
        if (slash)
            *slash = 0;
    }
    size_t len = strlen(absolute);
    absolute = grow(absolute, len + 6);
    memcpy(absolute + len, "/data", 6);
    return absolute;
}

bool slt_file_read(const char *path, const char *tmp, const char *db, SltFile *out)
{
    *out = (SltFile){.text = read_all(path)};
    if (!out->text)
        return false;
    Variables vars = {.tmp = tmp, .db = db, .data = data_folder(path)};
    size_t line = 1;
    char *block = out->text;
    while (block) {
        char *end = strstr(block, "\n\n");
        size_t lines = 2;
        for (char *c = block; c && *c && c != end; c++)
            lines += *c == '\n';
        if (end)
            *end = 0;
        /* a text that ends with one line break has none of it in its last record */
        if (!end && *block && block[strlen(block) - 1] == '\n')
            block[strlen(block) - 1] = 0;
        parse_block(out, &vars, block, line);
        line += lines;
        block = end ? end + 2 : NULL;
    }
    free(vars.data);
    return true;
}

void slt_file_free(SltFile *file)
{
    for (size_t i = 0; i < file->n_records; i++)
        free(file->records[i].want);
    for (size_t i = 0; i < file->n_strings; i++)
        free(file->strings[i]);
    free(file->strings);
    free(file->records);
    free(file->text);
}
