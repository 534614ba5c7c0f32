"""Locks and work of PostgreSQL's definitions: tables only.

Source: live servers 12 to 18 (pg_locks inside a transaction, relfilenode differences, the DEBUG1 lines on
rewriting, verifying and building), and the manual's chapter on explicit locking for the rest.
What must not live here: forms that depend on their parts (ddl).
"""

from __future__ import annotations

ACCESS_SHARE = "AccessShareLock"
ROW_SHARE = "RowShareLock"
ROW_EXCLUSIVE = "RowExclusiveLock"
UPDATE_EXCLUSIVE = "ShareUpdateExclusiveLock"
SHARE = "ShareLock"
SHARE_ROW = "ShareRowExclusiveLock"
EXCLUSIVE = "ExclusiveLock"
ACCESS_EXCLUSIVE = "AccessExclusiveLock"

LOCKS: tuple[str, ...] = (
    "",
    ACCESS_SHARE,
    ROW_SHARE,
    ROW_EXCLUSIVE,
    UPDATE_EXCLUSIVE,
    SHARE,
    SHARE_ROW,
    EXCLUSIVE,
    ACCESS_EXCLUSIVE,
)
"""Lock modes, the weakest first; the index is the number that LOCK has in the syntax tree."""
WORK: tuple[str, ...] = ("none", "scan", "index", "rewrite")
"""What is done to the table while the lock is held, the lightest first."""

_TRIGGERS = ("Trig", "TrigAll", "TrigUser")

COMMANDS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        (
            "AT_SetStatistics",
            "AT_SetOptions",
            "AT_ResetOptions",
            "AT_SetRelOptions",
            "AT_ResetRelOptions",
            "AT_ReplaceRelOptions",
            "AT_ClusterOn",
            "AT_DropCluster",
            "AT_DetachPartitionFinalize",
        ),
        (UPDATE_EXCLUSIVE, "none"),
    ),
    "AT_ValidateConstraint": (UPDATE_EXCLUSIVE, "scan"),
    **dict.fromkeys((f"AT_Enable{kind}" for kind in (*_TRIGGERS, "AlwaysTrig", "ReplicaTrig")), (SHARE_ROW, "none")),
    **dict.fromkeys((f"AT_Disable{kind}" for kind in _TRIGGERS), (SHARE_ROW, "none")),
    "AT_SetNotNull": (ACCESS_EXCLUSIVE, "scan"),
    "AT_SetLogged": (ACCESS_EXCLUSIVE, "rewrite"),
    "AT_SetUnLogged": (ACCESS_EXCLUSIVE, "rewrite"),
    "AT_SetTableSpace": (ACCESS_EXCLUSIVE, "rewrite"),
    "AT_SetAccessMethod": (ACCESS_EXCLUSIVE, "rewrite"),
    "AT_SetExpression": (ACCESS_EXCLUSIVE, "rewrite"),
}
"""Lock and work by command of ALTER TABLE; every other one takes ACCESS EXCLUSIVE for a moment."""

STATEMENTS: dict[str, tuple[str, str]] = {
    "CreateTrigStmt": (SHARE_ROW, "none"),
    "CreatePolicyStmt": (ACCESS_EXCLUSIVE, "none"),
    "AlterPolicyStmt": (ACCESS_EXCLUSIVE, "none"),
    "RuleStmt": (ACCESS_EXCLUSIVE, "none"),
    "CreateStatsStmt": (UPDATE_EXCLUSIVE, "none"),
    "AlterSeqStmt": (SHARE_ROW, "none"),
    "ClusterStmt": (ACCESS_EXCLUSIVE, "rewrite"),
    "TruncateStmt": (ACCESS_EXCLUSIVE, "none"),
    "AlterTableMoveAllStmt": (ACCESS_EXCLUSIVE, "rewrite"),
    **dict.fromkeys(
        (
            "GrantStmt",
            "AlterEnumStmt",
            "CreateEnumStmt",
            "CompositeTypeStmt",
            "CreateRangeStmt",
            "CreateFunctionStmt",
            "AlterFunctionStmt",
            "CreateSeqStmt",
            "CreateExtensionStmt",
            "CreateSchemaStmt",
            "CreateDomainStmt",
            "CreatedbStmt",
            "DropdbStmt",
            "CreateTableSpaceStmt",
            "DropTableSpaceStmt",
            "AlterSystemStmt",
            "CreateSubscriptionStmt",
            "CreateForeignTableStmt",
        ),
        ("", "none"),
    ),
}
"""Lock and work of statements that have always the same; "" where no table is locked."""

DROPS: dict[str, str] = {
    **dict.fromkeys(
        (
            "OBJECT_TABLE",
            "OBJECT_FOREIGN_TABLE",
            "OBJECT_MATVIEW",
            "OBJECT_VIEW",
            "OBJECT_INDEX",
            "OBJECT_SEQUENCE",
            "OBJECT_TRIGGER",
            "OBJECT_RULE",
            "OBJECT_POLICY",
            "OBJECT_SCHEMA",
            "OBJECT_EXTENSION",
        ),
        ACCESS_EXCLUSIVE,
    ),
    "OBJECT_STATISTIC_EXT": UPDATE_EXCLUSIVE,
}
"""Lock of DROP by what it drops; other things lock no table."""

RENAMES: dict[str, str] = {
    **dict.fromkeys(
        (
            "OBJECT_TABLE",
            "OBJECT_COLUMN",
            "OBJECT_TABCONSTRAINT",
            "OBJECT_VIEW",
            "OBJECT_MATVIEW",
            "OBJECT_SEQUENCE",
            "OBJECT_TRIGGER",
            "OBJECT_RULE",
            "OBJECT_POLICY",
            "OBJECT_FOREIGN_TABLE",
            "OBJECT_ATTRIBUTE",
        ),
        ACCESS_EXCLUSIVE,
    ),
}
"""Lock of RENAME by what it renames; of an index since 12 none that a reader or writer meets."""

COMMENTED = frozenset({"OBJECT_TABLE", "OBJECT_COLUMN", "OBJECT_INDEX", "OBJECT_TABCONSTRAINT", "OBJECT_VIEW"})
"""What COMMENT takes SHARE UPDATE EXCLUSIVE on."""

ALONE = frozenset(
    {
        "CreatedbStmt",
        "DropdbStmt",
        "CreateTableSpaceStmt",
        "DropTableSpaceStmt",
        "AlterSystemStmt",
        "CreateSubscriptionStmt",
        "DropSubscriptionStmt",
        "VacuumStmt",
        "CallStmt",
        "DoStmt",
    }
)
"""Statements that refuse to run inside a transaction block, or may end one."""

SERIAL = {
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
}
"""Types that are a sequence, and the type of their column."""
