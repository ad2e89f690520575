/**
 * SQL functions by which SQL reaches the key store: `helios_hash_key` makes a key into its verifier before it
 * is stored, `helios_merchant_changed` tells the directory (the triggers of `merchants` call it).
 *
 * The engine takes its functions when it opens, and the box's secret lies in the file: so the secret is
 * given later, and until then no key can be hashed.
 */
import assert from 'node:assert/strict';
import { HASH_KEY_FUNCTION } from '../sql/catalog/layout.ts';
import { KEY_DIGEST_FUNCTION, MERCHANT_CHANGED_FUNCTION } from '../sql/catalog/merchants-table.ts';
import type { ScalarFunction } from '../types/sql-function.ts';
import type { SqlValue } from '../types/storage.ts';
import { checkKeyStrength, checkMerchantId, hashKey } from './merchant-key.ts';

export class KeyFunctions {
  #secret: Uint8Array | null = null;
  #changed = new Set<string>();

  /** The secret of this box, from `loadBoxIdentity`. */
  useSecret(secret: Uint8Array): void {
    this.#secret = secret;
  }

  /** Merchants that statements have touched since the last call. */
  takeChanged(): ReadonlySet<string> {
    const changed = this.#changed;
    if (changed.size > 0) this.#changed = new Set();
    return changed;
  }

  /** For `FunctionLibrary.scalars` of the main instance. */
  functions(): readonly ScalarFunction[] {
    return [
      {
        name: HASH_KEY_FUNCTION,
        argCount: 2,
        deterministic: false,
        invoke: ([merchant, key]) => this.#hash(merchant ?? null, key ?? null),
      },
      {
        name: KEY_DIGEST_FUNCTION,
        argCount: 1,
        deterministic: true,
        invoke: ([verifier]) => String(verifier).split('$').at(-1) ?? '',
      },
      {
        name: MERCHANT_CHANGED_FUNCTION,
        argCount: 1,
        deterministic: false,
        invoke: ([merchant]) => {
          this.#changed.add(String(merchant));
          return null;
        },
      },
    ];
  }

  #hash(merchant: SqlValue, key: SqlValue): SqlValue {
    // The NOT NULL constraints say what is missing better than this could.
    if (typeof merchant !== 'string' || typeof key !== 'string') return null;
    checkMerchantId(merchant);
    checkKeyStrength(key);
    assert(this.#secret !== null, 'the box has no secret yet');
    return hashKey(this.#secret, merchant, key);
  }
}
