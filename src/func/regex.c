#define PCRE2_CODE_UNIT_WIDTH 8

#include "func/regex.h"

#include "func/regex_syntax.h"

#include <pcre2.h>
#include <stdlib.h>

#define NESTING_LIMIT 1000
/* Steps after which a match by backtracking is given up: about 20 ms. */
#define MATCH_LIMIT      1000000
#define DFA_FIRST_ROOM   1000
#define DFA_LARGEST_ROOM 10000000

struct HyRegex {
    pcre2_code *code;
    uint32_t n_groups;
    uint32_t options;
    char *translated; /* kept for hy_regex_test's second way */
    size_t translated_len;
};

struct HyRegexMatch {
    pcre2_match_data *data;
    pcre2_match_context *context;
};

static HyStatus invalid_pattern(const char *pattern, size_t len)
{
    return hy_error_detail(hy_error("2201B", "invalid regular expression"),
        "invalid pattern: \"%.*s\"", (int)len, pattern);
}

static pcre2_code *compile_translated(const HyRegex *regex, uint32_t extra_options)
{
    int error;
    PCRE2_SIZE offset;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context)
        return NULL;
    pcre2_set_parens_nest_limit(context, NESTING_LIMIT + 10);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)(regex->translated ? regex->translated : ""),
        regex->translated_len, regex->options | extra_options, &error, &offset, context);
    pcre2_compile_context_free(context);
    return code;
}

static HyStatus translate(const char *pattern, size_t len, unsigned flags, const char *escape,
    size_t escape_len, HyBuffer *out, bool *is_valid)
{
    if (flags & HY_REGEX_LITERAL) {
        *is_valid = true;
        return hy_buffer_append(out, pattern, len);
    }
    if (!(flags & HY_REGEX_SIMILAR))
        return hy_regex_translate(pattern, len, out, is_valid);
    HyBuffer expression = {0};
    HyStatus st = hy_regex_from_similar(pattern, len, escape, escape_len, &expression);
    if (!st)
        st = hy_regex_translate(expression.data, expression.len, out, is_valid);
    hy_buffer_free(&expression);
    return st;
}

HyStatus hy_regex_compile(const char *pattern, size_t len, unsigned flags, const char *escape,
    size_t escape_len, HyRegex **out)
{
    HyStatus st = HY_OK;
    HyBuffer translated = {0};
    bool is_valid = false;
    HyRegex *regex = calloc(1, sizeof *regex);
    if (!regex)
        return hy_error_oom(sizeof *regex);
    HY_GO(translate(pattern, len, flags, escape, escape_len, &translated, &is_valid));
    if (!is_valid) {
        st = invalid_pattern(pattern, len);
        goto done;
    }
    regex->translated = translated.data;
    regex->translated_len = translated.len;
    translated = (HyBuffer){0};
    regex->options = PCRE2_UTF;
    if (flags & HY_REGEX_FOLD_CASE)
        regex->options |= PCRE2_CASELESS;
    if (flags & HY_REGEX_LITERAL)
        regex->options |= PCRE2_LITERAL;
    else
        regex->options |= PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C;
    regex->code = compile_translated(regex, PCRE2_MATCH_INVALID_UTF);
    if (!regex->code) {
        st = invalid_pattern(pattern, len);
        goto done;
    }
    pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &regex->n_groups);
    if (flags & HY_REGEX_REUSED)
        (void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE); /* else it is interpreted */
    *out = regex;
    regex = NULL;

done:
    hy_buffer_free(&translated);
    hy_regex_destroy(regex);
    return st;
}

void hy_regex_destroy(HyRegex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    free(regex->translated);
    free(regex);
}

uint32_t hy_regex_group_count(const HyRegex *regex)
{
    return regex->n_groups;
}

HyStatus hy_regex_match_create(const HyRegex *regex, HyRegexMatch **out)
{
    HyRegexMatch *match = calloc(1, sizeof *match);
    if (!match)
        return hy_error_oom(sizeof *match);
    match->data = pcre2_match_data_create(regex->n_groups + 1, NULL);
    match->context = pcre2_match_context_create(NULL);
    if (!match->data || !match->context) {
        hy_regex_match_destroy(match);
        return hy_error_oom(sizeof *match);
    }
    pcre2_set_match_limit(match->context, MATCH_LIMIT);
    *out = match;
    return HY_OK;
}

void hy_regex_match_destroy(HyRegexMatch *match)
{
    if (!match)
        return;
    pcre2_match_data_free(match->data);
    pcre2_match_context_free(match->context);
    free(match);
}

static HyStatus too_complex(void)
{
    return hy_error("54001", "regular expression is too complex for this text");
}

/* The result code of PCRE2, by machine code if there is some and its stack suffices. */
static int run(const HyRegex *regex, HyRegexMatch *match, const char *text, size_t len, size_t from)
{
    PCRE2_SPTR subject = (PCRE2_SPTR)text;
    int rc = pcre2_match(regex->code, subject, len, from, 0, match->data, match->context);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
        rc =
            pcre2_match(regex->code, subject, len, from, PCRE2_NO_JIT, match->data, match->context);
    return rc;
}

HyStatus hy_regex_search(const HyRegex *regex, HyRegexMatch *match, const char *text, size_t len,
    size_t from, bool *found)
{
    int rc = run(regex, match, text, len, from);
    *found = rc >= 0;
    if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH)
        return HY_OK;
    return rc == PCRE2_ERROR_NOMEMORY ? hy_error_oom(len) : too_complex();
}

bool hy_regex_group(const HyRegexMatch *match, uint32_t group, size_t *start, size_t *end)
{
    if (group >= pcre2_get_ovector_count(match->data))
        return false;
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(match->data);
    *start = offsets[2 * group];
    *end = offsets[2 * group + 1];
    return *start != PCRE2_UNSET;
}

/* Without backtracking, following all alternatives side by side: slow, but time and memory are
 * bounded by text times pattern. It tells whether there is a match, not of what. */
static HyStatus test_side_by_side(
    const HyRegex *regex, HyRegexMatch *match, const char *text, size_t len, bool *found)
{
    int *room = NULL;
    int rc = PCRE2_ERROR_DFA_WSSIZE;
    pcre2_code *code = compile_translated(regex, 0); /* this way needs valid UTF-8 */
    if (!code)
        return hy_error_oom(regex->translated_len);
    for (size_t n = DFA_FIRST_ROOM; rc == PCRE2_ERROR_DFA_WSSIZE && n <= DFA_LARGEST_ROOM;
         n *= 10) {
        int *larger = realloc(room, n * sizeof *room);
        if (!larger)
            break;
        room = larger;
        rc = pcre2_dfa_match(
            code, (PCRE2_SPTR)text, len, 0, PCRE2_DFA_SHORTEST, match->data, NULL, room, n);
    }
    free(room);
    pcre2_code_free(code);
    *found = rc >= 0;
    return rc >= 0 || rc == PCRE2_ERROR_NOMATCH ? HY_OK : too_complex();
}

HyStatus hy_regex_test(
    const HyRegex *regex, HyRegexMatch *match, const char *text, size_t len, bool *found)
{
    int rc = run(regex, match, text, len, 0);
    *found = rc >= 0;
    if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH)
        return HY_OK;
    if (rc == PCRE2_ERROR_NOMEMORY)
        return hy_error_oom(len);
    return test_side_by_side(regex, match, text, len, found);
}
