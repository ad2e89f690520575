/**
 * Root's shell on a virtual console of a guest, over QEMU's socket: one command at a time, its output,
 * and its exit code. The console is a terminal, so output is text, and a line's end is `\n`.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface ShellAnswer {
  readonly code: number;
  readonly output: string;
}

const COMMAND_MS_MAX = 120_000;
/** A shell that is not there yet, or that lost a line while it started, is asked again. */
const GREETING_MS = 3000;
const POLL_MS = 20;

export class GuestShell {
  readonly #path: string;
  #socket: Socket | null = null;
  #received = '';
  #isGreeted = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  run(command: string, msMax = COMMAND_MS_MAX): Promise<ShellAnswer> {
    const turn = this.#last.then(() => this.#runNow(command, msMax));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Gives a command without waiting for its end. */
  async send(command: string): Promise<void> {
    const socket = await this.#open(COMMAND_MS_MAX);
    socket.write(`${command}\n`);
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
    this.#isGreeted = false;
  }

  async #runNow(command: string, msMax: number): Promise<ShellAnswer> {
    const end = performance.now() + msMax;
    const socket = await this.#open(msMax);
    const mark = randomBytes(8).toString('hex');
    this.#received = '';
    // The mark is written in two parts, so that an echo of the command does not count as its answer; and the
    // command travels encoded, in short lines: a terminal's line holds 4096 characters at most.
    const encoded = Buffer.from(command)
      .toString('base64')
      .replace(/.{1,512}/g, '$&\n');
    socket.write(`C=$(base64 -d << E${mark}\n${encoded}E${mark}\n)\n`);
    socket.write(
      `printf '%s%s\\n' B ${mark}; sh -c "$C" < /dev/null 2>&1; printf '%s%s %s\\n' E ${mark} $?\n`,
    );
    const ended = new RegExp(`B${mark}\\n([^]*)E${mark} (\\d+)\\n`);
    while (performance.now() < end) {
      const found = ended.exec(this.#received.replaceAll('\r', ''));
      if (found !== null) return { output: found[1] ?? '', code: Number(found[2]) };
      if (socket.destroyed) throw new Error(`the guest went away during: ${command}`);
      await pause(POLL_MS);
    }
    this.close();
    throw new Error(`no end in time of: ${command}\n${this.#received.slice(-2000)}`);
  }

  async #open(msMax: number): Promise<Socket> {
    const end = performance.now() + msMax;
    while (performance.now() < end) {
      if (this.#socket === null || this.#socket.destroyed) this.#socket = await this.#connect();
      const socket = this.#socket;
      if (socket !== null && this.#isGreeted) return socket;
      if (socket !== null && (await this.#greet(socket))) return socket;
      await pause(POLL_MS);
    }
    throw new Error('no shell answers in the guest');
  }

  async #connect(): Promise<Socket | null> {
    const socket = connect(this.#path);
    this.#isGreeted = false;
    socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1');
    });
    return new Promise((resolve) => {
      socket.once('connect', () => resolve(socket));
      socket.once('error', () => resolve(null));
    });
  }

  async #greet(socket: Socket): Promise<boolean> {
    const mark = randomBytes(8).toString('hex');
    this.#received = '';
    socket.write(`\nexport PS1= PS2= TERM=dumb; stty -echo; printf '%s%s\\n' H ${mark}\n`);
    const end = performance.now() + GREETING_MS;
    while (performance.now() < end) {
      if (this.#received.includes(`H${mark}`)) {
        this.#isGreeted = true;
        return true;
      }
      await pause(POLL_MS);
    }
    return false;
  }
}
