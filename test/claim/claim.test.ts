/** Claims on a real box, as a process of its own, also with the plug pulled in between. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import type { BoxStatus, ClaimAnswer, ClaimStatus } from '../../edge/admin/operations.ts';
import { BoxProcess } from '../support/box-process.ts';
import { WireClient } from '../support/wire-client.ts';

const MAIN = join(import.meta.dirname, '../../edge/main.ts');
const ADMIN_KEY = 'fedcba9876543210fedcba9876543210';
const run = promisify(execFile);
const folders: string[] = [];

// Each test starts programs many times over.
vi.setConfig({ testTimeout: 180_000 });

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'helios-claim-'));
  folders.push(made);
  return made;
}

async function command(box: BoxProcess, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [MAIN, ...words, '--data-dir', box.dataDir]);
  return stdout;
}

function claimFile(more = ''): string {
  const place = folder();
  writeFileSync(join(place, 'list.csv'), 'id,name,location\nm2,Coffee,Hall 2\n');
  const file = join(place, 'helios-claim.toml');
  writeFileSync(
    file,
    `shop = "Corner"
time_zone = "Asia/Tokyo"
merchants_file = "list.csv"
${more}
[sync]
endpoint = "http://127.0.0.1:9/sync"
token = "secret-token"
[[merchants]]
id = "m1"
name = "Bread"
`,
  );
  return file;
}

/** Until the box has started anew after a claim. */
async function settled(box: BoxProcess): Promise<BoxStatus> {
  return (await expect
    .poll(
      async () => {
        const status = (await box.ask('GET', '/status').catch(() => null)) as BoxStatus | null;
        return status?.ready === true && status.sync.enabled ? status : null;
      },
      { timeout: 30_000 },
    )
    .not.toBeNull()
    .then(() => box.ask('GET', '/status'))) as BoxStatus;
}

function port(status: BoxStatus): number {
  return Number(status.listen.slice(status.listen.lastIndexOf(':') + 1));
}

test('a claim file sets the box up: merchants, sync, time zone, admin key; once', async () => {
  await using box = await BoxProcess.start();
  const code = join(box.dataDir, 'claim-code');
  expect(statSync(code).mode & 0o777).toBe(0o600);
  expect((await box.ask('GET', '/claim')) as ClaimStatus).toMatchObject({
    claimed: false,
    claimable: true,
  });
  const file = claimFile(`admin_key = "${ADMIN_KEY}"`);
  const answer = JSON.parse(await command(box, 'claim', file, '--json')) as ClaimAnswer;
  expect(answer.merchants.map(({ id }) => id)).toEqual(['m1', 'm2']);
  const status = await settled(box);
  expect(status.pid).toBe(box.pid);
  expect(existsSync(code)).toBe(false);
  expect(existsSync(join(box.dataDir, 'claim.pending.json'))).toBe(false);
  const record = readFileSync(join(box.dataDir, 'claim.json'), 'utf8');
  for (const secret of ['secret-token', ADMIN_KEY, ...answer.merchants.map(({ key }) => key)]) {
    expect(record).not.toContain(secret);
  }
  const key = answer.merchants[0]?.key ?? '';
  const target = { port: port(status), database: 'pos' };
  const merchant = await WireClient.connect({ ...target, user: 'm1', password: key });
  expect(await merchant.rows('SHOW TimeZone')).toEqual([['Asia/Tokyo']]);
  const admin = await WireClient.connect({ ...target, user: 'admin', password: ADMIN_KEY });
  expect(await admin.rows('SELECT id, location_id FROM merchants ORDER BY id')).toEqual([
    ['m1', ''],
    ['m2', 'Hall 2'],
  ]);
  expect(readFileSync(join(box.dataDir, 'config.toml'), 'utf8')).toContain('secret-token');

  // The very same claim again does nothing; another is refused, with a code or without.
  const again = JSON.parse(await command(box, 'claim', file, '--json')) as ClaimAnswer;
  expect(again).toMatchObject({ isRepeated: true, merchants: [] });
  const other = { shop: 'Other', merchants: [] };
  await expect(box.ask('POST', '/claim', { request: other })).rejects.toThrow(
    'claimed for "Corner"',
  );
  expect(await command(box, 'claim', 'status')).toContain('claimed for "Corner"');

  expect(await command(box, 'claim', 'reset')).toContain('waits to be claimed');
  expect(existsSync(code)).toBe(true);
  const taken = { shop: 'Other', merchants: [{ id: 'm1', name: 'Taken' }] };
  await expect(box.ask('POST', '/claim', { request: taken })).rejects.toThrow('exists already');
});

