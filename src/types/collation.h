/* Collations by name. Binary ones ("C", "POSIX", "binary") are NULL or built in; locale collations
 * and their _CI, _AI, _CI_AI forms come from ICU through the plug-in libopenhyper_icu.so, loaded at
 * first use. */
#ifndef HY_TYPES_COLLATION_H
#define HY_TYPES_COLLATION_H

#include "types/string.h"
#include "types/type.h"

/* Binary collations give *out = NULL ("C" and "POSIX" are binary too). The object lives until
 * process end; the same name gives the same pointer. Errors: 42704 "collation 'x' for encoding
 * 'UTF-8' does not exist"; 0A000 with a hint when the plug-in cannot be loaded. */
HyStatus hy_collation_find(const char *name, const HyCollation **out) HY_MUST_CHECK;
/* For what a file names: without the plug-in the collation is an object that has a name and no
 * order, of which hy_collation_require tells (0A000). Errors: 42704 when the plug-in knows no such
 * collation. */
HyStatus hy_collation_find_named(const char *name, const HyCollation **out) HY_MUST_CHECK;
/* To be asked before texts are compared. NULL is fine. */
HyStatus hy_collation_require(const HyCollation *collation) HY_MUST_CHECK;
/* "" for NULL (binary). */
const char *hy_collation_name(const HyCollation *collation);
/* Whether only equal strings are equal: false for _CI and _AI collations. NULL (binary): true. */
bool hy_collation_is_exact(const HyCollation *collation);
/* Order; ties between different strings are kept as 0 for _CI/_AI collations, and broken by bytes
 * otherwise. collation NULL: binary. */
int hy_collation_compare(const HyCollation *collation, const HyString *a, const HyString *b);
/* Appends a key whose memcmp order is the collation's order, equal keys = equal strings. */
HyStatus hy_collation_key(
    const HyCollation *collation, const char *text, size_t len, HyBuffer *key) HY_MUST_CHECK;

/* All names for pg_collation: binary ones first, then locales, each with its _CI, _AI and _CI_AI
 * forms. Only the binary ones when the plug-in cannot be loaded. The name lives until process end.
 */
size_t hy_collation_count(void);
const char *hy_collation_name_at(size_t index);

#endif
