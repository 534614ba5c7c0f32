"""Words of SQL and what they say: harmless functions, harmful ones, effects of statements.

Tables only. A function that stands in no table may do anything, and is asked about.
Sources: the manuals' function chapters; facts on PostgreSQL and MySQL gathered on live servers.
What must not live here: reading text.
"""

from __future__ import annotations

from safeshell.model.effects import Effect


def _listed(text: str) -> frozenset[str]:
    """Words of a block of text."""
    return frozenset(text.split())


HARMLESS_FUNCTIONS = _listed("""
    COUNT SUM AVG MIN MAX STDDEV STDDEV_POP STDDEV_SAMP VARIANCE VAR_POP VAR_SAMP ARRAY_AGG STRING_AGG JSON_AGG
    JSONB_AGG JSON_OBJECT_AGG JSONB_OBJECT_AGG BOOL_AND BOOL_OR EVERY BIT_AND BIT_OR MODE PERCENTILE_CONT
    PERCENTILE_DISC CORR GROUP_CONCAT ROW_NUMBER RANK DENSE_RANK PERCENT_RANK CUME_DIST NTILE LAG LEAD FIRST_VALUE
    LAST_VALUE NTH_VALUE
    NOW CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP CLOCK_TIMESTAMP STATEMENT_TIMESTAMP
    TRANSACTION_TIMESTAMP TIMEOFDAY AGE DATE_PART DATE_TRUNC DATE_BIN EXTRACT TO_CHAR TO_DATE TO_TIMESTAMP TO_NUMBER
    MAKE_DATE MAKE_INTERVAL MAKE_TIME MAKE_TIMESTAMP JUSTIFY_DAYS JUSTIFY_HOURS JUSTIFY_INTERVAL ISFINITE DATE TIME
    TIMESTAMP DATEDIFF DATE_ADD DATE_SUB DATE_FORMAT FROM_UNIXTIME UNIX_TIMESTAMP CURDATE CURTIME SYSDATE YEAR MONTH
    DAY HOUR MINUTE SECOND WEEK DAYOFWEEK TIMESTAMPDIFF STR_TO_DATE UTC_TIMESTAMP
    LENGTH CHAR_LENGTH CHARACTER_LENGTH OCTET_LENGTH BIT_LENGTH LOWER UPPER INITCAP TRIM LTRIM RTRIM BTRIM LPAD RPAD
    LEFT RIGHT SUBSTR SUBSTRING POSITION STRPOS REPLACE REVERSE REPEAT SPLIT_PART CONCAT CONCAT_WS FORMAT OVERLAY
    TRANSLATE ASCII CHR CHAR MD5 SHA224 SHA256 SHA384 SHA512 ENCODE DECODE QUOTE_IDENT QUOTE_LITERAL QUOTE_NULLABLE
    REGEXP_REPLACE REGEXP_MATCH REGEXP_MATCHES REGEXP_SPLIT_TO_ARRAY REGEXP_SPLIT_TO_TABLE REGEXP_COUNT REGEXP_LIKE
    STARTS_WITH STRING_TO_ARRAY STRING_TO_TABLE ARRAY_TO_STRING TO_HEX INSTR LOCATE SUBSTRING_INDEX HEX UNHEX
    FIND_IN_SET IF IFNULL
    ABS CEIL CEILING FLOOR ROUND TRUNC SIGN MOD DIV POWER POW SQRT CBRT EXP LN LOG LOG10 PI RANDOM RAND DEGREES
    RADIANS SIN COS TAN ASIN ACOS ATAN ATAN2 GCD LCM WIDTH_BUCKET
    COALESCE NULLIF GREATEST LEAST CAST CONVERT UUID GEN_RANDOM_UUID
    ARRAY_LENGTH ARRAY_APPEND ARRAY_PREPEND ARRAY_CAT ARRAY_REMOVE ARRAY_REPLACE ARRAY_POSITION ARRAY_POSITIONS
    ARRAY_DIMS ARRAY_UPPER ARRAY_LOWER ARRAY_NDIMS ARRAY_FILL CARDINALITY UNNEST GENERATE_SERIES GENERATE_SUBSCRIPTS
    ROW_TO_JSON TO_JSON TO_JSONB JSON_BUILD_OBJECT JSONB_BUILD_OBJECT JSON_BUILD_ARRAY JSONB_BUILD_ARRAY
    JSON_ARRAY_LENGTH JSONB_ARRAY_LENGTH JSON_ARRAY_ELEMENTS JSONB_ARRAY_ELEMENTS JSON_ARRAY_ELEMENTS_TEXT
    JSONB_ARRAY_ELEMENTS_TEXT JSON_EACH JSONB_EACH JSON_EACH_TEXT JSONB_EACH_TEXT JSON_OBJECT_KEYS JSONB_OBJECT_KEYS
    JSON_EXTRACT_PATH JSONB_EXTRACT_PATH JSON_EXTRACT_PATH_TEXT JSONB_EXTRACT_PATH_TEXT JSON_TYPEOF JSONB_TYPEOF
    JSONB_SET JSONB_PRETTY JSONB_STRIP_NULLS JSONB_PATH_QUERY JSONB_PATH_EXISTS JSON_EXTRACT JSON_UNQUOTE JSON_VALUE
    TO_TSVECTOR TO_TSQUERY PLAINTO_TSQUERY WEBSEARCH_TO_TSQUERY TS_RANK
    VERSION CURRENT_DATABASE DATABASE SCHEMA CURRENT_SCHEMA CURRENT_SCHEMAS CURRENT_USER SESSION_USER USER
    CURRENT_SETTING CONNECTION_ID INET_CLIENT_ADDR INET_CLIENT_PORT INET_SERVER_ADDR INET_SERVER_PORT
    PG_BACKEND_PID PG_BLOCKING_PIDS PG_IS_IN_RECOVERY PG_POSTMASTER_START_TIME PG_CONF_LOAD_TIME
    PG_SIZE_PRETTY PG_SIZE_BYTES PG_TOTAL_RELATION_SIZE PG_RELATION_SIZE PG_TABLE_SIZE PG_INDEXES_SIZE
    PG_DATABASE_SIZE PG_TABLESPACE_SIZE PG_COLUMN_SIZE PG_RELATION_FILEPATH PG_RELATION_FILENODE
    PG_GET_VIEWDEF PG_GET_INDEXDEF PG_GET_CONSTRAINTDEF PG_GET_FUNCTIONDEF PG_GET_TRIGGERDEF PG_GET_USERBYID
    PG_GET_EXPR PG_GET_SERIAL_SEQUENCE PG_GET_KEYWORDS PG_GET_RULEDEF PG_TYPEOF FORMAT_TYPE OBJ_DESCRIPTION
    COL_DESCRIPTION SHOBJ_DESCRIPTION TO_REGCLASS TO_REGTYPE HAS_TABLE_PRIVILEGE HAS_SCHEMA_PRIVILEGE
    HAS_DATABASE_PRIVILEGE HAS_COLUMN_PRIVILEGE HAS_FUNCTION_PRIVILEGE PG_HAS_ROLE PG_TABLE_IS_VISIBLE
    PG_STAT_GET_ACTIVITY PG_LOCK_STATUS PG_LAST_WAL_RECEIVE_LSN PG_LAST_WAL_REPLAY_LSN
    PG_LAST_XACT_REPLAY_TIMESTAMP PG_CURRENT_WAL_LSN PG_CURRENT_WAL_INSERT_LSN PG_WAL_LSN_DIFF PG_WALFILE_NAME
    PG_CURRENT_XACT_ID_IF_ASSIGNED TXID_CURRENT_IF_ASSIGNED PG_SNAPSHOT_XMIN PG_IS_WAL_REPLAY_PAUSED
    PG_ENCODING_TO_CHAR PG_CLIENT_ENCODING PG_TIMEZONE_NAMES PG_STAT_GET_SNAPSHOT_TIMESTAMP
    FOUND_ROWS ROW_COUNT LAST_INSERT_ID
    PG_TABLESPACE_LOCATION PG_PARTITION_TREE PG_PARTITION_ROOT PG_GET_PARTKEYDEF PG_GET_STATISTICSOBJDEF
    PG_LS_WALDIR PG_LS_LOGDIR PG_LS_DIR PG_STAT_FILE PG_CURRENT_LOGFILE PG_CONTROL_CHECKPOINT PG_CONTROL_SYSTEM
    PG_GET_REPLICATION_SLOTS PG_STAT_GET_WAL_RECEIVER PG_STAT_GET_WAL_SENDERS PG_SAFE_SNAPSHOT_BLOCKING_PIDS
    PG_STAT_STATEMENTS PG_STAT_STATEMENTS_INFO PG_SHOW_ALL_SETTINGS PG_XACT_COMMIT_TIMESTAMP PG_LSN
    ARRAY_TO_JSON JSONB_PATH_QUERY_ARRAY JSONB_PATH_QUERY_FIRST JSONB_OBJECT_KEYS JSONB_TYPEOF JSONB_INSERT
    HASHTEXT SIMILARITY HOST NETWORK MASKLEN FAMILY REGEXP_SUBSTR REGEXP_INSTR UNISTR NORMALIZE RANGE_AGG
    PGSTATTUPLE PGSTATINDEX CURRVAL LASTVAL
    INET_NTOA INET_ATON INET6_NTOA INET6_ATON BIN_TO_UUID UUID_TO_BIN JSON_LENGTH JSON_KEYS JSON_CONTAINS
    JSON_ARRAYAGG JSON_OBJECTAGG JSON_OBJECT JSON_ARRAY JSON_PRETTY JSON_SEARCH JSON_TYPE JSON_VALID ANY_VALUE
    DAYNAME MONTHNAME DAYOFMONTH DAYOFYEAR LAST_DAY TO_DAYS FROM_DAYS SEC_TO_TIME TIME_TO_SEC ADDDATE SUBDATE ADDTIME
    SUBTIME QUARTER WEEKDAY YEARWEEK TIMESTAMPADD TIMEDIFF TIME_FORMAT CONVERT_TZ UTC_DATE UTC_TIME ISNULL ELT FIELD
    LCASE UCASE MID SPACE STRCMP CRC32 SHA SHA1 SHA2 CHARSET COLLATION FORMAT_BYTES FORMAT_PICO_TIME BIT_COUNT OCT CONV
    GTID_SUBSET GTID_SUBTRACT EXTRACTVALUE QUOTE REGEXP_SUBSTR WEIGHT_STRING SYSTEM_USER
    STRFTIME DATETIME JULIANDAY UNIXEPOCH PRINTF TYPEOF IIF TOTAL SQLITE_VERSION CHANGES
    FORMATREADABLESIZE FORMATREADABLEQUANTITY FORMATREADABLETIMEDELTA TODATE TODATETIME TODATETIME64 TOSTARTOFHOUR
    TOSTARTOFMINUTE TOSTARTOFDAY TOSTARTOFINTERVAL TOSTARTOFFIVEMINUTES TOSTARTOFMONTH TOSTARTOFWEEK TOYYYYMM TOYYYYMMDD
    COUNTIF SUMIF AVGIF MINIF MAXIF UNIQ UNIQEXACT UNIQCOMBINED UNIQHLL12 QUANTILE QUANTILEEXACT QUANTILES MEDIAN
    ARRAYJOIN ARGMAX ARGMIN TOSTRING TOUINT32 TOUINT64 TOINT64 TOFLOAT64 MULTIIF GROUPARRAY GROUPUNIQARRAY TOPK
    DATETRUNC DATEADD DATESUB TODAY YESTERDAY RUNNINGDIFFERENCE
    GETDATE SYSDATETIME LEN CHARINDEX OBJECT_NAME OBJECT_ID DB_NAME DB_ID SERVERPROPERTY SUSER_SNAME TRY_CAST
    WRITETIME TTL TOKEN TOTIMESTAMP DATEOF UNIXTIMESTAMPOF
    """)
