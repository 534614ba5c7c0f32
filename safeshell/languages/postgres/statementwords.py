"""Statements of PostgreSQL by the type of their node: verb, effect, reason. Data only.

A statement that stands here needs no look at its parts for its effect; those that do are judged by
`statements`. A node type that stands in neither is not understood. What must not live here: judging.
"""

from __future__ import annotations

from safeshell.model.effects import Effect

READS = Effect.READS
WRITES = Effect.WRITES
SCHEMA = Effect.CHANGES_SCHEMA
ACCESS = Effect.REVOKES_ACCESS
BLOCKS = Effect.BLOCKS_OTHERS
STOPS = Effect.STOPS_SERVICE
DESTROYS = Effect.DESTROYS_DATA
OPAQUE = Effect.RUNS_OPAQUE_CODE

FIXED: dict[str, tuple[str, Effect, str]] = {
    "VariableShowStmt": ("show", READS, "shows a setting"),
    "ClosePortalStmt": ("close", READS, "closes a cursor"),
    "FetchStmt": ("fetch", READS, "reads on in a cursor"),
    "DiscardStmt": ("discard", READS, "forgets what this session has set"),
    "DeallocateStmt": ("deallocate", READS, "forgets a prepared statement"),
    "ListenStmt": ("listen", READS, "waits for notifications"),
    "UnlistenStmt": ("unlisten", READS, "waits no longer for notifications"),
    "NotifyStmt": ("notify", WRITES, "sends a notification"),
    "CheckPointStmt": ("checkpoint", WRITES, "forces a checkpoint"),
    "LoadStmt": ("load", OPAQUE, "loads a library into the server"),
    "CallStmt": ("call", OPAQUE, "calls a procedure"),
    "GrantStmt": ("grant", ACCESS, "changes who may do what"),
    "GrantRoleStmt": ("grant", ACCESS, "changes who belongs to which role"),
    "AlterDefaultPrivilegesStmt": ("alter default privileges", ACCESS, "changes who may do what"),
    "CreateRoleStmt": ("create role", ACCESS, "changes who may connect"),
    "AlterRoleStmt": ("alter role", ACCESS, "changes who may connect"),
    "DropRoleStmt": ("drop role", ACCESS, "takes a role away"),
    "ReassignOwnedStmt": ("reassign owned", ACCESS, "changes who owns what"),
    "DropOwnedStmt": ("drop owned", DESTROYS, "drops everything that a role owns here"),
    "CreateUserMappingStmt": ("create user mapping", ACCESS, "changes as whom another server is reached"),
    "AlterUserMappingStmt": ("alter user mapping", ACCESS, "changes as whom another server is reached"),
    "DropUserMappingStmt": ("drop user mapping", ACCESS, "takes the way to another server away"),
    "DropdbStmt": ("drop database", DESTROYS, "drops a database with everything in it"),
    "DropTableSpaceStmt": ("drop tablespace", DESTROYS, "drops a tablespace"),
    "DropSubscriptionStmt": ("drop subscription", STOPS, "ends replication"),
    "AlterSubscriptionStmt": ("alter subscription", STOPS, "changes or stops replication"),
    "AlterPublicationStmt": ("alter publication", STOPS, "changes what subscribers get"),
    "CreateSubscriptionStmt": ("create subscription", SCHEMA, "starts replication into this database"),
    "CreatePublicationStmt": ("create publication", SCHEMA, "offers tables for replication"),
    "ImportForeignSchemaStmt": ("import foreign schema", SCHEMA, "imports definitions"),
    "AlterTableMoveAllStmt": ("alter table all in tablespace", BLOCKS, "moves all tables under a lock"),
}
"""Verb, effect and reason of statements whose effect does not depend on their parts."""

DEFINES: dict[str, str] = {
    "AlterCollationStmt": "alter collation",
    "AlterDomainStmt": "alter domain",
    "CreateTableSpaceStmt": "create tablespace",
    "AlterTableSpaceOptionsStmt": "alter tablespace",
    "CreateExtensionStmt": "create extension",
    "AlterExtensionStmt": "alter extension",
    "AlterExtensionContentsStmt": "alter extension",
    "CreateFdwStmt": "create foreign data wrapper",
    "AlterFdwStmt": "alter foreign data wrapper",
    "CreateForeignServerStmt": "create server",
    "AlterForeignServerStmt": "alter server",
    "CreateForeignTableStmt": "create foreign table",
    "CreatePolicyStmt": "create policy",
    "AlterPolicyStmt": "alter policy",
    "CreateAmStmt": "create access method",
    "CreateTrigStmt": "create trigger",
    "CreateEventTrigStmt": "create event trigger",
    "AlterEventTrigStmt": "alter event trigger",
    "CreatePLangStmt": "create language",
    "CreateSeqStmt": "create sequence",
    "AlterSeqStmt": "alter sequence",
    "DefineStmt": "create",
    "CreateDomainStmt": "create domain",
    "CreateOpClassStmt": "create operator class",
    "CreateOpFamilyStmt": "create operator family",
    "AlterOpFamilyStmt": "alter operator family",
    "CommentStmt": "comment",
    "SecLabelStmt": "security label",
    "IndexStmt": "create index",
    "CreateStatsStmt": "create statistics",
    "AlterStatsStmt": "alter statistics",
    "CreateFunctionStmt": "create function",
    "AlterFunctionStmt": "alter function",
    "AlterObjectDependsStmt": "alter ... depends on extension",
    "AlterObjectSchemaStmt": "alter ... set schema",
    "AlterOwnerStmt": "alter ... owner to",
    "AlterOperatorStmt": "alter operator",
    "AlterTypeStmt": "alter type",
    "RuleStmt": "create rule",
    "CompositeTypeStmt": "create type",
    "CreateEnumStmt": "create type",
    "CreateRangeStmt": "create type",
    "AlterEnumStmt": "alter type",
    "ViewStmt": "create view",
    "CreatedbStmt": "create database",
    "CreateConversionStmt": "create conversion",
    "CreateCastStmt": "create cast",
    "CreateTransformStmt": "create transform",
    "AlterTSDictionaryStmt": "alter text search dictionary",
    "AlterTSConfigurationStmt": "alter text search configuration",
    "AlterDatabaseRefreshCollStmt": "alter database",
}
"""Statements that only define something, and their verbs."""

