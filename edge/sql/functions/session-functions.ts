/**
 * What a session may ask about itself, values through their types' text (`helios_in`, `helios_out`), type modifiers,
 * and GREATEST and LEAST.
 */
import { Buffer } from 'node:buffer';
import { EdgeError, notSupported } from '../../errors.ts';
import { storeArray } from '../../types/array-value.ts';
import { applyTypmod, textToValue, valueToText } from '../../types/input-output.ts';
import { OID } from '../../types/oids.ts';
import type { SessionValues } from '../../types/session-values.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import type { SqlValue } from '../../types/storage.ts';
import { encodeLengthTypmod, formatType } from '../../types/type-info.ts';
import { compareValues } from './compare-values.ts';
import { scalar, smallAt, strict, textAt, typeSettings, volatile } from './define.ts';

const SERVER_VERSION =
  'PostgreSQL 15.18 (helios-edge) on x86_64-pc-linux-gnu, compiled for WebAssembly, 64-bit';

function currentSetting(args: readonly SqlValue[], session: SessionValues): SqlValue {
  if (args[0] === null) return null;
  const name = textAt(args, 0);
  const value = session.settings[name.toLowerCase()];
  if (value !== undefined) return value;
  if (args[1] === 1n) return null;
  throw new EdgeError('undefined_object', `unrecognized configuration parameter "${name}"`);
}

/** Schemas of a search_path setting. */
function searchPath(session: SessionValues): string[] {
  return session.searchPath
    .split(',')
    .map((part) => part.trim().replace(/^"(.*)"$/, '$1'))
    .filter((part) => part === 'public' || part === 'pg_catalog');
}

function currentSchemas(args: readonly SqlValue[], session: SessionValues): SqlValue {
  const path = searchPath(session);
  if (args[0] === 1n && !path.includes('pg_catalog')) path.unshift('pg_catalog');
  return storeArray(path);
}

function extreme(args: readonly SqlValue[], sign: number): SqlValue {
  const oid = smallAt(args, 0);
  let best: SqlValue = null;
  for (let index = 1; index < args.length; index++) {
    const value = args[index] ?? null;
    if (value === null) continue;
    if (best === null || compareValues(oid, value, best) * sign > 0) best = value;
  }
  return best;
}

function textTypmod(oid: number): (args: readonly SqlValue[]) => SqlValue {
  return (args) =>
    applyTypmod(
      { oid, typmod: encodeLengthTypmod(smallAt(args, 1)) },
      textAt(args, 0),
      args[2] === 1n ? 'explicit' : 'assignment',
    );
}

/** PostgreSQL's encodings in their order. */
const ENCODINGS = (
  'SQL_ASCII EUC_JP EUC_CN EUC_KR EUC_TW EUC_JIS_2004 UTF8 MULE_INTERNAL LATIN1 LATIN2 LATIN3 LATIN4 LATIN5 ' +
  'LATIN6 LATIN7 LATIN8 LATIN9 LATIN10 WIN1256 WIN1258 WIN866 WIN874 KOI8R WIN1251 WIN1252 ISO_8859_5 ' +
  'ISO_8859_6 ISO_8859_7 ISO_8859_8 WIN1250 WIN1253 WIN1254 WIN1255 WIN1257 KOI8U SJIS BIG5 GBK UHC GB18030 ' +
  'JOHAB SHIFT_JIS_2004'
).split(' ');

/** Below it OIDs are PostgreSQL's own. */
const ROLE_OID_MIN = 16_384;
const FNV_PRIME = 16_777_619;
const FNV_START = 2_166_136_261;

/** An OID for a merchant as a role, the same at each start: merchants have none of their own. */
function roleOid(name: string): bigint {
  let hash = FNV_START;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return BigInt(Math.max(hash >>> 0, ROLE_OID_MIN));
}

const IDENTITY: readonly ScalarFunction[] = [
  scalar('version', 0, () => SERVER_VERSION),
  scalar('user', 0, (_args, session) => session.user),
  scalar('database', 0, (_args, session) => session.database),
  scalar('current_schema', 0, (_args, session) => searchPath(session)[0] ?? null),
  strict('encoding_name', 1, (args) => ENCODINGS[smallAt(args, 0)] ?? ''),
  strict('role_oid', 1, (args) => roleOid(textAt(args, 0))),
  strict('current_schemas', 1, currentSchemas),
  scalar('current_setting', 2, currentSetting),
  scalar('backend_pid', 0, (_args, session) => BigInt(session.backendPid)),
  scalar('constant', 1, (args) => args[0] ?? null),
  volatile('pg_sleep', 1, () => {
    // It would hold the event loop, and with it every merchant.
    throw notSupported('pg_sleep');
  }),
];

const VALUES: readonly ScalarFunction[] = [
  strict('out', 2, (args, session) =>
    valueToText(smallAt(args, 0), args[1] ?? null, typeSettings(session)),
  ),
  strict('in', 2, (args, session) =>
    textToValue({ oid: smallAt(args, 0), typmod: -1 }, textAt(args, 1), typeSettings(session)),
  ),
  strict('varchar', 3, textTypmod(OID.varchar)),
  strict('bpchar', 3, textTypmod(OID.bpchar)),
  strict('time_precision', 2, (args) =>
    applyTypmod({ oid: OID.timestamp, typmod: smallAt(args, 1) }, args[0] ?? null, 'explicit'),
  ),
  strict('interval_typmod', 2, (args) =>
    applyTypmod({ oid: OID.interval, typmod: smallAt(args, 1) }, args[0] ?? null, 'explicit'),
  ),
  strict('array_typmod', 4, (args) =>
    applyTypmod(
      { oid: smallAt(args, 0), typmod: smallAt(args, 2) },
      args[1] ?? null,
      args[3] === 1n ? 'explicit' : 'assignment',
    ),
  ),
  scalar('greatest', -1, (args) => extreme(args, 1)),
  scalar('least', -1, (args) => extreme(args, -1)),
  scalar('num_nulls', -1, (args) => BigInt(args.filter((one) => one === null).length)),
  scalar('num_nonnulls', -1, (args) => BigInt(args.filter((one) => one !== null).length)),
  scalar('format_type', 2, (args) => {
    if (args[0] === null) return null;
    return formatType({ oid: smallAt(args, 0), typmod: args[1] === null ? -1 : smallAt(args, 1) });
  }),
  strict('column_size', 1, (args) => {
    const value = args[0];
    return BigInt(
      typeof value === 'string'
        ? Buffer.byteLength(value) + 1
        : value instanceof Uint8Array
          ? value.length + 1
          : 8,
    );
  }),
];

/** Session and value functions. */
export const SESSION_FUNCTIONS: readonly ScalarFunction[] = [...IDENTITY, ...VALUES];
