/**
 * The two servers that conformance compares: the box, with merchant `m1` among others, and PostgreSQL with a
 * database that holds only the rows of `m1`. Under row-level security the answers must be the same, to the
 * field. (PostgreSQL's own row-level security would drop the DETAIL of constraint errors, which may tell of
 * another's rows; ours cannot, so it keeps them.)
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
  const neighbour = await process.addMerchant('m2');
  const admin = await process.admin();
  for (const statement of statementsOf('schema.sql')) await admin.rows(statement);
  admin.end();
  const box = process.target(MERCHANT, key);
  await seed(process.target('m2', neighbour));
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
    await owner.rows(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${MERCHANT}`);
  }
  await owner.rows(`GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO ${MERCHANT}`);
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
