/**
 * What can be asked of a running box, whoever asks: the command line over the control socket, the
 * admin HTTP listener, the library. The appliance implements it; nothing here knows HTTP.
 */

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

/** A request that cannot be carried out: the message names the cause and the mend. */
export class OperationError extends Error {
  override readonly name = 'OperationError';
}

export interface Operations {
  status(): Promise<BoxStatus>;
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
