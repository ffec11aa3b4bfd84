/* Parts of text: substring, left, right, trim, pad, split; and where a part is: position, replace.
 * Positions count characters from 1. */
#include "func/families.h"
#include "func/text_collate.h"
#include "func/text_kernel.h"
#include "types/case_fold.h"

/* ---- substring, left, right ---- */

/* Characters [first, last) of the text, numbered from 0 and clipped to it. `s` may be a local copy:
 * a part that is longer than what a HyString holds itself points to bytes that are not the copy's.
 */
static HyString slice(HyString *s, int64_t first, int64_t last)
{
    const char *text = hy_string_data(s);
    if (first < 0)
        first = 0;
    if (last <= first)
        return hy_string_view("", 0);
    size_t from = hy_utf8_offset(text, s->len, (size_t)first);
    size_t count = (size_t)(last - first);
    size_t len = hy_utf8_offset(text + from, s->len - from, count);
    return hy_string_view(text + from, len);
}

HY_TEXT_KERNEL(substring_from, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    int64_t start = hy_arg_int8(&args[1], i);
    r = slice(&s, start > 0 ? start - 1 : 0, INT64_MAX);
})

static HyStatus substring_range(HyString *s, int64_t start, int64_t count, HyString *out)
{
    int64_t end;
    if (count < 0)
        return hy_error("22011", "negative substring length not allowed");
    if (__builtin_add_overflow(start, count, &end))
        end = INT64_MAX;
    int64_t first = start > INT64_MIN ? start - 1 : start;
    *out = slice(s, first, end == INT64_MAX ? end : end - 1);
    return HY_OK;
}

HY_TEXT_KERNEL(substring_from_for, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    HY_TRY(substring_range(&s, hy_arg_int8(&args[1], i), hy_arg_int8(&args[2], i), &r));
})

HY_TEXT_KERNEL(left, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    int64_t count = hy_arg_int8(&args[1], i);
    if (count < 0)
        count += (int64_t)hy_utf8_length(hy_string_data(&s), s.len);
    r = slice(&s, 0, count);
})

HY_TEXT_KERNEL(right, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    int64_t count = hy_arg_int8(&args[1], i);
    int64_t len = (int64_t)hy_utf8_length(hy_string_data(&s), s.len);
    r = slice(&s, count < 0 ? -count : len - count, len);
})

/* ---- trim and pad ---- */

/* Whether the character at text[0..step) is one of `set`. */
static bool in_set(const char *text, size_t step, const HyString *set)
{
    return hy_text_find(hy_string_data(set), set->len, text, step) != NULL;
}

static HyString trim(HyString *s, const HyString *set, bool at_start, bool at_end)
{
    const char *text = hy_string_data(s);
    size_t from = 0;
    size_t to = s->len;
    while (at_start && from < to) {
        uint32_t c;
        size_t step = hy_utf8_decode(text + from, to - from, &c);
        step = step ? step : 1;
        if (!in_set(text + from, step, set))
            break;
        from += step;
    }
    while (at_end && to > from) {
        size_t step = 1;
        while (to - step > from && ((unsigned char)text[to - step] & 0xC0) == 0x80)
            step++;
        if (!in_set(text + to - step, step, set))
            break;
        to -= step;
    }
    return hy_string_view(text + from, to - from);
}

#define TRIM_KERNEL(name, at_start, at_end)                                                        \
    HY_TEXT_KERNEL(name, HyString, {                                                               \
        HyString s = hy_arg_string(&args[0], i);                                                   \
        HyString set = call->n_args == 2 ? hy_arg_string(&args[1], i) : hy_string_view(" ", 1);    \
        r = trim(&s, &set, at_start, at_end);                                                      \
    })
TRIM_KERNEL(btrim, true, true)
TRIM_KERNEL(ltrim, true, false)
TRIM_KERNEL(rtrim, false, true)

