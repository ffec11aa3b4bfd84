/* Reading CSV and text: every rule seen at the genuine server, at every place where a piece may be
 * cut; the scanner of each instruction set against a plain one; character sets; errors; several
 * workers. */
#include "base/task_pool.h"
#include "base/utf8.h"
#include "io/charset.h"
#include "io/csv_kernel.h"
#include "io/csv_reader.h"
#include "types/cast.h"
#include "unit_test.h"
#include <unistd.h>

#define MAX_COLUMNS 6

/* ---- Reading into text ---- */

typedef struct Setup {
    HyCsvOptions options;
    HyCsvColumn columns[MAX_COLUMNS];
    uint32_t wanted[MAX_COLUMNS];
} Setup;

static HyType type_of(char letter)
{
    switch (letter) {
    case 'i':
        return hy_type(HY_TYPE_INT4);
    case 'I': /* not null */
        return hy_type_nullable(hy_type(HY_TYPE_INT4), false);
    case 's':
        return hy_type(HY_TYPE_INT2);
    case 'b':
        return hy_type(HY_TYPE_INT8);
    case 'd':
        return hy_type(HY_TYPE_FLOAT8);
    case 'r':
        return hy_type(HY_TYPE_FLOAT4);
    case 'n':
        return hy_type_numeric(5, 2);
    case 'N':
        return hy_type_numeric(30, 5);
    case 'B':
        return hy_type(HY_TYPE_BOOL);
    case 'D':
        return hy_type(HY_TYPE_DATE);
    case 'T':
        return hy_type(HY_TYPE_TIMESTAMP);
    case 'Z':
        return hy_type(HY_TYPE_TIMESTAMPTZ);
    case 'j':
        return hy_type(HY_TYPE_JSON);
    case 'v': {
        HyType type = hy_type(HY_TYPE_VARCHAR);
        type.length = 3;
        return type;
    }
    case 'c': {
        HyType type = hy_type(HY_TYPE_CHAR);
        type.length = 3;
        return type;
    }
    default:
        return hy_type(HY_TYPE_TEXT);
    }
}

/* `types` has a letter per column. */
static void set_up(Setup *setup, const char *types)
{
    static const char *const names[MAX_COLUMNS] = {"a", "b", "c", "d", "e", "f"};
    memset(setup, 0, sizeof *setup);
    size_t n = strlen(types);
    for (size_t i = 0; i < n; i++) {
        setup->columns[i] = (HyCsvColumn){.name = names[i], .type = type_of(types[i])};
        setup->wanted[i] = (uint32_t)i;
    }
    setup->options = (HyCsvOptions){.delimiter = ',',
        .quote = '"',
        .reject_limit = -1,
        .columns = setup->columns,
        .n_columns = n,
        .wanted = setup->wanted,
        .n_wanted = n};
    hy_text_style_init(&setup->options.style);
}

/* "1|a b|NULL\n", an escaped form of what could be mistaken. */
static void put_rows(const HyBatch *batch, const HyTextStyle *style, HyBuffer *out)
{
    for (size_t row = 0; row < batch->n_rows; row++) {
        for (size_t col = 0; col < batch->n_cols; col++) {
            const HyVector *v = &batch->cols[col];
            const char *values = v->data;
            size_t width = hy_physical_size(hy_type_physical(v->type));
            if (col)
                assert_ok(hy_buffer_append_char(out, '|'));
            if (hy_vector_is_null(v, row))
                assert_ok(hy_buffer_append_str(out, "NULL"));
            else
                assert_ok(hy_value_format(v->type, values + row * width, style, out));
        }
        assert_ok(hy_buffer_append_char(out, '\n'));
    }
}

/* Reads all; on failure the rows so far are replaced by "SQLSTATE message [detail]". */
static void read_with(const HyCsvOptions *options, const char *const *paths, size_t n_paths,
    HyByteReader *client, HyBuffer *out)
{
    HyCsvReader *reader;
    HyCsvParser *parser = NULL;
    uint64_t number, expected = 0;
    bool has_piece = true;
    HyStatus st = hy_csv_reader_open(options, paths, n_paths, client, &reader);
    if (!st) {
        assert_ok(hy_csv_parser_create(reader, &parser));
        while (!(st = hy_csv_parser_take(parser, &number, &has_piece)) && has_piece) {
            HyBatch batch;
            assert_int_equal(number, expected++);
            while (!(st = hy_csv_parser_next(parser, &batch)) && batch.n_rows > 0)
                put_rows(&batch, &options->style, out);
            if (st)
                break;
        }
        hy_csv_parser_destroy(parser);
        hy_csv_reader_close(reader);
    }
    if (st) {
        out->len = 0;
        assert_ok(hy_buffer_printf(
            out, "%s %s [%s]", st->sqlstate, st->message, st->detail ? st->detail : ""));
        hy_error_free(st);
    }
    assert_ok(hy_buffer_append_char(out, 0));
    out->len--;
}

static void read_bytes(const HyCsvOptions *options, const void *data, size_t len, HyBuffer *out)
{
    HyByteReader *client;
    const char *path = "-";
    assert_ok(hy_byte_reader_memory(data, len, &client));
    read_with(options, &path, 1, client, out);
    hy_byte_reader_destroy(client);
}

