/* The relations of pg_catalog: X(name, oid, kind, number of hidden columns, columns). Columns are
 * written "name type, ..", `!` for NOT NULL. A hidden column is an oid, which is found by that name
 * and left out of `*`, as in PostgreSQL before version 12. Names, types and order are those that
 * the genuine server lists in pg_attribute. */
#ifndef HY_CATALOG_SYSTEM_RELATIONS_TABLE_H
#define HY_CATALOG_SYSTEM_RELATIONS_TABLE_H

#define HY_SYSTEM_RELATIONS(X)                                                                     \
    X(hyper_attached_database, 8001, 'r', 0, "database_name text, database_alias text!")           \
    X(hyper_database, 8002, 'r', 1,                                                                \
        "datname text!, last_file_write_timestamp timestamp, database_version text, "              \
        "creation_hyper_version text, encrypted bool, workspace text, owned bool!, type text!")    \
    X(hyper_event_logs, 8003, 'r', 0, "log_file_name text!")                                       \
    X(hyper_load, 8004, 'r', 0,                                                                    \
        "load float8!, scheduler_load float8!, memory_load float8!, machine_cpu_load float8, "     \
        "workspace_load float8!, memory_buckets_load float8!")                                     \
    X(hyper_memory_usage, 8005, 'r', 0,                                                            \
        "timestamp timestamptz!, total_virtual_memory int8, total_virtual_memory_used int8, "      \
        "total_virtual_memory_process int8, total_physical_memory int8!, "                         \
        "total_physical_memory_used int8!, total_physical_memory_process int8!, "                  \
        "total_memory_limit int8!")                                                                \
    X(hyper_thread_usage, 8100, 'r', 0, "total_threads_active int8!, total_threads_idle int8!")    \
    X(hyper_threads, 8099, 'r', 0, "thread_id int8!, type text!, state text")                      \
    X(pg_aggregate, 2600, 'r', 0,                                                                  \
        "aggfnoid oid!, aggtransfn oid!, aggfinalfn oid!, aggsortop oid!, aggtranstype oid!, "     \
        "agginitval text")                                                                         \
    X(pg_am, 2601, 'r', 1,                                                                         \
        "amname text!, amstrategies int2!, amsupport int2!, amcanorder bool!, amcanorderbyop "     \
        "bool!, amcanbackward bool!, amcanunique bool!, amcanmulticol bool!, amoptionalkey "       \
        "bool!, amsearchnulls bool!, amstorage bool!, amclusterable bool!, ampredlocks bool!, "    \
        "amkeytype oid!, aminsert oid!, ambeginscan oid!, amgettuple oid!, amgetbitmap oid!, "     \
        "amrescan oid!, amendscan oid!, ammarkpos oid!, amrestrpos oid!, ambuild oid!, "           \
        "ambuildempty oid!, ambulkdelete oid!, amvacuumcleanup oid!, amcostestimate oid!, "        \
        "amoptions oid!")                                                                          \
    X(pg_amop, 2602, 'r', 1,                                                                       \
        "amopfamily oid!, amoplefttype oid!, amoprighttype oid!, amopstrategy int2!, "             \
        "amoppurpose char!, amopopr oid!, amopmethod oid!, amopsortfamily oid!")                   \
    X(pg_amproc, 2603, 'r', 1,                                                                     \
        "amprocfamily oid!, amproclefttype oid!, amprocrighttype oid!, amprocnum int2!, "          \
        "amproc oid!")                                                                             \
    X(pg_attrdef, 2604, 'r', 1, "adrelid oid!, adnum int2!, adbin text, adsrc text")               \
    X(pg_attribute, 1249, 'r', 0,                                                                  \
        "attrelid oid!, attname text!, atttypid oid!, attstattarget int4!, attlen int2!, "         \
        "attnum int2!, attndims int4!, attcacheoff int4!, atttypmod int4!, attbyval bool!, "       \
        "attstorage char!, attalign char!, attnotnull bool!, atthasdef bool!, attisdropped "       \
        "bool!, attislocal bool!, attinhcount int4!, attcollation oid!, attacl aclitem[], "        \
        "attoptions text[]")                                                                       \
    X(pg_auth_members, 1261, 'r', 0, "roleid oid!, member oid!, grantor oid!, admin_option bool!") \
    X(pg_authid, 8009, 'r', 1,                                                                     \
        "rolname text, rolsuper bool, rolinherit bool, rolcreaterole bool, rolcreatedb bool, "     \
        "rolcatupdate bool, rolcanlogin bool, rolreplication bool, rolconnlimit int4, "            \
        "rolpassword text, rolvaliduntil timestamptz")                                             \
    X(pg_available_extension_versions, 17062, 'v', 0,                                              \
        "name text, version text, installed bool, superuser bool, relocatable bool, schema "       \
        "text, requires text[], comment text")                                                     \
    X(pg_available_extensions, 17061, 'v', 0,                                                      \
        "name text, default_version text, installed_version text, comment text")                   \
    X(pg_cast, 2605, 'r', 1,                                                                       \
        "castsource oid!, casttarget oid!, castfunc oid!, castcontext char!, castmethod char!")    \
    X(pg_class, 1259, 'r', 1,                                                                      \
        "relname text!, relnamespace oid!, reltype oid!, reloftype oid!, relowner oid!, relam "    \
        "oid!, relfilenode oid!, reltablespace oid!, relpages int4!, reltuples float8!, "          \
        "reltoastrelid oid!, reltoastidxid oid!, relhasindex bool!, relisshared bool!, "           \
        "relpersistence char!, relkind char!, relnatts int2!, relchecks int2!, relhasoids "        \
        "bool!, relhaspkey bool!, relhasrules bool!, relhastriggers bool!, relhassubclass "        \
        "bool!, relfrozenxid int8!, relacl aclitem[], reloptions text[]")                          \
    X(pg_collation, 3456, 'r', 1,                                                                  \
        "collname text!, collnamespace oid!, collowner oid!, collencoding int4!, collcollate "     \
        "text!, collctype text!")                                                                  \
    X(pg_constraint, 2606, 'r', 1,                                                                 \
        "conname text!, connamespace oid!, contype char!, condeferrable bool!, condeferred "       \
        "bool!, convalidated bool!, conrelid oid!, contypid oid!, conindid oid!, confrelid "       \
        "oid!, confupdtype char!, confdeltype char!, confmatchtype char!, conislocal bool!, "      \
        "coninhcount int4!, conkey int2[], confkey int2[], conpfeqop oid[], conppeqop oid[], "     \
        "conffeqop oid[], conexclop oid[], conbin text, consrc text")                              \
    X(pg_conversion, 2607, 'r', 1,                                                                 \
        "conname text!, connamespace oid!, conowner oid!, conforencoding int4!, contoencoding "    \
        "int4!, conproc oid!, condefault bool!")                                                   \
    X(pg_cursors, 17063, 'v', 0,                                                                   \
        "name text, statement text, is_holdable bool, is_binary bool, is_scrollable bool, "        \
        "creation_time timestamptz")                                                               \
    X(pg_database, 1262, 'r', 1,                                                                   \
        "datname text!, datdba oid!, encoding int4!, datcollate text!, datctype text!, "           \
        "datistemplate bool!, datallowconn bool!, datconnlimit int4!, datlastsysoid oid!, "        \
        "datfrozenxid int8!, dattablespace oid!, datacl aclitem[]")                                \
    X(pg_db_role_setting, 2964, 'r', 0, "setdatabase oid!, setrole oid!, setconfig text[]")        \
    X(pg_default_acl, 826, 'r', 1,                                                                 \
        "defaclrole oid!, defaclnamespace oid!, defaclobjtype char!, defaclacl aclitem[]")         \
    X(pg_depend, 2608, 'r', 0,                                                                     \
        "classid oid!, objid oid!, objsubid int4!, refclassid oid!, refobjid oid!, "               \
        "refobjsubid int4!, deptype char!")                                                        \
    X(pg_description, 8014, 'r', 0,                                                                \
        "objoid oid!, classoid oid!, objsubid int4!, description text!")                           \
    X(pg_enum, 3501, 'r', 1, "enumtypid oid!, enumsortorder float8!, enumlabel text!")             \
    X(pg_extension, 3079, 'r', 1,                                                                  \
        "extname text!, extowner oid!, extnamespace oid!, extrelocatable bool!, extversion "       \
        "text, extconfig oid[], extcondition text[]")                                              \
    X(pg_foreign_data_wrapper, 2328, 'r', 1,                                                       \
        "fdwname text!, fdwowner oid!, fdwhandler oid!, fdwvalidator oid!, fdwacl aclitem[], "     \
        "fdwoptions text[]")                                                                       \
    X(pg_foreign_server, 1417, 'r', 1,                                                             \
        "srvname text!, srvowner oid!, srvfdw oid!, srvtype text, srvversion text, srvacl "        \
        "aclitem[], srvoptions text[]")                                                            \
    X(pg_foreign_table, 3118, 'r', 0, "ftrelid oid!, ftserver oid!, ftoptions text[]")             \
    X(pg_group, 17064, 'v', 0, "groname text, grosysid oid, grolist oid[]")                        \
    X(pg_index, 2610, 'r', 0,                                                                      \
        "indexrelid oid!, indrelid oid!, indnatts int2!, indisunique bool!, indisprimary "         \
        "bool!, indisexclusion bool!, indimmediate bool!, indisclustered bool!, indisvalid "       \
        "bool!, indcheckxmin bool!, indisready bool!, indkey int2vector!, indcollation "           \
        "oidvector!, indclass oidvector!, indoption int2vector!, indexprs text, indpred text")     \
    X(pg_indexes, 17065, 'v', 0,                                                                   \
        "schemaname text, tablename text, indexname text, tablespace text, indexdef text")         \
    X(pg_inherits, 2611, 'r', 0, "inhrelid oid!, inhparent oid!, inhseqno int4!")                  \
    X(pg_language, 2612, 'r', 1,                                                                   \
        "lanname text!, lanowner oid!, lanispl bool!, lanpltrusted bool!, lanplcallfoid oid!, "    \
        "laninline oid!, lanvalidator oid!, lanacl aclitem[]")                                     \
    X(pg_largeobject, 2613, 'r', 0, "loid oid!, pageno int4!, data bytea")                         \
    X(pg_largeobject_metadata, 2995, 'r', 1, "lomowner oid!, lomacl aclitem[]")                    \
    X(pg_locks, 17066, 'v', 0,                                                                     \
        "locktype text, database oid, relation oid, page int4, tuple int2, virtualxid text, "      \
        "transactionid int8, classid oid, objid oid, objsubid int2, virtualtransaction text, "     \
        "pid int4, mode text, granted bool")                                                       \
    X(pg_namespace, 2615, 'r', 1, "nspname text!, nspowner oid!, nspacl aclitem[]")                \
    X(pg_opclass, 2616, 'r', 1,                                                                    \
        "opcmethod oid!, opcname text!, opcnamespace oid!, opcowner oid!, opcfamily oid!, "        \
        "opcintype oid!, opcdefault bool!, opckeytype oid!")                                       \
    X(pg_operator, 2617, 'r', 1,                                                                   \
        "oprname text!, oprnamespace oid!, oprowner oid!, oprkind char!, oprcanmerge bool!, "      \
        "oprcanhash bool!, oprleft oid!, oprright oid!, oprresult oid!, oprcom oid!, "             \
        "oprnegate oid!, oprcode oid!, oprrest oid!, oprjoin oid!")                                \
    X(pg_opfamily, 2753, 'r', 1,                                                                   \
        "opfmethod oid!, opfname text!, opfnamespace oid!, opfowner oid!")                         \
    X(pg_pltemplate, 1136, 'r', 0,                                                                 \
        "tmplname text!, tmpltrusted bool!, tmpldbacreate bool!, tmplhandler text, tmplinline "    \
        "text, tmplvalidator text, tmpllibrary text, tmplacl aclitem[]")                           \
    X(pg_prepared_statements, 17067, 'v', 0,                                                       \
        "name text, statement text, prepare_time timestamptz, parameter_types oid[], from_sql "    \
        "bool")                                                                                    \
    X(pg_prepared_xacts, 17068, 'v', 0,                                                            \
        "transaction int8, gid text, prepared timestamptz, owner text, database text")             \
    X(pg_proc, 8017, 'r', 1,                                                                       \
        "proname text!, pronamespace oid!, proowner oid, prolang oid, procost float8, prorows "    \
        "float8, provariadic oid, prosupport regproc, prokind text!, prosecdef bool!, "            \
        "proleakproof bool, proisstrict bool, proretset bool, provolatile char, proparallel "      \
        "text!, pronargs int4, pronargdefaults int4, prorettype oid, proargtypes oidvector, "      \
        "proallargtypes oid[], proargmodes char[], proargnames text[], proargdefaults text, "      \
        "protrftypes oid[], prosrc text, probin text, prosqlbody text, proconfig text[], "         \
        "proacl text[]")                                                                           \
    X(pg_rewrite, 2618, 'r', 1,                                                                    \
        "rulename text!, ev_class oid!, ev_attr int2!, ev_type char!, ev_enabled char!, "          \
        "is_instead bool!, ev_qual text, ev_action text")                                          \
    X(pg_roles, 17020, 'v', 0,                                                                     \
        "rolname text, rolsuper bool, rolinherit bool, rolcreaterole bool, rolcreatedb bool, "     \
        "rolcatupdate bool, rolcanlogin bool, rolreplication bool, rolconnlimit int4, "            \
        "rolpassword text, rolvaliduntil timestamp, rolconfig text[], oid oid")                    \
    X(pg_rules, 17069, 'v', 0, "schemaname text, tablename text, rulename text, definition text")  \
    X(pg_seclabel, 3596, 'r', 0,                                                                   \
        "objoid oid!, classoid oid!, objsubid int4!, provider text, label text")                   \
    X(pg_seclabels, 17070, 'v', 0,                                                                 \
        "objoid oid, classoid oid, objsubid int4, objtype text, objnamespace oid, objname "        \
        "text, provider text, label text")                                                         \
    X(pg_settings, 17021, 'v', 0,                                                                  \
        "name text, setting text, unit text, category text, short_desc text, extra_desc text, "    \
        "context text, vartype text, source text, min_val text, max_val text, enumvals "           \
        "text[], boot_val text, reset_val text, sourcefile text, sourceline int4")                 \
    X(pg_shadow, 17071, 'v', 0,                                                                    \
        "usename text, usesysid oid, usecreatedb bool, usesuper bool, usecatupd bool, passwd "     \
        "text, valuntil timestamp, useconfig text[]")                                              \
    X(pg_shdepend, 1214, 'r', 0,                                                                   \
        "dbid oid!, classid oid!, objid oid!, objsubid int4!, refclassid oid!, refobjid oid!, "    \
        "deptype char!")                                                                           \
    X(pg_shdescription, 2396, 'r', 0, "objoid oid!, classoid oid!, description text")              \
    X(pg_stat_activity, 17022, 'v', 0,                                                             \
        "datid oid, datname text, procpid int4, usesysid oid, usename text, application_name "     \
        "text, client_addr text, client_hostname text, client_port int4, backend_start "           \
        "timestamptz, xact_start timestamptz, query_start timestamptz, state_change "              \
        "timestamptz, waiting bool, state text, backend_xid int8, backend_xmin int8, "             \
        "current_query text")                                                                      \
    X(pg_stat_all_indexes, 17023, 'v', 0,                                                          \
        "relid oid, indexrelid oid, schemaname text, relname text, indexrelname text, "            \
        "idx_scan int8, idx_tup_read int8, idx_tup_fetch int8")                                    \
    X(pg_stat_all_tables, 17024, 'v', 0,                                                           \
        "relid oid, schemaname text, relname text, seq_scan int8, seq_tup_read int8, idx_scan "    \
        "int8, idx_tup_fetch int8, n_tup_ins int8, n_tup_upd int8, n_tup_del int8, "               \
        "n_tup_hot_upd int8, n_live_tup int8, n_dead_tup int8, n_mod_since_analyze int8, "         \
        "last_vacuum timestamp, last_autovacuum timestamp, last_analyze timestamp, "               \
        "last_autoanalyze timestamp, vacuum_count int8, autovacuum_count int8, analyze_count "     \
        "int8, autoanalyze_count int8")                                                            \
    X(pg_stat_bgwriter, 17075, 'v', 0,                                                             \
        "checkpoints_timed int8, checkpoints_req int8, checkpoint_write_time float8, "             \
        "checkpoint_sync_time float8, buffers_checkpoint int8, buffers_clean int8, "               \
        "maxwritten_clean int8, buffers_backend int8, buffers_backend_fsync int8, "                \
        "buffers_alloc int8, stats_reset timestamptz")                                             \
    X(pg_stat_database, 17076, 'v', 0,                                                             \
        "datid oid, datname text, numbackends int4, xact_commit int8, xact_rollback int8, "        \
        "blks_read int8, blks_hit int8, tup_returned int8, tup_fetched int8, tup_inserted "        \
        "int8, tup_updated int8, tup_deleted int8, conflicts int8, temp_files int8, "              \
        "temp_bytes int8, deadlocks int8, blk_read_time float8, blk_write_time float8, "           \
        "stats_reset timestamptz")                                                                 \
    X(pg_stat_database_conflicts, 17077, 'v', 0,                                                   \
        "datid oid, datname text, confl_tablespace int8, confl_lock int8, confl_snapshot "         \
        "int8, confl_bufferpin int8, confl_deadlock int8")                                         \
    X(pg_stat_replication, 17078, 'v', 0,                                                          \
        "procpid int4, usesysid oid, usename text, application_name text, client_addr text, "      \
        "client_hostname text, client_port int4, backend_start timestamptz, backend_xmin "         \
        "int8, state text, sent_location int8, write_location int8, flush_location int8, "         \
        "replay_location int8, sync_priority int4, sync_state text")                               \
    X(pg_stat_sys_indexes, 17084, 'v', 0,                                                          \
        "relid oid, indexrelid oid, schemaname text, relname text, indexrelname text, "            \
        "idx_scan int8, idx_tup_read int8, idx_tup_fetch int8")                                    \
    X(pg_stat_sys_tables, 17079, 'v', 0,                                                           \
        "relid oid, schemaname text, relname text, seq_scan int8, seq_tup_read int8, idx_scan "    \
        "int8, idx_tup_fetch int8, n_tup_ins int8, n_tup_upd int8, n_tup_del int8, "               \
        "n_tup_hot_upd int8, n_live_tup int8, n_dead_tup int8, n_mod_since_analyze int8, "         \
        "last_vacuum timestamptz, last_autovacuum timestamptz, last_analyze timestamptz, "         \
        "last_autoanalyze timestamptz, vacuum_count int8, autovacuum_count int8, "                 \
        "analyze_count int8, autoanalyze_count int8")                                              \
    X(pg_stat_user_functions, 17093, 'v', 0,                                                       \
        "funcid oid, schemaname text, funcname text, calls int8, total_time float8, self_time "    \
        "float8")                                                                                  \
    X(pg_stat_user_indexes, 17085, 'v', 0,                                                         \
        "relid oid, indexrelid oid, schemaname text, relname text, indexrelname text, "            \
        "idx_scan int8, idx_tup_read int8, idx_tup_fetch int8")                                    \
    X(pg_stat_user_tables, 17080, 'v', 0,                                                          \
        "relid oid, schemaname text, relname text, seq_scan int8, seq_tup_read int8, idx_scan "    \
        "int8, idx_tup_fetch int8, n_tup_ins int8, n_tup_upd int8, n_tup_del int8, "               \
        "n_tup_hot_upd int8, n_live_tup int8, n_dead_tup int8, n_mod_since_analyze int8, "         \
        "last_vacuum timestamptz, last_autovacuum timestamptz, last_analyze timestamptz, "         \
        "last_autoanalyze timestamptz, vacuum_count int8, autovacuum_count int8, "                 \
        "analyze_count int8, autoanalyze_count int8")                                              \
    X(pg_stat_xact_all_tables, 17081, 'v', 0,                                                      \
        "relid oid, schemaname text, relname text, seq_scan int8, seq_tup_read int8, idx_scan "    \
        "int8, idx_tup_fetch int8, n_tup_ins int8, n_tup_upd int8, n_tup_del int8, "               \
        "n_tup_hot_upd int8")                                                                      \
    X(pg_stat_xact_sys_tables, 17082, 'v', 0,                                                      \
        "relid oid, schemaname text, relname text, seq_scan int8, seq_tup_read int8, idx_scan "    \
        "int8, idx_tup_fetch int8, n_tup_ins int8, n_tup_upd int8, n_tup_del int8, "               \
        "n_tup_hot_upd int8")                                                                      \
    X(pg_stat_xact_user_functions, 17094, 'v', 0,                                                  \
        "funcid oid, schemaname text, funcname text, calls int8, total_time float8, self_time "    \
        "float8")                                                                                  \
    X(pg_stat_xact_user_tables, 17083, 'v', 0,                                                     \
        "relid oid, schemaname text, relname text, seq_scan int8, seq_tup_read int8, idx_scan "    \
        "int8, idx_tup_fetch int8, n_tup_ins int8, n_tup_upd int8, n_tup_del int8, "               \
        "n_tup_hot_upd int8")                                                                      \
    X(pg_statio_all_sequences, 17090, 'v', 0,                                                      \
        "relid oid, schemaname text, relname text, blks_read int8, blks_hit int8")                 \
    X(pg_statio_all_tables, 17026, 'v', 0,                                                         \
        "relid oid, schemaname text, relname text, heap_blks_read int8, heap_blks_hit int8, "      \
        "idx_blks_read int8, idx_blks_hit int8, toast_blks_read int8, toast_blks_hit int8, "       \
        "tidx_blks_read int8, tidx_blks_hit int8")                                                 \
    X(pg_statio_sys_indexes, 17088, 'v', 0,                                                        \
        "relid oid, indexrelid oid, schemaname text, relname text, indexrelname text, "            \
        "idx_blks_read int8, idx_blks_hit int8")                                                   \
    X(pg_statio_sys_sequences, 17091, 'v', 0,                                                      \
        "relid oid, schemaname text, relname text, blks_read int8, blks_hit int8")                 \
    X(pg_statio_sys_tables, 17086, 'v', 0,                                                         \
        "relid oid, schemaname text, relname text, heap_blks_read int8, heap_blks_hit int8, "      \
        "idx_blks_read int8, idx_blks_hit int8, toast_blks_read int8, toast_blks_hit int8, "       \
        "tidx_blks_read int8, tidx_blks_hit int8")                                                 \
    X(pg_statio_user_indexes, 17089, 'v', 0,                                                       \
        "relid oid, indexrelid oid, schemaname text, relname text, indexrelname text, "            \
        "idx_blks_read int8, idx_blks_hit int8")                                                   \
    X(pg_statio_user_sequences, 17092, 'v', 0,                                                     \
        "relid oid, schemaname text, relname text, blks_read int8, blks_hit int8")                 \
    X(pg_statio_user_tables, 17087, 'v', 0,                                                        \
        "relid oid, schemaname text, relname text, heap_blks_read int8, heap_blks_hit int8, "      \
        "idx_blks_read int8, idx_blks_hit int8, toast_blks_read int8, toast_blks_hit int8, "       \
        "tidx_blks_read int8, tidx_blks_hit int8")                                                 \
    X(pg_statioio_all_indexes, 17025, 'v', 0,                                                      \
        "relid oid, indexrelid oid, schemaname text, relname text, indexrelname text, "            \
        "idx_blks_read int8, idx_blks_hit int8")                                                   \
    X(pg_statistic, 2619, 'r', 0,                                                                  \
        "starelid oid!, staattnum int2!, stainherit bool!, stanullfrac float8!, stawidth "         \
        "int4!, stadistinct float8!, stakind1 int2!, stakind2 int2!, stakind3 int2!, stakind4 "    \
        "int2!, stakind5 int2!, staop1 oid!, staop2 oid!, staop3 oid!, staop4 oid!, staop5 "       \
        "oid!, stanumbers1 float8[], stanumbers2 float8[], stanumbers3 float8[], stanumbers4 "     \
        "float8[], stanumbers5 float8[], stavalues1 text[], stavalues2 text[], stavalues3 "        \
        "text[], stavalues4 text[], stavalues5 text[]")                                            \
    X(pg_stats, 8026, 'r', 0,                                                                      \
        "schemaname text!, tablename text!, attname text!, inherited bool, null_frac float8, "     \
        "avg_width int4, n_distinct float8, most_common_vals text[], most_common_freqs "           \
        "float8[], histogram_bounds text[], correlation float8[]")                                 \
    X(pg_tables, 17095, 'v', 0,                                                                    \
        "schemaname text, tablename text, tableowner text, tablespace text, hasindexes bool, "     \
        "hasrules bool, hastriggers bool")                                                         \
    X(pg_tablespace, 1213, 'r', 1,                                                                 \
        "spcname text!, spcowner oid!, spclocation text!, spcacl aclitem[], spcoptions text[]")    \
    X(pg_timezone_abbrevs, 17072, 'v', 0, "abbrev text, utc_offset interval, is_dst bool")         \
    X(pg_timezone_names, 17073, 'v', 0,                                                            \
        "name text, abbrev text, utc_offset interval, is_dst bool")                                \
    X(pg_trigger, 2620, 'r', 1,                                                                    \
        "tgrelid oid!, tgname text!, tgfoid oid!, tgtype int2!, tgenabled char!, tgisinternal "    \
        "bool!, tgconstrrelid oid!, tgconstrindid oid!, tgconstraint oid!, tgdeferrable "          \
        "bool!, tginitdeferred bool!, tgnargs int2!, tgattr int2vector!, tgargs bytea, tgqual "    \
        "text")                                                                                    \
    X(pg_ts_config, 3602, 'r', 1,                                                                  \
        "cfgname text!, cfgnamespace oid!, cfgowner oid!, cfgparser oid!")                         \
    X(pg_ts_config_map, 3603, 'r', 0,                                                              \
        "mapcfg oid!, maptokentype int4!, mapseqno int4!, mapdict oid!")                           \
    X(pg_ts_dict, 3600, 'r', 1,                                                                    \
        "dictname text!, dictnamespace oid!, dictowner oid!, dicttemplate oid!, "                  \
        "dictinitoption text")                                                                     \
    X(pg_ts_parser, 3601, 'r', 1,                                                                  \
        "prsname text!, prsnamespace oid!, prsstart oid!, prstoken oid!, prsend oid!, "            \
        "prsheadline oid!, prslextype oid!")                                                       \
    X(pg_ts_template, 3764, 'r', 1,                                                                \
        "tmplname text!, tmplnamespace oid!, tmplinit oid!, tmpllexize oid!")                      \
    X(pg_type, 1247, 'r', 1,                                                                       \
        "typname text!, typnamespace oid!, typowner oid!, typlen int2!, typbyval bool!, "          \
        "typtype char!, typcategory char!, typispreferred bool!, typisdefined bool!, typdelim "    \
        "char!, typrelid oid!, typelem oid!, typarray oid!, typinput oid!, typoutput oid!, "       \
        "typreceive oid!, typsend oid!, typmodin oid!, typmodout oid!, typanalyze oid!, "          \
        "typalign char!, typstorage char!, typnotnull bool!, typbasetype oid!, typtypmod "         \
        "int4!, typndims int4!, typcollation oid!, typdefaultbin text, typdefault text")           \
    X(pg_user, 17098, 'v', 0,                                                                      \
        "usename text, usesysid oid, usecreatedb bool, usesuper bool, usecatupd bool, userepl "    \
        "bool, passwd text, valuntil timestamp, useconfig text[]")                                 \
    X(pg_user_mapping, 1418, 'r', 1, "umuser oid!, umserver oid!, umoptions text[]")               \
    X(pg_user_mappings, 17074, 'v', 0,                                                             \
        "umid oid, srvid oid, srvname text, umuser oid, usename text, umoptions text[]")           \
    X(pg_views, 17099, 'v', 0, "schemaname text, viewname text, viewowner text, definition text")

