/**
 * Makes a new box a shop's box, once. A claim is checked whole, written down (`claim.pending.json`), carried out
 * step by step, and recorded (`claim.json`). Each step may be taken twice, so a box whose plug was pulled in
 * between finishes at its next start: all of a claim is done, or nothing of it.
 *
 * Merchants come first, in one transaction: only they can still be refused. The generated keys are told in the
 * answer and nowhere else; whoever loses the answer gives the merchant a new key.
 */
import { accessSync, constants, existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  type ClaimAnswer,
  type ClaimAuthority,
  type ClaimStatus,
  type MerchantWithKey,
  OperationError,
} from '../admin/operations.ts';
import type { Clock } from '../clock.ts';
import { makeConfig } from '../config.ts';
import type { Log } from '../log.ts';
import type { MerchantDirectory } from '../tenants/merchant-directory.ts';
import { generateKey } from '../tenants/merchant-key.ts';
import { SafeDirectory } from '../update/safe-directory.ts';
import { ClaimCodeGate, makeClaimCode } from './claim-code.ts';
import {
  type ClaimRequest,
  checkMerchants,
  claimDigest,
  readClaimRequest,
} from './claim-request.ts';
import { type ConfigChanges, changeConfigText } from './config-text.ts';
import { readMerchants } from './merchants-file.ts';

const RECORD = 'claim.json';
const PENDING = 'claim.pending.json';
export const CLAIM_CODE = 'claim-code';
/** An administrator has opened a box for a claim although it has merchants. */
const REOPENED = 'claim-reopened';
const ADMIN_KEY = 'admin.key';
const CONFIG = 'config.toml';
const FILE_BYTES_MAX = 4 * 1024 * 1024;
const MICROS_PER_MS = 1000n;

/** What is kept of a claim: nothing secret. */
interface ClaimRecord {
  readonly shop: string;
  readonly timeZone: string | null;
  readonly claimedAt: string;
  readonly source: ClaimAuthority['source'];
  readonly merchants: readonly string[];
  readonly digest: string;
}

interface PendingClaim {
  readonly record: ClaimRecord;
  /** With every key. */
  readonly request: ClaimRequest;
}

export interface ClaimsOptions {
  readonly dataDir: string;
  /** The file that the box was started with, or null: then `config.toml` in the data directory. */
  readonly configFile: string | null;
  readonly directory: MerchantDirectory;
  readonly clock: Clock;
  readonly log: Log;
  /** Settings are read at start only: asks for a new one. */
  readonly restart: () => void;
}

export class Claims {
  readonly #options: ClaimsOptions;
  readonly #gate: ClaimCodeGate;
  #isBusy = false;

  private constructor(options: ClaimsOptions) {
    this.#options = options;
    this.#gate = new ClaimCodeGate(options.clock);
  }

