/**
 * Columns and constraints on their way into a table: what CREATE TABLE and ALTER TABLE ADD read from the
 * grammar's tree before names are given and keys resolved.
 */
import type { ColumnDef, Constraint, Node } from '@pgsql/types';
import { EdgeError, notSupported } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { OID } from '../../types/oids.ts';
import { columnType } from './column-type.ts';
import {
  type ColumnUse,
  columnUses,
  expressionPosition,
  expressionText,
} from './expression-text.ts';
import type { Column, ForeignKey, ReferentialAction } from './model.ts';
import { nodeString, positionOf, relationName } from './node.ts';

export interface KeyDraft {
  readonly kind: 'primary' | 'unique';
  readonly name: string | null;
  readonly columns: readonly string[];
  readonly position: number | undefined;
}

export interface CheckDraft {
  readonly name: string | null;
  readonly text: string;
  readonly columns: readonly ColumnUse[];
  /** Where errors within the expression are shown. */
  readonly position: number | undefined;
}

export interface ForeignKeyDraft extends Pick<ForeignKey, 'columns' | 'onDelete' | 'onUpdate'> {
  readonly name: string | null;
  readonly referencedTable: string;
  /** Empty: the primary key. */
  readonly referencedColumns: readonly string[];
  readonly position: number | undefined;
}

export interface ConstraintDrafts {
  readonly keys: KeyDraft[];
  readonly checks: CheckDraft[];
  readonly foreignKeys: ForeignKeyDraft[];
}

export interface ColumnDraft {
  readonly column: Omit<Column, 'attnum'>;
  /** Where errors within the DEFAULT are shown. */
  readonly defaultPosition: number | undefined;
  /** The DEFAULT is a literal: its text is read as a value when it is defined. */
  readonly defaultIsLiteral: boolean;
}

const ACTIONS: Readonly<Record<string, ReferentialAction>> = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
};

const SYSTEM_COLUMNS = new Set(['tableoid', 'cmax', 'xmax', 'cmin', 'xmin', 'ctid']);
const IDENTITY_TYPES: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8]);

export function emptyDrafts(): ConstraintDrafts {
  return { keys: [], checks: [], foreignKeys: [] };
}

function names(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).map(nodeString);
}

function fieldsAt(position: number | undefined): { position?: number } {
  return position === undefined ? {} : { position };
}

/** What no kind of constraint may carry here. */
function refuseOptions(constraint: Constraint, position: number | undefined): void {
  if (constraint.deferrable === true || constraint.initdeferred === true) {
    throw notSupported('a deferrable constraint', position);
  }
  if (constraint.skip_validation === true) throw notSupported('NOT VALID', position);
  if (constraint.is_enforced === false && constraint.contype === 'CONSTR_ATTR_NOT_ENFORCED') {
    throw notSupported('NOT ENFORCED', position);
  }
  if (constraint.is_no_inherit === true) throw notSupported('NO INHERIT', position);
  if (constraint.nulls_not_distinct === true) throw notSupported('NULLS NOT DISTINCT', position);
  if (constraint.without_overlaps === true) throw notSupported('WITHOUT OVERLAPS', position);
  if ((constraint.including ?? []).length > 0) throw notSupported('INCLUDE', position);
  if (constraint.indexname !== undefined) throw notSupported('USING INDEX', position);
  if (constraint.indexspace !== undefined) throw notSupported('USING INDEX TABLESPACE', position);
  if ((constraint.options ?? []).length > 0 && constraint.contype !== 'CONSTR_IDENTITY') {
    throw notSupported('storage parameters of a constraint', position);
  }
}

function foreignKeyDraft(
  constraint: Constraint,
  columns: readonly string[],
  position: number | undefined,
): ForeignKeyDraft {
  if (constraint.fk_matchtype !== undefined && constraint.fk_matchtype !== 's') {
    throw notSupported(constraint.fk_matchtype === 'f' ? 'MATCH FULL' : 'MATCH PARTIAL', position);
  }
  if ((constraint.fk_del_set_cols ?? []).length > 0) {
    throw notSupported('a column list of ON DELETE SET', position);
  }
  return {
    name: constraint.conname ?? null,
    columns,
    referencedTable: relationName(constraint.pktable),
    referencedColumns: names(constraint.pk_attrs),
    onDelete: ACTIONS[constraint.fk_del_action ?? 'a'] ?? 'no action',
    onUpdate: ACTIONS[constraint.fk_upd_action ?? 'a'] ?? 'no action',
    position,
  };
}

