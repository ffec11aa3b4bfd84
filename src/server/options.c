#include "server/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define DEFAULT_ENDPOINTS "tab.tcp://127.0.0.1:7483"

typedef enum OptionKind {
    OPT_LISTEN,
    OPT_CALLBACK,
    OPT_INIT_USER,
    OPT_LOG_DIR,
    OPT_LOG_CONFIG,
    OPT_DATABASE,
    OPT_NO_PASSWORD,  /* a switch: may stand without a value */
    OPT_IDLE_TIMEOUT, /* ours: seconds */
    OPT_SESSION_MEMORY,
    OPT_MEMORY,
    OPT_SETTING,  /* of the instance or its sessions, under the same name */
    OPT_LANGUAGE, /* lc_time of sessions */
    OPT_SWITCH,   /* accepted without effect; may stand without a value */
    OPT_IGNORED   /* accepted without effect */
} OptionKind;

static const struct {
    const char *name; /* with '-' */
    OptionKind kind;
} known_options[] = {
    {"listen-connection", OPT_LISTEN},
    {"callback-connection", OPT_CALLBACK},
    {"init-user", OPT_INIT_USER},
    {"log-dir", OPT_LOG_DIR},
    {"log-config", OPT_LOG_CONFIG},
    {"database", OPT_DATABASE},
    {"no-password", OPT_NO_PASSWORD},
    {"idle-timeout", OPT_IDLE_TIMEOUT},
    {"session-memory-limit", OPT_SESSION_MEMORY},
    {"memory-limit", OPT_MEMORY},
    {"date-style", OPT_SETTING},
    {"date-style-lenient", OPT_SETTING},
    {"time-zone", OPT_SETTING},
    {"interval-style", OPT_SETTING},
    {"lc-time", OPT_SETTING},
    {"lc-all", OPT_SETTING},
    {"query-timeout", OPT_SETTING},
    {"extra-float-digits", OPT_SETTING},
    {"two-digit-year-threshold", OPT_SETTING},
    {"default-database-version", OPT_SETTING},
    {"threads", OPT_SETTING},
    {"temp-directory", OPT_SETTING},
    {"compression", OPT_SETTING},
    {"durability", OPT_SETTING},
    {"language", OPT_LANGUAGE},
    {"skip-license", OPT_SWITCH},
    {"strict-settings-mode", OPT_SWITCH},
    {"telemetry-opt-in", OPT_IGNORED},
    {"log-file-max-count", OPT_IGNORED},
    {"log-file-size-limit", OPT_IGNORED},
    {"domain-socket-dir", OPT_IGNORED}, /* the client makes endpoints of these two */
    {"use-tcp-port", OPT_IGNORED},
    {"whitelist", OPT_IGNORED},
    {"config", OPT_IGNORED},
    {"config-dir", OPT_IGNORED},
    {"hard-concurrent-query-thread-limit", OPT_IGNORED},
    {"soft-concurrent-query-thread-limit", OPT_IGNORED},
    {"max-query-size", OPT_IGNORED},
    {"experimental-external-format-iceberg", OPT_IGNORED},
    {"external-table-sample-size-factor", OPT_IGNORED},
    {"initial-compilation-mode", OPT_IGNORED},
    {"plan-cache-size", OPT_IGNORED},
    {"rowset-large-threshold", OPT_IGNORED},
    {"storage-wait-mode", OPT_IGNORED},
    {"skip-automatic-database-upgrades", OPT_IGNORED},
};
/* Families of the genuine server's tuning settings that mean nothing here. */
static const char *const ignored_families[] = {
    "log-", "grpc-", "arrow-", "aws-", "azure-", "rest-", "experimental-", "external-"};

static bool is_switch(OptionKind kind)
{
    return kind == OPT_NO_PASSWORD || kind == OPT_SWITCH;
}

