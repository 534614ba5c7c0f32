"""Questions as the road would ask them, by name. What must not live here: assertions, terminals."""

from __future__ import annotations

from safeshell.guard.requests import AskOperator
from safeshell.model.effects import RISKS, Demand, Effect, Mode, Tier
from safeshell.model.judgement import Assessment, Exactness, Finding, Preview, Reversibility, Verdict
from safeshell.model.places import Environment
from safeshell.model.statements import Target, TargetKind
from safeshell.model.values import replace
from tests.making import action

PROD = Environment(
    "shop",
    Tier.PRODUCTION,
    "web-prod-3",
    "ada",
    ('the host name has the word "prod"', "you came in over ssh from 10.2.0.7"),
)
STAGING = Environment("stage", Tier.STAGING, "stage-1", "ada", ("the host name matches stage-*",))
UNKNOWN = Environment("", Tier.UNKNOWN, "box7", "ada", ("entered over ssh, and nothing says what it is",))
LAPTOP = Environment("laptop", Tier.DEVELOPMENT, "laptop", "ada", ("this is the local host",))


def finding(effect: Effect, reason: str, where: Environment = PROD, **more: object) -> Finding:
    return Finding("pack.rule", effect, RISKS[effect], reason, where, **more)  # type: ignore[arg-type]


def path(text: str) -> Target:
    return Target(TargetKind.PATH, text, text)


