/**
 * Configuration: TOML text and command-line settings become one frozen, flat `Config`.
 *
 * One table names every key with its type, default and meaning; an unknown key is refused with the
 * nearest known one, and a key that promises what is not built is refused saying so. Nothing else
 * reads TOML or the environment.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parse as parseToml } from 'smol-toml';

/** A configuration that cannot be used: the message names the key and the mend. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Check<T> = (value: T) => string | null;
interface Key<T> {
  readonly kind: 'text' | 'integer' | 'boolean' | 'list' | 'map';
  readonly fallback: T;
  readonly check: Check<T>;
}

const fine = (): null => null;
const text = (fallback: string, check: Check<string> = fine): Key<string> => ({
  kind: 'text',
  fallback,
  check,
});
const oneOf = (fallback: string, ...allowed: readonly string[]): Key<string> =>
  text(fallback, (value) =>
    allowed.includes(value) ? null : `must be one of ${allowed.map((a) => `"${a}"`).join(', ')}`,
  );
const integer = (fallback: number, min: number, max: number): Key<number> => ({
  kind: 'integer',
  fallback,
  check: (value) => (value >= min && value <= max ? null : `must be from ${min} to ${max}`),
});
const flag = (fallback: boolean, check: Check<boolean> = fine): Key<boolean> => ({
  kind: 'boolean',
  fallback,
  check,
});
const list = (fallback: readonly string[]): Key<readonly string[]> => ({
  kind: 'list',
  fallback,
  check: fine,
});
const map = (fields: Readonly<Record<string, 'text' | 'integer' | 'boolean'>>): Key<ConfigMap> => ({
  kind: 'map',
  fallback: {},
  check: (value) => checkMap(value, fields),
});

/** A TOML table of small tables: `[proxy.rls.table_overrides]`, `[proxy.rate_limiting.tier_overrides]`. */
export type ConfigMap = Readonly<
  Record<string, Readonly<Record<string, string | number | boolean>>>
>;

const HOUR_MS = 3_600_000;

