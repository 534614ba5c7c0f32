"""The commands of Redis and Valkey and what they do, for use without a server.

Class by class after the servers' own command tables (write, admin, dangerous flags), with the harmful ones
that bear no flag. A command that stands nowhere here may come from a module: connected, the server is asked
what it says of it (`server`), else it is not understood.
What must not live here: reading text, options (options), where the keys stand (keyspecs).
"""

from __future__ import annotations

from safeshell.model.effects import Effect

_CLASSES: tuple[tuple[Effect, str, str], ...] = (
    (
        Effect.READS,
        "reads",
        """
        GET MGET GETRANGE SUBSTR STRLEN EXISTS TYPE TTL PTTL EXPIRETIME PEXPIRETIME RANDOMKEY SCAN TOUCH LCS DIGEST
        HGET HMGET HGETALL HEXISTS HKEYS HVALS HLEN HSTRLEN HSCAN HRANDFIELD HTTL HPTTL HEXPIRETIME HPEXPIRETIME
        LLEN LINDEX LRANGE LPOS
        SCARD SISMEMBER SMISMEMBER SMEMBERS SRANDMEMBER SSCAN SINTER SUNION SDIFF SINTERCARD
        ZCARD ZCOUNT ZLEXCOUNT ZRANGE ZRANGEBYSCORE ZRANGEBYLEX ZREVRANGE ZREVRANGEBYSCORE ZREVRANGEBYLEX ZRANK
        ZREVRANK ZSCORE ZMSCORE ZSCAN ZRANDMEMBER ZDIFF ZINTER ZUNION ZINTERCARD
        XLEN XRANGE XREVRANGE XREAD XPENDING XINFO|STREAM XINFO|GROUPS XINFO|CONSUMERS XINFO|HELP XGROUP|HELP
        GETBIT BITCOUNT BITPOS BITFIELD_RO PFCOUNT GEODIST GEOHASH GEOPOS GEORADIUS_RO GEORADIUSBYMEMBER_RO
        GEOSEARCH SORT_RO DUMP EVAL_RO EVALSHA_RO FCALL_RO
        VSIM VCARD VDIM VEMB VGETATTR VINFO VLINKS VRANDMEMBER VISMEMBER VRANGE
        PING ECHO AUTH HELLO SELECT QUIT RESET READONLY READWRITE ASKING TIME DBSIZE INFO LASTSAVE ROLE LOLWUT
        COMMAND COMMAND|COUNT COMMAND|DOCS COMMAND|GETKEYS COMMAND|GETKEYSANDFLAGS COMMAND|HELP COMMAND|INFO
        COMMAND|LIST WATCH UNWATCH MULTI EXEC DISCARD
        CONFIG|GET CONFIG|HELP CLIENT|ID CLIENT|INFO CLIENT|LIST CLIENT|GETNAME CLIENT|GETREDIR CLIENT|HELP
        CLIENT|SETNAME CLIENT|SETINFO CLIENT|TRACKINGINFO CLIENT|TRACKING CLIENT|CACHING CLIENT|NO-TOUCH CLIENT|CAPA
        CLUSTER|INFO CLUSTER|NODES CLUSTER|SLOTS CLUSTER|SHARDS CLUSTER|KEYSLOT CLUSTER|COUNTKEYSINSLOT
        CLUSTER|GETKEYSINSLOT CLUSTER|MYID CLUSTER|MYSHARDID CLUSTER|LINKS CLUSTER|REPLICAS CLUSTER|SLAVES
        CLUSTER|COUNT-FAILURE-REPORTS CLUSTER|HELP CLUSTER|SLOT-STATS CLUSTER|GETSLOTMIGRATIONS
        MEMORY|USAGE MEMORY|STATS MEMORY|DOCTOR MEMORY|MALLOC-STATS MEMORY|HELP
        OBJECT|ENCODING OBJECT|FREQ OBJECT|IDLETIME OBJECT|REFCOUNT OBJECT|HELP
        SLOWLOG|GET SLOWLOG|LEN SLOWLOG|HELP LATENCY|LATEST LATENCY|HISTORY LATENCY|GRAPH LATENCY|DOCTOR
        LATENCY|HISTOGRAM LATENCY|HELP COMMANDLOG|GET COMMANDLOG|LEN COMMANDLOG|HELP
        ACL|LIST ACL|USERS ACL|WHOAMI ACL|GETUSER ACL|CAT ACL|DRYRUN ACL|GENPASS ACL|HELP
        MODULE|LIST MODULE|HELP SCRIPT|EXISTS SCRIPT|HELP SCRIPT|SHOW FUNCTION|LIST FUNCTION|DUMP FUNCTION|STATS
        FUNCTION|HELP PUBSUB|CHANNELS PUBSUB|NUMSUB PUBSUB|NUMPAT PUBSUB|SHARDCHANNELS PUBSUB|SHARDNUMSUB PUBSUB|HELP
        SENTINEL|MASTERS SENTINEL|MASTER SENTINEL|REPLICAS SENTINEL|SLAVES SENTINEL|SENTINELS SENTINEL|CKQUORUM
        SENTINEL|GET-MASTER-ADDR-BY-NAME SENTINEL|IS-MASTER-DOWN-BY-ADDR SENTINEL|MYID SENTINEL|INFO-CACHE
        SENTINEL|PENDING-SCRIPTS SENTINEL|HELP SENTINEL|PRIMARIES SENTINEL|PRIMARY SENTINEL|GET-PRIMARY-ADDR-BY-NAME
        HELP CLEAR EXIT :SET STRALGO POST HOST: SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE
        DEBUG|HELP DEBUG|OBJECT DEBUG|SDSLEN DEBUG|HTSTATS-KEY DEBUG|LISTPACK DEBUG|ZIPLIST DEBUG|QUICKLIST DEBUG|PROTOCOL
        DEBUG|STRUCTSIZE DEBUG|DIGEST-VALUE WAIT WAITAOF HOTKEYS|GET
        JSON.GET JSON.MGET JSON.TYPE JSON.STRLEN JSON.ARRLEN JSON.ARRINDEX JSON.OBJKEYS JSON.OBJLEN JSON.RESP
        FT.SEARCH FT.AGGREGATE FT.HYBRID FT.INFO FT.EXPLAIN FT.EXPLAINCLI FT.PROFILE FT._LIST FT.TAGVALS FT.SPELLCHECK
        FT.DICTDUMP FT.SUGGET FT.SUGLEN FT.SYNDUMP
        BF.EXISTS BF.MEXISTS BF.INFO BF.CARD BF.SCANDUMP CF.EXISTS CF.MEXISTS CF.COUNT CF.INFO CF.SCANDUMP
        CMS.QUERY CMS.INFO TOPK.QUERY TOPK.COUNT TOPK.LIST TOPK.INFO
        TDIGEST.QUANTILE TDIGEST.CDF TDIGEST.RANK TDIGEST.REVRANK TDIGEST.BYRANK TDIGEST.BYREVRANK TDIGEST.MIN
        TDIGEST.MAX TDIGEST.INFO TDIGEST.TRIMMED_MEAN
        TS.GET TS.MGET TS.RANGE TS.REVRANGE TS.MRANGE TS.MREVRANGE TS.INFO TS.QUERYINDEX
        """,
    ),
    (
        Effect.WRITES,
        "writes",
        """
        APPEND INCR INCRBY INCRBYFLOAT DECR DECRBY SETNX MSETNX HSETNX HINCRBY HINCRBYFLOAT LPUSH RPUSH LPUSHX RPUSHX
        LINSERT SADD ZADD ZINCRBY XADD XACK XGROUP|CREATE XGROUP|CREATECONSUMER XGROUP|SETID XCLAIM XAUTOCLAIM
        XREADGROUP XSETID XCFGSET PFADD PFMERGE GEOADD PERSIST HPERSIST PUBLISH SPUBLISH SETBIT BITFIELD PFDEBUG
        PFSELFTEST VADD VSETATTR
        SCRIPT|LOAD SCRIPT|DEBUG FUNCTION|LOAD BGSAVE BGREWRITEAOF SLOWLOG|RESET LATENCY|RESET COMMANDLOG|RESET
        CONFIG|REWRITE CONFIG|RESETSTAT MEMORY|PURGE ACL|LOG ACL|SAVE CLIENT|UNBLOCK CLIENT|UNPAUSE CLIENT|NO-EVICT
        CLIENT|REPLY CLIENT|IMPORT-SOURCE HOTKEYS|START HOTKEYS|STOP HOTKEYS|RESET
        SENTINEL|MONITOR SENTINEL|SET SENTINEL|CONFIG SENTINEL|FLUSHCONFIG SENTINEL|DEBUG CLUSTER|SAVECONFIG
        CLUSTER|BUMPEPOCH CLUSTER|CANCELSLOTMIGRATIONS
        """,
    ),
    (
        Effect.DESTROYS_ROWS,
        "overwrites or removes keys or parts of them",
        """
        SET SETEX PSETEX GETSET MSET MSETEX SETRANGE DEL UNLINK GETDEL GETEX RENAME RENAMENX COPY MOVE RESTORE
        RESTORE-ASKING MIGRATE EXPIRE PEXPIRE EXPIREAT PEXPIREAT HEXPIRE HPEXPIRE HEXPIREAT HPEXPIREAT HGETEX HSETEX
        HGETDEL HSET HMSET HDEL LSET LREM LTRIM LPOP RPOP LMPOP BLPOP BRPOP BLMPOP RPOPLPUSH BRPOPLPUSH LMOVE BLMOVE
        SREM SPOP SMOVE SINTERSTORE SUNIONSTORE SDIFFSTORE
        ZREM ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREMRANGEBYLEX ZPOPMIN ZPOPMAX BZPOPMIN BZPOPMAX ZMPOP BZMPOP
        ZRANGESTORE ZINTERSTORE ZUNIONSTORE ZDIFFSTORE
        XDEL XDELEX XACKDEL XTRIM XGROUP|DESTROY XGROUP|DELCONSUMER BITOP GEORADIUS GEORADIUSBYMEMBER GEOSEARCHSTORE
        SORT DELIFEQ DELEX VREM DEBUG|POPULATE
        """,
    ),
    (
        Effect.DESTROYS_DATA,
        "removes whole databases, functions or slots",
        """
        FLUSHALL FLUSHDB SWAPDB FUNCTION|DELETE FUNCTION|FLUSH FUNCTION|RESTORE CLUSTER|RESET CLUSTER|FLUSHSLOTS
        CLUSTER|FLUSHSLOT SFLUSH TRIMSLOTS CLUSTER|DELSLOTS CLUSTER|DELSLOTSRANGE DEBUG|FLUSHALL
        """,
    ),
    (
        Effect.STOPS_SERVICE,
        "stops or turns over a server, its clients or its scripts",
        """
        SENTINEL|FAILOVER SENTINEL|RESET SENTINEL|REMOVE SENTINEL|SIMULATE-FAILURE SHUTDOWN FAILOVER REPLICAOF SLAVEOF
        CLUSTER|FAILOVER CLUSTER|FORGET CLUSTER|REPLICATE CLUSTER|ADDSLOTS CLUSTER|ADDSLOTSRANGE CLUSTER|SETSLOT
        CLUSTER|MEET CLUSTER|SET-CONFIG-EPOCH CLUSTER|MIGRATION CLUSTER|MIGRATESLOTS CLUSTER|SYNCSLOTS CONFIG|SET
        CLIENT|KILL CLIENT|PAUSE SCRIPT|KILL SCRIPT|FLUSH FUNCTION|KILL MODULE|UNLOAD
        DEBUG|SEGFAULT DEBUG|PANIC DEBUG|ABORT DEBUG|ASSERT DEBUG|CRASH-AND-RECOVER DEBUG|CRASH-AND-ABORT DEBUG|RESTART
        DEBUG|OOM DEBUG|RELOAD DEBUG|LOADAOF
        """,
    ),
    (
        Effect.BLOCKS_OTHERS,
        "keeps the server busy while others wait",
        "KEYS MONITOR SYNC PSYNC REPLCONF SAVE DEBUG|SLEEP DEBUG|JMAP DEBUG|DIGEST DEBUG|HTSTATS",
    ),
    (Effect.REVOKES_ACCESS, "changes who may do what", "ACL|SETUSER ACL|DELUSER ACL|LOAD"),
    (
        Effect.RUNS_OPAQUE_CODE,
        "runs code on the server",
        "EVAL EVALSHA FCALL MODULE|LOAD MODULE|LOADEX",
    ),
    (Effect.LEAVES_GUARD, "goes on with another server", "CONNECT"),
)