/* Fills up to `width` characters with `fill` before (lpad) or behind; longer text is cut. */
static HyStatus pad(
    HyFuncEnv *env, HyString *s, int64_t width, const HyString *fill, bool before, HyString *out)
{
    const char *text = hy_string_data(s);
    const char *fill_text = hy_string_data(fill);
    int64_t len = (int64_t)hy_utf8_length(text, s->len);
    int64_t fill_len = (int64_t)hy_utf8_length(fill_text, fill->len);
    if (width <= len || fill_len == 0) {
        *out = slice(s, 0, width);
        return HY_OK;
    }
    int64_t missing = width - len;
    size_t whole = (size_t)(missing / fill_len);
    size_t part = hy_utf8_offset(fill_text, fill->len, (size_t)(missing % fill_len));
    size_t fill_bytes;
    if (__builtin_mul_overflow(whole, (size_t)fill->len, &fill_bytes))
        fill_bytes = SIZE_MAX / 2;
    fill_bytes += part;
    char *result;
    HY_TRY(hy_text_room(env, fill_bytes + s->len, &result));
    char *at = before ? result : result + s->len;
    for (size_t k = 0; k < whole; k++)
        memcpy(at + k * fill->len, fill_text, fill->len);
    memcpy(at + whole * fill->len, fill_text, part);
    memcpy(before ? result + fill_bytes : result, text, s->len);
    *out = hy_string_view(result, fill_bytes + s->len);
    return HY_OK;
}

#define PAD_KERNEL(name, before)                                                                   \
    HY_TEXT_KERNEL(name, HyString, {                                                               \
        HyString s = hy_arg_string(&args[0], i);                                                   \
        HyString fill = call->n_args == 3 ? hy_arg_string(&args[2], i) : hy_string_view(" ", 1);   \
        HY_TRY(pad(env, &s, hy_arg_int8(&args[1], i), &fill, before, &r));                         \
    })
PAD_KERNEL(lpad, true)
PAD_KERNEL(rpad, false)

/* ---- Searching ---- */

/* Character position of the first occurrence, 0 without one. */
static int32_t find_position(const HyFuncCall *call, const HyString *text, const HyString *needle)
{
    const char *t = hy_string_data(text);
    size_t match_len;
    const char *hit = hy_text_search(hy_call_search_collation(call), t, text->len,
        hy_string_data(needle), needle->len, &match_len);
    return hit ? (int32_t)hy_utf8_length(t, (size_t)(hit - t)) + 1 : 0;
}

HY_TEXT_KERNEL(strpos, int32_t, {
    HyString s = hy_arg_string(&args[0], i);
    HyString needle = hy_arg_string(&args[1], i);
    r = find_position(call, &s, &needle);
})
HY_TEXT_KERNEL(position, int32_t, {
    HyString needle = hy_arg_string(&args[0], i);
    HyString s = hy_arg_string(&args[1], i);
    r = find_position(call, &s, &needle);
})

static int32_t byte_position(const HyString *bytes, const HyString *needle)
{
    const char *b = hy_string_data(bytes);
    const char *hit = hy_text_find(b, bytes->len, hy_string_data(needle), needle->len);
    return hit ? (int32_t)(hit - b) + 1 : 0;
}

HY_TEXT_KERNEL(bytes_strpos, int32_t, {
    HyString s = hy_arg_string(&args[0], i);
    HyString needle = hy_arg_string(&args[1], i);
    r = byte_position(&s, &needle);
})
HY_TEXT_KERNEL(bytes_position, int32_t, {
    HyString needle = hy_arg_string(&args[0], i);
    HyString s = hy_arg_string(&args[1], i);
    r = byte_position(&s, &needle);
})

HY_TEXT_KERNEL(contains, uint8_t, {
    HyString s = hy_arg_string(&args[0], i);
    HyString part = hy_arg_string(&args[1], i);
    size_t match_len;
    r = hy_text_search(hy_call_search_collation(call), hy_string_data(&s), s.len,
            hy_string_data(&part), part.len, &match_len) != NULL;
})

