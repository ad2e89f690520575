/**
 * Proof that the box still does what it is there for: a number is written through the write lock, made durable on
 * the disk, and read back on another connection than the one that wrote it.
 *
 * It writes one row in the engine's own table, the same page each time: 4 KiB of log, no growth of the file, nothing
 * that merchants, the outbox or the cloud could see. What it does not prove: that the disk told the truth
 * about the sync, and that terminals can log in (`health-check.ts` asks that).
 */
import { randomInt } from 'node:crypto';
import { OperationError } from '../admin/operations.ts';
import type { Clock } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import { LIMITS } from '../limits.ts';
import { runSystem } from '../sql/catalog/stored-catalog.ts';
import { forEver, systemSession } from '../sql/catalog/system-session.ts';
import type { SqlValue } from '../types/storage.ts';

const KEY = 'self_test';
const WRITE =
  'INSERT INTO helios_engine (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value';
const READ = 'SELECT value FROM helios_engine WHERE key = ?1';
const NUMBERS = 2 ** 47;

export interface SelfTestResult {
  readonly milliseconds: number;
}

export class SelfTest {
  readonly #engine: Engine;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  #waitsForLock = false;

  constructor(engine: Engine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /** A test stands in the writers' queue behind somebody's transaction. */
  get waitsForLock(): boolean {
    return this.#waitsForLock;
  }

  /** Without a limit of time: for who watches how long it takes. One test runs at a time. */
  run(signal: AbortSignal | null = null): Promise<SelfTestResult> {
    const result = this.#last.then(() => this.#once(signal));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** @throws OperationError with the cause and the mend when it fails or takes too long */
  async runWithin(msMax: number = LIMITS.selfTestMsMax): Promise<SelfTestResult> {
    const giveUp = new AbortController();
    const tooLate = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      tooLate.reject(new OperationError(this.#whyLate(msMax)));
      giveUp.abort();
    }, msMax);
    const run = this.run(giveUp.signal);
    run.catch(() => undefined);
    try {
      return await Promise.race([run, tooLate.promise]);
    } catch (error) {
      if (error instanceof OperationError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new OperationError(
        `the box cannot write and read back: ${reason}; look at "helios-edge doctor"`,
        { cause: error },
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads on the connection that does not write. null: it was never written. */
  readBack(): SqlValue {
    let found: SqlValue = null;
    const result = this.#engine.readNow({
      statement: { sql: READ, binds: [KEY], authority: 'system' },
      session: systemSession(),
      interrupt: forEver,
      sink: {
        row: (row) => {
          found = row.value(0);
        },
        restart: () => {
          found = null;
        },
      },
      tables: [],
      beside: true,
    });
    if (result === null) throw new Error('reading one row took longer than a statement may');
    return found;
  }

  async #once(signal: AbortSignal | null): Promise<SelfTestResult> {
    const begunMs = this.#clock.monotonicMs();
    const number = BigInt(randomInt(NUMBERS));
    await this.#engine.durable(await this.#write(number, signal));
    const found = this.readBack();
    if (found !== number) throw new Error(`the number ${number} was written and ${found} was read`);
    return { milliseconds: this.#clock.monotonicMs() - begunMs };
  }

  async #write(number: bigint, signal: AbortSignal | null): Promise<bigint> {
    this.#waitsForLock = true;
    const transaction = await this.#engine
      .beginWrite({ merchant: null, lockTimeoutMs: 0, signal })
      .finally(() => {
        this.#waitsForLock = false;
      });
    try {
      runSystem(transaction, WRITE, [KEY, number]);
      return transaction.commit();
    } finally {
      if (!transaction.finished) transaction.rollback();
    }
  }

  #whyLate(msMax: number): string {
    const seconds = Math.round(msMax / 1000);
    return this.#waitsForLock
      ? `the write lock did not come free within ${seconds} s: terminals hold it in long transactions; end those, or restart the box`
      : `the disk did not confirm one small write within ${seconds} s: it fails or is overloaded; look at "helios-edge doctor"`;
  }
}
