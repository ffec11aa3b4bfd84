#include "io/charset.h"
#include "base/bytes.h"
#include "base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT     "\xEF\xBF\xBD" /* U+FFFD */
#define REPLACEMENT_LEN 3
#define HIGH_BITS       UINT64_C(0x8080808080808080)

typedef enum Utf16 { UTF16_NONE, UTF16_BY_MARK, UTF16_LITTLE, UTF16_BIG } Utf16;

struct HyCharset {
    HyCharsetKind kind;
    Utf16 utf16;
    char name[40];
    char iconv_name[40]; /* as iconv knows it; STREAM other than UTF-16 */
    /* SINGLE_BYTE: UTF-8 of the bytes from 0x80: length in the first byte, 0: no character */
    uint8_t table[128][4];
};

/* ---- Names ---- */

/* Lower case without separators: "ISO_8859-1" and "iso8859-1" are the same. */
static void squeeze(const char *name, char out[40])
{
    size_t n = 0;
    for (; *name && n + 1 < 40; name++)
        if (isalnum((unsigned char)*name))
            out[n++] = (char)tolower((unsigned char)*name);
    out[n] = 0;
}

static bool is_any(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

static void set_entry(HyCharset *charset, size_t byte, uint32_t code_point)
{
    uint8_t *entry = charset->table[byte - 0x80];
    entry[0] = (uint8_t)hy_utf8_encode(code_point, (char *)entry + 1);
}

static void fill_latin1(HyCharset *charset)
{
    charset->kind = HY_CHARSET_SINGLE_BYTE;
    for (uint32_t byte = 0x80; byte < 0x100; byte++)
        set_entry(charset, byte, byte);
}

/* The Unicode consortium's cp1252.txt; 0: not a character. */
static const uint16_t windows1252[32] = {0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178};

static bool known_name(HyCharset *charset, const char *squeezed)
{
    static const char *const utf8[] = {"utf8", "unicode11utf8", NULL};
    static const char *const utf16[] = {"utf16", NULL};
    static const char *const little[] = {"utf16le", NULL};
    static const char *const big[] = {"utf16be", NULL};
    static const char *const latin1[] = {
        "latin1", "iso88591", "l1", "cp819", "ibm819", "iso885911987", NULL};
    static const char *const cp1252[] = {"windows1252", "cp1252", "ansi", NULL};
    charset->kind = HY_CHARSET_STREAM;
    if (is_any(squeezed, utf8)) {
        charset->kind = HY_CHARSET_UTF8;
    } else if (is_any(squeezed, utf16)) {
        charset->utf16 = UTF16_BY_MARK;
    } else if (is_any(squeezed, little)) {
        charset->utf16 = UTF16_LITTLE;
    } else if (is_any(squeezed, big)) {
        charset->utf16 = UTF16_BIG;
    } else if (is_any(squeezed, latin1)) {
        fill_latin1(charset);
    } else if (is_any(squeezed, cp1252)) {
        fill_latin1(charset);
        for (size_t i = 0; i < 32; i++) {
            set_entry(charset, 0x80 + i, windows1252[i]);
            if (!windows1252[i])
                charset->table[i][0] = 0;
        }
    } else {
        return false;
    }
    return true;
}

/* ---- Sets that only iconv knows ---- */

static iconv_t open_iconv(HyCharset *charset, const char *squeezed)
{
    const char *spellings[2] = {charset->name, squeezed};
    for (size_t i = 0; i < 2; i++) {
        if (strchr(spellings[i], '/')) /* //IGNORE and the like are not names */
            continue;
        iconv_t converter = iconv_open("UTF-8", spellings[i]);
        if (converter != (iconv_t)-1) {
            memcpy(charset->iconv_name, spellings[i], strlen(spellings[i]) + 1);
            return converter;
        }
    }
    return (iconv_t)-1;
}

/* One byte alone: 1 a character of its own, 0 none, -1 the beginning of a longer one. */
static int convert_byte(iconv_t converter, uint8_t byte, uint8_t entry[4])
{
    char in = (char)byte, out[8] = {0};
    char *in_next = &in, *out_next = out;
    size_t in_left = 1, out_left = sizeof out;
    (void)iconv(converter, NULL, NULL, NULL, NULL);
    size_t code = iconv(converter, &in_next, &in_left, &out_next, &out_left);
    if (code == (size_t)-1)
        return errno == EILSEQ ? 0 : -1;
    size_t len = sizeof out - out_left;
    if (len == 0 || len > 3)
        return -1;
    entry[0] = (uint8_t)len;
    memcpy(entry + 1, out, len);
    return 1;
}

static bool is_single_byte(iconv_t converter, uint8_t table[128][4])
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t entry[4] = {0};
        int found = convert_byte(converter, (uint8_t)byte, entry);
        if (found < 0)
            return false;
        if (byte < 0x80 && (found == 0 || entry[0] != 1 || entry[1] != byte))
            return false;
        if (byte >= 0x80)
            memcpy(table[byte - 0x80], entry, 4);
    }
    return true;
}