"""Built-in functions of PostgreSQL and MySQL that read nothing but rows, catalogue and clock."""

HARMFUL_FUNCTIONS: dict[str, tuple[Effect, str]] = {
    "PG_TERMINATE_BACKEND": (Effect.STOPS_SERVICE, "ends other people's connections"),
    "PG_CANCEL_BACKEND": (Effect.STOPS_SERVICE, "cancels other people's queries"),
    "PG_PROMOTE": (Effect.STOPS_SERVICE, "makes a standby the primary"),
    "PG_WAL_REPLAY_PAUSE": (Effect.STOPS_SERVICE, "pauses replication"),
    "PG_DROP_REPLICATION_SLOT": (Effect.DESTROYS_DATA, "drops a replication slot"),
    "LO_UNLINK": (Effect.DESTROYS_DATA, "removes a large object"),
    "DBLINK_EXEC": (Effect.NOT_UNDERSTOOD, "runs a text on another server"),
    "DBLINK": (Effect.NOT_UNDERSTOOD, "runs a text on another server"),
    "QUERY_TO_XML": (Effect.NOT_UNDERSTOOD, "runs a text as a statement"),
    "CURSOR_TO_XML": (Effect.NOT_UNDERSTOOD, "runs a text as a statement"),
    "PG_ADVISORY_LOCK": (Effect.BLOCKS_OTHERS, "takes a lock that others wait for"),
    "PG_ADVISORY_XACT_LOCK": (Effect.BLOCKS_OTHERS, "takes a lock that others wait for"),
    "GET_LOCK": (Effect.BLOCKS_OTHERS, "takes a lock that others wait for"),
}

