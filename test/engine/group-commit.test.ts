/** Group commit over a log whose syncs the test lets return one by one. */
import { describe, expect, it } from 'vitest';
import { GroupCommit } from '../../edge/engine/group-commit.ts';
import { silentLog } from '../../edge/log.ts';

class HeldLog {
  readonly syncs: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  #onSync: (() => void) | null = null;
  inPlace = true;

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.syncs.push({ resolve, reject });
      this.#onSync?.();
    });
  }

  assertInPlace(): void {
    if (!this.inPlace) throw new Error('the log has gone');
  }

  async reached(count: number): Promise<void> {
    while (this.syncs.length < count) {
      await new Promise<void>((resolve) => {
        this.#onSync = resolve;
      });
    }
  }
}

function make(): { log: HeldLog; group: GroupCommit; fatal: unknown[] } {
  const log = new HeldLog();
  const fatal: unknown[] = [];
  const parts = { commitLog: log, log: silentLog, onFatal: (error: unknown) => fatal.push(error) };
  return { log, group: new GroupCommit(parts, 10n), fatal };
}

describe('GroupCommit', () => {
  it('covers all who wait by one sync, and who comes during it by the next', async () => {
    const { log, group } = make();
    const told: bigint[] = [];
    group.onDurable((commit) => told.push(commit));
    group.committed(11n);
    group.committed(12n);
    const early = [group.await(11n), group.await(12n)];
    await log.reached(1);
    group.committed(13n);
    let late = false;
    const later = group.await(13n).then(() => {
      late = true;
    });
    log.syncs[0]?.resolve();
    await Promise.all(early);
    expect(group.durable).toBe(12n);
    await log.reached(2);
    expect(late).toBe(false);
    log.syncs[1]?.resolve();
    await later;
    expect(group.durable).toBe(13n);
    expect(told).toEqual([12n, 13n]);
    expect(log.syncs.length).toBe(2);
  });

  it('answers at once for what is durable, and refuses what was not committed', async () => {
    const { group } = make();
    await group.await(10n);
    await expect(group.await(11n)).rejects.toThrow('commit 11 is awaited, and the last is 10');
  });

  it('syncs a commit that nobody awaits', async () => {
    const { log, group } = make();
    group.committed(11n);
    await log.reached(1);
    log.syncs[0]?.resolve();
    await group.stop();
    expect(group.durable).toBe(11n);
  });

  it('acknowledges nothing after a failed sync', async () => {
    const { log, group, fatal } = make();
    group.committed(11n);
    const waiting = group.await(11n);
    await log.reached(1);
    group.committed(12n);
    const next = group.await(12n);
    log.syncs[0]?.reject(new Error('EIO'));
    await expect(waiting).rejects.toMatchObject({ sqlstate: '57P02' });
    await expect(next).rejects.toMatchObject({ sqlstate: '57P02' });
    await expect(group.await(12n)).rejects.toMatchObject({ sqlstate: '57P02' });
    expect(group.durable).toBe(10n);
    expect(fatal).toHaveLength(1);
  });

  it('acknowledges nothing when another file lies at the path', async () => {
    const { log, group, fatal } = make();
    group.committed(11n);
    const waiting = group.await(11n);
    await log.reached(1);
    log.inPlace = false;
    log.syncs[0]?.resolve();
    await expect(waiting).rejects.toMatchObject({ sqlstate: '57P02' });
    expect(fatal).toHaveLength(1);
  });
});
