/**
 * The reference PostgreSQL for comparison tests: given by HELIOS_PG_URL, absent on most machines. Answers are
 * text forms, or `SQLSTATE message` where it refuses.
 */
import pg from 'pg';

/** Connection text of the reference server, or undefined: the tests that need it are skipped. */
export const REFERENCE_URL = process.env['HELIOS_PG_URL'];

export interface Reference {
  /** One value's text form, NULL as null, an error as `!SQLSTATE message`. */
  ask(expression: string): Promise<string | null>;
  /** Binary form of an expression of this type (pg_type name), as hex. */
  binary(expression: string, typeName: string): Promise<string | null>;
  close(): Promise<void>;
}

export async function openReference(timeZone = 'UTC'): Promise<Reference> {
  const client = new pg.Client({
    connectionString: REFERENCE_URL ?? '',
    types: { getTypeParser: () => (value: unknown) => value },
  } as pg.ClientConfig);
  await client.connect();
  await client.query(`SET TIME ZONE '${timeZone}'`);
  return {
    ask: async (expression) => {
      try {
        const result = await client.query({
          text: `SELECT (${expression})::text AS v`,
          rowMode: 'array',
        });
        return (result.rows[0] as (string | null)[])[0] ?? null;
      } catch (error) {
        const { code, message } = error as { code: string; message: string };
        return `!${code} ${message}`;
      }
    },
    binary: async (expression, typeName) => {
      const send = await client.query({
        text: 'SELECT typsend::text FROM pg_type WHERE typname = $1',
        values: [typeName],
        rowMode: 'array',
      });
      const name = (send.rows[0] as string[])[0];
      const result = await client.query({
        text: `SELECT encode(${name}(${expression}), 'hex')`,
        rowMode: 'array',
      });
      return (result.rows[0] as (string | null)[])[0] ?? null;
    },
    close: () => client.end(),
  };
}
