/**
 * Lists of merchants as files: CSV with a heading line (`id,name,tier,location,key`, any order, the last three
 * optional; commas or semicolons, as spreadsheets save them), or TOML with `[[merchants]]`.
 */
import { parse as parseToml } from 'smol-toml';
import { OperationError } from '../admin/operations.ts';

export interface ListedMerchant {
  readonly id: string;
  readonly name: string;
  readonly tier?: string | undefined;
  readonly location?: string | undefined;
  /** Left out: one is made. */
  readonly key?: string | undefined;
}

const FIELDS = ['id', 'name', 'tier', 'location', 'key'] as const;

/** @param name decides the format by its ending. @throws OperationError naming the line */
export function parseMerchantsFile(name: string, text: string): readonly ListedMerchant[] {
  return name.toLowerCase().endsWith('.toml') ? fromToml(name, text) : fromCsv(text);
}

function fromToml(name: string, text: string): readonly ListedMerchant[] {
  let table: Record<string, unknown>;
  try {
    table = parseToml(text);
  } catch (cause) {
    throw new OperationError(`${name} is not TOML: ${(cause as Error).message}`, { cause });
  }
  return readMerchants(table['merchants'], name);
}

/** From parsed TOML or JSON. @throws OperationError naming the entry */
export function readMerchants(value: unknown, where: string): readonly ListedMerchant[] {
  if (!Array.isArray(value)) throw new OperationError(`${where}: merchants must be a list`);
  return value.map((entry: unknown, index) => readMerchant(entry, `merchant ${index + 1}`));
}

function readMerchant(entry: unknown, where: string): ListedMerchant {
  if (typeof entry !== 'object' || entry === null) {
    throw new OperationError(`${where} must have an id and a name`);
  }
  const fields = new Map<string, string>();
  for (const [field, value] of Object.entries(entry)) {
    if (!FIELDS.some((known) => known === field)) {
      throw new OperationError(
        `${where} has an unknown field ${field}; known are ${FIELDS.join(', ')}`,
      );
    }
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string') throw new OperationError(`${where}: ${field} must be a text`);
    fields.set(field, value);
  }
  return fromFields(fields, where);
}

function fromFields(fields: ReadonlyMap<string, string>, where: string): ListedMerchant {
  const given = (field: string): string | undefined => fields.get(field)?.trim() || undefined;
  const [id, name] = [given('id'), given('name')];
  if (id === undefined || name === undefined) {
    throw new OperationError(`${where} must have an id and a name`);
  }
  return { id, name, tier: given('tier'), location: given('location'), key: given('key') };
}

function fromCsv(text: string): readonly ListedMerchant[] {
  const plain = text.replace(/^\uFEFF/, '');
  const [heading = ''] = plain.split(/\r?\n/, 1);
  const separator = heading.includes(';') ? ';' : ',';
  const [names, ...rows] = csvRows(plain, separator);
  const columns = (names?.cells ?? []).map((name) => name.trim().toLowerCase());
  for (const needed of ['id', 'name']) {
    if (columns.includes(needed)) continue;
    throw new OperationError(`the first line must name the columns, among them ${needed}`);
  }
  const unknown = columns.find((column) => !FIELDS.some((field) => field === column));
  if (unknown !== undefined) {
    throw new OperationError(
      `the file has an unknown column "${unknown}"; known are ${FIELDS.join(', ')}`,
    );
  }
  return rows.map(({ cells, line }) => {
    if (cells.length !== columns.length) {
      throw new OperationError(
        `line ${line} has ${cells.length} columns, the first line has ${columns.length}`,
      );
    }
    return fromFields(
      new Map(columns.map((column, at) => [column, cells[at] ?? ''])),
      `line ${line}`,
    );
  });
}

interface CsvRow {
  readonly cells: readonly string[];
  readonly line: number;
}

/** RFC 4180, with blank lines left out. */
function csvRows(text: string, separator: string): readonly CsvRow[] {
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  let line = 1;
  let begun = 1;
  const endRow = (): void => {
    cells.push(cell);
    if (cells.some((value) => value.trim() !== '')) rows.push({ cells, line: begun });
    [cells, cell, begun] = [[], '', line + 1];
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (isQuoted) {
      if (character === '"' && text[at + 1] === '"') cell += text[at++];
      else if (character === '"') isQuoted = false;
      else cell += character;
    } else if (character === '"' && cell === '') isQuoted = true;
    else if (character === separator) [cells, cell] = [[...cells, cell], ''];
    else if (character === '\n') endRow();
    else if (character !== '\r') cell += character;
    if (character === '\n') line++;
  }
  if (isQuoted) throw new OperationError(`line ${begun} has a quotation mark that is never closed`);
  endRow();
  return rows;
}
