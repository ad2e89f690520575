/**
 * Who is logged in to the admin interface: tokens in memory, gone with the process. A token ends after a time
 * without use, after a longer time in any case, when it is logged out, and when too many others follow.
 *
 * Only a digest is kept, so that looking one up takes no time that depends on the token itself.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { LIMITS } from '../limits.ts';

interface AdminSession {
  readonly begunMs: number;
  usedMs: number;
}

const TOKEN_BYTES = 32;

export class AdminSessions {
  readonly #clock: Clock;
  /** By the token's digest, oldest first. */
  readonly #sessions = new Map<string, AdminSession>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A fresh token. */
  begin(): string {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const nowMs = this.#clock.monotonicMs();
    for (const [digest, session] of this.#sessions) {
      if (!isGood(session, nowMs)) this.#sessions.delete(digest);
    }
    const [oldest] = this.#sessions.keys();
    if (oldest !== undefined && this.#sessions.size >= LIMITS.adminSessionsMax) {
      this.#sessions.delete(oldest);
    }
    this.#sessions.set(digestOf(token), { begunMs: nowMs, usedMs: nowMs });
    return token;
  }

  /** True for a token that is good now; it counts as used. */
  use(token: string): boolean {
    const session = this.#sessions.get(digestOf(token));
    if (session === undefined) return false;
    const nowMs = this.#clock.monotonicMs();
    if (!isGood(session, nowMs)) return false;
    session.usedMs = nowMs;
    return true;
  }

  end(token: string): void {
    this.#sessions.delete(digestOf(token));
  }
}

function isGood(session: AdminSession, nowMs: number): boolean {
  return (
    nowMs - session.usedMs < LIMITS.adminSessionIdleMsMax &&
    nowMs - session.begunMs < LIMITS.adminSessionMsMax
  );
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