BEFORE_PAREN = _listed("""
    IN AND OR NOT ANY ALL SOME EXISTS VALUES AS WHERE ON USING FROM SELECT JOIN UNION EXCEPT INTERSECT
    BETWEEN CASE WHEN THEN ELSE LIMIT OFFSET LATERAL GROUP HAVING DISTINCT ARRAY ROW IS LIKE ILIKE SIMILAR TO
    WITH INTERVAL GROUPING RETURNING FETCH ONLY WINDOW REGEXP RLIKE XOR
    """)
"""Reserved words after which a bracket is no function call."""

BEFORE_PAREN_AFTER: dict[str, frozenset[str]] = {
    "OVER": frozenset({")"}),
    "FILTER": frozenset({")"}),
    "SETS": frozenset({"GROUPING"}),
    "MATERIALIZED": frozenset({"NOT", "AS"}),
    "EXPLAIN": frozenset({""}),
    "COPY": frozenset({""}),
    "BY": frozenset({"GROUP", "ORDER", "PARTITION"}),
    "ROLLUP": frozenset({"BY", ","}),
    "CUBE": frozenset({"BY", ","}),
    "INDEX": frozenset({"USE", "FORCE", "IGNORE"}),
    "KEY": frozenset({"USE", "FORCE", "IGNORE"}),
}
"""Words that could be functions too, and what stands before them where they are not."""

