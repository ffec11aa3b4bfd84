#include "types/collation.h"
#include "types/collation_plugin.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct HyCollation {
    HyCollation *next;
    char *name;
    void *collator; /* of the plug-in; NULL: without order, because there is no plug-in */
    bool is_exact;
};

/* Loaded once; collations are made at first use. Everything lives until process end. */
static struct {
    pthread_mutex_t lock;
    bool is_tried;
    const HyCollationPlugin *plugin;
    char load_error[256];
    HyCollation *collations;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const char *const binary_names[] = {"C", "POSIX", "binary"};

static const HyCollationPlugin *try_plugin(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *why = dlerror();
        snprintf(state.load_error, sizeof state.load_error, "%.200s", why ? why : path);
        return NULL;
    }
    const HyCollationPlugin *plugin = dlsym(library, HY_COLLATION_PLUGIN_SYMBOL);
    if (!plugin || plugin->abi != HY_COLLATION_PLUGIN_ABI) {
        snprintf(state.load_error, sizeof state.load_error, "%.200s is of another version", path);
        dlclose(library);
        return NULL;
    }
    return plugin;
}

/* $OPENHYPER_PLUGIN_PATH, then beside the library or program that holds this code, then where the
 * dynamic loader looks. Called with the lock held. */
static const HyCollationPlugin *load_plugin(void)
{
    static const char file[] = "libopenhyper_icu.so";
    if (state.is_tried)
        return state.plugin;
    state.is_tried = true;
    char path[4096];
    const char *folder = getenv("OPENHYPER_PLUGIN_PATH");
    if (folder && snprintf(path, sizeof path, "%s/%s", folder, file) < (int)sizeof path)
        state.plugin = try_plugin(path);
    Dl_info info;
    if (!state.plugin && dladdr(&state, &info) && info.dli_fname) {
        const char *slash = strrchr(info.dli_fname, '/');
        int len = slash ? (int)(slash - info.dli_fname) : 1;
        const char *dir = slash ? info.dli_fname : ".";
        if (snprintf(path, sizeof path, "%.*s/%s", len, dir, file) < (int)sizeof path)
            state.plugin = try_plugin(path);
    }
    if (!state.plugin)
        state.plugin = try_plugin(file);
    return state.plugin;
}

static bool cut_suffix(const char *name, size_t *len, const char *suffix)
{
    size_t suffix_len = strlen(suffix);
    if (*len <= suffix_len || memcmp(name + *len - suffix_len, suffix, suffix_len) != 0)
        return false;
    *len -= suffix_len;
    return true;
}

/* Names are locale[_CI|_CS][_AI|_AS]. Some countries are called CI, AI, CS and AS too: the reading
 * with more suffixes goes first, so fr_CI is French without case, fr_CI_CS the Ivory Coast. */
static void *open_collator(const HyCollationPlugin *plugin, const char *name, bool *is_exact)
{
    for (int cut = 3; cut >= 0; cut--) { /* bit 0: accent suffix, bit 1: case suffix */
        size_t len = strlen(name);
        bool no_case = false, no_accents = false;
        if (cut & 1) {
            no_accents = cut_suffix(name, &len, "_AI");
            if (!no_accents && !cut_suffix(name, &len, "_AS"))
                continue;
        }
        if (cut & 2) {
            no_case = cut_suffix(name, &len, "_CI");
            if (!no_case && !cut_suffix(name, &len, "_CS"))
                continue;
        }
        char locale[64];
        if (len >= sizeof locale)
            return NULL;
        memcpy(locale, name, len);
        locale[len] = 0;
        void *collator = plugin->open(locale, no_case, no_accents);
        if (collator) {
            *is_exact = !no_case && !no_accents;
            return collator;
        }
    }
    return NULL;
}

static HyStatus needs_plugin(const char *name)
{
    return hy_error_hint(
        hy_error("0A000", "collation '%s' needs the plug-in libopenhyper_icu.so", name),
        "install it beside the library or set OPENHYPER_PLUGIN_PATH (%s)", state.load_error);
}

static HyStatus make_collation(const char *name, const HyCollation **out)
{
    const HyCollationPlugin *plugin = load_plugin();
    bool is_exact = true;
    void *collator = plugin ? open_collator(plugin, name, &is_exact) : NULL;
    if (plugin && !collator)
        return hy_error("42704", "collation '%s' for encoding 'UTF-8' does not exist", name);
    HyCollation *made = calloc(1, sizeof *made);
    char *copy = strdup(name);
    if (!made || !copy) {
        free(made);
        free(copy);
        if (collator)
            plugin->close(collator);
        return hy_error_oom(sizeof *made);
    }
    *made = (HyCollation){
        .next = state.collations, .name = copy, .collator = collator, .is_exact = is_exact};
    state.collations = made;
    *out = made;
    return HY_OK;
}

