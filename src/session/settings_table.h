/* The settings that there are.
 *
 * HY_SETTINGS: those that can be set: X(name, alias or NULL, default, rule, argument of the rule,
 * description). Rules: TEXT takes anything; NAMES a list of names, quoted where they need it;
 * SWITCH is shown as on/off, FLAG as 1/0; RANGE "low..high"; CHOICE "a|b|c"; CONNECTION is fixed
 * once there is a session; REFUSED; ZONE, DATE_STYLE, DURATION, LOCALE and ENCODING check their own
 * forms.
 *
 * HY_FIXED_SETTINGS: those of PostgreSQL without effect, which keep their value: X(name, value). */
#ifndef HY_SESSION_SETTINGS_TABLE_H
#define HY_SESSION_SETTINGS_TABLE_H

#define HY_SETTINGS(X)                                                                             \
    X("search_path", NULL, "\"$user\", public", NAMES, NULL,                                       \
        "The schemas in which names without a schema are looked up, in order.")                    \
    X("schema_search_path", NULL, "\"$single\"", NAMES, NULL,                                      \
        "The databases in which names without a database are looked up; $single: the only one.")   \
    X("time_zone", "timezone", "system", ZONE, NULL,                                               \
        "The zone in which timestamps with time zone are shown and read.")                         \
    X("date_style", "datestyle", "ISO, MDY", DATE_STYLE, NULL,                                     \
        "The order of month, day and year in dates that are read.")                                \
    X("date_style_lenient", NULL, "on", SWITCH, NULL,                                              \
        "Whether dates in other forms than that of date_style are read as well.")                  \
    X("interval_style", "intervalstyle", "iso_8601", CHOICE,                                       \
        "iso_8601|postgres|postgres_verbose|sql_standard",                                         \
        "The form in which intervals are shown.")                                                  \
    X("extra_float_digits", NULL, "0", RANGE, "-15..3",                                            \
        "Digits of floating-point numbers shown beyond 15 (6 for real); above 0: as many as "      \
        "needed.")                                                                                 \
    X("bytea_output", NULL, "hex", CHOICE, "hex|escape", "The form in which bytea is shown.")      \
    X("lc_all", NULL, "en_us", LOCALE, NULL, "Sets lc_time.")                                      \
    X("lc_time", NULL, "en_us", LOCALE, NULL, "The language of names of months and weekdays.")     \
    X("lc_time_first_day_of_week", NULL, "7", RANGE, "1..7",                                       \
        "The day with which weeks begin: 1 is Monday.")                                            \
    X("lc_time_minimal_days_in_first_week", NULL, "1", RANGE, "1..7",                              \
        "How many days the first week of a year has at least.")                                    \
    X("fiscal_year_start_month", NULL, "1", RANGE, "1..12",                                        \
        "The month with which fiscal years begin.")                                                \
    X("first_day_of_fiscal_week", NULL, "1", RANGE, "1..7",                                        \
        "The day with which fiscal weeks begin: 1 is Monday.")                                     \
    X("use_start_date_as_fiscal_year_name", NULL, "1", FLAG, NULL,                                 \
        "Whether a fiscal year is named after the year in which it begins.")                       \
    X("two_digit_year_threshold", NULL, "70", RANGE, "0..100",                                     \
        "The first two-digit year that belongs to the last century.")                              \
    X("query_timeout", NULL, "1440min", DURATION, NULL,                                            \
        "How long a statement may take; 0: forever.")                                              \
    X("client_encoding", NULL, "UTF8", ENCODING, NULL, "The encoding of the client.")              \
    X("application_name", NULL, "", NAMES, NULL, "The name of the program that is connected.")     \
    X("client_min_messages", NULL, "notice", TEXT, NULL, "Accepted without effect.")               \
    X("use_spooling_operators", NULL, "0", FLAG, NULL, "Accepted without effect.")                 \
    X("fiscal_period_table", NULL, "\"\"", NAMES, NULL, "Accepted without effect.")                \
    X("exchange_rate_table", NULL, "\"\"", NAMES, NULL, "Accepted without effect.")                \
    X("temporary_namespace_name", NULL, "pg_temp", TEXT, NULL, "Accepted without effect.")         \
    X("bypass_external_cloud_table_acceleration", NULL, "0", FLAG, NULL,                           \
        "Accepted without effect.")                                                                \
    X("identifier_resolution", NULL, "case_sensitive", CHOICE, "case_sensitive|case_insensitive",  \
        "Accepted without effect.")                                                                \
    X("external_client_context", NULL, "", CHOICE, "", "Accepted without effect.")                 \
    X("result_format_code", NULL, "Text", REFUSED, NULL, "The form of results: text.")             \
    X("workload", NULL, "", CONNECTION, NULL, "A label of the connection.")                        \
    X("workspace", NULL, "", CONNECTION, NULL, "A label of the connection.")                       \
    X("service_config", NULL, "", CONNECTION, NULL, "A label of the connection.")

