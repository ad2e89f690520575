/**
 * A database opened to be read: a backup through its packed file, the box's own file from a thread that holds it
 * frozen, or that of a stopped box. One WASM instance each; closing it drops everything.
 *
 * It never writes. Beside a running box it is sound only while the file is frozen (`engine/backup.ts`).
 */
import { systemClock } from '../clock.ts';
import { Connection } from '../engine/connection.ts';
import type { RunResult, StatementRunner } from '../engine/engine.ts';
import { NO_INTERRUPT } from '../engine/run-context.ts';
import { createWasmInstance } from '../engine/sqlite/wasm-instance.ts';
import { SqliteHost } from '../engine/sqlite-host.ts';
import { durableMedium } from '../engine/vfs/durable-file.ts';
import type { StorageMedium, StoredFile } from '../engine/vfs/stored-file.ts';
import { silentLog } from '../log.ts';
import type { Table } from '../sql/catalog/model.ts';
import { loadCatalog } from '../sql/catalog/stored-catalog.ts';
import { systemSession } from '../sql/catalog/system-session.ts';
import type { FunctionLibrary } from '../types/sql-function.ts';
import type { RowReader, SqlValue } from '../types/storage.ts';
import { refused } from './backup-error.ts';
import type { PackedFile } from './packed-file.ts';

const CACHE_KB = 16_384;
const HEAP_BYTES_MAX = 256 * 1024 * 1024;

export interface SqliteParts {
  readonly library: FunctionLibrary;
  readonly wasmBinary: Uint8Array;
}

/** Reads one database, on the thread that calls. */
export class StoredDatabase implements StatementRunner, Disposable {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @param packed the backup's content, where `path` is only a name */
  static async open(
    parts: SqliteParts,
    path: string,
    packed: PackedFile | null,
  ): Promise<StoredDatabase> {
    const instance = await createWasmInstance(parts.wasmBinary, () => undefined);
    const host = new SqliteHost(instance, {
      library: parts.library,
      clock: systemClock,
      log: silentLog,
      readOnly: true,
      medium: packed === null ? readingMedium : packedMedium(path, packed),
      onFatal: (error) => {
        throw error;
      },
    });
    const connection = new Connection(host, path, true);
    connection.execute(`PRAGMA hard_heap_limit = ${HEAP_BYTES_MAX}`);
    connection.execute(`PRAGMA cache_size = -${CACHE_KB}`);
    connection.execute('PRAGMA temp_store = MEMORY');
    connection.execute('PRAGMA cell_size_check = ON');
    return new StoredDatabase(connection);
  }

  /** One state for everything that is read until it is closed. */
  begin(): void {
    this.#connection.execute('BEGIN');
    this.#connection.first('SELECT count(*) FROM sqlite_schema');
  }

  run(
    statement: Parameters<StatementRunner['run']>[0],
    session: Parameters<StatementRunner['run']>[1],
    _interrupt: Parameters<StatementRunner['run']>[2],
    onRow: ((row: RowReader) => void) | null,
  ): RunResult {
    const options = {
      session,
      interrupt: NO_INTERRUPT,
      budgetMs: Number.POSITIVE_INFINITY,
      commitNumber: 0n,
      readOnly: false,
    };
    return this.#connection.run(statement, options, onRow);
  }

  rows(sql: string, binds: readonly SqlValue[] = []): readonly (readonly SqlValue[])[] {
    return this.#connection.rows(sql, binds);
  }

  first(sql: string, binds: readonly SqlValue[] = []): SqlValue {
    return this.#connection.first(sql, binds);
  }

  /** Each row where it lies, so that a large table is never held. */
  each(sql: string, binds: readonly SqlValue[], onRow: (row: RowReader) => void): void {
    this.run(
      { sql, binds, authority: 'system' },
      systemSession(),
      { deadlineMs: null, signal: null },
      onRow,
    );
  }

  has(table: string): boolean {
    return this.first('SELECT 1 FROM sqlite_schema WHERE name = ?1', [table]) !== null;
  }

  /** The tables as the user knows them. @throws Error when a newer version wrote them */
  catalog(): ReadonlyMap<string, Table> {
    if (!this.has('helios_catalog_state')) return new Map();
    return loadCatalog(this).tables;
  }

  /** Who the file belongs to. @throws BackupError when it is not a box's */
  identity(): { readonly boxId: string; readonly epoch: bigint } {
    const [row] = this.has('helios_box') ? this.rows('SELECT box_id, epoch FROM helios_box') : [];
    if (row === undefined) throw refused('this file is not the database of a box');
    return { boxId: String(row[0]), epoch: BigInt(row[1] as bigint) };
  }

  /** Rows of every table that lies in the file. */
  rowCounts(): Readonly<Record<string, number>> {
    const names = this.rows(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    ).map(([name]) => String(name));
    return Object.fromEntries(
      names.map((name) => [
        name,
        Number(this.first(`SELECT count(*) FROM "${name.replaceAll('"', '""')}"`)),
      ]),
    );
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

/** A log that is not there: that of a box which ended cleanly. SQLite would make one, and may not here. */
const NO_LOG: StoredFile = {
  read: () => 0,
  write: () => {
    throw new Error('this database is only read');
  },
  truncate: () => undefined,
  size: () => 0,
  syncNow: () => undefined,
  sync: () => Promise.resolve(),
  isAtItsPath: () => true,
  close: () => undefined,
};

const readingMedium: StorageMedium = {
  ...durableMedium,
  open: (path, options) =>
    path.endsWith('-wal') && !durableMedium.exists(path)
      ? NO_LOG
      : durableMedium.open(path, options),
};

/** Shows the packed file at one path, and nothing anywhere else. */
function packedMedium(path: string, packed: PackedFile): StorageMedium {
  return {
    open: (wanted) => {
      if (wanted === path) return packed;
      throw new Error(`a backup has no ${wanted}`);
    },
    exists: (wanted) => wanted === path,
    remove: () => {
      throw new Error('a backup is not written to');
    },
    openTemporary: (directory) => durableMedium.openTemporary(directory),
  };
}
