/**
 * What a command of the command line is, and how it fails.
 *
 * Exit codes: 0 done; 1 the work failed (or a ledger differs); 2 the call's words are off.
 */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The call's words are off: exit 2, and the usage line is shown. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Command {
  /** Words that name it: `merchant add`. */
  readonly name: string;
  /** What follows the name, for the usage line. */
  readonly usage: string;
  readonly summary: string;
  /** Returns the exit code. */
  run(args: readonly string[]): Promise<number>;
}

/** C0, DEL and C1 controls, line separators, and what turns the direction of writing. */
// oxlint-disable-next-line no-control-regex
const STEERING = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

export type Options = NonNullable<ParseArgsConfig['options']>;

/** Options that nearly every command takes. */
export const COMMON_OPTIONS = {
  config: { type: 'string' },
  'data-dir': { type: 'string' },
  set: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const satisfies Options;

/** parseArgs with its complaints turned into UsageError. */
export function parseWords<T extends Options>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

export function print(text: string): void {
  process.stdout.write(`${visible(text)}\n`);
}

/** Line ends and tabs are ours; other characters that steer a terminal may come from merchants or the cloud. */
export function visible(text: string): string {
  return text.replaceAll(STEERING, (found) =>
    found === '\n' || found === '\t' ? found : escaped(found),
  );
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Prints JSON when asked to, else the lines made from the answer. */
export function report(json: boolean, answer: unknown, lines: () => readonly string[]): void {
  if (json) print(JSON.stringify(answer));
  else for (const line of lines()) print(line);
}

/** Columns aligned, two spaces apart; a cell stays on its line. */
export function table(cells: readonly (readonly string[])[]): readonly string[] {
  const rows = cells.map((row) => row.map((cell) => cell.replaceAll(STEERING, escaped)));
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
