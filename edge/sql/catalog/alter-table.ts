/**
 * ALTER TABLE: each command in turn over an undressed base (see dressing.ts). A command gives the changed
 * table; what the file needs for it is done on the way.
 */
import type { AlterTableCmd, AlterTableStmt, Node } from '@pgsql/types';
import { EdgeError, notSupported } from '../../errors.ts';
import { addColumn } from './add-column.ts';
import { addDrafts, replaceColumn, setNotNull } from './add-constraints.ts';
import { verifyNotNull } from './constraint-checks.ts';
import { findConstraint } from './constraints.ts';
import { checkDefault, completeTable } from './create-table.ts';
import { columnOf, type Definition, refuseBuiltin } from './definition.ts';
import {
  createIndexes,
  dress,
  dropIndexes,
  refreshForeignKeyIndexes,
  takeForeignKey,
  undress,
} from './dressing.ts';
import { dropColumn } from './drop-column.ts';
import { physicalIndexName, quoteName } from './layout.ts';
import type { Table } from './model.ts';
import { relationName } from './node.ts';
import { defaultExpression, emptyDrafts, readTableConstraint } from './table-draft.ts';

const REFUSED: Readonly<Record<string, string>> = {
  AT_AlterColumnType: 'ALTER COLUMN TYPE',
  AT_AddIdentity: 'ALTER COLUMN ADD GENERATED',
  AT_SetIdentity: 'ALTER COLUMN SET GENERATED',
  AT_DropIdentity: 'ALTER COLUMN DROP IDENTITY',
  AT_DropExpression: 'ALTER COLUMN DROP EXPRESSION',
  AT_SetStatistics: 'SET STATISTICS',
  AT_SetStorage: 'SET STORAGE',
  AT_ValidateConstraint: 'VALIDATE CONSTRAINT',
  AT_AlterConstraint: 'ALTER CONSTRAINT',
  AT_ChangeOwner: 'OWNER TO',
  AT_SetTableSpace: 'SET TABLESPACE',
  AT_SetRelOptions: 'SET storage parameters',
  AT_ResetRelOptions: 'RESET storage parameters',
  AT_EnableRowSecurity: 'ENABLE ROW LEVEL SECURITY',
  AT_DisableRowSecurity: 'DISABLE ROW LEVEL SECURITY',
  AT_ForceRowSecurity: 'FORCE ROW LEVEL SECURITY',
  AT_NoForceRowSecurity: 'NO FORCE ROW LEVEL SECURITY',
  AT_EnableTrig: 'ENABLE TRIGGER',
  AT_DisableTrig: 'DISABLE TRIGGER',
  AT_AttachPartition: 'ATTACH PARTITION',
  AT_DetachPartition: 'DETACH PARTITION',
  AT_AddInherit: 'INHERIT',
  AT_DropInherit: 'NO INHERIT',
  AT_ReplicaIdentity: 'REPLICA IDENTITY',
};

function setDefault(
  definition: Definition,
  table: Table,
  name: string,
  node: Node | undefined,
): Table {
  const column = columnOf(table, name);
  if (column.identity !== null) {
    throw new EdgeError(
      'syntax_error',
      `column "${name}" of relation "${table.name}" is an identity column`,
      node === undefined
        ? { hint: 'Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.' }
        : {},
    );
  }
  const text = node === undefined ? null : defaultExpression(node);
  const defaultText = text === 'NULL' ? null : text;
  const changed = { ...column, defaultText };
  if (node !== undefined && defaultText !== null) {
    const defaultIsLiteral = 'A_Const' in node;
    checkDefault(definition, table, changed, { defaultPosition: undefined, defaultIsLiteral });
  }
  return replaceColumn(table, name, () => changed);
}

function dropNotNull(definition: Definition, table: Table, name: string): Table {
  const column = columnOf(table, name);
  if (column.identity !== null) {
    throw new EdgeError(
      'syntax_error',
      `column "${name}" of relation "${table.name}" is an identity column`,
    );
  }
  const primary = table.uniques.find((unique) => unique.kind === 'primary');
  if (primary?.columns.includes(name) === true) {
    throw new EdgeError('invalid_table_definition', `column "${name}" is in a primary key`);
  }
  if (name === table.tenantColumn) throw notSupported('a merchant column that may be null');
  if (!column.notNull) return table;
  definition.run(
    `ALTER TABLE ${quoteName(table.baseName)} ALTER COLUMN ${quoteName(name)} DROP NOT NULL`,
  );
  return replaceColumn(table, name, (found) => ({ ...found, notNull: false }));
}

