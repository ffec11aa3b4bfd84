/* Text as codes and bytes: code points, hexadecimal and base64, checksums, and quoting for SQL. */
#include "base/keywords.h"
#include "func/digest.h"
#include "func/families.h"
#include "func/text_kernel.h"

/* ---- Code points ---- */

static uint32_t first_code_point(const HyString *s)
{
    uint32_t c = 0;
    (void)hy_utf8_decode(hy_string_data(s), s->len, &c);
    return c;
}

HY_TEXT_KERNEL(ascii, int32_t, {
    HyString s = hy_arg_string(&args[0], i);
    r = (int32_t)first_code_point(&s);
})

static HyStatus set_null(HyFuncEnv *env, HyVector *out, size_t n, size_t row)
{
    HY_TRY(hy_vector_need_validity(env->arena, out, n));
    hy_bitmap_clear(out->validity, row);
    return HY_OK;
}

HY_TEXT_KERNEL(try_ascii, int32_t, {
    HyString s = hy_arg_string(&args[0], i);
    if (s.len == 0)
        HY_TRY(set_null(env, out, n, i));
    r = (int32_t)first_code_point(&s);
})

HY_TEXT_KERNEL(chr, HyString, {
    int32_t code = ((const int32_t *)hy_vector_values(&args[0]))[hy_vector_index(&args[0], i)];
    char text[HY_UTF8_MAX_BYTES];
    if (code == 0)
        return hy_error(
            "22021", "the null (0) character is not permitted as an argument to `chr()`");
    size_t len = code < 0 ? 0 : hy_utf8_encode((uint32_t)code, text);
    if (len == 0)
        return hy_error("22021", "the argument is not a valid UTF-8 code point");
    r = hy_string_view(text, len);
})

/* The code points of doubles are cut to whole numbers. */
static HyStatus try_chr_row(double code, HyString *out, bool *is_known)
{
    char text[HY_UTF8_MAX_BYTES];
    if (!(code > -9.3e18 && code < 9.3e18))
        return hy_error("22003", "numeric overflow");
    size_t len = code >= 1 && code <= 0x10ffff ? hy_utf8_encode((uint32_t)code, text) : 0;
    *is_known = len > 0;
    *out = hy_string_view(text, len);
    return HY_OK;
}

HY_TEXT_KERNEL(try_chr, HyString, {
    double code = ((const double *)hy_vector_values(&args[0]))[hy_vector_index(&args[0], i)];
    bool is_known;
    HY_TRY(try_chr_row(code, &r, &is_known));
    if (!is_known)
        HY_TRY(set_null(env, out, n, i));
})

/* ---- Hexadecimal and base64 ---- */

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static HyStatus encode_hex(HyFuncEnv *env, const uint8_t *bytes, size_t len, HyString *out)
{
    char *text;
    HY_TRY(hy_text_room(env, 2 * len, &text));
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = hex_digits[bytes[i] >> 4];
        text[2 * i + 1] = hex_digits[bytes[i] & 15];
    }
    *out = hy_string_view(text, 2 * len);
    return HY_OK;
}

/* Lines of 76 digits when `line_feeds`, as MIME wants it. */
static HyStatus encode_base64(
    HyFuncEnv *env, const uint8_t *bytes, size_t len, bool line_feeds, HyString *out)
{
    char *text;
    size_t digits = (len + 2) / 3 * 4;
    size_t n = 0;
    HY_TRY(hy_text_room(env, digits + digits / 76, &text));
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (have > 1)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (have > 2)
            group |= bytes[i + 2];
        if (line_feeds && i > 0 && i % 57 == 0)
            text[n++] = '\n';
        for (size_t k = 0; k < 4; k++)
            text[n++] = k <= have ? base64_digits[(group >> (18 - 6 * k)) & 63] : '=';
    }
    *out = hy_string_view(text, n);
    return HY_OK;
}

