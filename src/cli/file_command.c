#include "cli/file_command.h"

#include "base/json.h"
#include "cli/shell.h"

#include <stdlib.h>
#include <string.h>

static int usage(const char *text)
{
    fprintf(stderr, "usage: openhyper %s\n", text);
    return 2;
}

static int failed(openhyper_error *error)
{
    hy_shell_report(error);
    return 1;
}

/* ---- info ---- */

static const char *text_of(const HyJson *object, const char *key)
{
    const HyJson *value = hy_json_get(object, key);
    return value && value->text ? value->text : "";
}

static long long number_of(const HyJson *object, const char *key)
{
    const HyJson *value = hy_json_get(object, key);
    return value ? (long long)value->integer : 0;
}

static void print_column(const HyJson *column)
{
    char encodings[512] = "";
    const HyJson *list = hy_json_get(column, "encodings");
    for (size_t i = 0; list && i < list->n_items; i++) {
        size_t len = strlen(encodings);
        (void)snprintf(
            encodings + len, sizeof encodings - len, "%s%s", i ? ", " : "", list->items[i]->text);
    }
    printf("    %-28s %-24s %-8s %12lld %12lld  %s\n", text_of(column, "name"),
        text_of(column, "type"), hy_json_get(column, "nullable")->boolean ? "" : "not null",
        number_of(column, "file_bytes"), number_of(column, "decompressed_bytes"), encodings);
}

static void print_table(const HyJson *table)
{
    const HyJson *columns = hy_json_get(table, "columns");
    printf("\n\"%s\".\"%s\": %lld rows", text_of(table, "schema"), text_of(table, "name"),
        number_of(table, "rows"));
    if (number_of(table, "deleted"))
        printf(" (and %lld deleted)", number_of(table, "deleted"));
    printf("\n    %-28s %-24s %-8s %12s %12s  %s\n", "column", "type", "", "file bytes",
        "decompressed", "encoding");
    for (size_t i = 0; columns && i < columns->n_items; i++)
        print_column(columns->items[i]);
}

static void print_description(const HyJson *file)
{
    const HyJson *schemas = hy_json_get(file, "schemas");
    const HyJson *tables = hy_json_get(file, "tables");
    printf("file      %s\nversion   %lld\nuuid      %s\nschemas  ", text_of(file, "path"),
        number_of(file, "version"), text_of(file, "uuid"));
    for (size_t i = 0; schemas && i < schemas->n_items; i++)
        printf(" \"%s\"", schemas->items[i]->text);
    printf("\n");
    for (size_t i = 0; tables && i < tables->n_items; i++)
        print_table(tables->items[i]);
}

int hy_command_info(int argc, char **argv)
{
    bool as_json = argc == 3 && strcmp(argv[1], "--json") == 0;
    if (argc != 2 && !as_json)
        return usage("info [--json] FILE");
    char *json;
    openhyper_error *error = openhyper_describe_file(argv[argc - 1], &json);
    if (error)
        return failed(error);
    HyArena *arena = hy_arena_create();
    HyJson *file = NULL;
    HyStatus st = arena ? hy_json_parse(arena, json, strlen(json), &file) : hy_error_oom(0);
    if (as_json)
        printf("%s\n", json);
    else if (!st)
        print_description(file);
    openhyper_free(json);
    hy_arena_destroy(arena);
    return st ? failed((openhyper_error *)st) : 0;
}

/* ---- verify ---- */

static void print_fault(void *context, const char *fault)
{
    printf("%s: %s\n", (const char *)context, fault);
}

int hy_command_verify(int argc, char **argv)
{
    size_t n_faults = 0;
    if (argc != 2)
        return usage("verify FILE");
    openhyper_error *error = openhyper_verify_file(argv[1], print_fault, argv[1], &n_faults);
    if (error)
        return failed(error);
    if (n_faults) {
        printf("%s: %zu fault%s\n", argv[1], n_faults, n_faults == 1 ? "" : "s");
        return 1;
    }
    printf("%s: no faults\n", argv[1]);
    return 0;
}

/* ---- jsonl ---- */

