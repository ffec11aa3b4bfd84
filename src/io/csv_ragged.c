/* Records with too few or too many fields, where the caller takes them: they are written anew, with
 * nulls added or fields left out, and read like any other. Once a batch has met such a record, what
 * follows in it goes this way too, so that files full of them are read in whole batches. */
#include "io/csv_internal.h"

#include <stdlib.h>

#define MAX_TEXT ((size_t)1 << 30) /* offsets have 31 bits */

size_t hy_csv_next_end(const HyCsvDialect *dialect, const char *data, size_t at, size_t end)
{
    const bool has_quotes = dialect->mode == HY_CSV_DOUBLED || dialect->mode == HY_CSV_ESCAPED;
    bool in_quotes = false;
    for (; at < end; at++) {
        char c = data[at];
        if (dialect->mode == HY_CSV_TEXT
                ? c == '\\'
                : dialect->mode == HY_CSV_ESCAPED && in_quotes && c == dialect->escape)
            at++;
        else if (!in_quotes && (c == '\n' || c == dialect->delimiter))
            return at;
        else if (has_quotes && c == dialect->quote)
            in_quotes = !in_quotes;
    }
    return end;
}

size_t hy_csv_record_end(const HyCsvDialect *dialect, const char *data, size_t at, size_t end)
{
    for (;;) {
        at = hy_csv_next_end(dialect, data, at, end);
        if (at >= end)
            return end;
        if (data[at++] == '\n')
            return at;
    }
}

bool hy_csv_is_curable(const HyCsvParser *parser)
{
    const HyCsvOptions *options = &parser->reader->options;
    return (parser->index.fault == HY_CSV_TOO_FEW && options->pad_with_nulls) ||
           (parser->index.fault == HY_CSV_TOO_MANY && options->ignore_extra_fields);
}

static HyStatus reserve(HyCsvRagged *ragged, size_t more)
{
    size_t need = ragged->len + more + 2 * HY_CSV_PADDING;
    if (need <= ragged->capacity)
        return HY_OK;
    char *text = realloc(ragged->text, 2 * need);
    if (!text)
        return hy_error_oom(2 * need);
    ragged->text = text;
    ragged->capacity = 2 * need;
    return HY_OK;
}

static void append(HyCsvRagged *ragged, const char *text, size_t len)
{
    if (len)
        memcpy(ragged->text + ragged->len, text, len);
    ragged->len += len;
}

/* Writes the record [begin, end), which has its line end. */
static HyStatus rewrite_record(HyCsvParser *parser, size_t begin, size_t end)
{
    const HyCsvReader *reader = parser->reader;
    const HyCsvDialect *dialect = &reader->dialect;
    HyCsvRagged *ragged = &parser->ragged;
    const char *data = parser->piece.buffer;
    size_t n_fields = 1, wanted = reader->options.n_columns, cut = end - 1;
    size_t pad_bytes = hy_array_bytes(wanted, reader->null_len + 1);
    if (cut > begin && data[cut - 1] == '\r')
        cut--;
    for (size_t at = begin; at < cut; n_fields++) {
        at = hy_csv_next_end(dialect, data, at, cut);
        if (at >= cut)
            break;
        if (n_fields == wanted && reader->options.ignore_extra_fields) {
            cut = at;
            break;
        }
        if (++at == cut) { /* the last field is empty */
            n_fields++;
            break;
        }
    }
    HY_TRY(reserve(ragged, end - begin + pad_bytes));
    append(ragged, data + begin, cut - begin);
    for (; n_fields < wanted && reader->options.pad_with_nulls; n_fields++) {
        append(ragged, &dialect->delimiter, 1);
        append(ragged, reader->null_text, reader->null_len);
    }
    append(ragged, "\n", 1);
    return HY_OK;
}

static bool is_empty_line(const char *data, size_t begin, size_t end)
{
    return end - begin == 1 || (end - begin == 2 && data[begin] == '\r');
}

bool hy_csv_skip_empty_line(HyCsvParser *parser)
{
    size_t end = hy_csv_record_end(
        &parser->reader->dialect, parser->piece.buffer, parser->at, parser->piece.end);
    if (parser->reader->options.n_columns == 1 ||
        !is_empty_line(parser->piece.buffer, parser->at, end))
        return false;
    parser->at = end;
    parser->record++;
    return true;
}

HyStatus hy_csv_straighten(HyCsvParser *parser)
{
    const HyCsvDialect *dialect = &parser->reader->dialect;
    HyCsvRagged *ragged = &parser->ragged;
    size_t at = parser->at, n = 0;
    if (!ragged->ends)
        ragged->ends = calloc(parser->index.max_rows, sizeof *ragged->ends);
    if (!ragged->ends)
        return hy_error_oom(parser->index.max_rows * sizeof *ragged->ends);
    ragged->len = 0;
    HY_TRY(reserve(ragged, 0));
    memset(ragged->text, 0, HY_CSV_PADDING);
    ragged->len = HY_CSV_PADDING;
    while (at < parser->piece.end && n < parser->index.max_rows && ragged->len < MAX_TEXT) {
        size_t end = hy_csv_record_end(dialect, parser->piece.buffer, at, parser->piece.end);
        if (n > 0 && is_empty_line(parser->piece.buffer, at, end))
            break;
        HY_TRY(rewrite_record(parser, at, end));
        ragged->ends[n++] = at = end;
    }
    memset(ragged->text + ragged->len, 0, HY_CSV_PADDING);
    ragged->is_on = true;
    return HY_OK;
}

void hy_csv_ragged_free(HyCsvRagged *ragged)
{
    free(ragged->text);
    free(ragged->ends);
}
