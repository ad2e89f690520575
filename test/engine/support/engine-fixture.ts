/**
 * An engine on a real file in a directory of its own, and the requests that the tests send it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../edge/clock.ts';
import type {
  Authority,
  Engine,
  EngineStatement,
  ReadRequest,
  StatementRunner,
} from '../../../edge/engine/engine.ts';
import { type EngineOptions, openEngine } from '../../../edge/engine/open.ts';
import { silentLog } from '../../../edge/log.ts';
import type { SessionValues } from '../../../edge/types/session-values.ts';
import type { FunctionLibrary } from '../../../edge/types/sql-function.ts';
import type { SqlValue } from '../../../edge/types/storage.ts';

export const emptyLibrary: FunctionLibrary = { scalars: [], aggregates: [], collations: [] };

export function makeDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'helios-engine-'));
}

export function removeDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

export function engineOptions(path: string, changes: Partial<EngineOptions> = {}): EngineOptions {
  return {
    path,
    library: emptyLibrary,
    clock: systemClock,
    log: silentLog,
    maxConnections: 6,
    cacheMb: 8,
    memoryLimitMb: 128,
    pageSize: 4096,
    walPreallocatedBytes: 512 * 1024,
    workerFactory: null,
    onFatal: () => undefined,
    ...changes,
  };
}

export interface EngineFixture extends AsyncDisposable {
  readonly engine: Engine;
  readonly directory: string;
  readonly path: string;
}

export async function openFixture(changes: Partial<EngineOptions> = {}): Promise<EngineFixture> {
  const directory = makeDirectory();
  const path = join(directory, 'pos.db');
  const engine = await openEngine(engineOptions(path, changes));
  return {
    engine,
    directory,
    path,
    [Symbol.asyncDispose]: async () => {
      await engine.close();
      removeDirectory(directory);
    },
  };
}

export const noInterrupt = { deadlineMs: null, signal: null } as const;

export function session(merchant: string | null): SessionValues {
  return {
    merchant,
    role: merchant === null ? 'admin' : 'merchant',
    user: merchant ?? 'admin',
    database: 'pos',
    timeZone: 'UTC',
    applicationName: '',
    searchPath: 'public',
    backendPid: 1,
    transactionTimestamp: 0n,
    statementTimestamp: 0n,
    settings: {},
  };
}

export function statement(
  sql: string,
  binds: readonly SqlValue[] = [],
  authority: Authority = 'system',
): EngineStatement {
  return { sql, binds, authority };
}

export type Rows = SqlValue[][];

/** Runs the text on a runner and gives its rows. */
export function rowsOf(
  runner: StatementRunner,
  sql: string,
  binds: readonly SqlValue[] = [],
): Rows {
  const rows: Rows = [];
  runner.run(statement(sql, binds), session(null), noInterrupt, (row) => {
    rows.push(Array.from({ length: row.columnCount }, (_, column) => row.value(column)));
  });
  return rows;
}

export function readRequest(
  text: EngineStatement,
  rows: Rows,
  changes: Partial<ReadRequest> = {},
): ReadRequest {
  return {
    statement: text,
    session: session(null),
    interrupt: noInterrupt,
    tables: [],
    sink: {
      row: (row) => {
        rows.push(Array.from({ length: row.columnCount }, (_, column) => row.value(column)));
      },
      restart: () => {
        rows.length = 0;
      },
    },
    ...changes,
  };
}

/** One autocommit statement of the box, durable when it resolves. */
export async function write(
  engine: Engine,
  sql: string,
  binds: readonly SqlValue[] = [],
): Promise<bigint> {
  const transaction = await engine.beginWrite({ merchant: null, lockTimeoutMs: 0, signal: null });
  transaction.run(statement(sql, binds), session(null), noInterrupt, null);
  const commit = transaction.commit();
  await engine.durable(commit);
  return commit;
}

export async function read(
  engine: Engine,
  sql: string,
  binds: readonly SqlValue[] = [],
): Promise<Rows> {
  const rows: Rows = [];
  await engine.read(readRequest(statement(sql, binds), rows));
  return rows;
}
