/* Turns pieces into batches: finds the fields of up to HY_VECTOR_SIZE records, then converts column
 * by column. */
#include "base/utf8.h"
#include "io/csv_internal.h"

#include <stdlib.h>

#define MAX_INDEX_FIELDS ((size_t)1 << 18) /* of a batch, so that wide tables stay in the cache */

static HyStatus raise_record(const HyCsvParser *parser, const char *message)
{
    return hy_csv_error_at_record(hy_error("22P02", "%s", message), &parser->piece, parser->record);
}

/* ---- Creating ---- */

static HyStatus create_targets(HyCsvParser *parser)
{
    const HyCsvOptions *options = &parser->reader->options;
    size_t n = options->n_wanted;
    parser->targets = calloc(n + 1, sizeof *parser->targets);
    parser->vectors = calloc(n + 1, sizeof *parser->vectors);
    if (!parser->targets || !parser->vectors)
        return hy_error_oom(n * sizeof *parser->targets);
    for (size_t i = 0; i < n; i++) {
        HyCsvTarget *target = &parser->targets[i];
        const HyCsvColumn *column = &options->columns[options->wanted[i]];
        hy_csv_target_init(target, column, options);
        target->field = options->wanted[i];
        target->data = calloc(HY_VECTOR_SIZE, target->value_bytes);
        target->validity = malloc(HY_VECTOR_SIZE / 8);
        if (!target->data || !target->validity)
            return hy_error_oom(HY_VECTOR_SIZE * target->value_bytes);
        parser->vectors[i] =
            (HyVector){.type = column->type, .kind = HY_VECTOR_FLAT, .data = target->data};
    }
    return HY_OK;
}

static HyStatus create_index(HyCsvParser *parser)
{
    HyCsvIndex *index = &parser->index;
    index->n_fields = parser->reader->options.n_columns;
    size_t rows = MAX_INDEX_FIELDS / index->n_fields;
    index->max_rows = rows < 1 ? 1 : rows < HY_VECTOR_SIZE ? rows : HY_VECTOR_SIZE;
    size_t bytes = ((index->max_rows + 1) * index->n_fields + 129) * sizeof *index->ends;
    index->ends = malloc(bytes);
    parser->bad_rows = calloc(HY_VECTOR_SIZE / 64, sizeof *parser->bad_rows);
    parser->arena = hy_arena_create();
    return index->ends && parser->bad_rows && parser->arena ? HY_OK : hy_error_oom(bytes);
}

HyStatus hy_csv_parser_create(HyCsvReader *reader, HyCsvParser **out)
{
    HyStatus st = HY_OK;
    HyCsvParser *parser = calloc(1, sizeof *parser);
    if (!parser)
        return hy_error_oom(sizeof *parser);
    parser->reader = reader;
    HY_GO(create_targets(parser));
    HY_GO(create_index(parser));
    *out = parser;
    parser = NULL;
done:
    hy_csv_parser_destroy(parser);
    return st;
}

void hy_csv_parser_destroy(HyCsvParser *parser)
{
    if (!parser)
        return;
    for (size_t i = 0; parser->targets && i < parser->reader->options.n_wanted; i++) {
        free(parser->targets[i].data);
        free(parser->targets[i].validity);
    }
    free(parser->targets);
    free(parser->vectors);
    free(parser->index.ends);
    free(parser->bad_rows);
    hy_arena_destroy(parser->arena);
    hy_csv_piece_free(parser->reader, &parser->piece);
    hy_csv_ragged_free(&parser->ragged);
    hy_error_free(parser->failure);
    free(parser);
}

/* ---- Records ---- */

static void index_records(HyCsvParser *parser, size_t max_rows)
{
    HyCsvIndex *index = &parser->index;
    size_t all = index->max_rows;
    if (max_rows < all)
        index->max_rows = max_rows;
    HY_KERNEL_PICK(hy_csv_index)
    (&parser->reader->dialect, hy_csv_data(parser),
        parser->ragged.is_on ? HY_CSV_PADDING : parser->at,
        parser->ragged.is_on ? parser->ragged.len : parser->piece.end, index);
    index->max_rows = all;
}

/* Behind the records of the index. */
static void step_over(HyCsvParser *parser)
{
    const HyCsvIndex *index = &parser->index;
    parser->at = parser->ragged.is_on
                     ? parser->ragged.ends[index->n_rows - 1]
                     : (index->ends[index->n_rows * index->n_fields] & HY_CSV_OFFSET) + 1;
    parser->record += index->n_rows;
    parser->ragged.is_on = false;
}

/* The offset behind the faulty record that begins at `at`. */
static size_t find_record_end(const HyCsvParser *parser)
{
    return hy_csv_record_end(
        &parser->reader->dialect, parser->piece.buffer, parser->at, parser->piece.end);
}

