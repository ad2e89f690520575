/** The self-test on a real engine: what it writes, what it costs, and when it fails. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../edge/clock.ts';
import type { Engine } from '../../edge/engine/engine.ts';
import { SelfTest } from '../../edge/service/self-test.ts';
import { openFixture, read, session, statement, write } from '../engine/support/engine-fixture.ts';
import { faultyDisk } from '../engine/support/faulty-disk.ts';

const anyone = { merchant: null, lockTimeoutMs: 0, signal: null } as const;
const PAGE_AND_FRAME_BYTES = 4096 + 24;

function selfTestOf(engine: Engine): SelfTest {
  return new SelfTest(engine, systemClock);
}

describe('SelfTest', () => {
  it('writes one page, durably, without growing the file', async () => {
    await using fixture = await openFixture();
    const { engine } = fixture;
    const selfTest = selfTestOf(engine);
    await selfTest.run();
    const before = engine.status();
    const { milliseconds } = await selfTest.run();
    const after = engine.status();
    expect(milliseconds).toBeGreaterThan(0);
    expect(after.durableCommit).toBe(before.durableCommit + 1n);
    expect(after.lastCommit).toBe(after.durableCommit);
    expect(after.walBytes - before.walBytes).toBe(PAGE_AND_FRAME_BYTES);
    expect(after.databaseBytes).toBe(before.databaseBytes);
    await engine.checkpoint();
    const carriedBack = engine.status().databaseBytes;
    for (let count = 0; count < 200; count += 1) await selfTest.run();
    await engine.checkpoint();
    expect(engine.status().databaseBytes).toBe(carriedBack);
    expect(await read(engine, 'SELECT count(*) FROM helios_engine')).toEqual([[2n]]);
  });

  it('reads what is committed, not what a terminal has not committed yet', async () => {
    await using fixture = await openFixture();
    const { engine } = fixture;
    const selfTest = selfTestOf(engine);
    await selfTest.run();
    const committed = selfTest.readBack();
    const transaction = await engine.beginWrite(anyone);
    transaction.run(
      statement("UPDATE helios_engine SET value = -1 WHERE key = 'self_test'"),
      session(null),
      { deadlineMs: null, signal: null },
      null,
    );
    expect(selfTest.readBack()).toBe(committed);
    transaction.rollback();
  });

  it('answers several who ask at once, one after another', async () => {
    await using fixture = await openFixture();
    const selfTest = selfTestOf(fixture.engine);
    const before = fixture.engine.durableCommit;
    await Promise.all(Array.from({ length: 20 }, () => selfTest.runWithin()));
    expect(fixture.engine.durableCommit).toBe(before + 20n);
  });

  it('says who is to blame when it takes too long: a terminal', async () => {
    await using fixture = await openFixture();
    const { engine } = fixture;
    const transaction = await engine.beginWrite(anyone);
    const selfTest = selfTestOf(engine);
    await expect(selfTest.runWithin(50)).rejects.toThrow('terminals hold it in long transactions');
    transaction.rollback();
    // The one that gave up left the queue, and holds nobody up.
    expect(engine.status().writersWaiting).toBe(0);
    await selfTest.runWithin();
    await write(engine, 'CREATE TABLE t (id INTEGER PRIMARY KEY)');
  });

  it('says who is to blame when it takes too long: the disk', async () => {
    const faults = { full: false, syncFails: false, readFails: false };
    const disk = faultyDisk(faults);
    const held = Promise.withResolvers<void>();
    let isSlow = false;
    await using fixture = await openFixture({
      medium: {
        ...disk,
        open: (path, options) => {
          const file = disk.open(path, options);
          return {
            ...file,
            sync: () => (isSlow ? held.promise.then(() => file.sync()) : file.sync()),
          };
        },
      },
    });
    isSlow = true;
    const selfTest = selfTestOf(fixture.engine);
    await expect(selfTest.runWithin(100)).rejects.toThrow('the disk did not confirm');
    isSlow = false;
    held.resolve();
    await selfTest.runWithin();
  });

  it('fails on a disk that fails', async () => {
    const faults = { full: false, syncFails: false, readFails: false };
    await using fixture = await openFixture({ medium: faultyDisk(faults) });
    const selfTest = selfTestOf(fixture.engine);
    await selfTest.runWithin();
    faults.syncFails = true;
    await expect(selfTest.runWithin()).rejects.toThrow('the box cannot write and read back');
    await expect(selfTest.runWithin()).rejects.toThrow('the box cannot write and read back');
  });
});
