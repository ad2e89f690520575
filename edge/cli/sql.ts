/**
 * `helios-edge sql FILE`: statements as the administrator, on the box itself. A box in a shop has no psql and lets the
 * administrator in by loopback only, so this is how a POS system's tables come onto it.
 */
import { readFileSync } from 'node:fs';
import type { QueryResult } from 'pg';
import { askBox } from '../admin/control-client.ts';
import { type BoxStatus, OperationError } from '../admin/operations.ts';
import { localAddress, runLocally } from '../service/local-login.ts';
import { boxConfig } from './box-config.ts';
import { COMMON_OPTIONS, type Command, parseWords, report, table, UsageError } from './command.ts';

/** A statement that has not ended by then is given up, milliseconds. */
const ANSWER_MS_MAX = 600_000;
const STANDARD_INPUT = '-';

/** Texts, as the box prints them. */
type Row = Readonly<Record<string, string | null>>;

/**
 * Runs a text of statements on the running box, all or none of them unless the text says otherwise.
 * @throws OperationError with the box's reason, and the place in the text
 */
export async function runScript(dataDir: string, text: string): Promise<readonly QueryResult[]> {
  const { listen } = (await askBox(dataDir, 'GET', '/status')) as BoxStatus;
  const login = { ...localAddress(listen), dataDir, msMax: ANSWER_MS_MAX };
  try {
    return await runLocally(login, text);
  } catch (error) {
    if (error instanceof OperationError) throw error;
    throw new OperationError(refusal(error, text), { cause: error });
  }
}

function refusal(error: unknown, text: string): string {
  const { message, code, position, hint } = error as {
    readonly message: string;
    readonly code?: string;
    readonly position?: string;
    readonly hint?: string;
  };
  const line =
    position === undefined ? '' : ` in line ${text.slice(0, Number(position)).split('\n').length}`;
  const help = hint === undefined ? '' : `; ${hint}`;
  return `the box refused the statements${line}: ${message}${code === undefined ? '' : ` (${code})`}${help}`;
}

export const sql: Command = {
  name: 'sql',
  usage: 'FILE | - | -c STATEMENTS',
  summary: 'run statements as the administrator, all or none: how tables come onto a box',
  run: async (args) => {
    const { values, positionals } = parseWords(args, {
      ...COMMON_OPTIONS,
      command: { type: 'string', short: 'c' },
    });
    const { dataDir } = boxConfig(values);
    const answers = await runScript(dataDir, scriptText(values.command, positionals));
    const shown = answers.map(({ command, rowCount, fields, rows }) => ({
      command,
      rowCount,
      columns: fields.map(({ name }) => name),
      rows: rows as readonly Row[],
    }));
    report(values.json === true, shown, () => shown.flatMap(answerLines));
    return 0;
  },
};

function scriptText(command: string | undefined, positionals: readonly string[]): string {
  const [file, ...rest] = positionals;
  if (rest.length > 0 || (file === undefined) === (command === undefined)) {
    throw new UsageError('sql takes one file, "-" for standard input, or -c with the statements');
  }
  if (command !== undefined) return command;
  return readFileSync(file === STANDARD_INPUT ? 0 : (file ?? ''), 'utf8');
}

function answerLines(answer: {
  readonly command: string;
  readonly rowCount: number | null;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}): readonly string[] {
  const { columns, rows, command, rowCount } = answer;
  if (columns.length === 0) return [rowCount === null ? command : `${command} ${rowCount}`];
  return table([columns, ...rows.map((row) => columns.map((name) => row[name] ?? ''))]);
}
