/**
 * What the catalog asks of the analyser: to read stored expressions and to print them for SQLite. The
 * composition hands it in, so that the catalog does not know the analyser and the analyser may know the
 * catalog.
 */
import type { ParsedStatement } from '../plan.ts';
import type { Catalog, CheckConstraint, Column, Table } from './model.ts';

export interface ExpressionSupport {
  /** Parses a query text (`Compiler.parse`). */
  parse(queryText: string): readonly ParsedStatement[];
  /**
   * SQLite text of a column's DEFAULT, converted to what the column stores; it reads no column.
   * @throws EdgeError 42804 when the type does not fit, 0A000 for a column reference
   */
  printDefault(column: Column, table: Table, catalog: Catalog): string;
  /**
   * SQLite text of a CHECK over the base table's columns (bare quoted names): true or NULL passes.
   * @throws EdgeError 42703 for an unknown column, 42804 when it is not boolean
   */
  printCheck(check: CheckConstraint, table: Table, catalog: Catalog): string;
  /** True when the DEFAULT may differ from row to row (random(), gen_random_uuid()). */
  isVolatile(defaultText: string): boolean;
}
