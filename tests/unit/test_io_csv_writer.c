/* Writing CSV and text gives, byte for byte, what the genuine server writes. */
#include "io/csv_reader.h"
#include "io/csv_writer.h"
#include "types/cast.h"
#include "types/value.h"
#include "unit_test.h"

static HyCsvFormat csv_format(void)
{
    HyCsvFormat format = {.delimiter = ',', .quote = '"'};
    hy_text_style_init(&format.style);
    return format;
}

/* Rows of two texts; NULL pointers are NULL. */
static const char *const texts[][2] = {{"a", "b"}, {"", "x,y"}, {"q\"z", NULL}, {"l\nm", "c\rd"},
    {" lead", "trail "}, {"\\N", "\\."}, {"ta\tb", "NULL"}, {"\\", "x\\y"}, {"\xC3\xA9", "#"}};
#define N_TEXTS HY_ARRAY_LEN(texts)

static void write_texts(const HyCsvFormat *format, const char *expected)
{
    HyString values[2][N_TEXTS];
    uint64_t validity[2] = {0, 0};
    HyVector cols[2];
    for (size_t c = 0; c < 2; c++) {
        for (size_t r = 0; r < N_TEXTS; r++) {
            const char *text = texts[r][c] ? texts[r][c] : "";
            values[c][r] = hy_string_view(text, strlen(text));
            hy_bitmap_put(&validity[c], r, texts[r][c] != NULL);
        }
        cols[c] = (HyVector){.type = hy_type(HY_TYPE_TEXT),
            .kind = HY_VECTOR_FLAT,
            .data = values[c],
            .validity = &validity[c]};
    }
    HyBatch batch = {.n_rows = N_TEXTS, .n_cols = 2, .cols = cols};
    HyCsvWriter *writer;
    HyBuffer out = {0};
    assert_ok(hy_csv_writer_create(format, &writer));
    assert_ok(hy_csv_writer_rows(writer, &batch, &out));
    assert_ok(hy_buffer_append_char(&out, 0));
    assert_string_equal(out.data, expected);
    hy_buffer_free(&out);
    hy_csv_writer_destroy(writer);
}

static void quotes_what_must_be(void **state)
{
    (void)state;
    HyCsvFormat format = csv_format();
    write_texts(&format,
        "a,b\n\"\",\"x,y\"\n\"q\"\"z\",\n\"l\nm\",\"c\rd\"\n lead,trail \n\\N,\\.\n"
        "ta\tb,NULL\n\\,x\\y\n\xC3\xA9,#\n");
    format.null_text = "NULL";
    write_texts(&format,
        "a,b\n,\"x,y\"\n\"q\"\"z\",NULL\n\"l\nm\",\"c\rd\"\n lead,trail \n\\N,\\.\n"
        "ta\tb,\"NULL\"\n\\,x\\y\n\xC3\xA9,#\n");
    format = csv_format();
    format.escape = '\\';
    write_texts(&format,
        "a,b\n\"\",\"x,y\"\n\"q\\\"z\",\n\"l\nm\",\"c\rd\"\n lead,trail \n\\N,\\.\n"
        "ta\tb,NULL\n\\,x\\y\n\xC3\xA9,#\n");
    format = csv_format();
    format.quote = 'q';
    format.escape = 'z';
    write_texts(&format, "a,b\nqq,qx,yq\nqzq\"zzq,\nql\nmq,qc\rdq\n lead,trail \n\\N,\\.\n"
                         "ta\tb,NULL\n\\,x\\y\n\xC3\xA9,#\n");
    format = csv_format();
    format.delimiter = '\t';
    write_texts(&format,
        "a\tb\n\"\"\tx,y\n\"q\"\"z\"\t\n\"l\nm\"\t\"c\rd\"\n lead\ttrail \n\\N\t\\.\n"
        "\"ta\tb\"\tNULL\n\\\tx\\y\n\xC3\xA9\t#\n");
}

static void escapes_in_text(void **state)
{
    (void)state;
    HyCsvFormat format = {.is_text = true, .delimiter = '\t'};
    hy_text_style_init(&format.style);
    write_texts(&format, "a\tb\n\tx,y\nq\"z\t\\N\nl\\nm\tc\\rd\n lead\ttrail \n\\\\N\t\\\\.\n"
                         "ta\\tb\tNULL\n\\\\\tx\\\\y\n\xC3\xA9\t#\n");
}

static void writes_headers(void **state)
{
    (void)state;
    static const char *const names[] = {"a,b", "c\"d", "plain"};
    HyCsvFormat format = csv_format();
    HyCsvWriter *writer;
    HyBuffer out = {0};
    assert_ok(hy_csv_writer_create(&format, &writer));
    assert_ok(hy_csv_writer_header(writer, names, 3, &out));
    assert_int_equal(out.len, strlen("\"a,b\",\"c\"\"d\",plain\n"));
    assert_memory_equal(out.data, "\"a,b\",\"c\"\"d\",plain\n", out.len);
    hy_buffer_free(&out);
    hy_csv_writer_destroy(writer);
}

/* ---- Types ---- */

typedef struct Cell {
    HyTypeId type;
    const char *in;
    const char *out;
} Cell;

static const Cell cells[] = {{HY_TYPE_BOOL, "true", "t"}, {HY_TYPE_INT2, "-1", "-1"},
    {HY_TYPE_INT8, "9223372036854775807", "9223372036854775807"}, {HY_TYPE_FLOAT4, "1.5", "1.5"},
    {HY_TYPE_FLOAT8, "0.1", "0.1"}, {HY_TYPE_FLOAT8, "nan", "NaN"},
    {HY_TYPE_DATE, "2020-01-01", "2020-01-01"}, {HY_TYPE_TIME, "10:11:12.5", "10:11:12.5"},
    {HY_TYPE_TIMESTAMP, "2020-01-01 10:11:12", "2020-01-01 10:11:12"},
    {HY_TYPE_TIMESTAMPTZ, "2020-01-01 10:11:12+00", "2020-01-01 10:11:12+00"},
    {HY_TYPE_INTERVAL, "1 day", "P1D"}, {HY_TYPE_BYTEA, "\\x41", "\\x41"},
    {HY_TYPE_JSON, "{\"a\":1}", "\"{\"\"a\"\":1}\""}};