HyStatus hy_charset_open(const char *name, HyCharset **out)
{
    char squeezed[40];
    if (!name)
        name = "utf-8";
    HyCharset *charset = calloc(1, sizeof *charset);
    if (!charset)
        return hy_error_oom(sizeof *charset);
    squeeze(name, squeezed);
    if (strlen(name) < sizeof charset->name) {
        memcpy(charset->name, name, strlen(name) + 1);
        if (known_name(charset, squeezed)) {
            *out = charset;
            return HY_OK;
        }
        iconv_t converter = open_iconv(charset, squeezed);
        if (converter != (iconv_t)-1) {
            if (is_single_byte(converter, charset->table))
                charset->kind = HY_CHARSET_SINGLE_BYTE;
            iconv_close(converter);
            *out = charset;
            return HY_OK;
        }
    }
    free(charset);
    return hy_error_hint(hy_error("42601", "invalid encoding: %s", name),
        "use 'utf-8', 'utf-16', 'utf-16-le', 'utf-16-be', 'latin-1', 'windows-1252' or another "
        "name that iconv knows");
}

void hy_charset_close(HyCharset *charset)
{
    free(charset);
}

HyCharsetKind hy_charset_kind(const HyCharset *charset)
{
    return charset->kind;
}

const char *hy_charset_name(const HyCharset *charset)
{
    return charset->name;
}

/* ---- Text in memory ---- */

size_t hy_charset_decode(
    const HyCharset *charset, const char *text, size_t len, char *out, bool *is_bad)
{
    char *next = out;
    for (size_t i = 0; i < len; i++) {
        while (len - i >= 8 && !(hy_load_u64(text + i) & HIGH_BITS)) {
            memcpy(next, text + i, 8);
            next += 8;
            i += 8;
        }
        if (i == len)
            break;
        uint8_t byte = (uint8_t)text[i];
        if (byte < 0x80) {
            *next++ = (char)byte;
            continue;
        }
        const uint8_t *entry = charset->table[byte - 0x80];
        size_t n = entry[0] ? entry[0] : REPLACEMENT_LEN;
        memcpy(next, entry[0] ? (const char *)entry + 1 : REPLACEMENT, n);
        *is_bad = *is_bad || !entry[0];
        next += n;
    }
    return (size_t)(next - out);
}

/* Bytes that the malformed sequence at the start takes. */
static size_t malformed_length(const char *text, size_t len)
{
    uint8_t first = (uint8_t)text[0];
    size_t wanted = first < 0xC0 || first >= 0xFE ? 1
                    : first < 0xE0                ? 2
                    : first < 0xF0                ? 3
                    : first < 0xF8                ? 4
                    : first < 0xFC                ? 5
                                                  : 6;
    size_t n = 1;
    while (n < wanted && n < len && ((uint8_t)text[n] & 0xC0) == 0x80)
        n++;
    return n;
}

size_t hy_utf8_sanitize(const char *text, size_t len, char *out)
{
    size_t from = 0, to = 0;
    while (from < len) {
        size_t valid;
        (void)hy_utf8_validate(text + from, len - from, &valid);
        if (valid)
            memcpy(out + to, text + from, valid);
        from += valid;
        to += valid;
        if (from == len)
            break;
        memcpy(out + to, REPLACEMENT, REPLACEMENT_LEN);
        to += REPLACEMENT_LEN;
        from += malformed_length(text + from, len - from);
    }
    return to;
}

/* ---- Streams ---- */

#define INPUT_BYTES ((size_t)64 << 10)