DROPS: dict[str, tuple[str, Effect, str]] = {
    "OBJECT_TABLE": ("drop table", DESTROYS, "drops a table with its rows"),
    "OBJECT_FOREIGN_TABLE": ("drop foreign table", SCHEMA, "drops a foreign table"),
    "OBJECT_MATVIEW": ("drop materialized view", DESTROYS, "drops a materialized view with its rows"),
    "OBJECT_SCHEMA": ("drop schema", DESTROYS, "drops a schema with everything in it"),
    "OBJECT_SEQUENCE": ("drop sequence", DESTROYS, "drops a sequence and where it stood"),
    "OBJECT_EXTENSION": ("drop extension", DESTROYS, "drops an extension with all that it made"),
    "OBJECT_TYPE": ("drop type", DESTROYS, "drops a type, with CASCADE every column of it"),
    "OBJECT_DOMAIN": ("drop domain", DESTROYS, "drops a domain, with CASCADE every column of it"),
    "OBJECT_PUBLICATION": ("drop publication", STOPS, "ends what subscribers get"),
    "OBJECT_FOREIGN_SERVER": ("drop server", DESTROYS, "drops a foreign server, with CASCADE its tables"),
    "OBJECT_FDW": ("drop foreign data wrapper", DESTROYS, "drops a wrapper, with CASCADE its servers and tables"),
    "OBJECT_ACCESS_METHOD": ("drop access method", DESTROYS, "drops an access method, with CASCADE its tables"),
    "OBJECT_LANGUAGE": ("drop language", DESTROYS, "drops a language, with CASCADE its functions"),
    "OBJECT_INDEX": ("drop index", SCHEMA, "drops an index"),
    "OBJECT_VIEW": ("drop view", SCHEMA, "drops a view"),
    "OBJECT_FUNCTION": ("drop function", SCHEMA, "drops a function"),
    "OBJECT_PROCEDURE": ("drop procedure", SCHEMA, "drops a procedure"),
    "OBJECT_ROUTINE": ("drop routine", SCHEMA, "drops a function or procedure"),
    "OBJECT_AGGREGATE": ("drop aggregate", SCHEMA, "drops an aggregate"),
    "OBJECT_TRIGGER": ("drop trigger", SCHEMA, "drops a trigger"),
    "OBJECT_EVENT_TRIGGER": ("drop event trigger", SCHEMA, "drops an event trigger"),
    "OBJECT_RULE": ("drop rule", SCHEMA, "drops a rule"),
    "OBJECT_POLICY": ("drop policy", ACCESS, "drops a policy that says who sees which rows"),
}
"""Verb, effect and reason of DROP by what it drops; everything else only changes definitions."""

TRANSACTIONS: dict[str, tuple[str, Effect, str]] = {
    "TRANS_STMT_BEGIN": ("begin", READS, "opens a transaction"),
    "TRANS_STMT_START": ("start transaction", READS, "opens a transaction"),
    "TRANS_STMT_COMMIT": ("commit", READS, "ends a transaction"),
    "TRANS_STMT_ROLLBACK": ("rollback", READS, "ends a transaction"),
    "TRANS_STMT_SAVEPOINT": ("savepoint", READS, "marks a point in a transaction"),
    "TRANS_STMT_RELEASE": ("release", READS, "forgets a savepoint"),
    "TRANS_STMT_ROLLBACK_TO": ("rollback to", READS, "goes back to a savepoint"),
    "TRANS_STMT_PREPARE": ("prepare transaction", WRITES, "leaves a transaction open that holds its locks"),
    "TRANS_STMT_COMMIT_PREPARED": ("commit prepared", WRITES, "ends a transaction that was prepared before"),
    "TRANS_STMT_ROLLBACK_PREPARED": ("rollback prepared", WRITES, "ends a transaction that was prepared before"),
}
"""Verb, effect and reason of transaction control by its kind."""
