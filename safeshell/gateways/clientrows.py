"""The command lines of PostgreSQL's clients as data: options, which of them name the server, operands.

Taken from the programs' own `--help` and getopt_long tables (PostgreSQL 15 to 18; tests compare them
with the programs that are installed). What must not live here: reading a command line (clientargs).
"""

from __future__ import annotations

from collections.abc import Mapping

from safeshell.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One option. `takes` is "" for a flag, ":" for a value, "?" for one that only `=` gives."""

    short: str
    long: str
    takes: str


@dataclass(frozen=True, slots=True)
class Row:
    """One program. `operands` says what the operands name: dbname, user, "" for something else.

    `roles` maps the name of an option (short where it has one) to what it names: host, port, user or
    dbname; `other` is a dbname that is not the one connected to, unless nothing else names one.
    """

    options: tuple[Option, ...]
    roles: Mapping[str, str]
    operands: tuple[str, ...] = ()


_ROLES = {"h": "host", "p": "port", "U": "user", "d": "dbname", "maintenance-db": "dbname"}


def _row(options: str, operands: tuple[str, ...] = ()) -> Row:
    """A row out of items like `h/host:` (short/long, then what it takes)."""
    found = tuple(_option(item) for item in options.split())
    names = {option.short or option.long: option for option in found}
    roles = {name: role for name, role in _ROLES.items() if name in names and names[name].takes == ":"}
    return Row(found, roles, operands)


def _option(item: str) -> Option:
    takes = item[-1] if item[-1] in ":?" and item != "?/" else ""
    item = item.removesuffix(takes) if takes else item
    short, mark, long = item.partition("/")
    return Option(short, long, takes) if mark else Option("", item, takes)


ROWS: Mapping[str, Row] = {
    "psql": _row(
        """0/record-separator-zero 1/single-transaction ?/ a/echo-all A/no-align b/echo-errors c/command: d/dbname:
        E/echo-hidden e/echo-queries F/field-separator: f/file: h/host: H/html l/list L/log-file: n/no-readline
        o/output: p/port: P/pset: q/quiet R/record-separator: S/single-line s/single-step T/table-attr:
        t/tuples-only U/username: v/set: V/version w/no-password W/password x/expanded X/no-psqlrc
        z/field-separator-zero csv help: help? variable:""",
        ("dbname", "user"),
    ),
    "pg_dump": _row(
        """?/help a/data-only b/blobs b/large-objects B/no-blobs B/no-large-objects c/clean C/create d/dbname:
        E/encoding: e/extension: f/file: F/format: h/host: j/jobs: N/exclude-schema: n/schema: O/no-owner
        p/port: s/schema-only S/superuser: T/exclude-table: t/table: U/username: v/verbose V/version
        w/no-password W/password x/no-privileges Z/compress: binary-upgrade blobs column-inserts
        disable-dollar-quoting disable-triggers enable-row-security exclude-extension:
        exclude-table-and-children: exclude-table-data-and-children: exclude-table-data: extra-float-digits:
        filter: if-exists include-foreign-data: inserts load-via-partition-root lock-wait-timeout: no-blobs
        no-comments no-data no-policies no-publications no-schema no-security-labels no-statistics
        no-subscriptions no-sync no-table-access-method no-tablespaces no-toast-compression
        no-unlogged-table-data on-conflict-do-nothing quote-all-identifiers restrict-key: role: rows-per-insert:
        section: sequence-data serializable-deferrable snapshot: statistics statistics-only strict-names
        sync-method: table-and-children: use-set-session-authorization""",
        ("dbname",),
    ),
    "pg_dumpall": _row(
        """?/help a/data-only c/clean d/dbname: E/encoding: f/file: g/globals-only h/host: l/database: O/no-owner
        p/port: r/roles-only s/schema-only S/superuser: t/tablespaces-only U/username: v/verbose V/version
        w/no-password W/password x/no-privileges binary-upgrade column-inserts disable-dollar-quoting
        disable-triggers exclude-database: extra-float-digits: filter: if-exists inserts load-via-partition-root
        lock-wait-timeout: no-comments no-data no-policies no-publications no-role-passwords no-schema
        no-security-labels no-statistics no-subscriptions no-sync no-table-access-method no-tablespaces
        no-toast-compression no-unlogged-table-data on-conflict-do-nothing quote-all-identifiers restrict-key:
        role: rows-per-insert: sequence-data statistics statistics-only use-set-session-authorization""",
    ),
    "pg_restore": _row(
        """1/single-transaction ?/help a/data-only c/clean C/create d/dbname: e/exit-on-error f/file: F/format:
        h/host: I/index: j/jobs: l/list L/use-list: N/exclude-schema: n/schema: O/no-owner P/function: p/port:
        s/schema-only S/superuser: t/table: T/trigger: U/username: v/verbose V/version w/no-password W/password
        x/no-privileges disable-triggers enable-row-security filter: if-exists no-comments no-data
        no-data-for-failed-tables no-policies no-publications no-schema no-security-labels no-statistics
        no-subscriptions no-table-access-method no-tablespaces restrict-key: role: section: statistics
        statistics-only strict-names transaction-size: use-set-session-authorization""",
        ("",),
    ),
    "createdb": _row(
        """?/help D/tablespace: e/echo E/encoding: h/host: l/locale: O/owner: p/port: S/strategy: T/template:
        U/username: V/version w/no-password W/password builtin-locale: icu-locale: icu-rules: lc-collate:
        lc-ctype: locale-provider: maintenance-db:""",
        ("",),
    ),
    "dropdb": _row(
        """?/help e/echo f/force h/host: i/interactive p/port: U/username: V/version w/no-password W/password
        if-exists maintenance-db:""",
        ("",),
    ),
    "createuser": _row(
        """?/help a/with-admin: c/connection-limit: d/createdb D/no-createdb e/echo g/member-of: g/role: h/host:
        i/inherit I/no-inherit l/login L/no-login m/with-member: p/port: P/pwprompt r/createrole R/no-createrole
        S/no-superuser s/superuser U/username: v/valid-until: V/version w/no-password W/password bypassrls
        interactive no-bypassrls no-replication replication role:""",
    ),
    "dropuser": _row(
        """?/help e/echo h/host: i/interactive p/port: U/username: V/version w/no-password W/password if-exists""",
    ),
    "vacuumdb": _row(
        """?/help a/all d/dbname: e/echo F/freeze f/full h/host: j/jobs: N/exclude-schema: n/schema: P/parallel:
        p/port: q/quiet t/table: U/username: v/verbose V/version w/no-password W/password z/analyze
        Z/analyze-only analyze-in-stages buffer-usage-limit: disable-page-skipping force-index-cleanup
        maintenance-db: min-mxid-age: min-xid-age: missing-stats-only no-index-cleanup no-process-main
        no-process-toast no-truncate skip-locked""",
        ("dbname",),
    ),
    "reindexdb": _row(
        """?/help a/all d/dbname: e/echo h/host: i/index: j/jobs: p/port: q/quiet S/schema: s/system t/table:
        U/username: v/verbose V/version w/no-password W/password concurrently maintenance-db: tablespace:""",
        ("dbname",),
    ),
    "clusterdb": _row(
        """?/help a/all d/dbname: e/echo h/host: p/port: q/quiet t/table: U/username: v/verbose V/version
        w/no-password W/password maintenance-db:""",
        ("dbname",),
    ),
    "pg_isready": _row(
        """?/help d/dbname: h/host: p/port: q/quiet t/timeout: U/username: V/version""",
    ),
    "pgbench": _row(
        """?/help b/builtin: c/client: C/connect d/dbname: D/define: f/file: F/fillfactor: h/host: I/init-steps:
        i/initialize j/jobs: L/latency-limit: l/log M/protocol: n/no-vacuum N/skip-some-updates p/port:
        P/progress: q/quiet R/rate: r/report-per-command s/scale: S/select-only T/time: t/transactions:
        U/username: v/vacuum-all V/version aggregate-interval: debug exit-on-abort failures-detailed
        foreign-keys index-tablespace: log-prefix: max-tries: partition-method: partitions: progress-timestamp
        random-seed: sampling-rate: show-script: tablespace: unlogged-tables verbose-errors""",
        ("dbname",),
    ),
    "pg_amcheck": _row(
        """?/help a/all d/database: D/exclude-database: e/echo h/host: I/exclude-index: i/index: j/jobs: p/port:
        P/progress R/exclude-relation: r/relation: S/exclude-schema: s/schema: T/exclude-table: t/table:
        U/username: v/verbose V/version w/no-password W/password checkunique endblock: exclude-toast-pointers
        heapallindexed install-missing maintenance-db: no-dependent-indexes no-dependent-toast no-strict-names
        on-error-stop parent-check rootdescend skip: startblock:""",
        ("dbname",),
    ),
    "pgcli": _row(
        """d/dbname: D/dsn: h/host: l/list p/port: u/user: U/username: v/version w/no-password W/password
        application-name: auto-vertical-output help init-command: less-chatty list-dsn log-file: no-warn
        pgclirc: ping prompt-dsn: prompt: row-limit: single-connection ssh-tunnel: warn:""",
        ("dbname", "user"),
    ),
}
"""Rows by the program's name."""
