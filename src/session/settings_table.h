/* The settings that there are: X(name, alias or NULL, default, rule, argument of the rule).
 *
 * Rules: FIXED keeps its default; TEXT takes anything; BOOL on/off; RANGE "low..high"; CHOICE
 * "a|b|c"; ZONE, DATE_STYLE, DURATION, LOCALE and ENCODING check their own forms. */
#ifndef HY_SESSION_SETTINGS_TABLE_H
#define HY_SESSION_SETTINGS_TABLE_H

#define HY_SETTINGS(X)                                                                             \
    X("application_name", NULL, "", TEXT, NULL)                                                    \
    X("bytea_output", NULL, "hex", CHOICE, "hex|escape")                                           \
    X("client_encoding", NULL, "UTF8", ENCODING, NULL)                                             \
    X("client_min_messages", NULL, "notice", CHOICE,                                               \
        "debug5|debug4|debug3|debug2|debug1|debug|log|info|notice|warning|error|fatal|panic")      \
    X("date_style", "datestyle", "ISO, MDY", DATE_STYLE, NULL)                                     \
    X("date_style_lenient", NULL, "on", BOOL, NULL)                                                \
    X("default_transaction_isolation", NULL, "read committed", FIXED, NULL)                        \
    X("default_transaction_read_only", NULL, "off", FIXED, NULL)                                   \
    X("extra_float_digits", NULL, "0", RANGE, "-15..3")                                            \
    X("first_day_of_fiscal_week", NULL, "1", RANGE, "1..7")                                        \
    X("fiscal_year_start_month", NULL, "1", RANGE, "1..12")                                        \
    X("integer_datetimes", NULL, "on", FIXED, NULL)                                                \
    X("interval_style", "intervalstyle", "iso_8601", CHOICE,                                       \
        "iso_8601|postgres|postgres_verbose|sql_standard")                                         \
    X("lc_collate", NULL, "en_US.UTF-8", FIXED, NULL)                                              \
    X("lc_ctype", NULL, "en_US.UTF-8", FIXED, NULL)                                                \
    X("lc_messages", NULL, "en_US.UTF-8", FIXED, NULL)                                             \
    X("lc_monetary", NULL, "en_US.UTF-8", FIXED, NULL)                                             \
    X("lc_numeric", NULL, "en_US.UTF-8", FIXED, NULL)                                              \
    X("lc_time", NULL, "en_us", LOCALE, NULL)                                                      \
    X("lc_time_first_day_of_week", NULL, "7", RANGE, "1..7")                                       \
    X("lc_time_minimal_days_in_first_week", NULL, "1", RANGE, "1..7")                              \
    X("max_identifier_length", NULL, "1048576", FIXED, NULL)                                       \
    X("query_timeout", NULL, "1440min", DURATION, NULL)                                            \
    X("schema_search_path", NULL, "\"$single\"", TEXT, NULL)                                       \
    X("search_path", NULL, "", TEXT, NULL)                                                         \
    X("server_encoding", NULL, "UTF8", FIXED, NULL)                                                \
    X("server_version", NULL, "9.1.0", FIXED, NULL)                                                \
    X("server_version_num", NULL, "90100", FIXED, NULL)                                            \
    X("standard_conforming_strings", NULL, "on", FIXED, NULL)                                      \
    X("statement_timeout", NULL, "0", FIXED, NULL)                                                 \
    X("time_zone", "timezone", "system", ZONE, NULL)                                               \
    X("transaction_isolation", NULL, "read committed", FIXED, NULL)                                \
    X("transaction_read_only", NULL, "off", FIXED, NULL)                                           \
    X("transform_null_equals", NULL, "off", FIXED, NULL)                                           \
    X("use_spooling_operators", NULL, "on", BOOL, NULL)                                            \
    X("use_start_date_as_fiscal_year_name", NULL, "on", BOOL, NULL)                                \
    X("work_mem", NULL, "1MB", FIXED, NULL)                                                        \
    X("workload", NULL, "", TEXT, NULL)

#endif
