#include "cli/output.h"

#include "base/json.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

static const char *const mode_names[] = {
    "table", "box", "markdown", "csv", "tsv", "json", "jsonl", "line", "quiet"};

int hy_output_mode_find(const char *name)
{
    for (size_t i = 0; i < HY_ARRAY_LEN(mode_names); i++)
        if (strcmp(mode_names[i], name) == 0)
            return (int)i;
    return -1;
}

const char *hy_output_mode_name(HyOutputMode mode)
{
    return mode_names[mode];
}

size_t hy_output_value_size(openhyper_physical physical)
{
    static const size_t sizes[] = {[OPENHYPER_U8] = 1,
        [OPENHYPER_I16] = 2,
        [OPENHYPER_I32] = 4,
        [OPENHYPER_U32] = 4,
        [OPENHYPER_I64] = 8,
        [OPENHYPER_U64] = 8,
        [OPENHYPER_I128] = 16,
        [OPENHYPER_F32] = 4,
        [OPENHYPER_F64] = 8,
        [OPENHYPER_INTERVAL] = 16,
        [OPENHYPER_UUID] = 16,
        [OPENHYPER_STRING] = 16};
    return sizes[physical];
}

/* A result on its way out. Grid modes collect all cells first, since widths depend on them. */
typedef struct Printer {
    const HyOutputOptions *options;
    const openhyper_connection *connection;
    openhyper_result *result;
    size_t n_columns;
    openhyper_type *types;
    char **cells; /* grid: n_rows * n_columns, NULL is null */
    size_t n_cells;
    size_t cells_room;
    size_t n_rows;
} Printer;

static bool is_grid(HyOutputMode mode)
{
    return mode <= HY_OUTPUT_MARKDOWN;
}

static bool is_number(uint32_t oid)
{
    return oid == 20 || oid == 21 || oid == 23 || oid == 26 || oid == 700 || oid == 701 ||
           oid == 1700;
}

static bool is_null(const openhyper_column *column, size_t row)
{
    return column->validity && !(column->validity[row / 64] >> (row % 64) & 1);
}

static openhyper_error *format_cell(
    Printer *p, size_t c, const openhyper_column *column, size_t row, char **text, size_t *len)
{
    *text = NULL;
    *len = 0;
    if (is_null(column, row))
        return NULL;
    const char *value =
        (const char *)column->data + row * hy_output_value_size(p->types[c].physical);
    return openhyper_format_value(p->connection, p->result, c, value, text, len);
}

/* ---- Row by row ---- */

static void print_csv_field(FILE *f, const char *text, size_t len)
{
    bool quoted = len == 0 || memchr(text, ',', len) || memchr(text, '"', len) ||
                  memchr(text, '\n', len) || memchr(text, '\r', len);
    if (!quoted) {
        fwrite(text, 1, len, f);
        return;
    }
    fputc('"', f);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            fputc('"', f);
        fputc(text[i], f);
    }
    fputc('"', f);
}

static void print_tsv_field(FILE *f, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\t')
            fputs("\\t", f);
        else if (text[i] == '\n')
            fputs("\\n", f);
        else if (text[i] == '\\')
            fputs("\\\\", f);
        else
            fputc(text[i], f);
    }
}

static void print_json_string(FILE *f, const char *text, size_t len)
{
    HyBuffer quoted = {0};
    hy_error_free(hy_json_append_string(&quoted, text, len));
    fwrite(quoted.data, 1, quoted.len, f);
    hy_buffer_free(&quoted);
}

/* Numbers and booleans as JSON has them; what JSON cannot say (NaN, infinity) as text. */
static void print_json_value(FILE *f, uint32_t oid, const char *text, size_t len)
{
    if (!text)
        fputs("null", f);
    else if (oid == 16)
        fputs(text[0] == 't' ? "true" : "false", f);
    else if (oid == 114)
        fwrite(text, 1, len, f);
    else if (is_number(oid) && strspn(text, "0123456789+-.eE") == len)
        fwrite(text, 1, len, f);
    else
        print_json_string(f, text, len);
}

static void print_streamed_cell(Printer *p, size_t c, const char *text, size_t len)
{
    FILE *f = p->options->file;
    const char *name = openhyper_result_column_name(p->result, c);
    switch (p->options->mode) {
    case HY_OUTPUT_CSV:
        fputs(c ? "," : "", f);
        if (text)
            print_csv_field(f, text, len);
        else
            fputs(p->options->null_text, f);
        break;
    case HY_OUTPUT_TSV:
        fputs(c ? "\t" : "", f);
        if (text)
            print_tsv_field(f, text, len);
        else
            fputs(p->options->null_text, f);
        break;
    case HY_OUTPUT_JSON:
    case HY_OUTPUT_JSONL:
        fputs(c ? ", " : "", f);
        print_json_string(f, name, strlen(name));
        fputs(": ", f);
        print_json_value(f, p->types[c].oid, text, len);
        break;
    default:
        fprintf(f, "%s = %s\n", name, text ? text : p->options->null_text);
        break;
    }
}

