/**
 * A box in a virtual machine: the image, unchanged, on a disk of its own in QEMU, for tests.
 *
 *     await using vm = await Vm.start({ arch: 'x64', image: 'dist/image/x64/helios-edge_0.1.0_x64.raw' });
 *     await vm.waitReady();                       // until http://127.0.0.1:<vm.adminPort>/ready says so
 *     const { code, output } = await vm.run('helios-edge status');   // root's shell inside
 *     await vm.kill();                            // the plug is pulled: what the guest's kernel held is lost
 *     await vm.restart();                         // the same disk again
 *     await vm.powerOff();                        // in order
 *
 * - The disk is a thin copy (qcow2) over the image: the image's file is never written. `diskGigabytes`
 *   is its size; the first boot makes the data partition. `folder` keeps disk, firmware variables and
 *   `serial.log` (the kernel's and systemd's messages of all boots); without it a temporary one is removed at the end.
 *   `disk` replaces the copy with any other drive of QEMU's kind (`nbd:unix:/path`).
 * - `vm.port` (5432) and `vm.adminPort` (8080) lead into the guest from 127.0.0.1, the same over restarts;
 *   further guest ports by `forward`. The guest reaches this machine as 10.0.2.2. QEMU accepts connections before the
 *   guest listens: wait for an answer, not for a connection.
 * - The shell is systemd's debug shell on a virtual console, asked for on the kernel's command line by
 *   SMBIOS (`io.systemd.stub.kernel-cmdline-extra`): no image has it by itself. One command runs at a time.
 * - Everything is emulated (TCG), so it works on any machine and is slow: a boot takes one to several minutes
 *   of processor time. It does not show torn sectors or a drive's lost cache: `disk` with nbdkit does.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { request } from 'undici';
import { GuestShell, type ShellAnswer } from './guest-shell.ts';

export type { ShellAnswer } from './guest-shell.ts';

export interface VmOptions {
  readonly arch: 'x64' | 'arm64';
  /** The disk image (`.raw`). */
  readonly image: string;
  readonly folder?: string;
  readonly diskGigabytes?: number;
  /** A drive to use in place of the thin copy, as QEMU's `file=` takes it. */
  readonly disk?: string;
  readonly memoryMegabytes?: number;
  /** Guest ports to be reached from here, besides 5432 and 8080. */
  readonly forward?: readonly number[];
  /** Further words of the kernel's command line. */
  readonly kernelWords?: string;
}

const READY_MS_MAX = 900_000;
const POWER_OFF_MS_MAX = 180_000;
const POLL_MS = 250;
const ANSWER_MS_MAX = 5000;

interface Machine {
  readonly program: string;
  readonly words: readonly string[];
  readonly firmware: readonly [code: string, variables: string];
  readonly console: string;
}

const MACHINES: Readonly<Record<VmOptions['arch'], Machine>> = {
  x64: {
    program: 'qemu-system-x86_64',
    words: ['-machine', 'q35', '-cpu', 'max', '-device', 'i6300esb', '-action', 'watchdog=reset'],
    firmware: ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'],
    console: 'ttyS0',
  },
  arm64: {
    program: 'qemu-system-aarch64',
    words: ['-machine', 'virt', '-cpu', 'cortex-a72'],
    firmware: ['/usr/share/AAVMF/AAVMF_CODE.fd', '/usr/share/AAVMF/AAVMF_VARS.fd'],
    console: 'ttyAMA0',
  },
};

export class Vm implements AsyncDisposable {
  readonly folder: string;
  readonly #options: VmOptions;
  readonly #ownsFolder: boolean;
  readonly #ports = new Map<number, number>();
  #child: ChildProcess | null = null;
  #shell: GuestShell | null = null;
  #complaints = '';
  #startedAt = 0;

