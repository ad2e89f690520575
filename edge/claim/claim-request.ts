/**
 * What a claim says: whose shop this box stands in, where it sends its rows, and which merchants sell on it. The
 * same request comes from the console's page (JSON) and from `helios-claim.toml`.
 *
 * It is checked whole before anything is done with it. What only the box knows (a merchant that exists, a box
 * that is claimed already) is checked by `claims.ts`.
 */
import { createHash } from 'node:crypto';
import { parse as parseToml } from 'smol-toml';
import { OperationError } from '../admin/operations.ts';
import { LIMITS } from '../limits.ts';
import { checkKeyStrength, checkMerchantId } from '../tenants/merchant-key.ts';
import { isTimeZone } from '../types/time-zone.ts';
import { type ListedMerchant, readMerchants } from './merchants-file.ts';

export interface ClaimRequest {
  readonly shop: string;
  /** IANA name; null: UTC. */
  readonly timeZone: string | null;
  readonly sync: {
    readonly endpoint: string;
    readonly token: string | null;
    readonly intervalSeconds: number | null;
  } | null;
  /** Replaces the key made at first start. */
  readonly adminKey: string | null;
  readonly merchants: readonly ListedMerchant[];
}

/** A claim file: the request, and what to do with the medium that it came on. */
export interface ClaimFile {
  readonly request: ClaimRequest;
  /** Name of a file beside it with (more) merchants. */
  readonly merchantsFile: string | null;
  /** Name of a file beside it with statements that make the shop's tables; safe to run again. */
  readonly schemaFile: string | null;
  /** The merchants' keys are written to a file beside it. */
  readonly writeKeys: boolean;
}

const REQUEST_FIELDS = ['shop', 'timeZone', 'sync', 'adminKey', 'merchants'];
const SYNC_FIELDS = ['endpoint', 'token', 'intervalSeconds'];
const SHOP_CHARACTERS_MAX = 100;
const DAY_SECONDS = 86_400;
const FILE_NAME = /^[^/\\\u0000]{1,100}$/;

type Fields = Readonly<Record<string, unknown>>;

/** From the JSON of the console or of the command line. @throws OperationError naming the field */
export function readClaimRequest(value: unknown): ClaimRequest {
  const fields = table(value, 'the claim', REQUEST_FIELDS);
  const sync = fields['sync'] ?? null;
  const merchants = readMerchants(fields['merchants'] ?? [], 'the claim');
  const request: ClaimRequest = {
    shop: text(fields, 'shop') ?? '',
    timeZone: text(fields, 'timeZone'),
    sync: sync === null ? null : readSync(sync),
    adminKey: text(fields, 'adminKey'),
    merchants,
  };
  checkRequest(request);
  return request;
}

/** From `helios-claim.toml`. @throws OperationError naming the field */
export function parseClaimFile(content: string): ClaimFile {
  let parsed: Fields;
  try {
    parsed = parseToml(content);
  } catch (cause) {
    throw new OperationError(`the claim file is not TOML: ${(cause as Error).message}`, { cause });
  }
  const known = [
    'shop',
    'time_zone',
    'sync',
    'admin_key',
    'merchants',
    'merchants_file',
    'schema_file',
    'write_keys',
  ];
  const fields = table(parsed, 'the claim file', known);
  const { sync } = fields;
  const request = readClaimRequest({
    shop: fields['shop'],
    timeZone: fields['time_zone'],
    sync: sync === undefined ? null : fromTomlSync(sync),
    adminKey: fields['admin_key'],
    merchants: fields['merchants'] ?? [],
  });
  const merchantsFile = fileName(fields, 'merchants_file');
  const schemaFile = fileName(fields, 'schema_file');
  const writeKeys = fields['write_keys'] ?? false;
  if (typeof writeKeys !== 'boolean') throw new OperationError('write_keys must be true or false');
  return { request, merchantsFile, schemaFile, writeKeys };
}

function fileName(fields: Fields, field: string): string | null {
  const name = text(fields, field);
  if (name === null || FILE_NAME.test(name)) return name;
  throw new OperationError(`${field} must be the name of a file beside the claim file`);
}

