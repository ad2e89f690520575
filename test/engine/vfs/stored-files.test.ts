/** The layered files against a plain array of bytes, whatever the order of operations. */
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { durableMedium } from '../../../edge/engine/vfs/durable-file.ts';
import type { StoredFile } from '../../../edge/engine/vfs/stored-file.ts';
import { volatileMedium } from '../../../edge/engine/vfs/volatile-file.ts';
import { WalFile } from '../../../edge/engine/vfs/wal-file.ts';
import { makeDirectory, removeDirectory } from '../support/engine-fixture.ts';

type Step =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number }
  | { readonly kind: 'sync' | 'syncLater' | 'flush' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      position: fc.nat(5000),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 600 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('truncate' as const), size: fc.nat(3000) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('sync', 'syncLater', 'flush') }) },
) as fc.Arbitrary<Step>;

class Model {
  bytes = new Uint8Array(0);

  write(position: number, source: Uint8Array): void {
    this.resize(Math.max(this.bytes.length, position + source.length));
    this.bytes.set(source, position);
  }

  resize(size: number): void {
    const resized = new Uint8Array(size);
    resized.set(this.bytes.subarray(0, size));
    this.bytes = resized;
  }
}

function content(file: StoredFile, length: number): Uint8Array {
  const target = new Uint8Array(length + 16).fill(9);
  file.read(target, 8, length, 0);
  expect(target.subarray(0, 8)).toEqual(new Uint8Array(8).fill(9));
  return target.slice(8, 8 + length);
}

async function follow(file: StoredFile, steps: readonly Step[], model: Model): Promise<void> {
  const syncs: Promise<void>[] = [];
  for (const current of steps) {
    if (current.kind === 'write') {
      file.write(current.bytes, 0, current.bytes.length, current.position);
      model.write(current.position, current.bytes);
    } else if (current.kind === 'truncate') {
      if (current.size > model.bytes.length) continue;
      file.truncate(current.size);
      model.resize(current.size);
    } else if (current.kind === 'sync') file.syncNow();
    else if (current.kind === 'syncLater') syncs.push(file.sync());
    else if (file instanceof WalFile) file.flush();
    expect(content(file, model.bytes.length)).toEqual(model.bytes);
  }
  await Promise.all(syncs);
  expect(content(file, model.bytes.length)).toEqual(model.bytes);
}

describe('stored files', () => {
  let directory = '';
  let count = 0;

  beforeEach(() => {
    directory = makeDirectory();
  });

  afterEach(() => removeDirectory(directory));

  const makers = [
    ['DurableFile', (path: string) => durableMedium.open(path, { create: true, readOnly: false })],
    [
      'VolatileFile',
      (path: string) => volatileMedium.open(path, { create: true, readOnly: false }),
    ],
    [
      'WalFile',
      (path: string) =>
        new WalFile(durableMedium.open(path, { create: true, readOnly: false }), false),
    ],
    [
      'WalFile over VolatileFile',
      (path: string) =>
        new WalFile(volatileMedium.open(path, { create: true, readOnly: false }), false),
    ],
  ] as const;

  it.each(makers)(
    '%s reads what was written, and the disk has it in the end',
    async (_name, make) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          count += 1;
          const path = join(directory, `file-${count}`);
          const file = make(path);
          const model = new Model();
          await follow(file, steps, model);
          file.close();
          const reopened = durableMedium.open(path, { create: false, readOnly: true });
          expect(content(reopened, model.bytes.length)).toEqual(model.bytes);
          reopened.close();
        }),
        { numRuns: 60 },
      );
    },
  );

  it('VolatileFile keeps from the disk what no sync covered', () => {
    const path = join(directory, 'volatile');
    const file = volatileMedium.open(path, { create: true, readOnly: false });
    file.write(new Uint8Array([1, 2, 3]), 0, 3, 0);
    file.syncNow();
    file.write(new Uint8Array([9]), 0, 1, 1);
    const disk = durableMedium.open(path, { create: false, readOnly: true });
    expect(content(disk, 3)).toEqual(new Uint8Array([1, 2, 3]));
    expect(content(file, 3)).toEqual(new Uint8Array([1, 9, 3]));
    disk.close();
    file.close();
  });

  it('WalFile has the disk space for what it accepted, before it writes', () => {
    const path = join(directory, 'log');
    const disk = durableMedium.open(path, { create: true, readOnly: false });
    const file = new WalFile(disk, false);
    file.write(new Uint8Array(5000), 0, 5000, 100);
    expect(disk.size()).toBeGreaterThanOrEqual(5100);
    expect(file.logicalBytes).toBe(5100);
    file.close();
  });

  it('WalFile brings a new header to the disk before any frame over an old one', async () => {
    const order: string[] = [];
    const log: StoredFile = {
      read: () => 0,
      write: (_source, _start, length, position) => order.push(`write ${position}+${length}`),
      truncate: () => undefined,
      size: () => 1_000_000,
      syncNow: () => order.push('sync'),
      sync: async () => {
        order.push('sync');
      },
      isAtItsPath: () => true,
      close: () => undefined,
    };
    const file = new WalFile(log, false);
    const start = () => {
      file.write(new Uint8Array(32), 0, 32, 0);
      file.syncNow();
      file.write(new Uint8Array(100), 0, 100, 32);
    };
    start();
    expect(order).toEqual([]);
    await file.sync();
    expect(order).toEqual(['write 0+32', 'sync', 'write 0+132', 'sync']);
    order.length = 0;
    start();
    file.syncNow();
    expect(order).toEqual(['write 0+32', 'sync', 'write 0+132', 'sync']);
  });
});
