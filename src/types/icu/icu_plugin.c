/* libopenhyper_icu.so: collations of locales by ICU. See types/collation_plugin.h. */
#include "types/collation_plugin.h"
#include <stdlib.h>
#include <string.h>
#include <unicode/ucol.h>
#include <unicode/uiter.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>
#include <unicode/uversion.h>

/* Names that users know besides ICU's list of locales: older codes, countries under another script,
 * and locales of newer data. ICU resolves them to what is nearest. "root" is the plain Unicode
 * order. */
static const char *const more_locales[] = {"root", "ars", "az_AZ", "blo", "blo_BJ", "bs_BA", "csw",
    "csw_CA", "en_ID", "en_NH", "en_RH", "ff_CM", "ff_GN", "ff_MR", "ff_SN", "ie", "ie_EE", "in",
    "in_ID", "iw", "iw_IL", "ja_JIS", "ja_JP_JIS", "ko_CN", "ks_IN", "kxv", "kxv_Deva",
    "kxv_Deva_IN", "kxv_Latn", "kxv_Latn_IN", "kxv_Orya", "kxv_Orya_IN", "kxv_Telu", "kxv_Telu_IN",
    "lij", "lij_IT", "lmo", "lmo_IT", "mni_IN", "mo", "nds", "nds_DE", "nds_NL", "no_NO",
    "no_NO_NY", "nqo", "nqo_GN", "oc", "oc_ES", "oc_FR", "pa_IN", "pa_PK", "prg", "prg_PL",
    "sat_IN", "sd_IN", "sd_PK", "sh", "sh_BA", "sh_CS", "sh_YU", "shi_MA", "sr_BA", "sr_CS",
    "sr_Cyrl_CS", "sr_Cyrl_YU", "sr_Latn_CS", "sr_Latn_YU", "sr_ME", "sr_RS", "sr_XK", "sr_YU",
    "su_ID", "syr", "syr_IQ", "syr_SY", "szl", "szl_PL", "tl", "tl_PH", "tok", "tok_001", "uz_AF",
    "uz_UZ", "vai_LR", "vec", "vec_IT", "vmw", "vmw_MZ", "xnr", "xnr_IN", "yi_UA", "yue_CN",
    "yue_HK", "za", "za_CN", "zh_CN", "zh_HK", "zh_MO", "zh_SG", "zh_TW"};
#define MORE_LOCALES (sizeof more_locales / sizeof *more_locales)

static size_t locale_count(void)
{
    return MORE_LOCALES + (size_t)uloc_countAvailable();
}

static const char *locale_name(size_t index)
{
    return index < MORE_LOCALES ? more_locales[index]
                                : uloc_getAvailable((int32_t)(index - MORE_LOCALES));
}

static bool is_known(const char *locale)
{
    for (size_t i = 0; i < locale_count(); i++)
        if (strcmp(locale, locale_name(i)) == 0)
            return true;
    return false;
}

/* Strength says what counts: primary letters, secondary accents too, tertiary case too. Case
 * without accents is primary with the extra case level. */
static void *open_collator(const char *locale, bool ignore_case, bool ignore_accents)
{
    if (!is_known(locale))
        return NULL;
    UErrorCode err = U_ZERO_ERROR;
    UCollator *collator = ucol_open(strcmp(locale, "root") == 0 ? "" : locale, &err);
    if (U_FAILURE(err))
        return NULL;
    if (ignore_accents) {
        ucol_setStrength(collator, UCOL_PRIMARY);
        if (!ignore_case)
            ucol_setAttribute(collator, UCOL_CASE_LEVEL, UCOL_ON, &err);
    } else if (ignore_case) {
        ucol_setStrength(collator, UCOL_SECONDARY);
    }
    if (U_FAILURE(err)) {
        ucol_close(collator);
        return NULL;
    }
    return collator;
}

static void close_collator(void *collator)
{
    ucol_close(collator);
}

static int compare(const void *collator, const char *a, size_t len_a, const char *b, size_t len_b)
{
    UErrorCode err = U_ZERO_ERROR;
    return (int)ucol_strcollUTF8(collator, a, (int32_t)len_a, b, (int32_t)len_b, &err);
}

static size_t key(const void *collator, const char *text, size_t len, uint8_t *out, size_t capacity)
{
    UChar local[512];
    UChar *wide = local;
    size_t room = sizeof local / sizeof *local;
    if (len >= room) { /* UTF-16 never takes more units than UTF-8 bytes */
        room = len + 1;
        wide = malloc(room * sizeof *wide);
        if (!wide)
            return 0;
    }
    UErrorCode err = U_ZERO_ERROR;
    int32_t n_units = 0;
    u_strFromUTF8(wide, (int32_t)room, &n_units, text, (int32_t)len, &err);
    int32_t n = 0;
    if (U_SUCCESS(err))
        n = ucol_getSortKey(
            collator, wide, n_units, out, (int32_t)(capacity < INT32_MAX ? capacity : INT32_MAX));
    if (wide != local)
        free(wide);
    return n > 0 ? (size_t)n : 0;
}

__attribute__((visibility("default"))) extern const HyCollationPlugin hy_collation_plugin;
const HyCollationPlugin hy_collation_plugin = {.abi = HY_COLLATION_PLUGIN_ABI,
    .version = U_ICU_VERSION,
    .open = open_collator,
    .close = close_collator,
    .compare = compare,
    .key = key,
    .locale_count = locale_count,
    .locale_name = locale_name};
