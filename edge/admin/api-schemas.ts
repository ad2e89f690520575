/**
 * The shapes of the admin interface's answers and requests, as JSON Schema: fastify checks requests by them,
 * sends only what they name, and the OpenAPI document is made of them. Each stands for a type of `operations.ts`.
 */

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

export const text: Schema = { type: 'string' };
export const textOrNull: Schema = { type: ['string', 'null'] };
export const count: Schema = { type: 'integer', minimum: 0 };
export const number: Schema = { type: 'number' };
export const numberOrNull: Schema = { type: ['number', 'null'] };
export const flag: Schema = { type: 'boolean' };
const time: Schema = { type: 'string', format: 'date-time' };
const timeOrNull: Schema = { type: ['string', 'null'], format: 'date-time' };

export function oneOf(...values: readonly string[]): Schema {
  return { type: 'string', enum: values };
}

/** An object with exactly these fields. */
export function record(
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
) {
  return {
    type: 'object',
    additionalProperties: false,
    properties,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
  } satisfies Schema;
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

export const nothing: Schema = record({});
export const failure: Schema = record({ error: text });
const health = oneOf('ok', 'warn', 'fail');

export const syncStatus = record({
  enabled: flag,
  paused: flag,
  link: oneOf('up', 'down', 'unknown'),
  unsyncedRows: count,
  oldestUnsyncedSeconds: numberOrNull,
  rejectedRows: count,
  lastSuccess: timeOrNull,
  lastError: textOrNull,
  rowsSent: count,
});

export const boxStatus = record({
  version: text,
  boxId: text,
  ready: flag,
  listen: text,
  admin: textOrNull,
  metrics: textOrNull,
  pid: count,
  uptimeSeconds: number,
  connections: count,
  merchants: count,
  lastCommit: text,
  durableCommit: text,
  databaseBytes: count,
  walBytes: count,
  residentBytes: count,
  sync: syncStatus,
});

export const readiness = record({ ready: flag, reasons: listOf(text) });

export const merchant = record({
  id: text,
  name: text,
  status: oneOf('active', 'suspended'),
  tier: text,
  location: text,
  keys: count,
});

export const merchantWithKey = record({ id: text, key: text });

export const newMerchant = record({ id: text, name: text, key: text, tier: text, location: text }, [
  'key',
  'tier',
  'location',
]);

export const terminal = record({
  pid: count,
  user: text,
  merchant: textOrNull,
  address: text,
  tls: flag,
  since: time,
  statements: count,
  idleSeconds: number,
  state: oneOf('active', 'idle', 'idle in transaction', 'idle in failed transaction'),
});

export const rejectedRow = record({
  id: count,
  table: text,
  merchant: textOrNull,
  reason: text,
  since: text,
});

export const deviceHealth = record({
  state: health,
  measuredAt: time,
  items: listOf(
    record({
      id: text,
      title: text,
      state: health,
      value: text,
      explanation: text,
      mend: text,
      figure: numberOrNull,
      unit: {
        type: ['string', 'null'],
        enum: ['celsius', 'percent', 'bytes', 'ratio', 'count', null],
      },
    }),
  ),
});

export const finding = record({ id: text, state: health, title: text, meaning: text, mend: text });

export const writeCount = record({
  merchant: textOrNull,
  table: textOrNull,
  statements: count,
  rows: count,
});

/** Ids in paths: what they name is looked up, so their form is only bounded. */
export const merchantPath = record({ id: { type: 'string', minLength: 1, maxLength: 63 } });
export const rowPath = record({ id: { type: 'string', pattern: '^[0-9]{1,15}$' } });

export const claimStatus = record({
  claimed: flag,
  claimable: flag,
  shop: textOrNull,
  timeZone: textOrNull,
  claimedAt: timeOrNull,
  source: { type: ['string', 'null'], enum: ['console', 'file', 'usb', null] },
});

/** What else it holds is checked by `claim/claim-request.ts`, which names the field. */
export const claimRequest: Schema = {
  type: 'object',
  properties: { code: { type: 'string', maxLength: 64 }, shop: text },
  required: ['code', 'shop'],
  additionalProperties: true,
};

export const claimAnswer = record({
  shop: text,
  merchants: listOf(merchantWithKey),
  isRepeated: flag,
});

export const backupSummary = record({
  path: text,
  bytes: count,
  createdAt: timeOrNull,
  label: textOrNull,
  boxId: textOrNull,
  epoch: textOrNull,
  commit: textOrNull,
  version: textOrNull,
  databaseBytes: numberOrNull,
  fault: textOrNull,
});

export const backupWish = record({ label: { type: 'string', maxLength: 64 } }, ['label']);

export const backupResult = record({
  path: text,
  bytes: count,
  databaseBytes: count,
  rows: count,
  seconds: number,
  frozenMs: number,
  verified: flag,
});

export const updateStatus = record({
  supported: flag,
  running: text,
  slots: listOf(record({ label: text, version: textOrNull, running: flag })),
  entries: listOf(record({ version: text, triesLeft: numberOrNull })),
  // The updater's own record: it may come to know more.
  last: { type: ['object', 'null'], additionalProperties: true },
  refusal: { type: ['object', 'null'], additionalProperties: true },
});
