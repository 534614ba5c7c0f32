"""What PostgreSQL's functions and operators do, by their names.

Sources: `pg_proc` of a server with its contrib extensions, the manual's chapters on system administration,
large objects, replication and advisory locks; runs against read-only sessions. A name that stands in no
table here may do anything: it writes until the server's catalogue says otherwise.
What must not live here: trees.
"""

from __future__ import annotations

from collections.abc import Callable

from safeshell.languages.postgres.keywords import listed
from safeshell.languages.postgres.routinewords import OPERATORS, OTHER_RELEASES, STEADY, TYPES, WIDESPREAD
from safeshell.model.effects import Effect

_SYSTEM = frozenset({"pg_catalog", "information_schema"})

SHIFTY = listed("""
    clock_timestamp timeofday random random_normal setseed gen_random_uuid uuidv4 uuidv7 currval lastval
    lo_get lo_close lo_lseek lo_lseek64 lo_tell lo_tell64 loread cursor_to_xml cursor_to_xmlschema
    pg_blocking_pids pg_collation_actual_version pg_control_checkpoint pg_control_init pg_control_recovery
    pg_control_system pg_current_logfile pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn
    pg_database_collation_actual_version pg_database_size pg_export_snapshot pg_get_backend_memory_contexts
    pg_get_multixact_members pg_get_shmem_allocations pg_get_wal_replay_pause_state pg_get_wal_resource_managers
    pg_hba_file_rules pg_ident_file_mappings pg_indexes_size pg_is_in_recovery pg_is_wal_replay_paused
    pg_isolation_test_session_is_blocked pg_jit_available pg_last_committed_xact pg_last_wal_receive_lsn
    pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_lock_status pg_logical_slot_peek_binary_changes
    pg_logical_slot_peek_changes pg_ls_archive_statusdir pg_ls_dir pg_ls_logdir pg_ls_logicalmapdir
    pg_ls_logicalsnapdir pg_ls_replslotdir pg_ls_tmpdir pg_ls_waldir pg_notification_queue_usage
    pg_partition_ancestors pg_partition_tree pg_prepared_xact pg_relation_size
    pg_replication_origin_progress pg_replication_origin_session_is_setup pg_replication_origin_session_progress
    pg_safe_snapshot_blocking_pids pg_sequence_last_value pg_show_all_file_settings pg_show_replication_origin_status
    pg_advisory_unlock pg_advisory_unlock_shared pg_advisory_unlock_all pg_sleep pg_sleep_for pg_sleep_until pg_stat_clear_snapshot pg_stat_file pg_stat_force_next_flush
    pg_stat_get_recovery_prefetch pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit
    pg_stat_get_xact_function_calls pg_stat_get_xact_function_self_time pg_stat_get_xact_function_total_time
    pg_stat_get_xact_numscans pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched
    pg_stat_get_xact_tuples_hot_updated pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_returned
    pg_stat_get_xact_tuples_updated pg_stat_have_stats pg_table_size pg_tablespace_size pg_total_relation_size
    pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_xact_status txid_status system bernoulli amvalidate
    currtid2 verify_heapam bt_index_check dblink_get_connections dblink_error_message dblink_is_busy
    brin_metapage_info brin_page_items brin_page_type brin_revmap_data bt_metap bt_multi_page_stats bt_page_items
    bt_page_stats fsm_page_contents get_raw_page gin_leafpage_items gin_metapage_info gin_page_opaque_info
    gist_page_items gist_page_items_bytea gist_page_opaque_info hash_bitmap_info hash_metapage_info hash_page_items
    hash_page_stats hash_page_type heap_page_item_attrs heap_page_items heap_tuple_infomask_flags page_checksum
    page_header tuple_data_split pg_buffercache_pages pg_buffercache_summary pg_buffercache_usage_counts
    pg_buffercache_numa_pages pg_freespace pg_stat_statements pg_stat_statements_info pg_visibility pg_visibility_map
    pg_visibility_map_summary pg_check_frozen pg_check_visible pg_get_wal_record_info pg_get_wal_records_info
    pg_get_wal_records_info_till_end_of_wal pg_get_wal_stats pg_get_wal_stats_till_end_of_wal pg_get_wal_block_info
    gen_random_bytes gen_salt pgp_pub_encrypt pgp_pub_encrypt_bytea pgp_sym_encrypt pgp_sym_encrypt_bytea pgrowlocks
    pg_relpages pgstatginindex pgstathashindex pgstatindex pgstattuple pgstattuple_approx ssl_cipher
    ssl_client_cert_present ssl_client_dn ssl_client_dn_field ssl_client_serial ssl_extension_info ssl_is_used
    ssl_issuer_dn ssl_issuer_field ssl_version normal_rand set_limit uuid_generate_v1 uuid_generate_v1mc
    uuid_generate_v4 postgres_fdw_get_connections pg_logdir_ls pg_old_snapshot_time_mapping int_agg_final_array
    int_agg_state dblink_build_sql_insert dblink_build_sql_update dblink_build_sql_delete dblink_get_pkey
    dblink_get_notify pg_logicalinspect pg_get_logical_snapshot_info pg_get_logical_snapshot_meta
    """)