  /** Finishes a claim that was cut short; makes the code of a box that nobody has claimed or used. */
  static async open(options: ClaimsOptions): Promise<Claims> {
    const claims = new Claims(options);
    const pending = claims.#read<PendingClaim>(PENDING);
    if (pending !== null) {
      options.log.warn({ shop: pending.record.shop }, 'a claim was cut short: it is finished now');
      await claims.#carryOut(pending, true);
    } else if (claims.#read(RECORD) === null && options.directory.size === 0) {
      claims.#makeCode();
    }
    claims.#withdrawCode();
    options.directory.onChange(() => claims.#withdrawCode());
    return claims;
  }

  status(): ClaimStatus {
    const record = this.#read<ClaimRecord>(RECORD);
    return {
      claimed: record !== null,
      claimable: this.#code() !== null,
      shop: record?.shop ?? null,
      timeZone: record?.timeZone ?? null,
      claimedAt: record?.claimedAt ?? null,
      source: record?.source ?? null,
    };
  }

  /** @throws OperationError or EdgeError with the reason; then nothing was changed */
  async claim(value: unknown, authority: ClaimAuthority): Promise<ClaimAnswer> {
    const code = this.#code();
    if (authority.source === 'console') {
      if (code === null) throw this.#refusal();
      this.#gate.require(code, authority.code);
    }
    const request = readClaimRequest(value);
    const digest = claimDigest(request);
    const before = this.#read<ClaimRecord>(RECORD);
    if (before?.digest === digest) return { shop: before.shop, merchants: [], isRepeated: true };
    if (code === null) throw this.#refusal();
    return this.#alone(async () => {
      this.#requireNewMerchants(request);
      this.#configText(request);
      const withKeys = request.merchants.map((merchant) => ({
        ...merchant,
        key: merchant.key ?? generateKey(),
      }));
      const pending: PendingClaim = {
        request: { ...request, merchants: withKeys },
        record: {
          shop: request.shop,
          timeZone: request.timeZone,
          claimedAt: this.#now(),
          source: authority.source,
          merchants: withKeys.map(({ id }) => id),
          digest,
        },
      };
      this.#write(PENDING, pending);
      await this.#carryOut(pending, false);
      return {
        shop: request.shop,
        merchants: withKeys.map(({ id, key }) => ({ id, key })),
        isRepeated: false,
      };
    });
  }

  /** The box may be claimed again; merchants and rows stay. */
  reset(): ClaimStatus {
    this.#inDataDir((directory) => {
      directory.write(REOPENED, '');
      directory.remove(RECORD);
    });
    this.#makeCode();
    this.#options.log.warn('the claim of this box was given up: it can be claimed again');
    return this.status();
  }

  /** Adds a list of merchants, all or none. @throws OperationError or EdgeError naming the merchant */
  async importMerchants(value: unknown): Promise<readonly MerchantWithKey[]> {
    const merchants = readMerchants(value, 'the list');
    checkMerchants(merchants);
    return this.#options.directory.addAll(merchants);
  }

  async #carryOut({ request, record }: PendingClaim, isResumed: boolean): Promise<void> {
    const { directory, log, restart } = this.#options;
    // After a cut the transaction is there whole, or not at all.
    const known = new Set(directory.list().map(({ id }) => id));
    const isAdded = isResumed && request.merchants.some(({ id }) => known.has(id));
    try {
      if (!isAdded && request.merchants.length > 0) await directory.addAll(request.merchants);
    } catch (error) {
      this.#inDataDir((place) => place.remove(PENDING));
      if (!isResumed) throw error;
      log.error(
        { err: error },
        'the claim that was cut short cannot be finished: claim the box again',
      );
      return;
    }
    const text = this.#configText(request);
    if (text !== null) this.#writeConfig(text);
    this.#inDataDir((place) => {
      if (request.adminKey !== null) place.write(ADMIN_KEY, `${request.adminKey}\n`);
      place.write(RECORD, `${JSON.stringify(record, null, 2)}\n`);
      place.remove(CLAIM_CODE);
      place.remove(REOPENED);
      place.remove(PENDING);
    });
    log.info({ shop: record.shop, source: record.source }, 'this box is claimed');
    restart();
  }

  /** The new text of config.toml, null when it stays. @throws ConfigError */
  #configText({ sync }: ClaimRequest): string | null {
    if (sync === null) return null;
    const path = this.#configPath;
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const changes: ConfigChanges = {
      'sync.enable_remote_sync': true,
      'sync.sync_endpoint': sync.endpoint,
      ...(sync.token === null ? {} : { 'sync.token': sync.token }),
      ...(sync.intervalSeconds === null ? {} : { 'sync.sync_interval_secs': sync.intervalSeconds }),
    };
    const changed = changeConfigText(text, changes);
    makeConfig({ toml: changed, file: path, environment: process.env });
    try {
      accessSync(dirname(path), constants.W_OK);
    } catch (cause) {
      throw new OperationError(
        `${path} cannot be changed by the box: leave sync out of the claim and set it there by hand`,
        { cause },
      );
    }
    return changed;
  }

  #writeConfig(text: string): void {
    const path = this.#configPath;
    using directory = SafeDirectory.open(dirname(path));
    directory.write(basename(path), text);
  }

  /** Where the file really lies: it may be reached by a link on a read-only system. */
  get #configPath(): string {
    const path = this.#options.configFile ?? join(this.#options.dataDir, CONFIG);
    return existsSync(path) ? realpathSync(path) : path;
  }

  #requireNewMerchants(request: ClaimRequest): void {
    const known = new Set(this.#options.directory.list().map(({ id }) => id));
    const taken = request.merchants.find(({ id }) => known.has(id));
    if (taken === undefined) return;
    throw new OperationError(
      `merchant "${taken.id}" exists already: leave it out of the claim, or remove it first`,
    );
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isBusy) throw new OperationError('this box is being claimed right now');
    this.#isBusy = true;
    try {
      return await work();
    } finally {
      this.#isBusy = false;
    }
  }

  #refusal(): OperationError {
    const record = this.#read<ClaimRecord>(RECORD);
    return new OperationError(
      record === null
        ? 'this box has merchants already and waits for no claim; "helios-edge claim reset" on the box opens it for one'
        : `this box was claimed for "${record.shop}" on ${record.claimedAt}; "helios-edge claim reset" on the box opens it for another claim`,
    );
  }

  /** null: the box waits for no claim. One that sells already is not given to whoever comes with a stick. */
  #code(): string | null {
    return this.#inDataDir((directory) => {
      const isUsed = this.#options.directory.size > 0;
      if (isUsed && directory.read(REOPENED, FILE_BYTES_MAX) === null) return null;
      return directory.read(CLAIM_CODE, FILE_BYTES_MAX)?.trim() ?? null;
    });
  }

  /** Takes a code that is good for nothing off the screen. */
  #withdrawCode(): void {
    try {
      if (this.#code() === null) this.#inDataDir((directory) => directory.remove(CLAIM_CODE));
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the claim code could not be taken off the screen');
    }
  }

  #makeCode(): void {
    if (this.#code() === null) {
      this.#inDataDir((directory) => directory.write(CLAIM_CODE, `${makeClaimCode()}\n`));
    }
  }

  #now(): string {
    return new Date(Number(this.#options.clock.wallMicros() / MICROS_PER_MS)).toISOString();
  }

  #read<T>(name: string): T | null {
    const text = this.#inDataDir((directory) => directory.read(name, FILE_BYTES_MAX));
    return text === null ? null : (JSON.parse(text) as T);
  }

  #write(name: string, value: object): void {
    this.#inDataDir((directory) => directory.write(name, `${JSON.stringify(value, null, 2)}\n`));
  }

  #inDataDir<T>(work: (directory: SafeDirectory) => T): T {
    using directory = SafeDirectory.open(realpathSync(this.#options.dataDir));
    return work(directory);
  }
}

/** The shop's time zone, for the settings that sessions begin with. */
export function claimedTimeZone(dataDir: string): string | null {
  const path = join(dataDir, RECORD);
  if (!existsSync(path)) return null;
  return (JSON.parse(readFileSync(path, 'utf8')) as ClaimRecord).timeZone;
}
