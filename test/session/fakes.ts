/**
 * An engine and a compiler of a few words, whose disk, lock and worker a test holds in its hand: what
 * a session does while it waits cannot be seen with quick real ones.
 *
 * Texts: `read TABLE ROWS`, `fat TABLE ROWS`, `write TABLE` (takes the lock, touches the table, gives one row), `slow` (goes to the
 * worker), `wrong` (42601), `bug` (throws an Error), `bug at run`, `begin`, `begin rr`, `commit`,
 * `rollback`, `savepoint NAME`, `back to NAME`, `show NAME`, `set NAME VALUE`.
 */
import { systemClock } from '../../edge/clock.ts';
import type {
  Engine,
  EngineStatement,
  EngineStatus,
  Interrupt,
  LiveFile,
  ReadRequest,
  ReadResult,
  RowSink,
  RunResult,
  SnapshotTransaction,
  WriteRequest,
  WriteTransaction,
} from '../../edge/engine/engine.ts';
import { WriteQueue } from '../../edge/engine/write-queue.ts';
import { EdgeError } from '../../edge/errors.ts';
import { silentLog } from '../../edge/log.ts';
import type { SessionDependencies } from '../../edge/session/context.ts';
import { PlanCache } from '../../edge/session/plan-cache.ts';
import { createSession } from '../../edge/session/session.ts';
import { SessionMeters } from '../../edge/session/session-meters.ts';
import type { SessionOutput, SessionPort } from '../../edge/session/session-port.ts';
import { ShapedPlans } from '../../edge/session/shaped-plans.ts';
import { StoredRowsBudget } from '../../edge/session/stored-rows.ts';
import { WriteActivity } from '../../edge/session/write-activity.ts';
import type { Compiler } from '../../edge/sql/compiler.ts';
import { ValuesRow } from '../../edge/sql/execute/values-row.ts';
import type { Plan, Program, UtilityStatement } from '../../edge/sql/plan.ts';
import { ByteWriter } from '../../edge/types/byte-writer.ts';
import { OID } from '../../edge/types/oids.ts';
import type { SessionValues } from '../../edge/types/session-values.ts';
import { PLAIN, type RowReader } from '../../edge/types/storage.ts';
import type { FrontendMessage } from '../../edge/wire/frontend.ts';
import { traceOf } from '../support/trace.ts';
import { decodeMessages } from '../support/wire-client.ts';

export class FakeEngine implements Engine {
  readonly #queue = new WriteQueue();
  readonly #waiting: { readonly commit: bigint; resolve(): void; reject(error: Error): void }[] =
    [];
  /** Commit that last touched a table. */
  readonly #touched = new Map<string, bigint>();
  readonly log: string[] = [];
  lastCommit = 0n;
  durableCommit = 0n;
  /** The worker's reads: the test gives rows and ends them. */
  readonly slow: { readonly request: ReadRequest; finish(error?: Error): void }[] = [];
  readonly open: FakeWrite[] = [];

  readNow(request: ReadRequest): ReadResult | null {
    const { sql } = request.statement;
    if (sql === 'slow') return null;
    perform(request.statement, request.sink);
    return { waitFor: this.pendingCommit(request.tables, null) };
  }

  read(request: ReadRequest): Promise<ReadResult> {
    return new Promise((resolve, reject) => {
      const finish = (error?: Error): void => {
        if (error === undefined) resolve({ waitFor: this.pendingCommit(request.tables, null) });
        else reject(error);
      };
      this.slow.push({ request, finish });
      request.interrupt.signal?.addEventListener('abort', () => finish(new Error('aborted')));
    });
  }

  beginWriteNow(): WriteTransaction | null {
    return this.#queue.tryAcquire() ? this.#begin() : null;
  }

  async beginWrite(request: WriteRequest): Promise<WriteTransaction> {
    await this.#queue.acquire(request.lockTimeoutMs, request.signal);
    return this.#begin();
  }