STARTS: dict[str, tuple[Effect, str]] = {
    "TRUNCATE": (Effect.DESTROYS_DATA, "empties tables"),
    "DROP": (Effect.DESTROYS_DATA, "drops what it names"),
    "ALTER": (Effect.CHANGES_SCHEMA, "changes definitions"),
    "CREATE": (Effect.CHANGES_SCHEMA, "creates or replaces definitions"),
    "COMMENT": (Effect.CHANGES_SCHEMA, "changes a comment in the catalogue"),
    "RENAME": (Effect.CHANGES_SCHEMA, "renames tables or users"),
    "SECURITY": (Effect.CHANGES_SCHEMA, "changes a security label"),
    "IMPORT": (Effect.CHANGES_SCHEMA, "imports definitions"),
    "REINDEX": (Effect.BLOCKS_OTHERS, "rebuilds indexes under a lock"),
    "CLUSTER": (Effect.BLOCKS_OTHERS, "rewrites a table under a lock"),
    "REFRESH": (Effect.BLOCKS_OTHERS, "rebuilds a view under a lock"),
    "LOCK": (Effect.BLOCKS_OTHERS, "locks tables"),
    "OPTIMIZE": (Effect.BLOCKS_OTHERS, "rebuilds tables"),
    "REPAIR": (Effect.BLOCKS_OTHERS, "rebuilds tables"),
    "FLUSH": (Effect.BLOCKS_OTHERS, "flushes caches or locks all tables"),
    "BACKUP": (Effect.BLOCKS_OTHERS, "sets a backup stage that blocks others"),
    "VACUUM": (Effect.WRITES, "cleans tables up"),
    "ANALYZE": (Effect.WRITES, "renews statistics"),
    "ANALYSE": (Effect.WRITES, "renews statistics"),
    "CHECK": (Effect.WRITES, "checks tables"),
    "CHECKPOINT": (Effect.WRITES, "forces a checkpoint"),
    "NOTIFY": (Effect.WRITES, "sends a notification"),
    "LOAD": (Effect.WRITES, "loads a library or data"),
    "INSERT": (Effect.WRITES, "inserts rows"),
    "SET": (Effect.WRITES, "changes settings"),
    "USE": (Effect.WRITES, "changes the current database"),
    "UNLOCK": (Effect.WRITES, "gives locks back"),
    "GRANT": (Effect.REVOKES_ACCESS, "changes who may do what"),
    "REVOKE": (Effect.REVOKES_ACCESS, "takes rights away"),
    "REASSIGN": (Effect.REVOKES_ACCESS, "changes who owns what"),
    "KILL": (Effect.STOPS_SERVICE, "ends other people's connections or queries"),
    "SHUTDOWN": (Effect.STOPS_SERVICE, "stops the server"),
    "RESTART": (Effect.STOPS_SERVICE, "restarts the server"),
    "STOP": (Effect.STOPS_SERVICE, "stops replication"),
    "CHANGE": (Effect.STOPS_SERVICE, "changes replication"),
    "PURGE": (Effect.DESTROYS_DATA, "deletes binary logs"),
    "DO": (Effect.RUNS_OPAQUE_CODE, "runs a block of code"),
    "CALL": (Effect.RUNS_OPAQUE_CODE, "calls a procedure"),
    "EXECUTE": (Effect.RUNS_OPAQUE_CODE, "runs a statement that was prepared before"),
    "DELETE": (Effect.DESTROYS_ROWS, "deletes rows"),
    "UPDATE": (Effect.DESTROYS_ROWS, "changes rows"),
    "MERGE": (Effect.DESTROYS_ROWS, "changes or deletes rows"),
    "REPLACE": (Effect.DESTROYS_ROWS, "replaces rows"),
}
"""Effect of a statement by its first word, where one word decides."""