/* The relations of information_schema, as in PostgreSQL. */
#define HY_INFORMATION_RELATIONS(X)                                                                \
    X(columns, 9101, 'v', 0,                                                                       \
        "table_catalog text, table_schema text, table_name text, column_name text, "               \
        "ordinal_position int4, column_default text, is_nullable text, "                           \
        "data_type text, character_maximum_length int4, "                                          \
        "character_octet_length int4, numeric_precision int4, "                                    \
        "numeric_precision_radix int4, numeric_scale int4, datetime_precision int4, "              \
        "interval_type text, interval_precision int4, character_set_catalog text, "                \
        "character_set_schema text, character_set_name text, "                                     \
        "collation_catalog text, collation_schema text, collation_name text, "                     \
        "domain_catalog text, domain_schema text, domain_name text, "                              \
        "udt_catalog text, udt_schema text, udt_name text, scope_catalog text, "                   \
        "scope_schema text, scope_name text, maximum_cardinality int4, "                           \
        "dtd_identifier text, is_self_referencing text, is_identity text, "                        \
        "identity_generation text, identity_start text, identity_increment text, "                 \
        "identity_maximum text, identity_minimum text, identity_cycle text, "                      \
        "is_generated text, generation_expression text, is_updatable text")                        \
    X(key_column_usage, 9102, 'v', 0,                                                              \
        "constraint_catalog text, constraint_schema text, constraint_name text, "                  \
        "table_catalog text, table_schema text, table_name text, column_name text, "               \
        "ordinal_position int4, position_in_unique_constraint int4")                               \
    X(referential_constraints, 9103, 'v', 0,                                                       \
        "constraint_catalog text, constraint_schema text, constraint_name text, "                  \
        "unique_constraint_catalog text, unique_constraint_schema text, "                          \
        "unique_constraint_name text, match_option text, update_rule text, "                       \
        "delete_rule text")                                                                        \
    X(schemata, 9104, 'v', 0,                                                                      \
        "catalog_name text, schema_name text, schema_owner text, "                                 \
        "default_character_set_catalog text, default_character_set_schema text, "                  \
        "default_character_set_name text, sql_path text")                                          \
    X(table_constraints, 9105, 'v', 0,                                                             \
        "constraint_catalog text, constraint_schema text, constraint_name text, "                  \
        "table_catalog text, table_schema text, table_name text, "                                 \
        "constraint_type text, is_deferrable text, initially_deferred text, "                      \
        "enforced text")                                                                           \
    X(tables, 9106, 'v', 0,                                                                        \
        "table_catalog text, table_schema text, table_name text, table_type text, "                \
        "self_referencing_column_name text, reference_generation text, "                           \
        "user_defined_type_catalog text, user_defined_type_schema text, "                          \
        "user_defined_type_name text, is_insertable_into text, is_typed text, "                    \
        "commit_action text")

#endif
