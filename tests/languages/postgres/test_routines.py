"""What functions and operators do, by name and schema."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres import routines
from safeshell.languages.postgres.keywords import listed
from safeshell.model.effects import HARMLESS
from tests.languages.postgres.asking import held


@pytest.mark.parametrize(
    "name",
    sorted(
        listed("""pg_terminate_backend pg_cancel_backend pg_reload_conf pg_rotate_logfile pg_switch_wal pg_create_restore_point
    pg_create_logical_replication_slot pg_replication_slot_advance pg_drop_replication_slot pg_logical_emit_message
    pg_stat_reset pg_backup_start pg_start_backup pg_replication_origin_create pg_import_system_collations pg_prewarm
    pg_clear_relation_stats pg_restore_relation_stats lo_create lo_unlink lo_put lo_import lo_export dblink_exec
    nextval setval pg_notify pg_advisory_lock pg_try_advisory_xact_lock pg_promote""")
    ),
)
def test_functions_that_run_in_a_read_only_session_are_held(name: str) -> None:
    """Each was seen to run there, or writes."""
    found = routines.deed("", name)
    assert found is not None
    assert found[0] not in HARMLESS
    assert not routines.harmless("", name)
    assert not routines.harmless("pg_catalog", name)


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("select lo_open(1, 262144)", True),
        ("select lo_open(1, 131072)", False),
        ("select lo_open(1, 393216)", False),
        ("select lo_open(1, mode) from t", False),
        ("select lo_open(1, x'20000'::int)", False),
        ("select lo_open(1, -1)", False),
        ("select pg_read_file('/etc/passwd')", False),
        ("select pg_ls_dir('.')", True),
        ("set pgaudit.log = 'none'", False),
        ("set myapp.tenant = '5'", True),
    ],
)
def test_arguments_that_make_it_a_read(text: str, passes: bool) -> None:
    """A large object opened to be read is one; a file of the server and the audit's own settings are held."""
    assert held(text) is not passes


def test_the_schema_counts() -> None:
    """A function of the same name elsewhere is somebody's own."""
    assert routines.harmless("", "lower")
    assert routines.harmless("pg_catalog", "lower")
    assert not routines.harmless("public", "lower")
    assert routines.harmless_operator("", "+")
    assert not routines.harmless_operator("public", "+")


def test_steady_is_narrower_than_harmless() -> None:
    """A volatile default rewrites the table, though it changes nothing else."""
    assert routines.steady("", "now")
    assert routines.harmless("", "clock_timestamp")
    assert not routines.steady("", "clock_timestamp")


def test_no_deed_is_harmless() -> None:
    """What stands in the table of deeds is held; what has a preview stands there."""
    assert not {effect for effect, _ in routines.DEEDS.values()} & HARMLESS
    assert set(routines.PREVIEWED) <= set(routines.DEEDS)
    assert routines.is_system("")
    assert not routines.is_system("shop")