typedef struct CharsetReader {
    HyByteReader reader;
    HyByteReader *inner;
    const HyCharset *charset;
    const char *name;
    bool sanitize;
    bool is_big;   /* UTF-16 */
    bool is_begun; /* the mark was looked for */
    bool is_ended; /* inner has */
    iconv_t converter;
    size_t in_begin, in_end;   /* input not yet changed */
    size_t out_begin, out_end; /* output not yet given */
    char input[INPUT_BYTES];
    char output[2 * INPUT_BYTES];
} CharsetReader;

static HyStatus refill(CharsetReader *self)
{
    size_t n;
    memmove(self->input, self->input + self->in_begin, self->in_end - self->in_begin);
    self->in_end -= self->in_begin;
    self->in_begin = 0;
    HY_TRY(hy_byte_reader_fill(
        self->inner, self->input + self->in_end, INPUT_BYTES - self->in_end, &n));
    self->is_ended = n < INPUT_BYTES - self->in_end;
    self->in_end += n;
    return HY_OK;
}

static void replace(CharsetReader *self, size_t skipped)
{
    memcpy(self->output + self->out_end, REPLACEMENT, REPLACEMENT_LEN);
    self->out_end += REPLACEMENT_LEN;
    self->in_begin += skipped;
}

static HyStatus utf16_error(const CharsetReader *self, const char *what)
{
    HyStatus st = hy_error_detail(hy_error("XX001", "error converting UTF-16"),
        "Source %s lead to conversion error: %s.", self->name, what);
    return hy_error_hint(st, "Source is probably not UTF-16 or corrupted.");
}

static HyStatus mark_error(const CharsetReader *self, const char *given, const char *found)
{
    HyStatus st = hy_error_detail(
        hy_error("XX001", "error converting UTF-16: byte order mark mismatch"),
        "Source %s was specified to be in %s endian UTF-16 encoding but contains the byte order "
        "mark for %s endian UTF-16.",
        self->name, given, found);
    return hy_error_hint(st,
        "Source is probably %s endian UTF-16, use 'utf-16' or 'utf-16-%s' as "
        "encoding.",
        found, strcmp(found, "big") == 0 ? "be" : "le");
}

/* Without a mark "utf-16" is little endian, as the server takes it. */
static HyStatus skip_mark(CharsetReader *self)
{
    Utf16 how = self->charset->utf16;
    self->is_begun = true;
    self->is_big = how == UTF16_BIG;
    if (how == UTF16_NONE || self->in_end < 2)
        return HY_OK;
    uint16_t first = hy_load_u16(self->input);
    if (first == 0xFEFF && how == UTF16_BIG)
        return mark_error(self, "big", "little");
    if (first == 0xFFFE && how == UTF16_LITTLE)
        return mark_error(self, "little", "big");
    if (first == 0xFEFF || first == 0xFFFE) {
        self->in_begin = 2;
        self->is_big = first == 0xFFFE;
    }
    return HY_OK;
}

static uint16_t load_unit(const CharsetReader *self, size_t at)
{
    uint16_t unit = hy_load_u16(self->input + at);
    return self->is_big ? (uint16_t)(unit << 8 | unit >> 8) : unit;
}

/* Four ASCII characters at a time. */
static void copy_ascii_units(CharsetReader *self)
{
    const uint64_t rest =
        self->is_big ? UINT64_C(0x80FF80FF80FF80FF) : UINT64_C(0xFF80FF80FF80FF80);
    const int shift = self->is_big ? 8 : 0;
    while (self->in_end - self->in_begin >= 8) {
        uint64_t units = hy_load_u64(self->input + self->in_begin);
        if (units & rest)
            break;
        units >>= shift;
        units = (units | units >> 8) & UINT64_C(0x0000FFFF0000FFFF);
        hy_store_u32(self->output + self->out_end, (uint32_t)(units | units >> 16));
        self->out_end += 4;
        self->in_begin += 8;
    }
}