static HyStatus unknown(const char *option)
{
    char name[128]; /* as settings are spelled, not options */
    (void)snprintf(name, sizeof name, "%s", option);
    for (char *p = name; *p; p++)
        *p = *p == '-' ? '_' : *p;
    return hy_error("42601",
        "Could not interpret '%s' as global setting: No internal setting named '%s' exists.", name,
        name);
}

static HyStatus bad_value(const char *name, const char *value, const char *why)
{
    return hy_error("22023", "Could not interpret '%s' as global setting with value '%s': %s", name,
        value, why);
}

/* The name of a setting in our spelling: "date_style". */
static char *setting_name(HyServerOptions *options, const char *name)
{
    if (options->n_owned == HY_OPTIONS_MAX_SETTINGS)
        return NULL;
    char *copy = strdup(name);
    for (char *p = copy; p && *p; p++)
        if (*p == '-')
            *p = '_';
    options->owned[options->n_owned] = copy;
    options->n_owned += copy != NULL;
    return copy;
}

static HyStatus add_setting(HyServerOptions *options, const char *name, const char *value)
{
    char *key = setting_name(options, name);
    if (!key || options->n_settings == HY_OPTIONS_MAX_SETTINGS)
        return hy_error("54000", "too many settings");
    options->settings[options->n_settings++] = (HyInstanceSetting){key, value};
    return HY_OK;
}

static bool parse_bool(const char *text, bool *out)
{
    static const char *const yes[] = {"", "true", "on", "1", "yes", "t"};
    static const char *const no[] = {"false", "off", "0", "no", "f"};
    for (size_t i = 0; i < HY_ARRAY_LEN(yes); i++)
        if (strcasecmp(text, yes[i]) == 0)
            return *out = true, true;
    for (size_t i = 0; i < HY_ARRAY_LEN(no); i++)
        if (strcasecmp(text, no[i]) == 0)
            return *out = false, true;
    return false;
}

/* "80%" or a number with k, m, g or t. */
static bool parse_memory(const char *text, size_t *out)
{
    static const char units[] = "kmgt";
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (end == text || *text == '-' || errno)
        return false;
    if (*end == '%' && !end[1] && v <= 100) {
        long pages = sysconf(_SC_PHYS_PAGES);
        long bytes = sysconf(_SC_PAGESIZE);
        *out = pages > 0 && bytes > 0 ? (size_t)pages * (size_t)bytes / 100 * (size_t)v : SIZE_MAX;
        return true;
    }
    unsigned shift = 0;
    if (*end) {
        const char *unit = strchr(units, *end | 0x20);
        if (!unit || !*unit || end[1])
            return false;
        shift = (unsigned)(unit - units + 1) * 10;
    }
    *out = (size_t)v << shift;
    return v <= SIZE_MAX >> shift;
}

#define MEMORY_RULE                                                                                \
    "memory limit must either be a percentage value or an absolute value in kibi (k), mebi (m), "  \
    "gibi (g), or tebi (t) bytes."

static HyStatus set_idle_timeout(HyServerOptions *options, const char *name, const char *value)
{
    char *end;
    errno = 0;
    unsigned long seconds = strtoul(value, &end, 10);
    if (end == value || *end || errno || seconds > INT32_MAX / 1000)
        return bad_value(name, value, "not a number of seconds");
    options->idle_timeout_ms = seconds ? (int)seconds * 1000 : -1;
    return HY_OK;
}