static void begin_row(Printer *p)
{
    if (p->options->mode == HY_OUTPUT_JSON)
        fputs(p->n_rows ? ",\n{" : "[{", p->options->file);
    else if (p->options->mode == HY_OUTPUT_JSONL)
        fputc('{', p->options->file);
    else if (p->options->mode == HY_OUTPUT_LINE && p->n_rows)
        fputc('\n', p->options->file);
}

static void end_row(Printer *p)
{
    if (p->options->mode == HY_OUTPUT_JSON)
        fputc('}', p->options->file);
    else if (p->options->mode == HY_OUTPUT_JSONL)
        fputs("}\n", p->options->file);
    else if (p->options->mode == HY_OUTPUT_CSV || p->options->mode == HY_OUTPUT_TSV)
        fputc('\n', p->options->file);
}

static openhyper_error *stream_row(Printer *p, const openhyper_column *columns, size_t row)
{
    begin_row(p);
    for (size_t c = 0; c < p->n_columns; c++) {
        char *text;
        size_t len;
        openhyper_error *error = format_cell(p, c, &columns[c], row, &text, &len);
        if (error)
            return error;
        print_streamed_cell(p, c, text, len);
        openhyper_free(text);
    }
    end_row(p);
    return NULL;
}

static void print_header_line(Printer *p)
{
    HyOutputMode mode = p->options->mode;
    if (!p->options->has_headers || (mode != HY_OUTPUT_CSV && mode != HY_OUTPUT_TSV))
        return;
    for (size_t c = 0; c < p->n_columns; c++) {
        const char *name = openhyper_result_column_name(p->result, c);
        print_streamed_cell(p, c, name, strlen(name));
    }
    fputc('\n', p->options->file);
}

/* ---- Grids ---- */

static openhyper_error *collect_row(Printer *p, const openhyper_column *columns, size_t row)
{
    if (p->n_cells + p->n_columns > p->cells_room) {
        size_t room = p->cells_room ? p->cells_room * 2 : 256;
        while (room < p->n_cells + p->n_columns)
            room *= 2;
        char **cells = realloc(p->cells, room * sizeof *cells);
        if (!cells)
            return (openhyper_error *)hy_error_oom(room * sizeof *cells);
        p->cells = cells;
        p->cells_room = room;
    }
    for (size_t c = 0; c < p->n_columns; c++) {
        size_t len;
        openhyper_error *error = format_cell(p, c, &columns[c], row, &p->cells[p->n_cells], &len);
        if (error)
            return error;
        p->n_cells++;
    }
    return NULL;
}

typedef struct GridStyle {
    const char *left, *middle, *right; /* between cells of a row */
    const char *fill;                  /* of the line below the header */
    const char *cross_left, *cross, *cross_right;
    const char *top[4]; /* left, fill, cross, right; NULL: no line */
    const char *bottom[4];
} GridStyle;

static const GridStyle grid_styles[] = {
    [HY_OUTPUT_TABLE] = {"", "  ", "", "-", "", "  ", "", {NULL}, {NULL}},
    [HY_OUTPUT_BOX] = {"│ ", " │ ", " │", "─", "├─", "─┼─", "─┤", {"┌─", "─", "─┬─", "─┐"},
        {"└─", "─", "─┴─", "─┘"}},
    [HY_OUTPUT_MARKDOWN] = {"| ", " | ", " |", "-", "| ", " | ", " |", {NULL}, {NULL}},
};

static void print_fill(FILE *f, const char *fill, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fputs(fill, f);
}

static void print_rule(Printer *p, const size_t *widths, const char *left, const char *fill,
    const char *cross, const char *right)
{
    FILE *f = p->options->file;
    fputs(left, f);
    for (size_t c = 0; c < p->n_columns; c++) {
        fputs(c ? cross : "", f);
        print_fill(f, fill, widths[c]);
    }
    fprintf(f, "%s\n", right);
}

/* One cell, padded to its width and cut when it is wider; line breaks would break the grid. */
static void print_padded(FILE *f, const char *text, size_t width, bool to_right)
{
    size_t len = strlen(text);
    size_t shown = hy_utf8_width(text, len);
    size_t keep = len;
    if (shown > width) {
        keep = 0;
        shown = 0;
        while (keep < len) {
            uint32_t code_point;
            size_t step = hy_utf8_decode(text + keep, len - keep, &code_point);
            step = step ? step : 1;
            size_t w = hy_utf8_width(text + keep, step);
            if (shown + w + 1 > width)
                break;
            shown += w;
            keep += step;
        }
        shown++; /* the mark of a cut cell */
    }
    if (to_right)
        print_fill(f, " ", width - shown);
    for (size_t i = 0; i < keep; i++)
        fputc(text[i] == '\n' || text[i] == '\r' || text[i] == '\t' ? ' ' : text[i], f);
    if (keep < len)
        fputs("…", f);
    if (!to_right)
        print_fill(f, " ", width - shown);
}

