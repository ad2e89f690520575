/**
 * Every cap of the box, with its unit in the name. Loops, queues, frames, batches, retries and
 * timeouts name a constant here; nothing is unbounded. Relations between limits are asserted at the end.
 */
import assert from 'node:assert/strict';

export const LIMITS = {
  /** Frame of a client that has not logged in yet: start-up packet and SASL messages, bytes. */
  startupFrameBytesMax: 10_000,
  /** Any later frame, bytes. PostgreSQL allows 1 GiB; a shop box has 512 MB. */
  frameBytesMax: 64 * 1024 * 1024,
  /** From accept to ReadyForQuery, milliseconds (PostgreSQL: authentication_timeout). */
  loginMsMax: 10_000,
  /** Unsent bytes of one connection above which it is not read from: 100 deaf clients must fit in memory. */
  socketBacklogBytesMax: 1024 * 1024,
  /** A client that takes nothing of such a backlog, milliseconds: it may hold the write lock. */
  deafClientMsMax: 60_000,
  /** Received and unhandled bytes of one connection above which it is not read from. */
  inputBacklogBytesMax: 256 * 1024,
  /** Large messages of all connections, received or being handled, bytes; one of the largest must fit. */
  inputBytesTotalMax: 96 * 1024 * 1024,
  /** Replies gathered for one write while more requests of the same client are at hand, bytes. */
  flushBytesMin: 64 * 1024,
  /** One connection's turn on the event loop while it has requests at hand, milliseconds. */
  connectionTurnMsMax: 5,
  /** Connections that have not logged in yet. */
  loginsPendingMax: 4_000,
  /** A client that has closed its sending side while its statement runs, milliseconds. */
  halfOpenMsMax: 1_000,
  /** From our last byte to cutting the socket: the client reads the error meanwhile, milliseconds. */
  closeLingerMsMax: 2_000,
  /** Silence after which TCP asks whether the client is still there, milliseconds. */
  tcpKeepAliveMs: 60_000,
  /** Failed logins from one address that are refused at once. */
  loginFailuresFree: 10,
  /** Failures further apart than this are not counted together, milliseconds. */
  loginFailureMemoryMs: 60_000,
  loginFailureAddressesMax: 10_000,
  loginRefusalDelayMsMin: 100,
  loginRefusalDelayMsMax: 2_000,
  /** Administrator connections kept free beside max_client_connections. */
  adminConnectionsReserved: 3,
  /** Query text, bytes. */
  queryTextBytesMax: 8 * 1024 * 1024,
  /** PostgreSQL's own limit on bind parameters of the wire (a 16-bit count). */
  parametersMax: 65_535,
  preparedStatementsPerSessionMax: 10_000,
  portalsPerSessionMax: 1_000,
  savepointsPerTransactionMax: 1_000,
  /** Rows of one suspended portal kept in memory, bytes. */
  portalBytesMax: 64 * 1024 * 1024,
  /** A statement on the main instance, milliseconds; a read beyond it moves to the worker. */
  statementBudgetMs: 20,
  /** A modification, its pauses included, milliseconds, before it is cancelled: it holds the write lock. */
  writeBudgetMs: 5_000,
  /**
   * A client's statement in a transaction between two pauses, milliseconds, before it is cancelled: it holds the
   * event loop, and a CancelRequest is to be heard within a second.
   */
  stretchMsMax: 800,
  /** Rows of one statement in a transaction at a stretch, milliseconds: then others have the event loop. */
  statementTurnMsMax: 5,
  /** VM steps between two looks at the clock. */
  progressSteps: 10_000,
  /** Binds of one SQLite statement: its own compiled limit, below the wire's. */
  bindsPerStatementMax: 32_766,
  /** Row identities and new values of one UPDATE, DELETE or INSERT, held before the first row changes. */
  modifyBytesMax: 64 * 1024 * 1024,
  /** Idle holder of the write lock, milliseconds, before it is rolled back (25P03). */
  writerIdleMsMax: 5_000,
  /** Log, bytes, at which a checkpoint starts. */
  checkpointWalBytes: 4 * 1024 * 1024,
  /** Log, bytes, kept allocated on the disk from the start. */
  walPreallocatedBytes: 8 * 1024 * 1024,
  /** Log file, bytes, above which a checkpoint cuts it back. */
  walKeptBytesMax: 64 * 1024 * 1024,
  /** Log, bytes, at which snapshots and worker reads that pin it are ended. */
  walBytesMax: 256 * 1024 * 1024,
  /** Log, bytes, above which it is carried back before another worker read may pin it. */
  walReadBytesMax: 16 * 1024 * 1024,
  /** Threads for long reads. */
  readWorkersMax: 1,
  /** Long reads that may wait for a worker. */
  workerReadsWaitingMax: 200,
  /** From telling a worker to stop to ending its thread, milliseconds. */
  workerStopMsMax: 2_000,
  /** Plans kept, whatever the number of merchants. */
  planCacheEntriesMax: 2_000,
  /** Between two log lines that say that the disk is full, milliseconds. */
  diskFullLogMs: 10_000,
  /** Shapes of simple queries remembered, used or not. */
  shapesMax: 2_000,
  /** A longer query text is analysed each time: 2,000 plans must not hold gigabytes. */
  planCacheTextBytesMax: 16 * 1024,
  /** Suspended portals and cursors of all sessions together, bytes. */
  portalBytesTotalMax: 192 * 1024 * 1024,
  /** Answer bytes of one session written and not yet handed to its socket. */
  answerBytesMax: 64 * 1024 * 1024,
  /** Answer bytes after which they are handed to the socket before the statement's end. */
  answerFlushBytes: 64 * 1024,
  /** Settings that one session has changed. */
  settingsPerSessionMax: 500,
  settingValueBytesMax: 64 * 1024,
  /** Prepared SQLite statements kept for each engine connection. */
  statementCacheEntriesMax: 500,
  /** Identifier length, bytes, as in PostgreSQL (NAMEDATALEN - 1). */
  identifierBytesMax: 63,
  /** Numbers of a sequence reserved in the file at once. */
  sequenceBlock: 32,
  /** Sessions whose last sequence numbers are remembered, should one never say that it ended. */
  sequenceSessionsMax: 20_000,
  /** Columns of a table, as in PostgreSQL. */
  columnsPerTableMax: 1_600,
  /** Columns of an index or key, as in PostgreSQL. */
  columnsPerIndexMax: 32,
  /** Characters of a merchant's key. */
  merchantKeyCharactersMax: 256,
  /** Nesting of expressions and subqueries. */
  nestingMax: 200,
  /** SQLite text of an AND or OR, characters, above which its sides are not kept from being computed needlessly. */
  connectiveCharsMax: 32 * 1024,
  /** Characters of a regular expression. */
  regexCharsMax: 10_000,
  /** Steps that one match may cost where it cannot be made linear. */
  regexStepsMax: 50_000_000,
  /** Tries of one call to find a longer match. */
  regexTriesMax: 100_000,
  /** Rows of one generate_series. */
  seriesRowsMax: 1_000_000,
  /** Lines of merchant and table that a second of live activity may have. */
  activityLinesMax: 500,
  /** Connections to the admin port, and those of one address from elsewhere. */
  adminConnectionsMax: 200,
  adminConnectionsPerAddressMax: 40,
  /** From accept to the first byte, and for a TLS handshake, milliseconds. */
  adminHandshakeMsMax: 10_000,
  /** Headers of a request, milliseconds. */
  adminHeadersMsMax: 10_000,
  /** What somebody sends who is not known to be the administrator, milliseconds. */
  adminStrangerMsMax: 10_000,
  /** A whole request, an upload over a poor link included, milliseconds. */
  adminRequestMsMax: 1_800_000,
  /** Body of a request to the admin interface, bytes; uploads have their own limit. */
  adminBodyBytesMax: 64 * 1024,
  /** Console logins, and how long one lasts without being used and at most, milliseconds. */
  adminSessionsMax: 100,
  adminSessionIdleMsMax: 3_600_000,
  adminSessionMsMax: 43_200_000,
  /** Those who watch the live sales. */
  activityWatchersMax: 20,
  /** Unsent bytes of one watcher above which it is told nothing more until it has caught up. */
  activityBacklogBytesMax: 64 * 1024,
  /** A watcher that takes nothing of such a backlog, milliseconds. */
  deafWatcherMsMax: 30_000,
  /** A clock that shows an earlier time is wrong: no version is as old, milliseconds since 1970. */
  clockPlausibleSinceMs: Date.UTC(2026, 0, 1),
  /** Connections to the port that Prometheus scrapes. */
  metricsConnectionsMax: 20,
  /** Age of the counts of what waits for the cloud, for scrapes, milliseconds: counting is a query. */
  syncCountsMsMax: 5_000,
  /** Days before a certificate's end, of a newest backup, and of a row that waits for the cloud, from which doctor speaks. */
  certificateDaysWarn: 30,
  backupDaysWarn: 3,
  unsyncedDaysFail: 3,
  /** Lines of the slow-query log in one second; its statement, characters; what of a text is read for it. */
  slowQueryLinesPerSecondMax: 20,
  slowQueryTextMax: 2_000,
  slowQueryScanCharsMax: 64 * 1024,
  /** Of each log, what a support bundle takes, bytes; what reading the journal may take, milliseconds. */
  supportLogBytesMax: 2 * 1024 * 1024,
  supportJournalMsMax: 10_000,
  /** Between two looks at the machine, and how old a look may be for whoever asks, milliseconds. */
  deviceLookMs: 60_000,
  deviceFreshMs: 5_000,
  /** Between two questions to the disk itself, milliseconds. */
  deviceWearLookMs: 6 * 3_600_000,
  /** Temperature of the hottest sensor, degrees Celsius. */
  deviceCelsiusWarn: 75,
  deviceCelsiusFail: 90,
  /** Free space of the data partition, bytes, and as a share where there is no plenty. */
  deviceFreeBytesWarn: 1024 * 1024 * 1024,
  deviceFreeBytesFail: 256 * 1024 * 1024,
  deviceFreePercentWarn: 15,
  deviceFreePercentFail: 5,
  deviceFreeBytesPlenty: 10 * 1024 * 1024 * 1024,
  /** Free file entries, percent. */
  deviceInodesPercentWarn: 10,
  deviceInodesPercentFail: 2,
  /** Life of the disk that is used up, percent. */
  deviceWearPercentWarn: 80,
  deviceWearPercentFail: 100,
  /** Memory that programs could still have, percent. */
  deviceMemoryPercentWarn: 12,
  deviceMemoryPercentFail: 4,
  /** Load of five minutes for each processor. */
  deviceLoadWarn: 2,
  deviceLoadFail: 6,
  /** Damaged or lost packets: their least number, and their share, from which a cable is suspected. */
  deviceNetworkErrorsMin: 1_000,
  deviceNetworkErrorShareWarn: 0.01,
  /** Nesting of JSON values. */
  jsonNestingMax: 1_000,
  /** What opening the box may take beside its log's recovery, without a word to systemd, milliseconds. */
  openMsMax: 60_000,
  /** What opening may take in all before systemd stops waiting, milliseconds. */
  openMsTotalMax: 900_000,
  /** Log carried back by the slowest disk that is served, bytes a second. */
  recoveryBytesPerSecondMin: 1024 * 1024,
  /** A self-test that somebody asked for, milliseconds: beyond a writer's transaction and a slow disk. */
  selfTestMsMax: 20_000,
  /** Between two self-tests of the watchdog, milliseconds; three must fit into the unit's WatchdogSec. */
  selfTestEveryMs: 10_000,
  /** One value made by a function (repeat, lpad, an array), bytes or elements. */
  valueBytesMax: 64 * 1024 * 1024,
  /** Merchants of one claim or import: each key costs some milliseconds to store. */
  claimMerchantsMax: 1_000,
  /** Wrong claim codes in a row, after which none is looked at for a while, milliseconds. */
  claimCodeTriesMax: 5,
  claimCodePauseMs: 60_000,
  /** A claim file, or a list of merchants, bytes. */
  claimFileBytesMax: 1024 * 1024,
  /** From the answer to a claim to starting anew with it, milliseconds: the answer must get out. */
  claimRestartDelayMs: 500,
  /** Manifest of an update bundle, bytes: read before its signature is known. */
  bundleManifestBytesMax: 64 * 1024,
  /** One part of an update bundle, packed or not, bytes. */
  bundlePartBytesMax: 4 * 1024 * 1024 * 1024,
  /** A whole update bundle, bytes. */
  bundleBytesMax: 2 * 1024 * 1024 * 1024,
  /** Bytes of the database that a backup beside a running box copies in a second: sales come first. */
  backupBytesPerSecond: 24 * 1024 * 1024,
  /** Packed bytes of a backup between two syncs: a large write-back would hold up the syncs of sales. */
  backupSyncBytes: 1024 * 1024,
  /** Bytes copied between two looks at the free space. */
  backupWatchBytes: 8 * 1024 * 1024,
  /** What a backup says of itself, bytes: a row count for each table. */
  backupManifestBytesMax: 16 * 1024 * 1024,
  /** A request to the box that copies or reads the whole file, milliseconds. */
  wholeFileMsMax: 4 * 3_600_000,
  /** From the box's start to its first look whether a backup is due, milliseconds: start-up is busy enough. */
  backupFirstLookMs: 10 * 60_000,
  /** Between two looks whether a backup is due, milliseconds. */
  backupLookMs: 60_000,
} as const;