  #begin(): FakeWrite {
    const write = new FakeWrite(this);
    this.open.push(write);
    this.log.push('lock');
    return write;
  }

  ended(write: FakeWrite, what: 'commit' | 'rollback'): bigint {
    this.log.push(what);
    this.open.splice(this.open.indexOf(write), 1);
    if (what === 'commit') {
      this.lastCommit++;
      for (const table of write.touches) this.#touched.set(table, this.lastCommit);
    }
    this.#queue.release();
    return this.lastCommit;
  }

  beginSnapshot(): Promise<SnapshotTransaction> {
    this.log.push('snapshot');
    const run: SnapshotTransaction['run'] = (statement, _session, _interrupt, onRow) =>
      perform(statement, { row: (row) => onRow?.(row), restart: () => undefined });
    return Promise.resolve({
      run,
      // oxlint-disable-next-line require-yield -- It never pauses.
      *runInTurns(...request) {
        return run(request[0], request[1], request[2], request[3]);
      },
      close: () => this.log.push('snapshot closed'),
    });
  }

  pendingCommit(tables: readonly string[], _merchant: string | null): bigint {
    let highest = 0n;
    for (const table of tables) {
      const commit = this.#touched.get(table) ?? 0n;
      if (commit > highest) highest = commit;
    }
    return highest > this.durableCommit ? highest : 0n;
  }

  durable(commit: bigint): Promise<void> {
    if (commit <= this.durableCommit) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ commit, resolve, reject }));
  }

  /** The disk has everything. */
  sync(): void {
    this.durableCommit = this.lastCommit;
    for (const each of this.#waiting.splice(0)) each.resolve();
  }

  /** The disk has failed. */
  breakDisk(): void {
    for (const each of this.#waiting.splice(0)) each.reject(new Error('EIO'));
  }

  onDurable(): () => void {
    return () => undefined;
  }
  protect(): void {}
  beforeCommit(): void {}
  checkpoint(): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
  openLiveFile(): LiveFile {
    throw new Error('a fake engine has no file');
  }

  status(): EngineStatus {
    return {
      lastCommit: this.lastCommit,
      durableCommit: this.durableCommit,
      walBytes: 0,
      databaseBytes: 0,
      writersWaiting: this.#queue.waiting,
      writerUsedMs: null,
      connectionsOpen: 1,
      workerReadsRunning: this.slow.length,
      wasmHeapBytes: 0,
    };
  }
}

class FakeWrite implements WriteTransaction {
  readonly #engine: FakeEngine;
  readonly commitNumber: bigint;
  readonly touches: string[] = [];
  finished = false;

  constructor(engine: FakeEngine) {
    this.#engine = engine;
    this.commitNumber = engine.lastCommit + 1n;
  }

  run(
    statement: EngineStatement,
    _session: SessionValues,
    _interrupt: Interrupt,
    onRow: ((row: RowReader) => void) | null,
  ): RunResult {
    const [verb, table = ''] = statement.sql.split(' ');
    if (verb === 'write') this.touches.push(table);
    return perform(statement, { row: (row) => onRow?.(row), restart: () => undefined });
  }

  // oxlint-disable-next-line require-yield -- It never pauses.
  *runInTurns(
    statement: EngineStatement,
    session: SessionValues,
    interrupt: Interrupt,
    onRow: ((row: RowReader) => void) | null,
  ): Generator<void, RunResult, void> {
    return this.run(statement, session, interrupt, onRow);
  }

  savepoint(depth: number): void {
    this.#engine.log.push(`savepoint ${depth}`);
  }
  rollbackTo(depth: number): void {
    this.#engine.log.push(`rollback to ${depth}`);
  }
  release(depth: number): void {
    this.#engine.log.push(`release ${depth}`);
  }
  touch(): void {}

  commit(): bigint {
    this.finished = true;
    return this.#engine.ended(this, 'commit');
  }

  rollback(): void {
    if (this.finished) return;
    this.finished = true;
    this.#engine.ended(this, 'rollback');
  }
}

/** Of one row of `fat`. */
export const FAT_ROW_BYTES = 1024 * 1024;

function perform(statement: EngineStatement, sink: RowSink): RunResult {
  const [verb, , count = '1'] = statement.sql.split(' ');
  if (verb === 'bug') throw new Error('secret detail of the inside');
  const rows = verb === 'read' ? Number(count) : 1;
  if (verb === 'fat') {
    const row = new ValuesRow(['x'.repeat(FAT_ROW_BYTES)]);
    for (let index = 0; index < Number(count); index++) sink.row(row);
    return { changes: 0n, lastInsertRowid: 0n };
  }
  for (let index = 1; index <= rows; index++) sink.row(new ValuesRow([BigInt(index)]));
  return { changes: 0n, lastInsertRowid: 0n };
}

function utility(words: readonly string[]): UtilityStatement | null {
  const [verb, first = '', second = ''] = words;
  switch (verb) {
    case 'begin':
      return {
        kind: 'begin',
        isolation: first === 'rr' ? 'repeatable read' : null,
        readOnly: null,
      };
    case 'commit':
    case 'rollback':
      return { kind: verb, chain: false };
    case 'savepoint':
      return { kind: 'savepoint', name: first };
    case 'back':
      return { kind: 'rollback_to', name: second };
    case 'show':
      return { kind: 'show', name: first };
    case 'set':
      return { kind: 'set', name: first, value: [second], local: false };
    default:
      return null;
  }
}

const COLUMN = {
  name: 'n',
  type: { oid: OID.int4, typmod: -1 },
  form: PLAIN,
  tableOid: 0,
  attnum: 0,
};

const FAT_COLUMN = { ...COLUMN, type: { oid: OID.text, typmod: -1 } };

const EXITS: Readonly<Record<string, string>> = {
  commit: 'TRANS_STMT_COMMIT',
  rollback: 'TRANS_STMT_ROLLBACK',
  back: 'TRANS_STMT_ROLLBACK_TO',
};

export const fakeCompiler: Compiler = {
  parse: (text) =>
    text
      .split(';')
      .map((each) => each.trim())
      .filter((each) => each !== '')
      .map((each) => {
        if (each === 'wrong') throw new EdgeError('syntax_error', 'syntax error', { position: 1 });
        const kind = EXITS[each.split(' ')[0] ?? ''];
        return {
          text: each,
          offset: 0,
          node: kind === undefined ? {} : { TransactionStmt: { kind } },
        };
      }),
  analyse: (statement): Plan => {
    const words = statement.text.split(' ');
    if (statement.text === 'bug') throw new Error('secret detail of the inside');
    const command = utility(words);
    const tables = words[1] === undefined ? [] : [words[1]];
    const program: Program =
      command !== null
        ? { kind: 'utility', utility: command }
        : { kind: 'query', sql: statement.text, tables, takesWriteLock: words[0] === 'write' };
    return {
      program,
      parameterTypes: [],
      columns: command !== null ? null : words[0] === 'fat' ? [FAT_COLUMN] : [COLUMN],
      tag: command === null ? 'SELECT' : command.kind.toUpperCase(),
      catalogVersion: 1,
    };
  },
};

export interface FakeBox {
  readonly engine: FakeEngine;
  readonly dependencies: SessionDependencies;
  /** A client that has started, with its greeting taken. */
  connect(): FakeClient;
  /** A client that has not started. */
  dial(parameters?: Readonly<Record<string, string>>): FakeClient;
}

export function fakeBox(settings: Readonly<Record<string, string>> = {}): FakeBox {
  const engine = new FakeEngine();
  const catalog = { version: 1, tables: new Map() };
  const dependencies: SessionDependencies = {
    engine,
    compiler: fakeCompiler,
    catalogs: {
      current: catalog,
      publish: () => undefined,
      applyDefinition: () => ({ catalog, tag: '', notices: [] }),
    },
    plans: new PlanCache(),
    shapes: new ShapedPlans(),
    storedRows: new StoredRowsBudget(),
    audit: null,
    meters: new SessionMeters(),
    activity: new WriteActivity(),
    slowQueries: null,
    clock: systemClock,
    log: silentLog,
    settings: new Map(Object.entries(settings)),
  };
  return {
    engine,
    dependencies,
    connect: () => {
      const client = new FakeClient(dependencies, {});
      client.session.start();
      client.take();
      return client;
    },
    dial: (parameters = {}) => new FakeClient(dependencies, parameters),
  };
}

/** A session and what has reached its client so far. */
export class FakeClient implements SessionOutput {
  readonly writer = new ByteWriter();
  readonly session: SessionPort;
  #permitted = 0;
  #arrived: Buffer = Buffer.alloc(0);
  closed = false;
  /** While set, the client takes nothing. */
  stalled: PromiseWithResolvers<void> | null = null;

  constructor(dependencies: SessionDependencies, parameters: Readonly<Record<string, string>>) {
    const login = {
      user: 'm1',
      database: 'pos',
      role: 'merchant',
      merchant: 'm1',
      parameters: new Map(Object.entries(parameters)),
      backendPid: 1,
      backendSecret: Buffer.alloc(4),
    } as const;
    this.session = createSession(dependencies, login, this);
  }

  flush(): void {
    const bytes = this.writer.take();
    this.#arrived = Buffer.concat([this.#arrived, bytes]);
    this.#permitted = 0;
  }

  discard(): void {
    this.writer.truncate(this.#permitted);
  }

  drained(): Promise<void> | null {
    return this.stalled?.promise ?? null;
  }

  close(): void {
    this.flush();
    this.closed = true;
    this.session.close();
  }

  /** Handles messages as a connection does: each when the one before is done. */
  async send(...messages: readonly FrontendMessage[]): Promise<void> {
    for (const message of messages) await this.session.receive(message);
  }

  query(text: string): Promise<void> {
    return this.send({ kind: 'query', text });
  }

  /** What has arrived since the last call. */
  take(): string[] {
    const messages = decodeMessages(this.#arrived).map(traceOf);
    this.#arrived = Buffer.alloc(0);
    return messages;
  }

  /** The last bytes that have arrived, as text. */
  tail(bytes: number): string {
    return this.#arrived.toString('latin1', Math.max(0, this.#arrived.length - bytes));
  }

  get arrivedBytes(): number {
    return this.#arrived.length;
  }
}
