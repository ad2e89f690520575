/**
 * A machine made of files: a disk with two system slots, a boot partition and a systemd-boot that counts
 * tries, with a plug that can be pulled at any step of the installer (also in the middle of a long write).
 * After the pull nothing works until `plugIn`, not even the installer's own excuses.
 */
import { createHash, type KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UpdateAttempt } from '../../edge/update/attempt.ts';
import { type BootEntry, BootFolder } from '../../edge/update/boot-folder.ts';
import { verifyBundleFile } from '../../edge/update/bundle-reader.ts';
import { installBundle } from '../../edge/update/installer.ts';
import { SafeDirectory } from '../../edge/update/safe-directory.ts';
import {
  labelVersion,
  type Slot,
  type SystemDisk,
  slotLabel,
} from '../../edge/update/system-disk.ts';
import { compareVersions } from '../../edge/update/version-order.ts';

export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

class Plug {
  /** Steps until the power goes. */
  left = Number.POSITIVE_INFINITY;
  steps = 0;

  step(): void {
    this.steps++;
    if (this.left <= 0) throw new PowerCut('the power is off');
    this.left--;
    if (this.left === 0) throw new PowerCut('the power goes');
  }
}

/** Every call of the target passes the plug, and so does every piece of content that a call is given. */
function plugged<T extends object>(target: T, plug: Plug): T {
  return new Proxy(target, {
    get: (object, property) => {
      const value: unknown = Reflect.get(object, property, object);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        plug.step();
        return value.apply(
          object,
          args.map((arg) => (isContent(arg) ? drip(arg, plug) : arg)),
        );
      };
    },
  });
}

function isContent(value: unknown): value is AsyncIterable<Uint8Array> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

async function* drip(content: AsyncIterable<Uint8Array>, plug: Plug): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    const half = chunk.length >> 1;
    plug.step();
    yield chunk.subarray(0, half);
    plug.step();
    yield chunk.subarray(half);
    plug.step();
  }
}

const SLOT_BYTES = 64_000;