/* One character. *is_short: more input is needed. */
static HyStatus change_unit(CharsetReader *self, bool *is_short)
{
    uint32_t unit = load_unit(self, self->in_begin);
    size_t taken = 2;
    if (unit >= 0xDC00 && unit <= 0xDFFF) {
        if (!self->sanitize)
            return utf16_error(self, "expected a high surrogate, not a low surrogate");
        replace(self, 2);
        return HY_OK;
    }
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        bool has_next = self->in_end - self->in_begin >= 4;
        if (!has_next && !self->is_ended) {
            *is_short = true;
            return HY_OK;
        }
        uint32_t low = has_next ? load_unit(self, self->in_begin + 2) : 0;
        if (low < 0xDC00 || low > 0xDFFF) {
            if (!self->sanitize)
                return utf16_error(self, "expected a low surrogate");
            replace(self, 2);
            return HY_OK;
        }
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        taken = 4;
    }
    self->out_end += hy_utf8_encode(unit, self->output + self->out_end);
    self->in_begin += taken;
    return HY_OK;
}

static HyStatus change_utf16(CharsetReader *self)
{
    bool is_short = false;
    while (self->in_end - self->in_begin >= 2 && !is_short) {
        copy_ascii_units(self);
        if (self->in_end - self->in_begin >= 2)
            HY_TRY(change_unit(self, &is_short));
    }
    if (self->is_ended && self->in_end - self->in_begin == 1) {
        if (!self->sanitize)
            return hy_error_hint(
                hy_error_detail(hy_error("XX001",
                                    "error converting UTF-16: data has an uneven number of bytes"),
                    "Source %s has an uneven number of bytes.", self->name),
                "Source is probably not UTF-16 or corrupted.");
        replace(self, 1);
    }
    return HY_OK;
}

static HyStatus change_iconv(CharsetReader *self)
{
    while (self->in_begin < self->in_end) {
        char *in = self->input + self->in_begin, *out = self->output + self->out_end;
        size_t in_left = self->in_end - self->in_begin;
        size_t out_left = sizeof self->output - self->out_end;
        size_t code = iconv(self->converter, &in, &in_left, &out, &out_left);
        int errnum = errno;
        self->in_begin = self->in_end - in_left;
        self->out_end = sizeof self->output - out_left;
        if (code != (size_t)-1 || errnum == E2BIG)
            return HY_OK;
        if (errnum == EINVAL && !self->is_ended)
            return HY_OK; /* a character that continues in the next piece */
        if (!self->sanitize)
            return hy_error_detail(hy_error("22021", "invalid %s sequence", self->charset->name),
                "Source %s", self->name);
        if (out_left < REPLACEMENT_LEN)
            return HY_OK;
        replace(self, 1);
    }
    return HY_OK;
}

static HyStatus charset_read(HyByteReader *reader, void *data, size_t capacity, size_t *len)
{
    CharsetReader *self = (CharsetReader *)reader;
    while (self->out_begin == self->out_end) {
        self->out_begin = self->out_end = 0;
        if (!self->is_ended)
            HY_TRY(refill(self));
        if (!self->is_begun)
            HY_TRY(skip_mark(self));
        if (self->in_begin == self->in_end && self->is_ended)
            break;
        HY_TRY(self->charset->utf16 != UTF16_NONE ? change_utf16(self) : change_iconv(self));
    }
    size_t n = self->out_end - self->out_begin;
    if (n > capacity)
        n = capacity;
    memcpy(data, self->output + self->out_begin, n);
    self->out_begin += n;
    *len = n;
    return HY_OK;
}

static void charset_reader_destroy(HyByteReader *reader)
{
    CharsetReader *self = (CharsetReader *)reader;
    if (self->charset->utf16 == UTF16_NONE)
        iconv_close(self->converter);
    hy_byte_reader_destroy(self->inner);
    free(self);
}

HyStatus hy_charset_reader(const HyCharset *charset, HyByteReader *inner, const char *name,
    bool sanitize, HyByteReader **out)
{
    CharsetReader *self = malloc(sizeof *self);
    iconv_t converter = (iconv_t)-1;
    if (self && charset->utf16 == UTF16_NONE)
        converter = iconv_open("UTF-8", charset->iconv_name);
    if (!self || (charset->utf16 == UTF16_NONE && converter == (iconv_t)-1)) {
        free(self);
        hy_byte_reader_destroy(inner);
        return hy_error_oom(sizeof *self);
    }
    self->reader = (HyByteReader){charset_read, charset_reader_destroy};
    self->inner = inner;
    self->charset = charset;
    self->name = name;
    self->sanitize = sanitize;
    self->is_big = self->is_begun = self->is_ended = false;
    self->converter = converter;
    self->in_begin = self->in_end = self->out_begin = self->out_end = 0;
    *out = &self->reader;
    return HY_OK;
}