function checkDraft(constraint: Constraint, position: number | undefined): CheckDraft {
  const expression = constraint.raw_expr;
  if (expression === undefined) throw notSupported('this check constraint', position);
  return {
    name: constraint.conname ?? null,
    text: expressionText(expression, undefined, 'check constraint'),
    columns: columnUses(expression, 'check constraint'),
    position: expressionPosition(expression),
  };
}

/** Reads a table constraint, or the table-like part of a column's. @throws EdgeError 0A000 */
export function readTableConstraint(
  constraint: Constraint,
  columns: readonly string[] | null,
  drafts: ConstraintDrafts,
): void {
  const position = positionOf(constraint);
  refuseOptions(constraint, position);
  switch (String(constraint.contype)) {
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      drafts.keys.push({
        kind: constraint.contype === 'CONSTR_PRIMARY' ? 'primary' : 'unique',
        name: constraint.conname ?? null,
        columns: columns ?? names(constraint.keys),
        position,
      });
      return;
    case 'CONSTR_CHECK':
      drafts.checks.push(checkDraft(constraint, position));
      return;
    case 'CONSTR_FOREIGN':
      drafts.foreignKeys.push(
        foreignKeyDraft(constraint, columns ?? names(constraint.fk_attrs), position),
      );
      return;
    default:
      throw notSupported(constraintWords(constraint.contype), position);
  }
}

function constraintWords(contype: string | undefined): string {
  if (contype === 'CONSTR_EXCLUSION') return 'an exclusion constraint';
  if (contype === 'CONSTR_GENERATED') return 'a generated column';
  if (contype?.startsWith('CONSTR_ATTR_') === true) return 'a deferrable constraint';
  return 'this constraint';
}

interface Attributes {
  notNull: boolean | null;
  primary: boolean;
  defaultText: string | null;
  defaultNode: Node | null;
  identity: Column['identity'];
  identityStart: bigint | null;
}

function integerOf(node: Node | undefined): bigint {
  if (node !== undefined && 'Integer' in node) return BigInt(node.Integer.ival ?? 0);
  if (node !== undefined && 'Float' in node) return BigInt(node.Float.fval ?? '0');
  return 0n;
}

function readIdentity(constraint: Constraint, into: Attributes): void {
  into.identity = constraint.generated_when === 'a' ? 'always' : 'default';
  for (const option of constraint.options ?? []) {
    if (!('DefElem' in option)) continue;
    const { defname, arg } = option.DefElem;
    const value = integerOf(arg);
    if (defname === 'start' && value >= 1n) into.identityStart = value;
    else if (defname === 'increment' && value === 1n) continue;
    else if (defname === 'cache' || (defname === 'cycle' && arg === undefined)) continue;
    else
      throw notSupported(
        `sequence option ${String(defname).toUpperCase()}`,
        positionOf(constraint),
      );
  }
}

function conflict(message: string, position: number | undefined): EdgeError {
  return new EdgeError('syntax_error', message, fieldsAt(position));
}

function readAttribute(
  constraint: Constraint,
  name: string,
  tableName: string,
  into: Attributes,
): boolean {
  const position = positionOf(constraint);
  const here = `for column "${name}" of table "${tableName}"`;
  switch (String(constraint.contype)) {
    case 'CONSTR_NULL':
    case 'CONSTR_NOTNULL': {
      const notNull = constraint.contype === 'CONSTR_NOTNULL';
      if (into.notNull !== null && into.notNull !== notNull) {
        throw conflict(`conflicting NULL/NOT NULL declarations ${here}`, position);
      }
      into.notNull = notNull;
      return true;
    }
    case 'CONSTR_DEFAULT':
      if (into.defaultText !== null) {
        throw conflict(`multiple default values specified ${here}`, position);
      }
      if (constraint.raw_expr !== undefined) {
        into.defaultText = defaultExpression(constraint.raw_expr);
        into.defaultNode = constraint.raw_expr;
      }
      refuseDefaultIdentity(into, name, tableName, position);
      return true;
    case 'CONSTR_IDENTITY':
      if (into.identity !== null) {
        throw conflict(`multiple identity specifications ${here}`, position);
      }
      readIdentity(constraint, into);
      refuseDefaultIdentity(into, name, tableName, position);
      return true;
    case 'CONSTR_GENERATED':
      throw notSupported('a generated column', position);
    default:
      return false;
  }
}