static HyStatus set_option(
    HyServerOptions *options, const char *name, OptionKind kind, const char *value)
{
    size_t memory;
    switch (kind) {
    case OPT_LISTEN:
        options->listen = value;
        break;
    case OPT_CALLBACK:
        options->callback = value;
        break;
    case OPT_INIT_USER:
        options->init_user = value;
        break;
    case OPT_LOG_DIR:
        options->log_dir = value;
        break;
    case OPT_LOG_CONFIG:
        options->has_log = *value != 0;
        break;
    case OPT_DATABASE:
        options->database = value;
        break;
    case OPT_NO_PASSWORD:
        if (!parse_bool(value, &options->no_password))
            return bad_value("no_password", value, "not a boolean");
        break;
    case OPT_IDLE_TIMEOUT:
        return set_idle_timeout(options, "idle_timeout", value);
    case OPT_SESSION_MEMORY:
        if (!parse_memory(value, &options->session_memory_limit))
            return bad_value("session_memory_limit", value, MEMORY_RULE);
        break;
    case OPT_MEMORY:
        if (!parse_memory(value, &memory))
            return bad_value("memory_limit", value, MEMORY_RULE);
        return add_setting(options, name, value);
    case OPT_SETTING:
        return add_setting(options, name, value);
    case OPT_LANGUAGE:
        return add_setting(options, "lc-time", value);
    case OPT_SWITCH:
    case OPT_IGNORED:
        break;
    }
    return HY_OK;
}

static bool is_in_family(const char *name)
{
    for (size_t i = 0; i < HY_ARRAY_LEN(ignored_families); i++)
        if (strncmp(name, ignored_families[i], strlen(ignored_families[i])) == 0)
            return true;
    return false;
}

/* One word "--name", "--name=value", and the next one if that is its value. */
static HyStatus parse_word(HyServerOptions *options, int argc, char **argv, int *at)
{
    char name[128];
    const char *word = argv[(*at)++] + 2;
    size_t len = strcspn(word, "=");
    const char *value = word[len] ? word + len + 1 : NULL;
    if (len >= sizeof name)
        return unknown(word);
    for (size_t i = 0; i < len; i++)
        name[i] = word[i] == '_' ? '-' : word[i];
    name[len] = 0;
    bool next_is_value = *at < argc && strncmp(argv[*at], "--", 2) != 0;
    for (size_t i = 0; i < HY_ARRAY_LEN(known_options); i++) {
        OptionKind kind = known_options[i].kind;
        if (strcmp(known_options[i].name, name) != 0)
            continue;
        if (!value && next_is_value && !is_switch(kind))
            value = argv[(*at)++];
        if (!value && !is_switch(kind) && kind != OPT_IGNORED)
            return bad_value(name, "", "a value is missing");
        return set_option(options, name, kind, value ? value : "");
    }
    if (!is_in_family(name))
        return unknown(name);
    if (!value && next_is_value)
        (*at)++;
    fprintf(stderr, "Warning: the setting '%s' has no effect\n", name);
    return HY_OK;
}

static HyStatus parse_words(HyServerOptions *options, int argc, char **argv)
{
    bool has_command = false;
    int at = 1;
    while (at < argc) {
        const char *word = argv[at];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            options->command = HY_COMMAND_HELP;
            return HY_OK;
        }
        if (strcmp(word, "--version") == 0) {
            options->command = HY_COMMAND_VERSION;
            return HY_OK;
        }
        if (strcmp(word, "-d") == 0 && at + 1 < argc) {
            options->database = argv[at + 1];
            at += 2;
        } else if (strncmp(word, "--", 2) == 0) {
            HY_TRY(parse_word(options, argc, argv, &at));
        } else if (!has_command && strcmp(word, "run") == 0) {
            has_command = true;
            at++;
        } else if (!has_command && strcmp(word, "validate") == 0) {
            options->command = HY_COMMAND_VALIDATE;
            has_command = true;
            at++;
        } else {
            return hy_error("42601", "Unknown command or option '%s', see --help", word);
        }
    }
    if (!has_command)
        options->command = HY_COMMAND_HELP;
    return HY_OK;
}

HyStatus hy_options_parse(int argc, char **argv, HyServerOptions *out)
{
    *out = (HyServerOptions){.listen = DEFAULT_ENDPOINTS,
        .init_user = "tableau_internal_user",
        .has_log = true,
        .idle_timeout_ms = -1,
        .session_memory_limit = SIZE_MAX};
    return parse_words(out, argc, argv);
}

void hy_options_free(HyServerOptions *options)
{
    for (size_t i = 0; i < options->n_owned; i++)
        free(options->owned[i]);
}
