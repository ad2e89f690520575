/** The scripts that the box and PostgreSQL run side by side. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** In the order in which they run: what one leaves, the next one meets. */
export const SCRIPTS = ['insert.sql', 'conflict.sql', 'update.sql', 'delete.sql', 'errors.sql'];

/** Text of a file of the corpus. */
export function corpus(name: string): string {
  return readFileSync(join(import.meta.dirname, 'corpus', name), 'utf8');
}

/** Statements end at a semicolon that ends its line. */
export function statementsOf(text: string): readonly string[] {
  return text
    .split(/;\n/)
    .map((statement) => statement.replace(/^--.*$/gm, '').trim())
    .filter((statement) => statement !== '');
}
