/**
 * Delivers gathered rows and settles each of them: accepted, set aside with a reason, or kept for later.
 *
 * One bad row delays only itself. The receiver names refused rows singly; where it refuses a whole
 * batch, halving finds the row. Rows are set aside on the word of a receiver of ours alone, and only after
 * it has accepted an empty batch: a receiver that refuses everything speaks of itself, not of the rows.
 */
import { type BatchSender, makeBatch } from './batch.ts';
import type { Outbox, OutboxEntry, OutgoingRow, SetAside } from './outbox.ts';
import type { PullRequest, SyncAnswer } from './protocol.ts';
import { SyncError } from './sync-error.ts';
import type { Transport } from './transport.ts';

export interface DeliveryCount {
  accepted: number;
  setAside: number;
  /** Rows that must wait although the link is up. */
  deferred: number;
}

export interface DeliveryOptions {
  readonly transport: Transport;
  readonly outbox: Outbox;
  readonly sender: () => BatchSender;
  readonly onAnswer: (answer: SyncAnswer) => void;
}

/** Sends rows of one pass. */
export class Delivery {
  readonly #options: DeliveryOptions;
  /** True once a greeting was accepted after a refusal; asked again in each pass. */
  #isReceiverSound = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** An exchange without rows: is the receiver there, and what has changed in the cloud? */
  async greet(pull: PullRequest | null, signal: AbortSignal): Promise<SyncAnswer> {
    const { transport, sender, onAnswer } = this.#options;
    const answer = await transport.exchange(makeBatch(sender(), [], pull).request, signal);
    onAnswer(answer);
    return answer;
  }

  /** @throws SyncError when the link or the receiver is the cause */
  async deliver(rows: readonly OutgoingRow[], signal: AbortSignal): Promise<DeliveryCount> {
    const total: DeliveryCount = { accepted: 0, setAside: 0, deferred: 0 };
    const waiting: (readonly OutgoingRow[])[] = [rows];
    for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
      if (part.length === 0) continue;
      try {
        await this.#deliverPart(part, signal, total);
      } catch (error) {
        if (!(error instanceof SyncError) || !isAboutRows(error)) throw error;
        const [row] = part;
        if (part.length > 1 || row === undefined) {
          const middle = Math.ceil(part.length / 2);
          waiting.push(part.slice(middle), part.slice(0, middle));
          continue;
        }
        await this.#refused(row, error, signal, total);
      }
    }
    return total;
  }

  async #deliverPart(
    rows: readonly OutgoingRow[],
    signal: AbortSignal,
    total: DeliveryCount,
  ): Promise<void> {
    const { transport, outbox, sender, onAnswer } = this.#options;
    const batch = makeBatch(sender(), rows, null);
    const answer = await transport.exchange(batch.request, signal);
    onAnswer(answer);
    const accepted: OutboxEntry[] = [];
    const setAside: SetAside[] = [];
    answer.tables.forEach((table, index) => {
      const entries = batch.entries[index] ?? [];
      const reasons = new Map(table.rejected.map((rejection) => [rejection.index, rejection]));
      entries.forEach((entry, row) => {
        const rejection = reasons.get(row);
        if (rejection === undefined) accepted.push(entry);
        else setAside.push({ entry, code: rejection.code, reason: rejection.reason });
      });
    });
    await outbox.settle(accepted, setAside);
    total.accepted += accepted.length;
    total.setAside += setAside.length;
  }

  async #refused(
    row: OutgoingRow,
    error: SyncError,
    signal: AbortSignal,
    total: DeliveryCount,
  ): Promise<void> {
    if (!error.typed) {
      // Something between here and there finds the row too large. It stays queued and is tried again.
      total.deferred += 1;
      return;
    }
    if (!this.#isReceiverSound) {
      await this.greet(null, signal);
      this.#isReceiverSound = true;
    }
    const code = error.code === 'SYNC_TOO_LARGE' ? 'too_large' : 'refused';
    await this.#options.outbox.settle([], [{ entry: row.entry, code, reason: error.message }]);
    total.setAside += 1;
  }
}

function isAboutRows(error: SyncError): boolean {
  return error.code === 'SYNC_BATCH_REFUSED' || error.code === 'SYNC_TOO_LARGE';
}
