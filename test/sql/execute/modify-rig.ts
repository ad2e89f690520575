/**
 * Runs statements as a merchant or as the administrator over a real engine, the real analyser and the real
 * functions, without a session or a wire between: texts in, text forms out.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../edge/clock.ts';
import type { Engine, WriteTransaction } from '../../../edge/engine/engine.ts';
import { openEngine } from '../../../edge/engine/open.ts';
import { EdgeError } from '../../../edge/errors.ts';
import { silentLog } from '../../../edge/log.ts';
import type { CaptureSupport } from '../../../edge/sql/capture.ts';
import { Sequences } from '../../../edge/sql/catalog/sequences.ts';
import { CatalogStore } from '../../../edge/sql/catalog/store.ts';
import { forEver } from '../../../edge/sql/catalog/system-session.ts';
import type { Compiler } from '../../../edge/sql/compiler.ts';
import { createCompiler } from '../../../edge/sql/create-compiler.ts';
import { executeModify, queryStatement } from '../../../edge/sql/execute/execute.ts';
import { functionLibrary } from '../../../edge/sql/functions/library.ts';
import type { ParsedStatement, Plan, ResultColumn } from '../../../edge/sql/plan.ts';
import { loadBoxIdentity } from '../../../edge/tenants/box-identity.ts';
import { KeyFunctions } from '../../../edge/tenants/key-functions.ts';
import { valueToText } from '../../../edge/types/input-output.ts';
import { formatScaled } from '../../../edge/types/numeric.ts';
import type { SessionValues } from '../../../edge/types/session-values.ts';
import type { RowReader, SqlValue } from '../../../edge/types/storage.ts';
import type { Answer } from './answer.ts';

const captureNothing: CaptureSupport = {
  triggers: () => [],
  syncedExpression: (_table, alias) => `${alias}.helios_row % 2 = 0`,
  modeFor: () => 'push',
};

/** 2024-03-01 12:00:00 UTC. */
const NOW = 762_609_600_000_000n;

export function sessionOf(merchant: string | null): SessionValues {
  return {
    merchant,
    role: merchant === null ? 'admin' : 'merchant',
    user: merchant ?? 'admin',
    database: 'pos',
    timeZone: 'UTC',
    applicationName: '',
    searchPath: 'public',
    backendPid: merchant === null ? 1 : (merchant.codePointAt(0) ?? 2),
    transactionTimestamp: NOW,
    statementTimestamp: NOW,
    settings: {},
  };
}

function textOf(row: RowReader, index: number, column: ResultColumn | undefined): string | null {
  const value = row.value(index);
  if (value === null || column === undefined) return null;
  const { form, type } = column;
  if (form.kind === 'scaled' && typeof value === 'bigint') return formatScaled(value, form.scale);
  return valueToText(type.oid, value, { timeZone: 'UTC', now: NOW });
}

export class ModifyRig {
  readonly engine: Engine;
  readonly store: CatalogStore;
  readonly compiler: Compiler;
  readonly #directory: string;

  private constructor(parts: {
    engine: Engine;
    store: CatalogStore;
    compiler: Compiler;
    directory: string;
  }) {
    this.engine = parts.engine;
    this.store = parts.store;
    this.compiler = parts.compiler;
    this.#directory = parts.directory;
  }

  static async open(schema: string): Promise<ModifyRig> {
    const directory = mkdtempSync(join(tmpdir(), 'helios-modify-'));
    const sequences = new Sequences();
    const keyFunctions = new KeyFunctions();
    const engine = await openEngine({
      path: join(directory, 'pos.db'),
      library: {
        ...functionLibrary,
        scalars: [
          ...functionLibrary.scalars,
          ...sequences.functions(),
          ...keyFunctions.functions(),
        ],
      },
      clock: systemClock,
      log: silentLog,
      maxConnections: 4,
      cacheMb: 16,
      memoryLimitMb: 256,
      pageSize: 4096,
      workerFactory: null,
      onFatal: (error) => {
        throw error;
      },
    });
    keyFunctions.useSecret((await loadBoxIdentity(engine)).secret);
    const compiler = await createCompiler();
    const store = await CatalogStore.open(engine, {
      defaultTenantColumn: 'merchant_id',
      tableOverrides: new Map(),
      exemptTables: new Set(['currencies']),
      capture: captureNothing,
      expressions: compiler.expressions,
      sequences,
    });
    const rig = new ModifyRig({ engine, store, compiler, directory });
    await rig.define(schema);
    return rig;
  }

