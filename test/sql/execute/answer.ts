/**
 * What a statement was answered with, in text forms, from the box or from the reference PostgreSQL.
 */
import pg from 'pg';

export interface AnswerError {
  readonly code: string;
  readonly message: string;
  readonly [field: string]: string | number;
}

export interface Answer {
  readonly columns?: readonly string[];
  readonly rows?: readonly (readonly (string | null)[])[];
  readonly tag?: string;
  readonly error?: AnswerError;
}

/** Connection text of the reference server, or undefined: the tests that need it are skipped. */
export const REFERENCE_URL = process.env['HELIOS_PG_URL'];

const FIELDS = ['detail', 'hint', 'position', 'schema', 'table', 'column', 'constraint'] as const;

/** A PostgreSQL server with a schema of its own for each test file. */
export class ReferenceServer {
  readonly #client: pg.Client;
  readonly #schema: string;

  private constructor(client: pg.Client, schema: string) {
    this.#client = client;
    this.#schema = schema;
  }

  static async open(schema: string, definitions: string): Promise<ReferenceServer> {
    const client = new pg.Client({
      connectionString: REFERENCE_URL ?? '',
      types: { getTypeParser: () => (value: unknown) => value },
    } as pg.ClientConfig);
    await client.connect();
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE; CREATE SCHEMA ${schema}`);
    await client.query(`SET search_path = ${schema}; SET TIME ZONE 'UTC'`);
    await client.query(definitions);
    return new ReferenceServer(client, schema);
  }

  async run(text: string): Promise<Answer> {
    try {
      const result = await this.#client.query({ text, rowMode: 'array' });
      const { command, rowCount, fields, rows } = result;
      return {
        columns: fields.map((field) => field.name),
        rows: rows as (string | null)[][],
        tag: `${command} ${rowCount}`.replace('INSERT', 'INSERT 0'),
      };
    } catch (error) {
      return { error: this.#shown(error as Record<string, string | undefined>) };
    }
  }

  #shown(error: Record<string, string | undefined>): AnswerError {
    const shown: Record<string, string | number> = {};
    for (const field of FIELDS) {
      const value = error[field];
      if (value === undefined) continue;
      shown[field] = field === 'position' ? Number(value) : value;
      if (field === 'schema' && value === this.#schema) shown[field] = 'public';
    }
    return { code: error['code'] ?? '', message: error['message'] ?? '', ...shown };
  }

  async close(): Promise<void> {
    await this.#client.query(`DROP SCHEMA ${this.#schema} CASCADE`);
    await this.#client.end();
  }
}