static HyStatus contains_folded(
    HyFuncEnv *env, const HyString *s, const HyString *part, uint8_t *out)
{
    const char *text;
    const char *needle;
    size_t len;
    size_t needle_len;
    HY_TRY(hy_text_fold_case(env->arena, hy_string_data(s), s->len, &text, &len));
    HY_TRY(hy_text_fold_case(env->arena, hy_string_data(part), part->len, &needle, &needle_len));
    *out = hy_text_find(text, len, needle, needle_len) != NULL;
    return HY_OK;
}
HY_TEXT_KERNEL(icontains, uint8_t, {
    HyString s = hy_arg_string(&args[0], i);
    HyString part = hy_arg_string(&args[1], i);
    HY_TRY(contains_folded(env, &s, &part, &r));
})

HY_TEXT_KERNEL(starts_with, uint8_t, {
    HyString s = hy_arg_string(&args[0], i);
    HyString part = hy_arg_string(&args[1], i);
    const HyCollation *collation = hy_call_search_collation(call);
    if (collation)
        r = hy_collated_prefix(
                collation, hy_string_data(&s), s.len, hy_string_data(&part), part.len) != SIZE_MAX;
    else
        r = part.len <= s.len && memcmp(hy_string_data(&s), hy_string_data(&part), part.len) == 0;
})

static bool ends_collated(const HyCollation *collation, const HyString *s, const HyString *part)
{
    const char *text = hy_string_data(s);
    for (size_t at = 0; at <= s->len; at++) {
        if (at < s->len && ((unsigned char)text[at] & 0xC0) == 0x80)
            continue; /* inside a character */
        if (hy_collated_prefix(
                collation, text + at, s->len - at, hy_string_data(part), part->len) == s->len - at)
            return true;
    }
    return false;
}
HY_TEXT_KERNEL(ends_with, uint8_t, {
    HyString s = hy_arg_string(&args[0], i);
    HyString part = hy_arg_string(&args[1], i);
    const HyCollation *collation = hy_call_search_collation(call);
    r = collation ? ends_collated(collation, &s, &part)
                  : part.len <= s.len && memcmp(hy_string_data(&s) + s.len - part.len,
                                             hy_string_data(&part), part.len) == 0;
})

/* Every occurrence of `from` becomes `to`; an empty `from` changes nothing. */
static HyStatus replace_all(HyFuncEnv *env, const HyCollation *collation, HyString *s,
    const HyString *from, const HyString *to, HyString *out)
{
    const char *text = hy_string_data(s);
    const char *end = text + s->len;
    const char *part = hy_string_data(from);
    size_t len = s->len;
    size_t match_len;
    *out = *s;
    if (from->len == 0)
        return HY_OK;
    for (const char *at = text; (at = hy_text_search(collation, at, (size_t)(end - at), part,
                                     from->len, &match_len)) != NULL;
         at += match_len)
        len += (size_t)to->len - match_len;
    char *result;
    HY_TRY(hy_text_room(env, len, &result));
    char *write = result;
    for (const char *at = text;;) {
        const char *hit =
            hy_text_search(collation, at, (size_t)(end - at), part, from->len, &match_len);
        if (!hit && at == text)
            return HY_OK;
        size_t keep = (size_t)((hit ? hit : end) - at);
        memcpy(write, at, keep);
        write += keep;
        if (!hit)
            break;
        memcpy(write, hy_string_data(to), to->len);
        write += to->len;
        at = hit + match_len;
    }
    *out = hy_string_view(result, len);
    return HY_OK;
}

HY_TEXT_KERNEL(replace, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    HyString from = hy_arg_string(&args[1], i);
    HyString to = hy_arg_string(&args[2], i);
    HY_TRY(replace_all(env, hy_call_search_collation(call), &s, &from, &to, &r));
})

/* The n-th field (negative: from the end) between delimiters; empty when there is none. */
static HyStatus split_field(
    const HyCollation *collation, HyString *s, const HyString *delimiter, int64_t n, HyString *out)
{
    const char *text = hy_string_data(s);
    const char *end = text + s->len;
    const char *part = hy_string_data(delimiter);
    size_t match_len;
    if (n == 0)
        return hy_error("22023", "field position must not be zero");
    *out = hy_string_view("", 0);
    if (delimiter->len == 0) {
        if (n == 1 || n == -1)
            *out = *s;
        return HY_OK;
    }
    if (n < 0) { /* count the fields first */
        int64_t total = 1;
        for (const char *at = text; (at = hy_text_search(collation, at, (size_t)(end - at), part,
                                         delimiter->len, &match_len)) != NULL;
             at += match_len)
            total++;
        n += total + 1;
        if (n < 1)
            return HY_OK;
    }
    for (const char *at = text;; n--) {
        const char *hit =
            hy_text_search(collation, at, (size_t)(end - at), part, delimiter->len, &match_len);
        if (n == 1)
            *out = hy_string_view(at, (size_t)((hit ? hit : end) - at));
        if (n == 1 || !hit)
            return HY_OK;
        at = hit + match_len;
    }
}

