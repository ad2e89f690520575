/**
 * Query text to parsed statements. Locations inside the nodes are characters from the start of the whole
 * query text (the grammar gives bytes), so that every later station can name a position by adding one.
 */
import { EdgeError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { ParsedStatement } from '../plan.ts';
import { parseWithAutoincrement } from './autoincrement.ts';
import { type Characters, charactersOf } from './characters.ts';
import type { Grammar, RawStatement } from './grammar.ts';

function rewriteLocations(value: unknown, characters: Characters): void {
  if (Array.isArray(value)) {
    for (const item of value) rewriteLocations(item, characters);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const node = value as Record<string, unknown>;
  for (const key in node) {
    const child = node[key];
    if (key === 'location' && typeof child === 'number') {
      if (child > 0) node[key] = characters.fromByte(child);
    } else if (typeof child === 'object') rewriteLocations(child, characters);
  }
}

function toStatement(raw: RawStatement, characters: Characters): ParsedStatement {
  const start = raw.stmt_location ?? 0;
  const end =
    raw.stmt_len === undefined || raw.stmt_len === 0 ? characters.byteLength : start + raw.stmt_len;
  const text = characters.slice(start, end);
  const trimmed = text.trimStart();
  if (!characters.ascii) rewriteLocations(raw.stmt, characters);
  return {
    text: trimmed.trimEnd(),
    offset: characters.fromByte(start) + (text.length - trimmed.length),
    node: raw.stmt ?? {},
  };
}

/**
 * Splits and parses a query text; an empty text has no statements.
 * @throws EdgeError 42601 with position; 54001 when nested too deep
 */
export function parseQuery(grammar: Grammar, text: string): readonly ParsedStatement[] {
  if (text.length > LIMITS.queryTextBytesMax) {
    throw new EdgeError('program_limit_exceeded', 'query text is too long', {
      detail: `The limit is ${LIMITS.queryTextBytesMax} bytes.`,
    });
  }
  if (text.includes('\0')) {
    throw new EdgeError(
      'character_not_in_repertoire',
      'invalid byte sequence for encoding "UTF8": 0x00',
    );
  }
  const statements = parseWithAutoincrement(grammar, text);
  const characters = charactersOf(text);
  return statements.map((raw) => toStatement(raw, characters));
}
