/** A real engine with a box's identity, and backups of it through a real thread. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runJob } from '../../edge/backup/jobs.ts';
import { type BackupRequest, type BackupResult } from '../../edge/backup/make-backup.ts';
import { BackupFile } from '../../edge/backup/packed-file.ts';
import { StoredDatabase } from '../../edge/backup/stored-database.ts';
import type { Engine } from '../../edge/engine/engine.ts';
import type { EngineOptions } from '../../edge/engine/open.ts';
import { installedWasmBinary } from '../../edge/engine/wasm-binary.ts';
import { readWorkerThread } from '../../edge/read-worker-thread.ts';
import { functionLibrary } from '../../edge/sql/functions/library.ts';
import { loadBoxIdentity } from '../../edge/tenants/box-identity.ts';
import { type EngineFixture, openFixture } from '../engine/support/engine-fixture.ts';

export const parts = { library: functionLibrary, wasmBinary: installedWasmBinary() };
const threads = { factory: readWorkerThread, wasmBinary: parts.wasmBinary };

export async function openIdentified(
  changes: Partial<EngineOptions> = {},
): Promise<EngineFixture & { readonly boxId: string }> {
  const fixture = await openFixture({ library: functionLibrary, ...changes });
  const { boxId } = await loadBoxIdentity(fixture.engine);
  return { ...fixture, boxId };
}

export function backUp(
  engine: Engine,
  directory: string,
  changes: Partial<BackupRequest> = {},
): Promise<BackupResult> {
  const request = {
    directory,
    label: null,
    bytesPerSecond: null,
    freeBytesMin: 0,
    nowMs: Date.UTC(2026, 6, 29, 2, 15),
    ...changes,
  };
  return runJob(threads, engine, { kind: 'backup', request }, new AbortController().signal);
}

/** Reads what is inside a backup, after comparing every byte. */
export async function inside<T>(
  path: string,
  read: (database: StoredDatabase, file: BackupFile) => T,
): Promise<T> {
  using file = new BackupFile(path);
  file.verifyBytes();
  using database = await StoredDatabase.open(parts, path, file.packed);
  return read(database, file);
}

/** A copy of a file with one byte changed. */
export function withFlippedByte(path: string, position: number): string {
  const bytes = readFileSync(path);
  bytes[position] = (bytes[position] ?? 0) ^ 0x10;
  const flipped = join(path, '..', 'flipped.heliosbackup');
  writeFileSync(flipped, bytes);
  return flipped;
}