/* Counts a record that is left out; false when there were too many. */
static bool count_bad_record(HyCsvReader *reader)
{
    int64_t limit = reader->options.reject_limit;
    uint64_t n = atomic_fetch_add(&reader->n_rejected, 1) + 1;
    return limit < 0 || n <= (uint64_t)limit;
}

static HyStatus too_many_bad(const HyCsvParser *parser, HyStatus st)
{
    return hy_error_hint(
        st, "more than %lld rows are faulty", (long long)parser->reader->options.reject_limit);
}

/* Makes the text valid UTF-8 where it is not. */
static HyStatus readable_text(HyCsvParser *parser, const char **text, size_t *len)
{
    HyCharset *charset = parser->reader->charset;
    bool is_single = hy_charset_kind(charset) == HY_CHARSET_SINGLE_BYTE, is_bad = false;
    if (hy_utf8_is_ascii(*text, *len) || (!is_single && hy_utf8_validate(*text, *len, NULL)))
        return HY_OK;
    char *out = hy_arena_alloc(parser->arena, hy_array_bytes(3, *len));
    if (!out)
        return hy_error_oom(3 * *len);
    *len = is_single ? hy_charset_decode(charset, *text, *len, out, &is_bad)
                     : hy_utf8_sanitize(*text, *len, out);
    *text = out;
    return HY_OK;
}

HyStatus hy_csv_keep_reject(HyCsvParser *parser, uint64_t line, const char *column,
    const HyError *reason, const char *text, size_t len)
{
    HyCsvRejects *rejects = parser->reader->options.rejects;
    if (!rejects)
        return HY_OK;
    HY_TRY(readable_text(parser, &text, &len));
    const HyCsvReject reject = {.file = parser->piece.name,
        .line = line,
        .column = column,
        .reason = reason->message,
        .record = text,
        .record_len = len};
    return hy_csv_rejects_add(rejects, &reject);
}

static size_t without_line_end(const char *data, size_t begin, size_t end)
{
    end -= end > begin && data[end - 1] == '\n';
    return end - (end > begin && data[end - 1] == '\r');
}

const char *hy_csv_row_text(const HyCsvParser *parser, size_t row, size_t *len)
{
    const HyCsvIndex *index = &parser->index;
    const char *data = parser->piece.buffer;
    size_t begin, end;
    if (parser->ragged.is_on) {
        begin = row > 0 ? parser->ragged.ends[row - 1] : parser->at;
        end = parser->ragged.ends[row];
    } else {
        begin = (index->ends[row * index->n_fields] & HY_CSV_OFFSET) + 1;
        end = index->ends[(row + 1) * index->n_fields] & HY_CSV_OFFSET;
    }
    *len = without_line_end(data, begin, end) - begin;
    return data + begin;
}

/* Leaves out the record [parser->at, end), unless there were too many or none may be. Takes `st`.
 */
static HyStatus reject(HyCsvParser *parser, HyStatus st, size_t end)
{
    const char *data = parser->piece.buffer;
    if (!parser->reader->options.skip_bad_rows)
        return st;
    if (!count_bad_record(parser->reader))
        return too_many_bad(parser, st);
    HyStatus kept = hy_csv_keep_reject(parser, parser->record, NULL, st, data + parser->at,
        without_line_end(data, parser->at, end) - parser->at);
    hy_error_free(st);
    return kept;
}

static HyStatus fault_of_record(HyCsvParser *parser)
{
    switch (parser->index.fault) {
    case HY_CSV_TOO_FEW:
        return raise_record(parser, "too few columns in input file");
    case HY_CSV_TOO_MANY:
        return raise_record(parser, "too many columns in input file");
    case HY_CSV_BARE_CR:
        return raise_record(parser, "unexpected carriage return character without line feed");
    case HY_CSV_FINE:
        break;
    }
    return hy_error("XX000", "internal error: no record was found");
}

/* The record at `at` cannot be taken apart. */
static HyStatus pass_fault(HyCsvParser *parser)
{
    size_t end = find_record_end(parser);
    HY_TRY(reject(parser, fault_of_record(parser), end));
    parser->at = end;
    parser->record++;
    return HY_OK;
}

static HyStatus skip_header(HyCsvParser *parser)
{
    if (parser->piece.n_header == 0 || parser->at >= parser->piece.end)
        return HY_OK;
    parser->piece.n_header = 0;
    index_records(parser, 1);
    if (parser->index.n_rows > 0) {
        step_over(parser);
    } else if (hy_csv_is_curable(parser)) {
        parser->at = find_record_end(parser);
        parser->record++;
    } else {
        return fault_of_record(parser);
    }
    return HY_OK;
}

static HyStatus pass_end(HyCsvParser *parser)
{
    if (!parser->piece.is_unterminated)
        return HY_OK;
    return reject(parser, raise_record(parser, "unterminated CSV quoted field"), parser->piece.end);
}

/* ---- Batches ---- */

