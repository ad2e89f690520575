/**
 * Portals of one session: what Bind and DECLARE make. They share one name space, as in PostgreSQL, so that
 * Execute continues a cursor and FETCH reads a portal.
 *
 * A portal that has given only part of its rows keeps the rest as stored rows; it never keeps a running
 * statement.
 */
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { ResultColumn } from '../sql/plan.ts';
import type { SqlValue } from '../types/storage.ts';
import type { FormatCode } from '../wire/frontend.ts';
import type { CachedPlan } from './plan-cache.ts';
import type { RowEncoders } from './row-encoders.ts';
import type { StoredRows } from './stored-rows.ts';

export interface Portal {
  readonly name: string;
  readonly source: CachedPlan;
  readonly parameters: readonly SqlValue[];
  readonly columns: readonly ResultColumn[] | null;
  readonly resultFormats: readonly FormatCode[];
  /** Made when the first row is written. */
  encoders: RowEncoders | null;
  /** ready: has not run. suspended: has rows left, or may have. done: has run to its end. */
  state: 'ready' | 'suspended' | 'done';
  /** Rows not given out yet (a portal), or all rows (a cursor). */
  rows: StoredRows | null;
  /** A cursor stands on this row, 1-based; 0 before the first, length + 1 behind the last. */
  position: number;
  /** Tag of its first Execute: SHOW and the like say the same again. */
  tag: string | null;
  /** DECLARE ... WITH HOLD: outlives its transaction. */
  readonly hold: boolean;
  /** Made by DECLARE, or read by FETCH: `rows` holds all rows, and it moves both ways. */
  isCursor: boolean;
  /** Savepoints that were open when it was made: going back behind them takes it along. */
  depth: number;
  /** A held cursor whose transaction has committed. */
  isDurable: boolean;
}

export class Portals {
  readonly #byName = new Map<string, Portal>();

  get(name: string): Portal | undefined {
    return this.#byName.get(name);
  }

  /** @throws EdgeError 34000 */
  require(name: string, noun: 'portal' | 'cursor' = 'portal'): Portal {
    const portal = this.#byName.get(name);
    if (portal !== undefined) return portal;
    throw new EdgeError('invalid_cursor_name', `${noun} "${name}" does not exist`);
  }

  /** The unnamed one is replaced. @throws EdgeError 42P03, 54000 */
  add(portal: Portal): void {
    const before = this.#byName.get(portal.name);
    if (before !== undefined) {
      if (portal.name !== '') {
        throw new EdgeError('duplicate_cursor', `cursor "${portal.name}" already exists`);
      }
      before.rows?.release();
    }
    if (this.#byName.size >= LIMITS.portalsPerSessionMax) {
      throw new EdgeError('program_limit_exceeded', 'too many open portals and cursors');
    }
    this.#byName.set(portal.name, portal);
  }

  /** No error when there is none: that is what Close says. */
  drop(name: string): boolean {
    this.#byName.get(name)?.rows?.release();
    return this.#byName.delete(name);
  }

  dropAll(): void {
    for (const portal of this.#byName.values()) portal.rows?.release();
    this.#byName.clear();
  }

  /** The transaction has ended: only held cursors live on, and those it made itself only if it committed. */
  endTransaction(committed: boolean): void {
    if (this.#byName.size === 0) return;
    for (const portal of this.#byName.values()) {
      if (portal.hold && committed) portal.isDurable = true;
      if (portal.isDurable) continue;
      this.drop(portal.name);
    }
  }

  /** ROLLBACK TO the savepoint with this depth: portals made after it go. */
  rollbackTo(depth: number): void {
    for (const portal of this.#byName.values()) {
      if (!portal.isDurable && portal.depth >= depth) this.drop(portal.name);
    }
  }

  /** RELEASE of the savepoint with this depth: what was made inside belongs to the level outside. */
  release(depth: number): void {
    for (const portal of this.#byName.values()) {
      portal.depth = Math.min(portal.depth, depth - 1);
    }
  }
}