static const char *cell_text(const Printer *p, size_t i)
{
    return p->cells[i] ? p->cells[i] : p->options->null_text;
}

static void measure(const Printer *p, size_t *widths)
{
    for (size_t c = 0; c < p->n_columns; c++) {
        const char *name = openhyper_result_column_name(p->result, c);
        widths[c] = p->options->has_headers ? hy_utf8_width(name, strlen(name)) : 0;
    }
    for (size_t i = 0; i < p->n_cells; i++) {
        const char *text = cell_text(p, i);
        size_t width = hy_utf8_width(text, strlen(text));
        if (width > widths[i % p->n_columns])
            widths[i % p->n_columns] = width;
    }
}

/* Takes from the widest column until the line fits, but leaves each at least 8. */
static void fit(const Printer *p, size_t *widths)
{
    if (p->options->max_width <= 0 || p->options->mode == HY_OUTPUT_MARKDOWN)
        return;
    for (;;) {
        size_t total = 3 * p->n_columns + 1;
        size_t widest = 0;
        for (size_t c = 0; c < p->n_columns; c++) {
            total += widths[c];
            if (widths[c] > widths[widest])
                widest = c;
        }
        if (total <= (size_t)p->options->max_width || widths[widest] <= 8)
            return;
        widths[widest]--;
    }
}

static void print_grid_row(
    Printer *p, const GridStyle *style, const size_t *widths, size_t first, bool is_header)
{
    FILE *f = p->options->file;
    fputs(style->left, f);
    for (size_t c = 0; c < p->n_columns; c++) {
        const char *text =
            is_header ? openhyper_result_column_name(p->result, c) : cell_text(p, first + c);
        fputs(c ? style->middle : "", f);
        print_padded(f, text, widths[c], is_number(p->types[c].oid));
    }
    fprintf(f, "%s\n", style->right);
}

static openhyper_error *print_grid(Printer *p)
{
    const GridStyle *style = &grid_styles[p->options->mode];
    size_t *widths = calloc(p->n_columns + 1, sizeof *widths);
    if (!widths)
        return (openhyper_error *)hy_error_oom(0);
    measure(p, widths);
    fit(p, widths);
    if (style->top[0])
        print_rule(p, widths, style->top[0], style->top[1], style->top[2], style->top[3]);
    if (p->options->has_headers) {
        print_grid_row(p, style, widths, 0, true);
        print_rule(p, widths, style->cross_left, style->fill, style->cross, style->cross_right);
    }
    for (size_t i = 0; i < p->n_cells; i += p->n_columns)
        print_grid_row(p, style, widths, i, false);
    if (style->bottom[0])
        print_rule(
            p, widths, style->bottom[0], style->bottom[1], style->bottom[2], style->bottom[3]);
    free(widths);
    return NULL;
}

/* ---- All of it ---- */

static openhyper_error *print_rows(Printer *p)
{
    HyOutputMode mode = p->options->mode;
    for (;;) {
        const openhyper_column *columns;
        size_t n;
        openhyper_error *error = openhyper_result_fetch(p->result, &columns, &n);
        if (error || n == 0)
            return error;
        for (size_t row = 0; row < n; row++, p->n_rows++) {
            if (mode == HY_OUTPUT_QUIET)
                continue;
            error = is_grid(mode) ? collect_row(p, columns, row) : stream_row(p, columns, row);
            if (error)
                return error;
        }
    }
}

openhyper_error *hy_output_result(const HyOutputOptions *options,
    const openhyper_connection *connection, openhyper_result *result, size_t *n_rows)
{
    Printer p = {.options = options, .connection = connection, .result = result};
    p.n_columns = openhyper_result_column_count(result);
    p.types = calloc(p.n_columns + 1, sizeof *p.types);
    if (!p.types)
        return (openhyper_error *)hy_error_oom(0);
    for (size_t c = 0; c < p.n_columns; c++)
        p.types[c] = openhyper_result_column_type(result, c);
    print_header_line(&p);
    openhyper_error *error = print_rows(&p);
    if (!error && is_grid(options->mode) && p.n_columns)
        error = print_grid(&p);
    if (!error && options->mode == HY_OUTPUT_JSON)
        fputs(p.n_rows ? "]\n" : "[]\n", options->file);
    if (n_rows)
        *n_rows = p.n_rows;
    for (size_t i = 0; i < p.n_cells; i++)
        openhyper_free(p.cells[i]);
    free(p.cells);
    free(p.types);
    return error;
}
