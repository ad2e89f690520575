/** Shapes that the box's operations will name. */

export interface BackupSummary {
  readonly path: string;
  readonly bytes: number;
  readonly at: string;
}

export interface ClaimStatus {
  readonly claimed: boolean;
}

export interface ClaimRequest {
  readonly code: string;
  readonly name: string;
  readonly endpoint?: string | undefined;
  readonly token?: string | undefined;
  readonly merchants: readonly { readonly id: string; readonly name: string }[];
}

export interface Claimed {
  readonly adminKey: string;
  readonly merchants: readonly { readonly id: string; readonly key: string }[];
}
