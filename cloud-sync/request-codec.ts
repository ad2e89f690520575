/**
 * A batch as bytes: JSON, column by column, row numbers and versions as differences. Neighbours in a
 * column resemble each other, so that compression finds in 500 sales what it cannot find in one.
 *
 * Values stay text: a number in JSON is not exact.
 */
import {
  type CompactStamps,
  compactStamps,
  compareStamps,
  NO_FLOOR,
  parseStamp,
  type Register,
  type SharedRow,
  type Stamp,
  stampText,
} from './conflict.ts';
import {
  type JsonRecord,
  malformed,
  readColumn,
  readCount,
  readInt64,
  readList,
  readName,
  readRecord,
  readText,
  writeInt64,
} from './json-reader.ts';
import {
  PROTOCOL_MAGIC,
  PROTOCOL_VERSION,
  type PullRequest,
  type PushedRow,
  type PushedTable,
  type SharedChange,
  type SharedTable,
  type SyncRequest,
  type TableBatch,
  type WireColumn,
  type WireValue,
} from './protocol.ts';
import { SyncError } from './sync-error.ts';
import { SYNC_LIMITS } from './sync-limits.ts';

const { nameCharsMax, batchRowsMax, bodyBytesMax } = SYNC_LIMITS;

function differences(numbers: readonly bigint[]): (number | string)[] {
  let previous = 0n;
  return numbers.map((number) => {
    const difference = number - previous;
    previous = number;
    return writeInt64(difference);
  });
}

function sums(value: unknown, where: string, count: number): bigint[] {
  let previous = 0n;
  return readColumn(value, where, count).map((item) => {
    previous += readInt64(item, where);
    return previous;
  });
}

/** Index into the request's epochs; left out where all are the present one. */
function epochIndexes(epochs: readonly string[], used: readonly string[]): number[] | undefined {
  const indexes = used.map((epoch) => epochs.indexOf(epoch));
  return indexes.every((index) => index === epochs.length - 1) ? undefined : indexes;
}

function encodeHead(table: TableBatch, epochs: readonly string[]): JsonRecord {
  return {
    table: table.table,
    mode: table.mode,
    schema: table.schema,
    tenant: table.tenantColumn,
    columns: table.columns.map((column) => [column.name, column.type]),
    count: table.rows.length,
    merchant: table.rows.map((row) => row.merchant),
    version: differences(table.rows.map((row) => row.version)),
    written: epochIndexes(
      epochs,
      table.rows.map((row) => row.versionEpoch),
    ),
  };
}

function encodePushed(table: PushedTable, epochs: readonly string[]): JsonRecord {
  const deleted: number[] = [];
  table.rows.forEach((row, index) => {
    if (row.values === null) deleted.push(index);
  });
  return {
    ...encodeHead(table, epochs),
    born: epochIndexes(
      epochs,
      table.rows.map((row) => row.bornEpoch),
    ),
    row: differences(table.rows.map((row) => row.row)),
    deleted,
    values: table.columns.map((_, column) => table.rows.map((row) => row.values?.[column] ?? null)),
  };
}

/** The stamp of the latest deletion, 0 where there was none. */
export function encodeFloor(floor: Stamp): string | 0 {
  return compareStamps(floor, NO_FLOOR) === 0 ? 0 : stampText(floor);
}

/** Reads `encodeFloor`. */
export function readFloor(value: unknown, where: string): Stamp {
  return value === 0 ? NO_FLOOR : readStamp(value, where);
}

/** Marks, among the stamps, a column that is absent from the row. */
const ABSENT = 0;

function encodeOverrides(
  columns: readonly WireColumn[],
  state: SharedRow,
  stamps: CompactStamps,
): JsonRecord | 0 {
  const overrides: Record<string, string | 0> = {};
  for (const [name, stamp] of stamps.overrides) overrides[name] = stampText(stamp);
  if (state.alive) {
    for (const { name } of columns) if (!state.columns.has(name)) overrides[name] = ABSENT;
  }
  return Object.keys(overrides).length === 0 ? 0 : overrides;
}

