/**
 * One WASM instance made ready for connections: VFS, functions, authorizer and progress handler are
 * installed once here, and every connection opened on it shares them. The main thread and each worker have
 * one each.
 */
import type { Clock } from '../clock.ts';
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';
import type { FunctionLibrary } from '../types/sql-function.ts';
import { type ProtectedTables, refusal } from './authorizer.ts';
import { type InstallFunctions, prepareFunctions } from './function-installer.ts';
import { RunState } from './run-context.ts';
import { AUTH, DBCONFIG, LIMIT, RC } from './sqlite/codes.ts';
import type { Pointer } from './sqlite/exports.ts';
import type { WasmHeap } from './sqlite/wasm-heap.ts';
import type { WasmInstance } from './sqlite/wasm-instance.ts';
import { NodeVfs } from './vfs/node-vfs.ts';
import type { StorageMedium } from './vfs/stored-file.ts';

export interface SqliteHostOptions {
  readonly library: FunctionLibrary;
  readonly clock: Clock;
  readonly log: Log;
  readonly readOnly: boolean;
  readonly medium: StorageMedium;
  /** An exception that passed through SQLite's frames, or a sync that failed: the state is not to be trusted. */
  readonly onFatal: (error: unknown) => void;
}

const VFS_NAME = 'helios-node';

/** SQLite's own caps, tightened to what our printed SQL needs. */
const SQLITE_LIMITS: readonly (readonly [number, number])[] = [
  [LIMIT.length, LIMITS.frameBytesMax * 2],
  [LIMIT.sqlLength, LIMITS.queryTextBytesMax * 2],
  [LIMIT.attached, 0],
  [LIMIT.workerThreads, 0],
  [LIMIT.triggerDepth, 200],
  [LIMIT.vdbeOp, 5_000_000],
];

export class SqliteHost {
  readonly instance: WasmInstance;
  readonly heap: WasmHeap;
  readonly state: RunState;
  readonly vfs: NodeVfs;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFatal: (error: unknown) => void;
  protectedTables: ProtectedTables = new Map();
  readonly #installFunctions: InstallFunctions;
  readonly #authorizer: Pointer;
  readonly #progress: Pointer;
  readonly vfsName: Pointer;

  constructor(instance: WasmInstance, options: SqliteHostOptions) {
    this.instance = instance;
    this.heap = instance.heap;
    this.clock = options.clock;
    this.log = options.log;
    this.onFatal = options.onFatal;
    this.state = new RunState(instance.heap, options.clock);
    this.vfs = new NodeVfs(instance, {
      name: VFS_NAME,
      readOnly: options.readOnly,
      medium: options.medium,
      clock: options.clock,
      log: options.log,
      onSyncFailed: options.onFatal,
    });
    this.vfsName = instance.heap.mallocText(VFS_NAME).pointer;
    this.#installFunctions = prepareFunctions(instance, this.state, options.library);
    this.#authorizer = instance.install(
      'i(pipppp)',
      (
        _data: Pointer,
        action: number,
        first: Pointer,
        second: Pointer,
        _db: Pointer,
        inner: Pointer,
      ) => this.#authorize(action, first, second, inner),
    );
    this.#progress = instance.install('i(p)', () => {
      const run = this.state.current;
      return run !== null && run.mustStop(this.clock) ? 1 : 0;
    });
  }

  /** Makes an opened connection ours: limits, defences, functions, callbacks. */
  equip(db: Pointer): void {
    const { exports } = this.instance;
    exports.sqlite3_extended_result_codes(db, 1);
    for (const [limit, value] of SQLITE_LIMITS) exports.sqlite3_limit(db, limit, value);
    const settings: readonly (readonly [number, number])[] = [
      [DBCONFIG.defensive, 1],
      [DBCONFIG.trustedSchema, 0],
      [DBCONFIG.dqsDml, 0],
      [DBCONFIG.dqsDdl, 0],
      [DBCONFIG.attachCreate, 0],
      [DBCONFIG.attachWrite, 0],
      [DBCONFIG.noCheckpointOnClose, 1],
    ];
    for (const [operation, value] of settings) this.configure(db, operation, value);
    this.#installFunctions(db);
    exports.sqlite3_set_authorizer(db, this.#authorizer, 0);
    exports.sqlite3_progress_handler(db, LIMITS.progressSteps, this.#progress, 0);
  }

  configure(db: Pointer, operation: number, value: number): void {
    const code = this.instance.exports.sqlite3__wasm_db_config_ip(db, operation, value, 0);
    if (code !== RC.ok) throw new Error(`sqlite3_db_config(${operation}) failed with code ${code}`);
  }

  #authorize(action: number, first: Pointer, second: Pointer, inner: Pointer): number {
    const run = this.state.current;
    if (run === null) return AUTH.deny;
    if (run.authority === 'system') return AUTH.ok;
    try {
      const refused = refusal(
        {
          action,
          first: this.heap.cstring(first),
          second: this.heap.cstring(second),
          innermost: this.heap.cstring(inner),
        },
        run.authority,
        this.protectedTables,
      );
      if (refused === null) return AUTH.ok;
      run.deniedObject = refused;
    } catch (error) {
      run.thrown = error;
    }
    return AUTH.deny;
  }
}