function dropKey(
  definition: Definition,
  table: Table,
  name: string,
  oid: number,
  cascade: boolean,
): Table {
  const without = { ...table, uniques: table.uniques.filter((unique) => unique.oid !== oid) };
  const key = table.uniques.find((unique) => unique.oid === oid);
  const users = definition
    .referencing(table.name)
    .filter(({ key: foreign }) => sameColumns(foreign.referencedColumns, key?.columns ?? []));
  if (users.length > 0 && !cascade) {
    throw new EdgeError(
      'dependent_objects_still_exist',
      `cannot drop constraint ${name} on table ${table.name} because other objects depend on it`,
      {
        detail: users
          .map(
            ({ child, key: foreign }) =>
              `constraint ${foreign.name} on table ${child.name} depends on index ${name}`,
          )
          .join('\n'),
        hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
      },
    );
  }
  let changed: Table = without;
  for (const { child, key: foreign } of users) {
    definition.notice(
      'successful_completion',
      `drop cascades to constraint ${foreign.name} on table ${child.name}`,
    );
    takeForeignKey(definition, foreign.oid);
    const owner = child.name === table.name ? changed : child;
    const left = { ...owner, foreignKeys: owner.foreignKeys.filter((k) => k.oid !== foreign.oid) };
    if (child.name === table.name) changed = left;
    else definition.put(left);
  }
  definition.run(`DROP INDEX ${quoteName(physicalIndexName({ oid }))}`);
  return changed;
}

function sameColumns(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name) => right.includes(name));
}

function dropConstraint(definition: Definition, table: Table, command: AlterTableCmd): Table {
  const name = command.name ?? '';
  const found = findConstraint(table, name);
  if (found === undefined) {
    const text = `constraint "${name}" of relation "${table.name}" does not exist`;
    if (command.missing_ok !== true) throw new EdgeError('undefined_object', text);
    definition.notice('successful_completion', `${text}, skipping`);
    return table;
  }
  const cascade = command.behavior === 'DROP_CASCADE';
  if (found.kind === 'key') return dropKey(definition, table, name, found.value.oid, cascade);
  if (found.kind === 'check') {
    const base = quoteName(table.baseName);
    definition.run(`ALTER TABLE ${base} DROP CONSTRAINT ${quoteName(name)}`);
    return { ...table, checks: table.checks.filter((check) => check.name !== name) };
  }
  takeForeignKey(definition, found.value.oid);
  definition.run(`DROP INDEX IF EXISTS ${quoteName(`f$${found.value.oid}_idx`)}`);
  return { ...table, foreignKeys: table.foreignKeys.filter((key) => key.name !== name) };
}

function applyCommand(definition: Definition, table: Table, command: AlterTableCmd): Table {
  const name = command.name ?? '';
  switch (String(command.subtype)) {
    case 'AT_AddColumn':
      return addColumn(definition, table, command);
    case 'AT_DropColumn':
      return dropColumn(definition, table, command);
    case 'AT_ColumnDefault':
      return setDefault(definition, table, name, command.def);
    case 'AT_SetNotNull':
      return setNotNull(definition, table, name);
    case 'AT_DropNotNull':
      return dropNotNull(definition, table, name);
    case 'AT_DropConstraint':
      return dropConstraint(definition, table, command);
    case 'AT_AddConstraint': {
      const drafts = emptyDrafts();
      if (command.def === undefined || !('Constraint' in command.def)) break;
      const constraint = command.def.Constraint;
      if (constraint.contype === 'CONSTR_NOTNULL') break;
      readTableConstraint(constraint, null, drafts);
      return addDrafts(definition, table, drafts);
    }
    default:
      break;
  }
  throw notSupported(`ALTER TABLE ${REFUSED[command.subtype ?? ''] ?? command.subtype}`);
}

/** ALTER TABLE. @throws EdgeError with PostgreSQL's conditions */
export function alterTable(definition: Definition, statement: AlterTableStmt): string {
  const tag = 'ALTER TABLE';
  if (statement.objtype !== undefined && statement.objtype !== 'OBJECT_TABLE') {
    throw notSupported(`ALTER ${statement.objtype.replace('OBJECT_', '').replaceAll('_', ' ')}`);
  }
  const name = relationName(statement.relation);
  const found = definition.find(name);
  if (found === undefined && statement.missing_ok === true) {
    definition.notice('successful_completion', `relation "${name}" does not exist, skipping`);
    return tag;
  }
  const before = found ?? definition.table(name);
  refuseBuiltin(before);
  undress(definition, before);
  let table = before;
  for (const command of statement.cmds ?? []) {
    if ('AlterTableCmd' in command) table = applyCommand(definition, table, command.AlterTableCmd);
    definition.put(table);
  }
  settle(definition, before, table);
  return tag;
}

/** Puts the changed table into the catalog and dresses its base. */
export function settle(definition: Definition, before: Table, changed: Table): void {
  const table = completeTable(definition, changed);
  definition.put(table, before.name);
  if (table.tenantColumn === before.tenantColumn) refreshForeignKeyIndexes(definition, table);
  else {
    // Every key of a tenant table starts with the merchant: with another merchant column all are made anew.
    const tenant = table.columns.find((column) => column.name === table.tenantColumn);
    const wasNotNull = changed.columns.find((column) => column.name === tenant?.name)?.notNull;
    if (tenant !== undefined && wasNotNull !== true) {
      verifyNotNull(definition, table, tenant);
      definition.run(
        `ALTER TABLE ${quoteName(table.baseName)} ALTER COLUMN ${quoteName(tenant.name)} SET NOT NULL`,
      );
    }
    dropIndexes(definition, table);
    createIndexes(definition, table);
  }
  dress(definition, table);
}