/* In one piece, and with pieces of every small size. */
static void check_read(Setup *setup, const char *data, size_t len, const char *expected)
{
    HyBuffer out = {0};
    for (size_t piece = 0; piece <= len + 2; piece++) {
        setup->options.piece_bytes = piece;
        out.len = 0;
        read_bytes(&setup->options, data, len, &out);
        if (strcmp(out.data, expected) != 0)
            fail_msg("<%s> in pieces of %zu:\n%s\ninstead of\n%s", data, piece, out.data, expected);
    }
    hy_buffer_free(&out);
}

/* ---- Rules ---- */

typedef struct Rule {
    const char *types;
    const char *data;
    const char *expected;
} Rule;

#define TOO_FEW(line)    "22P02 too few columns in input file [file:'stdin' line:" line "]"
#define TOO_MANY(line)   "22P02 too many columns in input file [file:'stdin' line:" line "]"
#define OPEN_QUOTE(line) "22P02 unterminated CSV quoted field [file:'stdin' line:" line "]"
#define BARE_CR(line)                                                                              \
    "22P02 unexpected carriage return character without line feed [file:'stdin' line:" line "]"
#define AT(line, column) " [file: 'stdin' line:" line " column:" column "]"

static const Rule csv_rules[] = {
    {"tt", "", ""},
    {"tt", "a,b\nc,d\n", "a|b\nc|d\n"},
    {"tt", "a,b\r\nc,d\ne,f", "a|b\nc|d\ne|f\n"},
    {"tt", ",\n\"\",\"\"\n", "NULL|NULL\n|\n"},
    {"t", "a\n\nb\n", "a\nNULL\nb\n"},
    {"t", "\r\n", "NULL\n"},
    {"t", "\\.\n", "\\.\n"},
    /* quotes anywhere */
    {"tt", "a\"b,c\"d,e\n", "ab,cd|e\n"},
    {"tt", "\"ab\"c\"d\",d\n", "abcd|d\n"},
    {"tt", "\"ab\" ,d\n \"ab\",d\n", "ab |d\n ab|d\n"},
    {"tt", "\"a\"\"b\",\"\"\"\"\n", "a\"b|\"\n"},
    {"tt", "\"x,\n y\",\"\r\n\"\r\n", "x,\n y|\r\n\n"},
    {"tt", "\"a\rb\",\"b\"\r\n", "a\rb|b\n"},
    {"tt", "a,\"b\"x\r\na,b\"\"", "a|bx\na|b\n"},
    {"tt", "\"a long text, with \"\"quotes\"\" in it\",another one that is long\n",
        "a long text, with \"quotes\" in it|another one that is long\n"},
    {"tt", "a\"b,c\n", OPEN_QUOTE("1")},
    {"tt", "a,b\n\"a,b\nc,d\n", OPEN_QUOTE("2")},
    {"tt", "a\"b,c\"d\n", TOO_FEW("1")},
    /* numbers of fields; line ends */
    {"tt", "a,b\n\nc,d\n", TOO_FEW("2")},
    {"tt", "a,b\n\"x\ny\",z\n1,2,3\n", TOO_MANY("3")},
    {"tt",
        "a,b\n1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0"
        ",1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0\n",
        TOO_MANY("2")},
    {"tt", "a\rb,c\n", TOO_FEW("1")},
    {"tt", "a,b\rc,d\r", BARE_CR("1")},
    {"tt", "a,b\r\r\n", BARE_CR("1")},
    {"tt", "a,b\r\na,b\r", BARE_CR("2")},
    /* numbers */
    {"ti", "1, 2 \n1,2.0\n1,2.\n1,+2\n1,-0\n1,\"1\"2\n1,.0\n",
        "1|2\n1|2\n1|2\n1|2\n1|0\n1|12\n1|0\n"},
    {"ti", "1,2.5\n", "22P02 invalid input syntax for integer" AT("1", "2")},
    {"ti", "1,2147483648.0\n", "22003 numeric overflow" AT("1", "2")},
    {"ti", "1,-2147483648\n1,2147483647\n1,-12345678\n1,123456789\n1,0000000000012\n",
        "1|-2147483648\n1|2147483647\n1|-12345678\n1|123456789\n1|12\n"},
    {"ti", "1,2147483648\n", "22003 numeric overflow" AT("1", "2")},
    {"ti", "a,1\n\"a\nb\",x1\n", "22P02 invalid input syntax for integer" AT("2", "2")},
    {"ti", "1,-\n", "22P02 invalid input syntax for integer" AT("1", "2")},
    {"ti", "1,1/3\n", "22P02 invalid input syntax for integer" AT("1", "2")},
    {"ii", "\"\",\"\"\n", "22P02 invalid input syntax for integer" AT("1", "1")},
    {"sb", "-32768,-9223372036854775808\n32767,1234567890123456\n,\n",
        "-32768|-9223372036854775808\n32767|1234567890123456\nNULL|NULL\n"},
    {"sb", "32768,1\n", "22003 numeric overflow" AT("1", "1")},
    {"Ii", "1,\n,2\n",
        "23502 The scanned data violates the NOT NULL constraint of column \"a\" (line: 2, column "
        "0) []"},
    {"nB", "1.5,t\n1.555,f\n-1.555,true\n1e2,yes\n .5 ,no\n5.,FALSE\n-0.04,1\n,\n999.99,0\n",
        "1.50|t\n1.56|f\n-1.56|t\n100.00|t\n0.50|f\n5.00|f\n-0.04|t\nNULL|NULL\n999.99|f\n"},
    {"nB", "1000,t\n", "22003 numeric overflow" AT("1", "1")},
    {"nB", "1.2.3,t\n",
        "22P02 invalid number format: invalid character in numeric string" AT("1", "1")},
    {"nB", "1,x\n", "22P02 invalid input syntax for bool" AT("1", "2")},
    {"NN", "123456789012345678901234.567895,-1\n0.00001,123456789012345678\n",
        "123456789012345678901234.56790|-1.00000\n0.00001|123456789012345678.00000\n"},
    {"dr", "1.5,1.5\n-0.1,2\n0.1,.1\n123456789.125,1e3\n-0,0\n1e400,\n,7\nnan,inf\n 2 ,3\n",
        "1.5|1.5\n-0.1|2\n0.1|0.1\n123456789.125|1000\n-0|0\nInfinity|NULL\nNULL|7\nNaN|"
        "Infinity\n2|3\n"},
    {"dr", "1.5x,2\n", "22P02 invalid input syntax for double precision" AT("1", "1")},
    /* dates */
    {"DT",
        "2020-01-31,2020-01-31 "
        "10:11:12\n2020/02/29,2020-01-31T10:11:12.5\n1999-12-31,2020-01-31\n,\n",
        "2020-01-31|2020-01-31 10:11:12\n2020-02-29|2020-01-31 10:11:12.5\n"
        "1999-12-31|2020-01-31 00:00:00\nNULL|NULL\n"},
    {"DT",
        "2020-1-3,2020-01-31 24:00:00\n0044-03-15 BC,2020-01-31 10:11:12.1234567\n"
        "0999-01-01,2020-01-31 23:59:59.000001\n",
        "2020-01-03|2020-02-01 00:00:00\n0044-03-15 BC|2020-01-31 10:11:12.123457\n"
        "0999-01-01|2020-01-31 23:59:59.000001\n"},
    {"DT", "2020-02-30,2020-01-01\n",
        "22P02 invalid timestamp literal '2020-02-30': Overflowing Date Unit. Parsed with lenient "
        "date style MDY." AT("1", "1")},
    {"DT", "2020-01-01,2020-01-31 25:00:00\n",
        "22P02 invalid timestamp literal: Overflow of time component" AT("1", "2")},
    {"ZZ",
        "2020-01-01 00:00:00+02,2020-01-01 00:00:00Z\n2020-01-01 00:00:00.5-05:30,2020-01-01 "
        "12:00:00\n",
        "2019-12-31 22:00:00+00|2020-01-01 00:00:00+00\n"
        "2020-01-01 05:30:00.5+00|2020-01-01 12:00:00+00\n"},
    /* lengths, other types */
    {"vc", "abc,ab\n\"ab\"\"\",abc  \n\xC3\xA4\xC3\xB6\xC3\xBC,x \n",
        "abc|ab \nab\"|abc\näöü|x  \n"},
    {"cc", "abc ,   \n", "abc|   \n"},
    {"vc", "abc ,ab\n", "22P02 string too large for target string type" AT("1", "1")},
    {"vc", "abc,abcd\n", "22P02 string too large for target string type" AT("1", "2")},
    {"jt", "\"{\"\"a\"\":1}\",x\n", "{\"a\":1}|x\n"},
    {"jt", "{,x\n", "22P02 invalid JSON document" AT("1", "1")},
    /* UTF-8 */
    {"tt", "\xF0\x9F\x98\x80,\"\xC3\xA4, \xE2\x82\xAC\"\n",
        "\xF0\x9F\x98\x80|\xC3\xA4, \xE2\x82\xAC\n"},
    {"tt", "a,b\nc,d\xC3\n", "22021 invalid UTF-8 sequence in line 2 [column name: b]"},
    {"tt", "a,\"\xED\xA0\x80\"\n", "22021 invalid UTF-8 sequence in line 1 [column name: b]"},
    {"ii", "1,\xFF\n", "22P02 invalid input syntax for integer" AT("1", "2")},
    {"t",
        "\xEF\xBB\xBF"
        "1\n",
        "\xEF\xBB\xBF"
        "1\n"},
    {"i",
        "\xEF\xBB\xBF"
        "1\n",
        "22P02 invalid input syntax for integer" AT("1", "1")},
    /* the earliest record decides, then the first column */
    {"ii", "1,2\n3,x\ny,4\n", "22P02 invalid input syntax for integer" AT("2", "2")},
    {"ii", "1,2\nx,y\n1\n", "22P02 invalid input syntax for integer" AT("2", "1")},
};

