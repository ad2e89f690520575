/**
 * Number givers: one sequence for each (table, merchant), and one row number for each table. As in
 * PostgreSQL they are not transactional: a number given to a transaction that rolls back is lost.
 *
 * Counters live in memory; the file holds reservations. Before each COMMIT that used a number beyond the
 * reservation, a new one of `sequenceBlock` numbers is written in the same transaction. So a committed
 * number lies always at or below a durable reservation, and after a crash counting starts above it. It is
 * not promised that numbers have no gaps.
 */
import assert from 'node:assert/strict';
import type { StatementRunner } from '../../engine/engine.ts';
import { EdgeError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { SessionValues } from '../../types/session-values.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import { forEver, systemSession } from './system-session.ts';
import { tableOfSequence } from './table-sequence.ts';

/** What a sequence counts by: an identity column of a table. */
export interface SequenceDefinition {
  readonly tableOid: number;
  /** `sales_id_seq`. */
  readonly name: string;
  readonly start: bigint;
  readonly max: bigint;
  /** Tenant tables count for each merchant, others once (merchant ''). */
  readonly perMerchant: boolean;
}

/** In `merchant`: the key of the table's row numbers beside its sequences; no merchant can be called so. */
export const ROW_NUMBERS = '\u0000rows';

interface Counter {
  readonly tableOid: number;
  readonly merchant: string;
  /** The last number given. */
  last: bigint;
  /** Reserved in the file, as far as known; numbers up to it may be given without a write. */
  reserved: bigint;
}

interface Restart {
  readonly saved: readonly Counter[];
  readonly finished: () => boolean;
}

/** Texts of the tables that hold reservations. */
export const SEQUENCE_TABLES: readonly string[] = [
  'CREATE TABLE IF NOT EXISTS helios_sequence (table_oid INTEGER NOT NULL, merchant TEXT NOT NULL, ' +
    'reserved INTEGER NOT NULL, PRIMARY KEY (table_oid, merchant)) WITHOUT ROWID',
];

export class Sequences {
  readonly #definitions = new Map<number, SequenceDefinition>();
  readonly #byName = new Map<string, SequenceDefinition>();
  readonly #tables = new Map<number, Map<string, Counter>>();
  /** Counters that used a number beyond their reservation. */
  readonly #dirty = new Set<Counter>();
  /** Written in the last transaction; whether its COMMIT succeeded is looked up at the next one. */
  #unconfirmed: Counter[] = [];
  /** Last numbers given to each session, by backend: currval() and lastval(). */
  readonly #sessions = new Map<
    number,
    { last: SequenceDefinition; byTable: Map<number, bigint> }
  >();
  readonly #restarts = new Map<number, Restart>();

  /** Reads the reservations; counting goes on above them. */
  load(rows: Iterable<{ tableOid: number; merchant: string; reserved: bigint }>): void {
    for (const row of rows) {
      const { tableOid, merchant, reserved } = row;
      this.#counters(tableOid).set(merchant, { tableOid, merchant, last: reserved, reserved });
    }
  }

  /** Makes a sequence known. Numbers given before stay given. */
  define(definition: SequenceDefinition): void {
    const earlier = this.#definitions.get(definition.tableOid);
    if (earlier !== undefined) this.#byName.delete(earlier.name);
    this.#definitions.set(definition.tableOid, definition);
    this.#byName.set(definition.name, definition);
  }

  /** Forgets a dropped table. */
  forget(tableOid: number): void {
    const definition = this.#definitions.get(tableOid);
    if (definition !== undefined) this.#byName.delete(definition.name);
    this.#definitions.delete(tableOid);
    for (const counter of this.#counters(tableOid).values()) this.#dirty.delete(counter);
    this.#tables.delete(tableOid);
  }

  /** Makes the definitions those of the catalog that now holds: undoes what abandoned DDL had defined. */
  reconcile(definitions: readonly SequenceDefinition[]): void {
    this.#definitions.clear();
    this.#byName.clear();
    for (const definition of definitions) this.define(definition);
  }

  /**
   * TRUNCATE ... RESTART IDENTITY: starts anew at once, and takes it back when the transaction ends without
   * `confirmRestarts`. Row numbers go on: a row's identity is never used again.
   */
  restart(tableOid: number, finished: () => boolean): void {
    const counters = this.#counters(tableOid);
    const saved = [...counters.values()].filter((counter) => counter.merchant !== ROW_NUMBERS);
    this.#restarts.set(tableOid, { saved: saved.map((counter) => ({ ...counter })), finished });
    for (const counter of saved) {
      counters.delete(counter.merchant);
      this.#dirty.delete(counter);
    }
    this.#unconfirmed = this.#unconfirmed.filter((counter) => !saved.includes(counter));
  }

  /** The transaction with the restarts has committed. */
  confirmRestarts(): void {
    this.#restarts.clear();
  }

  /** Next number of the table's identity column. @throws EdgeError 2200H at the end of its type */
  nextValue(tableOid: number, merchant: string | null, session: SessionValues): bigint {
    this.#undoAbandonedRestarts();
    const definition = this.#definition(tableOid);
    const counter = this.#counter(tableOid, this.#owner(definition, merchant), definition.start);
    const next = counter.last + 1n;
    if (next > definition.max) {
      throw new EdgeError(
        'sequence_generator_limit_exceeded',
        `nextval: reached maximum value of sequence "${definition.name}" (${definition.max})`,
      );
    }
    this.#advance(counter, next);
    this.#remember(definition, session, next);
    return next;
  }

  /** Next row identity of a table, whoever the merchant. */
  nextRow(tableOid: number): bigint {
    const counter = this.#counter(tableOid, ROW_NUMBERS, 1n);
    this.#advance(counter, counter.last + 1n);
    return counter.last;
  }

  /** Row identities that came from elsewhere are not given again. */
  noteRow(tableOid: number, row: bigint): void {
    const counter = this.#counter(tableOid, ROW_NUMBERS, 1n);
    if (row > counter.last) this.#advance(counter, row);
  }

  /** setval(). @param called false: the next number is `value` itself */
  setValue(
    definition: SequenceDefinition,
    merchant: string | null,
    value: bigint,
    called: boolean,
  ): bigint {
    this.#undoAbandonedRestarts();
    const { name } = definition;
    if (value < 1n || value > definition.max) {
      throw new EdgeError(
        'numeric_value_out_of_range',
        `setval: value ${value} is out of bounds for sequence "${name}" (1..${definition.max})`,
      );
    }
    const counter = this.#counter(
      definition.tableOid,
      this.#owner(definition, merchant),
      definition.start,
    );
    counter.last = called ? value : value - 1n;
    this.#dirty.add(counter);
    return value;
  }

  /** currval(). @throws EdgeError 55000 before the session's first nextval */
  currentValue(definition: SequenceDefinition, session: SessionValues): bigint {
    const { name } = definition;
    const value = this.#sessions.get(session.backendPid)?.byTable.get(definition.tableOid);
    if (value !== undefined) return value;
    throw new EdgeError(
      'object_not_in_prerequisite_state',
      `currval of sequence "${name}" is not yet defined in this session`,
    );
  }

  /** lastval(). @throws EdgeError 55000 before the session's first nextval */
  lastValue(session: SessionValues): bigint {
    const known = this.#sessions.get(session.backendPid);
    const value = known?.byTable.get(known.last.tableOid);
    if (value !== undefined) return value;
    throw new EdgeError(
      'object_not_in_prerequisite_state',
      'lastval is not yet defined in this session',
    );
  }

  /** The session is gone, or said DISCARD SEQUENCES. */
  endSession(backendPid: number): void {
    this.#sessions.delete(backendPid);
  }

  /** Writes the reservations that the transaction needs; the hook of `Engine.beforeCommit`. */
  reserve(transaction: StatementRunner): void {
    if (this.#unconfirmed.length > 0) this.#confirm(transaction);
    if (this.#dirty.size === 0) return;
    const block = BigInt(LIMITS.sequenceBlock);
    for (const counter of this.#dirty) this.#write(transaction, counter, counter.last + block);
    this.#unconfirmed = [...this.#dirty];
    this.#dirty.clear();
  }

  /** Gives the unused reservations back; for an orderly end. */
  settle(transaction: StatementRunner): void {
    for (const counters of this.#tables.values()) {
      for (const counter of counters.values()) {
        if (counter.reserved !== counter.last) this.#write(transaction, counter, counter.last);
      }
    }
    this.#unconfirmed = [];
    this.#dirty.clear();
  }

  /** SQL functions over these counters, for the main instance. */
  functions(): readonly ScalarFunction[] {
    const scalar = (
      name: string,
      argCount: number,
      invoke: ScalarFunction['invoke'],
    ): ScalarFunction => ({ name, argCount, deterministic: false, invoke });
    return [
      scalar('helios_nextval', 1, (args, session) =>
        this.nextValue(Number(args[0]), session.merchant, session),
      ),
      scalar('helios_nextval', 2, (args, session) =>
        this.nextValue(Number(args[0]), textOrNull(args[1]), session),
      ),
      scalar('helios_next_row', 1, (args) => this.nextRow(Number(args[0]))),
      scalar('helios_sequence_next', 1, (args, session) =>
        this.nextValue(this.#asked(args[0], session).tableOid, session.merchant, session),
      ),
      scalar('helios_currval', 1, (args, session) =>
        this.currentValue(this.#asked(args[0], session), session),
      ),
      scalar('helios_lastval', 0, (_args, session) => this.lastValue(session)),
      scalar('helios_setval', 2, (args, session) =>
        this.setValue(this.#asked(args[0], session), session.merchant, toBigint(args[1]), true),
      ),
      scalar('helios_setval', 3, (args, session) =>
        this.setValue(
          this.#asked(args[0], session),
          session.merchant,
          toBigint(args[1]),
          args[2] !== 0n,
        ),
      ),
    ];
  }

  #definition(tableOid: number): SequenceDefinition {
    const definition = this.#definitions.get(tableOid);
    assert(definition !== undefined, `table ${tableOid} has no identity column`);
    return definition;
  }

  /**
   * The sequence that a user's text names, by OID or name.
   * @throws EdgeError 42P01; 42501 where a merchant asks for one that all merchants share
   */
  #asked(argument: unknown, session: SessionValues): SequenceDefinition {
    const isOid = typeof argument === 'bigint';
    const definition = isOid
      ? this.#definitions.get(tableOfSequence(Number(argument)) ?? 0)
      : this.#byName.get(sequenceName(argument));
    if (definition === undefined) {
      const what = isOid
        ? `could not open relation with OID ${argument}`
        : `relation "${String(argument)}" does not exist`;
      throw new EdgeError('undefined_table', what);
    }
    if (session.role === 'merchant' && !definition.perMerchant) {
      throw new EdgeError(
        'insufficient_privilege',
        `permission denied for sequence ${definition.name}`,
      );
    }
    return definition;
  }

  #owner(definition: SequenceDefinition, merchant: string | null): string {
    if (!definition.perMerchant) return '';
    if (merchant !== null) return merchant;
    throw new EdgeError(
      'object_not_in_prerequisite_state',
      `sequence "${definition.name}" counts for each merchant, and the session has none`,
    );
  }

  #counters(tableOid: number): Map<string, Counter> {
    let counters = this.#tables.get(tableOid);
    if (counters === undefined) {
      counters = new Map();
      this.#tables.set(tableOid, counters);
    }
    return counters;
  }

  #counter(tableOid: number, merchant: string, start: bigint): Counter {
    const counters = this.#counters(tableOid);
    let counter = counters.get(merchant);
    if (counter === undefined) {
      counter = { tableOid, merchant, last: start - 1n, reserved: start - 1n };
      counters.set(merchant, counter);
    }
    return counter;
  }

  #advance(counter: Counter, value: bigint): void {
    counter.last = value;
    if (value > counter.reserved) this.#dirty.add(counter);
  }

  #remember(definition: SequenceDefinition, session: SessionValues, value: bigint): void {
    const known = this.#sessions.get(session.backendPid);
    if (known === undefined) {
      const [oldest] = this.#sessions.keys();
      if (oldest !== undefined && this.#sessions.size >= LIMITS.sequenceSessionsMax) {
        this.#sessions.delete(oldest);
      }
      const byTable = new Map([[definition.tableOid, value]]);
      this.#sessions.set(session.backendPid, { last: definition, byTable });
      return;
    }
    known.last = definition;
    known.byTable.set(definition.tableOid, value);
  }

  #write(transaction: StatementRunner, counter: Counter, reserved: bigint): void {
    transaction.run(
      {
        sql:
          'INSERT INTO helios_sequence (table_oid, merchant, reserved) VALUES (?1, ?2, ?3) ' +
          'ON CONFLICT (table_oid, merchant) DO UPDATE SET reserved = excluded.reserved',
        binds: [BigInt(counter.tableOid), counter.merchant, reserved],
        authority: 'system',
      },
      systemSession(),
      forEver,
      null,
    );
    counter.reserved = reserved;
  }

  /** A COMMIT may have failed after its reservations were written: believes the file alone. */
  #confirm(transaction: StatementRunner): void {
    for (const counter of this.#unconfirmed) {
      let found = counter.reserved;
      let seen = false;
      transaction.run(
        {
          sql: 'SELECT reserved FROM helios_sequence WHERE table_oid = ?1 AND merchant = ?2',
          binds: [BigInt(counter.tableOid), counter.merchant],
          authority: 'system',
        },
        systemSession(),
        forEver,
        (row) => {
          seen = true;
          found = row.int64(0);
        },
      );
      counter.reserved = seen ? found : -1n;
      if (counter.last > counter.reserved) this.#dirty.add(counter);
    }
    this.#unconfirmed = [];
  }

  #undoAbandonedRestarts(): void {
    if (this.#restarts.size === 0) return;
    for (const [tableOid, restart] of this.#restarts) {
      if (!restart.finished()) continue;
      const counters = this.#counters(tableOid);
      for (const saved of restart.saved) {
        const current = counters.get(saved.merchant);
        if (current !== undefined) this.#dirty.delete(current);
        counters.set(saved.merchant, saved);
        this.#dirty.add(saved);
      }
      this.#restarts.delete(tableOid);
    }
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function toBigint(value: unknown): bigint {
  return typeof value === 'bigint' ? value : BigInt(Number(value));
}

/** The text of a regclass argument: an unqualified or `public.` name, quoted or not. */
function sequenceName(value: unknown): string {
  const text = String(value).replace(/^public\./, '');
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text.toLowerCase();
}
