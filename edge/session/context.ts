/**
 * What one session owns, in one place, for the files that each do one part of its work. It decides nothing.
 */
import type { Clock } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Log } from '../log.ts';
import type { DefinitionRequest } from '../sql/catalog/definition.ts';
import type { DefinitionResult } from '../sql/catalog/store.ts';
import type { Compiler } from '../sql/compiler.ts';
import type { ByteWriter } from '../types/byte-writer.ts';
import type { SessionValues } from '../types/session-values.ts';
import type { Audit } from './audit-entry.ts';
import { Interrupts } from './interrupts.ts';
import type { CachedPlan, PlanCache } from './plan-cache.ts';
import { Portals } from './portals.ts';
import { RowWriter } from './row-writer.ts';
import type { SessionMeters } from './session-meters.ts';
import type { LoginInfo, SessionOutput } from './session-port.ts';
import { SettingReport } from './setting-report.ts';
import { Settings } from './settings.ts';
import type { ShapedPlans } from './shaped-plans.ts';
import type { SlowQueries } from './slow-query.ts';
import { Statements } from './statements.ts';
import type { StoredRowsBudget } from './stored-rows.ts';
import { type CatalogPublisher, Transaction } from './transaction.ts';
import { Turns } from './turns.ts';
import type { WriteActivity } from './write-activity.ts';

/** The catalog's side of DDL (`sql/catalog`). */
export interface SessionCatalogs extends CatalogPublisher {
  applyDefinition(request: DefinitionRequest): DefinitionResult;
  /** Forgets the last numbers that sequences gave the session: it is gone, or said DISCARD SEQUENCES. */
  endSession?(backendPid: number): void;
}

/** What all sessions of a box share. */
export interface SessionDependencies {
  readonly engine: Engine;
  readonly compiler: Compiler;
  readonly catalogs: SessionCatalogs;
  readonly plans: PlanCache;
  readonly shapes: ShapedPlans;
  readonly storedRows: StoredRowsBudget;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each statement's end; null: no audit log is kept. */
  readonly audit: Audit | null;
  readonly meters: SessionMeters;
  readonly activity: WriteActivity;
  /** Told of each statement above the threshold; null: none is wanted. */
  readonly slowQueries: SlowQueries | null;
  /** The box's own values of settings, by name: statement_timeout, TimeZone. */
  readonly settings: ReadonlyMap<string, string>;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export class SessionContext {
  readonly dependencies: SessionDependencies;
  readonly login: LoginInfo;
  readonly output: SessionOutput;
  readonly out: ByteWriter;
  readonly settings: Settings;
  readonly interrupts: Interrupts;
  readonly turns: Turns;
  readonly transaction: Transaction;
  readonly statements = new Statements();
  readonly portals = new Portals();
  readonly rows: RowWriter;
  readonly report = new SettingReport();
  /** What SQL functions may know; one record, brought up to date before each statement. */
  readonly values: Mutable<SessionValues>;
  /** What parameters' values depend on; the same record for the session's life. */
  readonly typeSettings: { timeZone: string; now: bigint } = { timeZone: 'UTC', now: 0n };
  /** The answer written so far may leave only when this commit is on the disk. */
  holdFor = 0n;
  /** Tables of the statement that runs: its error must not tell of their rows too early. */
  tables: readonly string[] = [];
  /** After an error or message that ends the connection: nothing more is answered. */
  ending = false;
  /** A simple query with several statements: they are one block that nobody began. */
  inMultiStatement = false;
  /** Clock when the statement that runs began; null: none runs. */
  begunMs: number | null = null;
  /** The plan of the statement that runs, once it is known. */
  source: CachedPlan | null = null;
  /** What making that plan took: nothing where it was known. */
  analysisMs = 0;
  /** The statement that runs went to the worker thread. */
  ranOnWorker = false;
  /** Statements that ended, and the clock when the last one did. */
  statementCount = 0;
  lastUseMs: number;
  #settingsVersion = -1;

  constructor(dependencies: SessionDependencies, login: LoginInfo, output: SessionOutput) {
    this.dependencies = dependencies;
    this.login = login;
    this.output = output;
    this.lastUseMs = dependencies.clock.monotonicMs();
    this.out = output.writer;
    this.settings = new Settings(dependencies.settings, login.user);
    this.interrupts = new Interrupts(dependencies.clock);
    this.turns = new Turns(dependencies.clock, this.interrupts);
    this.transaction = new Transaction({
      engine: dependencies.engine,
      catalogs: dependencies.catalogs,
      clock: dependencies.clock,
      settings: this.settings,
      interrupts: this.interrupts,
      merchant: login.merchant,
      activity: dependencies.activity,
    });
    this.rows = new RowWriter(this.out);
    this.values = this.#newValues();
  }

  /** Starts a statement: opens its transaction, and tells functions what they may know. */
  beginStatement(statementTime: bigint): void {
    this.transaction.begin(statementTime);
    const { values, settings } = this;
    if (settings.version !== this.#settingsVersion) {
      this.#settingsVersion = settings.version;
      values.timeZone = settings.get('TimeZone') ?? 'UTC';
      values.applicationName = settings.get('application_name') ?? '';
      values.searchPath = settings.get('search_path') ?? '';
      this.typeSettings.timeZone = values.timeZone;
    }
    values.statementTimestamp = statementTime;
    values.transactionTimestamp = this.transaction.startedAt;
    this.typeSettings.now = this.transaction.startedAt;
    this.interrupts.begin(settings.statementTimeoutMs);
  }

  /** From here on the statement is timed; what its Parse took was before. */
  beginTiming(): void {
    this.begunMs = this.dependencies.clock.monotonicMs();
    this.source = null;
    this.ranOnWorker = false;
  }

  endTiming(): void {
    this.begunMs = null;
    this.source = null;
    this.analysisMs = 0;
    this.ranOnWorker = false;
  }

  /** The answer shows what this commit wrote. */
  hold(commit: bigint): void {
    if (commit > this.holdFor) this.holdFor = commit;
  }

  #newValues(): Mutable<SessionValues> {
    const { settings, login } = this;
    const values = {
      merchant: login.merchant,
      role: login.role,
      user: login.user,
      database: login.database,
      timeZone: 'UTC',
      applicationName: '',
      searchPath: '',
      backendPid: login.backendPid,
      transactionTimestamp: 0n,
      statementTimestamp: 0n,
    };
    // Hundreds of entries that few statements ask for: built when asked, and cloned only for the worker.
    Object.defineProperty(values, 'settings', { enumerable: true, get: () => settings.record() });
    return values as Mutable<SessionValues>;
  }
}
