/**
 * Who may log in: the merchants and their keys, held in memory and kept in step with the tables `merchants` and
 * `helios_merchant_key`, whether they change by SQL or by the operations here.
 *
 * An operation resolves when it is durable and logins see it. A change by SQL is seen by logins before its
 * COMMIT is acknowledged: the durability listener runs before the waiting replies.
 */

import {
  ADMIN_USER,
  type Credential,
  type CredentialDirectory,
  KEYS_PER_MERCHANT_MAX,
  unknownCredential,
} from '../auth/directory.ts';
import type { Clock } from '../clock.ts';
import type { Engine, StatementRunner, WriteTransaction } from '../engine/engine.ts';
import { EdgeError } from '../errors.ts';
import { quoteName } from '../sql/catalog/layout.ts';
import { PRIMARY_KEY_NAME } from '../sql/catalog/merchants-table.ts';
import type { Catalog } from '../sql/catalog/model.ts';
import { runSystem } from '../sql/catalog/stored-catalog.ts';
import type { KeyFunctions } from './key-functions.ts';
import { checkKeyStrength, checkMerchantId, generateKey, keyDigest } from './merchant-key.ts';
import { type MerchantRecord, readAll, readMerchant, readMerchantNow } from './merchant-records.ts';
import { insertMerchant, storeKey } from './merchant-statements.ts';

export interface MerchantSummary {
  readonly id: string;
  readonly name: string;
  readonly status: 'active' | 'suspended';
  readonly tier: string;
  readonly location: string;
  /** Keys that are good now. */
  readonly keys: number;
}

export interface NewMerchant {
  readonly id: string;
  readonly name: string;
  /** Left out: one is made. */
  readonly key?: string | undefined;
  readonly tier?: string | undefined;
  readonly location?: string | undefined;
}

export interface MerchantWithKey {
  readonly id: string;
  /** To be shown once. */
  readonly key: string;
}

export interface DirectoryOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly secret: Uint8Array;
  readonly admin: Credential;
  readonly keyFunctions: KeyFunctions;
  /** For `remove`: which tables hold merchants' rows. */
  readonly catalog: () => Catalog;
}

const MICROS_PER_SECOND = 1_000_000n;

export class MerchantDirectory implements CredentialDirectory {
  readonly #options: DirectoryOptions;
  readonly #merchants = new Map<string, MerchantRecord>();
  /** Merchant by digest of the key. */
  readonly #byDigest = new Map<string, { readonly merchant: string; readonly keyName: string }>();
  /** Merchants that an open commit has changed, with its number. */
  #committing: { readonly id: string; readonly commit: bigint }[] = [];
  readonly #listeners = new Set<(merchant: string) => void>();