const KEYS = {
  'server.host': text('127.0.0.1'),
  'server.admin_port': integer(8080, 0, 65_535),
  'proxy.listen_addr': text('0.0.0.0:5432', (value) =>
    /^(\[[0-9a-fA-F:]+\]|[^:]+):\d{1,5}$/.test(value) ? null : 'must be "address:port"',
  ),
  'proxy.max_client_connections': integer(100, 1, 100_000),
  'proxy.max_backend_connections': integer(10, 2, 1_000),
  'proxy.connection_timeout_ms': integer(10_000, 100, HOUR_MS),
  'proxy.statement_timeout_ms': integer(0, 0, HOUR_MS),
  'proxy.lock_timeout_ms': integer(0, 0, HOUR_MS),
  'proxy.writer_idle_timeout_ms': integer(5_000, 100, HOUR_MS),
  'proxy.tls.enabled': flag(true, (value) =>
    value ? null : 'cannot be false: TLS is always offered (use proxy.tls.required to demand it)',
  ),
  'proxy.tls.required': flag(false),
  'proxy.tls.cert_file': text(''),
  'proxy.tls.key_file': text(''),
  'proxy.auth.mode': oneOf('api_key', 'api_key', 'jwt'),
  'proxy.auth.key_header': text('X-Merchant-Key'),
  'proxy.auth.jwt_secret': text(''),
  'proxy.auth.tenant_claim': text('merchant_id'),
  'proxy.auth.user_claim': text('sub'),
  'proxy.rls.enabled': flag(true, (value) =>
    value ? null : 'cannot be false: this product does not run without row-level security',
  ),
  'proxy.rls.default_tenant_column': text('merchant_id', (value) =>
    /^[a-z_][a-z0-9_]*$/.test(value) ? null : 'must be a lower-case column name',
  ),
  'proxy.rls.mode': oneOf('inject', 'inject'),
  'proxy.rls.exempt_tables': list([]),
  'proxy.rls.audit_log_enabled': flag(false),
  'proxy.rls.table_overrides': map({ tenant_column: 'text', allow_shared: 'boolean' }),
  'proxy.rate_limiting.enabled': flag(false, notBuilt('per-merchant rate limits')),
  'proxy.rate_limiting.default_queries_per_second': integer(100, 1, 1_000_000),
  'proxy.rate_limiting.default_max_concurrent': integer(10, 1, 100_000),
  'proxy.rate_limiting.tier_overrides': map({
    queries_per_second: 'integer',
    max_concurrent: 'integer',
  }),
  'proxy.session_migration.enabled': flag(false, notBuilt('session migration between boxes')),
  'proxy.session_migration.peer_discovery': text('kubernetes'),
  'proxy.session_migration.migration_timeout_ms': integer(100, 1, HOUR_MS),
  'database.path': text('/var/lib/heliosdb/pos.db'),
  'database.memory_limit_mb': integer(512, 64, 1_048_576),
  'database.page_size': integer(4096, 512, 65_536),
  'database.enable_wal': flag(true, (value) =>
    value ? null : 'cannot be false: durability rests on the write-ahead log',
  ),
  'database.cache_mb': integer(128, 1, 3_072),
  'database.max_connections': integer(10, 1, 1_000),
  'sync.enable_remote_sync': flag(false),
  'sync.sync_interval_secs': integer(300, 1, 86_400),
  'sync.sync_endpoint': text(''),
  'sync.batch_size': integer(500, 1, 10_000),
  'sync.conflict_resolution': oneOf('last_write_wins', 'last_write_wins'),
  'sync.push': list(['*']),
  'sync.two_way': list(['products']),
  'sync.token': text(''),
  'sync.request_timeout_ms': integer(30_000, 100, HOUR_MS),
  'sync.retry_max_ms': integer(30_000, 100, HOUR_MS),
  'sync.wake_ms': integer(0, 0, HOUR_MS),
  'backup.directory': text(''),
  'backup.interval_minutes': integer(0, 0, 10_080),
  'backup.keep_latest': integer(3, 1, 1_000),
  'backup.keep_daily': integer(7, 0, 1_000),
  'backup.keep_weekly': integer(4, 0, 1_000),
  'backup.min_free_mb': integer(200, 0, 1_048_576),
  'logging.level': oneOf('info', 'trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  'logging.output': text(''),
  'logging.max_size_mb': integer(50, 1, 10_240),
  'monitoring.metrics_enabled': flag(true),
  'monitoring.prometheus_port': integer(9090, 0, 65_535),
  'monitoring.slow_query_threshold_ms': integer(100, 0, HOUR_MS),
} as const;

export type ConfigKey = keyof typeof KEYS;
type Value<K> = K extends Key<infer T> ? T : never;

/** Every key with its value, plus `dataDir`: the directory that holds the box's files. */
export type Config = { readonly [K in ConfigKey]: Value<(typeof KEYS)[K]> } & {
  readonly dataDir: string;
};

export const CONFIG_KEYS = Object.keys(KEYS) as readonly ConfigKey[];

export interface ConfigSources {
  /** TOML text, or undefined for the defaults. */
  readonly toml?: string | undefined;
  /** Name of the text's file, for messages. */
  readonly file?: string | undefined;
  /** `section.key=value` settings; they win over the file. */
  readonly settings?: readonly string[] | undefined;
  /** Moves every path of the box below this directory. */
  readonly dataDir?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/** @throws ConfigError naming the key and the mend */
export function makeConfig(sources: ConfigSources): Config {
  const environment = sources.environment ?? {};
  const raw = new Map<string, unknown>();
  if (sources.toml !== undefined) collect(parseText(sources), '', raw);
  for (const setting of sources.settings ?? []) applySetting(setting, raw);
  const values: Record<string, unknown> = {};
  for (const name of CONFIG_KEYS) {
    const given = raw.get(name);
    values[name] = given === undefined ? KEYS[name].fallback : read(name, given, environment);
  }
  for (const name of raw.keys()) if (!(name in KEYS)) throw unknownKey(name);
  const moved = movePaths(values, sources.dataDir ?? environment['HELIOSDB_DATA_DIR']);
  const config = Object.freeze(moved) as unknown as Config;
  checkTogether(config);
  return config;
}

/** Reads the file (when one is named) and makes the configuration. @throws ConfigError */
export function loadConfig(file: string | undefined, sources: Omit<ConfigSources, 'toml'>): Config {
  if (file === undefined) return makeConfig(sources);
  let toml: string;
  try {
    toml = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(`cannot read ${file}: name an existing file with --config`, { cause });
  }
  return makeConfig({ ...sources, toml, file });
}

function parseText(sources: ConfigSources): Record<string, unknown> {
  try {
    return parseToml(sources.toml ?? '');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`${sources.file ?? 'configuration'} is not TOML: ${reason}`, { cause });
  }
}

/** Flattens nested tables to dotted names, stopping where the table names a key. */
function collect(table: Record<string, unknown>, prefix: string, into: Map<string, unknown>): void {
  for (const [name, value] of Object.entries(table)) {
    const path = prefix + name;
    if (!(path in KEYS) && isTable(value)) collect(value, `${path}.`, into);
    else into.set(path, value);
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

function applySetting(setting: string, into: Map<string, unknown>): void {
  const equals = setting.indexOf('=');
  if (equals < 1) throw new ConfigError(`--set ${setting}: write it as section.key=value`);
  const name = setting.slice(0, equals);
  const given = setting.slice(equals + 1);
  if (!(name in KEYS)) throw unknownKey(name);
  into.set(name, fromText(name as ConfigKey, given));
}

function fromText(name: ConfigKey, given: string): unknown {
  const { kind } = KEYS[name];
  if (kind === 'integer') return /^-?\d+$/.test(given) ? Number(given) : given;
  if (kind === 'boolean') return given === 'true' ? true : given === 'false' ? false : given;
  if (kind === 'list') return given === '' ? [] : given.split(',').map((part) => part.trim());
  if (kind === 'map') throw new ConfigError(`${name} is a table: set it in the file`);
  return given;
}

function read(
  name: ConfigKey,
  given: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): unknown {
  const key: Key<never> = KEYS[name] as unknown as Key<never>;
  const value = substitute(name, given, environment);
  if (!hasKind(value, key.kind)) throw new ConfigError(`${name} must be ${article(key.kind)}`);
  const fault = key.check(value as never);
  if (fault !== null) throw new ConfigError(`${name} ${fault}`);
  return value;
}

function hasKind(value: unknown, kind: Key<unknown>['kind']): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value) && value.every((part) => typeof part === 'string');
    case 'map':
      return isTable(value) && Object.values(value).every(isTable);
  }
}

