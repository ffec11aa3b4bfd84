/* Values on the wire against the vectors of spec/wire-protocol.md, section 3.2, there and back;
 * COPY in HyperBinary with input cut anywhere and with faults. */
#include "server/hyper_binary.h"
#include "server/row_format.h"
#include "types/array.h"
#include "types/cast.h"
#include "unit_test.h"

static HyArena *arena;
static HyTextStyle style;

static void must(HyStatus st)
{
    if (st)
        fail_msg("%s %s", st->sqlstate, st->message);
}

static HyType type_of(const char *name, int64_t a, int64_t b)
{
    int64_t mods[2] = {a, b};
    HyType type;
    must(hy_type_from_name(name, mods, a < 0 ? 0 : b < 0 ? 1 : 2, &type));
    return type;
}

static void assert_bytes(const HyBuffer *got, const char *hex)
{
    char text[256] = "";
    for (size_t i = 0; i < got->len && i < 120; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", (unsigned char)got->data[i]);
    assert_string_equal(text, hex);
}

/* The text's value has these bytes in a format, which give the same value again. */
static void check_both_ways(HyType type, const char *text, HyFormatCode code, const char *hex)
{
    uint8_t payload[16] = {0};
    HyBuffer bytes = {0};
    HyBuffer back = {0};
    HyValue value;
    HyType given = type;
    must(hy_value_parse(arena, type, &style, text, strlen(text), payload));
    must(hy_format_value(type, code, payload, &style, &bytes));
    assert_bytes(&bytes, hex);
    must(hy_parse_parameter(arena, &given, code, bytes.data, bytes.len, &style, &value));
    must(hy_value_format(given, hy_value_payload(&value), &style, &back));
    assert_int_equal(back.len, strlen(text));
    assert_memory_equal(back.data, text, back.len);
    hy_buffer_free(&bytes);
    hy_buffer_free(&back);
}

static void test_hyper_binary(void **state)
{
    (void)state;
    check_both_ways(type_of("date", -1, -1), "2020-02-29", HY_FORMAT_CODE_HYPER, "1d852500");
    check_both_ways(
        type_of("time", -1, -1), "12:34:56.789012", HY_FORMAT_CODE_HYPER, "1426e68b0a000000");
    check_both_ways(type_of("timestamp", -1, -1), "2020-02-29 12:34:56.789012",
        HY_FORMAT_CODE_HYPER, "14062cb2f3c5f202");
    check_both_ways(type_of("interval", -1, -1), "P1Y2M3DT4H5M6.000007S", HY_FORMAT_CODE_HYPER,
        "87c08b6c03000000030000000e000000");
    check_both_ways(
        type_of("numeric", 18, 3), "-12345.678", HY_FORMAT_CODE_HYPER, "b29e43ffffffffff");
    check_both_ways(type_of("numeric", 30, 10), "12345678901234567890.0123456789",
        HY_FORMAT_CODE_HYPER, "15d5040ceee073c3f60fe98e01000000");
}

static void test_postgres_binary(void **state)
{
    (void)state;
    HyType numeric = type_of("numeric", 18, 4);
    check_both_ways(type_of("integer", -1, -1), "41", HY_FORMAT_CODE_BINARY, "00000029");
    check_both_ways(type_of("date", -1, -1), "2020-02-29", HY_FORMAT_CODE_BINARY, "00001cc4");
    check_both_ways(numeric, "1.5000", HY_FORMAT_CODE_BINARY, "000200000000000400011388");
    check_both_ways(numeric, "-0.0001", HY_FORMAT_CODE_BINARY, "0001ffff400000040001");
    check_both_ways(numeric, "10000.0000", HY_FORMAT_CODE_BINARY, "00010001000000040001");
    check_both_ways(numeric, "0.0000", HY_FORMAT_CODE_BINARY, "0000000000000004");
}

static void test_hyper_arrays(void **state)
{
    static const struct {
        const char *element, *text, *hex;
    } cases[] = {
        {"integer", "[1,NULL,3]", "01000000000000000300000002"},
        {"text", "[\"a\",\"bc\",NULL,\"\"]", "040000000100000003000000030000000300000004616263"},
        {"text", "[]", ""},
    };
    (void)state;
    for (size_t i = 0; i < HY_ARRAY_LEN(cases); i++) {
        HyType element = type_of(cases[i].element, -1, -1);
        HyType type = hy_type(HY_TYPE_ARRAY);
        uint8_t payload[16];
        HyBuffer bytes = {0};
        type.element = &element;
        must(hy_value_parse(arena, type, &style, cases[i].text, strlen(cases[i].text), payload));
        must(hy_format_value(type, HY_FORMAT_CODE_HYPER, payload, &style, &bytes));
        assert_bytes(&bytes, cases[i].hex);
        hy_buffer_free(&bytes);
    }
}

/* ---- COPY ---- */

/* Gives its bytes in steps of a few. */
typedef struct SlowReader {
    HyByteReader reader;
    const char *data;
    size_t len;
    size_t step;
} SlowReader;

static HyStatus read_slowly(HyByteReader *self, void *data, size_t capacity, size_t *len)
{
    SlowReader *slow = (SlowReader *)self;
    *len = slow->len < slow->step ? slow->len : slow->step;
    assert_true(*len <= capacity);
    memcpy(data, slow->data, *len);
    slow->data += *len;
    slow->len -= *len;
    return HY_OK;
}

static HyInstance *instance;
static HySession *session;

static void run(const char *sql)
{
    HyResult *result;
    must(hy_session_execute(session, sql, strlen(sql), &result));
    hy_result_destroy(result);
}

/* The rows that a stream gives, or the SQLSTATE of its failure. */
static int64_t copy(const char *data, size_t len, size_t step, bool sanitize, char sqlstate[6])
{
    HyBulkInsertOptions options = {.table = "t"};
    SlowReader slow = {{.read = read_slowly}, data, len, step};
    HyBulkInsert *insert;
    int64_t n_rows = -1;
    must(hy_bulk_insert_create(session, &options, &insert));
    HyStatus st = hy_hyper_binary_read(&slow.reader, sanitize, insert);
    if (!st)
        st = hy_bulk_insert_finish(insert, &n_rows);
    hy_bulk_insert_destroy(insert);
    (void)snprintf(sqlstate, 6, "%s", st ? st->sqlstate : "");
    hy_error_free(st);
    return n_rows;
}

#define HEADER "HPRCPY\0\0\0\0\0\0\0\0\0\0\0\0\0"

static void test_copy(void **state)
{
    /* (1, 'ab'), (2, NULL), (3, ''): an integer that is not null, a text that may be. */
    static const char good[] = HEADER "\1\0\0\0\0\2\0\0\0ab\2\0\0\0\1\3\0\0\0\0\0\0\0\0";
    static const char bad_utf8[] = HEADER "\1\0\0\0\0\2\0\0\0\xff\xfe";
    char sqlstate[6];
    (void)state;
    for (size_t step = 1; step < 40; step += 3) {
        assert_int_equal(copy(good, sizeof good - 1, step, false, sqlstate), 3);
        assert_string_equal(sqlstate, "");
    }
    for (size_t len = 0; len < sizeof good - 1; len++) {
        bool is_whole = len == 19 || len == 30 || len == 35;
        assert_int_equal(copy(good, len, 7, false, sqlstate) >= 0, is_whole);
        assert_string_equal(sqlstate, is_whole ? "" : "22P04");
    }
    assert_int_equal(copy(bad_utf8, sizeof bad_utf8 - 1, 9, false, sqlstate), -1);
    assert_string_equal(sqlstate, "22021");
    assert_int_equal(copy(bad_utf8, sizeof bad_utf8 - 1, 9, true, sqlstate), 1);
}

static int set_up(void **state)
{
    (void)state;
    arena = hy_arena_create();
    hy_text_style_init(&style);
    must(hy_instance_create(NULL, 0, &instance));
    must(hy_session_open(instance, &session));
    run("CREATE TEMPORARY TABLE t(a integer NOT NULL, b text)");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    must(hy_session_close(session));
    hy_instance_destroy(instance);
    hy_arena_destroy(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hyper_binary),
        cmocka_unit_test(test_postgres_binary),
        cmocka_unit_test(test_hyper_arrays),
        cmocka_unit_test(test_copy),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
