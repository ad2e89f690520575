/**
 * Who may send what. Without any device configured the receiver is open, for demonstrations on loopback;
 * with devices each token stands for one box and, where listed, for some merchants only, so that a
 * stolen box cannot write another shop's ledger.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface Device {
  readonly token: string;
  /** The only box id that this token may use; absent: any. */
  readonly box?: string;
  /** The only merchants that it may write and read; absent: any. */
  readonly merchants?: readonly string[];
}

export type Access =
  | {
      readonly kind: 'granted';
      readonly box: string | null;
      readonly merchants: ReadonlySet<string> | null;
    }
  | { readonly kind: 'unauthorized' };

const OPEN: Access = { kind: 'granted', box: null, merchants: null };

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Finds the device of an `Authorization` header, in time that does not depend on the token. */
export function makeAccess(
  devices: readonly Device[],
): (authorization: string | undefined) => Access {
  if (devices.length === 0) return () => OPEN;
  const known = devices.map((device) => ({ device, digest: digest(device.token) }));
  return (authorization) => {
    const presented = digest(/^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '');
    let found: Device | null = null;
    for (const entry of known) {
      if (timingSafeEqual(entry.digest, presented)) found = entry.device;
    }
    if (found === null) return { kind: 'unauthorized' };
    return {
      kind: 'granted',
      box: found.box ?? null,
      merchants: found.merchants === undefined ? null : new Set(found.merchants),
    };
  };
}
