/** Starts a command under the small service manager of `service_manager.py`, and keeps what it is told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

const WAIT_MS_MAX = 60_000;
const POLL_MS = 20;
const SCRIPT = join(import.meta.dirname, 'service_manager.py');

export interface Told {
  readonly message: string;
  /** Process that sent it. */
  readonly sender: number;
  readonly atMs: number;
}

export class SmallServiceManager implements AsyncDisposable {
  readonly told: Told[] = [];
  readonly #child: ChildProcess;
  readonly #directory: string;
  #pid = 0;
  #exit: number | null = null;
  #errors = '';

  private constructor(
    mode: 'passed' | 'path',
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
  ) {
    this.#directory = mkdtempSync(join(tmpdir(), 'helios-notify-'));
    const child = spawn(
      '/usr/bin/python3',
      [SCRIPT, join(this.#directory, 'notify'), mode, ...command],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } },
    );
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#take(line));
  }

  /** @param mode `passed`: with the connected socket as a descriptor; `path`: only named */
  static async start(
    mode: 'passed' | 'path',
    command: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<SmallServiceManager> {
    const manager = new SmallServiceManager(mode, command, environment);
    await manager.until(() => manager.#pid > 0);
    return manager;
  }

  /** The command's process. */
  get pid(): number {
    return this.#pid;
  }

  get exit(): number | null {
    return this.#exit;
  }

  /** Every assignment that came, in order. */
  get assignments(): readonly string[] {
    return this.told.flatMap(({ message }) => message.split('\n'));
  }

  count(assignment: string): number {
    return this.assignments.filter((each) => each === assignment).length;
  }

  /** @throws Error with all that was told, when it does not come true in time */
  async until(isTrue: () => boolean, msMax: number = WAIT_MS_MAX): Promise<void> {
    const end = performance.now() + msMax;
    while (!isTrue()) {
      if (performance.now() > end || this.#child.exitCode !== null) {
        throw new Error(
          `it did not happen (exit ${this.#exit}); told:\n${this.assignments.join('\n')}\n${this.#errors}`,
        );
      }
      await pause(POLL_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #take(line: string): void {
    // What the command prints comes the same way.
    if (!line.startsWith('{"')) return;
    const what = JSON.parse(line) as {
      readonly pid?: number;
      readonly message?: string;
      readonly sender?: number;
      readonly exit?: number;
    };
    if (what.pid !== undefined) this.#pid = what.pid;
    if (what.exit !== undefined) this.#exit = what.exit;
    if (what.message === undefined) return;
    this.told.push({
      message: what.message,
      sender: what.sender ?? 0,
      atMs: performance.now(),
    });
  }
}
