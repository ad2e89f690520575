/** When the watchdog tells systemd that the box lives, and when it does not. The test calls each look itself. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../edge/clock.ts';
import type { Engine } from '../../edge/engine/engine.ts';
import type { EngineOptions } from '../../edge/engine/open.ts';
import { silentLog } from '../../edge/log.ts';
import type { ServiceManager } from '../../edge/service/notify.ts';
import { SelfTest } from '../../edge/service/self-test.ts';
import { startWatchdog, Watchdog } from '../../edge/service/watchdog.ts';
import { openFixture, session, statement } from '../engine/support/engine-fixture.ts';
import { faultyDisk } from '../engine/support/faulty-disk.ts';

const anyone = { merchant: null, lockTimeoutMs: 0, signal: null } as const;

async function rig(changes: Partial<EngineOptions> = {}) {
  const fixture = await openFixture(changes);
  const { engine } = fixture;
  const selfTest = new SelfTest(engine, systemClock);
  const complaints: (string | null)[] = [];
  const beats = { count: 0 };
  const watchdog = new Watchdog({
    engine,
    selfTest,
    log: silentLog,
    feed: () => {
      beats.count += 1;
    },
    complain: (text) => complaints.push(text),
  });
  return {
    engine,
    selfTest,
    watchdog,
    beats,
    complaints,
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}

/** Some turns of the event loop, in which whatever can go on has gone on. */
async function settle(): Promise<void> {
  for (let count = 0; count < 50; count += 1) await turn();
}

async function hold(engine: Engine) {
  const transaction = await engine.beginWrite(anyone);
  return {
    use: () =>
      transaction.run(
        statement('SELECT 1'),
        session(null),
        { deadlineMs: null, signal: null },
        null,
      ),
    end: () => transaction.rollback(),
  };
}

describe('Watchdog', () => {
  it('beats once for each self-test', async () => {
    await using rigged = await rig();
    for (let count = 1; count <= 3; count += 1) {
      rigged.watchdog.look();
      await vi.waitFor(() => expect(rigged.beats.count).toBe(count));
    }
    expect(rigged.complaints).toEqual([]);
  });

  it('goes on beating while a terminal uses its long transaction', async () => {
    await using rigged = await rig();
    const holder = await hold(rigged.engine);
    rigged.watchdog.look();
    await settle();
    expect(rigged.beats.count).toBe(0);
    for (let count = 1; count <= 5; count += 1) {
      await new Promise((done) => setTimeout(done, 2));
      holder.use();
      rigged.watchdog.look();
      expect(rigged.beats.count).toBe(count);
    }
    holder.end();
    await vi.waitFor(() => expect(rigged.beats.count).toBe(6));
  });

  it('goes on beating while terminals take the lock one after another', async () => {
    await using rigged = await rig({ writerIdleMs: 100 });
    const waiting = Array.from({ length: 4 }, () => rigged.engine.beginWrite(anyone));
    rigged.watchdog.look();
    await settle();
    let looks = 0;
    // None of them does anything; each is ended for it, and the next one has the lock.
    await vi.waitFor(
      () => {
        looks += 1;
        rigged.watchdog.look();
        expect(rigged.selfTest.waitsForLock).toBe(false);
      },
      { timeout: 10_000, interval: 50 },
    );
    await Promise.all(waiting);
    expect(looks).toBeGreaterThan(3);
    expect(rigged.beats.count).toBeGreaterThanOrEqual(3);
  });

  it('stops beating when the lock is held and nothing is done with it', async () => {
    await using rigged = await rig({ writerIdleMs: 3_600_000 });
    const holder = await hold(rigged.engine);
    rigged.watchdog.look();
    await settle();
    for (let count = 0; count < 5; count += 1) rigged.watchdog.look();
    await settle();
    expect(rigged.beats.count).toBe(0);
    holder.end();
  });

  it('stops beating when the disk does not answer, and begins again when it does', async () => {
    const disk = faultyDisk({ full: false, syncFails: false, readFails: false });
    const held = Promise.withResolvers<void>();
    let isSlow = false;
    await using rigged = await rig({
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
    for (let count = 0; count < 5; count += 1) {
      rigged.watchdog.look();
      await settle();
    }
    expect(rigged.beats.count).toBe(0);
    isSlow = false;
    held.resolve();
    await vi.waitFor(() => expect(rigged.beats.count).toBe(1));
  });

  it('does not beat when the disk fails', async () => {
    const faults = { full: false, syncFails: false, readFails: false };
    await using rigged = await rig({ medium: faultyDisk(faults) });
    faults.syncFails = true;
    for (let count = 0; count < 5; count += 1) {
      rigged.watchdog.look();
      await settle();
    }
    expect(rigged.beats.count).toBe(0);
    expect(rigged.complaints).toEqual([
      'the self-test failed: the box is started again if it goes on',
    ]);
  });

  it('complains of a full disk and beats on: the terminals can still read', async () => {
    const faults = { full: false, syncFails: false, readFails: false };
    await using rigged = await rig({ medium: faultyDisk(faults) });
    faults.full = true;
    // What was allocated before is used up first.
    let looks = 0;
    while (rigged.complaints.length === 0 && looks < 1000) {
      looks += 1;
      rigged.watchdog.look();
      await vi.waitFor(() => expect(rigged.beats.count).toBe(looks), { interval: 1 });
    }
    expect(rigged.complaints).toEqual([
      'the disk is full: nothing can be written until room is made',
    ]);
    faults.full = false;
    rigged.watchdog.look();
    await vi.waitFor(() => expect(rigged.complaints.at(-1)).toBeNull());
    expect(rigged.beats.count).toBe(looks + 1);
  });
});

describe('startWatchdog', () => {
  function manager(watchdogMs: number | null, told: string[]): ServiceManager {
    return {
      watchdogMs,
      ready: () => undefined,
      status: (text) => told.push(text),
      extendStart: () => undefined,
      alive: () => told.push('alive'),
      stopping: () => undefined,
      close: () => Promise.resolve(),
    };
  }

  it('beats three times within the time that systemd waits, until it is stopped', async () => {
    await using fixture = await openFixture();
    const { engine } = fixture;
    const told: string[] = [];
    const selfTest = new SelfTest(engine, systemClock);
    const begun = performance.now();
    const stop = startWatchdog({ engine, selfTest, log: silentLog }, manager(300, told));
    await vi.waitFor(() => expect(told.length).toBe(4), { timeout: 10_000 });
    expect(performance.now() - begun).toBeGreaterThan(250);
    await stop();
    const after = engine.durableCommit;
    await new Promise((done) => setTimeout(done, 250));
    expect(engine.durableCommit).toBe(after);
  });

  it('writes nothing where nobody watches', async () => {
    await using fixture = await openFixture();
    const { engine } = fixture;
    const before = engine.status().lastCommit;
    const selfTest = new SelfTest(engine, systemClock);
    const told: string[] = [];
    for (const service of [undefined, manager(null, told)]) {
      await startWatchdog({ engine, selfTest, log: silentLog }, service)();
    }
    await settle();
    expect(engine.status().lastCommit).toBe(before);
    expect(told).toEqual([]);
  });
});
