/**
 * Prepared statements of one connection, by authority and text: the authorizer has its say when a statement is
 * prepared, so that the same text under another authority is another statement. One that has
 * not been used lately leaves when the cache is full.
 */
import type { Authority } from './engine.ts';
import type { Pointer } from './sqlite/exports.ts';
import type { StatementRow } from './statement-row.ts';

export interface PreparedStatement {
  /** 0 for a text without a statement. */
  readonly pointer: Pointer;
  readonly readOnly: boolean;
  readonly parameterCount: number;
  readonly row: StatementRow;
  /** True while it runs: a nested run of the same text needs another. */
  busy: boolean;
  /** Taken since the cache last looked for room. */
  used: boolean;
  /** No row of this run has been read yet. */
  isFirst: boolean;
}

export class StatementCache {
  readonly #capacity: number;
  readonly #finalize: (statement: PreparedStatement) => void;
  /** Told to go while they ran. */
  readonly #forgotten = new WeakSet<PreparedStatement>();
  readonly #byAuthority: Readonly<Record<Authority, Map<string, PreparedStatement>>> = {
    merchant: new Map(),
    admin: new Map(),
    system: new Map(),
  };

  constructor(capacity: number, finalize: (statement: PreparedStatement) => void) {
    this.#capacity = capacity;
    this.#finalize = finalize;
  }

  /** The idle statement of that text, marked busy; undefined when there is none. */
  take(authority: Authority, sql: string): PreparedStatement | undefined {
    const statement = this.#byAuthority[authority].get(sql);
    if (statement === undefined || statement.busy) return undefined;
    statement.used = true;
    statement.busy = true;
    return statement;
  }

  /** Takes a reset statement back, or in: it stays cached unless another of its text is. */
  put(authority: Authority, sql: string, statement: PreparedStatement): void {
    statement.busy = false;
    const map = this.#byAuthority[authority];
    const present = map.get(sql);
    if (present === statement) return;
    if (present !== undefined || this.#forgotten.has(statement)) {
      this.#finalize(statement);
      return;
    }
    statement.used = true;
    map.set(sql, statement);
    if (map.size > this.#capacity) this.#evict(map);
  }

  /** Forgets what was prepared under an authority; busy statements go when they are given back. */
  clear(authority: Authority): void {
    const map = this.#byAuthority[authority];
    for (const statement of map.values()) {
      if (statement.busy) this.#forgotten.add(statement);
      else this.#finalize(statement);
    }
    map.clear();
  }

  clearAll(): void {
    for (const authority of ['merchant', 'admin', 'system'] as const) this.clear(authority);
  }

  /** Second chance: who was used since the last look goes to the end of the line, the first other one leaves. */
  #evict(map: Map<string, PreparedStatement>): void {
    let chances = map.size + 1;
    for (const [sql, statement] of map) {
      map.delete(sql);
      chances -= 1;
      if (chances > 0 && (statement.busy || statement.used)) {
        statement.used = false;
        map.set(sql, statement);
        continue;
      }
      if (statement.busy) map.set(sql, statement);
      else this.#finalize(statement);
      return;
    }
  }
}
