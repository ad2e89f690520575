/**
 * Makes one backup, from the first page to the name that it is found under: copies, orders, examines what was
 * copied with SQLite, writes the manifest, syncs, reads everything back, and only then gives it its name. A power
 * cut or a kill at any point leaves a file that begins with a dot, which nothing takes for a backup.
 *
 * What it reads back comes from the page cache where the disk has not been asked again: a disk that lies about
 * what it wrote is found out by a later `check` of the backup.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join, resolve } from 'node:path';
import { ENGINE_LAYOUT } from '../engine/migrations.ts';
import { syncDirectory } from '../engine/vfs/durable-file.ts';
import { LIMITS } from '../limits.ts';
import { CATALOG_FORMAT } from '../sql/catalog/stored-catalog.ts';
import { VERSION } from '../version.ts';
import { BACKUP_SUFFIX, backupName, UNFINISHED_SUFFIX } from './backup-directory.ts';
import { refused } from './backup-error.ts';
import { type CopySource, copyDatabase, Pace, writeWhole } from './copy.ts';
import { makeManifest } from './manifest.ts';
import {
  BackupFile,
  encodeManifest,
  encodeTable,
  type Frame,
  PackedFile,
  readExactly,
  sha256,
} from './packed-file.ts';
import { type SqliteParts, StoredDatabase } from './stored-database.ts';

export interface BackupRequest {
  readonly directory: string;
  readonly label: string | null;
  /** Beside a running box; null: as fast as it goes. */
  readonly bytesPerSecond: number | null;
  /** Bytes that stay free on the disk for sales. */
  readonly freeBytesMin: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

export interface BackupResult {
  readonly path: string;
  /** Of the backup file. */
  readonly bytes: number;
  /** Of the database in it. */
  readonly databaseBytes: number;
  /** Of all user tables. */
  readonly rows: number;
  readonly seconds: number;
  /** How long the log was held, milliseconds. */
  readonly frozenMs: number;
  readonly verified: true;
}

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** @throws BackupError, or what the disk says; nothing is left behind then */
export async function makeBackup(
  parts: SqliteParts,
  source: CopySource,
  request: BackupRequest,
): Promise<BackupResult> {
  const begun = performance.now();
  const directory = resolve(request.directory);
  fs.mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  const space = new FreeSpace(directory, request.freeBytesMin);
  space.mustHold(packedEstimate(directory, fs.statSync(source.path).size));
  const draft = new Draft(directory);
  try {
    const { frames, commit, frozenMs } = await copyDatabase({
      source,
      fd: draft.loose,
      bytesPerSecond: request.bytesPerSecond,
      watchSpace: () => space.mustHold(0),
    });
    const ordered = await draft.order(frames, new Pace(request.bytesPerSecond), () =>
      space.mustHold(0),
    );
    const examined = await examine(parts, draft, ordered.frames);
    const table = encodeTable(ordered.frames);
    const manifest = makeManifest({
      boxId: examined.boxId,
      epoch: String(examined.epoch),
      commit: String(commit),
      version: VERSION,
      layout: ENGINE_LAYOUT,
      catalogFormat: Number(CATALOG_FORMAT),
      label: request.label,
      createdAt: new Date(request.nowMs).toISOString(),
      contentBytes: ordered.contentBytes,
      contentSha256: ordered.contentSha256,
      packedBytes: ordered.packedBytes,
      packedSha256: ordered.packedSha256,
      tableSha256: sha256(table),
      rows: examined.rows,
    });
    draft.end(Buffer.concat([encodeManifest(manifest), table]));
    const bytes = readBack(draft.path);
    const path = draft.publish(backupName(directory, request.nowMs, request.label));
    return {
      path,
      bytes,
      databaseBytes: ordered.contentBytes,
      rows: examined.userRows,
      seconds: (performance.now() - begun) / 1000,
      frozenMs,
      verified: true,
    };
  } catch (error) {
    throw explainFull(error, directory);
  } finally {
    draft.dispose();
  }
}

/** The two files of a backup that is being made: frames as they come, and frames in order. */
class Draft {
  readonly path: string;
  readonly loose: number;
  readonly #directory: string;
  readonly #loosePath: string;
  readonly #fd: number;
  #end = 0;

