/** When a commit is synced in place, and that it is then as durable, or as failed, as any other. */
import { describe, expect, it } from 'vitest';
import { GroupCommit } from '../../edge/engine/group-commit.ts';
import { LoneSync } from '../../edge/engine/lone-sync.ts';
import { silentLog } from '../../edge/log.ts';

const QUICK_MS = 0.2;

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A disk on which each sync takes `tookMs`. */
function makeRig() {
  const rig = { nowMs: 0, tookMs: QUICK_MS, shared: 0, inPlace: 0, broken: false, isThere: true };
  const fatal: unknown[] = [];
  const group = new GroupCommit(
    {
      commitLog: {
        sync: () => {
          rig.nowMs += rig.tookMs;
          rig.shared++;
          return Promise.resolve();
        },
        syncInPlace: () => {
          if (rig.broken) throw new Error('EIO');
          rig.nowMs += rig.tookMs;
          rig.inPlace++;
          return true;
        },
        assertInPlace: () => {
          if (!rig.isThere) throw new Error('the log has gone');
        },
      },
      log: silentLog,
      onFatal: (error) => fatal.push(error),
      loneSync: new LoneSync(() => rig.nowMs),
    },
    0n,
  );
  let last = 0n;
  const commit = (): Promise<void> => {
    last++;
    group.committed(last);
    return group.await(last);
  };
  const alone = async (count: number): Promise<void> => {
    for (let each = 0; each < count; each++) {
      await commit();
      await nextTurn();
    }
  };
  return { rig, group, fatal, commit, alone, lastCommit: () => last };
}

describe('LoneSync', () => {
  it('syncs in place once commits keep coming one by one', async () => {
    const { rig, group, alone, lastCommit } = makeRig();
    const told: bigint[] = [];
    group.onDurable((number) => told.push(number));
    await alone(40);
    expect(rig.inPlace).toBeGreaterThan(20);
    expect(rig.inPlace + rig.shared).toBe(40);
    expect(group.durable).toBe(lastCommit());
    expect(told).toEqual(Array.from({ length: 40 }, (_, index) => BigInt(index + 1)));
  });

  it('goes to the thread when two commits meet in one turn', async () => {
    const { rig, commit, alone } = makeRig();
    await alone(40);
    const before = rig.inPlace;
    await Promise.all([commit(), commit(), commit()]);
    for (let round = 0; round < 10; round++) {
      await nextTurn();
      await Promise.all([commit(), commit(), commit()]);
    }
    expect(rig.inPlace - before).toBe(1);
  });

  it('leaves a slow disk to the thread, and stops after one slow sync', async () => {
    const slow = makeRig();
    slow.rig.tookMs = 3;
    await slow.alone(100);
    expect(slow.rig.inPlace).toBe(0);
    const stalling = makeRig();
    await stalling.alone(40);
    stalling.rig.tookMs = 50;
    await stalling.alone(1);
    stalling.rig.tookMs = QUICK_MS;
    const before = stalling.rig.inPlace;
    await stalling.alone(200);
    expect(stalling.rig.inPlace).toBe(before);
  });

  it.each(['broken', 'gone'])('acknowledges nothing when the log is %s', async (what) => {
    const { rig, group, fatal, commit, alone } = makeRig();
    await alone(40);
    const { durable } = group;
    if (what === 'broken') rig.broken = true;
    else rig.isThere = false;
    await expect(commit()).rejects.toMatchObject({ condition: 'crash_shutdown' });
    expect(group.durable).toBe(durable);
    expect(fatal).toHaveLength(1);
    await expect(commit()).rejects.toMatchObject({ condition: 'crash_shutdown' });
  });
});