static void follows_csv_rules(void **state)
{
    (void)state;
    Setup setup;
    for (size_t i = 0; i < HY_ARRAY_LEN(csv_rules); i++) {
        const Rule *rule = &csv_rules[i];
        set_up(&setup, rule->types);
        /* errors at stdin carry the hint about the ending; what is compared is the detail */
        check_read(&setup, rule->data, strlen(rule->data), rule->expected);
    }
}

static const Rule text_rules[] = {
    {"tt", "a\tb\n\\N\t\\N\n\t\n", "a|b\nNULL|NULL\n|\n"},
    {"tt", "a\\tb\tc\na\\\tb\tc\n", "a\tb|c\na\tb|c\n"},
    {"tt", "a\\\nb\tc\na\\nb\tc\r\n", "a\nb|c\na\nb|c\n"},
    {"tt", "a\\x41\ta\\x4g\na\\101\ta\\1\na\\1234\ta\\xzz\n", "aA|a\x04g\naA|a\x01\naS4|axzz\n"},
    {"tt", "a\\\\b\t\"a\n\\\\N\tx\\N\n\\Nx\ta\\zb\n", "a\\b|\"a\n\\N|xN\nNx|azb\n"},
    {"tt", "a\\b\\f\\r\\v\ta\\\rb\n", "a\b\f\r\v|a\rb\n"},
    {"tt", "a\\xc3\\xa9\tb\n", "a\xC3\xA9|b\n"},
    {"tt", "a\\xff\tb\n", "22021 invalid UTF-8 sequence in line 1 [column name: a]"},
    {"tt", "a\tb\\", "a|b\n"},
    {"tt", "a\tb\\\\", "a|b\\\n"},
    {"tt", "a\tb\\\r", "a|b\r\n"},
    {"tt", "a\tb\r", BARE_CR("1")},
    {"tt", "a\\\tb\n", TOO_FEW("1")},
    {"tt", "\\.\n", TOO_FEW("1")},
    {"tt", "a\tb\tc\n", TOO_MANY("1")},
    {"ti", "1\t\\N\n1\t\\x31\n1\tx\n", "22P02 invalid input syntax for integer" AT("3", "2")},
};

