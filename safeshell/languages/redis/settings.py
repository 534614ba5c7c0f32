"""CONFIG SET by parameter: what changing each one can do.

What must not live here: reading commands (reader), the commands themselves (commands).
"""

from __future__ import annotations

from safeshell.model.effects import Effect

_CLASSES: tuple[tuple[Effect, str, str], ...] = (
    (
        Effect.WRITES,
        "changes a setting that touches nobody's data",
        """
        slowlog-log-slower-than slowlog-max-len latency-monitor-threshold loglevel latency-tracking
        latency-tracking-info-percentiles notify-keyspace-events commandlog-execution-slower-than
        commandlog-slow-execution-max-len commandlog-request-larger-than commandlog-large-request-max-len
        commandlog-reply-larger-than commandlog-large-reply-max-len acllog-max-len hz dynamic-hz lfu-log-factor
        lfu-decay-time maxmemory-samples maxmemory-eviction-tenacity activerehashing activedefrag
        active-defrag-ignore-bytes active-defrag-threshold-lower active-defrag-threshold-upper active-defrag-cycle-min
        active-defrag-cycle-max active-defrag-max-scan-fields active-expire-effort lazyfree-lazy-eviction
        lazyfree-lazy-expire lazyfree-lazy-server-del lazyfree-lazy-user-del lazyfree-lazy-user-flush
        hash-max-listpack-entries hash-max-listpack-value hash-max-ziplist-entries hash-max-ziplist-value
        list-max-listpack-size list-max-ziplist-size list-compress-depth set-max-intset-entries
        set-max-listpack-entries set-max-listpack-value zset-max-listpack-entries zset-max-listpack-value
        zset-max-ziplist-entries zset-max-ziplist-value hll-sparse-max-bytes stream-node-max-bytes
        stream-node-max-entries tracking-table-max-keys set-proc-title proc-title-template lua-time-limit
        busy-reply-threshold rdb-save-incremental-fsync aof-rewrite-incremental-fsync auto-aof-rewrite-percentage
        auto-aof-rewrite-min-size jemalloc-bg-thread oom-score-adj crash-log-enabled crash-memcheck-enabled
        """,
    ),
    (
        Effect.DESTROYS_ROWS,
        "can make the server throw keys away at once",
        "maxmemory maxmemory-policy maxmemory-clients client-output-buffer-limit client-query-buffer-limit",
    ),
    (
        Effect.STOPS_SERVICE,
        "decides whether, where and how safely the data is kept",
        """
        save appendonly appendfsync appendfilename appenddirname dir dbfilename rdbcompression rdbchecksum
        no-appendfsync-on-rewrite aof-use-rdb-preamble aof-load-truncated aof-timestamp-enabled
        stop-writes-on-bgsave-error rdb-del-sync-files sanitize-dump-payload replica-read-only slave-read-only
        replica-serve-stale-data slave-serve-stale-data min-replicas-to-write min-slaves-to-write
        min-replicas-max-lag min-slaves-max-lag repl-diskless-load repl-backlog-size repl-backlog-ttl repl-timeout
        replica-priority slave-priority replica-ignore-maxmemory slave-ignore-maxmemory replicaof slaveof
        cluster-allow-reads-when-down cluster-require-full-coverage cluster-node-timeout cluster-migration-barrier
        cluster-replica-no-failover cluster-slave-no-failover cluster-allow-pubsubshard-when-down shutdown-timeout
        shutdown-on-sigint shutdown-on-sigterm
        """,
    ),
    (
        Effect.CUTS_NETWORK,
        "can lock clients out",
        """
        bind port tls-port unixsocket unixsocketperm maxclients timeout tcp-keepalive protected-mode tls-cert-file
        tls-key-file tls-key-file-pass tls-client-cert-file tls-client-key-file tls-client-key-file-pass
        tls-dh-params-file tls-ca-cert-file tls-ca-cert-dir tls-auth-clients tls-replication tls-cluster tls-protocols
        tls-ciphers tls-ciphersuites tls-prefer-server-ciphers tls-session-caching tls-session-cache-size
        tls-session-cache-timeout socket-mark-id bind-source-addr cluster-announce-ip cluster-announce-port
        replica-announce-ip replica-announce-port
        """,
    ),
    (
        Effect.REVOKES_ACCESS,
        "changes who may do what",
        """
        requirepass masterauth masteruser primaryauth primaryuser aclfile acl-pubsub-default enable-debug-command
        enable-module-command enable-protected-configs
        """,
    ),
)

SETTINGS: dict[str, tuple[Effect, str]] = {
    name: (effect, reason) for effect, reason, names in _CLASSES for name in names.split()
}
"""Effect and reason by parameter, in small letters."""

UNLISTED = (Effect.STOPS_SERVICE, "changes a setting that safeshell does not know")
"""A parameter of a module or of a newer server: it may do anything."""

SECRETS = frozenset({"requirepass", "masterauth", "primaryauth", "tls-key-file-pass", "tls-client-key-file-pass"})
"""Parameters whose value is a password."""
