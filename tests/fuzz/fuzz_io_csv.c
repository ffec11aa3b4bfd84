/* The first bytes choose options, the rest is the file. It is read in one piece and in small ones:
 * both must give the same rows, or the same error. */
#include "io/csv_reader.h"
#include <stdlib.h>

typedef struct Outcome {
    uint64_t hash;
    size_t n_rows;
    HyStatus failure;
} Outcome;

static void add_bytes(Outcome *outcome, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len; i++)
        outcome->hash = (outcome->hash ^ bytes[i]) * UINT64_C(0x100000001B3);
}

static void add_batch(Outcome *outcome, const HyBatch *batch)
{
    outcome->n_rows += batch->n_rows;
    for (size_t row = 0; row < batch->n_rows; row++)
        for (size_t col = 0; col < batch->n_cols; col++) {
            const HyVector *v = &batch->cols[col];
            bool is_null = hy_vector_is_null(v, row);
            size_t width = hy_physical_size(hy_type_physical(v->type));
            const char *value = (const char *)v->data + row * width;
            add_bytes(outcome, &is_null, 1);
            if (is_null)
                continue;
            if (hy_type_physical(v->type) == HY_PHYS_STRING) {
                const HyString *string = (const HyString *)(const void *)value;
                add_bytes(outcome, &string->len, 4);
                add_bytes(outcome, hy_string_data(string), string->len);
            } else {
                add_bytes(outcome, value, width);
            }
        }
}

static HyStatus parse_all(HyCsvParser *parser, Outcome *outcome)
{
    uint64_t number;
    bool has_piece;
    for (;;) {
        HY_TRY(hy_csv_parser_take(parser, &number, &has_piece));
        if (!has_piece)
            return HY_OK;
        HyBatch batch;
        do {
            HY_TRY(hy_csv_parser_next(parser, &batch));
            add_batch(outcome, &batch);
        } while (batch.n_rows > 0);
    }
}

static void read_all(const HyCsvOptions *options, const void *data, size_t len, Outcome *outcome)
{
    HyByteReader *client = NULL;
    HyCsvReader *reader = NULL;
    HyCsvParser *parser = NULL;
    const char *path = "-";
    HyStatus st;
    *outcome = (Outcome){.hash = UINT64_C(0xCBF29CE484222325)};
    HY_GO(hy_byte_reader_memory(data, len, &client));
    HY_GO(hy_csv_reader_open(options, &path, 1, client, &reader));
    HY_GO(hy_csv_parser_create(reader, &parser));
    HY_GO(parse_all(parser, outcome));
done:
    outcome->failure = st;
    hy_csv_parser_destroy(parser);
    hy_csv_reader_close(reader);
    hy_byte_reader_destroy(client);
}

static void expect(bool condition)
{
    if (!condition)
        abort();
}

static void compare(const Outcome *a, const Outcome *b)
{
    expect(!a->failure == !b->failure);
    if (a->failure) {
        expect(strcmp(a->failure->message, b->failure->message) == 0);
        const char *detail = a->failure->detail ? a->failure->detail : "";
        expect(strcmp(detail, b->failure->detail ? b->failure->detail : "") == 0);
    } else {
        expect(a->n_rows == b->n_rows && a->hash == b->hash);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const HyTypeId types[] = {HY_TYPE_TEXT, HY_TYPE_INT4, HY_TYPE_FLOAT8, HY_TYPE_DATE,
        HY_TYPE_TIMESTAMP, HY_TYPE_INT8, HY_TYPE_BOOL, HY_TYPE_TIMESTAMPTZ};
    static const char *const encodings[] = {
        NULL, "latin-1", "cp1252", "utf-16", "utf-16-be", "shift_jis", "koi8-r", "gb18030"};
    static const char *const nulls[] = {NULL, "NA", "\\N", "0"};
    if (size < 4)
        return 0;
    uint8_t flags = data[0], choice = data[1];
    HyCsvColumn columns[3];
    uint32_t wanted[] = {0, 1, 2};
    size_t n = 1 + choice % 3;
    for (size_t i = 0; i < n; i++)
        columns[i] = (HyCsvColumn){.name = "c",
            .type = i == 0   ? hy_type(types[data[2] % 8])
                    : i == 1 ? hy_type_numeric(9, 2)
                             : hy_type(HY_TYPE_TEXT),
            .force_null = flags & 1,
            .force_not_null = flags & 2};
    HyCsvOptions options = {.is_text = flags & 4,
        .delimiter = ',',
        .quote = flags & 8 ? 0 : '"',
        .escape = flags & 16 ? '\\' : 0,
        .has_header = flags & 32,
        .null_text = nulls[choice >> 6],
        .encoding = encodings[data[2] >> 5],
        .sanitize = flags & 64,
        .null_on_cast_failure = flags & 128,
        .skip_bad_rows = choice & 4,
        .reject_limit = choice & 8 ? 2 : -1,
        .columns = columns,
        .n_columns = n,
        .wanted = wanted,
        .n_wanted = n};
    hy_text_style_init(&options.style);
    Outcome whole, pieces;
    read_all(&options, data + 4, size - 4, &whole);
    options.piece_bytes = 1 + data[3] % 100;
    read_all(&options, data + 4, size - 4, &pieces);
    compare(&whole, &pieces);
    hy_error_free(whole.failure);
    hy_error_free(pieces.failure);
    return 0;
}