HyStatus hy_collation_find_named(const char *name, const HyCollation **out)
{
    for (size_t i = 0; i < HY_ARRAY_LEN(binary_names); i++) {
        if (strcmp(name, binary_names[i]) == 0) {
            *out = NULL;
            return HY_OK;
        }
    }
    HyStatus st = HY_OK;
    pthread_mutex_lock(&state.lock);
    const HyCollation *found = state.collations;
    while (found && strcmp(found->name, name) != 0)
        found = found->next;
    if (!found)
        st = make_collation(name, &found);
    pthread_mutex_unlock(&state.lock);
    if (!st)
        *out = found;
    return st;
}

HyStatus hy_collation_require(const HyCollation *collation)
{
    return collation && !collation->collator ? needs_plugin(collation->name) : HY_OK;
}

HyStatus hy_collation_find(const char *name, const HyCollation **out)
{
    const HyCollation *found;
    HY_TRY(hy_collation_find_named(name, &found));
    HY_TRY(hy_collation_require(found));
    *out = found;
    return HY_OK;
}

const char *hy_collation_name(const HyCollation *collation)
{
    return collation ? collation->name : "";
}

bool hy_collation_is_exact(const HyCollation *collation)
{
    return !collation || collation->is_exact;
}

int hy_collation_compare(const HyCollation *collation, const HyString *a, const HyString *b)
{
    if (!collation || !collation->collator)
        return hy_string_compare(a, b);
    int c = state.plugin->compare(
        collation->collator, hy_string_data(a), a->len, hy_string_data(b), b->len);
    if (c == 0 && collation->is_exact)
        c = hy_string_compare(a, b);
    return c;
}

HyStatus hy_collation_key(const HyCollation *collation, const char *text, size_t len, HyBuffer *key)
{
    if (!collation)
        return hy_buffer_append(key, text, len);
    HY_TRY(hy_collation_require(collation));
    size_t room = len * 3 + 64;
    for (int attempt = 0; attempt < 2; attempt++) {
        HY_TRY(hy_buffer_reserve(key, room));
        size_t n = state.plugin->key(
            collation->collator, text, len, (uint8_t *)key->data + key->len, room);
        if (n == 0)
            return hy_error("53200", "could not compute the sort key of a text");
        if (n <= room) {
            key->len += n;
            break;
        }
        room = n;
    }
    /* ICU's keys hold no zero but the last byte, so what follows decides only between equal keys.
     */
    return collation->is_exact ? hy_buffer_append(key, text, len) : HY_OK;
}

/* Names for pg_collation, made at the first question. */
static struct {
    pthread_once_t once;
    char (*names)[48];
    size_t count;
} list = {.once = PTHREAD_ONCE_INIT};

static bool ends_like_suffix(const char *locale)
{
    size_t len = strlen(locale);
    return cut_suffix(locale, &len, "_CI") || cut_suffix(locale, &len, "_AI") ||
           cut_suffix(locale, &len, "_CS") || cut_suffix(locale, &len, "_AS");
}

static void make_list(void)
{
    pthread_mutex_lock(&state.lock);
    const HyCollationPlugin *plugin = load_plugin();
    pthread_mutex_unlock(&state.lock);
    size_t locales = plugin ? plugin->locale_count() : 0;
    size_t binaries = HY_ARRAY_LEN(binary_names);
    list.names = calloc(binaries + 4 * locales, sizeof *list.names);
    if (!list.names)
        return;
    for (size_t i = 0; i < binaries; i++)
        snprintf(list.names[list.count++], sizeof *list.names, "%s", binary_names[i]);
    for (size_t i = 0; i < locales; i++) {
        static const char *const forms[] = {"", "_CI", "_AI", "_CI_AI"};
        static const char *const explicit_forms[] = {"_CS", "_CI", "_CS_AI", "_CI_AI"};
        const char *locale = plugin->locale_name(i);
        const char *const *suffixes = ends_like_suffix(locale) ? explicit_forms : forms;
        for (size_t k = 0; k < 4; k++)
            snprintf(list.names[list.count++], sizeof *list.names, "%.32s%s", locale, suffixes[k]);
    }
}

size_t hy_collation_count(void)
{
    pthread_once(&list.once, make_list);
    return list.count;
}

const char *hy_collation_name_at(size_t index)
{
    return index < hy_collation_count() ? list.names[index] : "";
}