QUERY_STARTS = frozenset({"SELECT", "VALUES", "TABLE", "WITH"})
ROW_CHANGES = frozenset({"DELETE", "UPDATE", "MERGE", "INSERT"})

PSQL_READS = _listed("""
    a C conninfo copyright crosstabview d encoding errverbose f g gdesc gx gset h H help if elif else endif l list
    p print prompt q quit qecho echo warn r reset s set sf sf+ sv sv+ t T timing unset watch x z ? pset cd bind parse
    lo_list dconfig getenv setenv restrict unrestrict close startpipeline endpipeline syncpipeline sendpipeline flush
    flushrequest getresults \\ ; : bind_named close_prepared
    """)
"""psql commands that touch nothing but the screen and psql itself (also everything that begins with `d`)."""

PSQL_EFFECTS: dict[str, tuple[Effect, str]] = {
    "c": (Effect.LEAVES_GUARD, "connects to another database"),
    "connect": (Effect.LEAVES_GUARD, "connects to another database"),
    "e": (Effect.LEAVES_GUARD, "opens an editor and runs what was written there"),
    "edit": (Effect.LEAVES_GUARD, "opens an editor and runs what was written there"),
    "ef": (Effect.LEAVES_GUARD, "opens an editor and runs what was written there"),
    "ev": (Effect.LEAVES_GUARD, "opens an editor and runs what was written there"),
    "i": (Effect.RUNS_OPAQUE_CODE, "runs a file that is not read here"),
    "ir": (Effect.RUNS_OPAQUE_CODE, "runs a file that is not read here"),
    "include": (Effect.RUNS_OPAQUE_CODE, "runs a file that is not read here"),
    "include_relative": (Effect.RUNS_OPAQUE_CODE, "runs a file that is not read here"),
    "gexec": (Effect.NOT_UNDERSTOOD, "runs the rows of a result as statements"),
    "o": (Effect.WRITES, "sends output to a file or program"),
    "out": (Effect.WRITES, "sends output to a file or program"),
    "w": (Effect.WRITES, "writes the query to a file"),
    "write": (Effect.WRITES, "writes the query to a file"),
    "password": (Effect.REVOKES_ACCESS, "changes a password"),
    "lo_import": (Effect.WRITES, "imports a large object"),
    "lo_export": (Effect.WRITES, "writes a large object to a file"),
    "lo_unlink": (Effect.DESTROYS_DATA, "removes a large object"),
}
"""psql commands that reach further."""

ASKING_PRAGMAS = _listed("""
    TABLE_INFO TABLE_XINFO TABLE_LIST INDEX_LIST INDEX_INFO INDEX_XINFO FOREIGN_KEY_LIST FOREIGN_KEY_CHECK
    INTEGRITY_CHECK QUICK_CHECK
    """)
"""PRAGMAs of SQLite whose argument names what to look at (https://sqlite.org/pragma.html)."""

ACTING_PRAGMAS = _listed("OPTIMIZE INCREMENTAL_VACUUM WAL_CHECKPOINT SHRINK_MEMORY")
"""PRAGMAs of SQLite that do something though they set nothing."""