HY_TEXT_KERNEL(split_part, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    HyString delimiter = hy_arg_string(&args[1], i);
    HY_TRY(
        split_field(hy_call_search_collation(call), &s, &delimiter, hy_arg_int8(&args[2], i), &r));
})

/* ---- overlay ---- */

/* Replaces `count` characters from position `start` on (negative: none). */
static HyStatus overlay_row(
    HyFuncEnv *env, HyString *s, const HyString *by, int64_t start, int64_t count, HyString *out)
{
    int64_t behind;
    start = start > 0 ? start - 1 : 0;
    if (__builtin_add_overflow(start, count > 0 ? count : 0, &behind))
        behind = INT64_MAX;
    HyString before = slice(s, 0, start);
    HyString rest = slice(s, behind, INT64_MAX);
    size_t len = (size_t)before.len + by->len + rest.len;
    char *text;
    HY_TRY(hy_text_room(env, len, &text));
    memcpy(text, hy_string_data(&before), before.len);
    memcpy(text + before.len, hy_string_data(by), by->len);
    memcpy(text + before.len + by->len, hy_string_data(&rest), rest.len);
    *out = hy_string_view(text, len);
    return HY_OK;
}

HY_TEXT_KERNEL(overlay, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    HyString by = hy_arg_string(&args[1], i);
    int64_t count = call->n_args == 4 ? hy_arg_int8(&args[3], i) : 1; /* as the original */
    HY_TRY(overlay_row(env, &s, &by, hy_arg_int8(&args[2], i), count, &r));
})

/* ---- bytea ---- */

static HyStatus bytes_range(HyString *s, int64_t start, int64_t count, HyString *out)
{
    int64_t end;
    if (count < 0)
        return hy_error("22011", "negative substring length not allowed");
    if (__builtin_add_overflow(start, count, &end))
        end = INT64_MAX;
    int64_t from = start > 1 ? start - 1 : 0;
    int64_t to = end - 1 < (int64_t)s->len ? end - 1 : (int64_t)s->len;
    *out = from < to ? hy_string_view(hy_string_data(s) + from, (size_t)(to - from))
                     : hy_string_view("", 0);
    return HY_OK;
}

HY_TEXT_KERNEL(bytes_substring, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    int64_t count = call->n_args == 3 ? hy_arg_int8(&args[2], i) : INT64_MAX;
    HY_TRY(bytes_range(&s, hy_arg_int8(&args[1], i), count, &r));
})

HY_TEXT_KERNEL(bytes_btrim, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    HyString set = hy_arg_string(&args[1], i);
    const char *bytes = hy_string_data(&s);
    size_t from = 0;
    size_t to = s.len;
    while (from < to && memchr(hy_string_data(&set), bytes[from], set.len))
        from++;
    while (to > from && memchr(hy_string_data(&set), bytes[to - 1], set.len))
        to--;
    r = hy_string_view(bytes + from, to - from);
})

/* ---- Registry ---- */

#define BYTEA HY_TYPE_BYTEA
#define CHAR  HY_TYPE_CHAR

static const HySignature substring_sigs[] = {{2, {HY_T, HY_I}, HY_T, substring_from, HY_SIG_PLAIN},
    {3, {HY_T, HY_I, HY_I}, HY_T, substring_from_for, HY_SIG_CAN_FAIL},
    {2, {BYTEA, HY_I}, BYTEA, bytes_substring, HY_SIG_PLAIN},
    {3, {BYTEA, HY_I, HY_I}, BYTEA, bytes_substring, HY_SIG_CAN_FAIL}};