function refuseDefaultIdentity(
  into: Attributes,
  name: string,
  tableName: string,
  position: number | undefined,
): void {
  if (into.identity === null || into.defaultNode === null) return;
  throw conflict(
    `both default and identity specified for column "${name}" of table "${tableName}"`,
    position,
  );
}

/** Text of a DEFAULT. @throws EdgeError 0A000 when it reads a column, as PostgreSQL says it */
export function defaultExpression(node: Node): string {
  const [use] = columnUses(node, 'DEFAULT expression');
  if (use === undefined) return expressionText(node);
  throw new EdgeError(
    'feature_not_supported',
    'cannot use column reference in DEFAULT expression',
    fieldsAt(use.position),
  );
}

function checkAttributes(definition: ColumnDef, attributes: Attributes, typeOid: number): void {
  const position = positionOf(definition);
  if (attributes.identity === null) return;
  if (!IDENTITY_TYPES.has(typeOid)) {
    throw new EdgeError(
      'invalid_parameter_value',
      'identity column type must be smallint, integer, or bigint',
    );
  }
  if (attributes.notNull === false) {
    throw conflict(
      `conflicting NULL/NOT NULL declarations for column "${definition.colname}"`,
      position,
    );
  }
}

function checkColumnName(name: string): void {
  if (SYSTEM_COLUMNS.has(name)) {
    throw new EdgeError(
      'duplicate_column',
      `column name "${name}" conflicts with a system column name`,
    );
  }
  if (name.toLowerCase().startsWith('helios_')) {
    throw new EdgeError('reserved_name', `column name "${name}" is reserved for the box`, {
      hint: 'Names that start with "helios_" are the box\'s own.',
    });
  }
}

/** Reads one column; its keys, checks and foreign keys go to `drafts`. */
export function readColumn(
  definition: ColumnDef,
  tableName: string,
  drafts: ConstraintDrafts,
): ColumnDraft {
  const name = definition.colname ?? '';
  const position = positionOf(definition);
  checkColumnName(name);
  if (definition.typeName === undefined) throw notSupported('a column without a type', position);
  if (definition.collClause !== undefined) throw notSupported('COLLATE of a column', position);
  if (definition.compression !== undefined) throw notSupported('COMPRESSION', position);
  if (definition.storage_name !== undefined) throw notSupported('STORAGE', position);
  const { type, form, serial } = columnType(definition.typeName);
  const attributes: Attributes = {
    notNull: serial ? true : null,
    primary: false,
    defaultText: null,
    defaultNode: null,
    identity: serial ? 'default' : null,
    identityStart: null,
  };
  for (const node of definition.constraints ?? []) {
    if (!('Constraint' in node)) continue;
    const constraint = node.Constraint;
    if (readAttribute(constraint, name, tableName, attributes)) continue;
    if (constraint.contype === 'CONSTR_PRIMARY') attributes.primary = true;
    readTableConstraint(constraint, [name], drafts);
  }
  checkAttributes(definition, attributes, type.oid);
  const notNull = attributes.notNull === true || attributes.primary || attributes.identity !== null;
  const { defaultNode } = attributes;
  return {
    defaultPosition: defaultNode === null ? undefined : expressionPosition(defaultNode),
    defaultIsLiteral: defaultNode !== null && 'A_Const' in defaultNode,
    column: {
      name,
      type,
      form,
      notNull,
      // DEFAULT NULL is no default.
      defaultText: attributes.defaultText === 'NULL' ? null : attributes.defaultText,
      identity: attributes.identity,
      computed: null,
      ...(serial ? { serial } : {}),
      ...(attributes.identityStart === null ? {} : { identityStart: attributes.identityStart }),
    },
  };
}

/** Names must differ, in SQLite's eyes too. @throws EdgeError 42701, 54011 */
export function checkDistinctColumns(
  columns: readonly string[],
  duplicate: (name: string) => EdgeError,
): void {
  if (columns.length > LIMITS.columnsPerTableMax) {
    throw new EdgeError(
      'too_many_columns',
      `tables can have at most ${LIMITS.columnsPerTableMax} columns`,
    );
  }
  const seen = new Map<string, string>();
  for (const name of columns) {
    const folded = name.toLowerCase();
    const other = seen.get(folded);
    if (other === name) throw duplicate(name);
    if (other !== undefined) {
      throw notSupported(`a table whose columns "${other}" and "${name}" differ only in case`);
    }
    seen.set(folded, name);
  }
}