function encodeShared(table: SharedTable, epochs: readonly string[]): JsonRecord {
  const stamps = table.rows.map((row) => compactStamps(row.state.columns, row.state.aliveStamp));
  return {
    ...encodeHead(table, epochs),
    key: table.keyColumns,
    keys: table.rows.map((row) => row.key),
    alive: table.rows.map((row) => (row.state.alive ? 1 : 0)),
    alive_stamp: table.rows.map((row) => stampText(row.state.aliveStamp)),
    floor: table.rows.map((row) => encodeFloor(row.state.floor)),
    stamp: stamps.map((stamp) => stampText(stamp.row)),
    overrides: table.rows.map(({ state }, index) =>
      encodeOverrides(table.columns, state, at(stamps, index)),
    ),
    values: table.columns.map(({ name }) =>
      table.rows.map((row) => row.state.columns.get(name)?.value ?? null),
    ),
  };
}

/** The request's bytes, not yet compressed. */
export function encodeRequest(request: SyncRequest): Uint8Array {
  const { epochs } = request;
  const pull = request.pull;
  const message = {
    helios: PROTOCOL_MAGIC,
    protocol: PROTOCOL_VERSION,
    box: request.box,
    epochs,
    batch: request.batch,
    sequence: request.sequence,
    clock: request.clock.toString(),
    tables: request.tables.map((table) =>
      table.mode === 'push' ? encodePushed(table, epochs) : encodeShared(table, epochs),
    ),
    pull:
      pull === null
        ? null
        : {
            cursor: pull.cursor,
            tables: pull.tables,
            merchants: pull.merchants,
            rows_max: pull.rowsMax,
          },
  };
  return Buffer.from(JSON.stringify(message), 'utf8');
}

interface DecodedHead {
  readonly table: string;
  readonly schema: number;
  readonly tenantColumn: string | null;
  readonly columns: readonly WireColumn[];
  readonly count: number;
  readonly merchants: readonly (string | null)[];
  readonly versions: readonly bigint[];
  readonly versionEpochs: readonly string[];
}

function readColumns(value: unknown, where: string): WireColumn[] {
  const seen = new Set<string>();
  return readList(value, where, SYNC_LIMITS.columnsPerTableMax).map((item) => {
    const [name, type] = readColumn(item, where, 2);
    const column = {
      name: readName(name, where, nameCharsMax),
      type: readName(type, where, nameCharsMax),
    };
    if (seen.has(column.name)) throw malformed(where, 'each column once');
    seen.add(column.name);
    return column;
  });
}

function readEpochs(
  value: unknown,
  where: string,
  count: number,
  epochs: readonly string[],
): readonly string[] {
  if (value === undefined) return new Array<string>(count).fill(epochs[epochs.length - 1] ?? '');
  return readColumn(value, where, count).map((item) => {
    const epoch = epochs[readCount(item, where, epochs.length - 1)];
    if (epoch === undefined) throw malformed(where, 'an epoch of this request');
    return epoch;
  });
}

function readNullableName(value: unknown, where: string): string | null {
  return value === null ? null : readName(value, where, nameCharsMax);
}

function readHead(source: JsonRecord, epochs: readonly string[]): DecodedHead {
  const table = readName(source['table'], 'table', nameCharsMax);
  const count = readCount(source['count'], `${table}.count`, batchRowsMax);
  return {
    table,
    schema: readCount(source['schema'], `${table}.schema`, Number.MAX_SAFE_INTEGER),
    tenantColumn: readNullableName(source['tenant'], `${table}.tenant`),
    columns: readColumns(source['columns'], `${table}.columns`),
    count,
    merchants: readColumn(source['merchant'], `${table}.merchant`, count).map((item) =>
      readNullableName(item, `${table}.merchant`),
    ),
    versions: sums(source['version'], `${table}.version`, count),
    versionEpochs: readEpochs(source['written'], `${table}.written`, count, epochs),
  };
}

