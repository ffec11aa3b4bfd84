/* The settings of a session: names, defaults, allowed values, and their effect on text formats.
 * Names of PostgreSQL that have no effect here are known too and keep their only value, as in the
 * genuine server. spec/sql.md section 12. */
#ifndef HY_SESSION_SETTINGS_H
#define HY_SESSION_SETTINGS_H

#include "base/status.h"
#include "types/text_style.h"

typedef struct HySettings HySettings;

/* Defaults of the product, or a copy of other settings whose values are the new defaults (RESET
 * returns to them). */
HyStatus hy_settings_create(const HySettings *defaults, HySettings **out) HY_MUST_CHECK;
void hy_settings_destroy(HySettings *settings); /* NULL is fine */

/* Errors: 42601 `unrecognized configuration parameter 'x'`, 22023 bad value, 22P02 no boolean,
 * 55P02 only when connecting. Names in lower case; aliases (timezone, datestyle) work. */
HyStatus hy_settings_set(HySettings *settings, const char *name, const char *value) HY_MUST_CHECK;
/* The same, and RESET returns to it: parameters of a connection. */
HyStatus hy_settings_set_default(
    HySettings *settings, const char *name, const char *value) HY_MUST_CHECK;
HyStatus hy_settings_reset(HySettings *settings, const char *name) HY_MUST_CHECK;
HyStatus hy_settings_reset_all(HySettings *settings) HY_MUST_CHECK;
/* The value as SHOW prints it, or NULL for an unknown name. Valid until the setting changes. */
const char *hy_settings_get(const HySettings *settings, const char *name);
/* 42601 with the nearest name as hint, for a name that is not known. */
HyStatus hy_settings_unknown(const char *name) HY_MUST_CHECK;
/* What the settings mean for text in and out. Lives and changes with `settings`. */
const HyTextStyle *hy_settings_style(const HySettings *settings);
/* Gives the text style the names of a session's objects, borrowed. */
void hy_settings_set_names(HySettings *settings, const HyObjectNames *names);

/* query_timeout in milliseconds; 0: none. */
int64_t hy_settings_query_timeout_ms(const HySettings *settings);

/* All settings by name: SHOW ALL, pg_settings. */
size_t hy_settings_count(void);
const char *hy_settings_name(size_t index);
const char *hy_settings_description(size_t index);
/* Whether SET takes names, which are quoted when they need it. */
bool hy_settings_takes_names(const char *name);

#endif
