/* Character sets of text files, by the names that iconv knows, and their change to UTF-8.
 *
 * Three kinds differ in when they are changed. UTF-8 stays as it is. Sets of one byte per character
 * that contain ASCII (Latin-1, Windows-1252, KOI8-R, ..) can be searched for ASCII characters as
 * they are, and only the fields that need it are changed, by a table. All others (UTF-16, Shift
 * JIS, GB 18030, ..) are changed while they are read. */
#ifndef HY_IO_CHARSET_H
#define HY_IO_CHARSET_H

#include "io/byte_stream.h"

typedef struct HyCharset HyCharset;

typedef enum HyCharsetKind {
    HY_CHARSET_UTF8,
    HY_CHARSET_SINGLE_BYTE,
    HY_CHARSET_STREAM /* only through hy_charset_reader */
} HyCharsetKind;

/* "utf-8", "latin-1", "iso-8859-5", "windows-1252", "utf-16", "utf-16-le", "shift_jis", ..; upper
 * or lower case. NULL is UTF-8. Errors: 42601 "invalid encoding: ..". */
HyStatus hy_charset_open(const char *name, HyCharset **out) HY_MUST_CHECK;
void hy_charset_close(HyCharset *charset); /* NULL is fine */
HyCharsetKind hy_charset_kind(const HyCharset *charset);
const char *hy_charset_name(const HyCharset *charset);

/* SINGLE_BYTE: writes the text as UTF-8, at most 3 * len bytes, and returns its length. Bytes that
 * are no character become U+FFFD and set *is_bad, which is not cleared. Any thread. */
size_t hy_charset_decode(
    const HyCharset *charset, const char *text, size_t len, char *out, bool *is_bad);

/* STREAM: UTF-8 of what `inner` gives, which it takes in any case. sanitize: what is no character
 * becomes U+FFFD; else 22021, or XX001 for UTF-16. `charset` and `name` outlive the reader. */
HyStatus hy_charset_reader(const HyCharset *charset, HyByteReader *inner, const char *name,
    bool sanitize, HyByteReader **out) HY_MUST_CHECK;

/* Copies text that may be malformed UTF-8: each malformed sequence (a first byte and those of the
 * continuation bytes that it asks for, or a lone continuation byte) becomes one U+FFFD. Writes at
 * most 3 * len bytes; returns the length. */
size_t hy_utf8_sanitize(const char *text, size_t len, char *out);

#endif