static void follows_text_rules(void **state)
{
    (void)state;
    Setup setup;
    for (size_t i = 0; i < HY_ARRAY_LEN(text_rules); i++) {
        const Rule *rule = &text_rules[i];
        set_up(&setup, rule->types);
        setup.options.is_text = true;
        setup.options.delimiter = '\t';
        check_read(&setup, rule->data, strlen(rule->data), rule->expected);
    }
}

static void follows_options(void **state)
{
    (void)state;
    Setup setup;
#define CHECK(data, expected) check_read(&setup, data, sizeof(data) - 1, expected)
    set_up(&setup, "tt");
    setup.options.escape = '\\';
    CHECK("\"a\\\"b\",\"a\\b\"\n\"a\\\\b\",a\\\"b\"\n", "a\"b|ab\na\\b|a\\b\n");
    CHECK("a\\,b\n\"a\"\"b\",c\n\"a\\\n\\\r\nb\",c\na\"\\\"\",c\n",
        "a\\|b\nab|c\na\n\r\nb|c\na\"|c\n");
    CHECK("a,\"b\\", OPEN_QUOTE("1"));
    set_up(&setup, "tt");
    setup.options.quote = 0;
    CHECK("\"a,b\"\n", "\"a|b\"\n");
    set_up(&setup, "tt");
    setup.options.null_text = "NA";
    CHECK("NA,\"NA\"\nN\"A\",NA\nNA ,\n\"\",\n", "NULL|NA\nNA|NULL\nNA |\n|\n");
    setup.columns[0].force_null = setup.columns[1].force_null = true;
    CHECK("NA,\"NA\"\nN\"A\",\"\"\n", "NULL|NULL\nNULL|\n");
    setup.columns[0].force_not_null = setup.columns[1].force_not_null = true;
    CHECK("NA,\"NA\"\n,\n", "NA|NULL\n|\n");
    set_up(&setup, "ti");
    setup.columns[1].force_not_null = true;
    CHECK("1,\n", "22P02 invalid input syntax for integer" AT("1", "2"));
    set_up(&setup, "tt");
    setup.options.has_header = true;
    CHECK("\"x\ny\",z\r\na,b\n", "a|b\n");
    CHECK("x,y", "");
    CHECK("", "");
    CHECK("x,y,z\na,b\n", TOO_MANY("1"));
    CHECK("x,y\na\n", TOO_FEW("2"));
    set_up(&setup, "tt");
    setup.options.sanitize = true;
    CHECK("\x80\x80x,\xC0\x80x\n\xF8\x88\x80\x80\x80x,\xE4\xB8x\n\xC3,\"\xA9\"\n",
        "\xEF\xBF\xBD\xEF\xBF\xBDx|\xEF\xBF\xBDx\n\xEF\xBF\xBDx|\xEF\xBF\xBDx\n"
        "\xEF\xBF\xBD|\xEF\xBF\xBD\n");
    set_up(&setup, "iv");
    setup.options.null_on_cast_failure = true;
    CHECK("99999999999,abcd\nx,\"abc\"\n", "NULL|NULL\nNULL|abc\n");
    CHECK("1,b,c\n", TOO_MANY("1"));
    CHECK("1,\xFF\n", "22021 invalid UTF-8 sequence in line 1 [column name: b]");
    set_up(&setup, "iI");
    setup.options.null_on_cast_failure = true;
    CHECK("1,x\n", "23502 The scanned data is set to NULL due to a cast failure, but this violates "
                   "the NOT NULL constraint of column \"b\" (line: 1, column 1) []");
    set_up(&setup, "titi");
    setup.wanted[0] = 3;
    setup.wanted[1] = 0;
    setup.options.n_wanted = 2;
    CHECK("a,x,\xFF,1\nb,,,2\r\n", "1|a\n2|b\n"); /* what is not wanted is not looked at */
    setup.options.n_wanted = 0;
    CHECK("a,x,y,1\nb,,,2\n", "\n\n");
#undef CHECK
}