  private constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  /** Reads every merchant, and follows their changes from then on. */
  static async open(options: DirectoryOptions): Promise<MerchantDirectory> {
    const directory = new MerchantDirectory(options);
    for (const record of await readAll(options.engine)) directory.#put(record);
    options.engine.beforeCommit((runner) => directory.#noteCommit(runner));
    options.engine.onDurable((commit) => directory.#follow(commit));
    return directory;
  }

  /** Number of merchants. */
  get size(): number {
    return this.#merchants.size;
  }

  /** Called with the id of each merchant that changed: sessions of one that may no longer log in are to end. */
  onChange(listener: (merchant: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @see CredentialDirectory.lookup */
  lookup(name: string): Credential {
    if (name === ADMIN_USER) return this.#options.admin;
    const record = this.#merchants.get(name);
    const unknown = unknownCredential(this.#options.secret, name);
    if (record === undefined) return unknown;
    const good = this.#goodKeys(record);
    return {
      known: true,
      merchant: record.id,
      role: 'merchant',
      salt: good[0]?.verifier.salt ?? unknown.salt,
      iterations: good[0]?.verifier.iterations ?? unknown.iterations,
      // Without a good key the login must still look and cost as any other.
      keys: good.length === 0 ? unknown.keys : good.map((key) => key.verifier.key),
      suspended: record.status !== 'active',
    };
  }

  /** The merchant whose key this is, or null: unknown, expired, or suspended. */
  merchantOfKey(key: string): string | null {
    const found = this.#byDigest.get(keyDigest(this.#options.secret, key));
    if (found === undefined) return null;
    const record = this.#merchants.get(found.merchant);
    if (record === undefined || record.status !== 'active') return null;
    return this.#goodKeys(record).some((good) => good.name === found.keyName) ? record.id : null;
  }

  /** True for a merchant that may log in. */
  isActive(merchant: string): boolean {
    return this.#merchants.get(merchant)?.status === 'active';
  }

  /** Every merchant, by id. */
  list(): readonly MerchantSummary[] {
    return [...this.#merchants.values()]
      .sort((left, right) => (left.id < right.id ? -1 : 1))
      .map((record) => ({
        id: record.id,
        name: record.name,
        status: record.status,
        tier: record.tier,
        location: record.location,
        keys: this.#goodKeys(record).length,
      }));
  }

  /** @throws EdgeError 42710 when the id is taken, 22023 for a weak key or a wrong id */
  async add(merchant: NewMerchant): Promise<MerchantWithKey> {
    const { id } = merchant;
    checkMerchantId(id);
    const key = this.#keyOrNew(merchant.key);
    if (this.#merchants.has(id)) throw alreadyExists(id);
    this.#refuseTakenKey(key, id, PRIMARY_KEY_NAME);
    await this.#change(id, (transaction) => {
      if (readMerchant(transaction, id) !== null) throw alreadyExists(id);
      insertMerchant(transaction, { ...merchant, key }, this.#options.clock.wallMicros());
    });
    return { id, key };
  }

  /**
   * Adds several merchants, all or none. Whoever calls has seen to it that no id or key comes twice among them.
   * @throws EdgeError as `add`, naming the first that cannot be added
   */
  async addAll(merchants: readonly NewMerchant[]): Promise<readonly MerchantWithKey[]> {
    const added = merchants.map((merchant) => {
      checkMerchantId(merchant.id);
      if (this.#merchants.has(merchant.id)) throw alreadyExists(merchant.id);
      const key = this.#keyOrNew(merchant.key);
      this.#refuseTakenKey(key, merchant.id, PRIMARY_KEY_NAME);
      return { ...merchant, key };
    });
    const ids = added.map(({ id }) => id);
    await this.#change(ids, (transaction) => {
      const now = this.#options.clock.wallMicros();
      for (const merchant of added) {
        if (readMerchant(transaction, merchant.id) !== null) throw alreadyExists(merchant.id);
        insertMerchant(transaction, merchant, now);
      }
    });
    return added.map(({ id, key }) => ({ id, key }));
  }

  /**
   * Gives a merchant a new key; every older one stops working.
   * @throws EdgeError 42704 when there is no such merchant
   */
  async rotateKey(id: string, given?: string): Promise<MerchantWithKey> {
    const key = this.#keyOrNew(given);
    this.#refuseTakenKey(key, id, PRIMARY_KEY_NAME);
    await this.#change(id, (transaction) => {
      requireMerchant(transaction, id);
      runSystem(transaction, 'DELETE FROM helios_merchant_key WHERE merchant = ?1 AND name <> ?2', [
        id,
        PRIMARY_KEY_NAME,
      ]);
      runSystem(
        transaction,
        'UPDATE merchants SET api_key = helios_hash_key(id, ?2) WHERE id = ?1',
        [id, key],
      );
    });
    return { id, key };
  }

  /**
   * Adds a further key beside the others: for a change of keys without a pause.
   * @param expiresMicros wall clock, microseconds since 1970; null: never
   * @throws EdgeError 42704, 42710 for a name that is taken, 54000 beyond five keys
   */
  async addKey(
    id: string,
    name: string,
    options: { readonly key?: string; readonly expiresMicros?: bigint | null } = {},
  ): Promise<MerchantWithKey> {
    const key = this.#keyOrNew(options.key);
    this.#refuseTakenKey(key, id, name);
    await this.#change(id, (transaction) => {
      const record = requireMerchant(transaction, id);
      if (record.keys.some((known) => known.name === name)) {
        throw new EdgeError('duplicate_object', `merchant "${id}" already has a key "${name}"`);
      }
      if (record.keys.length >= KEYS_PER_MERCHANT_MAX) {
        throw new EdgeError(
          'program_limit_exceeded',
          `merchant "${id}" has ${KEYS_PER_MERCHANT_MAX} keys already`,
        );
      }
      const expires = options.expiresMicros ?? null;
      const now = this.#options.clock.wallMicros() / MICROS_PER_SECOND;
      storeKey(transaction, id, name, key, now, expires);
    });
    return { id, key };
  }

  /** @throws EdgeError 42704; 55000 for the primary key, which is rotated instead */
  async removeKey(id: string, name: string): Promise<void> {
    if (name === PRIMARY_KEY_NAME) {
      throw new EdgeError(
        'object_not_in_prerequisite_state',
        'the primary key is rotated, not removed',
      );
    }
    await this.#change(id, (transaction) => {
      const record = requireMerchant(transaction, id);
      if (!record.keys.some((known) => known.name === name)) {
        throw new EdgeError('undefined_object', `merchant "${id}" has no key "${name}"`);
      }
      runSystem(transaction, 'DELETE FROM helios_merchant_key WHERE merchant = ?1 AND name = ?2', [
        id,
        name,
      ]);
    });
  }

  /** Refuses the merchant's logins until `resume`. @throws EdgeError 42704 */
  async suspend(id: string): Promise<void> {
    await this.#setStatus(id, 'suspended');
  }

  /** @throws EdgeError 42704 */
  async resume(id: string): Promise<void> {
    await this.#setStatus(id, 'active');
  }

  /** Removes a merchant that has no rows left. @throws EdgeError 42704, 2BP01 */
  async remove(id: string): Promise<void> {
    await this.#change(id, (transaction) => {
      requireMerchant(transaction, id);
      for (const table of this.#options.catalog().tables.values()) {
        if (table.tenantColumn === null || table.builtin !== null) continue;
        const column = quoteName(table.tenantColumn);
        const sql = `SELECT 1 FROM ${quoteName(table.baseName)} WHERE ${column} = ?1 LIMIT 1`;
        if (runSystem(transaction, sql, [id]).length === 0) continue;
        throw new EdgeError(
          'dependent_objects_still_exist',
          `cannot remove merchant "${id}" because it has rows in table "${table.name}"`,
          { hint: 'Suspend the merchant, or delete its rows first.' },
        );
      }
      runSystem(transaction, 'DELETE FROM merchants WHERE id = ?1', [id]);
    });
  }

  async #setStatus(id: string, status: MerchantRecord['status']): Promise<void> {
    await this.#change(id, (transaction) => {
      requireMerchant(transaction, id);
      runSystem(transaction, 'UPDATE merchants SET status = ?2 WHERE id = ?1', [id, status]);
    });
  }

  #keyOrNew(key: string | undefined): string {
    if (key === undefined) return generateKey();
    checkKeyStrength(key);
    return key;
  }

  #refuseTakenKey(key: string, merchant: string, name: string): void {
    const owner = this.#byDigest.get(keyDigest(this.#options.secret, key));
    if (owner === undefined || (owner.merchant === merchant && owner.keyName === name)) return;
    throw new EdgeError('unique_violation', 'this key is in use already');
  }

  async #change(
    changed: string | readonly string[],
    run: (transaction: WriteTransaction) => void,
  ): Promise<void> {
    const { engine } = this.#options;
    const transaction = await engine.beginWrite({ merchant: null, lockTimeoutMs: 0, signal: null });
    try {
      run(transaction);
      transaction.touch('merchants', null);
      await engine.durable(transaction.commit());
    } finally {
      if (!transaction.finished) transaction.rollback();
    }
    for (const id of typeof changed === 'string' ? [changed] : changed) this.#reload(id);
  }

  #goodKeys(record: MerchantRecord): MerchantRecord['keys'] {
    const now = this.#options.clock.wallMicros();
    return record.keys.filter((key) => key.expiresMicros === null || key.expiresMicros > now);
  }

  #put(record: MerchantRecord): void {
    this.#forget(record.id);
    this.#merchants.set(record.id, record);
    for (const key of record.keys) {
      this.#byDigest.set(key.verifier.digest, { merchant: record.id, keyName: key.name });
    }
  }

  #forget(id: string): void {
    const record = this.#merchants.get(id);
    for (const key of record?.keys ?? []) this.#byDigest.delete(key.verifier.digest);
    this.#merchants.delete(id);
  }

  #noteCommit(runner: StatementRunner): void {
    const changed = this.#options.keyFunctions.takeChanged();
    if (changed.size === 0) return;
    const [row] = runSystem(runner, 'SELECT helios_commit_number()');
    const commit = BigInt(String(row?.[0] ?? 0n));
    for (const id of changed) this.#committing.push({ id, commit });
  }

  #follow(durable: bigint): void {
    if (this.#committing.length === 0) return;
    const ready = this.#committing.filter((entry) => entry.commit <= durable);
    this.#committing = this.#committing.filter((entry) => entry.commit > durable);
    for (const id of new Set(ready.map((entry) => entry.id))) this.#reload(id);
  }

  #reload(id: string): void {
    const record = readMerchantNow(this.#options.engine, id);
    if (record === null) this.#forget(id);
    else this.#put(record);
    for (const listener of this.#listeners) listener(id);
  }
}

function alreadyExists(id: string): EdgeError {
  return new EdgeError('duplicate_object', `merchant "${id}" already exists`);
}

function requireMerchant(transaction: StatementRunner, id: string): MerchantRecord {
  const record = readMerchant(transaction, id);
  if (record !== null) return record;
  throw new EdgeError('undefined_object', `merchant "${id}" does not exist`);
}
