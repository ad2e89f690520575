/**
 * The two servers that conformance compares: the box with one merchant `m1`, and PostgreSQL with a
 * role `m1` under forced row-level security on the same tables.
 */
import { readFileSync } from 'node:fs';
import { BoxProcess } from '../support/box-process.ts';
import { WireClient, type WireTarget } from '../support/wire-client.ts';

const MERCHANT = 'm1';

export interface Servers extends AsyncDisposable {
  readonly box: WireTarget;
  readonly reference: WireTarget;
}

/** Statements of a file, separated by empty lines. */
export function statementsOf(file: string): string[] {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
    .split(/\n\s*\n/)
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

export async function startServers(referenceUrl: string): Promise<Servers> {
  const reference = await prepareReference(new URL(referenceUrl));
  const process = await BoxProcess.start({ settings: ['sync.two_way='] });
  const key = await process.addMerchant(MERCHANT);
  const admin = await process.admin();
  for (const statement of statementsOf('schema.sql')) await admin.rows(statement);
  admin.end();
  const box = process.target(MERCHANT, key);
  await seed(box);
  return { box, reference, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}

async function prepareReference(url: URL): Promise<WireTarget> {
  const superuser = {
    host: url.hostname,
    port: Number(url.port),
    user: url.username,
    database: 'postgres',
  };
  const database = `conformance_${process.pid}_${Date.now()}`;
  const server = await WireClient.connect(superuser);
  await server.rows(`CREATE DATABASE ${database}`);
  if ((await server.rows(`SELECT 1 FROM pg_roles WHERE rolname = '${MERCHANT}'`)).length === 0) {
    await server.rows(`CREATE ROLE ${MERCHANT} LOGIN`);
  }
  server.end();
  const owner = await WireClient.connect({ ...superuser, database });
  for (const statement of statementsOf('schema.sql')) {
    const table = /CREATE TABLE (\w+)/.exec(statement)?.[1] ?? '';
    await owner.rows(
      statement.replace(
        'merchant_id text NOT NULL',
        'merchant_id text NOT NULL DEFAULT current_user',
      ),
    );
    await owner.rows(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
    await owner.rows(`CREATE POLICY own_rows ON ${table} USING (merchant_id = current_user::text)`);
    await owner.rows(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${MERCHANT}`);
  }
  owner.end();
  const reference = { ...superuser, user: MERCHANT, database };
  await seed(reference);
  return reference;
}

async function seed(target: WireTarget): Promise<void> {
  const client = await WireClient.connect(target);
  for (const statement of statementsOf('seed.sql')) await client.rows(statement);
  client.end();
}
