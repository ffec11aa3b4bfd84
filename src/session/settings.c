#include "session/settings.h"

#include "base/levenshtein.h"
#include "session/settings_table.h"
#include "types/collation.h"
#include "types/timezone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef enum SettingRule {
    RULE_FIXED,
    RULE_TEXT,
    RULE_NAMES,
    RULE_SWITCH,
    RULE_FLAG,
    RULE_CONNECTION,
    RULE_REFUSED,
    RULE_RANGE,
    RULE_CHOICE,
    RULE_ZONE,
    RULE_DATE_STYLE,
    RULE_DURATION,
    RULE_LOCALE,
    RULE_ENCODING
} SettingRule;

typedef struct Setting {
    const char *name;
    const char *alias;
    const char *default_value;
    SettingRule rule;
    const char *argument;
    const char *description;
} Setting;

#define AS_ROW(name, alias, value, rule, argument, text)                                           \
    {name, alias, value, RULE_##rule, argument, text},
#define AS_FIXED_ROW(name, value) {#name, NULL, value, RULE_FIXED, NULL, ""},
static const Setting settings_table[] = {HY_SETTINGS(AS_ROW) HY_FIXED_SETTINGS(AS_FIXED_ROW)};
#define N_SETTINGS HY_ARRAY_LEN(settings_table)

struct HySettings {
    char *values[N_SETTINGS];
    char *defaults[N_SETTINGS];
    HyTextStyle style;
    int64_t query_timeout_ms;
};

static int find_setting(const char *name)
{
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const Setting *s = &settings_table[i];
        if (strcasecmp(s->name, name) == 0 || (s->alias && strcasecmp(s->alias, name) == 0))
            return (int)i;
    }
    return -1;
}

size_t hy_settings_count(void)
{
    return N_SETTINGS;
}

const char *hy_settings_name(size_t index)
{
    return index < N_SETTINGS ? settings_table[index].name : NULL;
}

const char *hy_settings_description(size_t index)
{
    return settings_table[index].description;
}

bool hy_settings_takes_names(const char *name)
{
    int i = find_setting(name);
    return i >= 0 && settings_table[i].rule == RULE_NAMES;
}

const HyTextStyle *hy_settings_style(const HySettings *settings)
{
    return &settings->style;
}

void hy_settings_set_names(HySettings *settings, const HyObjectNames *names)
{
    settings->style.names = names;
}

int64_t hy_settings_query_timeout_ms(const HySettings *settings)
{
    return settings->query_timeout_ms;
}

const char *hy_settings_get(const HySettings *settings, const char *name)
{
    int i = find_setting(name);
    return i < 0 ? NULL : settings->values[i];
}

static HyStatus bad_value(const char *name, const char *value)
{
    return hy_error_hint(hy_error("22023", "invalid configuration parameter value for '%s'", name),
        "the value is '%s'", value);
}

/* -1: neither. */
static int parse_bool(const char *value)
{
    static const char *const yes[] = {"on", "true", "yes", "1", "t", "y"};
    static const char *const no[] = {"off", "false", "no", "0", "f", "n"};
    for (size_t i = 0; i < HY_ARRAY_LEN(yes); i++)
        if (strcasecmp(value, yes[i]) == 0)
            return 1;
    for (size_t i = 0; i < HY_ARRAY_LEN(no); i++)
        if (strcasecmp(value, no[i]) == 0)
            return 0;
    return -1;
}

static bool parse_integer(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    *out = v;
    return end != text && *end == 0 && errno == 0;
}

static HyStatus check_range(const Setting *s, const char *value)
{
    char *end;
    int64_t v;
    long long low = strtoll(s->argument, &end, 10);
    long long high = strtoll(end + 2, NULL, 10); /* "low..high" */
    if (!parse_integer(value, &v))
        return bad_value(s->name, value);
    if (v < low || v > high)
        return hy_error(
            "22023", "%s: Value '%s' is outside the range %s", s->name, value, s->argument);
    return HY_OK;
}

