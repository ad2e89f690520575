/**
 * What can go wrong between box and cloud. None of these ever discards data: `retryable` tells
 * whether trying the same again makes sense, not whether the rows may be dropped.
 */

/**
 * - `SYNC_OFFLINE`: no connection, a time-out, or an answer that no receiver gave (captive portal, proxy).
 * - `SYNC_BUSY`: the receiver is there and asks for patience (typed 429, 503, 500).
 * - `SYNC_DENIED`: the receiver does not know this box or its token (401, 403).
 * - `SYNC_PROTOCOL`: the two ends do not speak the same version.
 * - `SYNC_BATCH_REFUSED`: something in the batch was refused as a whole; halving finds the row.
 * - `SYNC_TOO_LARGE`: the body was too large for the receiver or for something before it.
 * - `SYNC_MALFORMED`: bytes that are not a batch or an answer.
 */
export type SyncErrorCode =
  | 'SYNC_OFFLINE'
  | 'SYNC_BUSY'
  | 'SYNC_DENIED'
  | 'SYNC_PROTOCOL'
  | 'SYNC_BATCH_REFUSED'
  | 'SYNC_TOO_LARGE'
  | 'SYNC_MALFORMED';

/** A failure of the exchange between box and cloud. */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly code: SyncErrorCode;
  readonly retryable: boolean;
  /** True where a receiver of ours gave the answer, so that its word about rows may be believed. */
  readonly typed: boolean;

  constructor(
    code: SyncErrorCode,
    message: string,
    options: {
      readonly retryable?: boolean;
      readonly typed?: boolean;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? true;
    this.typed = options.typed ?? false;
  }
}