static HyStatus take_failure(HyCsvParser *parser)
{
    HyStatus st = parser->failure;
    parser->failure = HY_OK;
    return st;
}

/* What is wrong with a row that was to be left out. */
static HyStatus error_of_row(HyCsvParser *parser, size_t row)
{
    parser->is_raising = true;
    for (size_t i = 0; i < parser->reader->options.n_wanted && !parser->failure; i++)
        hy_csv_convert_row(parser, &parser->targets[i], row);
    parser->is_raising = false;
    return too_many_bad(parser, take_failure(parser));
}

static HyStatus count_bad_rows(HyCsvParser *parser)
{
    for (size_t row = 0; row < parser->n_rows; row++)
        if (hy_bitmap_get(parser->bad_rows, row) && !count_bad_record(parser->reader))
            return error_of_row(parser, row);
    return HY_OK;
}

/* Closes the gaps that rows left out make. */
static size_t remove_bad_rows(HyCsvParser *parser)
{
    size_t kept = 0;
    for (size_t row = 0; row < parser->n_rows; row++) {
        if (hy_bitmap_get(parser->bad_rows, row))
            continue;
        for (size_t i = 0; i < parser->reader->options.n_wanted; i++) {
            HyCsvTarget *target = &parser->targets[i];
            memmove(target->data + kept * target->value_bytes,
                target->data + row * target->value_bytes, target->value_bytes);
            hy_bitmap_put(target->validity, kept, hy_bitmap_get(target->validity, row));
        }
        kept++;
    }
    memset(parser->bad_rows, 0, HY_VECTOR_SIZE / 8);
    return kept;
}

static bool needs_check(const HyCsvParser *parser)
{
    const HyCsvIndex *index = &parser->index;
    if (!index->has_high)
        return false;
    if (hy_charset_kind(parser->reader->charset) == HY_CHARSET_SINGLE_BYTE)
        return true;
    size_t end = index->ends[index->n_rows * index->n_fields] & HY_CSV_OFFSET;
    size_t begin = index->ends[0] + 1;
    return !hy_utf8_validate(hy_csv_data(parser) + begin, end - begin, NULL);
}

static HyStatus convert_batch(HyCsvParser *parser, HyBatch *out)
{
    size_t n_cols = parser->reader->options.n_wanted;
    parser->n_rows = parser->index.n_rows;
    parser->check_text = needs_check(parser);
    parser->has_bad_rows = false;
    for (size_t i = 0; i < n_cols; i++)
        hy_csv_convert(parser, &parser->targets[i]);
    if (parser->failure)
        return take_failure(parser);
    if (parser->has_bad_rows)
        HY_TRY(count_bad_rows(parser));
    size_t n_rows = parser->has_bad_rows ? remove_bad_rows(parser) : parser->n_rows;
    for (size_t i = 0; i < n_cols; i++) {
        HyCsvTarget *target = &parser->targets[i];
        parser->vectors[i].validity = target->has_nulls ? target->validity : NULL;
    }
    *out = (HyBatch){.n_rows = n_rows, .n_cols = n_cols, .cols = parser->vectors};
    step_over(parser);
    return HY_OK;
}

static HyStatus next_batch(HyCsvParser *parser, HyBatch *out)
{
    HY_TRY(skip_header(parser));
    while (parser->at < parser->piece.end) {
        index_records(parser, SIZE_MAX);
        if (parser->index.n_rows == 0 && hy_csv_is_curable(parser)) {
            if (parser->reader->options.pad_with_nulls && hy_csv_skip_empty_line(parser))
                continue;
            HY_TRY(hy_csv_straighten(parser));
            index_records(parser, SIZE_MAX);
        }
        if (parser->index.n_rows == 0) {
            parser->ragged.is_on = false;
            HY_TRY(pass_fault(parser));
            continue;
        }
        HY_TRY(convert_batch(parser, out));
        if (out->n_rows > 0)
            return HY_OK;
    }
    return pass_end(parser);
}

HyStatus hy_csv_parser_next(HyCsvParser *parser, HyBatch *out)
{
    *out = (HyBatch){0};
    if (!parser->has_piece)
        return HY_OK;
    hy_arena_reset(parser->arena);
    HyStatus st = next_batch(parser, out);
    if (!st && out->n_rows > 0)
        return HY_OK;
    *out = (HyBatch){0};
    parser->has_piece = false;
    return hy_csv_reader_give_back(parser->reader, &parser->piece, st);
}

HyStatus hy_csv_parser_take(HyCsvParser *parser, uint64_t *number, bool *has_piece)
{
    HyStatus st = hy_csv_reader_take(parser->reader, &parser->piece, has_piece);
    parser->has_piece = !st && *has_piece;
    *number = parser->piece.number;
    parser->at = parser->piece.begin;
    parser->record = parser->piece.first_record;
    return st;
}