function readValueColumns(source: JsonRecord, head: DecodedHead): (readonly unknown[])[] {
  const where = `${head.table}.values`;
  return readColumn(source['values'], where, head.columns.length).map((column) =>
    readColumn(column, where, head.count),
  );
}

function readValue(value: unknown, where: string): WireValue {
  return value === null ? null : readText(value, where, bodyBytesMax);
}

/** The item that must be there because all columns were checked to have `count` items. */
function at<T>(list: readonly T[], index: number): T {
  return list[index] as T;
}

function decodePushed(source: JsonRecord, epochs: readonly string[]): PushedTable {
  const head = readHead(source, epochs);
  const { table, schema, tenantColumn, columns, count } = head;
  const rowNumbers = sums(source['row'], `${table}.row`, count);
  const born = readEpochs(source['born'], `${table}.born`, count, epochs);
  const deleted = new Set(
    readList(source['deleted'], `${table}.deleted`, count).map((item) =>
      readCount(item, `${table}.deleted`, count - 1),
    ),
  );
  const values = readValueColumns(source, head);
  const rows: PushedRow[] = [];
  for (let index = 0; index < count; index += 1) {
    rows.push({
      bornEpoch: at(born, index),
      row: at(rowNumbers, index),
      versionEpoch: at(head.versionEpochs, index),
      version: at(head.versions, index),
      merchant: at(head.merchants, index),
      values: deleted.has(index)
        ? null
        : values.map((column) => readValue(column[index], `${table}.values`)),
    });
  }
  return { mode: 'push', table, schema, tenantColumn, columns, rows };
}

/** Reads a stamp. */
export function readStamp(value: unknown, where: string): Stamp {
  const stamp = parseStamp(readText(value, where, nameCharsMax * 2));
  if (stamp === null) throw malformed(where, 'a stamp');
  return stamp;
}

/** Reads the stamps of the columns that differ from their row's; null for an absent column. */
export function readOverrides(value: unknown, where: string): ReadonlyMap<string, Stamp | null> {
  if (value === 0) return new Map();
  return new Map(
    Object.entries(readRecord(value, where)).map(([name, text]) => [
      name,
      text === ABSENT ? null : readStamp(text, where),
    ]),
  );
}

function decodeShared(source: JsonRecord, epochs: readonly string[]): SharedTable {
  const head = readHead(source, epochs);
  const { table, schema, tenantColumn, columns, count } = head;
  const keyColumns = readList(source['key'], `${table}.key`, SYNC_LIMITS.columnsPerTableMax).map(
    (item) => readName(item, `${table}.key`, nameCharsMax),
  );
  const keys = readColumn(source['keys'], `${table}.keys`, count);
  const alive = readColumn(source['alive'], `${table}.alive`, count);
  const aliveStamps = readColumn(source['alive_stamp'], `${table}.alive_stamp`, count);
  const floors = readColumn(source['floor'], `${table}.floor`, count);
  const stamps = readColumn(source['stamp'], `${table}.stamp`, count);
  const overrides = readColumn(source['overrides'], `${table}.overrides`, count);
  const values = readValueColumns(source, head);
  const rows: SharedChange[] = [];
  for (let index = 0; index < count; index += 1) {
    const isAlive = readCount(alive[index], `${table}.alive`, 1) === 1;
    const rowStamp = readStamp(stamps[index], `${table}.stamp`);
    const own = readOverrides(overrides[index], `${table}.overrides`);
    const registers = new Map<string, Register>();
    columns.forEach(({ name }, column) => {
      const stamp = own.get(name);
      if (!isAlive || stamp === null) return;
      const value = readValue(at(values, column)[index], `${table}.values`);
      registers.set(name, { value, stamp: stamp ?? rowStamp });
    });
    const state: SharedRow = {
      alive: isAlive,
      aliveStamp: readStamp(aliveStamps[index], `${table}.alive_stamp`),
      floor: readFloor(floors[index], `${table}.floor`),
      columns: registers,
    };
    rows.push({
      versionEpoch: at(head.versionEpochs, index),
      version: at(head.versions, index),
      merchant: at(head.merchants, index),
      key: readColumn(keys[index], `${table}.keys`, keyColumns.length).map((item) =>
        readText(item, `${table}.keys`, SYNC_LIMITS.keyCharsMax),
      ),
      state,
    });
  }
  return { mode: 'both', table, schema, tenantColumn, columns, keyColumns, rows };
}