export class FakeMachine implements SystemDisk, Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'helios-machine-'));
  readonly #state: SafeDirectory;
  readonly #boot: BootFolder;
  plug = new Plug();
  running = '';
  bootId = 'boot-0';
  /** The medium takes other bytes than it was given. */
  isFailing = false;
  #boots = 0;
  #runningSlot = 1;

  constructor() {
    mkdirSync(join(this.home, 'esp'));
    this.#state = SafeDirectory.make(join(this.home, 'state'));
    this.#boot = new BootFolder(join(this.home, 'esp'));
    writeFileSync(join(this.home, 'labels.json'), '["_empty","_empty"]');
    for (const number of [1, 2]) writeFileSync(this.#device(number), Buffer.alloc(SLOT_BYTES));
  }

  [Symbol.dispose](): void {
    this.#state[Symbol.dispose]();
    this.#boot[Symbol.dispose]();
    rmSync(this.home, { recursive: true, force: true });
  }

  /** A system that was flashed, or installed long ago. */
  place(slot: 1 | 2, version: string, root: Buffer, uki: Buffer): void {
    writeFileSync(
      this.#device(slot),
      Buffer.concat([root, Buffer.alloc(SLOT_BYTES - root.length)]),
    );
    this.#setLabel(slot, slotLabel(version));
    writeFileSync(join(this.home, 'esp', `helios_${version}.efi`), uki);
  }

  /**
   * What systemd-boot does: newest good entry first, a counted one loses a try, one that does not start comes
   * again until its tries are used up.
   * @param starts whether a version with this root and kernel starts
   */
  boot(starts: (root: Buffer, uki: Buffer) => string | null): string {
    this.plug = new Plug();
    for (let turn = 0; turn < 10; turn++) {
      const entry = [...this.#boot.entries()].sort(menuOrder)[0];
      if (entry === undefined) break;
      const uki = readFileSync(join(this.home, 'esp', entry.file));
      if (entry.triesLeft !== null) this.#count(entry);
      this.bootId = `boot-${++this.#boots}`;
      const slot = this.#slotOf(entry.version);
      const version = slot === null ? null : starts(readFileSync(this.#device(slot)), uki);
      if (slot === null || version === null) continue;
      this.running = version;
      this.#runningSlot = slot;
      return version;
    }
    throw new Error('no version starts: the box is a brick');
  }

  /** What systemd-bless-boot does after the health check. */
  bless(): void {
    const entry = this.entry(this.running);
    if (entry === null || entry.triesLeft === null) return;
    this.#rename(entry, `helios_${entry.version}.efi`);
  }

  entry(version: string): BootEntry | null {
    return this.#boot.entries().find((candidate) => candidate.version === version) ?? null;
  }

  entries(): readonly BootEntry[] {
    return this.#boot.entries();
  }

  get state(): SafeDirectory {
    return this.#state;
  }

  get bootFolder(): BootFolder {
    return this.#boot;
  }

  /** Root content that an entry in the menu would start. */
  contentOf(entry: BootEntry): { readonly root: Buffer; readonly uki: Buffer } | null {
    const slot = this.#slotOf(entry.version);
    if (slot === null) return null;
    const uki = readFileSync(join(this.home, 'esp', entry.file));
    return { root: readFileSync(this.#device(slot)), uki };
  }

  async install(
    path: string,
    key: KeyObject,
    options: { readonly isDowngradeForced?: boolean; readonly backup?: () => never } = {},
  ): Promise<UpdateAttempt> {
    const { plug } = this;
    return installBundle({
      disk: plugged<SystemDisk>(this, plug),
      boot: plugged(this.#boot, plug),
      state: plugged(this.#state, plug),
      running: { version: this.running, arch: 'x64' },
      runningLayout: 1,
      bootId: this.bootId,
      path,
      bundle: await verifyBundleFile(path, [key]),
      isDowngradeForced: options.isDowngradeForced === true,
      now: () => new Date('2026-11-02T00:00:00Z'),
      backup: async () => options.backup?.() ?? { path: '/backups/1', note: null },
      say: () => undefined,
    });
  }

  slots(): readonly Slot[] {
    return this.#labels().map((label, index) => ({
      number: index + 1,
      device: this.#device(index + 1),
      label,
      version: labelVersion(label),
      bytes: SLOT_BYTES,
      isRunning: index + 1 === this.#runningSlot,
    }));
  }

  setLabel(slot: Slot, label: string): void {
    if (slot.isRunning) throw new Error('the running slot was relabelled');
    this.#setLabel(slot.number, label);
  }

  async write(slot: Slot, content: AsyncIterable<Uint8Array>): Promise<void> {
    if (slot.isRunning) throw new Error('the running slot was written');
    const bytes = readFileSync(slot.device);
    let at = 0;
    for await (const chunk of content) {
      Buffer.from(chunk).copy(bytes, at);
      at += chunk.length;
      // Each piece reaches the medium before the next: the worst that a cut can find.
      writeFileSync(slot.device, bytes);
    }
    if (this.isFailing) writeFileSync(slot.device, bytes.fill(0xff, 100, 101));
  }

  async hash(slot: Slot, bytes: number): Promise<string> {
    return createHash('sha256').update(readFileSync(slot.device).subarray(0, bytes)).digest('hex');
  }

  #slotOf(version: string): number | null {
    const index = this.#labels().indexOf(slotLabel(version));
    return index < 0 ? null : index + 1;
  }

  #count(entry: BootEntry): void {
    const left = Math.max(0, (entry.triesLeft ?? 0) - 1);
    this.#rename(entry, `helios_${entry.version}+${left}-${entry.triesDone + 1}.efi`);
  }

  #rename(entry: BootEntry, to: string): void {
    const esp = join(this.home, 'esp');
    if (entry.file !== to) renameSync(join(esp, entry.file), join(esp, to));
  }

  #device(number: number): string {
    return join(this.home, `slot-${number}`);
  }

  #labels(): string[] {
    return JSON.parse(readFileSync(join(this.home, 'labels.json'), 'utf8')) as string[];
  }

  #setLabel(number: number, label: string): void {
    const labels = this.#labels();
    labels[number - 1] = label;
    writeFileSync(join(this.home, 'labels.json'), JSON.stringify(labels));
  }
}

/** systemd-boot's: entries without tries go last, then the newer version first. */
function menuOrder(left: BootEntry, right: BootEntry): number {
  const [a, b] = [left.triesLeft === 0 ? 1 : 0, right.triesLeft === 0 ? 1 : 0];
  return a === b ? compareVersions(right.version, left.version) : a - b;
}