COMMANDS: dict[str, tuple[Effect, str]] = {
    name: (effect, reason) for effect, reason, names in _CLASSES for name in names.split()
}
"""Effect and reason by command, `NAME|SUBCOMMAND` for those with subcommands."""

CONTAINERS: frozenset[str] = frozenset(name.partition("|")[0] for name in COMMANDS if "|" in name)

REASONS: dict[str, str] = {
    "FLUSHALL": "removes every key of every database",
    "FLUSHDB": "removes every key of the database",
    "SWAPDB": "exchanges two whole databases under everybody's feet",
    "SHUTDOWN": "stops the server",
    "FAILOVER": "makes a replica take over from this server",
    "REPLICAOF": "makes the server a copy of another, or an independent one",
    "SLAVEOF": "makes the server a copy of another, or an independent one",
    "KEYS": "walks over every key while everybody waits",
    "MONITOR": "shows every command of everybody, and halves what the server can do",
    "SAVE": "writes the whole data set while everybody waits",
    "SYNC": "makes the server send a whole copy of itself",
    "PSYNC": "makes the server send a whole copy of itself",
    "DEL": "removes keys",
    "UNLINK": "removes keys",
    "SET": "overwrites the key, whatever it holds",
    "RENAME": "takes a key away from its name, and overwrites the other",
    "EXPIRE": "lets the key disappear by itself",
    "PEXPIRE": "lets the key disappear by itself",
    "EXPIREAT": "lets the key disappear by itself",
    "PEXPIREAT": "lets the key disappear by itself",
    "MIGRATE": "moves keys to another server",
    "PUBLISH": "sends a message to every subscriber",
    "SPUBLISH": "sends a message to every subscriber",
    "CLIENT|KILL": "cuts the connections of clients",
    "CLIENT|PAUSE": "makes every client wait",
    "CLIENT|REPLY": "turns answers off, refusals too",
    "SCRIPT|FLUSH": "forgets every script, so that calls by digest fail",
    "SCRIPT|KILL": "stops the script that runs",
    "FUNCTION|FLUSH": "removes every function",
    "FUNCTION|DELETE": "removes a library of functions",
    "CLUSTER|RESET": "makes the node forget its cluster, and its keys with `hard`",
    "CLUSTER|FAILOVER": "makes this replica take over from its primary",
    "CLUSTER|FORGET": "makes the node forget another one",
    "CLUSTER|FLUSHSLOTS": "takes every slot away from the node",
    "EVAL": "runs a script that may write",
    "EVALSHA": "runs a script that may write",
    "FCALL": "runs a function that may write",
    "MODULE|LOAD": "loads native code into the server",
    "MODULE|LOADEX": "loads native code into the server",
    "MODULE|UNLOAD": "takes commands and data types away from everybody",
    "ACL|LOAD": "replaces every user by those of a file",
    "CONFIG|RESETSTAT": "sets the server's statistics back",
    "CONFIG|REWRITE": "rewrites the server's configuration file",
}
"""What a person is told, where it is more than the class says."""