/* Backslashes doubled, everything outside of ASCII (and zero) as \nnn in octal. */
static HyStatus encode_escape(HyFuncEnv *env, const uint8_t *bytes, size_t len, HyString *out)
{
    char *text;
    size_t n = 0;
    HY_TRY(hy_text_room(env, 4 * len, &text));
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = bytes[i];
        if (byte == 0 || byte >= 0x80) {
            text[n++] = '\\';
            text[n++] = (char)('0' + (byte >> 6));
            text[n++] = (char)('0' + ((byte >> 3) & 7));
            text[n++] = (char)('0' + (byte & 7));
        } else {
            if (byte == '\\')
                text[n++] = '\\';
            text[n++] = (char)byte;
        }
    }
    *out = hy_string_view(text, n);
    return HY_OK;
}

static bool is_named(const HyString *name, const char *wanted)
{
    return name->len == strlen(wanted) && strncasecmp(hy_string_data(name), wanted, name->len) == 0;
}

static HyStatus unknown_encoding(const HyString *name)
{
    return hy_error("22023", "unrecognized encoding '%.*s'", (int)name->len, hy_string_data(name));
}

HY_TEXT_KERNEL(encode, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    HyString format = hy_arg_string(&args[1], i);
    const uint8_t *bytes = (const uint8_t *)hy_string_data(&s);
    if (is_named(&format, "hex"))
        HY_TRY(encode_hex(env, bytes, s.len, &r));
    else if (is_named(&format, "base64"))
        HY_TRY(encode_base64(env, bytes, s.len, true, &r));
    else if (is_named(&format, "escape"))
        HY_TRY(encode_escape(env, bytes, s.len, &r));
    else
        return unknown_encoding(&format);
})

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static HyStatus decode_hex(HyFuncEnv *env, const char *text, size_t len, HyString *out)
{
    char *bytes;
    HY_TRY(hy_text_room(env, len / 2, &bytes));
    if (len % 2)
        return hy_error("22P02", "invalid bytes format");
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_value(text[i]);
        int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0)
            return hy_error("22P02", "invalid bytes format");
        bytes[i / 2] = (char)(high << 4 | low);
    }
    *out = hy_string_view(bytes, len / 2);
    return HY_OK;
}

static HyStatus unexpected(char c)
{
    return hy_error("22023", "unexpected '%c'", (unsigned char)c < 0x80 ? c : '?');
}

/* Whole groups of four digits, the last one padded with '='; blanks and line ends may stand between
 * digits. */
static HyStatus decode_base64(HyFuncEnv *env, const char *text, size_t len, HyString *out)
{
    char *bytes;
    size_t n = 0;
    size_t digits = 0;
    size_t padding = 0;
    uint32_t group = 0;
    HY_TRY(hy_text_room(env, len / 4 * 3 + 3, &bytes));
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            continue;
        const char *digit = c ? strchr(base64_digits, c) : NULL;
        if (c == '=' && digits % 4 >= 2)
            padding++;
        else if (!digit || padding)
            return unexpected(c);
        group = group << 6 | (digit && !padding ? (uint32_t)(digit - base64_digits) : 0);
        if (++digits % 4)
            continue;
        for (size_t k = 0; k < 3 - padding; k++)
            bytes[n++] = (char)(group >> (16 - 8 * k));
        if (padding && group & (padding == 1 ? 0xffu : 0xffffu)) /* bits that nothing holds */
            return unexpected(text[i - padding]);
    }
    if (digits % 4)
        return hy_error("22023", "invalid padding");
    *out = hy_string_view(bytes, n);
    return HY_OK;
}