static void skips_bad_rows(void **state)
{
    (void)state;
    Setup setup;
    static const char data[] =
        "1,a\nx,b\n2\n3,c\n4,d,e\n\"5\n\",f\n6,\xFF\r\n7,g\rh\n8,h\r\n9,\"i\n";
    set_up(&setup, "it");
    setup.options.skip_bad_rows = true;
    check_read(&setup, data, sizeof data - 1, "1|a\n3|c\n5|f\n8|h\n");
    setup.options.reject_limit = 6;
    check_read(&setup, data, sizeof data - 1, "1|a\n3|c\n5|f\n8|h\n");
    setup.options.reject_limit = 5;
    check_read(&setup, data, sizeof data - 1, OPEN_QUOTE("10"));
    setup.options.reject_limit = 1;
    check_read(&setup, data, sizeof data - 1, TOO_FEW("3"));
}

/* ---- The scanner ---- */

/* What the kernels must find, byte by byte. */
typedef struct Plain {
    size_t ends[4096];
    size_t n_rows;
    size_t row_end;
    HyCsvFault fault;
    uint64_t n_records;
    size_t last_end;
    HyCsvState state;
} Plain;

static void scan_plainly(
    const HyCsvDialect *d, const char *data, size_t begin, size_t end, size_t n_fields, Plain *out)
{
    size_t n = 0, row_start = 0;
    memset(out, 0, sizeof *out);
    HyCsvState s = {false, false};
    bool is_over = false;
    for (size_t i = begin; i < end; i++) {
        char c = data[i];
        bool quoting = d->mode == HY_CSV_DOUBLED || d->mode == HY_CSV_ESCAPED;
        if (s.is_escaped) {
            s.is_escaped = false;
            continue;
        }
        if ((d->mode == HY_CSV_TEXT && c == '\\') ||
            (d->mode == HY_CSV_ESCAPED && s.in_quotes && c == d->escape)) {
            s.is_escaped = true;
            continue;
        }
        if (quoting && c == d->quote)
            s.in_quotes = !s.in_quotes;
        if (s.in_quotes)
            continue;
        if (c == '\n') {
            out->n_records++;
            out->last_end = i + 1;
        }
        bool is_bare = c == '\r' && data[i + 1] != '\n';
        if (is_over || (c != '\n' && c != d->delimiter && !is_bare))
            continue;
        if (c == d->delimiter && !is_bare) {
            out->ends[n++] = i;
            continue;
        }
        size_t fields = n - row_start + 1;
        if (fields != n_fields || is_bare) {
            out->fault = fields < n_fields   ? HY_CSV_TOO_FEW
                         : fields > n_fields ? HY_CSV_TOO_MANY
                                             : HY_CSV_BARE_CR;
            is_over = true;
            continue;
        }
        out->ends[n++] = i;
        row_start = n;
        out->n_rows++;
    }
    out->state = s;
}

typedef void (*IndexFn)(const HyCsvDialect *, const char *, size_t, size_t, HyCsvIndex *);
typedef void (*SplitFn)(const HyCsvDialect *, const char *, size_t, size_t, HyCsvSplit *);

static void compare_scan(const HyCsvDialect *dialect, const char *data, size_t begin, size_t end,
    size_t n_fields, IndexFn index_fn, SplitFn split_fn, size_t cut)
{
    static Plain plain;
    static uint32_t ends[3 * 4096];
    scan_plainly(dialect, data, begin, end, n_fields, &plain);
    HyCsvSplit split = {0};
    split_fn(dialect, data, begin, cut, &split);
    split_fn(dialect, data, cut, end, &split);
    assert_int_equal(split.n_records, plain.n_records);
    assert_int_equal(split.last_end, plain.last_end);
    assert_int_equal(split.state.in_quotes, plain.state.in_quotes);
    assert_int_equal(split.state.is_escaped, plain.state.is_escaped);
    if (plain.last_end == 0)
        return;
    /* The index is asked for whole records only. */
    HyCsvIndex index = {.ends = ends, .n_fields = n_fields, .max_rows = 2000};
    scan_plainly(dialect, data, begin, plain.last_end, n_fields, &plain);
    index_fn(dialect, data, begin, plain.last_end, &index);
    assert_int_equal(index.n_rows, plain.n_rows);
    assert_int_equal(index.fault, plain.fault);
    for (size_t i = 0; i < plain.n_rows * n_fields; i++)
        assert_int_equal(ends[i + 1] & HY_CSV_OFFSET, plain.ends[i]);
    for (size_t i = 0; i < plain.n_rows * n_fields; i++) {
        size_t from = (ends[i] & HY_CSV_OFFSET) + 1, to = ends[i + 1] & HY_CSV_OFFSET;
        bool has_mark = false;
        for (size_t k = from; k < to; k++)
            has_mark |= dialect->mode == HY_CSV_TEXT
                            ? data[k] == '\\'
                            : dialect->mode != HY_CSV_PLAIN && data[k] == dialect->quote;
        assert_int_equal(ends[i + 1] >> 31, has_mark);
    }
}

