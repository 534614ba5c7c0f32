"""Settings of PostgreSQL: which of them a session may change without leaving its guard rails.

Source: `pg_settings` of releases 12 to 18, those whose context is user or superuser. What must not live here:
trees, and what comes of it for a statement (control).
"""

from __future__ import annotations

from safeshell.languages.postgres.keywords import listed
from safeshell.model.effects import Effect

PLAIN = listed("""
    application_name array_nulls backend_flush_after bytea_output check_function_bodies client_connection_check_interval
    client_encoding client_min_messages commit_siblings compute_query_id constraint_exclusion cpu_index_tuple_cost
    cpu_operator_cost cpu_tuple_cost createrole_self_grant cursor_tuple_fraction datestyle deadlock_timeout
    debug_parallel_query debug_pretty_print debug_print_parse debug_print_plan debug_print_rewritten
    default_statistics_target default_table_access_method default_tablespace default_text_search_config
    default_toast_compression default_transaction_deferrable default_transaction_isolation default_with_oids
    effective_cache_size effective_io_concurrency escape_string_warning exit_on_error extra_float_digits
    file_copy_method force_parallel_mode from_collapse_limit gin_fuzzy_search_limit gin_pending_list_limit
    hash_mem_multiplier icu_validation_level idle_in_transaction_session_timeout idle_session_timeout intervalstyle
    io_combine_limit join_collapse_limit lc_messages lc_monetary lc_numeric lc_time lock_timeout
    log_parameter_max_length_on_error logical_decoding_work_mem maintenance_io_concurrency maintenance_work_mem
    max_parallel_maintenance_workers max_parallel_workers max_parallel_workers_per_gather max_stack_depth
    min_parallel_index_scan_size min_parallel_table_scan_size names operator_precedence_warning
    parallel_leader_participation parallel_setup_cost parallel_tuple_cost password_encryption plan_cache_mode
    quote_all_identifiers random_page_cost recursive_worktable_factor restrict_nonsystem_relation_kind row_security
    scram_iterations search_path seed seq_page_cost ssl_renegotiation_limit statement_timeout stats_fetch_consistency
    synchronize_seqscans synchronous_commit tcp_keepalives_count tcp_keepalives_idle tcp_keepalives_interval
    tcp_user_timeout temp_buffers temp_file_limit temp_tablespaces timezone timezone_abbreviations track_activities
    track_cost_delay_timing track_functions track_io_timing track_wal_io_timing transaction_deferrable
    transaction_isolation transaction_timeout transform_null_equals update_process_title vacuum_buffer_usage_limit
    vacuum_cost_delay vacuum_cost_limit vacuum_cost_page_dirty vacuum_cost_page_hit vacuum_cost_page_miss
    vacuum_truncate wal_compression wal_sender_timeout wal_skip_threshold work_mem xmlbinary xmloption
    """)
"""Settings that change only how a session shows, plans, waits and looks up names."""

_PLAIN_FAMILIES = ("enable_", "geqo", "jit", "vacuum_freeze_", "vacuum_multixact_", "vacuum_failsafe_")
_PLAIN_IDENTITY = {"standard_conforming_strings": True, "backslash_quote": False}
"""Settings that change how texts are cut into words, and whether turning them on is harmless."""
_READ_ONLY = frozenset({"default_transaction_read_only", "transaction_read_only"})
_CODE_FAMILIES = frozenset({"plperl", "plperlu", "pltcl", "plpython", "plpython3u", "plv8", "safeshell"})
_AUDIT_FAMILIES = frozenset({"pgaudit", "set_user", "supautils"})
_TRUE = frozenset({"on", "true", "tru", "tr", "t", "yes", "ye", "y", "1"})

Setting = tuple[Effect, str] | None


def judge(name: str, value: str | None, *, to_default: bool = False) -> Setting:
    """What setting `name` to `value` (None: not known before running) does; None for nothing that matters.

    `to_default` is RESET and SET ... TO DEFAULT: the session's default stays what the guard made it.
    """
    name = name.lower()
    if to_default:
        return None
    if name in _READ_ONLY:
        return _read_only(name, value)
    if name in _PLAIN_IDENTITY:
        same = value is not None and (value.lower() in _TRUE) == _PLAIN_IDENTITY[name]
        return None if same else (Effect.NOT_UNDERSTOOD, "changes how strings are read after it")
    if name in ("role", "session_authorization"):
        return None if value is not None and value.lower() == "none" else (Effect.WRITES, "takes on another role")
    if name == "session_replication_role":
        fine = value is not None and value.lower() == "origin"
        return None if fine else (Effect.LEAVES_GUARD, "switches triggers and foreign keys off for this session")
    if name in PLAIN or name.startswith(_PLAIN_FAMILIES):
        return None
    family, dot, _ = name.partition(".")
    if family in _AUDIT_FAMILIES:
        return Effect.LEAVES_GUARD, f"changes {name}, which says what is recorded of this session or allowed to it"
    if dot and family not in _CODE_FAMILIES:
        return None
    return Effect.WRITES, f"changes the setting {name}"


def _read_only(name: str, value: str | None) -> Setting:
    if value is not None and value.lower() in _TRUE:
        return None
    if name == "transaction_read_only":
        return Effect.WRITES, "lets this transaction write"
    return Effect.LEAVES_GUARD, "lifts read-only for everything that follows in this session"