static HyStatus decode_escape(HyFuncEnv *env, const char *text, size_t len, HyString *out)
{
    char *bytes;
    size_t n = 0;
    HY_TRY(hy_text_room(env, len, &bytes));
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\\') {
            bytes[n++] = text[i];
        } else if (i + 1 < len && text[i + 1] == '\\') {
            bytes[n++] = '\\';
            i++;
        } else if (i + 3 < len && text[i + 1] >= '0' && text[i + 1] <= '3' && text[i + 2] >= '0' &&
                   text[i + 2] <= '7' && text[i + 3] >= '0' && text[i + 3] <= '7') {
            bytes[n++] =
                (char)((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | (text[i + 3] - '0'));
            i += 3;
        } else {
            return hy_error("22P02", "invalid bytes format");
        }
    }
    *out = hy_string_view(bytes, n);
    return HY_OK;
}

HY_TEXT_KERNEL(decode, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    HyString format = hy_arg_string(&args[1], i);
    if (is_named(&format, "hex"))
        HY_TRY(decode_hex(env, hy_string_data(&s), s.len, &r));
    else if (is_named(&format, "base64"))
        HY_TRY(decode_base64(env, hy_string_data(&s), s.len, &r));
    else if (is_named(&format, "escape"))
        HY_TRY(decode_escape(env, hy_string_data(&s), s.len, &r));
    else
        return unknown_encoding(&format);
})

/* The digits of a number's two's complement, without leading zeros. */
static HyStatus hex_row(HyFuncEnv *env, uint64_t value, HyString *out)
{
    char *text;
    size_t len = value ? (67 - (size_t)__builtin_clzll(value)) / 4 : 1;
    HY_TRY(hy_text_room(env, len, &text));
    for (size_t i = 0; i < len; i++)
        text[i] = hex_digits[(value >> (4 * (len - 1 - i))) & 15];
    *out = hy_string_view(text, len);
    return HY_OK;
}

/* Its bytes from the most significant one on, without leading zeros. */
static HyStatus base64_row(HyFuncEnv *env, uint64_t value, HyString *out)
{
    uint8_t bytes[8];
    size_t len = value ? (71 - (size_t)__builtin_clzll(value)) / 8 : 1;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
    return encode_base64(env, bytes, len, false, out);
}

static uint32_t arg_bits4(const HyVector *v, size_t row)
{
    return ((const uint32_t *)hy_vector_values(v))[hy_vector_index(v, row)];
}

HY_TEXT_KERNEL(hex_int4, HyString, HY_TRY(hex_row(env, arg_bits4(&args[0], i), &r));)
HY_TEXT_KERNEL(hex_int8, HyString, HY_TRY(hex_row(env, (uint64_t)hy_arg_int8(&args[0], i), &r));)
HY_TEXT_KERNEL(hex_bytes, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    HY_TRY(encode_hex(env, (const uint8_t *)hy_string_data(&s), s.len, &r));
})
HY_TEXT_KERNEL(base64_int4, HyString, HY_TRY(base64_row(env, arg_bits4(&args[0], i), &r));)
HY_TEXT_KERNEL(
    base64_int8, HyString, HY_TRY(base64_row(env, (uint64_t)hy_arg_int8(&args[0], i), &r));)
HY_TEXT_KERNEL(base64_bytes, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    HY_TRY(encode_base64(env, (const uint8_t *)hy_string_data(&s), s.len, false, &r));
})

/* ---- Checksums ---- */

HY_TEXT_KERNEL(md5, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    uint8_t digest[HY_MD5_BYTES];
    hy_md5(hy_string_data(&s), s.len, digest);
    HY_TRY(encode_hex(env, digest, sizeof digest, &r));
})

HY_TEXT_KERNEL(sha256, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    char *digest;
    HY_TRY(hy_text_room(env, HY_SHA256_BYTES, &digest));
    hy_sha256(hy_string_data(&s), s.len, (uint8_t *)digest);
    r = hy_string_view(digest, HY_SHA256_BYTES);
})

/* ---- Quoting ---- */