static char type_letter(uint32_t oid)
{
    if (oid == 20 || oid == 21 || oid == 23 || oid == 26)
        return 'I';
    return oid == 700 || oid == 701 || oid == 1700 ? 'R' : 'T';
}

static HyStatus append_cell(HyShell *shell, openhyper_result *result, size_t c,
    const openhyper_column *column, size_t row, HyBuffer *out)
{
    if (column->validity && !(column->validity[row / 64] >> (row % 64) & 1))
        return hy_buffer_append_str(out, "null");
    char *text;
    size_t len;
    size_t size = hy_output_value_size(openhyper_result_column_type(result, c).physical);
    HY_TRY((HyStatus)openhyper_format_value(
        shell->connection, result, c, (const char *)column->data + row * size, &text, &len));
    HyStatus st = hy_json_append_string(out, text, len);
    openhyper_free(text);
    return st;
}

static HyStatus append_rows(HyShell *shell, openhyper_result *result, HyBuffer *out)
{
    size_t n_columns = openhyper_result_column_count(result);
    bool is_first = true;
    HY_TRY(hy_buffer_append_str(out, "{\"rows\": ["));
    for (;;) {
        const openhyper_column *columns;
        size_t n;
        HY_TRY((HyStatus)openhyper_result_fetch(result, &columns, &n));
        if (!n)
            break;
        for (size_t row = 0; row < n; row++) {
            HY_TRY(hy_buffer_append_str(out, is_first ? "[" : ", ["));
            is_first = false;
            for (size_t c = 0; c < n_columns; c++) {
                HY_TRY(hy_buffer_append_str(out, c ? ", " : ""));
                HY_TRY(append_cell(shell, result, c, &columns[c], row, out));
            }
            HY_TRY(hy_buffer_append_char(out, ']'));
        }
    }
    HY_TRY(hy_buffer_append_str(out, "], \"types\": \""));
    for (size_t c = 0; c < n_columns; c++)
        HY_TRY(
            hy_buffer_append_char(out, type_letter(openhyper_result_column_type(result, c).oid)));
    return hy_buffer_append_str(out, "\"}");
}

static HyStatus append_error(const HyError *error, HyBuffer *out)
{
    HY_TRY(hy_buffer_printf(out, "{\"error\": \"%s\", \"message\": ", error->sqlstate));
    HY_TRY(hy_json_append_string(out, error->message, strlen(error->message)));
    return hy_buffer_append_char(out, '}');
}

static HyStatus answer(HyShell *shell, const char *line, HyBuffer *out)
{
    HyArena *arena = hy_arena_create();
    openhyper_result *result = NULL;
    HyJson *request;
    HyStatus st = HY_OK;
    if (!arena)
        return hy_error_oom(0);
    HY_GO(hy_json_parse(arena, line, strlen(line), &request));
    const HyJson *sql = hy_json_get(request, "sql");
    if (!sql || sql->kind != HY_JSON_STRING)
        HY_GO(hy_error("22023", "a request needs a text \"sql\""));
    HY_GO((HyStatus)openhyper_execute(shell->connection, sql->text, sql->text_len, &result));
    HY_GO(append_rows(shell, result, out));
done:
    openhyper_result_destroy(result);
    hy_arena_destroy(arena);
    if (!st)
        return HY_OK;
    out->len = 0;
    HyStatus told = append_error(st, out);
    hy_error_free(st);
    return told;
}

int hy_command_jsonl(int argc, char **argv)
{
    HyShell shell = {0};
    char *line = NULL;
    size_t room = 0;
    HyStatus st = HY_OK;
    if (argc != 2)
        return usage("jsonl FILE");
    if (!hy_shell_open(&shell, argv[1], NULL))
        return 1;
    while (!st && getline(&line, &room, stdin) > 0) {
        HyBuffer out = {0};
        st = answer(&shell, line, &out);
        if (!st)
            printf("%.*s\n", (int)out.len, out.data);
        fflush(stdout);
        hy_buffer_free(&out);
    }
    free(line);
    hy_shell_close(&shell);
    return st ? failed((openhyper_error *)st) : 0;
}
