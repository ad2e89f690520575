/**
 * The backups of a running box: made when asked for or by interval, one at a time, and pruned afterwards.
 *
 * Only after a new backup has been verified is an old one removed. A backup that fails by interval is tried again
 * after a while and said in the log; the shop goes on selling.
 */
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Engine } from '../engine/engine.ts';
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';
import { type BackupSummary, checkLabel, listBackups, prune } from './backup-directory.ts';
import { refused } from './backup-error.ts';
import { backupSettings } from './backup-settings.ts';
import type { CheckFinding, CheckOptions } from './check.ts';
import { type JobThreads, runJob } from './jobs.ts';
import type { BackupResult } from './make-backup.ts';

export interface BoxBackupsParts {
  readonly engine: Engine;
  readonly threads: JobThreads;
  readonly config: Config;
  readonly boxId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly firstLookMs?: number;
  readonly lookMs?: number;
}

export interface BackupWish {
  /** A directory instead of the configured one. Nothing is pruned there. */
  readonly target?: string | undefined;
  readonly label?: string | undefined;
}

const MICROS_PER_MS = 1000n;
const MS_PER_MINUTE = 60_000;
/** After one that failed, before the next by interval. */
const RETRY_MS = 15 * MS_PER_MINUTE;

export class BoxBackups {
  readonly #parts: BoxBackupsParts;
  readonly #stop = new AbortController();
  #queue: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  /** Monotonic: the wall clock of a box may be wrong, and may jump. */
  #lastMs: number | null = null;
  #retryAtMs = 0;

  constructor(parts: BoxBackupsParts) {
    this.#parts = parts;
    if (parts.config['backup.interval_minutes'] > 0) {
      this.#lookAfter(parts.firstLookMs ?? LIMITS.backupFirstLookMs);
    }
  }

  /** @throws BackupError naming cause and mend */
  backup(wish: BackupWish = {}): Promise<BackupResult> {
    return this.#inTurn(() => this.#backup(wish));
  }

  /** @throws BackupError when sales left the file no rest */
  check(options: CheckOptions): Promise<CheckFinding[]> {
    const { threads, engine } = this.#parts;
    return this.#inTurn(() =>
      runJob(threads, engine, { kind: 'check', options }, this.#stop.signal),
    );
  }

  list(): readonly BackupSummary[] {
    return listBackups(backupSettings(this.#parts.config).directory);
  }

  /** Ends what runs: an unfinished backup is none. To be called before the engine closes. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#stop.abort(refused('the box is stopping'));
    await this.#queue;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #backup({ target, label }: BackupWish): Promise<BackupResult> {
    const { threads, engine, config, boxId, clock, log } = this.#parts;
    const settings = backupSettings(config);
    const request = {
      directory: target ?? settings.directory,
      label: label === undefined ? null : checkLabel(label),
      bytesPerSecond: LIMITS.backupBytesPerSecond,
      freeBytesMin: settings.freeBytesMin,
      nowMs: Number(clock.wallMicros() / MICROS_PER_MS),
    };
    const result = await runJob(threads, engine, { kind: 'backup', request }, this.#stop.signal);
    log.info(result, 'made a backup');
    if (target !== undefined) return result;
    this.#lastMs = clock.monotonicMs();
    try {
      const removed = prune(settings.directory, boxId, settings.retention);
      if (removed.length > 0) log.info({ removed }, 'removed backups that are no longer kept');
    } catch (error) {
      log.warn({ err: error }, 'old backups could not be removed');
    }
    return result;
  }

  #lookAfter(delayMs: number): void {
    this.#timer = setTimeout(() => void this.#look(), delayMs).unref();
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#parts;
    try {
      if (this.#isDue()) await this.backup();
    } catch (error) {
      this.#retryAtMs = clock.monotonicMs() + RETRY_MS;
      if (!this.#stop.signal.aborted) log.error({ err: error }, 'the backup by interval failed');
    }
    if (!this.#stop.signal.aborted) this.#lookAfter(this.#parts.lookMs ?? LIMITS.backupLookMs);
  }

  #isDue(): boolean {
    const { clock, config, boxId } = this.#parts;
    const intervalMs = config['backup.interval_minutes'] * MS_PER_MINUTE;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#retryAtMs) return false;
    if (this.#lastMs !== null) return nowMs - this.#lastMs >= intervalMs;
    // Since this start there was none: the last one's own time decides, by a clock that may be wrong.
    const wallMs = Number(clock.wallMicros() / MICROS_PER_MS);
    return !this.list().some((backup) => {
      const ageMs = wallMs - Date.parse(backup.createdAt ?? '');
      return backup.boxId === boxId && ageMs >= 0 && ageMs < intervalMs;
    });
  }
}