assert(LIMITS.startupFrameBytesMax < LIMITS.frameBytesMax);
assert(LIMITS.answerFlushBytes < LIMITS.answerBytesMax);
assert(LIMITS.portalBytesMax < LIMITS.portalBytesTotalMax);
assert(LIMITS.statementBudgetMs < LIMITS.stretchMsMax);
assert(LIMITS.statementTurnMsMax < LIMITS.stretchMsMax);
assert(LIMITS.stretchMsMax < LIMITS.writeBudgetMs);
assert(LIMITS.deviceFreeBytesFail < LIMITS.deviceFreeBytesWarn);
assert(LIMITS.deviceFreeBytesWarn < LIMITS.deviceFreeBytesPlenty);
assert(LIMITS.deviceFreshMs < LIMITS.deviceLookMs);
assert(LIMITS.adminSessionIdleMsMax <= LIMITS.adminSessionMsMax);
assert(LIMITS.adminConnectionsPerAddressMax < LIMITS.adminConnectionsMax);
assert(LIMITS.activityWatchersMax < LIMITS.adminConnectionsPerAddressMax);
assert(LIMITS.loginRefusalDelayMsMin <= LIMITS.loginRefusalDelayMsMax);
assert(LIMITS.loginRefusalDelayMsMax < LIMITS.loginMsMax);
assert(LIMITS.checkpointWalBytes < LIMITS.walPreallocatedBytes);
assert(LIMITS.walPreallocatedBytes < LIMITS.walBytesMax);
assert(LIMITS.frameBytesMax + LIMITS.inputBacklogBytesMax < LIMITS.inputBytesTotalMax);
