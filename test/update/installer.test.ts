import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settleAttempt, type UpdateAttempt } from '../../edge/update/attempt.ts';
import { readRecord, writeRecord } from '../../edge/update/update-record.ts';
import { BundleShop, newKey } from './bundles.ts';
import { FakeMachine, PowerCut } from './fake-machine.ts';

const shop = new BundleShop();
const bundles = new Map<string, string>();
const VERSIONS = ['0.9.0', '1.0.0', '2.0.0', '3.0.0'];

beforeAll(async () => {
  for (const version of VERSIONS) bundles.set(version, await shop.make(version));
});
afterAll(() => shop[Symbol.dispose]());

function bundle(version: string): string {
  return bundles.get(version) ?? '';
}

/** A version starts when root and kernel are whole and of the same version. */
function starts(root: Buffer, uki: Buffer): string | null {
  for (const version of VERSIONS) {
    const whole = shop.root(version);
    if (root.subarray(0, whole.length).equals(whole) && uki.equals(shop.uki(version))) {
      return version;
    }
  }
  return null;
}

function machine(running: string, other?: string): FakeMachine {
  const made = new FakeMachine();
  if (other !== undefined) made.place(2, other, shop.root(other), shop.uki(other));
  made.place(1, running, shop.root(running), shop.uki(running));
  made.running = running;
  return made;
}

/** What `update record` does at each boot. */
function settle(box: FakeMachine, healthFault: string | null = null): UpdateAttempt | null {
  const record = readRecord(box.state);
  if (record.attempt === null) return null;
  const seen = { version: box.running, bootId: box.bootId, entries: box.entries(), healthFault };
  const attempt = settleAttempt(record.attempt, seen);
  writeRecord(box.state, { ...record, attempt });
  return attempt;
}

test('an update is tried, blessed and becomes good; the old version stays beside it', async () => {
  using box = machine('1.0.0', '0.9.0');
  await box.install(bundle('2.0.0'), shop.key.publicKey);
  expect(box.entry('2.0.0')).toMatchObject({ triesLeft: 3, triesDone: 0 });
  expect(box.entry('0.9.0')).toBeNull();
  expect(settle(box)).toMatchObject({ phase: 'trial', from: '1.0.0', backup: '/backups/1' });
  expect(box.boot(starts)).toBe('2.0.0');
  expect(settle(box)).toMatchObject({ phase: 'trial', starts: 1 });
  box.bless();
  expect(settle(box)).toMatchObject({ phase: 'good' });
  expect(box.boot(starts)).toBe('2.0.0');
  expect(box.slots().map((slot) => slot.label)).toEqual(['helios_1.0.0', 'helios_2.0.0']);
  // And the next one goes into the first slot.
  await box.install(bundle('3.0.0'), shop.key.publicKey);
  expect(box.boot(starts)).toBe('3.0.0');
  expect(box.entry('1.0.0')).toBeNull();
});

test('a version that does not start gives way after three tries', async () => {
  using box = machine('1.0.0');
  await box.install(bundle('2.0.0'), shop.key.publicKey);
  const broken = (root: Buffer, uki: Buffer): string | null => {
    const version = starts(root, uki);
    return version === '2.0.0' ? null : version;
  };
  expect(box.boot(broken)).toBe('1.0.0');
  expect(settle(box)).toMatchObject({
    phase: 'rolled-back',
    reason: 'version 2.0.0 did not start in 3 tries',
  });
  expect(box.boot(broken)).toBe('1.0.0');
});

test('a version that never passes its health check gives way after three tries', async () => {
  using box = machine('1.0.0');
  await box.install(bundle('2.0.0'), shop.key.publicKey);
  for (let turn = 0; turn < 3; turn++) {
    expect(box.boot(starts)).toBe('2.0.0');
    settle(box);
  }
  expect(box.boot(starts)).toBe('1.0.0');
  expect(settle(box, 'the box does not answer')?.reason).toBe(
    'version 2.0.0 started 3 times and did not pass its health check: the box does not answer',
  );
});

test('a forced downgrade runs although the newer version is good, and returns when it fails', async () => {
  using box = machine('2.0.0');
  const path = bundle('1.0.0');
  await expect(box.install(path, shop.key.publicKey)).rejects.toThrow('--force-downgrade');
  await box.install(path, shop.key.publicKey, { isDowngradeForced: true });
  expect(box.boot(starts)).toBe('1.0.0');
  box.bless();
  expect(box.boot(starts)).toBe('1.0.0');

  using other = machine('2.0.0');
  await other.install(path, shop.key.publicKey, { isDowngradeForced: true });
  const broken = (root: Buffer, uki: Buffer): string | null => {
    const version = starts(root, uki);
    return version === '1.0.0' ? null : version;
  };
  expect(other.boot(broken)).toBe('2.0.0');
  other.bless();
  expect(other.boot(broken)).toBe('2.0.0');
});

