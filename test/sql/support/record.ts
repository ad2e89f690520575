/**
 * Records the answers of a PostgreSQL 15: `node test/sql/support/record.ts postgres://...`. It makes the
 * test tables there, in the schema `helios_reference`, and drops them again.
 */
import { writeFileSync } from 'node:fs';
import pg from 'pg';
import { POSTGRES_DDL } from './catalog.ts';
import { type Answer, readCorpus } from './reference.ts';
import { postgresInserts } from './rows.ts';

interface RawError {
  readonly code: string;
  readonly message: string;
  readonly position?: string;
  readonly hint?: string;
  readonly detail?: string;
}

function failure(error: RawError): Answer {
  const { code, message, position, hint, detail } = error;
  return {
    error: {
      code,
      message,
      ...(position === undefined ? {} : { position: Number(position) }),
      ...(hint === undefined ? {} : { hint }),
      ...(detail === undefined ? {} : { detail }),
    },
  };
}

interface RawField {
  readonly name: string;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

function columnsOf(fields: readonly RawField[]): string[] {
  return fields.map((field) => `${field.name}:${field.dataTypeID}:${field.dataTypeModifier}`);
}

/** Parse and Describe of one statement, spoken directly: `pg` has no call for it. */
function describe(client: pg.Client, name: string, text: string): Promise<Answer> {
  const { connection } = client as unknown as {
    connection: {
      on(event: string, listener: (message: never) => void): void;
      removeListener(event: string, listener: (message: never) => void): void;
      parse(query: { name: string; text: string; types: number[] }): void;
      describe(target: { type: string; name: string }): void;
      sync(): void;
    };
  };
  return new Promise((resolve) => {
    let answer: Answer = {};
    const listeners: Record<string, (message: never) => void> = {
      parameterDescription: (message: { dataTypeIDs: number[] }) => {
        answer = { ...answer, params: message.dataTypeIDs };
      },
      rowDescription: (message: { fields: RawField[] }) => {
        answer = { ...answer, columns: columnsOf(message.fields) };
      },
      noData: () => {
        answer = { ...answer, columns: null };
      },
      errorMessage: (message: RawError) => {
        answer = failure(message);
      },
      readyForQuery: () => {
        for (const [event, listener] of Object.entries(listeners)) {
          connection.removeListener(event, listener);
        }
        resolve(answer);
      },
    };
    for (const [event, listener] of Object.entries(listeners)) connection.on(event, listener);
    Object.assign(client, { activeQuery: SILENT, _activeQuery: SILENT });
    connection.parse({ name, text, types: [] });
    connection.describe({ type: 'S', name });
    connection.sync();
  });
}

const nothing = (): void => {};
const SILENT = {
  handleRowDescription: nothing,
  handleError: nothing,
  handleReadyForQuery: nothing,
  handleCommandComplete: nothing,
  handleParseComplete: nothing,
  handlePortalSuspended: nothing,
  handleEmptyQuery: nothing,
  handleDataRow: nothing,
};

async function run(client: pg.Client, text: string, params: readonly unknown[]): Promise<Answer> {
  try {
    const result = await client.query({ text, values: [...params], rowMode: 'array' });
    return { columns: columnsOf(result.fields), rows: result.rows as (string | null)[][] };
  } catch (error) {
    return failure(error as RawError);
  }
}

function write(path: string, answers: ReadonlyMap<string, Answer>): void {
  const lines = [...answers].map(
    ([line, answer]) => `${JSON.stringify(line)}: ${JSON.stringify(answer)}`,
  );
  writeFileSync(path, `{\n${lines.join(',\n')}\n}\n`);
}

const folder = new URL('..', import.meta.url).pathname;
const client = new pg.Client({
  connectionString: process.argv[2] ?? '',
  types: { getTypeParser: () => (text: string) => text } as never,
});
await client.connect();
await client.query('create schema helios_reference; set search_path = helios_reference');
try {
  await client.query("set timezone = 'UTC'");
  await client.query(POSTGRES_DDL);
  for (const insert of postgresInserts()) await client.query(insert);
  const ran = new Map<string, Answer>();
  for (const one of readCorpus(`${folder}print/run.sql`)) {
    ran.set(one.line, await run(client, one.text, one.params));
  }
  write(`${folder}print/run.json`, ran);
  const described = new Map<string, Answer>();
  let number = 0;
  for (const one of readCorpus(`${folder}analyse/describe.sql`)) {
    described.set(one.line, await describe(client, `s${++number}`, one.text));
  }
  write(`${folder}analyse/describe.json`, described);
} finally {
  Object.assign(client, { activeQuery: null, _activeQuery: null });
  await client.query('drop schema helios_reference cascade');
  await client.end();
}
