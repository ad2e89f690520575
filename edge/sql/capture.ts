/**
 * What the catalog asks of change capture when it makes a table. `cloud-sync` implements it; the
 * composition hands it in, so that the SQL station does not know the cloud.
 */
import type { Table } from './catalog/model.ts';

export interface CaptureSupport {
  /** CREATE TRIGGER texts for the base table of a synced table; empty for sync `none`. */
  triggers(table: Table): readonly string[];
  /** SQLite expression, over the base table's alias, that is 1 when the row's last state is in the cloud. */
  syncedExpression(table: Table, alias: string): string;
  /** How a new table's rows travel, by the configuration. @throws EdgeError when it cannot go both ways */
  modeFor(table: Pick<Table, 'name' | 'columns' | 'uniques' | 'tenantColumn'>): Table['sync'];
}
