/**
 * The settings (GUCs) that a session knows: a table, made from PostgreSQL 15's own pg_settings.
 *
 * It does not promise that each setting has an effect: planner costs and the like are taken, checked and
 * shown, for drivers that set them. Where another value would change an answer and we would not follow,
 * the column `honoured` lists what we do follow; anything else is refused rather than ignored.
 *
 * @see https://www.postgresql.org/docs/15/runtime-config.html
 */

export type SettingContext =
  | 'internal'
  | 'postmaster'
  | 'sighup'
  | 'superuser-backend'
  | 'backend'
  | 'superuser'
  | 'user';

export interface SettingDefinition {
  /** As PostgreSQL spells it; looked up without regard to case. */
  readonly name: string;
  /** Who may change it, and when. */
  readonly context: SettingContext;
  readonly type: 'bool' | 'integer' | 'real' | 'string' | 'enum';
  readonly initial: string;
  /** Unit of a bare number: ms, s, B, kB, 8kB, MB; empty for none. */
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** Words of an enum, in PostgreSQL's order. */
  readonly values: readonly string[];
  /** The values that answers follow; null: all of them. */
  readonly honoured: readonly string[] | null;
  readonly description: string;
}

// name|context|type|initial|unit|min|max|enum values|honoured values|description
const TABLE = `
application_name|user|string|||||||Sets the application name to be reported in statistics and logs.
array_nulls|user|bool|on|||||on|Enable input of NULL elements in arrays.
authentication_timeout|sighup|integer|60|s|1|600|||Sets the maximum allowed time to complete client authentication.
autovacuum|sighup|bool|on||||||Starts the autovacuum subprocess.
backend_flush_after|user|integer|0|8kB|0|256|||Number of pages after which previously performed writes are flushed to disk.
backslash_quote|user|enum|safe_encoding||||safe_encoding,on,off||Sets whether "\\'" is allowed in string literals.
block_size|internal|integer|8192||8192|8192|||Shows the size of a disk block.
bytea_output|user|enum|hex||||escape,hex|hex|Sets the output format for bytea.
check_function_bodies|user|bool|on||||||Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE.
checkpoint_timeout|sighup|integer|300|s|30|86400|||Sets the maximum time between automatic WAL checkpoints.
client_connection_check_interval|user|integer|0|ms|0|2147483647|||Sets the time interval between checks for disconnection while running queries.
client_encoding|user|string|UTF8|||||UTF8|Sets the client's character set encoding.
client_min_messages|user|enum|notice||||debug5,debug4,debug3,debug2,debug1,log,notice,warning,error||Sets the message levels that are sent to the client.
commit_delay|superuser|integer|0||0|100000|||Sets the delay in microseconds between transaction commit and flushing WAL to disk.
commit_siblings|user|integer|5||0|1000|||Sets the minimum number of concurrent open transactions required before performing commit_delay.
compute_query_id|superuser|enum|auto||||auto,regress,on,off||Enables in-core computation of query identifiers.
constraint_exclusion|user|enum|partition||||partition,on,off||Enables the planner to use constraints to optimize queries.
cpu_index_tuple_cost|user|real|0.005||0|1.79769e+308|||Sets the planner's estimate of the cost of processing each index entry during an index scan.
cpu_operator_cost|user|real|0.0025||0|1.79769e+308|||Sets the planner's estimate of the cost of processing each operator or function call.
cpu_tuple_cost|user|real|0.01||0|1.79769e+308|||Sets the planner's estimate of the cost of processing each tuple (row).
cursor_tuple_fraction|user|real|0.1||0|1|||Sets the planner's estimate of the fraction of a cursor's rows that will be retrieved.
data_checksums|internal|bool|off||||||Shows whether data checksums are turned on for this cluster.
DateStyle|user|string|ISO, MDY|||||ISO, MDY|Sets the display format for date and time values.
deadlock_timeout|superuser|integer|1000|ms|1|2147483647|||Sets the time to wait on a lock before checking for deadlock.
debug_assertions|internal|bool|off||||||Shows whether the running server has assertion checks enabled.
debug_pretty_print|user|bool|on||||||Indents parse and plan tree displays.
debug_print_parse|user|bool|off||||||Logs each query's parse tree.
debug_print_plan|user|bool|off||||||Logs each query's execution plan.
debug_print_rewritten|user|bool|off||||||Logs each query's rewritten parse tree.
default_statistics_target|user|integer|100||1|10000|||Sets the default statistics target.
default_table_access_method|user|string|heap|||||heap|Sets the default table access method for new tables.
default_tablespace|user|string|||||||Sets the default tablespace to create tables and indexes in.
default_text_search_config|user|string|pg_catalog.english||||||Sets default text search configuration.
default_toast_compression|user|enum|pglz||||pglz,lz4||Sets the default compression method for compressible values.
default_transaction_deferrable|user|bool|off||||||Sets the default deferrable status of new transactions.
default_transaction_isolation|user|enum|read committed||||serializable,repeatable read,read committed,read uncommitted||Sets the transaction isolation level of each new transaction.
default_transaction_read_only|user|bool|off||||||Sets the default read-only status of new transactions.
effective_cache_size|user|integer|524288|8kB|1|2147483647|||Sets the planner's assumption about the total size of the data caches.
effective_io_concurrency|user|integer|1||0|1000|||Number of simultaneous requests that can be handled efficiently by the disk subsystem.
enable_async_append|user|bool|on||||||Enables the planner's use of async append plans.
enable_bitmapscan|user|bool|on||||||Enables the planner's use of bitmap-scan plans.
enable_gathermerge|user|bool|on||||||Enables the planner's use of gather merge plans.
enable_hashagg|user|bool|on||||||Enables the planner's use of hashed aggregation plans.
enable_hashjoin|user|bool|on||||||Enables the planner's use of hash join plans.
enable_incremental_sort|user|bool|on||||||Enables the planner's use of incremental sort steps.
enable_indexonlyscan|user|bool|on||||||Enables the planner's use of index-only-scan plans.
enable_indexscan|user|bool|on||||||Enables the planner's use of index-scan plans.
enable_material|user|bool|on||||||Enables the planner's use of materialization.
enable_memoize|user|bool|on||||||Enables the planner's use of memoization.
enable_mergejoin|user|bool|on||||||Enables the planner's use of merge join plans.
enable_nestloop|user|bool|on||||||Enables the planner's use of nested-loop join plans.
enable_parallel_append|user|bool|on||||||Enables the planner's use of parallel append plans.
enable_parallel_hash|user|bool|on||||||Enables the planner's use of parallel hash plans.
enable_partition_pruning|user|bool|on||||||Enables plan-time and execution-time partition pruning.
enable_partitionwise_aggregate|user|bool|off||||||Enables partitionwise aggregation and grouping.
enable_partitionwise_join|user|bool|off||||||Enables partitionwise join.
enable_seqscan|user|bool|on||||||Enables the planner's use of sequential-scan plans.
enable_sort|user|bool|on||||||Enables the planner's use of explicit sort steps.
enable_tidscan|user|bool|on||||||Enables the planner's use of TID scan plans.
escape_string_warning|user|bool|on||||||Warn about backslash escapes in ordinary string literals.
exit_on_error|user|bool|off|||||off|Terminate session on any error.
extra_float_digits|user|integer|1||-15|3||1;2;3|Sets the number of digits displayed for floating-point values.
force_parallel_mode|user|enum|off||||off,on,regress||Forces use of parallel query facilities.
from_collapse_limit|user|integer|8||1|2147483647|||Sets the FROM-list size beyond which subqueries are not collapsed.
fsync|sighup|bool|on||||||Forces synchronization of updates to disk.
full_page_writes|sighup|bool|on||||||Writes full pages to WAL when first modified after a checkpoint.
geqo|user|bool|on||||||Enables genetic query optimization.
geqo_effort|user|integer|5||1|10|||GEQO: effort is used to set the default for other GEQO parameters.
geqo_generations|user|integer|0||0|2147483647|||GEQO: number of iterations of the algorithm.
geqo_pool_size|user|integer|0||0|2147483647|||GEQO: number of individuals in the population.
geqo_seed|user|real|0||0|1|||GEQO: seed for random path selection.
geqo_selection_bias|user|real|2||1.5|2|||GEQO: selective pressure within the population.
geqo_threshold|user|integer|12||2|2147483647|||Sets the threshold of FROM items beyond which GEQO is used.
gin_fuzzy_search_limit|user|integer|0||0|2147483647|||Sets the maximum allowed result for exact search by GIN.
gin_pending_list_limit|user|integer|4096|kB|64|2147483647|||Sets the maximum size of the pending list for GIN index.
hash_mem_multiplier|user|real|2||1|1000|||Multiple of work_mem to use for hash tables.
hot_standby|postmaster|bool|on||||||Allows connections and queries during recovery.
idle_in_transaction_session_timeout|user|integer|0|ms|0|2147483647|||Sets the maximum allowed idle time between queries, when in a transaction.
idle_session_timeout|user|integer|0|ms|0|2147483647||0|Sets the maximum allowed idle time between queries, when not in a transaction.
in_hot_standby|internal|bool|off||||||Shows whether hot standby is currently active.
integer_datetimes|internal|bool|on||||||Shows whether datetimes are integer based.
IntervalStyle|user|enum|postgres||||postgres,postgres_verbose,sql_standard,iso_8601|postgres|Sets the display format for interval values.
is_superuser|internal|bool|off||||||Shows whether the current user is a superuser.
jit|user|bool|on||||||Allow JIT compilation.
jit_above_cost|user|real|100000||-1|1.79769e+308|||Perform JIT compilation if query is more expensive.
jit_expressions|user|bool|on||||||Allow JIT compilation of expressions.
jit_inline_above_cost|user|real|500000||-1|1.79769e+308|||Perform JIT inlining if query is more expensive.
jit_optimize_above_cost|user|real|500000||-1|1.79769e+308|||Optimize JIT-compiled functions if query is more expensive.
jit_tuple_deforming|user|bool|on||||||Allow JIT compilation of tuple deforming.
join_collapse_limit|user|integer|8||1|2147483647|||Sets the FROM-list size beyond which JOIN constructs are not flattened.
lc_collate|internal|string|C.UTF-8||||||Shows the collation order locale.
lc_ctype|internal|string|C.UTF-8||||||Shows the character classification and case conversion locale.
lc_messages|superuser|string|C.UTF-8|||||C.UTF-8;C;POSIX|Sets the language in which messages are displayed.
lc_monetary|user|string|C.UTF-8|||||C.UTF-8;C;POSIX|Sets the locale for formatting monetary amounts.
lc_numeric|user|string|C.UTF-8|||||C.UTF-8;C;POSIX|Sets the locale for formatting numbers.
lc_time|user|string|C.UTF-8|||||C.UTF-8;C;POSIX|Sets the locale for formatting date and time values.
lo_compat_privileges|superuser|bool|off||||||Enables backward compatibility mode for privilege checks on large objects.
lock_timeout|user|integer|0|ms|0|2147483647|||Sets the maximum allowed duration of any wait for a lock.
log_connections|superuser-backend|bool|off||||||Logs each successful connection.
log_disconnections|superuser-backend|bool|off||||||Logs end of a session, including duration.
log_duration|superuser|bool|off|||||off|Logs the duration of each completed SQL statement.
log_error_verbosity|superuser|enum|default||||terse,default,verbose||Sets the verbosity of logged messages.
log_executor_stats|superuser|bool|off||||||Writes executor performance statistics to the server log.
log_lock_waits|superuser|bool|off||||||Logs long lock waits.
log_min_duration_sample|superuser|integer|-1|ms|-1|2147483647|||Sets the minimum execution time above which a sample of statements will be logged. Sampling is determined by log_statement_sample_rate.
log_min_duration_statement|superuser|integer|-1|ms|-1|2147483647|||Sets the minimum execution time above which all statements will be logged.
log_min_error_statement|superuser|enum|error||||debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic||Causes all statements generating error at or above this level to be logged.
log_min_messages|superuser|enum|warning||||debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic||Sets the message levels that are logged.
log_parameter_max_length|superuser|integer|-1|B|-1|1073741823|||Sets the maximum length in bytes of data logged for bind parameter values when logging statements.
log_parameter_max_length_on_error|user|integer|0|B|-1|1073741823|||Sets the maximum length in bytes of data logged for bind parameter values when logging statements, on error.
log_parser_stats|superuser|bool|off||||||Writes parser performance statistics to the server log.
log_planner_stats|superuser|bool|off||||||Writes planner performance statistics to the server log.
log_replication_commands|superuser|bool|off||||||Logs each replication command.
log_statement|superuser|enum|none||||none,ddl,mod,all||Sets the type of statements logged.
log_statement_sample_rate|superuser|real|1||0|1|||Fraction of statements exceeding log_min_duration_sample to be logged.
log_statement_stats|superuser|bool|off||||||Writes cumulative performance statistics to the server log.
log_temp_files|superuser|integer|-1|kB|-1|2147483647|||Log the use of temporary files larger than this number of kilobytes.
log_timezone|sighup|string|Etc/UTC||||||Sets the time zone to use in log messages.
log_transaction_sample_rate|superuser|real|0||0|1|||Sets the fraction of transactions from which to log all statements.
logical_decoding_work_mem|user|integer|65536|kB|64|2147483647|||Sets the maximum memory to be used for logical decoding.
maintenance_io_concurrency|user|integer|10||0|1000|||A variant of effective_io_concurrency that is used for maintenance work.
maintenance_work_mem|user|integer|65536|kB|1024|2147483647|||Sets the maximum memory to be used for maintenance operations.
max_connections|postmaster|integer|100||1|262143|||Sets the maximum number of concurrent connections.
max_function_args|internal|integer|100||100|100|||Shows the maximum number of function arguments.
max_identifier_length|internal|integer|63||63|63|||Shows the maximum identifier length.
max_index_keys|internal|integer|32||32|32|||Shows the maximum number of index keys.
max_locks_per_transaction|postmaster|integer|64||10|2147483647|||Sets the maximum number of locks per transaction.
max_parallel_maintenance_workers|user|integer|2||0|1024|||Sets the maximum number of parallel processes per maintenance operation.
max_parallel_workers|user|integer|8||0|1024|||Sets the maximum number of parallel workers that can be active at one time.
max_parallel_workers_per_gather|user|integer|2||0|1024|||Sets the maximum number of parallel processes per executor node.
max_prepared_transactions|postmaster|integer|0||0|262143|||Sets the maximum number of simultaneously prepared transactions.
max_stack_depth|superuser|integer|2048|kB|100|2147483647|||Sets the maximum stack depth, in kilobytes.
max_wal_size|sighup|integer|1024|MB|2|2147483647|||Sets the WAL size that triggers a checkpoint.
min_parallel_index_scan_size|user|integer|64|8kB|0|715827882|||Sets the minimum amount of index data for a parallel scan.
min_parallel_table_scan_size|user|integer|1024|8kB|0|715827882|||Sets the minimum amount of table data for a parallel scan.
parallel_leader_participation|user|bool|on||||||Controls whether Gather and Gather Merge also run subplans.
parallel_setup_cost|user|real|1000||0|1.79769e+308|||Sets the planner's estimate of the cost of starting up worker processes for parallel query.
parallel_tuple_cost|user|real|0.1||0|1.79769e+308|||Sets the planner's estimate of the cost of passing each tuple (row) from worker to leader backend.
password_encryption|user|enum|scram-sha-256||||md5,scram-sha-256||Chooses the algorithm for encrypting passwords.
plan_cache_mode|user|enum|auto||||auto,force_generic_plan,force_custom_plan||Controls the planner's selection of custom or generic plan.
quote_all_identifiers|user|bool|off|||||off|When generating SQL fragments, quote all identifiers.
random_page_cost|user|real|4||0|1.79769e+308|||Sets the planner's estimate of the cost of a nonsequentially fetched disk page.
recursive_worktable_factor|user|real|10||0.001|1e+06|||Sets the planner's estimate of the average size of a recursive query's working table.
role|user|string|none||||||Sets the current role.
row_security|user|bool|on|||||on|Enable row security.
search_path|user|string|"$user", public||||||Sets the schema search order for names that are not schema-qualified.
seq_page_cost|user|real|1||0|1.79769e+308|||Sets the planner's estimate of the cost of a sequentially fetched disk page.
server_encoding|internal|string|UTF8||||||Shows the server (database) character set encoding.
server_version|internal|string|15.18||||||Shows the server version.
server_version_num|internal|integer|150018||150018|150018|||Shows the server version as an integer.
session_authorization|user|string|||||||Sets the session user name.
session_replication_role|superuser|enum|origin||||origin,replica,local|origin|Sets the session's behavior for triggers and rewrite rules.
ssl|sighup|bool|on||||||Enables SSL connections.
standard_conforming_strings|user|bool|on|||||on|Causes '...' strings to treat backslashes literally.
statement_timeout|user|integer|0|ms|0|2147483647|||Sets the maximum allowed duration of any statement.
stats_fetch_consistency|user|enum|cache||||none,cache,snapshot||Sets the consistency of accesses to statistics data.
superuser_reserved_connections|postmaster|integer|3||0|262143|||Sets the number of connection slots reserved for superusers.
synchronize_seqscans|user|bool|on||||||Enable synchronized sequential scans.
synchronous_commit|user|enum|on||||local,remote_write,remote_apply,on,off||Sets the current transaction's synchronization level.
synchronous_standby_names|sighup|string|||||||Number of synchronous standbys and list of names of potential synchronous ones.
tcp_keepalives_count|user|integer|9||0|2147483647|||Maximum number of TCP keepalive retransmits.
tcp_keepalives_idle|user|integer|7200|s|0|2147483647|||Time between issuing TCP keepalives.
tcp_keepalives_interval|user|integer|75|s|0|2147483647|||Time between TCP keepalive retransmits.
tcp_user_timeout|user|integer|0|ms|0|2147483647|||TCP user timeout.
temp_buffers|user|integer|1024|8kB|100|1073741823|||Sets the maximum number of temporary buffers used by each session.
temp_file_limit|superuser|integer|-1|kB|-1|2147483647|||Limits the total size of all temporary files used by each process.
temp_tablespaces|user|string|||||||Sets the tablespace(s) to use for temporary tables and sort files.
TimeZone|user|string|Etc/UTC||||||Sets the time zone for displaying and interpreting time stamps.
timezone_abbreviations|user|string|Default||||||Selects a file of time zone abbreviations.
trace_notify|user|bool|off||||||Generates debugging output for LISTEN and NOTIFY.
trace_sort|user|bool|off||||||Emit information about resource usage in sorting.
track_activities|superuser|bool|on||||||Collects information about executing commands.
track_commit_timestamp|postmaster|bool|off||||||Collects transaction commit time.
track_counts|superuser|bool|on||||||Collects statistics on database activity.
track_functions|superuser|enum|none||||none,pl,all||Collects function-level statistics on database activity.
track_io_timing|superuser|bool|off||||||Collects timing statistics for database I/O activity.
track_wal_io_timing|superuser|bool|off||||||Collects timing statistics for WAL I/O activity.
transaction_deferrable|user|bool|off||||||Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures.
transaction_isolation|user|enum|read committed||||serializable,repeatable read,read committed,read uncommitted||Sets the current transaction's isolation level.
transaction_read_only|user|bool|off||||||Sets the current transaction's read-only status.
transform_null_equals|user|bool|off|||||off|Treats "expr=NULL" as "expr IS NULL".
update_process_title|superuser|bool|on||||||Updates the process title to show the active SQL command.
vacuum_cost_delay|user|real|0|ms|0|100|||Vacuum cost delay in milliseconds.
vacuum_cost_limit|user|integer|200||1|10000|||Vacuum cost amount available before napping.
vacuum_cost_page_dirty|user|integer|20||0|10000|||Vacuum cost for a page dirtied by vacuum.
vacuum_cost_page_hit|user|integer|1||0|10000|||Vacuum cost for a page found in the buffer cache.
vacuum_cost_page_miss|user|integer|2||0|10000|||Vacuum cost for a page not found in the buffer cache.
vacuum_failsafe_age|user|integer|1600000000||0|2100000000|||Age at which VACUUM should trigger failsafe to avoid a wraparound outage.
vacuum_freeze_min_age|user|integer|50000000||0|1000000000|||Minimum age at which VACUUM should freeze a table row.
vacuum_freeze_table_age|user|integer|150000000||0|2000000000|||Age at which VACUUM should scan whole table to freeze tuples.
vacuum_multixact_failsafe_age|user|integer|1600000000||0|2100000000|||Multixact age at which VACUUM should trigger failsafe to avoid a wraparound outage.
vacuum_multixact_freeze_min_age|user|integer|5000000||0|1000000000|||Minimum age at which VACUUM should freeze a MultiXactId in a table row.
vacuum_multixact_freeze_table_age|user|integer|150000000||0|2000000000|||Multixact age at which VACUUM should scan whole table to freeze tuples.
wal_block_size|internal|integer|8192||8192|8192|||Shows the block size in the write ahead log.
wal_compression|superuser|enum|off||||pglz,lz4,zstd,on,off||Compresses full-page writes written in WAL file with specified method.
wal_init_zero|superuser|bool|on||||||Writes zeroes to new WAL files before first use.
wal_level|postmaster|enum|replica||||minimal,replica,logical||Sets the level of information written to the WAL.
wal_recycle|superuser|bool|on||||||Recycles WAL files by renaming them.
wal_segment_size|internal|integer|16777216|B|1048576|1073741824|||Shows the size of write ahead log segments.
wal_sender_timeout|user|integer|60000|ms|0|2147483647|||Sets the maximum time to wait for WAL replication.
wal_skip_threshold|user|integer|2048|kB|0|2147483647|||Minimum size of new file to fsync instead of writing WAL.
work_mem|user|integer|4096|kB|64|2147483647|||Sets the maximum memory to be used for query workspaces.
xmlbinary|user|enum|base64||||base64,hex||Sets how binary values are to be encoded in XML.
xmloption|user|enum|content||||content,document||Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments.
`;

