/**
 * What the box tells systemd: ready, stopping, alive, and a sentence for `systemctl status`.
 *
 * systemd listens on an AF_UNIX datagram socket, which Node cannot open. It can write to one that is open already:
 * the unit's `OpenFile=` has systemd (253 and later) connect the socket and hand it over as a file descriptor
 * (docs/decisions/0009). Where it did not, a small shell beside the box calls `systemd-notify` for each message; the
 * unit must then allow it with `NotifyAccess=all`.
 *
 * Nothing here ever fails the box: a message that cannot be delivered is logged, once. Without NOTIFY_SOCKET
 * nothing is done at all.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
 */
import { spawn } from 'node:child_process';
import { fstatSync, write } from 'node:fs';
import { promisify } from 'node:util';
import type { Log } from '../log.ts';

/** Name of the descriptor in the unit: `OpenFile=/run/systemd/notify:notify`. */
const DESCRIPTOR_NAME = 'notify';
const FIRST_DESCRIPTOR = 3;
const MICROS_PER_MS = 1000;
/** A message of systemd-notify for each line. */
const RELAY = 'while IFS= read -r line; do systemd-notify "$line"; done';
/** Messages that wait for one that systemd does not take: later ones are left out. */
const MESSAGES_WAITING_MAX = 16;

type Environment = Readonly<Record<string, string | undefined>>;

interface Transport {
  /** Several assignments of one message are parted by newlines. */
  send(message: string): Promise<void>;
  close(): void;
}

export interface ServiceManager {
  /** How long systemd waits for a sign of life, milliseconds; null: it does not watch. */
  readonly watchdogMs: number | null;
  ready(status: string): void;
  /** A sentence for `systemctl status`. */
  status(text: string): void;
  /** The start needs this long more, counted from now. */
  extendStart(milliseconds: number): void;
  alive(): void;
  stopping(status: string): void;
  /** Resolves when what was said before has been handed over. */
  close(): Promise<void>;
}

/** The service manager that started this process, or one that does nothing. */
export function openServiceManager(environment: Environment, log: Log): ServiceManager {
  const socket = environment['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') return new Notifier(null, null, log);
  const descriptor = passedDescriptor(environment);
  const transport = descriptor === null ? relay(environment) : toDescriptor(descriptor);
  return new Notifier(transport, watchdogMs(environment), log);
}

class Notifier implements ServiceManager {
  readonly watchdogMs: number | null;
  readonly #transport: Transport | null;
  readonly #log: Log;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #hasComplained = false;

  constructor(transport: Transport | null, watchdog: number | null, log: Log) {
    this.#transport = transport;
    this.watchdogMs = watchdog;
    this.#log = log;
  }

  ready(status: string): void {
    this.#send(`READY=1\nSTATUS=${oneLine(status)}`);
  }

  status(text: string): void {
    this.#send(`STATUS=${oneLine(text)}`);
  }

  extendStart(milliseconds: number): void {
    this.#send(`EXTEND_TIMEOUT_USEC=${Math.ceil(milliseconds) * MICROS_PER_MS}`);
  }

  alive(): void {
    this.#send('WATCHDOG=1');
  }

  stopping(status: string): void {
    this.#send(`STOPPING=1\nSTATUS=${oneLine(status)}`);
  }

  async close(): Promise<void> {
    await this.#last;
    this.#transport?.close();
  }

  #send(message: string): void {
    const transport = this.#transport;
    if (transport === null || this.#waiting >= MESSAGES_WAITING_MAX) return;
    this.#waiting += 1;
    this.#last = this.#last
      .then(() => transport.send(message))
      .catch((error: unknown) => {
        if (!this.#hasComplained) this.#log.warn({ err: error }, 'systemd cannot be told');
        this.#hasComplained = true;
      })
      .finally(() => {
        this.#waiting -= 1;
      });
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ');
}

/** The descriptor that systemd passed under our name. */
function passedDescriptor(environment: Environment): number | null {
  if (environment['LISTEN_PID'] !== String(process.pid)) return null;
  const names = (environment['LISTEN_FDNAMES'] ?? '').split(':');
  const index = names.indexOf(DESCRIPTOR_NAME);
  if (index < 0 || index >= Number(environment['LISTEN_FDS'])) return null;
  const descriptor = FIRST_DESCRIPTOR + index;
  try {
    return fstatSync(descriptor).isSocket() ? descriptor : null;
  } catch {
    return null;
  }
}

/** On a pool thread: the event loop does not wait for systemd. */
function toDescriptor(descriptor: number): Transport {
  const writeTo = promisify(write);
  return {
    send: async (message) => {
      await writeTo(descriptor, Buffer.from(message));
    },
    // It is systemd's, and ends with the process.
    close: () => undefined,
  };
}

/**
 * Starting a process from this large one holds the event loop for tens of milliseconds; the shell is started once,
 * while the box is still small, and starts the others.
 */
function relay(environment: Environment): Transport {
  const child = spawn('/bin/sh', ['-c', RELAY], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...environment },
  });
  let fault: Error | null = null;
  const failed = (error: Error): void => {
    fault = error;
  };
  child.on('error', failed);
  child.on('exit', () => failed(new Error('the shell that calls systemd-notify has ended')));
  child.stdin.on('error', failed);
  child.unref();
  return {
    send: async (message) => {
      if (fault !== null) throw fault;
      for (const line of message.split('\n')) {
        await new Promise<void>((resolve, reject) => {
          child.stdin.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
        });
      }
    },
    close: () => child.stdin.end(),
  };
}

function watchdogMs(environment: Environment): number | null {
  const pid = environment['WATCHDOG_PID'];
  if (pid !== undefined && pid !== String(process.pid)) return null;
  const micros = Number(environment['WATCHDOG_USEC']);
  return micros > 0 ? micros / MICROS_PER_MS : null;
}
