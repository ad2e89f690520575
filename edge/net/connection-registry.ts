/**
 * Which connections there are: slots, process numbers, cancel secrets. One for all listeners of a box.
 *
 * A slot is taken when a login has succeeded: someone without a key cannot keep a merchant out. Those who
 * have not logged in yet have a cap of their own, and little time.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { SessionView } from '../session/session-port.ts';
import { SECRET_BYTES_LONG } from '../wire/startup-packet.ts';

export type Role = 'merchant' | 'admin';

/** A terminal that is logged in, as the registry lists it. */
export interface TerminalView extends ConnectionView {
  readonly pid: number;
  /** null for the administrator. */
  readonly merchant: string | null;
}

/** What a connection says of itself. */
export interface ConnectionView extends SessionView {
  /** As given at start-up. */
  readonly user: string;
  readonly address: string;
  readonly isTls: boolean;
  /** Monotonic milliseconds of its login. */
  readonly sinceMs: number;
}

/** What the registry needs of a connection. */
export interface Registrant {
  /** null before its session has begun, and after it has ended. */
  view(): ConnectionView | null;
  cancel(): void;
  shutdown(): void;
  destroy(): void;
}

export interface BackendIdentity {
  readonly pid: number;
  readonly secret: Uint8Array;
}

export interface ConnectionCounts {
  readonly merchants: number;
  readonly admins: number;
  readonly loginsPending: number;
}

interface Admission extends BackendIdentity {
  readonly role: Role;
  readonly merchant: string | null;
  readonly registrant: Registrant;
}

const PID_MAX = 2 ** 31 - 1;
const SECRET_BYTES_SHORT = 4;

export class ConnectionRegistry {
  readonly #maxClients: number;
  readonly #open = new Map<Registrant, Admission | null>();
  readonly #byPid = new Map<number, Admission>();
  readonly #admitted: Record<Role, number> = { merchant: 0, admin: 0 };
  #lastPid = 0;
  #inputBytes = 0;
  #emptied: PromiseWithResolvers<void> | null = null;

  /** @param maxClients merchants' connections: `max_client_connections` */
  constructor(maxClients: number) {
    this.#maxClients = maxClients;
  }

  /** False when too many have not logged in yet. */
  add(registrant: Registrant): boolean {
    if (this.counts().loginsPending >= LIMITS.loginsPendingMax) return false;
    this.#open.set(registrant, null);
    return true;
  }

  /** @throws EdgeError FATAL 53300 when no slot is free for this role */
  requireSlot(role: Role): void {
    const reserved = LIMITS.adminConnectionsReserved;
    const { merchant, admin } = this.#admitted;
    const isFree =
      role === 'merchant'
        ? merchant + Math.max(0, admin - reserved) < this.#maxClients
        : admin < reserved || merchant + admin < this.#maxClients + reserved;
    if (isFree) return;
    throw new EdgeError('too_many_connections', 'sorry, too many clients already', {
      severity: 'FATAL',
    });
  }

  /**
   * Takes a slot.
   * @param merchant null for the administrator
   * @param hasLongSecret protocol 3.2 and later
   * @throws EdgeError FATAL 53300
   */
  admit(registrant: Registrant, merchant: string | null, hasLongSecret: boolean): BackendIdentity {
    const role = merchant === null ? 'admin' : 'merchant';
    this.requireSlot(role);
    const secret = randomBytes(hasLongSecret ? SECRET_BYTES_LONG : SECRET_BYTES_SHORT);
    const admission: Admission = { pid: this.#freePid(), secret, role, merchant, registrant };
    this.#open.set(registrant, admission);
    this.#byPid.set(admission.pid, admission);
    this.#admitted[role] += 1;
    return admission;
  }

  /** Frees everything that the connection held; may be called twice. */
  remove(registrant: Registrant): void {
    const admission = this.#open.get(registrant);
    if (!this.#open.delete(registrant)) return;
    if (admission !== undefined && admission !== null) {
      this.#byPid.delete(admission.pid);
      this.#admitted[admission.role] -= 1;
    }
    if (this.#open.size === 0) this.#emptied?.resolve();
  }

  /** CancelRequest: does something only with the right secret, and tells nobody which it was. */
  cancel(pid: number, secret: Uint8Array): void {
    const admission = this.#byPid.get(pid);
    const expected = admission?.secret ?? NO_SECRET;
    const isRight = secret.length === expected.length && timingSafeEqual(secret, expected);
    if (isRight && admission !== undefined) admission.registrant.cancel();
  }

  /** Ends all sessions of a merchant (57P01): suspended, removed, or a key was stolen. */
  disconnectMerchant(merchant: string): void {
    for (const admission of this.#byPid.values()) {
      if (admission.merchant === merchant) admission.registrant.shutdown();
    }
  }

  /**
   * Counts the bytes of large messages, wherever they are in the box.
   * @throws EdgeError FATAL 53200 when that would be too much; nothing is counted then
   */
  holdInput(bytes: number): void {
    if (bytes > 0 && this.#inputBytes + bytes > LIMITS.inputBytesTotalMax) {
      throw new EdgeError('out_of_memory', 'out of memory', {
        severity: 'FATAL',
        detail: 'Too many large messages are being received at the same time.',
      });
    }
    this.#inputBytes += bytes;
  }

  /** Everybody who is logged in, by process number. */
  terminals(): readonly TerminalView[] {
    const terminals: TerminalView[] = [];
    for (const { pid, merchant, registrant } of this.#byPid.values()) {
      const view = registrant.view();
      if (view !== null) terminals.push({ pid, merchant, ...view });
    }
    return terminals.sort((left, right) => left.pid - right.pid);
  }

  counts(): ConnectionCounts {
    const { merchant, admin } = this.#admitted;
    return {
      merchants: merchant,
      admins: admin,
      loginsPending: this.#open.size - merchant - admin,
    };
  }

  /** Tells every connection that the box stops; those still open after the grace are cut. */
  async shutdown(graceMs: number): Promise<void> {
    for (const registrant of this.#open.keys()) registrant.shutdown();
    if (this.#open.size === 0) return;
    this.#emptied = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.#emptied?.resolve(), graceMs);
    await this.#emptied.promise;
    clearTimeout(timer);
    for (const registrant of this.#open.keys()) registrant.destroy();
  }

  #freePid(): number {
    do {
      this.#lastPid = this.#lastPid === PID_MAX ? 1 : this.#lastPid + 1;
    } while (this.#byPid.has(this.#lastPid));
    return this.#lastPid;
  }
}

const NO_SECRET = randomBytes(SECRET_BYTES_SHORT);
