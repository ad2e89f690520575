/**
 * Wall 2 of the isolation: what SQLite itself refuses to prepare. It knows nothing of the user's text; it is
 * told, for each table and column that a statement would touch, the innermost view or trigger through which
 * it is reached, and so "the base only through its guard" can be held.
 *
 * It cannot tell an UPDATE's own columns, or RETURNING's, from a subselect on the same table: merchants therefore
 * may not write under their authority at all (the box writes for them with fixed texts).
 *
 * @see https://www.sqlite.org/c3ref/set_authorizer.html
 */
import type { Authority } from './engine.ts';
import { ACTION } from './sqlite/codes.ts';

export type ProtectedTables = ReadonlyMap<string, { readonly guard: string }>;

export interface AuthorizerQuestion {
  readonly action: number;
  /** Table, mostly. */
  readonly first: string;
  /** Column or function name, mostly. */
  readonly second: string;
  /** Innermost view or trigger, '' for none. */
  readonly innermost: string;
}

/** Virtual tables that read nothing but their arguments. */
const HARMLESS_TABLE_FUNCTIONS = new Set(['json_each', 'json_tree']);
const VIRTUAL_TABLES =
  /^(sqlite_|pragma_|fts[345]|rtree|geopoly|dbstat|bytecode|tables_used|generate_series|completion|carray|zipfile|fsdir|csv)/i;
/** Functions that reach outside the statement's own rows. */
const REACHING_FUNCTIONS =
  /^(sqlite_|load_extension$|readfile$|writefile$|edit$|fts[345]|rtree|geopoly|changes$|total_changes$|last_insert_rowid$|zeroblob$|randomblob$|match$|snippet$|highlight$|bm25$|offsets$|matchinfo$|optimize$|db_|unknown$)/i;
/** The box's own tables. */
const INTERNAL_TABLE = /^helios_/;

/** Name of what is refused, or null when the statement may have it. */
export function refusal(
  question: AuthorizerQuestion,
  authority: Authority,
  protectedTables: ProtectedTables,
): string | null {
  if (authority === 'system') return null;
  if (authority === 'admin') return refusalToAdmin(question);
  switch (question.action) {
    case ACTION.select:
    case ACTION.recursive:
      return null;
    case ACTION.function:
      return REACHING_FUNCTIONS.test(question.second) ? question.second : null;
    case ACTION.read:
      return mayMerchantRead(question, protectedTables) ? null : question.first;
    default:
      return question.first === '' ? 'the database' : question.first;
  }
}

function mayMerchantRead(question: AuthorizerQuestion, protectedTables: ProtectedTables): boolean {
  const table = question.first;
  const protection = protectedTables.get(table) ?? protectedTables.get(table.toLowerCase());
  if (protection !== undefined) return question.innermost === protection.guard;
  if (HARMLESS_TABLE_FUNCTIONS.has(table)) return true;
  if (VIRTUAL_TABLES.test(table)) return false;
  // The box's own tables hold every merchant's rows: they are met inside views of ours, never directly.
  return !INTERNAL_TABLE.test(table) || question.innermost !== '';
}

function refusalToAdmin(question: AuthorizerQuestion): string | null {
  const { action, first, innermost } = question;
  switch (action) {
    case ACTION.select:
    case ACTION.recursive:
      return null;
    case ACTION.function:
      return REACHING_FUNCTIONS.test(question.second) ? question.second : null;
    case ACTION.read:
      if (HARMLESS_TABLE_FUNCTIONS.has(first)) return null;
      return VIRTUAL_TABLES.test(first) ? first : null;
    case ACTION.insert:
    case ACTION.update:
    case ACTION.delete:
      if (innermost !== '') return null;
      return VIRTUAL_TABLES.test(first) || INTERNAL_TABLE.test(first) ? first : null;
    default:
      return first === '' ? 'the database' : first;
  }
}