  async close(): Promise<void> {
    await this.engine.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #begin(merchant: string | null): Promise<WriteTransaction> {
    return this.engine.beginWrite({ merchant, lockTimeoutMs: 0, signal: null });
  }

  /** DDL of the administrator, committed. */
  async define(text: string): Promise<void> {
    const transaction = await this.#begin(null);
    try {
      let base = this.store.current;
      for (const { node, text: own } of this.compiler.parse(text)) {
        const session = sessionOf(null);
        base = this.store.applyDefinition({ node, text: own, transaction, base, session }).catalog;
      }
      await this.engine.durable(transaction.commit());
      this.store.publish(base);
    } finally {
      if (!transaction.finished) transaction.rollback();
    }
  }

  plan(merchant: string | null, text: string, parameterTypes: readonly number[] = []): Plan {
    const [statement] = this.compiler.parse(text);
    return this.#analyse(merchant, statement as ParsedStatement, parameterTypes);
  }

  #analyse(merchant: string | null, statement: ParsedStatement, types: readonly number[]): Plan {
    return this.compiler.analyse(statement, types, {
      role: merchant === null ? 'admin' : 'merchant',
      catalog: this.store.current,
    });
  }

  /** Runs one statement in a transaction of its own; what is wrong becomes part of the answer. */
  async run(
    merchant: string | null,
    text: string,
    params: readonly SqlValue[] = [],
    parameterTypes: readonly number[] = [],
    undo = false,
  ): Promise<Answer> {
    const transaction = await this.#begin(merchant);
    try {
      const answer = this.#runIn(transaction, merchant, text, params, parameterTypes);
      if (!undo) transaction.commit();
      return answer;
    } catch (error) {
      if (!(error instanceof EdgeError)) throw error;
      return { error: { code: error.sqlstate, message: error.message, ...shownFields(error) } };
    } finally {
      if (!transaction.finished) transaction.rollback();
    }
  }

  #runIn(
    transaction: WriteTransaction,
    merchant: string | null,
    text: string,
    params: readonly SqlValue[],
    parameterTypes: readonly number[],
  ): Answer {
    const plan = this.plan(merchant, text, parameterTypes);
    const rows: (string | null)[][] = [];
    const columns = plan.columns ?? [];
    const onRow = (row: RowReader): void => {
      rows.push(columns.map((column, index) => textOf(row, index, column)));
    };
    const session = sessionOf(merchant);
    const names = columns.map((column) => column.name);
    if (plan.program.kind === 'query') {
      const statement = queryStatement(plan, params, merchant === null ? 'admin' : 'merchant');
      transaction.run(statement, session, forEver, onRow);
      return { columns: names, rows, tag: `SELECT ${rows.length}` };
    }
    const { rowCount } = executeModify({
      plan,
      params,
      transaction,
      session,
      interrupt: forEver,
      catalog: this.store.current,
      onRow: plan.columns === null ? null : onRow,
    });
    return { columns: names, rows, tag: `${plan.tag} ${rowCount}`.replace('INSERT', 'INSERT 0') };
  }

  /** Every row of a base table, whoever's: what the tests hold against what merchants were told. */
  async everything(table: string): Promise<readonly (readonly SqlValue[])[]> {
    const transaction = await this.#begin(null);
    try {
      const rows: SqlValue[][] = [];
      const statement = {
        sql: `SELECT * FROM "${table}" ORDER BY helios_row`,
        binds: [],
        authority: 'system' as const,
      };
      transaction.run(statement, sessionOf(null), forEver, (row) => {
        rows.push(Array.from({ length: row.columnCount }, (_, index) => row.value(index)));
      });
      return rows;
    } finally {
      transaction.rollback();
    }
  }
}

function shownFields(error: EdgeError): Record<string, string | number> {
  const { detail, hint, position, schema, table, column, constraint } = error.fields;
  const fields = { detail, hint, position, schema, table, column, constraint };
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Record<string, string | number>;
}
