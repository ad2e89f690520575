/**
 * Every cap of cloud-sync and of the receiver, with its unit in the name. They stand apart from
 * `edge/limits.ts` because the receiver runs in a data centre, where none of the box's limits hold.
 */
import assert from 'node:assert/strict';

export const SYNC_LIMITS = {
  /** Rows of one batch, whatever the configuration says. */
  batchRowsMax: 10_000,
  /** Values of one batch before compression, bytes; a single larger row travels alone. */
  batchBytesMax: 4 * 1024 * 1024,
  /** Compressed request body that the receiver reads, bytes. */
  requestBytesMax: 16 * 1024 * 1024,
  /** Request body after decompression, bytes: stops zip bombs. */
  bodyBytesMax: 96 * 1024 * 1024,
  /** Answer that the box reads, bytes, compressed and not. */
  answerBytesMax: 16 * 1024 * 1024,
  /** TCP and TLS set-up, milliseconds. */
  connectMsMax: 10_000,
  /** A whole request with its answer, milliseconds: half-open links end here. */
  requestMsMax: 30_000,
  /** Changes in one answer. */
  pullRowsMax: 500,
  /** Batches of a single pass, so that a pass ends while tills keep selling. */
  batchesPerPassMax: 100_000,
  /** Rounds of pulling in one pass. */
  pullRoundsMax: 10_000,
  /** Restores that one box may live through. */
  epochsMax: 1_000,
  tablesPerBatchMax: 1_000,
  columnsPerTableMax: 1_600,
  merchantsPerPullMax: 50_000,
  nameCharsMax: 200,
  keyCharsMax: 10_000,
  /** Reason of a refusal that is kept, characters. */
  reasonCharsMax: 500,
  /** Batches that the receiver works on at once, and those that may wait. */
  receiverConcurrencyMax: 8,
  receiverQueueMax: 64,
  /** How far a remote clock may be ahead of what this end believes, milliseconds. */
  clockSkewMsMax: 5 * 60 * 1000,
  /** Shortest pause between two attempts, milliseconds. */
  backoffFloorMs: 50,
  backoffBaseMs: 500,
  backoffCapMs: 30_000,
} as const;

assert(SYNC_LIMITS.backoffFloorMs < SYNC_LIMITS.backoffBaseMs);
assert(SYNC_LIMITS.backoffBaseMs < SYNC_LIMITS.backoffCapMs);
assert(SYNC_LIMITS.batchBytesMax < SYNC_LIMITS.bodyBytesMax);
assert(SYNC_LIMITS.connectMsMax < SYNC_LIMITS.requestMsMax);