static void scans_as_the_plain_way(void **state)
{
    (void)state;
    static const char letters[] = "ab,,,\n\"\"\\\r\n\xC3.";
    static const HyCsvDialect dialects[] = {{HY_CSV_PLAIN, ',', 0, 0},
        {HY_CSV_DOUBLED, ',', '"', 0}, {HY_CSV_ESCAPED, ',', '"', '\\'},
        {HY_CSV_TEXT, ',', 0, '\\'}};
    char data[64 + 700 + HY_CSV_PADDING];
    uint64_t seed = 1;
    for (int round = 0; round < 6000; round++) {
        memset(data, 0, sizeof data);
        size_t len = (size_t)(round % 600) + 1, begin = 1 + (size_t)round % 64;
        for (size_t i = 0; i < len; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            /* mostly long runs of plain text, so that rows fill and blocks differ */
            size_t span = round % 3 ? sizeof letters - 1 : 6;
            data[begin + i] = seed >> 60 == 0 || round % 2 ? letters[(seed >> 33) % span] : 'x';
        }
        const HyCsvDialect *dialect = &dialects[round % 4];
        size_t cut = begin + len / 2, fields = 1 + (size_t)round % 3;
        compare_scan(dialect, data, begin, begin + len, fields, hy_csv_index_baseline,
            hy_csv_split_baseline, cut);
#ifdef __x86_64__
        if (hy_isa() >= HY_ISA_AVX2)
            compare_scan(dialect, data, begin, begin + len, fields, hy_csv_index_avx2,
                hy_csv_split_avx2, cut);
        if (hy_isa() >= HY_ISA_AVX512)
            compare_scan(dialect, data, begin, begin + len, fields, hy_csv_index_avx512,
                hy_csv_split_avx512, cut);
#endif
    }
}

/* ---- Character sets ---- */

static void check_charset(
    const char *encoding, bool sanitize, const char *data, size_t len, const char *expected)
{
    Setup setup;
    set_up(&setup, "tt");
    setup.options.encoding = encoding;
    setup.options.sanitize = sanitize;
    check_read(&setup, data, len, expected);
}

static void reads_charsets(void **state)
{
    (void)state;
#define CHECK(encoding, sanitize, data, expected)                                                  \
    check_charset(encoding, sanitize, data, sizeof(data) - 1, expected)
    CHECK("latin-1", false, "\xE4\x80,\"x, \xDF\"\nsehr lange Tr\xE4ume von f\xFCnf Zeilen,b\n",
        "ä\xC2\x80|x, ß\nsehr lange Träume von fünf Zeilen|b\n");
    CHECK("ISO_8859-1", false, "\xE4,b\n", "ä|b\n");
    CHECK("Windows-1252", false, "\x80,\x9F\n", "€|Ÿ\n");
    CHECK("cp1252", false, "a,\x81\n", "22021 invalid cp1252 sequence in line 1 [column name: b]");
    CHECK("cp1252", true, "a,\x81\n", "a|\xEF\xBF\xBD\n");
    CHECK("koi8-r", false, "\xC1,b\n", "а|b\n");
    CHECK("iso-8859-15", false, "\xA4,b\n", "€|b\n");
    CHECK("shift_jis", false, "\x83\x5C,b\n", "ソ|b\n"); /* the second byte is a backslash */
    CHECK("gb18030", false, "\xB1\xB1,\x81\x30\x81\x30\n", "北|\xC2\x80\n");
    CHECK("shift_jis", false, "a,\x83\n", "22021 invalid shift_jis sequence [Source stdin]");
    CHECK("shift_jis", true, "a,b\xFD\n", "a|b\xEF\xBF\xBD\n");
    CHECK("utf-16", false, "\xFF\xFE\xE4\0,\0=\xD8\0\xDE\n\0a\0,\0b\0", "ä|😀\na|b\n");
    CHECK("utf-16", false, "\xE4\0,\0b\0\n\0", "ä|b\n");
    CHECK("utf-16", false, "\xFE\xFF\0\xE4\0,\xD8=\xDE\0\0\n", "ä|😀\n");
    CHECK("utf-16-be", false, "\0l\0o\0n\0g\0 \0t\0e\0x\0t\0,\x20\xAC\0\n", "long text|€\n");
    CHECK("UTF-16LE", false, "l\0o\0n\0g\0 \0t\0e\0x\0t\0,\0\xAC\x20\n\0", "long text|€\n");
    CHECK("utf-16", false, "\xFF\xFE", "");
    CHECK("utf-16", false,
        "\xFF\xFE"
        "a\0,\0\0\xD8x\0\n\0",
        "XX001 error converting UTF-16 [Source stdin lead to conversion error: expected a low "
        "surrogate.]");
    CHECK("utf-16", true,
        "\xFF\xFE"
        "a\0,\0\0\xD8x\0\n\0",
        "a|\xEF\xBF\xBDx\n");
    CHECK("utf-16", false,
        "\xFF\xFE"
        "a\0,\0\0\xDCx\0\n\0",
        "XX001 error converting UTF-16 [Source stdin lead to conversion error: expected a high "
        "surrogate, not a low surrogate.]");
    CHECK("utf-16", false, "a\0,\0b",
        "XX001 error converting UTF-16: data has an uneven number of bytes [Source stdin has an "
        "uneven number of bytes.]");
    CHECK("utf-16-le", false, "\xFE\xFF\0a\0,\0b",
        "XX001 error converting UTF-16: byte order mark mismatch [Source stdin was specified to be "
        "in little endian UTF-16 encoding but contains the byte order mark for big endian "
        "UTF-16.]");
    CHECK("nope", false, "a,b\n", "42601 invalid encoding: nope []");
    CHECK("latin1//IGNORE", false, "a,b\n", "42601 invalid encoding: latin1//IGNORE []");
#undef CHECK
}