/* With a delimiter that numbers contain the fast way must not be taken. */
static void writes_types(void **state)
{
    (void)state;
    HyCsvFormat format = csv_format();
    HyArena *arena = hy_arena_create();
    HyCsvWriter *writer, *dashes;
    assert_non_null(arena);
    assert_ok(hy_csv_writer_create(&format, &writer));
    format.delimiter = '-';
    assert_ok(hy_csv_writer_create(&format, &dashes));
    for (size_t i = 0; i < HY_ARRAY_LEN(cells); i++) {
        const Cell *cell = &cells[i];
        HyValue value = {.type = hy_type(cell->type)};
        HyBuffer out = {0};
        assert_ok(hy_value_parse(
            arena, value.type, &format.style, cell->in, strlen(cell->in), &value.u8));
        HyVector col = {.type = value.type, .kind = HY_VECTOR_CONSTANT, .data = &value.u8};
        HyBatch batch = {.n_rows = 1, .n_cols = 1, .cols = &col};
        assert_ok(hy_csv_writer_rows(writer, &batch, &out));
        assert_int_equal(out.len, strlen(cell->out) + 1);
        assert_memory_equal(out.data, cell->out, strlen(cell->out));
        out.len = 0;
        assert_ok(hy_csv_writer_rows(dashes, &batch, &out));
        bool is_quoted = out.data[0] == '"';
        assert_int_equal(is_quoted, strchr(cell->out, '-') || cell->type == HY_TYPE_JSON);
        hy_buffer_free(&out);
    }
    hy_csv_writer_destroy(writer);
    hy_csv_writer_destroy(dashes);
    hy_arena_destroy(arena);
}

/* ---- There and back ---- */

static void random_text(uint64_t *seed, HyBuffer *out)
{
    static const char letters[] = "ab,\"\n\r\\ \tN'\xC3\xA9";
    size_t len = (*seed >> 40) % 24;
    for (size_t i = 0; i < len; i++) {
        *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        size_t k = (*seed >> 33) % (sizeof letters - 2);
        assert_ok(hy_buffer_append(out, letters + k, letters[k] == '\xC3' ? 2 : 1));
    }
}

static void check_round_trip(const HyCsvFormat *format, const HyString *strings, size_t n)
{
    HyVector col = {.type = hy_type(HY_TYPE_TEXT), .kind = HY_VECTOR_FLAT};
    memcpy(&col.data, &strings, sizeof strings);
    HyBatch batch = {.n_rows = n, .n_cols = 1, .cols = &col}, back;
    HyCsvColumn column = {.name = "t", .type = col.type};
    uint32_t wanted = 0;
    HyCsvOptions options = {.is_text = format->is_text,
        .delimiter = format->delimiter,
        .quote = format->quote,
        .escape = format->escape,
        .columns = &column,
        .n_columns = 1,
        .wanted = &wanted,
        .n_wanted = 1,
        .reject_limit = -1,
        .style = format->style};
    HyCsvWriter *writer;
    HyCsvReader *reader;
    HyCsvParser *parser;
    HyByteReader *client;
    HyBuffer out = {0};
    const char *path = "-";
    uint64_t number;
    bool has_piece;
    assert_ok(hy_csv_writer_create(format, &writer));
    assert_ok(hy_csv_writer_rows(writer, &batch, &out));
    assert_ok(hy_byte_reader_memory(out.data, out.len, &client));
    assert_ok(hy_csv_reader_open(&options, &path, 1, client, &reader));
    assert_ok(hy_csv_parser_create(reader, &parser));
    assert_ok(hy_csv_parser_take(parser, &number, &has_piece));
    assert_ok(hy_csv_parser_next(parser, &back));
    assert_int_equal(back.n_rows, n);
    const HyString *values = back.cols[0].data;
    for (size_t i = 0; i < n; i++)
        assert_true(hy_string_equal(&strings[i], &values[i]));
    hy_csv_parser_destroy(parser);
    hy_csv_reader_close(reader);
    hy_byte_reader_destroy(client);
    hy_buffer_free(&out);
    hy_csv_writer_destroy(writer);
}

static void reads_what_it_writes(void **state)
{
    (void)state;
    enum { N = 1000 };
    HyString *strings = calloc(N, sizeof *strings);
    HyBuffer *buffers = calloc(N, sizeof *buffers);
    uint64_t seed = 7;
    for (size_t i = 0; i < N; i++) {
        random_text(&seed, &buffers[i]);
        strings[i] = hy_string_view(buffers[i].data ? buffers[i].data : "", buffers[i].len);
    }
    HyCsvFormat format = csv_format();
    check_round_trip(&format, strings, N);
    format.escape = '\\';
    check_round_trip(&format, strings, N);
    format = csv_format();
    format.is_text = true;
    format.quote = 0;
    format.delimiter = '\t';
    check_round_trip(&format, strings, N);
    for (size_t i = 0; i < N; i++)
        hy_buffer_free(&buffers[i]);
    free(buffers);
    free(strings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_what_must_be),
        cmocka_unit_test(escapes_in_text),
        cmocka_unit_test(writes_headers),
        cmocka_unit_test(writes_types),
        cmocka_unit_test(reads_what_it_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
