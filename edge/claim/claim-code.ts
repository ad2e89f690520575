/**
 * The code by which a person on the LAN shows to stand at the box: it is on the box's screen, and in the file
 * `claim-code` of the data directory, as long as the box waits to be claimed.
 *
 * Eight characters of 32 (40 bits), and few tries a minute: guessing takes longer than the box lives. The file
 * is plain text because a screen must show it; whoever can read it could read the administrator's key beside it.
 */
import { randomInt, timingSafeEqual } from 'node:crypto';
import { OperationError } from '../admin/operations.ts';
import type { Clock } from '../clock.ts';
import { LIMITS } from '../limits.ts';

/** Without I, L, O and U: nothing is misread, and no word appears. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHARACTERS = 8;
const GROUP = 4;

/** A fresh code, as it is shown: `K7QF-3MZX`. */
export function makeClaimCode(): string {
  const text = Array.from({ length: CHARACTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join(
    '',
  );
  return `${text.slice(0, GROUP)}-${text.slice(GROUP)}`;
}

/** As a person types it: case, spaces and dashes do not matter, and O is 0. */
function normal(code: string): string {
  return code.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
}

export class ClaimCodeGate {
  readonly #clock: Clock;
  #wrong = 0;
  #closedUntilMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws OperationError for a wrong code, and for any code after too many wrong ones */
  require(expected: string, given: string): void {
    const now = this.#clock.monotonicMs();
    if (now < this.#closedUntilMs) {
      const seconds = Math.ceil((this.#closedUntilMs - now) / 1000);
      throw new OperationError(`too many wrong codes: try again in ${seconds} seconds`);
    }
    const [left, right] = [Buffer.from(normal(expected)), Buffer.from(normal(given))];
    if (left.length === right.length && timingSafeEqual(left, right)) {
      this.#wrong = 0;
      return;
    }
    this.#wrong++;
    if (this.#wrong >= LIMITS.claimCodeTriesMax) {
      this.#wrong = 0;
      this.#closedUntilMs = now + LIMITS.claimCodePauseMs;
    }
    throw new OperationError('the code is not the one on the screen of the box');
  }
}