  constructor(directory: string) {
    this.#directory = directory;
    removeUnfinished(directory);
    const name = `.${process.pid}-${Math.floor(performance.now())}`;
    this.#loosePath = join(directory, `${name}-loose${UNFINISHED_SUFFIX}`);
    this.path = join(directory, `${name}${UNFINISHED_SUFFIX}`);
    this.loose = fs.openSync(this.#loosePath, 'wx+', FILE_MODE);
    this.#fd = fs.openSync(this.path, 'wx+', FILE_MODE);
  }

  get fd(): number {
    return this.#fd;
  }

  /** Copies the frames in the order of the database. Each is unpacked on the way, which checks it. */
  async order(frames: readonly Frame[], pace: Pace, watchSpace: () => void) {
    const loose = new PackedFile(this.loose, frames, false);
    const content = createHash('sha256');
    const packed = createHash('sha256');
    const ordered: Frame[] = [];
    let offset = 0;
    let synced = 0;
    for (const [index, frame] of frames.entries()) {
      content.update(loose.chunk(index));
      const bytes = readExactly(this.loose, frame.offset, frame.bytes);
      packed.update(bytes);
      writeWhole(this.#fd, bytes, offset);
      ordered.push({ ...frame, offset });
      offset += bytes.length;
      await pace.keep(frame.contentBytes);
      if (offset - synced < LIMITS.backupSyncBytes) continue;
      fs.fdatasyncSync(this.#fd);
      synced = offset;
      watchSpace();
    }
    this.#end = offset;
    fs.closeSync(this.loose);
    fs.unlinkSync(this.#loosePath);
    return {
      frames: ordered,
      contentBytes: loose.size(),
      contentSha256: content.digest('hex'),
      packedBytes: offset,
      packedSha256: packed.digest('hex'),
    };
  }

  /** Writes what comes after the frames; everything is on the disk when it returns. */
  end(bytes: Uint8Array): void {
    writeWhole(this.#fd, bytes, this.#end);
    fs.fsyncSync(this.#fd);
  }

  publish(name: string): string {
    const path = join(this.#directory, name);
    fs.renameSync(this.path, path);
    syncDirectory(this.#directory);
    return path;
  }

  dispose(): void {
    fs.closeSync(this.#fd);
    if (fs.existsSync(this.#loosePath)) fs.closeSync(this.loose);
    fs.rmSync(this.#loosePath, { force: true });
    fs.rmSync(this.path, { force: true });
  }
}

/** Drafts of makers that were killed. Only one backup of a box is made at a time. */
function removeUnfinished(directory: string): void {
  for (const name of fs.readdirSync(directory)) {
    if (!name.startsWith('.') || !name.endsWith(UNFINISHED_SUFFIX)) continue;
    if (isAlive(Number(/^\.(\d+)-/.exec(name)?.[1] ?? 0))) continue;
    fs.rmSync(join(directory, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  return pid !== process.pid && pid > 0 && fs.existsSync(`/proc/${pid}`);
}

async function examine(parts: SqliteParts, draft: Draft, frames: readonly Frame[]) {
  const packed = new PackedFile(draft.fd, frames, false);
  using database = await StoredDatabase.open(parts, draft.path, packed);
  const found = database.rows('PRAGMA quick_check(1)')[0]?.[0];
  if (found !== 'ok') {
    throw refused(
      `no backup was made: the database itself is damaged (${String(found)}); run "helios-edge check", and keep the backups that you have`,
    );
  }
  const { boxId, epoch } = database.identity();
  const rows = database.rowCounts();
  const users = new Set([...database.catalog().values()].map((table) => table.baseName));
  const userRows = Object.entries(rows)
    .filter(([name]) => users.has(name))
    .reduce((sum, [, count]) => sum + count, 0);
  return { boxId, epoch, rows, userRows };
}

/** Opens the finished file as any reader would, and reads every byte. Returns its length. */
function readBack(path: string): number {
  using file = new BackupFile(path);
  file.verifyBytes();
  return file.bytes;
}

class FreeSpace {
  readonly #directory: string;
  readonly #freeBytesMin: number;

  constructor(directory: string, freeBytesMin: number) {
    this.#directory = directory;
    this.#freeBytesMin = freeBytesMin;
  }

  /** @throws BackupError when less would stay free than sales are to have */
  mustHold(wanted: number): void {
    const { bavail, bsize } = fs.statfsSync(this.#directory);
    const free = bavail * bsize;
    if (free - wanted >= this.#freeBytesMin) return;
    throw refused(
      `no backup was made: ${megabytes(free)} MB are free in ${this.#directory}, and it would take about ` +
        `${megabytes(wanted)} MB beside the ${megabytes(this.#freeBytesMin)} MB that backup.min_free_mb keeps for sales; ` +
        'remove old backups, or name another disk with --target or backup.directory',
    );
  }
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1_000_000);
}

/** The frames lie on the disk twice while they are put in order; how well they pack, the last backup says. */
function packedEstimate(directory: string, databaseBytes: number): number {
  const newest = fs
    .readdirSync(directory)
    .filter((name) => name.endsWith(BACKUP_SUFFIX) && !name.startsWith('.'))
    .sort()
    .at(-1);
  if (newest === undefined) return databaseBytes;
  try {
    using file = new BackupFile(join(directory, newest));
    const ratio = file.manifest.packedBytes / Math.max(1, file.manifest.contentBytes);
    return Math.ceil(databaseBytes * ratio * 2);
  } catch {
    return databaseBytes;
  }
}

function explainFull(error: unknown, directory: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return refused(
    `no backup was made: the disk of ${directory} is full; remove old backups, or name another disk with --target or backup.directory`,
    error,
  );
}
