/**
 * What must not leave the box in a support bundle, and how it is kept in. Three rules, each enough alone for what
 * it is about:
 *
 * - of the configuration, a key whose name speaks of a secret shows only whether it is set;
 * - of a log line, only what is known to be harmless is kept: our own fixed message, numbers, a few named fields;
 *   a line that is no line of ours is dropped;
 * - in everything else, the secrets that this box knows are replaced where they stand.
 */
import type { Config } from '../config.ts';
import { CONFIG_KEYS } from '../config.ts';

export const MASK = '[masked]';

const SECRET_NAME = /secret|token|password|passphrase|credential|(^|[._])key$/;
const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\//i;
/** Shorter ones would be found by chance, and are no secrets. */
const SECRET_LENGTH_MIN = 8;

/** Replaces known secrets wherever they stand. */
export type Redact = (text: string) => string;

/** @param secrets values that must not be seen */
export function createRedact(secrets: readonly string[]): Redact {
  const known = secrets
    .filter((secret) => secret.length >= SECRET_LENGTH_MIN)
    // As they stand, in JSON, and in an address.
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    .sort((left, right) => right.length - left.length);
  return (text) => known.reduce((rest, secret) => rest.replaceAll(secret, MASK), text);
}

/** The secrets of a configuration. */
export function secretsOf(config: Config): readonly string[] {
  return CONFIG_KEYS.flatMap((name) => {
    const value: unknown = config[name];
    if (SECRET_NAME.test(name)) return [String(value)];
    return typeof value === 'string' ? secretsOfAddress(value) : [];
  });
}

/** The configuration as it may be shown. */
export function maskedConfig(config: Config): Readonly<Record<string, unknown>> {
  const shown: Record<string, unknown> = { dataDir: config.dataDir };
  for (const name of CONFIG_KEYS) {
    const value: unknown = config[name];
    if (SECRET_NAME.test(name)) shown[name] = value === '' ? '' : MASK;
    else shown[name] = typeof value === 'string' ? maskedAddress(value) : value;
  }
  return shown;
}

/** What an address may hold beside host and path, as written and as meant. */
function secretsOfAddress(value: string): readonly string[] {
  if (!ADDRESS.test(value) || !URL.canParse(value)) return [];
  const { username, password, search, searchParams } = new URL(value);
  const parts = [username, password, search, ...searchParams.values()];
  return [...parts, ...parts.map(decoded)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** An address keeps its host and path: users, passwords and queries may be secrets. */
function maskedAddress(value: string): string {
  if (!ADDRESS.test(value)) return value;
  if (!URL.canParse(value)) return MASK;
  const url = new URL(value);
  const hasSecrets = url.username !== '' || url.password !== '' || url.search !== '';
  return hasSecrets ? `${url.protocol}//${url.host}${url.pathname} ${MASK}` : value;
}

/** Texts that are ours or say nothing of a merchant; `statement` beside them has lost its literals already. `address` is one of the shop's own network. */
const HARMLESS_TEXTS: ReadonlySet<string> = new Set([
  'time',
  'address',
  'path',
  'item',
  'state',
  'reading',
  'explanation',
  'mend',
  'code',
  'type',
  'sqlstate',
  'tag',
  'plan',
  'ran',
]);
const NAME = /^[\w .:/°%,;()-]*$/;
const TEXT_LENGTH_MAX = 300;

/** A line of our own logs with only what is known to be harmless; null for any other line. */
export function harmlessLogLine(line: string): string | null {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof entry !== 'object' || entry === null || !('level' in entry)) return null;
  return JSON.stringify(harmlessFields(entry as Readonly<Record<string, unknown>>, true));
}

function harmlessFields(
  entry: Readonly<Record<string, unknown>>,
  isOurs: boolean,
): Readonly<Record<string, unknown>> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(entry)) {
    if (typeof value === 'number' || typeof value === 'boolean' || value === null)
      kept[name] = value;
    else if (name === 'msg' && isOurs && typeof value === 'string') kept[name] = value;
    else if (name === 'statement' && typeof value === 'string') kept[name] = value;
    else if (name === 'err' && typeof value === 'object') kept[name] = harmlessError(value);
    else if (typeof value === 'string' && HARMLESS_TEXTS.has(name) && isPlain(value))
      kept[name] = value;
  }
  return kept;
}

function isPlain(text: string): boolean {
  return text.length <= TEXT_LENGTH_MAX && NAME.test(text);
}

/** An error's message may quote a row: only its kind and where it was thrown are kept. */
function harmlessError(error: object): Readonly<Record<string, unknown>> {
  const { type, code, condition, stack } = error as Readonly<Record<string, unknown>>;
  const frames = String(stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at [\w.#<>[\] ]* ?\(?[\w/.:@-]+\)?$/.test(line));
  return {
    ...(typeof type === 'string' && isPlain(type) ? { type } : {}),
    ...(typeof code === 'string' && isPlain(code) ? { code } : {}),
    ...(typeof condition === 'string' && isPlain(condition) ? { condition } : {}),
    at: frames.map((line) => line.trim()),
  };
}