"""VOLATILE functions that change nothing: clocks, chance, waiting, looking at the server, giving a lock back."""

INV_WRITE = 0x20000
"""The bit of a large object's mode that asks to write it (libpq-fs.h)."""

QUERY_TEXTS = listed("""
    query_to_xml query_to_xmlschema query_to_xml_and_xmlschema ts_stat ts_rewrite crosstab crosstab2 crosstab3 crosstab4
    crosstabn
    """)
"""Functions that run a text given as an argument as a query of this session."""


def _rows(effect: Effect, reason: str, names: str) -> dict[str, tuple[Effect, str]]:
    return dict.fromkeys(names.split(), (effect, reason))


DEEDS: dict[str, tuple[Effect, str]] = {
    **_rows(Effect.STOPS_SERVICE, "ends other people's connections", "pg_terminate_backend"),
    **_rows(Effect.STOPS_SERVICE, "cancels other people's queries", "pg_cancel_backend dblink_cancel_query"),
    **_rows(Effect.STOPS_SERVICE, "makes a standby the primary", "pg_promote"),
    **_rows(Effect.STOPS_SERVICE, "pauses replication", "pg_wal_replay_pause"),
    **_rows(Effect.WRITES, "resumes replication", "pg_wal_replay_resume"),
    **_rows(Effect.DESTROYS_DATA, "drops a replication slot", "pg_drop_replication_slot"),
    **_rows(
        Effect.DESTROYS_DATA,
        "moves a replication slot on: what it passes is lost to its reader",
        "pg_replication_slot_advance pg_logical_slot_get_changes pg_logical_slot_get_binary_changes",
    ),
    **_rows(
        Effect.WRITES,
        "creates or copies a replication slot, which keeps WAL until it is dropped",
        "pg_create_physical_replication_slot pg_create_logical_replication_slot pg_copy_physical_replication_slot "
        "pg_copy_logical_replication_slot pg_sync_replication_slots",
    ),
    **_rows(
        Effect.WRITES,
        "changes where replication takes up again",
        "pg_replication_origin_advance pg_replication_origin_create pg_replication_origin_drop "
        "pg_replication_origin_session_reset pg_replication_origin_session_setup pg_replication_origin_xact_reset "
        "pg_replication_origin_xact_setup",
    ),
    **_rows(Effect.DESTROYS_DATA, "removes a large object", "lo_unlink lo_manage"),
    **_rows(
        Effect.DESTROYS_DATA,
        "drops tables or columns with their rows",
        "drop_chunks drop_partition_time drop_partition_id citus_drop_all_shards dropgeometrytable dropgeometrycolumn",
    ),
    **_rows(Effect.DESTROYS_ROWS, "overwrites or cuts a large object", "lo_put lowrite lo_truncate lo_truncate64"),
    **_rows(Effect.WRITES, "creates a large object", "lo_creat lo_create lo_from_bytea lo_import"),
    **_rows(
        Effect.DESTROYS_DATA,
        "writes, renames or removes a file on the database server",
        "lo_export pg_file_write pg_file_rename pg_file_unlink pg_file_sync",
    ),
    **_rows(Effect.WRITES, "opens a large object to write it", "lo_open"),
    **_rows(
        Effect.LEAVES_GUARD,
        "reads a file of the database server, which no right on a table guards",
        "pg_read_file pg_read_binary_file",
    ),
    **_rows(Effect.WRITES, "moves a sequence", "nextval setval"),
    **_rows(Effect.WRITES, "reloads the server's configuration", "pg_reload_conf"),
    **_rows(
        Effect.WRITES,
        "acts on the server's log, WAL or backup state",
        "pg_rotate_logfile pg_rotate_logfile_old pg_switch_wal pg_switch_xlog pg_create_restore_point pg_backup_start "
        "pg_backup_stop pg_start_backup pg_stop_backup pg_logical_emit_message pg_log_backend_memory_contexts "
        "pg_log_standby_snapshot pg_log_query_plan",
    ),
    **_rows(
        Effect.WRITES,
        "resets statistics that others rely on",
        "pg_stat_reset pg_stat_reset_replication_slot pg_stat_reset_shared pg_stat_reset_single_function_counters "
        "pg_stat_reset_single_table_counters pg_stat_reset_slru pg_stat_reset_subscription_stats "
        "pg_stat_reset_backend_stats pg_stat_statements_reset",
    ),
    **_rows(
        Effect.WRITES,
        "changes the planner's statistics",
        "pg_restore_relation_stats pg_clear_relation_stats pg_restore_attribute_stats pg_clear_attribute_stats "
        "pg_set_relation_stats pg_set_attribute_stats",
    ),
    **_rows(Effect.WRITES, "sends a notification", "pg_notify"),
    **_rows(
        Effect.WRITES,
        "changes catalogues or indexes from inside",
        "pg_nextoid pg_import_system_collations pg_extension_config_dump pg_stop_making_pinned_objects "
        "brin_summarize_new_values brin_summarize_range brin_desummarize_range gin_clean_pending_list "
        "pg_truncate_visibility_map",
    ),
    **_rows(
        Effect.DESTROYS_ROWS, "removes or rewrites rows below the storage engine", "heap_force_kill heap_force_freeze"
    ),
    **_rows(
        Effect.BLOCKS_OTHERS,
        "reads a whole table into memory or throws others' pages out",
        "pg_prewarm autoprewarm_dump_now autoprewarm_start_worker pg_buffercache_evict pg_buffercache_evict_relation "
        "pg_buffercache_evict_all",
    ),
    **_rows(Effect.BLOCKS_OTHERS, "locks a table against writers while it checks an index", "bt_index_parent_check"),
    **_rows(
        Effect.BLOCKS_OTHERS,
        "takes a lock that others wait for",
        "pg_advisory_lock pg_advisory_lock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared "
        "pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared",
    ),
    **_rows(
        Effect.NOT_UNDERSTOOD,
        "runs a text on another server",
        "dblink dblink_exec dblink_open dblink_send_query dblink_fetch dblink_get_result",
    ),
    **_rows(
        Effect.LEAVES_GUARD,
        "opens or closes a connection that safeshell does not see",
        "dblink_connect dblink_connect_u dblink_disconnect dblink_close",
    ),
    **_rows(
        Effect.WRITES, "closes connections to other servers", "postgres_fdw_disconnect postgres_fdw_disconnect_all"
    ),
}
"""Effect and reason by name, of functions that run although a session is read-only, or that write."""