def question(text: str, *findings: Finding, demand: Demand, preview: Preview | None = None, **more: object):
    deciding = findings[0] if findings else None
    where = deciding.environment if deciding else PROD
    challenge = str(more.pop("challenge", where.target if demand is Demand.CONFIRM else ""))
    reason = deciding.reason if deciding else "does something"
    return AskOperator(
        assessment=Assessment(action(text, more.pop("here", where)), (), findings),  # type: ignore[arg-type]
        verdict=Verdict(demand, reason, challenge, deciding),
        preview=preview or Preview(""),
        digest="d",
        mode=more.pop("mode", Mode.READ_ONLY),  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


FILES = Preview(
    "1,284 files in 96 directories, 3.2 GiB, below data/",
    affected=1284,
    unit="files",
    exactness=Exactness.EXACT,
    sample=tuple(
        f"data/orders/{year}/{month:02}.parquet   {month * 7} MiB" for year in (2025, 2026) for month in range(1, 9)
    ),
    reversibility=Reversibility.IRREVERSIBLE,
    caveats=("the newest change is 3 minutes old", "2 files are open by postgres (pid 812)"),
)

HOST = Preview(
    "web-prod-3 has been up for 412 days; 3 people are logged in, 218 connections are open",
    exactness=Exactness.EXACT,
    sample=(
        "ada    pts/0  from 10.2.0.7   (you)",
        "grace  pts/1  from 10.2.0.9   idle 4 min",
        "443/tcp   nginx        212 connections",
        "5432/tcp  postgres       6 connections",
    ),
    reversibility=Reversibility.IRREVERSIBLE,
    caveats=("you are on web-prod-3 over ssh, from 10.2.0.7",),
)

SAMPLES = {
    "rm": question(
        "rm -rf data/ /srv/shop/cache",
        finding(
            Effect.DESTROYS_DATA,
            "removes files",
            targets=(path("data/"), path("/srv/shop/cache")),
            recursive=True,
            advice="move them aside first, and delete when nobody missed them",
            instead="ls -ld -- data/ /srv/shop/cache",
        ),
        demand=Demand.CONFIRM,
        preview=FILES,
    ),
    "shutdown": question(
        "sudo shutdown -h now",
        finding(Effect.HALTS_HOST, "halts this host", advice="reboot one host of the group at a time"),
        demand=Demand.CONFIRM,
        preview=HOST,
    ),
    "unknown": question(
        "git push --force origin main",
        finding(Effect.REWRITES_HISTORY, "replaces published history", UNKNOWN),
        demand=Demand.CONFIRM,
        preview=Preview(
            "3 commits by 2 people would be lost on origin/main",
            3,
            "commits",
            Exactness.AT_LEAST,
            reversibility=Reversibility.UNKNOWN,
        ),
    ),
    "two_places": question(
        "ssh web-prod-3 'rm -rf /data' && git clean -fdx",
        finding(Effect.DESTROYS_DATA, "removes files", PROD, targets=(path("/data"),), recursive=True),
        finding(Effect.DESTROYS_DATA, "removes untracked files", STAGING, unbounded=True),
        demand=Demand.CONFIRM,
        here=STAGING,
        preview=Preview("", caveats=("web-prod-3 is another machine: nothing was counted there",)),
    ),
    "hostile": question(
        "rm -- 'a\x1b[2J\x1b[31mb\u202egpj.exe' \\\n  \tx\ry\u200b\u00a0z \x9b31m",
        finding(Effect.DESTROYS_DATA, "removes files", targets=(path("a\x1b[2J"),)),
        demand=Demand.CONFIRM,
        preview=Preview("1 file\x1b[1A", 1, "files", Exactness.EXACT, sample=("\x1b]0;owned\x07x\ny",)),
    ),
    "long": question(
        "rm -rf "
        + " ".join(f"/srv/shop/releases/2026{month:02}{day:02}" for month in range(1, 8) for day in range(1, 20, 3)),
        finding(
            Effect.DESTROYS_DATA,
            "removes files",
            targets=tuple(path(f"/srv/shop/releases/{n}") for n in range(49)),
            recursive=True,
            advice="keep the last three releases: the rollback needs them, and so does the colleague who is on call tonight",
        ),
        demand=Demand.CONFIRM,
        preview=replace(
            FILES,
            caveats=tuple(
                f"caveat number {n} is long enough to need more than one line at forty columns" for n in range(9)
            ),
        ),
    ),
    "wide": question(
        "rm -rf 注文データ/二〇二六年/売上報告書 \u00e9t\u00e9",
        finding(
            Effect.DESTROYS_DATA, "removes files", targets=(path("注文データ/二〇二六年/売上報告書"),), recursive=True
        ),
        demand=Demand.CONFIRM,
        preview=Preview("12 files", 12, "files", Exactness.EXACT, sample=("注文データ/" * 9,)),
    ),
    "ddl": question(
        "ALTER TABLE orders ALTER COLUMN id TYPE bigint",
        finding(
            Effect.CHANGES_SCHEMA,
            "changes a column's type",
            targets=(Target(TargetKind.TABLE, "orders", "orders"),),
            advice="build its indexes and constraints on the new column before the swap",
            instead="ALTER TABLE orders ADD COLUMN id_new bigint;",
        ),
        demand=Demand.CONFIRM,
        challenge="shop@db.prod",
        remedy="wait 2 s for its lock at most, and try up to 10 times",
        preview=Preview(
            "rewrites orders: about 1,000,000 rows, 58 MiB and 21 MiB of indexes, under ACCESS EXCLUSIVE",
            exactness=Exactness.EXACT,
            sample=tuple(f"{n}  cancelled  13.00  2026-02-{n:02}" for n in range(1, 6)),
            caveats=(
                "in the way (and 1 more): pid 4711, ada, psql, idle in transaction for 4 minutes: SELECT * FROM orders",
                "while it waits, all reads and writes of orders queue behind it until that session ends (no lock_timeout is set): 120 scans and 40 written rows a second",
                "it needs about 79 MiB more on the server's disk, 12 GiB are free",
                "the last known backup is of 9 hours ago (/var/backups/last)",
                "it locks order_items too: about 3,000,000 rows, 190 MiB",
            ),
            safer=(
                "ALTER TABLE orders ADD COLUMN id_new bigint;",
                "CREATE FUNCTION orders_id_copy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id_new := NEW.id::bigint; RETURN NEW; END $$;",
                "UPDATE orders SET id_new = id WHERE ctid IN (SELECT ctid FROM orders WHERE id_new IS NULL LIMIT 10000);",
                "BEGIN;",
                "ALTER TABLE orders DROP COLUMN id;",
                "ALTER TABLE orders RENAME COLUMN id_new TO id;",
                "COMMIT;",
            ),
        ),
    ),
    "staging": question(
        "dropdb shop",
        finding(Effect.DESTROYS_DATA, "drops a database", STAGING),
        demand=Demand.CONFIRM,
        mode=Mode.READ_WRITE,
    ),
    "dev": question(
        "mkfs.ext4 /dev/sdb",
        finding(Effect.DESTROYS_DATA, "makes a new file system", LAPTOP),
        demand=Demand.CONFIRM,
        mode=Mode.READ_WRITE,
    ),
    "key": question(
        "touch /etc/motd",
        finding(Effect.WRITES, "creates or touches files", targets=(path("/etc/motd"),)),
        demand=Demand.KEY,
        unlockable=True,
    ),
    "key_reason": question(
        "touch /etc/motd",
        finding(Effect.WRITES, "creates or touches files", targets=(path("/etc/motd"),)),
        demand=Demand.KEY,
        unlockable=True,
        unlock_minutes=20,
        reason_required=True,
    ),
    "key_program": question(
        "./status.sh --all",
        finding(Effect.UNKNOWN_PROGRAM, "runs a program that safeshell does not know", targets=(path("./status.sh"),)),
        demand=Demand.KEY,
        rememberable=True,
    ),
    "key_preview": question(
        "systemctl restart nginx",
        finding(
            Effect.WRITES, "restarts units", advice="reload keeps the connections", instead="systemctl reload nginx"
        ),
        finding(Effect.LEAVES_GUARD, "opens a console"),
        demand=Demand.KEY,
        unlockable=True,
        preview=Preview("nginx has 212 open connections", exactness=Exactness.EXACT),
    ),
    "key_sql": question(
        "insert into visits (customer, at)\n  select id, now()\n  from customers\n  where vip;",
        finding(Effect.WRITES, "inserts rows", targets=(Target(TargetKind.TABLE, "visits", "visits"),)),
        demand=Demand.KEY,
        unlockable=True,
        preview=Preview("nobody is in the way of visits: about 1,200,000 rows, 512 MiB and 96 MiB of indexes"),
    ),
    "cascade": question(
        "drop table customers\n  cascade;",
        finding(
            Effect.DESTROYS_DATA,
            "drops a table with its rows",
            targets=(Target(TargetKind.TABLE, "customers", "customers"),),
            recursive=True,
        ),
        demand=Demand.CONFIRM,
        challenge="customers 50000",
        preview=Preview(
            "customers: 50,000 rows, 12 MiB",
            50_000,
            "rows",
            Exactness.EXACT,
            caveats=tuple(f"thing number {n} depends on it" for n in range(1, 10)),
            reversibility=Reversibility.IRREVERSIBLE,
        ),
    ),
    "no_challenge": question(
        "rm x", finding(Effect.DESTROYS_DATA, "removes files"), demand=Demand.CONFIRM, challenge=" "
    ),
    "denied": question("rm x", finding(Effect.DESTROYS_DATA, "removes files"), demand=Demand.DENY),
    "approval": question(
        "rm x", finding(Effect.DESTROYS_DATA, "removes files"), demand=Demand.APPROVAL, challenge="web-prod-3"
    ),
}