ADVICE: dict[str, str] = {
    "KEYS": "SCAN 0 MATCH pattern COUNT 100 walks in small steps; redis-cli --scan --pattern does it for you",
    "MONITOR": "SLOWLOG GET, LATENCY LATEST and INFO commandstats cost nothing",
    "SAVE": "BGSAVE does it beside the work",
    "EVAL": "EVAL_RO runs it without the right to write",
    "EVALSHA": "EVALSHA_RO runs it without the right to write",
    "FCALL": "FCALL_RO runs it without the right to write",
    "DEL": "UNLINK frees the memory beside the work; rename the key first to be able to go back",
    "FLUSHALL": "look at INFO keyspace first; FLUSHDB ASYNC on the one database, or let keys expire",
    "FLUSHDB": "look at INFO keyspace first; SCAN with UNLINK removes a prefix and leaves the rest",
    "SET": "SET key value NX never overwrites",
    "RENAME": "RENAMENX never overwrites",
    "COPY": "COPY without REPLACE never overwrites",
    "SHUTDOWN": "on a cluster or behind a sentinel, fail over first",
    "CLIENT|KILL": "CLIENT LIST shows whom it hits",
    "MODULE|LOAD": "MODULE LIST shows what is loaded",
    "SMEMBERS": "SSCAN walks in small steps",
    "HGETALL": "HSCAN walks in small steps",
    "HKEYS": "HSCAN walks in small steps",
    "HVALS": "HSCAN walks in small steps",
    "ZRANGE": "ZSCAN, or a smaller range, walks in small steps",
    "LRANGE": "a smaller range walks in small steps",
}
"""A safer way, by command."""

HEAVY: dict[str, tuple[str, str]] = {
    "SMEMBERS": ("SCARD", "members"),
    "HGETALL": ("HLEN", "fields"),
    "HKEYS": ("HLEN", "fields"),
    "HVALS": ("HLEN", "fields"),
    "LRANGE": ("LLEN", "elements"),
    "ZRANGE": ("ZCARD", "members"),
    "ZREVRANGE": ("ZCARD", "members"),
    "SORT": ("LLEN", "elements"),
    "SORT_RO": ("LLEN", "elements"),
    "SUNION": ("SCARD", "members"),
    "SINTER": ("SCARD", "members"),
    "SDIFF": ("SCARD", "members"),
    "XRANGE": ("XLEN", "entries"),
    "XREVRANGE": ("XLEN", "entries"),
    "DUMP": ("MEMORY USAGE", "bytes"),
}
"""Reads that take as long as their key is big: what counts it, and in which unit."""
