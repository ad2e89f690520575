/**
 * Why `pg-server`, `sql.js` and `node-sql-parser` are not in the product: each claim of the decision
 * records, tried afresh on the installed versions. Run: scripts/node scripts/probes/refused-libraries.ts
 *
 * Exits 1 when a claim no longer holds: then the decision deserves a second look.
 */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);
let broken = 0;

function claim(sentence: string, holds: boolean, seen: string): void {
  process.stdout.write(`${holds ? 'holds ' : 'BROKEN'}  ${sentence}\n        seen: ${seen}\n`);
  if (!holds) broken++;
}

function attempt(action: () => unknown): string {
  try {
    return String(action());
  } catch (error) {
    return `threw ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
  }
}

interface CommandParser {
  parse(bytes: Buffer): void;
}

function probePgServer(): void {
  const { CommandParser } = load('pg-server/protocol/command-parser') as {
    CommandParser: new (onCommand: (command: unknown) => void) => CommandParser;
  };
  const feed = (...chunks: Buffer[]): string =>
    attempt(() => {
      const commands: unknown[] = [];
      const parser = new CommandParser((command) => commands.push(command));
      for (const chunk of chunks) parser.parse(chunk);
      return `${commands.length} command(s)`;
    });
  const startup = Buffer.alloc(8 + 13);
  startup.writeInt32BE(startup.length, 0);
  startup.writeInt32BE(196_608, 4);
  startup.write('user\0alice\0\0', 8, 'latin1');
  const whole = feed(startup);
  const split = feed(startup.subarray(0, 6), startup.subarray(6));
  claim(
    'pg-server throws on a start-up packet that arrives in two pieces (an unauthenticated crash)',
    split.startsWith('threw'),
    `whole: ${whole}; split: ${split}`,
  );
  const writer = load.resolve('pg-server/protocol/response-writer');
  const source = load('node:fs').readFileSync(writer, 'utf8') as string;
  claim(
    'pg-server has no SASL: SCRAM-SHA-256 cannot be offered',
    !/sasl/i.test(source),
    `response-writer mentions SASL: ${/sasl/i.test(source)}`,
  );
}

async function probeSqlJs(): Promise<void> {
  const init = load('sql.js') as () => Promise<Record<string, unknown>>;
  const module = await init();
  const names = Object.keys(module).filter((name) => name.startsWith('_sqlite3'));
  const missing = ['_sqlite3_vfs_register', '_sqlite3_set_authorizer', '_sqlite3_open_v2'].filter(
    (name) => !names.includes(name),
  );
  claim(
    'sql.js exports no VFS, no authorizer and no open flags: no real file, no WAL, no second wall',
    missing.length === 3,
    `${names.length} sqlite3 functions exported, absent: ${missing.join(', ')}`,
  );
}

interface AstParser {
  astify(sql: string, options: { database: string }): unknown;
  sqlify(tree: unknown, options: { database: string }): string;
}

function probeNodeSqlParser(): void {
  const { Parser } = load('node-sql-parser') as { Parser: new () => AstParser };
  const parser = new Parser();
  const options = { database: 'postgresql' };
  const round = (sql: string): string =>
    attempt(() => parser.sqlify(parser.astify(sql, options), options));
  const changed: readonly [string, (printed: string) => boolean][] = [
    ['SELECT * FROM a CROSS JOIN b', (printed) => printed.includes('"CROSS"')],
    ['SELECT $1::int + 1', (printed) => !printed.includes('+')],
    ['DROP TABLE t CASCADE', (printed) => printed.includes('AS "CASCADE"')],
  ];
  for (const [sql, wrong] of changed) {
    const printed = round(sql);
    claim(`node-sql-parser changes the meaning of: ${sql}`, wrong(printed), printed);
  }
  const refused = ['SAVEPOINT s', 'DELETE FROM a USING b WHERE a.x = b.x', 'SELECT 1 FOR UPDATE'];
  for (const sql of refused) {
    const printed = round(sql);
    claim(`node-sql-parser refuses: ${sql}`, printed.startsWith('threw'), printed.slice(0, 70));
  }
}

probePgServer();
await probeSqlJs();
probeNodeSqlParser();
process.exitCode = broken > 0 ? 1 : 0;