static HyStatus check_switch(const char *value, const char *const shown[2], char *out, size_t room)
{
    int on = parse_bool(value);
    if (on < 0)
        return hy_error_detail(hy_error("22P02", "invalid input syntax for bool"), "'%s'", value);
    (void)snprintf(out, room, "%s", shown[on]);
    return HY_OK;
}

/* The choice in its own spelling, copied to `out`; false when there is none. */
static bool pick_choice(const char *choices, const char *value, char *out, size_t room)
{
    size_t len = strlen(value);
    for (const char *c = choices; *c;) {
        size_t n = strcspn(c, "|");
        if (n == len && n < room && strncasecmp(c, value, n) == 0) {
            memcpy(out, c, n);
            out[n] = 0;
            return true;
        }
        c += n + (c[n] == '|');
    }
    return false;
}

/* "10s", "5min", "1h", "250ms"; a bare number counts seconds. */
static HyStatus parse_duration(const char *value, int64_t *ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {
        {"", 1000}, {"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
    char *end;
    errno = 0;
    long long v = strtoll(value, &end, 10);
    if (end == value || errno || v < 0)
        return hy_error("22023", "not a valid unsigned integer");
    while (*end == ' ')
        end++;
    for (size_t i = 0; i < HY_ARRAY_LEN(units); i++)
        if (strcmp(end, units[i].name) == 0)
            return __builtin_mul_overflow((int64_t)v, units[i].ms, ms)
                       ? hy_error("22023", "not a valid unsigned integer")
                       : HY_OK;
    return bad_value("query_timeout", value);
}

/* Shown in the largest of minutes, seconds and milliseconds that it is a multiple of. */
static HyStatus check_duration(const char *value, char *out, size_t room)
{
    int64_t ms;
    HY_TRY(parse_duration(value, &ms));
    const char *unit = ms % 60000 == 0 ? "min" : ms % 1000 == 0 ? "s" : "ms";
    int64_t shown = ms % 60000 == 0 ? ms / 60000 : ms % 1000 == 0 ? ms / 1000 : ms;
    if (ms == 0)
        unit = "";
    (void)snprintf(out, room, "%lld%s", (long long)shown, unit);
    return HY_OK;
}

/* Language and optional script and region, as ICU names them: "de", "de_DE", "zh_Hans_CN". */
static bool looks_like_locale(const char *value)
{
    size_t n = strcspn(value, "_");
    if (n < 2 || n > 3)
        return false;
    const char *rest = value + n;
    if (strcspn(rest[0] ? rest + 1 : rest, "_") == 4) /* a script */
        rest += 5;
    return rest[0] == 0 || (strcspn(rest + 1, "_") == strlen(rest + 1) && strlen(rest + 1) == 2);
}

/* Among the locales that have collations, which are all that ICU knows. Without the plug-in only
 * the form can be checked. */
static bool is_locale(const char *value)
{
    bool has_locales = false;
    if (!looks_like_locale(value) || strcasecmp(value, "en") == 0 ||
        strcasecmp(value, "en_us") == 0)
        return looks_like_locale(value);
    for (size_t i = 0; i < hy_collation_count(); i++) {
        const char *name = hy_collation_name_at(i);
        if (strcasecmp(name, value) == 0)
            return true;
        has_locales |= strchr(name, '_') != NULL;
    }
    return !has_locales;
}

static HyStatus set_locale(const char *value, char *canonical, size_t room)
{
    if (strcmp(value, "C") == 0 || strcmp(value, "POSIX") == 0)
        value = "en_us";
    if (*value && !is_locale(value))
        return hy_error("42704", "There is no locale named '%s'", value);
    (void)snprintf(canonical, room, "%s", value);
    for (char *c = canonical; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return HY_OK;
}

static HyStatus set_date_style(
    HySettings *settings, const char *value, char *canonical, size_t room)
{
    static const char *const orders[] = {"MDY", "DMY", "YMD"};
    static const char *const shown[] = {"ISO, MDY", "ISO, DMY", "ISO, YMD"};
    for (size_t i = 0; i < HY_ARRAY_LEN(orders); i++) {
        if (strcasecmp(value, orders[i]) != 0 && !(i == 0 && strcasecmp(value, shown[i]) == 0))
            continue;
        settings->style.date_order = (HyDateOrder)i;
        (void)snprintf(canonical, room, "%s", shown[i]);
        return HY_OK;
    }
    return bad_value("date_style", value);
}

/* Checks a value and gives the form in which it is kept; zones and date styles take effect here. */
static HyStatus check_value(
    HySettings *settings, const Setting *s, const char *value, char *out, size_t room)
{
    static const char *const on_off[2] = {"off", "on"};
    static const char *const digits[2] = {"0", "1"};
    bool fine = true;
    (void)snprintf(out, room, "%s", value);
    switch (s->rule) {
    case RULE_FIXED:
        if (strcasecmp(value, s->default_value) != 0)
            return hy_error("22023", "cannot change configuration parameter '%s'", s->name);
        break;
    case RULE_TEXT:
    case RULE_NAMES:
    case RULE_CONNECTION: /* SET does not come here */
    case RULE_REFUSED:
        break;
    case RULE_SWITCH:
        return check_switch(value, on_off, out, room);
    case RULE_FLAG:
        return check_switch(value, digits, out, room);
    case RULE_RANGE:
        return check_range(s, value);
    case RULE_CHOICE:
        fine = pick_choice(s->argument, value, out, room) || (!*value && !*s->argument);
        break;
    case RULE_ZONE:
        HY_TRY(hy_time_zone_find(value, &settings->style.time_zone));
        (void)snprintf(out, room, "%s", hy_time_zone_name(settings->style.time_zone));
        break;
    case RULE_DATE_STYLE:
        return set_date_style(settings, value, out, room);
    case RULE_DURATION:
        return check_duration(value, out, room);
    case RULE_LOCALE:
        return set_locale(value, out, room);
    case RULE_ENCODING:
        fine = strcasecmp(value, "UTF8") == 0 || strcasecmp(value, "UTF-8") == 0 ||
               strcasecmp(value, "unicode") == 0;
        (void)snprintf(out, room, "UTF8");
        break;
    }
    return fine ? HY_OK : bad_value(s->name, value);
}

/* What SET and RESET must not touch. */
static HyStatus check_settable(const Setting *s)
{
    if (s->rule == RULE_CONNECTION)
        return hy_error(
            "55P02", "setting '%s' can only be specified when establishing a connection!", s->name);
    if (s->rule == RULE_REFUSED)
        return hy_error("0A000", "'SET/RESET %s' is disabled", s->name);
    return HY_OK;
}

static void apply_interval_style(HyTextStyle *style, const char *value)
{
    style->interval_style = strcmp(value, "postgres") == 0           ? HY_INTERVAL_POSTGRES
                            : strcmp(value, "postgres_verbose") == 0 ? HY_INTERVAL_POSTGRES_VERBOSE
                            : strcmp(value, "sql_standard") == 0     ? HY_INTERVAL_SQL_STANDARD
                                                                     : HY_INTERVAL_ISO_8601;
}

/* Carries a value over into the text style. */
static void apply_value(HyTextStyle *style, const char *name, const char *value)
{
    if (strcmp(name, "date_style_lenient") == 0)
        style->date_lenient = strcmp(value, "on") == 0;
    else if (strcmp(name, "interval_style") == 0)
        apply_interval_style(style, value);
    else if (strcmp(name, "extra_float_digits") == 0)
        style->extra_float_digits = (int)strtol(value, NULL, 10);
    else if (strcmp(name, "bytea_output") == 0)
        style->bytea_escape = strcmp(value, "escape") == 0;
    else if (strcmp(name, "lc_time") == 0)
        (void)snprintf(style->lc_time, sizeof style->lc_time, "%s", value);
    else if (strcmp(name, "lc_time_first_day_of_week") == 0)
        style->first_day_of_week = (int)strtol(value, NULL, 10);
    else if (strcmp(name, "lc_time_minimal_days_in_first_week") == 0)
        style->minimal_days_in_first_week = (int)strtol(value, NULL, 10);
}

static HyStatus replace_text(char **slot, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return hy_error_oom(strlen(text) + 1);
    free(*slot);
    *slot = copy;
    return HY_OK;
}

static HyStatus set_at(HySettings *settings, size_t i, const char *value)
{
    const Setting *s = &settings_table[i];
    size_t room = strlen(value) + 64;
    char *canonical = malloc(room);
    if (!canonical)
        return hy_error_oom(room);
    HyStatus st = check_value(settings, s, value, canonical, room);
    if (!st)
        st = replace_text(&settings->values[i], canonical);
    if (!st)
        apply_value(&settings->style, s->name, canonical);
    if (!st && s->rule == RULE_DURATION)
        st = parse_duration(canonical, &settings->query_timeout_ms);
    if (!st && strcmp(s->name, "lc_all") == 0)
        st = set_at(settings, (size_t)find_setting("lc_time"), canonical);
    free(canonical);
    return st;
}

/* Sets a kept value anew. Date styles are kept as they are shown, with a prefix that SET refuses.
 */
static HyStatus restore_at(HySettings *settings, size_t i, const char *kept)
{
    static const char prefix[] = "ISO, ";
    const size_t len = sizeof prefix - 1;
    if (settings_table[i].rule == RULE_DATE_STYLE && strncmp(kept, prefix, len) == 0)
        kept += len;
    return set_at(settings, i, kept);
}

HyStatus hy_settings_unknown(const char *name)
{
    HyNameMatch match = hy_name_match(name, strlen(name));
    for (size_t i = 0; i < N_SETTINGS; i++)
        hy_name_match_offer(&match, settings_table[i].name, strlen(settings_table[i].name));
    HyStatus st = hy_error("42601", "unrecognized configuration parameter '%s'", name);
    return match.best ? hy_error_hint(st, "did you mean '%s'?", match.best) : st;
}

static HyStatus find_known(const char *name, size_t *out)
{
    int i = find_setting(name);
    *out = (size_t)i;
    return i >= 0 ? HY_OK : hy_settings_unknown(name);
}

HyStatus hy_settings_set(HySettings *settings, const char *name, const char *value)
{
    size_t i;
    HY_TRY(find_known(name, &i));
    HY_TRY(check_settable(&settings_table[i]));
    return set_at(settings, i, value);
}

HyStatus hy_settings_set_default(HySettings *settings, const char *name, const char *value)
{
    size_t i;
    HY_TRY(find_known(name, &i));
    HY_TRY(set_at(settings, i, value));
    return replace_text(&settings->defaults[i], settings->values[i]);
}

HyStatus hy_settings_reset(HySettings *settings, const char *name)
{
    size_t i;
    HY_TRY(find_known(name, &i));
    HY_TRY(check_settable(&settings_table[i]));
    return restore_at(settings, i, settings->defaults[i]);
}

HyStatus hy_settings_reset_all(HySettings *settings)
{
    for (size_t i = 0; i < N_SETTINGS; i++)
        HY_TRY(restore_at(settings, i, settings->defaults[i]));
    return HY_OK;
}

HyStatus hy_settings_create(const HySettings *defaults, HySettings **out)
{
    HySettings *settings = calloc(1, sizeof *settings);
    if (!settings)
        return hy_error_oom(sizeof *settings);
    HyStatus st = HY_OK;
    hy_text_style_init(&settings->style);
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const char *value = defaults ? defaults->values[i] : settings_table[i].default_value;
        HY_GO(replace_text(&settings->defaults[i], value));
        HY_GO(restore_at(settings, i, value));
    }
    *out = settings;
    settings = NULL;
done:
    hy_settings_destroy(settings);
    return st;
}

void hy_settings_destroy(HySettings *settings)
{
    if (!settings)
        return;
    for (size_t i = 0; i < N_SETTINGS; i++) {
        free(settings->values[i]);
        free(settings->defaults[i]);
    }
    free(settings);
}
