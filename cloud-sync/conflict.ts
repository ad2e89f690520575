/**
 * Who wins when the same row was changed at both ends. Pure, and the same code runs on both ends.
 *
 * A shared row is a bundle of registers, one for each column and one for "does it exist"; each bears the
 * stamp of its last write, and the later stamp wins, column by column. Equal clocks are decided by the
 * origin's name, and equal stamps (which only a fault can make) by the value, so that `mergeRows` is
 * commutative, associative and idempotent whatever it is given. Hence any order of arrival, any number of
 * times, gives the same row everywhere.
 *
 * The rule for deletions: a deletion is a write of the existence register. A change of a column elsewhere
 * does not undo it, however late; only inserting the row again does. Each row carries its latest deletion
 * (`floor`) on: what was written before it belongs to a former life and does not come back, even where
 * the deletion itself was never heard of.
 *
 * It does not promise that sums survive: two tills that both write `stock = stock - 1` lose one.
 */
import type { Hlc } from './clock.ts';

/** When and where a register was written. */
export interface Stamp {
  readonly hlc: Hlc;
  readonly origin: string;
}

/** A value in its exact text form, and the stamp of the write that put it there. */
export interface Register {
  readonly value: string | null;
  readonly stamp: Stamp;
}

/** Older than every deletion. */
export const NO_FLOOR: Stamp = { hlc: 0n, origin: '-' };

/** A row that several ends may write. */
export interface SharedRow {
  readonly alive: boolean;
  readonly aliveStamp: Stamp;
  /** Stamp of the latest deletion that anyone knows of, or `NO_FLOOR`. */
  readonly floor: Stamp;
  /** By column name; a column that this end does not know, or that nobody has written, is absent. */
  readonly columns: ReadonlyMap<string, Register>;
}

function compareText(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}

/** Negative when `left` is older. Clock first, then the origin's name. */
export function compareStamps(left: Stamp, right: Stamp): number {
  if (left.hlc !== right.hlc) return left.hlc < right.hlc ? -1 : 1;
  return compareText(left.origin, right.origin);
}

function compareValues(left: string | null, right: string | null): number {
  if (left === null || right === null) return left === right ? 0 : left === null ? -1 : 1;
  return compareText(left, right);
}

/** The register that wins. */
export function laterRegister(left: Register, right: Register): Register {
  const order = compareStamps(left.stamp, right.stamp);
  if (order !== 0) return order < 0 ? right : left;
  return compareValues(left.value, right.value) < 0 ? right : left;
}

function laterStamp(left: Stamp, right: Stamp): Stamp {
  return compareStamps(left, right) < 0 ? right : left;
}

/** A deleted row's own deletion counts, whatever it says of earlier ones. */
function floorOf(row: SharedRow): Stamp {
  return row.alive ? row.floor : laterStamp(row.floor, row.aliveStamp);
}

/** The row without what was written before it was last deleted. */
export function currentLife(row: SharedRow): SharedRow {
  const floor = floorOf(row);
  const columns = new Map<string, Register>();
  for (const [name, register] of row.columns) {
    if (compareStamps(register.stamp, floor) > 0) columns.set(name, register);
  }
  return { ...row, floor, columns };
}

/** The row that both ends hold once each has seen the other's. */
export function mergeRows(left: SharedRow, right: SharedRow): SharedRow {
  const columns = new Map(left.columns);
  for (const [name, register] of right.columns) {
    const mine = columns.get(name);
    columns.set(name, mine === undefined ? register : laterRegister(mine, register));
  }
  const order = compareStamps(left.aliveStamp, right.aliveStamp);
  const alive = order === 0 ? left.alive && right.alive : order < 0 ? right.alive : left.alive;
  const aliveStamp = laterStamp(left.aliveStamp, right.aliveStamp);
  const floor = laterStamp(floorOf(left), floorOf(right));
  return currentLife({ alive, aliveStamp, floor, columns });
}

/** True when two rows are the same in every register and stamp. */
export function sameRow(left: SharedRow, right: SharedRow): boolean {
  if (left.alive !== right.alive || compareStamps(left.aliveStamp, right.aliveStamp) !== 0)
    return false;
  if (compareStamps(left.floor, right.floor) !== 0) return false;
  if (left.columns.size !== right.columns.size) return false;
  for (const [name, register] of left.columns) {
    const other = right.columns.get(name);
    if (other === undefined || other.value !== register.value) return false;
    if (compareStamps(other.stamp, register.stamp) !== 0) return false;
  }
  return true;
}

/** Stamps of a row with few differences: one for the whole, and one for each column that differs. */
export interface CompactStamps {
  readonly row: Stamp;
  readonly overrides: ReadonlyMap<string, Stamp>;
}

/** The short form: the commonest stamp stands for the row. */
export function compactStamps(
  columns: ReadonlyMap<string, Register>,
  fallback: Stamp,
): CompactStamps {
  const counts = new Map<string, number>();
  let row = fallback;
  let most = 0;
  for (const { stamp } of columns.values()) {
    const text = stampText(stamp);
    const count = (counts.get(text) ?? 0) + 1;
    counts.set(text, count);
    if (count > most) {
      most = count;
      row = stamp;
    }
  }
  const overrides = new Map<string, Stamp>();
  for (const [name, { stamp }] of columns) {
    if (compareStamps(stamp, row) !== 0) overrides.set(name, stamp);
  }
  return { row, overrides };
}

/** The latest stamp anywhere in a row. */
export function latestStamp(row: SharedRow): Stamp {
  let latest = laterStamp(row.aliveStamp, row.floor);
  for (const { stamp } of row.columns.values()) {
    if (compareStamps(stamp, latest) > 0) latest = stamp;
  }
  return latest;
}

const STAMP_TEXT = /^([0-9a-z]{1,13})@(.{1,200})$/su;
const HLC_RADIX = 36;
const HLC_MAX = (1n << 63n) - 1n;

/** `<clock in base 36>@<origin>`. */
export function stampText(stamp: Stamp): string {
  return `${stamp.hlc.toString(HLC_RADIX)}@${stamp.origin}`;
}

/** Reads `stampText`; null for anything else. */
export function parseStamp(text: string): Stamp | null {
  const match = STAMP_TEXT.exec(text);
  const digits = match?.[1];
  const origin = match?.[2];
  if (digits === undefined || origin === undefined) return null;
  let hlc = 0n;
  for (const digit of digits)
    hlc = hlc * BigInt(HLC_RADIX) + BigInt(Number.parseInt(digit, HLC_RADIX));
  return hlc > HLC_MAX ? null : { hlc, origin };
}