static const HySignature left_sigs[] = {{2, {HY_T, HY_I}, HY_T, left, HY_SIG_PLAIN}};
static const HySignature right_sigs[] = {{2, {HY_T, HY_I}, HY_T, right, HY_SIG_PLAIN}};
static const HySignature btrim_sigs[] = {{1, {HY_T}, HY_T, btrim, HY_SIG_PLAIN},
    {2, {HY_T, HY_T}, HY_T, btrim, HY_SIG_PLAIN}, {1, {CHAR}, CHAR, btrim, HY_SIG_PLAIN},
    {2, {CHAR, HY_T}, CHAR, btrim, HY_SIG_PLAIN},
    {2, {BYTEA, BYTEA}, BYTEA, bytes_btrim, HY_SIG_PLAIN}};
static const HySignature ltrim_sigs[] = {{1, {HY_T}, HY_T, ltrim, HY_SIG_PLAIN},
    {2, {HY_T, HY_T}, HY_T, ltrim, HY_SIG_PLAIN}, {1, {CHAR}, CHAR, ltrim, HY_SIG_PLAIN},
    {2, {CHAR, HY_T}, CHAR, ltrim, HY_SIG_PLAIN}};
static const HySignature rtrim_sigs[] = {{1, {HY_T}, HY_T, rtrim, HY_SIG_PLAIN},
    {2, {HY_T, HY_T}, HY_T, rtrim, HY_SIG_PLAIN}, {1, {CHAR}, CHAR, rtrim, HY_SIG_PLAIN},
    {2, {CHAR, HY_T}, CHAR, rtrim, HY_SIG_PLAIN}};
static const HySignature lpad_sigs[] = {{2, {HY_T, HY_I}, HY_T, lpad, HY_SIG_CAN_FAIL},
    {3, {HY_T, HY_I, HY_T}, HY_T, lpad, HY_SIG_CAN_FAIL}};
static const HySignature rpad_sigs[] = {{2, {HY_T, HY_I}, HY_T, rpad, HY_SIG_CAN_FAIL},
    {3, {HY_T, HY_I, HY_T}, HY_T, rpad, HY_SIG_CAN_FAIL}};
static const HySignature strpos_sigs[] = {{2, {HY_T, HY_T}, HY_TYPE_INT4, strpos, HY_SIG_PLAIN},
    {2, {BYTEA, BYTEA}, HY_TYPE_INT4, bytes_strpos, HY_SIG_PLAIN}};
static const HySignature position_sigs[] = {{2, {HY_T, HY_T}, HY_TYPE_INT4, position, HY_SIG_PLAIN},
    {2, {BYTEA, BYTEA}, HY_TYPE_INT4, bytes_position, HY_SIG_PLAIN}};
static const HySignature contains_sigs[] = {
    {2, {HY_T, HY_T}, HY_TYPE_BOOL, contains, HY_SIG_PLAIN}};
static const HySignature icontains_sigs[] = {
    {2, {HY_T, HY_T}, HY_TYPE_BOOL, icontains, HY_SIG_PLAIN}};
static const HySignature overlay_sigs[] = {{3, {HY_T, HY_T, HY_I}, HY_T, overlay, HY_SIG_CAN_FAIL},
    {4, {HY_T, HY_T, HY_I, HY_I}, HY_T, overlay, HY_SIG_CAN_FAIL}};
static const HySignature starts_sigs[] = {
    {2, {HY_T, HY_T}, HY_TYPE_BOOL, starts_with, HY_SIG_PLAIN}};
static const HySignature ends_sigs[] = {{2, {HY_T, HY_T}, HY_TYPE_BOOL, ends_with, HY_SIG_PLAIN}};
static const HySignature replace_sigs[] = {{3, {HY_T, HY_T, HY_T}, HY_T, replace, HY_SIG_CAN_FAIL}};
static const HySignature split_sigs[] = {
    {3, {HY_T, HY_T, HY_I}, HY_T, split_part, HY_SIG_CAN_FAIL}};

