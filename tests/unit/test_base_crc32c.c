#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/hash.h"
#include "unit_test.h"

/* The definition, bit by bit. */
static uint32_t by_bits(uint32_t crc, const unsigned char *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (crc >> 1) ^ UINT32_C(0x82F63B78) : crc >> 1;
    }
    return crc;
}

static void known_vectors(void **state)
{
    (void)state;
    /* RFC 3720, B.4, has the usual inversions. */
    assert_int_equal(~hy_crc32c(UINT32_MAX, "123456789", 9), 0xE3069283);
    unsigned char zeros[32] = {0};
    assert_int_equal(~hy_crc32c(UINT32_MAX, zeros, sizeof zeros), 0x8A9136AA);
    assert_int_equal(hy_crc32c(0x1234, NULL, 0), 0x1234);
}

/* spec/hyper-file-format.md section 12: the live header page of one_int.hyper. */
static void header_page_of_a_genuine_file(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        uint64_t value;
    } words[] = {{0x08, 0x0000000000020001}, {0x20, 0x66f7}, {0x28, 0x000066f700000000}, {0x30, 2},
        {0x38, 0x10000}, {0x40, 0x8540}, {0x48, 0x3070}, {0x50, 0x3080},
        {0x60, 0x02f38739ecf617e0}};
    unsigned char page[4096] = {0};
    for (size_t i = 0; i < HY_ARRAY_LEN(words); i++)
        hy_store_u64(page + words[i].offset, words[i].value);
    memcpy(page, "Hyper\10\0\0", 8);
    assert_int_equal(hy_crc32c(0, page, 0xffc), 0xccb1c30a);
    hy_store_u32(page + 0xffc, 0xccb1c30a);
    assert_int_equal(hy_crc32c(0, page, sizeof page), 0); /* data and checksum give 0 */
}

/* All lengths around the limits of the three stretches, unaligned, with start values and in two
 * parts. */
static void all_forms_agree(void **state)
{
    (void)state;
    static const size_t around[] = {0, 8, 383, 384, 400, 768, 6140, 6144, 6144 + 384 + 7, 20000};
    unsigned char *data = malloc(20100);
    for (size_t i = 0; i < 20100; i++)
        data[i] = (unsigned char)hy_hash_u64(i);
    for (size_t i = 0; i < HY_ARRAY_LEN(around); i++) {
        for (size_t more = 0; more < 12; more++) {
            const unsigned char *p = data + more;
            size_t len = around[i] + more;
            uint32_t expected = by_bits(0x1234, p, len);
            assert_int_equal(hy_crc32c(0x1234, p, len), expected);
            assert_int_equal(hy_crc32c_portable(0x1234, p, len), expected);
            uint32_t first = hy_crc32c(0x1234, p, len / 3);
            assert_int_equal(hy_crc32c(first, p + len / 3, len - len / 3), expected);
        }
    }
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_vectors),
        cmocka_unit_test(header_page_of_a_genuine_file),
        cmocka_unit_test(all_forms_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