function decodeTable(value: unknown, epochs: readonly string[]): TableBatch {
  const source = readRecord(value, 'tables');
  switch (source['mode']) {
    case 'push':
      return decodePushed(source, epochs);
    case 'both':
      return decodeShared(source, epochs);
    default:
      throw malformed('tables.mode', 'push or both');
  }
}

function decodePull(value: unknown): PullRequest | null {
  if (value === null) return null;
  const source = readRecord(value, 'pull');
  const merchants = source['merchants'];
  return {
    cursor: readInt64(source['cursor'], 'pull.cursor').toString(),
    tables: readList(source['tables'], 'pull.tables', SYNC_LIMITS.tablesPerBatchMax).map((item) =>
      readName(item, 'pull.tables', nameCharsMax),
    ),
    merchants:
      merchants === null
        ? null
        : readList(merchants, 'pull.merchants', SYNC_LIMITS.merchantsPerPullMax).map((item) =>
            readName(item, 'pull.merchants', nameCharsMax),
          ),
    rowsMax: readCount(source['rows_max'], 'pull.rows_max', batchRowsMax),
  };
}

/** Parses the bytes of a message and checks its magic field and version. */
export function parseMessage(body: Uint8Array): JsonRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new SyncError('SYNC_MALFORMED', 'the body is not JSON', { cause, retryable: false });
  }
  const message = readRecord(parsed, 'message');
  if (message['helios'] !== PROTOCOL_MAGIC) throw malformed('helios', `"${PROTOCOL_MAGIC}"`);
  if (message['protocol'] !== PROTOCOL_VERSION) {
    throw new SyncError(
      'SYNC_PROTOCOL',
      `protocol ${String(message['protocol']).slice(0, 20)} is not spoken here, only ${PROTOCOL_VERSION}`,
      { retryable: false },
    );
  }
  return message;
}

/**
 * A request from bytes that were already decompressed.
 * @throws SyncError SYNC_MALFORMED naming the field, SYNC_PROTOCOL
 */
export function decodeRequest(body: Uint8Array): SyncRequest {
  const message = parseMessage(body);
  const epochs = readList(message['epochs'], 'epochs', SYNC_LIMITS.epochsMax).map((item) =>
    readName(item, 'epochs', nameCharsMax),
  );
  if (epochs.length === 0 || new Set(epochs).size !== epochs.length) {
    throw malformed('epochs', 'at least one, each once');
  }
  const tables = readList(message['tables'], 'tables', SYNC_LIMITS.tablesPerBatchMax).map((item) =>
    decodeTable(item, epochs),
  );
  if (new Set(tables.map(({ table }) => table)).size !== tables.length) {
    throw malformed('tables', 'each table once');
  }
  return {
    box: readName(message['box'], 'box', nameCharsMax),
    epochs,
    batch: readName(message['batch'], 'batch', nameCharsMax),
    sequence: readCount(message['sequence'], 'sequence', Number.MAX_SAFE_INTEGER),
    clock: readInt64(message['clock'], 'clock'),
    tables,
    pull: decodePull(message['pull']),
  };
}