#define FUNC(name, n_min, n_max, resolve, sigs, signature, doc)                                    \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_IMMUTABLE, n_min, n_max, resolve, HY_SIGNATURES(sigs), signature, \
            doc                                                                                    \
    }
#define TEXT_FUNC(name, n_min, n_max, sigs, signature, doc)                                        \
    FUNC(name, n_min, n_max, hy_resolve_signatures, sigs, signature, doc)
#define TRIM_FUNC(name, n_min, n_max, sigs, signature, doc)                                        \
    FUNC(name, n_min, n_max, hy_resolve_keeping_char, sigs, signature, doc)
#define SEARCH_FUNC(name, n_min, n_max, sigs, signature, doc)                                      \
    FUNC(name, n_min, n_max, hy_resolve_search, sigs, signature, doc)
static const HyFunc functions[] = {
    TEXT_FUNC("substring", 2, 3, substring_sigs, "substring(text FROM n [FOR count]) -> text",
        "The part from the n-th character on."),
    TEXT_FUNC("substr", 2, 3, substring_sigs, "substr(text, n [, count]) -> text",
        "The part from the n-th character on."),
    TEXT_FUNC("left", 2, 2, left_sigs, "left(text, n integer) -> text",
        "The first n characters; with negative n all but the last |n|."),
    TEXT_FUNC("right", 2, 2, right_sigs, "right(text, n integer) -> text",
        "The last n characters; with negative n all but the first |n|."),
    TEXT_FUNC("ltrunc", 2, 2, left_sigs, "ltrunc(text, n integer) -> text",
        "The first n characters; with negative n all but the last |n|."),
    TEXT_FUNC("rtrunc", 2, 2, right_sigs, "rtrunc(text, n integer) -> text",
        "The last n characters; with negative n all but the first |n|."),
    TEXT_FUNC("overlay", 3, 4, overlay_sigs, "overlay(text PLACING by FROM n [FOR count]) -> text",
        "`count` (1) characters from the n-th on replaced."),
    TRIM_FUNC("btrim", 1, 2, btrim_sigs, "btrim(text [, characters text]) -> text",
        "Without these characters (blanks) at both ends."),
    TRIM_FUNC("ltrim", 1, 2, ltrim_sigs, "ltrim(text [, characters text]) -> text",
        "Without these characters (blanks) at the start."),
    TRIM_FUNC("rtrim", 1, 2, rtrim_sigs, "rtrim(text [, characters text]) -> text",
        "Without these characters (blanks) at the end."),
    TEXT_FUNC("lpad", 2, 3, lpad_sigs, "lpad(text, width integer [, fill text]) -> text",
        "Filled up at the start to `width` characters, or cut."),
    TEXT_FUNC("rpad", 2, 3, rpad_sigs, "rpad(text, width integer [, fill text]) -> text",
        "Filled up at the end to `width` characters, or cut."),
    SEARCH_FUNC("strpos", 2, 2, strpos_sigs, "strpos(text, part text) -> integer",
        "Where the part first stands, 0 if nowhere."),
    SEARCH_FUNC("position", 2, 2, position_sigs, "position(part IN text) -> integer",
        "Where the part first stands, 0 if nowhere."),
    SEARCH_FUNC("contains", 2, 2, contains_sigs, "contains(text, part text) -> boolean",
        "Whether the part stands somewhere in the text."),
    TEXT_FUNC("icontains", 2, 2, icontains_sigs, "icontains(text, part text) -> boolean",
        "contains without regard to case."),
    SEARCH_FUNC("starts_with", 2, 2, starts_sigs, "starts_with(text, part text) -> boolean",
        "Whether the text begins with the part."),
    SEARCH_FUNC("ends_with", 2, 2, ends_sigs, "ends_with(text, part text) -> boolean",
        "Whether the text ends with the part."),
    SEARCH_FUNC("replace", 3, 3, replace_sigs, "replace(text, from text, to text) -> text",
        "Every occurrence of `from` replaced."),
    SEARCH_FUNC("split_part", 3, 3, split_sigs,
        "split_part(text, delimiter text, n integer) -> text",
        "The n-th field between delimiters."),
};
HY_DEFINE_FAMILY(text_part, functions);
