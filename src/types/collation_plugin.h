/* What the plug-in libopenhyper_icu.so exports: one struct of this type under
 * HY_COLLATION_PLUGIN_SYMBOL. The engine itself does not link ICU (spec/ecosystem.md section 2). */
#ifndef HY_TYPES_COLLATION_PLUGIN_H
#define HY_TYPES_COLLATION_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HY_COLLATION_PLUGIN_ABI    1
#define HY_COLLATION_PLUGIN_SYMBOL "hy_collation_plugin"

typedef struct HyCollationPlugin {
    uint32_t abi;
    const char *version; /* of ICU */
    /* A collator that may be used from several threads at once; NULL if the locale ("de_DE",
     * "root") is not known. */
    void *(*open)(const char *locale, bool ignore_case, bool ignore_accents);
    void (*close)(void *collator);
    /* < 0, 0, > 0 of UTF-8 texts. */
    int (*compare)(const void *collator, const char *a, size_t len_a, const char *b, size_t len_b);
    /* Writes the sort key and returns its length; when that exceeds `capacity` nothing of use is in
     * `out`. 0: out of memory or not valid UTF-8. */
    size_t (*key)(
        const void *collator, const char *text, size_t len, uint8_t *out, size_t capacity);
    /* Locales with a collation of their own or inherited, "root" included. */
    size_t (*locale_count)(void);
    const char *(*locale_name)(size_t index);
} HyCollationPlugin;

#endif