function fromTomlSync(value: unknown): Fields {
  const fields = table(value, '[sync]', ['endpoint', 'token', 'interval_secs']);
  const { endpoint, token, interval_secs: intervalSeconds } = fields;
  return { endpoint, token, intervalSeconds };
}

/** The same request with further merchants. @throws OperationError when one is listed twice */
export function withMerchants(
  request: ClaimRequest,
  more: readonly ListedMerchant[],
): ClaimRequest {
  const joined = { ...request, merchants: [...request.merchants, ...more] };
  checkMerchants(joined.merchants);
  return joined;
}

/** Tells whether two claims are the same; says nothing about what is in them. */
export function claimDigest(request: ClaimRequest): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('hex');
}

/** @throws OperationError or EdgeError naming the merchant */
export function checkMerchants(merchants: readonly ListedMerchant[]): void {
  if (merchants.length > LIMITS.claimMerchantsMax) {
    throw new OperationError(`at most ${LIMITS.claimMerchantsMax} merchants can be added at once`);
  }
  const ids = new Set<string>();
  const keys = new Set<string>();
  for (const { id, key } of merchants) {
    checkMerchantId(id);
    if (ids.has(id)) throw new OperationError(`merchant "${id}" is listed twice`);
    ids.add(id);
    if (key === undefined) continue;
    try {
      checkKeyStrength(key);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new OperationError(`the key of merchant "${id}": ${why}`, { cause });
    }
    if (keys.has(key)) throw new OperationError(`merchant "${id}" has the key of another one`);
    keys.add(key);
  }
}

function checkRequest({ shop, timeZone, sync, adminKey, merchants }: ClaimRequest): void {
  if (shop === '' || shop.length > SHOP_CHARACTERS_MAX || /[\u0000-\u001f]/.test(shop)) {
    throw new OperationError(`shop must be a name of 1 to ${SHOP_CHARACTERS_MAX} characters`);
  }
  if (timeZone !== null && !isTimeZone(timeZone)) {
    throw new OperationError(`"${timeZone}" is no time zone: write it as "Europe/Berlin"`);
  }
  if (adminKey !== null) checkKeyStrength(adminKey);
  if (sync !== null) checkSync(sync);
  checkMerchants(merchants);
}

function checkSync({ endpoint, token, intervalSeconds }: NonNullable<ClaimRequest['sync']>): void {
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint) || endpoint.includes('${')) {
    throw new OperationError('the sync endpoint must be an http or https address');
  }
  // "${" would stand for a variable of the environment in config.toml.
  if (token !== null && (!/^[\x21-\x7e]*$/.test(token) || token.includes('${'))) {
    throw new OperationError(
      'the sync token may hold printable ASCII characters only, and no "${"',
    );
  }
  if (intervalSeconds !== null && !(intervalSeconds >= 1 && intervalSeconds <= DAY_SECONDS)) {
    throw new OperationError(`the sync interval must be from 1 to ${DAY_SECONDS} seconds`);
  }
}

function readSync(value: unknown): NonNullable<ClaimRequest['sync']> {
  const fields = table(value, 'sync', SYNC_FIELDS);
  const interval = fields['intervalSeconds'] ?? null;
  if (interval !== null && !Number.isSafeInteger(interval)) {
    throw new OperationError('the sync interval must be a whole number of seconds');
  }
  return {
    endpoint: text(fields, 'endpoint') ?? '',
    token: text(fields, 'token'),
    intervalSeconds: interval === null ? null : Number(interval),
  };
}

function table(value: unknown, where: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OperationError(`${where} must be a table`);
  }
  const unknown = Object.keys(value).find((field) => !known.includes(field));
  if (unknown !== undefined) {
    throw new OperationError(
      `${where} has an unknown field ${unknown}; known are ${known.join(', ')}`,
    );
  }
  return value as Fields;
}

/** null for an absent or empty text. */
function text(fields: Fields, field: string): string | null {
  const value = fields[field] ?? '';
  if (typeof value !== 'string') throw new OperationError(`${field} must be a text`);
  return value.trim() === '' ? null : value.trim();
}