PREVIEWED = {"pg_terminate_backend": "postgres.backend", "pg_cancel_backend": "postgres.backend"}
"""Previews by function name."""


MILDER: dict[str, Callable[[list[str | None]], bool]] = {
    "lo_open": lambda given: len(given) > 1 and (given[1] or "").isdigit() and not int(given[1] or 0) & INV_WRITE,
}
"""Deeds that are none with these constants as their arguments (None: only running tells)."""


def is_system(schema: str) -> bool:
    """Whether a name stands in (or, without a schema, is first looked for in) the server's own schemas."""
    return not schema or schema in _SYSTEM


def deed(schema: str, name: str) -> tuple[Effect, str] | None:
    """What a function is known to do. The schema does not matter: extensions may stand in any."""
    del schema
    return DEEDS.get(name)


def steady(schema: str, name: str) -> bool:
    """Whether a function gives the same answer all through a statement (STABLE or IMMUTABLE)."""
    if schema and schema not in _SYSTEM:
        return False
    return name in STEADY or name in OTHER_RELEASES or name in WIDESPREAD or name in TYPES


def harmless(schema: str, name: str) -> bool:
    """Whether a function is known to change nothing."""
    return steady(schema, name) or (is_system(schema) and name in SHIFTY)


def harmless_operator(schema: str, name: str) -> bool:
    """The same of an operator."""
    return is_system(schema) and name in OPERATORS
