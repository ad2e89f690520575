/**
 * What can be asked of a running box, whoever asks: the command line over the control socket, the
 * admin HTTP listener, the library. The appliance implements it; nothing here knows HTTP.
 */
import type { Readable } from 'node:stream';
import type { BackupSummary } from '../backup/backup-directory.ts';
import type { CheckFinding } from '../backup/check.ts';
import type { BackupResult } from '../backup/make-backup.ts';
import type { DeviceHealth, Health } from '../device/device-health.ts';
import type { WriteCount } from '../session/write-activity.ts';
import type { UpdateStatus } from '../update/update-record.ts';

export type { BackupResult, BackupSummary, CheckFinding, DeviceHealth, WriteCount };

export interface MerchantSummary {
  readonly id: string;
  readonly name: string;
  readonly status: 'active' | 'suspended';
  readonly tier: string;
  readonly keys: number;
}

export interface MerchantWithKey {
  readonly id: string;
  /** Shown this once; only a verifier of it is stored. */
  readonly key: string;
}

export interface SyncStatus {
  readonly enabled: boolean;
  readonly paused: boolean;
  readonly link: 'up' | 'down' | 'unknown';
  readonly unsyncedRows: number;
  readonly oldestUnsyncedSeconds: number | null;
  readonly rejectedRows: number;
  readonly lastSuccess: string | null;
  readonly lastError: string | null;
  readonly rowsSent: number;
}

export interface RejectedRow {
  readonly id: number;
  readonly table: string;
  readonly merchant: string | null;
  readonly reason: string;
  readonly since: string;
}

export interface BoxStatus {
  readonly version: string;
  readonly boxId: string;
  readonly ready: boolean;
  readonly listen: string;
  /** `host:port` of the admin interface and of the figures; null: not served. */
  readonly admin: string | null;
  readonly metrics: string | null;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly connections: number;
  readonly merchants: number;
  readonly lastCommit: string;
  readonly durableCommit: string;
  readonly databaseBytes: number;
  readonly walBytes: number;
  readonly residentBytes: number;
  readonly sync: SyncStatus;
}

/** A connection that is logged in. */
export interface Terminal {
  readonly pid: number;
  /** As given at login: `merchant`, `merchant/terminal` or `admin`. */
  readonly user: string;
  readonly merchant: string | null;
  readonly address: string;
  readonly tls: boolean;
  readonly since: string;
  readonly statements: number;
  /** Since its last statement ended, or since its login. */
  readonly idleSeconds: number;
  readonly state: 'active' | 'idle' | 'idle in transaction' | 'idle in failed transaction';
}

/** What `doctor` has found: for the shop, in plain words. */
export interface Finding {
  readonly id: string;
  readonly state: Health;
  readonly title: string;
  /** What it means for the shop. */
  readonly meaning: string;
  /** What to do; empty where nothing is to be done. */
  readonly mend: string;
}

export interface Readiness {
  readonly ready: boolean;
  /** Why not; empty when terminals are served. */
  readonly reasons: readonly string[];
}

export interface ClaimStatus {
  /** A claim was carried out on this box. */
  readonly claimed: boolean;
  /** It waits for one: then a code is on its screen. */
  readonly claimable: boolean;
  readonly shop: string | null;
  readonly timeZone: string | null;
  readonly claimedAt: string | null;
  readonly source: 'console' | 'file' | 'usb' | null;
}

/** By which right a claim is made: the code on the screen, or the administrator's own means. */
export type ClaimAuthority =
  | { readonly source: 'console'; readonly code: string }
  | { readonly source: 'file' | 'usb' };

export interface ClaimAnswer {
  readonly shop: string;
  /** Each key is shown this once. */
  readonly merchants: readonly MerchantWithKey[];
  /** The very same claim was carried out before: nothing was done now. */
  readonly isRepeated: boolean;
}

/** A request that cannot be carried out: the message names the cause and the mend. */
export class OperationError extends Error {
  override readonly name = 'OperationError';
}

export interface Operations {
  /** False when the store has failed: the process is about to end. */
  isAlive(): boolean;
  /** Whether terminals are served. */
  readiness(): Readiness;
  terminals(): Promise<readonly Terminal[]>;
  /** Told once a second of what was written, if anything, until the returned function is called. */
  watchActivity(listener: (counts: readonly WriteCount[]) => void): () => void;
  device(): Promise<DeviceHealth>;
  /** Everything worth knowing about this box, the worst first. */
  diagnose(): Promise<readonly Finding[]>;
  /** The figures in Prometheus' text format. */
  metrics(): Promise<string>;
  /** A gzipped tar without secrets, for whoever helps from afar. */
  supportBundle(): Promise<Readable>;
  status(): Promise<BoxStatus>;
  /** A real write, made durable on the disk, and read back. */
  selfTest(): Promise<{ readonly milliseconds: number }>;
  /** Makes a verified copy of the whole file while the shop sells; one at a time. */
  backup(wish: {
    /** A directory on the box instead of the configured one. */
    readonly target?: string | undefined;
    readonly label?: string | undefined;
  }): Promise<BackupResult>;
  /** What lies in the configured directory, the newest first. */
  backups(): Promise<readonly BackupSummary[]>;
  /** Examines the stored file; an empty answer is a sound one. */
  check(options: { readonly deep: boolean }): Promise<readonly CheckFinding[]>;
  merchantAdd(request: {
    readonly id: string;
    readonly name: string;
    readonly key?: string | undefined;
    readonly tier?: string | undefined;
    readonly location?: string | undefined;
  }): Promise<MerchantWithKey>;
  merchantList(): Promise<readonly MerchantSummary[]>;
  merchantRotateKey(id: string): Promise<MerchantWithKey>;
  /** Refuses the merchant's logins; its keys and rows stay. */
  merchantSuspend(id: string): Promise<void>;
  /** Lets a suspended merchant in again, with the keys it had. */
  merchantResume(id: string): Promise<void>;
  merchantRemove(id: string): Promise<void>;
  /** Adds a list of merchants (as parsed from a file or JSON), all or none. */
  merchantImport(list: unknown): Promise<readonly MerchantWithKey[]>;
  claimStatus(): Promise<ClaimStatus>;
  /** Makes this box a shop's box, once; afterwards it starts anew with its settings. */
  claim(request: unknown, authority: ClaimAuthority): Promise<ClaimAnswer>;
  /** The box may be claimed again; merchants and rows stay. */
  claimReset(): Promise<ClaimStatus>;
  updateStatus(): Promise<UpdateStatus>;
  /** Takes a bundle in for the updater; resolves when it is whole and genuine. */
  updateUpload(content: AsyncIterable<Uint8Array>): Promise<{ readonly version: string }>;
  syncStatus(): Promise<SyncStatus>;
  syncNow(): Promise<SyncStatus>;
  syncPause(): Promise<SyncStatus>;
  syncResume(): Promise<SyncStatus>;
  syncRejected(): Promise<readonly RejectedRow[]>;
  /** Takes rows up again that were set aside: one, or all (null). Returns how many. */
  syncRetry(id: number | null): Promise<{ readonly rows: number }>;
  /** Gives a row up for good: it will not reach the cloud. */
  syncDiscard(id: number): Promise<void>;
}