test('--remove takes the file away, and a claim that is refused leaves everything as it was', async () => {
  await using box = await BoxProcess.start();
  const file = claimFile();
  const wrong = join(file, '../wrong.toml');
  writeFileSync(
    wrong,
    'shop = "S"\n[[merchants]]\nid = "ok"\nname = "A"\n[[merchants]]\nid = "a/b"\nname = "B"\n',
  );
  await expect(command(box, 'claim', wrong, '--remove')).rejects.toThrow('invalid merchant id');
  expect(existsSync(wrong)).toBe(true);
  expect(await box.ask('GET', '/merchants')).toEqual([]);
  expect(await box.ask('GET', '/claim')).toMatchObject({ claimed: false, claimable: true });
  expect(existsSync(join(box.dataDir, 'config.toml'))).toBe(false);
  await command(box, 'claim', file, '--remove');
  expect(existsSync(file)).toBe(false);
  await settled(box);
});

test('a claim that the plug cut short is finished at the next start', async () => {
  await using box = await BoxProcess.start();
  const key = '00112233445566778899aabbccddeeff';
  const request = {
    shop: 'Corner',
    timeZone: null,
    sync: { endpoint: 'http://127.0.0.1:9/sync', token: null, intervalSeconds: null },
    adminKey: ADMIN_KEY,
    merchants: [{ id: 'm1', name: 'Bread', key }],
  };
  const record = {
    shop: 'Corner',
    timeZone: null,
    claimedAt: '2026-11-01T00:00:00.000Z',
    source: 'file',
    merchants: ['m1'],
    digest: 'x',
  };
  const pending = join(box.dataDir, 'claim.pending.json');
  // Once before the merchants were stored, once after.
  for (const round of [1, 2]) {
    await box.kill();
    rmSync(join(box.dataDir, 'claim.json'), { force: true });
    writeFileSync(pending, JSON.stringify({ request, record }));
    await box.restart();
    const status = await settled(box);
    expect(existsSync(pending), `round ${round}`).toBe(false);
    const target = { port: port(status), database: 'pos' };
    const merchant = await WireClient.connect({ ...target, user: 'm1', password: key });
    merchant.end();
    expect(box.adminKey).toBe(ADMIN_KEY);
    expect(await box.ask('GET', '/claim')).toMatchObject({ claimed: true, shop: 'Corner' });
  }
});

test('a box that has merchants waits for no claim, and its plug may be pulled at any time', async () => {
  await using box = await BoxProcess.start();
  const code = join(box.dataDir, 'claim-code');
  const shown = readFileSync(code, 'utf8');
  await box.addMerchant('m1');
  const request = { shop: 'S', merchants: [] };
  for (const round of ['at once', 'with the code of before', 'after a new start']) {
    expect(existsSync(code), round).toBe(false);
    expect(await box.ask('GET', '/claim')).toMatchObject({ claimed: false, claimable: false });
    await expect(box.ask('POST', '/claim', { request })).rejects.toThrow('has merchants already');
    await box.kill();
    // As on a box that took in another one's backup.
    if (round === 'at once') writeFileSync(code, shown);
    await box.restart();
  }
  await box.ask('POST', '/claim/reset');
  await box.kill();
  await box.restart();
  expect(await box.ask('GET', '/claim')).toMatchObject({ claimed: false, claimable: true });
  expect(await box.ask('POST', '/claim', { request })).toMatchObject({ shop: 'S' });
  expect(existsSync(code)).toBe(false);
});

test('merchant import adds all or none, and tells each key once', async () => {
  await using box = await BoxProcess.start();
  await box.addMerchant('m3');
  const file = join(folder(), 'merchants.csv');
  writeFileSync(file, 'id,name,tier\nm1,Bread,pro\nm2,Coffee,\nm3,Taken,\n');
  await expect(command(box, 'merchant', 'import', file)).rejects.toThrow('"m3" already exists');
  expect(((await box.ask('GET', '/merchants')) as unknown[]).length).toBe(1);
  writeFileSync(file, 'id,name,tier\nm1,Bread,pro\nm2,Coffee,\n');
  const added = JSON.parse(await command(box, 'merchant', 'import', file, '--json')) as {
    id: string;
    key: string;
  }[];
  expect(added.map(({ id }) => id)).toEqual(['m1', 'm2']);
  const merchant = await box.login('m1', added[0]?.key ?? '');
  merchant.end();
});