static bool is_keyword(const HyString *s)
{
#define KEYWORD_TEXT(name, text, class, label) text,
#define KEYWORD_LIST(letter, list)             list(KEYWORD_TEXT)
    static const char *const words[] = {HY_KEYWORD_LETTERS(KEYWORD_LIST)};
#undef KEYWORD_TEXT
#undef KEYWORD_LIST
    size_t low = 0;
    size_t high = HY_ARRAY_LEN(words);
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = strncmp(words[mid], hy_string_data(s), s->len);
        if (c == 0)
            c = words[mid][s->len] != 0;
        if (c == 0)
            return true;
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

/* Whether the lexer reads the text unquoted as this very name. */
static bool is_plain_name(const HyString *s)
{
    const char *text = hy_string_data(s);
    for (size_t i = 0; i < s->len; i++) {
        char c = text[i];
        bool is_letter = (c >= 'a' && c <= 'z') || c == '_' || (c & 0x80);
        if (!is_letter && !(i > 0 && c >= '0' && c <= '9'))
            return false;
    }
    return s->len > 0 && !is_keyword(s);
}

/* `mark` around the text and doubled within it, and backslashes doubled too when `backslashes`. */
static HyStatus quote(HyFuncEnv *env, const HyString *s, char mark, const char *start,
    bool backslashes, HyString *out)
{
    const char *text = hy_string_data(s);
    size_t n = strlen(start);
    char *result;
    HY_TRY(hy_text_room(env, 2 * (size_t)s->len + n + 2, &result));
    memcpy(result, start, n);
    result[n++] = mark;
    for (size_t i = 0; i < s->len; i++) {
        if (text[i] == mark || (backslashes && text[i] == '\\'))
            result[n++] = text[i];
        result[n++] = text[i];
    }
    result[n++] = mark;
    *out = hy_string_view(result, n);
    return HY_OK;
}

HY_TEXT_KERNEL(quote_ident, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    if (is_plain_name(&s))
        r = s;
    else
        HY_TRY(quote(env, &s, '"', "", false, &r));
})

HY_TEXT_KERNEL(quote_literal, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    bool escaped = memchr(hy_string_data(&s), '\\', s.len) != NULL;
    HY_TRY(quote(env, &s, '\'', escaped ? "E" : "", escaped, &r));
})

static HyStatus resolve_quote_literal(HyFuncCall *call)
{
    HyType type = call->arg_types[0];
    if (!hy_type_is_text(type) || type.id == HY_TYPE_CHAR1)
        call->arg_types[0] = hy_type_nullable(hy_type(HY_TYPE_TEXT), type.nullable);
    hy_call_set(call, hy_type(HY_TYPE_TEXT), quote_literal, HY_SIG_PLAIN);
    return HY_OK;
}

static HyStatus resolve_chr(HyFuncCall *call)
{
    HY_TRY(hy_resolve_signatures(call));
    call->result.length = 1;
    return HY_OK;
}

/* ---- Registry ---- */

#define BYTEA HY_TYPE_BYTEA
#define INT4  HY_TYPE_INT4

static const HySignature ascii_sigs[] = {{1, {HY_T}, INT4, ascii, HY_SIG_PLAIN}};
static const HySignature try_ascii_sigs[] = {{1, {HY_T}, INT4, try_ascii, HY_SIG_MAY_NULL}};
static const HySignature chr_sigs[] = {{1, {INT4}, HY_TYPE_VARCHAR, chr, HY_SIG_CAN_FAIL}};
static const HySignature try_chr_sigs[] = {
    {1, {HY_TYPE_FLOAT8}, HY_TYPE_VARCHAR, try_chr, HY_SIG_CAN_FAIL | HY_SIG_MAY_NULL}};
static const HySignature encode_sigs[] = {{2, {BYTEA, HY_T}, HY_T, encode, HY_SIG_CAN_FAIL}};
static const HySignature decode_sigs[] = {{2, {HY_T, HY_T}, BYTEA, decode, HY_SIG_CAN_FAIL}};
static const HySignature to_hex_sigs[] = {{1, {INT4}, HY_T, hex_int4, HY_SIG_PLAIN},
    {1, {HY_I}, HY_T, hex_int8, HY_SIG_PLAIN}, {1, {BYTEA}, HY_T, hex_bytes, HY_SIG_CAN_FAIL}};
