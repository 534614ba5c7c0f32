"""Names of the MongoDB shell and what they do: methods, commands, stages of aggregations.

Tables only; a name that stands nowhere here may do anything. Sources: the manual's chapters on mongosh
methods and database commands. What must not live here: reading text.
"""

from __future__ import annotations

from safeshell.model.effects import Effect


def _listed(text: str) -> frozenset[str]:
    """Words of a block of text."""
    return frozenset(text.split())


HARMLESS = _listed("""
    find findOne count countDocuments estimatedDocumentCount distinct aggregate explain limit skip sort toArray pretty
    project projection batchSize maxTimeMS hint forEach map filter reduce some every includes slice concat join keys
    values entries hasNext next size itcount readPref readConcern comment collation allowDiskUse close isExhausted
    objsLeftInBatch returnKey showRecordId min max noCursorTimeout addOption tailable getCollection getSiblingDB getDB
    getMongo getName getFullName getCollectionNames getCollectionInfos getIndexes getIndexKeys getIndexSpecs
    indexStats stats dataSize storageSize totalSize totalIndexSize latencyStats getShardDistribution
    getShardVersion getPlanCache listQueryShapes exists isCapped serverStatus currentOp version hello isMaster hostInfo
    serverBuildInfo serverCmdLineOpts getReplicationInfo printReplicationInfo printSecondaryReplicationInfo
    printSlaveReplicationInfo printCollectionStats printShardingStatus getProfilingStatus getProfilingLevel getLogComponents
    getUsers getUser getRoles getRole connectionStatus listCommands getDBs getDBNames getLastErrorObj watch
    status conf config isBalancerRunning getBalancerState balancerCollectionStatus isConfigShardEnabled
    print printjson printjsononeline tojson tojsononeline JSON stringify parse EJSON Object Array Number String Boolean
    Date ISODate ObjectId NumberLong NumberInt NumberDecimal Timestamp BinData UUID RegExp Math floor ceil round abs
    parseInt parseFloat toString toFixed toISOString getTime now indexOf match test split trim substring substr length
    padEnd padStart startsWith endsWith toLowerCase toUpperCase localeCompare push fromEntries assign getTimestamp
    function if for while switch catch return typeof in of new
    """)
"""Functions that change nothing on a server, and words of the language before a bracket."""

_ROWS = (Effect.DESTROYS_ROWS, "changes or removes documents")
_DATA = (Effect.DESTROYS_DATA, "removes or replaces collections, indexes or databases")
_STOPS = (Effect.STOPS_SERVICE, "stops or turns over a server, or what runs on it")
_WRITES = (Effect.WRITES, "writes")
_SCHEMA = (Effect.CHANGES_SCHEMA, "changes collections or indexes")
_ACCESS = (Effect.REVOKES_ACCESS, "changes who may do what")

HARMFUL: dict[str, tuple[Effect, str]] = {
    **dict.fromkeys(
        _listed("""
        deleteOne deleteMany remove findOneAndDelete findOneAndReplace findOneAndUpdate findAndModify updateOne
        updateMany update replaceOne bulkWrite save initializeOrderedBulkOp initializeUnorderedBulkOp
        """),
        _ROWS,
    ),
    **dict.fromkeys(
        _listed("""
        drop dropDatabase dropIndex dropIndexes renameCollection convertToCapped $out $merge mapReduce dropSearchIndex
        emptycapped
        """),
        _DATA,
    ),
    **dict.fromkeys(
        _listed("""
        shutdownServer killOp killSessions killAllSessions stepDown freeze reconfig fsyncLock stopBalancer removeShard
        setBalancerState disableBalancing
        """),
        _STOPS,
    ),
    **dict.fromkeys(_listed("insert insertOne insertMany setProfilingLevel setLogLevel fsyncUnlock"), _WRITES),
    **dict.fromkeys(
        _listed("""
        createIndex createIndexes ensureIndex createCollection createView collMod hideIndex unhideIndex reIndex compact
        shardCollection enableSharding moveChunk splitAt splitFind addShard
        """),
        _SCHEMA,
    ),
    **dict.fromkeys(
        _listed("""
        createUser updateUser changeUserPassword removeUser dropUser dropAllUsers grantRolesToUser revokeRolesFromUser
        createRole updateRole dropRole dropAllRoles grantPrivilegesToRole revokePrivilegesFromRole
        """),
        _ACCESS,
    ),
}
"""Methods and stages that change something; naming one is enough, it may be passed on."""

COMMANDERS = _listed("runCommand adminCommand")

COMMANDS = _listed("""
    ping hello isMaster ismaster buildInfo buildinfo serverStatus hostInfo getCmdLineOpts getParameter getLog
    listDatabases listCollections listIndexes listCommands collStats collstats dbStats dbstats dataSize
    replSetGetStatus replSetGetConfig connectionStatus connPoolStats currentOp top count distinct find
    usersInfo rolesInfo getShardMap listShards balancerStatus features whatsmyuri shardConnPoolStats lockInfo
    """)
"""Database commands that only read."""

HARMFUL_COMMANDS: dict[str, tuple[Effect, str]] = {
    **dict.fromkeys(_listed("delete update findAndModify findandmodify bulkWrite"), _ROWS),
    **dict.fromkeys(
        _listed("drop dropDatabase dropIndexes renameCollection convertToCapped mapReduce cloneCollectionAsCapped"),
        _DATA,
    ),
    **dict.fromkeys(
        _listed("""
        shutdown killOp killSessions killAllSessions killAllSessionsByPattern killCursors replSetStepDown replSetFreeze
        replSetReconfig replSetInitiate replSetAbortPrimaryCatchUp fsync balancerStop removeShard movePrimary
        """),
        _STOPS,
    ),
    **dict.fromkeys(
        _listed(
            "createUser updateUser dropUser dropAllUsersFromDatabase grantRolesToUser revokeRolesFromUser createRole updateRole dropRole"
        ),
        _ACCESS,
    ),
}
"""Database commands that do more than write."""
