/**
 * SQLite's locks, kept within the process: the five levels of the database file, and the eight slots of
 * the WAL-index. Node has no `flock`, and none is needed: one process owns the file (`owner-lock.ts`).
 *
 * `holdLog` is ours: while a worker thread reads the file through a WAL-index of its own, the log may
 * be neither carried back into the database nor started over, because the worker's locks are unseen here.
 */
import { FILE_LOCK, RC, SHM } from '../sqlite/codes.ts';

const SLOT_COUNT = 8;
/** WAL_READ_LOCK(0): taken exclusively to carry frames back into the database. */
const BACKFILL_SLOT = 3;

/** Identifies a holder: the sqlite3_file pointer. */
type Holder = number;

export class FileLocks {
  readonly #shared = new Set<Holder>();
  #reserved: Holder | null = null;
  #pending: Holder | null = null;
  #exclusive: Holder | null = null;

  lock(holder: Holder, level: number): number {
    if (this.#exclusive !== null && this.#exclusive !== holder) return RC.busy;
    if (level === FILE_LOCK.shared) {
      if (this.#pending !== null && this.#pending !== holder) return RC.busy;
      this.#shared.add(holder);
      return RC.ok;
    }
    if (this.#reserved !== null && this.#reserved !== holder) return RC.busy;
    this.#reserved = holder;
    if (level === FILE_LOCK.reserved) return RC.ok;
    this.#pending = holder;
    if (level === FILE_LOCK.pending) return RC.ok;
    if (this.#shared.size > (this.#shared.has(holder) ? 1 : 0)) return RC.busy;
    this.#exclusive = holder;
    return RC.ok;
  }

  unlock(holder: Holder, level: number): void {
    if (this.#exclusive === holder) this.#exclusive = null;
    if (this.#pending === holder) this.#pending = null;
    if (this.#reserved === holder) this.#reserved = null;
    if (level === FILE_LOCK.none) this.#shared.delete(holder);
  }

  get reserved(): boolean {
    return this.#reserved !== null;
  }
}

export class WalIndexLocks {
  readonly #sharedCounts = new Array<number>(SLOT_COUNT).fill(0);
  readonly #exclusive = new Array<Holder>(SLOT_COUNT).fill(0);
  /** Slots that each holder shares, as a bit mask. */
  readonly #sharedBy = new Map<Holder, number>();
  #logHolds = 0;

  /** Until the returned function is called, the log is neither carried back nor started over. */
  holdLog(): () => void {
    this.#logHolds += 1;
    let held = true;
    return () => {
      if (held) this.#logHolds -= 1;
      held = false;
    };
  }

  get logHeld(): boolean {
    return this.#logHolds > 0;
  }

  apply(holder: Holder, offset: number, count: number, flags: number): number {
    if ((flags & SHM.unlock) !== 0) return this.#unlock(holder, offset, count);
    if ((flags & SHM.shared) !== 0) return this.#lockShared(holder, offset);
    return this.#lockExclusive(holder, offset, count);
  }

  releaseAll(holder: Holder): void {
    this.#unlock(holder, 0, SLOT_COUNT);
    this.#sharedBy.delete(holder);
  }

  #lockShared(holder: Holder, slot: number): number {
    const mine = this.#sharedBy.get(holder) ?? 0;
    const bit = 1 << slot;
    if ((mine & bit) !== 0) return RC.ok;
    if (this.#exclusive[slot] !== 0) return RC.busy;
    this.#sharedCounts[slot] = (this.#sharedCounts[slot] ?? 0) + 1;
    this.#sharedBy.set(holder, mine | bit);
    return RC.ok;
  }

  #lockExclusive(holder: Holder, offset: number, count: number): number {
    // Starting the log over takes the read marks together; a reader moving its own mark takes one.
    const touchesLog = offset === BACKFILL_SLOT || (offset > BACKFILL_SLOT && count > 1);
    if (this.#logHolds > 0 && touchesLog) return RC.busy;
    const mine = this.#sharedBy.get(holder) ?? 0;
    for (let slot = offset; slot < offset + count; slot += 1) {
      const owner = this.#exclusive[slot];
      if (owner !== 0 && owner !== holder) return RC.busy;
      const othersShared = (this.#sharedCounts[slot] ?? 0) - ((mine >> slot) & 1);
      if (othersShared > 0) return RC.busy;
    }
    this.#exclusive.fill(holder, offset, offset + count);
    return RC.ok;
  }

  #unlock(holder: Holder, offset: number, count: number): number {
    let mine = this.#sharedBy.get(holder) ?? 0;
    for (let slot = offset; slot < offset + count; slot += 1) {
      if (this.#exclusive[slot] === holder) this.#exclusive[slot] = 0;
      const bit = 1 << slot;
      if ((mine & bit) !== 0) {
        this.#sharedCounts[slot] = (this.#sharedCounts[slot] ?? 0) - 1;
        mine &= ~bit;
      }
    }
    this.#sharedBy.set(holder, mine);
    return RC.ok;
  }
}