function article(kind: Key<unknown>['kind']): string {
  const names = {
    text: 'a text in quotes',
    integer: 'a whole number',
    boolean: 'true or false',
    list: 'a list of texts',
    map: 'a table of tables',
  };
  return names[kind];
}

/** `${NAME}` in a text stands for an environment variable; an absent one is refused. */
function substitute(
  name: string,
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): unknown {
  if (typeof value !== 'string') return value;
  return value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, variable: string) => {
    const found = environment[variable];
    if (found === undefined) {
      throw new ConfigError(`${name} names \${${variable}}, which is not set in the environment`);
    }
    return found;
  });
}

function checkMap(
  value: ConfigMap,
  fields: Readonly<Record<string, 'text' | 'integer' | 'boolean'>>,
): string | null {
  const types = { text: 'string', integer: 'number', boolean: 'boolean' };
  for (const [entry, settings] of Object.entries(value)) {
    for (const [field, given] of Object.entries(settings)) {
      const kind = fields[field];
      if (kind === undefined) {
        return `has an unknown field ${entry}.${field}; known are ${Object.keys(fields).join(', ')}`;
      }
      if (typeof given !== types[kind]) return `field ${entry}.${field} must be ${article(kind)}`;
    }
  }
  return null;
}

function notBuilt(what: string): Check<boolean> {
  return (value) => (value ? `cannot be true: ${what} are not built yet; remove it` : null);
}

function unknownKey(name: string): ConfigError {
  const nearest = [...CONFIG_KEYS].sort((a, b) => distance(name, a) - distance(name, b))[0];
  return new ConfigError(`unknown key ${name}; did you mean ${nearest}?`);
}

/** Levenshtein distance. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

function movePaths(
  values: Record<string, unknown>,
  dataDir: string | undefined,
): Record<string, unknown> {
  const path = String(values['database.path']);
  if (dataDir === undefined || dataDir === '')
    return { ...values, dataDir: dirname(resolve(path)) };
  const home = resolve(dataDir);
  const output = String(values['logging.output']);
  return {
    ...values,
    'database.path': join(home, basename(path)),
    'logging.output': output === '' ? '' : join(home, basename(output)),
    dataDir: home,
  };
}

function checkTogether(config: Config): void {
  if (config['sync.enable_remote_sync'] && !/^https?:\/\//.test(config['sync.sync_endpoint'])) {
    throw new ConfigError(
      'sync.sync_endpoint must be an http or https address when sync is enabled',
    );
  }
  if (config['proxy.auth.mode'] === 'jwt' && config['proxy.auth.jwt_secret'].length < 32) {
    throw new ConfigError('proxy.auth.jwt_secret must have at least 32 characters in mode "jwt"');
  }
  if ((config['proxy.tls.cert_file'] === '') !== (config['proxy.tls.key_file'] === '')) {
    throw new ConfigError('proxy.tls.cert_file and proxy.tls.key_file go together: give both');
  }
  const pageSize = config['database.page_size'];
  if ((pageSize & (pageSize - 1)) !== 0) {
    throw new ConfigError('database.page_size must be a power of two');
  }
}
