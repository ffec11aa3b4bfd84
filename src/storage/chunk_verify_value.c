/* What no value of a column can be. Encodings and bounds do not tell: a block that has come under
 * another column's key decodes well. */
#include "base/utf8.h"
#include "storage/chunk_internal.h"
#include "types/numeric.h"

static const char *text_fault(HyType type, const HyString *s)
{
    const char *text = hy_string_data(s);
    size_t valid_len;
    if (!hy_utf8_validate(text, s->len, &valid_len))
        return "text that is not UTF-8";
    if (type.length > 0 && s->len > (size_t)type.length &&
        hy_utf8_length(text, s->len) > (size_t)type.length)
        return "text longer than the type allows";
    if (type.id == HY_TYPE_CHAR && s->len > 0 && text[s->len - 1] == ' ')
        return "char(n) with blanks at its end";
    return NULL;
}

const char *hy_chunk_value_fault(HyType type, const HyPayload *value)
{
    HyInt128 number;
    uint32_t code_point;
    switch (type.id) {
    case HY_TYPE_NUMERIC:
        number = hy_type_physical(type) == HY_PHYS_I64 ? (HyInt128)hy_load_i64(value->bytes)
                                                       : hy_load_i128(value->bytes);
        return hy_numeric_fits(number, type.precision) ? NULL : "numeric of too many digits";
    case HY_TYPE_TEXT:
    case HY_TYPE_VARCHAR:
    case HY_TYPE_CHAR:
    case HY_TYPE_JSON:
        return text_fault(type, &value->string);
    case HY_TYPE_CHAR1:
        code_point = hy_load_u32(value->bytes);
        return code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)
                   ? "character that does not exist"
                   : NULL;
    case HY_TYPE_TIME:
        return hy_load_u64(value->bytes) > (uint64_t)HY_MICROS_PER_DAY ? "time behind 24:00" : NULL;
    default:
        return NULL;
    }
}
