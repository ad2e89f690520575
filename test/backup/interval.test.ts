/** Backups by interval: made when one is due, not when one is young, tried again after a fault, and pruned. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { listBackups } from '../../edge/backup/backup-directory.ts';
import { BoxBackups } from '../../edge/backup/box-backups.ts';
import { type Clock, systemClock } from '../../edge/clock.ts';
import { makeConfig } from '../../edge/config.ts';
import { createLog } from '../../edge/log.ts';
import { readWorkerThread } from '../../edge/read-worker-thread.ts';
import { write } from '../engine/support/engine-fixture.ts';
import { openIdentified, parts } from './support.ts';

const MINUTE_MS = 60_000;

/** A clock that goes on by itself and can be set forward. */
class LeapingClock implements Clock {
  #aheadMs = 0;

  leap(ms: number): void {
    this.#aheadMs += ms;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#aheadMs;
  }

  wallMicros(): bigint {
    return systemClock.wallMicros() + BigInt(this.#aheadMs) * 1000n;
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error('it did not come to that in time');
    await pause(10);
  }
}

describe('a backup by interval', () => {
  it('is made when it is due, also after a restart, and old ones go', async () => {
    await using fixture = await openIdentified();
    const { engine, directory, boxId } = fixture;
    await write(engine, 'CREATE TABLE sale (id INTEGER PRIMARY KEY)');
    const clock = new LeapingClock();
    let made = 0;
    const log = createLog('silent', null);
    log.info = (_fields: object, text?: string) => {
      if (text === 'made a backup') made += 1;
    };
    const config = makeConfig({
      dataDir: directory,
      settings: [
        'backup.interval_minutes=60',
        'backup.keep_latest=2',
        'backup.keep_daily=0',
        'backup.keep_weekly=0',
        'backup.min_free_mb=0',
      ],
    });
    const threads = { factory: readWorkerThread, wasmBinary: parts.wasmBinary };
    const open = (): BoxBackups =>
      new BoxBackups({
        engine,
        threads,
        config,
        boxId,
        clock,
        log,
        firstLookMs: 1,
        lookMs: 5,
      });
    const look = (): number => made;
    const left = (): readonly unknown[] => listBackups(join(directory, 'backups'));
    const first = open();
    await until(() => look() === 1);
    clock.leap(59 * MINUTE_MS);
    await pause(100);
    expect(look()).toBe(1);
    clock.leap(2 * MINUTE_MS);
    await until(() => look() === 2);
    await first.close();
    const second = open();
    await pause(100);
    expect(look()).toBe(2);
    clock.leap(61 * MINUTE_MS);
    await until(() => look() === 3);
    await until(() => left().length === 2);
    await second.close();
  }, 60_000);
});
