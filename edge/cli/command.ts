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

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints JSON when asked to, else the lines made from the answer. */
export function report(json: boolean, answer: unknown, lines: () => readonly string[]): void {
  if (json) print(JSON.stringify(answer));
  else for (const line of lines()) print(line);
}

/** Columns aligned, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
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
