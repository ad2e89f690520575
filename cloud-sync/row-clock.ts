/**
 * A shared row between its two forms: `helios_clock` with the base row on one side, registers with
 * stamps on the other. The file keeps columns by attnum, which survives renames; registers use names,
 * which is what other boxes know.
 */
import type { StatementRunner } from '../edge/engine/engine.ts';
import type { Column } from '../edge/sql/catalog/model.ts';
import type { SqlValue } from '../edge/types/storage.ts';
import {
  compactStamps,
  compareStamps,
  NO_FLOOR,
  parseStamp,
  type Register,
  type SharedRow,
  type Stamp,
  stampText,
} from './conflict.ts';
import { runSystem } from './engine-access.ts';
import { toWire } from './wire-values.ts';

/** The columns of `helios_clock` that `readLocalRow` takes, in this order. */
export const CLOCK_STATE_COLUMNS =
  'row_clock, row_origin, alive, alive_clock, alive_origin, overrides, known_attnum, floor_clock, floor_origin';

/** Marks a column that nobody has written in this row, whatever the base table holds there. */
const UNWRITTEN: Stamp = { hlc: 0n, origin: '-' };

const FLOOR_AT = 7;

function localStamp(box: string, clock: SqlValue | undefined, origin: SqlValue | undefined): Stamp {
  return { hlc: clock as bigint, origin: origin === '' ? box : String(origin) };
}

function readOverrides(box: string, text: SqlValue | undefined): ReadonlyMap<string, Stamp> {
  const stamps = new Map<string, Stamp>();
  if (typeof text !== 'string') return stamps;
  for (const [attnum, value] of Object.entries(JSON.parse(text) as Record<string, string>)) {
    const stamp = parseStamp(value.includes('@') ? value : `${value}@${box}`);
    if (stamp !== null) stamps.set(attnum, stamp);
  }
  return stamps;
}

/**
 * The registers of a local row.
 * @param clock values of `CLOCK_STATE_COLUMNS`
 * @param values of `columns`, or null where the row is gone
 */
export function readLocalRow(
  box: string,
  columns: readonly Column[],
  clock: readonly SqlValue[],
  values: readonly SqlValue[] | null,
): SharedRow {
  const [rowClock, rowOrigin, alive, aliveClock, aliveOrigin, overrides, knownAttnum] = clock;
  const [floorClock, floorOrigin] = clock.slice(FLOOR_AT);
  const rowStamp = localStamp(box, rowClock, rowOrigin);
  const own = readOverrides(box, overrides);
  const registers = new Map<string, Register>();
  if (values !== null) {
    columns.forEach((column, index) => {
      const isKnown = BigInt(column.attnum) <= (knownAttnum as bigint);
      const stamp = own.get(String(column.attnum)) ?? (isKnown ? rowStamp : UNWRITTEN);
      if (compareStamps(stamp, UNWRITTEN) === 0) return;
      registers.set(column.name, { value: toWire(values[index] ?? null, column), stamp });
    });
  }
  return {
    alive: alive === 1n,
    aliveStamp: aliveClock === null ? rowStamp : localStamp(box, aliveClock, aliveOrigin),
    floor: floorClock === null ? NO_FLOOR : localStamp(box, floorClock, floorOrigin),
    columns: registers,
  };
}

/** Which entry of `helios_clock` to write. */
export interface ClockName {
  readonly tableId: bigint;
  readonly merchant: string;
  /** The key as `helios_clock` stores it. */
  readonly key: string;
  readonly rowId: bigint | null;
}

/** Writes the stamps of a merged row. */
export function writeRowClock(
  transaction: StatementRunner,
  box: string,
  name: ClockName,
  columns: readonly Column[],
  row: SharedRow,
): void {
  const stamps = compactStamps(row.columns, row.aliveStamp);
  const origin = (stamp: Stamp): string => (stamp.origin === box ? '' : stamp.origin);
  const hasFloor = compareStamps(row.floor, NO_FLOOR) !== 0;
  const overrides: Record<string, string> = {};
  for (const column of columns) {
    // A column that nobody has written must not pass for one that was written with the others.
    const stamp = row.columns.has(column.name) ? stamps.overrides.get(column.name) : UNWRITTEN;
    if (stamp !== undefined) overrides[column.attnum] = stampText(stamp);
  }
  runSystem(
    transaction,
    `INSERT INTO helios_clock (table_id, merchant, key, row_id, row_clock, row_origin, alive,
       alive_clock, alive_origin, overrides, known_attnum, floor_clock, floor_origin)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
     ON CONFLICT (table_id, merchant, key) DO UPDATE SET row_id = excluded.row_id,
       row_clock = excluded.row_clock, row_origin = excluded.row_origin, alive = excluded.alive,
       alive_clock = excluded.alive_clock, alive_origin = excluded.alive_origin,
       overrides = excluded.overrides, known_attnum = excluded.known_attnum,
       floor_clock = excluded.floor_clock, floor_origin = excluded.floor_origin`,
    [
      name.tableId,
      name.merchant,
      name.key,
      name.rowId,
      stamps.row.hlc,
      origin(stamps.row),
      row.alive ? 1n : 0n,
      row.aliveStamp.hlc,
      origin(row.aliveStamp),
      Object.keys(overrides).length === 0 ? null : JSON.stringify(overrides),
      BigInt(Math.max(...columns.map(({ attnum }) => attnum))),
      hasFloor ? row.floor.hlc : null,
      hasFloor ? origin(row.floor) : '',
    ],
  );
}