/* ---- Files ---- */

static void write_file(char path[64], const char *ending, const void *data, size_t len,
    HyStreamCompression compression)
{
    HyByteWriter *writer;
    snprintf(path, 64, "/tmp/test_io_csv.%d%s", (int)getpid(), ending);
    assert_ok(hy_byte_writer_open(path, compression, &writer));
    assert_ok(writer->write(writer, data, len));
    assert_ok(writer->finish(writer));
    hy_byte_writer_destroy(writer);
}

static void reads_files(void **state)
{
    (void)state;
    Setup setup;
    char gz[64], zst[64], plain[64], expected[200];
    HyBuffer out = {0};
    set_up(&setup, "it");
    setup.options.has_header = true;
    setup.options.compression = HY_COMPRESSION_AUTO;
    write_file(gz, ".csv.gz", "x,y\n1,a\n2,b", 11, HY_COMPRESSION_AUTO);
    write_file(zst, ".csv.zst", "x,y\r\n3,c\r\n", 10, HY_COMPRESSION_AUTO);
    write_file(plain, ".csv", "x,y\n4,d\n", 8, HY_COMPRESSION_AUTO);
    const char *all[] = {gz, zst, plain};
    read_with(&setup.options, all, 3, NULL, &out);
    assert_string_equal(out.data, "1|a\n2|b\n3|c\n4|d\n");
    /* an error names the file and its own lines */
    setup.options.compression = HY_COMPRESSION_AUTO;
    write_file(plain, ".csv", "x,y\n4,d\nz,e\n", 12, HY_COMPRESSION_NONE);
    out.len = 0;
    read_with(&setup.options, all, 3, NULL, &out);
    snprintf(expected, sizeof expected,
        "22P02 invalid input syntax for integer [file: '%s' line:3 column:1]", plain);
    assert_string_equal(out.data, expected);
    write_file(gz, ".csv.gz", "x,y\n1,a\n", 8, HY_COMPRESSION_NONE);
    out.len = 0;
    read_with(&setup.options, all, 3, NULL, &out);
    snprintf(expected, sizeof expected,
        "XX001 GZIP source appears to not be gzipped [Source %s does "
        "not have the GZIP magic header bytes.]",
        gz);
    assert_string_equal(out.data, expected);
    unlink(zst);
    out.len = 0;
    read_with(&setup.options, all, 3, NULL, &out);
    snprintf(expected, sizeof expected,
        "58P01 could not read from external source [Source: \"%s\"]", zst);
    assert_string_equal(out.data, expected);
    const char *folder = "/tmp";
    out.len = 0;
    read_with(&setup.options, &folder, 1, NULL, &out);
    assert_string_equal(out.data, "58000 could not read from external source [Source: \"/tmp\"]");
    unlink(gz);
    unlink(plain);
    hy_buffer_free(&out);
}

/* ---- Several workers ---- */

#define MAX_PIECES 20000

typedef struct Team {
    HyCsvReader *reader;
    HyTextStyle style;
    HyBuffer pieces[MAX_PIECES];
    HyStatus failures[4];
} Team;

static HyStatus read_as_one_of_many(void *arg, size_t index)
{
    Team *team = arg;
    HyCsvParser *parser;
    uint64_t number;
    bool has_piece;
    assert_ok(hy_csv_parser_create(team->reader, &parser));
    HyStatus st;
    while (!(st = hy_csv_parser_take(parser, &number, &has_piece)) && has_piece) {
        HyBatch batch;
        while (!(st = hy_csv_parser_next(parser, &batch)) && batch.n_rows > 0)
            put_rows(&batch, &team->style, &team->pieces[number]);
        if (st)
            break;
    }
    team->failures[index] = st;
    hy_csv_parser_destroy(parser);
    return HY_OK;
}

/* Rows i|text of i; n of them, with a bad number in row `bad` and in all behind it. */
static void make_rows(size_t n, size_t bad, HyBuffer *csv, HyBuffer *expected)
{
    for (size_t i = 1; i <= n; i++) {
        const char *quote = i % 7 == 0 ? "\"" : "";
        assert_ok(hy_buffer_printf(csv, "%s%zu,%stext%s %zu%s%s", i >= bad ? "x" : "", i, quote,
            i % 14 == 0 ? ",\n\"\"" : "", i * i, quote, i % 3 ? "\n" : "\r\n"));
        assert_ok(
            hy_buffer_printf(expected, "%zu|text%s %zu\n", i, i % 14 == 0 ? ",\n\"" : "", i * i));
    }
}