for (const [name, running, other, version] of [
  ['an update beside an older version', '1.0.0', '0.9.0', '2.0.0'],
  ['an update into an empty slot', '1.0.0', undefined, '2.0.0'],
  ['a forced downgrade', '2.0.0', '3.0.0', '1.0.0'],
] as const) {
  test(`the power goes at every step of ${name}: the box boots, and the update can be made again`, async () => {
    const key = shop.key.publicKey;
    const options = { isDowngradeForced: true };
    let finished = false;
    let cuts = 0;
    const seen = new Set<string>();
    while (!finished) {
      cuts++;
      using box = machine(running, running === '2.0.0' ? undefined : other);
      box.plug.left = cuts;
      try {
        await box.install(bundle(version), key, options);
        finished = true;
      } catch (error) {
        expect(error, `cut ${cuts}`).toBeInstanceOf(PowerCut);
      }
      // Nothing in the boot menu may point to half a system.
      for (const entry of box.entries()) {
        const content = box.contentOf(entry);
        const what = content === null ? null : starts(content.root, content.uki);
        expect(what, `cut ${cuts}: ${entry.file}`).toBe(entry.version);
      }
      const booted = box.boot(starts);
      const attempt = settle(box);
      seen.add(`${booted} ${attempt?.phase ?? 'untouched'}`);
      if (booted === running) {
        expect(['interrupted', undefined], `cut ${cuts}`).toContain(attempt?.phase);
        await box.install(bundle(version), key, options);
        expect(box.boot(starts), `after cut ${cuts}`).toBe(version);
      } else {
        expect(attempt?.phase, `cut ${cuts}`).toBe('trial');
      }
      box.bless();
      expect(settle(box)?.phase, `cut ${cuts}`).toBe('good');
    }
    expect(cuts).toBeGreaterThan(20);
    expect([...seen].sort()).toEqual(
      [`${running} interrupted`, `${running} untouched`, `${version} trial`].sort(),
    );
  });
}

test('a medium that holds other bytes than were written is found, and nothing boots from it', async () => {
  using box = machine('1.0.0');
  box.isFailing = true;
  await expect(box.install(bundle('2.0.0'), shop.key.publicKey)).rejects.toThrow('disk is failing');
  expect(readRecord(box.state).attempt).toMatchObject({ phase: 'failed' });
  expect(box.slots()[1]?.label).toBe('_empty');
  expect(box.entries().map((entry) => entry.version)).toEqual(['1.0.0']);
});

test('nothing is touched by what is refused', async () => {
  using box = machine('1.0.0', '0.9.0');
  const key = shop.key.publicKey;
  const large = await shop.make('2.5.0', { rootBytes: 70_000 });
  const foreign = await shop.make('2.6.0', { arch: 'arm64' });
  await expect(box.install(large, key)).rejects.toThrow('larger than its partition');
  await expect(box.install(foreign, key)).rejects.toThrow('is for arm64');
  await expect(box.install(bundle('1.0.0'), key)).rejects.toThrow('running already');
  await expect(box.install(bundle('2.0.0'), newKey().publicKey)).rejects.toThrow('not signed');
  const noBackup = (): never => {
    throw new Error('the disk is full');
  };
  await expect(box.install(bundle('2.0.0'), key, { backup: noBackup })).rejects.toThrow('is full');
  expect(box.entries().map((entry) => entry.file)).toEqual([
    'helios_0.9.0.efi',
    'helios_1.0.0.efi',
  ]);
  expect(box.slots().map((slot) => slot.label)).toEqual(['helios_1.0.0', 'helios_0.9.0']);
  expect(readRecord(box.state).attempt).toBeNull();
  expect(
    readFileSync(box.slots()[1]?.device ?? '')
      .subarray(0, 40_000)
      .equals(shop.root('0.9.0')),
  ).toBe(true);
});

test('an update on trial is not overwritten by the next: the way back would be lost', async () => {
  using box = machine('1.0.0');
  await box.install(bundle('2.0.0'), shop.key.publicKey);
  box.boot(starts);
  settle(box);
  await expect(box.install(bundle('3.0.0'), shop.key.publicKey)).rejects.toThrow('on trial');
  box.bless();
  settle(box);
  await box.install(bundle('3.0.0'), shop.key.publicKey);
});