static const HySignature to_base64_sigs[] = {{1, {INT4}, HY_T, base64_int4, HY_SIG_PLAIN},
    {1, {HY_I}, HY_T, base64_int8, HY_SIG_PLAIN},
    {1, {BYTEA}, HY_T, base64_bytes, HY_SIG_CAN_FAIL}};
static const HySignature md5_sigs[] = {
    {1, {HY_T}, HY_T, md5, HY_SIG_PLAIN}, {1, {BYTEA}, HY_T, md5, HY_SIG_PLAIN}};
static const HySignature sha256_sigs[] = {
    {1, {HY_T}, BYTEA, sha256, HY_SIG_PLAIN}, {1, {BYTEA}, BYTEA, sha256, HY_SIG_PLAIN}};
static const HySignature quote_ident_sigs[] = {{1, {HY_T}, HY_T, quote_ident, HY_SIG_CAN_FAIL}};

#define CODE_FUNC(name, n, resolve, sigs, signature, doc)                                          \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_IMMUTABLE, n, n, resolve, sigs, signature, doc                    \
    }
static const HyFunc functions[] = {
    CODE_FUNC("ascii", 1, hy_resolve_signatures, HY_SIGNATURES(ascii_sigs),
        "ascii(text) -> integer", "The code point of the first character, 0 without one."),
    CODE_FUNC("try_ascii", 1, hy_resolve_signatures, HY_SIGNATURES(try_ascii_sigs),
        "try_ascii(text) -> integer", "The code point of the first character, NULL without one."),
    CODE_FUNC("chr", 1, resolve_chr, HY_SIGNATURES(chr_sigs), "chr(integer) -> varchar(1)",
        "The character of a code point."),
    CODE_FUNC("try_chr", 1, resolve_chr, HY_SIGNATURES(try_chr_sigs),
        "try_chr(number) -> varchar(1)", "The character of a code point, NULL if there is none."),
    CODE_FUNC("encode", 2, hy_resolve_signatures, HY_SIGNATURES(encode_sigs),
        "encode(bytea, 'hex' | 'base64' | 'escape') -> text", "Bytes as text."),
    CODE_FUNC("decode", 2, hy_resolve_signatures, HY_SIGNATURES(decode_sigs),
        "decode(text, 'hex' | 'base64' | 'escape') -> bytea",
        "The bytes that encode gave as text."),
    CODE_FUNC("to_hex", 1, hy_resolve_signatures, HY_SIGNATURES(to_hex_sigs),
        "to_hex(integer | bigint | bytea) -> text", "In hexadecimal digits."),
    CODE_FUNC("to_base64", 1, hy_resolve_signatures, HY_SIGNATURES(to_base64_sigs),
        "to_base64(integer | bigint | bytea) -> text",
        "In base64; integers as their bytes, the most significant first."),
    CODE_FUNC("md5", 1, hy_resolve_signatures, HY_SIGNATURES(md5_sigs), "md5(text | bytea) -> text",
        "MD5 checksum in hexadecimal digits."),
    CODE_FUNC("sha256", 1, hy_resolve_signatures, HY_SIGNATURES(sha256_sigs),
        "sha256(text | bytea) -> bytea", "SHA-256 checksum."),
    CODE_FUNC("quote_ident", 1, hy_resolve_signatures, HY_SIGNATURES(quote_ident_sigs),
        "quote_ident(text) -> text", "Quoted for use as a name in SQL, where that is needed."),
    CODE_FUNC("quote_literal", 1, resolve_quote_literal, NULL, "quote_literal(any) -> text",
        "Quoted as a string constant of SQL."),
};
HY_DEFINE_FAMILY(text_code, functions);