static void read_as_team(Setup *setup, const HyBuffer *csv, Team *team)
{
    HyTaskPool *pool;
    HyByteReader *client;
    const char *path = "-";
    setup->options.piece_bytes = 5000;
    team->style = setup->options.style;
    assert_ok(hy_task_pool_create(4, &pool));
    assert_ok(hy_byte_reader_memory(csv->data, csv->len, &client));
    assert_ok(hy_csv_reader_open(&setup->options, &path, 1, client, &team->reader));
    assert_ok(hy_task_pool_run(pool, 4, read_as_one_of_many, team));
    hy_csv_reader_close(team->reader);
    hy_byte_reader_destroy(client);
    hy_task_pool_destroy(pool);
}

static void workers_keep_the_order(void **state)
{
    (void)state;
    Setup setup;
    Team *team = calloc(1, sizeof *team);
    HyBuffer csv = {0}, expected = {0}, found = {0};
    set_up(&setup, "it");
    make_rows(40000, SIZE_MAX, &csv, &expected);
    read_as_team(&setup, &csv, team);
    for (size_t i = 0; i < MAX_PIECES; i++) {
        assert_ok(hy_buffer_append(&found, team->pieces[i].data, team->pieces[i].len));
        hy_buffer_free(&team->pieces[i]);
    }
    for (size_t i = 0; i < 4; i++)
        assert_ok(team->failures[i]);
    assert_int_equal(found.len, expected.len);
    assert_memory_equal(found.data, expected.data, expected.len);
    hy_buffer_free(&csv);
    hy_buffer_free(&expected);
    hy_buffer_free(&found);
    free(team);
}

static void first_error_wins(void **state)
{
    (void)state;
    Setup setup;
    Team *team = calloc(1, sizeof *team);
    HyBuffer csv = {0}, expected = {0};
    set_up(&setup, "it");
    make_rows(20000, 12345, &csv, &expected);
    for (int round = 0; round < 5; round++) {
        size_t n_failures = 0;
        read_as_team(&setup, &csv, team);
        for (size_t i = 0; i < 4; i++)
            if (team->failures[i]) {
                n_failures++;
                assert_string_equal(team->failures[i]->detail, "file: 'stdin' line:12345 column:1");
                assert_string_equal(team->failures[i]->hint, "the value is 'x12345'");
                hy_error_free(team->failures[i]);
            }
        assert_int_equal(n_failures, 1);
        for (size_t i = 0; i < MAX_PIECES; i++)
            hy_buffer_free(&team->pieces[i]);
    }
    hy_buffer_free(&csv);
    hy_buffer_free(&expected);
    free(team);
}

/* ---- Memory ---- */

static HyStatus read_quietly(const HyCsvOptions *options, const char *data, size_t *n_rows)
{
    HyByteReader *client;
    HyCsvReader *reader = NULL;
    HyCsvParser *parser = NULL;
    const char *path = "-";
    uint64_t number;
    bool has_piece;
    HyStatus st;
    *n_rows = 0;
    HY_TRY(hy_byte_reader_memory(data, strlen(data), &client));
    HY_GO(hy_csv_reader_open(options, &path, 1, client, &reader));
    HY_GO(hy_csv_parser_create(reader, &parser));
    for (;;) {
        HyBatch batch;
        HY_GO(hy_csv_parser_take(parser, &number, &has_piece));
        if (!has_piece)
            break;
        do {
            HY_GO(hy_csv_parser_next(parser, &batch));
            *n_rows += batch.n_rows;
        } while (batch.n_rows > 0);
    }
done:
    hy_csv_parser_destroy(parser);
    hy_csv_reader_close(reader);
    hy_byte_reader_destroy(client);
    return st;
}

static void survives_lack_of_memory(void **state)
{
    (void)state;
    Setup setup;
    set_up(&setup, "ti");
    setup.options.piece_bytes = 16;
    setup.options.encoding = "shift_jis";
    size_t n_rows;
    for (int n = 1;; n++) {
        alloc_fault_arm(n);
        HyStatus st = read_quietly(
            &setup.options, "\"a \"\"long\"\" quoted text that is copied\",1\nb,2\nc,3\n", &n_rows);
        bool was_hit = alloc_fault_disarm();
        if (st)
            assert_string_equal(st->sqlstate, "53200");
        else
            assert_int_equal(n_rows, 3);
        hy_error_free(st);
        if (!was_hit)
            break;
        assert_true(n < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_csv_rules),
        cmocka_unit_test(follows_text_rules),
        cmocka_unit_test(follows_options),
        cmocka_unit_test(skips_bad_rows),
        cmocka_unit_test(scans_as_the_plain_way),
        cmocka_unit_test(reads_charsets),
        cmocka_unit_test(reads_files),
        cmocka_unit_test(workers_keep_the_order),
        cmocka_unit_test(first_error_wins),
        cmocka_unit_test(survives_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