  private constructor(options: VmOptions) {
    this.#options = options;
    this.#ownsFolder = options.folder === undefined;
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), 'helios-vm-'));
    mkdirSync(this.folder, { recursive: true });
  }

  /** Makes the disk and switches the machine on; does not wait for it. */
  static async start(options: VmOptions): Promise<Vm> {
    const vm = new Vm(options);
    for (const guest of new Set([5432, 8080, ...(options.forward ?? [])])) {
      vm.#ports.set(guest, await freePort());
    }
    if (options.disk === undefined && !existsSync(vm.#overlay)) {
      const size = `${options.diskGigabytes ?? 8}G`;
      const backing = ['-F', 'raw', '-b', resolve(options.image)];
      execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, vm.#overlay, size]);
    }
    vm.restart();
    return vm;
  }

  get #overlay(): string {
    return join(this.folder, 'disk.qcow2');
  }

  get port(): number {
    return this.portOf(5432);
  }

  get adminPort(): number {
    return this.portOf(8080);
  }

  /** Port of 127.0.0.1 that leads to this port of the guest. */
  portOf(guest: number): number {
    const port = this.#ports.get(guest);
    if (port === undefined)
      throw new Error(`guest port ${guest} is not forwarded: name it in forward`);
    return port;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Seconds since the machine was last switched on. */
  get uptimeSeconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  get serialLog(): string {
    const path = join(this.folder, 'serial.log');
    return existsSync(path) ? readFileSync(path, 'latin1') : '';
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Switches it on again, on the same disk. */
  restart(): void {
    if (this.isRunning) throw new Error('the machine runs already: kill it or power it off first');
    const { arch } = this.#options;
    const machine = MACHINES[arch];
    const variables = join(this.folder, 'firmware-variables.fd');
    if (!existsSync(variables)) copyFileSync(machine.firmware[1], variables);
    this.#complaints = '';
    this.#startedAt = performance.now();
    const child = spawn(machine.program, this.#words(machine, variables), {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#complaints = (this.#complaints + chunk.toString()).slice(-4000);
    });
    child.on('error', (error) => {
      this.#complaints += error.message;
    });
    this.#child = child;
    this.#shell = new GuestShell(join(this.folder, 'shell.sock'));
  }

  #words(machine: Machine, variables: string): string[] {
    const { memoryMegabytes = 1536, disk, kernelWords = '' } = this.#options;
    const forwards = [...this.#ports].map(
      ([guest, host]) => `,hostfwd=tcp:127.0.0.1:${host}-:${guest}`,
    );
    const drive =
      disk === undefined ? `file=${this.#overlay},format=qcow2` : `file=${disk},format=raw`;
    const extra = [
      'no_timer_check',
      `console=${machine.console}`,
      'systemd.debug_shell=hvc0',
      kernelWords,
    ].join(' ');
    writeFileSync(
      join(this.folder, 'kernel-words'),
      `io.systemd.stub.kernel-cmdline-extra=${extra.trim()}`,
    );
    rmSync(join(this.folder, 'shell.sock'), { force: true });
    const groups: readonly (readonly string[])[] = [
      machine.words,
      ['-accel', 'tcg,thread=multi', '-smp', '2', '-m', String(memoryMegabytes)],
      ['-nodefaults', '-no-user-config', '-display', 'none'],
      ['-drive', `if=pflash,format=raw,readonly=on,file=${machine.firmware[0]}`],
      ['-drive', `if=pflash,format=raw,file=${variables}`],
      ['-drive', `if=none,id=disk,discard=unmap,${drive}`],
      ['-device', 'virtio-blk-pci,drive=disk,bootindex=1'],
      ['-netdev', `user,id=lan${forwards.join('')}`],
      ['-device', 'virtio-net-pci,netdev=lan,romfile='],
      ['-device', 'virtio-rng-pci'],
      ['-chardev', `file,id=serial,append=on,path=${join(this.folder, 'serial.log')}`],
      ['-serial', 'chardev:serial'],
      ['-device', 'virtio-serial-pci'],
      ['-chardev', `socket,id=shell,server=on,wait=off,path=${join(this.folder, 'shell.sock')}`],
      ['-device', 'virtconsole,chardev=shell'],
      ['-smbios', `type=11,path=${join(this.folder, 'kernel-words')}`],
    ];
    return groups.flat();
  }

  /** Until the box says it is ready. Returns the seconds since it was switched on. */
  async waitReady(msMax = READY_MS_MAX): Promise<number> {
    const end = performance.now() + msMax;
    while (performance.now() < end) {
      if (!this.isRunning) throw new Error(`QEMU ended: ${this.#complaints}\n${this.#tail()}`);
      if (await this.#isReady()) return this.uptimeSeconds;
      await pause(POLL_MS);
    }
    throw new Error(`the box was not ready in time; its last words:\n${this.#tail()}`);
  }

  async #isReady(): Promise<boolean> {
    try {
      const answer = await request(`http://127.0.0.1:${this.adminPort}/ready`, {
        headersTimeout: ANSWER_MS_MAX,
        bodyTimeout: ANSWER_MS_MAX,
        reset: true,
      });
      await answer.body.dump();
      return answer.statusCode === 200;
    } catch {
      return false;
    }
  }

  /** Runs a command in root's shell inside. Standard output and error come together. */
  async run(command: string, msMax?: number): Promise<ShellAnswer> {
    if (this.#shell === null) throw new Error('the machine is off');
    return this.#shell.run(command, msMax);
  }

  /** As `run`, and fails when the command does. */
  async output(command: string, msMax?: number): Promise<string> {
    const { code, output } = await this.run(command, msMax);
    if (code !== 0) throw new Error(`${command}\nended with ${code} in the guest:\n${output}`);
    return output;
  }

  /** The administrator's key of the box. */
  async adminKey(): Promise<string> {
    return (await this.output('cat /var/lib/heliosdb/admin.key')).trim();
  }

  /** SIGKILL of QEMU. */
  async kill(): Promise<void> {
    await this.#ended(() => this.#child?.kill('SIGKILL'));
  }

  /** An orderly shutdown from inside. @throws Error when it takes too long */
  async powerOff(): Promise<void> {
    await this.#shell?.send('systemctl poweroff');
    await this.#ended(() => undefined, POWER_OFF_MS_MAX);
  }

  async #ended(how: () => void, msMax = POWER_OFF_MS_MAX): Promise<void> {
    const child = this.#child;
    this.#shell?.close();
    this.#shell = null;
    if (child === null || !this.isRunning) return;
    const gone = new Promise<boolean>((resolve) => child.once('exit', () => resolve(true)));
    how();
    const late = new AbortController();
    const inTime = await Promise.race([
      gone,
      pause(msMax, false, { signal: late.signal }).catch(() => false),
    ]);
    late.abort();
    if (!inTime) throw new Error(`the machine did not switch itself off:\n${this.#tail()}`);
  }

  #tail(): string {
    return this.serialLog.slice(-6000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    if (this.#ownsFolder) rmSync(this.folder, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