function list(cell: string, separator: string): string[] {
  return cell === '' ? [] : cell.split(separator);
}

function definition(line: string): SettingDefinition {
  const cells = line.split('|');
  const cell = (index: number): string => cells[index] ?? '';
  return {
    name: cell(0),
    context: cell(1) as SettingContext,
    type: cell(2) as SettingDefinition['type'],
    initial: cell(3),
    unit: cell(4),
    min: Number(cell(5)),
    max: Number(cell(6)),
    values: list(cell(7), ','),
    // The one honoured value may be the empty one: default_tablespace.
    honoured:
      cell(8) === '' ? (MUST_BE_EMPTY.has(cell(0)) ? ['', '""'] : null) : cell(8).split(';'),
    description: cell(9),
  };
}

const MUST_BE_EMPTY: ReadonlySet<string> = new Set(['default_tablespace', 'temp_tablespaces']);

/** Ordered as SHOW ALL shows them. */
export const SETTING_DEFINITIONS: readonly SettingDefinition[] = TABLE.trim()
  .split('\n')
  .map(definition);

const BY_LOWER_NAME: ReadonlyMap<string, SettingDefinition> = new Map(
  SETTING_DEFINITIONS.map((each) => [each.name.toLowerCase(), each]),
);

/** The definition of a name in any case, if it is one of PostgreSQL's. */
export function settingDefinition(name: string): SettingDefinition | undefined {
  return BY_LOWER_NAME.get(name.toLowerCase());
}