#define HY_FIXED_SETTINGS(X)                                                                       \
    X(allow_system_table_mods, "off")                                                              \
    X(archive_command, "(disabled)")                                                               \
    X(archive_mode, "off")                                                                         \
    X(archive_timeout, "0")                                                                        \
    X(array_nulls, "on")                                                                           \
    X(authentication_timeout, "1min")                                                              \
    X(autovacuum, "on")                                                                            \
    X(autovacuum_analyze_scale_factor, "0.1")                                                      \
    X(autovacuum_analyze_threshold, "50")                                                          \
    X(autovacuum_freeze_max_age, "200000000")                                                      \
    X(autovacuum_max_workers, "3")                                                                 \
    X(autovacuum_multixact_freeze_max_age, "400000000")                                            \
    X(autovacuum_naptime, "1min")                                                                  \
    X(autovacuum_vacuum_cost_delay, "20ms")                                                        \
    X(autovacuum_vacuum_cost_limit, "-1")                                                          \
    X(autovacuum_vacuum_scale_factor, "0.2")                                                       \
    X(autovacuum_vacuum_threshold, "50")                                                           \
    X(autovacuum_work_mem, "-1")                                                                   \
    X(backslash_quote, "safe_encoding")                                                            \
    X(bgwriter_delay, "200ms")                                                                     \
    X(bgwriter_lru_maxpages, "100")                                                                \
    X(bgwriter_lru_multiplier, "2")                                                                \
    X(block_size, "8192")                                                                          \
    X(bonjour, "off")                                                                              \
    X(bonjour_name, "")                                                                            \
    X(check_function_bodies, "on")                                                                 \
    X(checkpoint_completion_target, "0.5")                                                         \
    X(checkpoint_segments, "3")                                                                    \
    X(checkpoint_timeout, "5min")                                                                  \
    X(checkpoint_warning, "30s")                                                                   \
    X(commit_delay, "0")                                                                           \
    X(commit_siblings, "5")                                                                        \
    X(constraint_exclusion, "partition")                                                           \
    X(cpu_index_tuple_cost, "0.005")                                                               \
    X(cpu_operator_cost, "0.0025")                                                                 \
    X(cpu_tuple_cost, "0.01")                                                                      \
    X(cursor_tuple_fraction, "0.1")                                                                \
    X(data_checksums, "off")                                                                       \
    X(db_user_namespace, "off")                                                                    \
    X(deadlock_timeout, "1s")                                                                      \
    X(debug_assertions, "off")                                                                     \
    X(debug_pretty_print, "on")                                                                    \
    X(debug_print_parse, "off")                                                                    \
    X(debug_print_plan, "off")                                                                     \
    X(debug_print_rewritten, "off")                                                                \
    X(default_statistics_target, "100")                                                            \
    X(default_tablespace, "")                                                                      \
    X(default_text_search_config, "pg_catalog.german")                                             \
    X(default_transaction_deferrable, "off")                                                       \
    X(default_transaction_isolation, "read committed")                                             \
    X(default_transaction_read_only, "off")                                                        \
    X(default_with_oids, "off")                                                                    \
    X(dynamic_shared_memory_type, "posix")                                                         \
    X(effective_cache_size, "4GB")                                                                 \
    X(effective_io_concurrency, "1")                                                               \
    X(enable_bitmapscan, "on")                                                                     \
    X(enable_hashagg, "on")                                                                        \
    X(enable_hashjoin, "on")                                                                       \
    X(enable_indexonlyscan, "on")                                                                  \
    X(enable_indexscan, "on")                                                                      \
    X(enable_material, "on")                                                                       \
    X(enable_mergejoin, "on")                                                                      \
    X(enable_nestloop, "on")                                                                       \
    X(enable_seqscan, "on")                                                                        \
    X(enable_sort, "on")                                                                           \
    X(enable_tidscan, "on")                                                                        \
    X(escape_string_warning, "on")                                                                 \
    X(event_source, "Hyper")                                                                       \
    X(exit_on_error, "off")                                                                        \
    X(from_collapse_limit, "8")                                                                    \
    X(fsync, "on")                                                                                 \
    X(full_page_writes, "on")                                                                      \
    X(geqo, "on")                                                                                  \
    X(geqo_effort, "5")                                                                            \
    X(geqo_generations, "0")                                                                       \
    X(geqo_pool_size, "0")                                                                         \
    X(geqo_seed, "0")                                                                              \
    X(geqo_selection_bias, "2")                                                                    \
    X(geqo_threshold, "12")                                                                        \
    X(gin_fuzzy_search_limit, "0")                                                                 \
    X(hot_standby, "off")                                                                          \
    X(hot_standby_feedback, "off")                                                                 \
    X(huge_pages, "try")                                                                           \
    X(ignore_checksum_failure, "off")                                                              \
    X(ignore_system_indexes, "off")                                                                \
    X(integer_datetimes, "on")                                                                     \
    X(join_collapse_limit, "8")                                                                    \
    X(krb_caseins_users, "off")                                                                    \
    X(lc_collate, "C")                                                                             \
    X(lc_ctype, "C")                                                                               \
    X(lc_messages, "C")                                                                            \
    X(lc_monetary, "C")                                                                            \
    X(lc_numeric, "C")                                                                             \
    X(listen_addresses, "127.0.0.1")                                                               \
    X(lo_compat_privileges, "off")                                                                 \
    X(local_preload_libraries, "")                                                                 \
    X(lock_timeout, "0")                                                                           \
    X(log_autovacuum_min_duration, "-1")                                                           \
    X(log_checkpoints, "off")                                                                      \
    X(log_connections, "off")                                                                      \
    X(log_destination, "stderr")                                                                   \
    X(log_disconnections, "off")                                                                   \
    X(log_duration, "off")                                                                         \
    X(log_error_verbosity, "default")                                                              \
    X(log_executor_stats, "off")                                                                   \
    X(log_file_mode, "0600")                                                                       \
    X(log_hostname, "off")                                                                         \
    X(log_line_prefix, "%t [%p-%l] %q%u@%d")                                                       \
    X(log_lock_waits, "off")                                                                       \
    X(log_min_duration_statement, "-1")                                                            \
    X(log_min_error_statement, "error")                                                            \
    X(log_min_messages, "warning")                                                                 \
    X(log_parser_stats, "off")                                                                     \
    X(log_planner_stats, "off")                                                                    \
    X(log_rotation_age, "1d")                                                                      \
    X(log_rotation_size, "10MB")                                                                   \
    X(log_statement, "none")                                                                       \
    X(log_statement_stats, "off")                                                                  \
    X(log_temp_files, "-1")                                                                        \
    X(log_timezone, "localtime")                                                                   \
    X(log_truncate_on_rotation, "off")                                                             \
    X(logging_collector, "off")                                                                    \
    X(maintenance_work_mem, "64MB")                                                                \
    X(max_connections, "100")                                                                      \
    X(max_files_per_process, "1000")                                                               \
    X(max_function_args, "100")                                                                    \
    X(max_identifier_length, "1048576")                                                            \
    X(max_index_keys, "32")                                                                        \
    X(max_locks_per_transaction, "64")                                                             \
    X(max_pred_locks_per_transaction, "64")                                                        \
    X(max_prepared_transactions, "0")                                                              \
    X(max_replication_slots, "0")                                                                  \
    X(max_stack_depth, "2MB")                                                                      \
    X(max_standby_archive_delay, "30s")                                                            \
    X(max_standby_streaming_delay, "30s")                                                          \
    X(max_wal_senders, "0")                                                                        \
    X(max_worker_processes, "8")                                                                   \
    X(password_encryption, "scram-sha-256")                                                        \
    X(port, "5432")                                                                                \
    X(post_auth_delay, "0")                                                                        \
    X(pre_auth_delay, "0")                                                                         \
    X(quote_all_identifiers, "off")                                                                \
    X(random_page_cost, "4")                                                                       \
    X(restart_after_crash, "on")                                                                   \
    X(row_security, "off")                                                                         \
    X(segment_size, "1GB")                                                                         \
    X(seq_page_cost, "1")                                                                          \
    X(server_encoding, "UTF8")                                                                     \
    X(server_version, "9.1.0")                                                                     \
    X(server_version_num, "90100")                                                                 \
    X(session_replication_role, "origin")                                                          \
    X(shared_buffers, "128MB")                                                                     \
    X(sql_inheritance, "on")                                                                       \
    X(ssl, "on")                                                                                   \
    X(ssl_ca_file, "")                                                                             \
    X(ssl_cert_file, "")                                                                           \
    X(ssl_crl_file, "")                                                                            \
    X(ssl_key_file, "")                                                                            \
    X(ssl_prefer_server_ciphers, "on")                                                             \
    X(ssl_renegotiation_limit, "512MB")                                                            \
    X(standard_conforming_strings, "on")                                                           \
    X(statement_timeout, "0")                                                                      \
    X(superuser_reserved_connections, "3")                                                         \
    X(synchronize_seqscans, "on")                                                                  \
    X(synchronous_commit, "on")                                                                    \
    X(synchronous_standby_names, "")                                                               \
    X(syslog_facility, "local0")                                                                   \
    X(syslog_ident, "hyper")                                                                       \
    X(tcp_keepalives_count, "0")                                                                   \
    X(tcp_keepalives_idle, "0")                                                                    \
    X(tcp_keepalives_interval, "0")                                                                \
    X(temp_buffers, "8MB")                                                                         \
    X(temp_file_limit, "-1")                                                                       \
    X(temp_tablespaces, "")                                                                        \
    X(timezone_abbreviations, "Default")                                                           \
    X(trace_notify, "off")                                                                         \
    X(trace_recovery_messages, "log")                                                              \
    X(trace_sort, "off")                                                                           \
    X(track_activities, "on")                                                                      \
    X(track_activity_query_size, "1024")                                                           \
    X(track_counts, "on")                                                                          \
    X(track_functions, "none")                                                                     \
    X(track_io_timing, "off")                                                                      \
    X(transaction_deferrable, "off")                                                               \
    X(transaction_isolation, "read committed")                                                     \
    X(transaction_read_only, "off")                                                                \
    X(transform_null_equals, "off")                                                                \
    X(unix_socket_group, "")                                                                       \
    X(unix_socket_permissions, "0777")                                                             \
    X(update_process_title, "on")                                                                  \
    X(vacuum_cost_delay, "0")                                                                      \
    X(vacuum_cost_limit, "200")                                                                    \
    X(vacuum_cost_page_dirty, "20")                                                                \
    X(vacuum_cost_page_hit, "1")                                                                   \
    X(vacuum_cost_page_miss, "10")                                                                 \
    X(vacuum_defer_cleanup_age, "0")                                                               \
    X(vacuum_freeze_min_age, "50000000")                                                           \
    X(vacuum_freeze_table_age, "150000000")                                                        \
    X(vacuum_multixact_freeze_min_age, "5000000")                                                  \
    X(vacuum_multixact_freeze_table_age, "150000000")                                              \
    X(wal_block_size, "8192")                                                                      \
    X(wal_buffers, "4MB")                                                                          \
    X(wal_keep_segments, "0")                                                                      \
    X(wal_level, "minimal")                                                                        \
    X(wal_log_hints, "off")                                                                        \
    X(wal_receiver_status_interval, "10s")                                                         \
    X(wal_receiver_timeout, "1min")                                                                \
    X(wal_segment_size, "16MB")                                                                    \
    X(wal_sender_timeout, "1min")                                                                  \
    X(wal_sync_method, "fdatasync")                                                                \
    X(wal_writer_delay, "200ms")                                                                   \
    X(work_mem, "4MB")                                                                             \
    X(xmlbinary, "base64")                                                                         \
    X(xmloption, "content")                                                                        \
    X(zero_damaged_pages, "off")

#endif
