/**
 * The technician's page in a real browser, served by a real box to which real terminals sell. The tests build
 * on each other, as a technician's visit does: log in, look, set up, mend, leave.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createReceiver, type Receiver } from '../../cloud-sync/receiver/server.ts';
import type { UpdateStatus } from '../../edge/update/update-record.ts';
import { bundleConsole } from '../../scripts/console-bundle.ts';
import { BoxProcess } from '../support/box-process.ts';
import type { WireClient } from '../support/wire-client.ts';
import { DESK, freePort, PHONE, Phone } from './browser.ts';

const WAIT_MS = 20_000;
const TEST_MS_MAX = 90_000;
/** The reference cloud makes a database of its own first. */
const RECEIVER_MS_MAX = 180_000;
const PAGE_BYTES_MAX = 60_000;
const HOSTILE = '<img src=x onerror="document.title=\'pwned\'">';

let box: BoxProcess;
let phone: Phone;
let receiver: Receiver | null = null;
let cloudPort = 0;
let origin = '';
let bundle = '';
let cafeKey = '';
const terminals: WireClient[] = [];

beforeAll(async () => {
  bundle = await bundleConsole();
  cloudPort = await freePort();
  const adminPort = await freePort();
  box = await BoxProcess.start({
    settings: [
      `server.admin_port=${adminPort}`,
      'sync.enable_remote_sync=true',
      `sync.sync_endpoint=http://127.0.0.1:${cloudPort}/api/sync`,
      'sync.retry_max_ms=500',
      'sync.sync_interval_secs=1',
    ],
  });
  origin = `https://127.0.0.1:${adminPort}`;
  const admin = await box.admin();
  await admin.rows(
    `CREATE TABLE transactions (id INTEGER PRIMARY KEY AUTOINCREMENT, merchant_id TEXT NOT NULL,
     amount NUMERIC(10,2) NOT NULL, status TEXT)`,
  );
  admin.end();
  cafeKey = await box.addMerchant('north-cafe');
  await box.ask('POST', '/merchants', { id: 'hostile', name: HOSTILE });
  phone = await Phone.open(origin);
  await phone.page.goto(`${origin}/`);
}, 120_000);

afterAll(async () => {
  for (const terminal of terminals) terminal.destroy();
  await phone?.[Symbol.asyncDispose]();
  await receiver?.close();
  await box?.[Symbol.asyncDispose]();
});

async function terminal(user: string, key: string): Promise<WireClient> {
  const client = await box.login(user, key);
  terminals.push(client);
  return client;
}

async function sell(client: WireClient, status = 'completed', times = 1): Promise<void> {
  for (let sale = 0; sale < times; sale++) {
    await client.rows(`INSERT INTO transactions (amount, status) VALUES (4.50, '${status}')`);
  }
}

async function enter(room: string): Promise<void> {
  await phone.page.getByRole('link', { name: new RegExp(`^${room}`) }).click();
  await phone.page.getByRole('heading', { level: 1, name: room }).waitFor({ state: 'attached' });
}

function section(id: string) {
  return phone.page.locator(`[data-section="${id}"]`);
}

/** A box with merchants is somebody's: it offers no claim. */
async function atTheDoor(): Promise<void> {
  await phone.page.getByLabel('Admin key').waitFor();
}

async function logIn(): Promise<void> {
  await phone.page.getByLabel('Admin key').fill(box.adminKey);
  await phone.page.getByRole('button', { name: 'Log in' }).click();
  await section('state').waitFor();
}

/** Waits until an element says it. */
async function says(id: string, text: string | RegExp): Promise<void> {
  await section(id).filter({ hasText: text }).waitFor({ timeout: WAIT_MS });
}

test('the page is small, and is its own', () => {
  const sizes = ['console.html', 'console.js', 'console.css', 'console.svg'].map(
    (file) => gzipSync(readFileSync(join(bundle, file))).length,
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  expect(total).toBeLessThan(PAGE_BYTES_MAX);
  expect(readFileSync(join(bundle, 'console.html'), 'utf8')).not.toMatch(/https?:\/\//);
});

test(
  'a wrong key is refused in words, and the right one opens',
  async () => {
    const { page } = phone;
    await atTheDoor();
    await phone.screenshot('phone-login');
    expect(await phone.blemishes()).toEqual([]);
    await page.getByLabel('Admin key').fill('not-the-admin-key-of-this-box');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').filter({ hasText: 'not the admin key' }).waitFor();
    await logIn();
    const cookies = await phone.cookies();
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict' });
    const kept = await page.evaluate(
      'JSON.stringify([Object.keys(localStorage), Object.keys(sessionStorage), document.cookie])',
    );
    expect(kept).toBe('[[],[],""]');
  },
  TEST_MS_MAX,
);

test(
  'sales are seen while they are made, and the terminal that makes them',
  async () => {
    const till = await terminal('north-cafe/till-1', cafeKey);
    await section('live').getByText('Live', { exact: true }).waitFor();
    const figure = phone.page.locator('[data-figure="rows-last-minute"]');
    const trader = phone.page.locator('[data-trader="north-cafe"]');
    await vi.waitFor(async () => {
      await sell(till, 'completed', 3);
      expect(await trader.count()).toBe(1);
    }, WAIT_MS);
    expect(await trader.textContent()).toContain('Merchant north-cafe');
    const before = Number.parseInt((await figure.textContent()) ?? '', 10);
    await sell(till, 'completed', 25);
    await vi.waitFor(async () => {
      const now = Number.parseInt((await figure.textContent()) ?? '', 10);
      expect(now).toBeGreaterThanOrEqual(before + 25);
    }, WAIT_MS);
    await says('ticker', 'transactions');
    await says('terminals', 'Merchant north-cafe / till-1');
    await says('state', /Selling.*cloud link down/i);
    await phone.screenshot('phone-shop');
  },
  TEST_MS_MAX,
);

test(
  'a merchant is added, its key works at once, and suspending puts its terminals out',
  async () => {
    const { page } = phone;
    await enter('Merchants');
    await page.getByRole('button', { name: 'Add a merchant' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('Fruit & Veg');
    await dialog.getByLabel('User name').fill('bad/name');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByRole('alert').filter({ hasText: 'invalid merchant id' }).waitFor();
    await dialog.getByLabel('User name').fill('fruit');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByText('only now').waitFor();
    const key = await dialog.getByLabel('Key', { exact: true }).inputValue();
    await phone.screenshot('phone-merchant-key');
    expect(await phone.blemishes()).toEqual([]);
    await dialog.getByRole('button', { name: 'The key is stored' }).click();
    expect(await page.content()).not.toContain(key);

    const scale = await terminal('fruit/scale', key);
    await sell(scale);
    await page.getByRole('button', { name: 'Suspend Fruit & Veg' }).click();
    await page.locator('[data-merchant="fruit"]', { hasText: 'Suspended' }).waitFor();
    await vi.waitFor(() => expect(scale.closed).toBe(true), WAIT_MS);
    await expect(box.login('fruit', key)).rejects.toThrow();

    await page.getByRole('button', { name: 'Resume Fruit & Veg' }).click();
    await page.locator('[data-merchant="fruit"]', { hasText: 'May sell' }).waitFor();
    await sell(await terminal('fruit', key));
    await phone.screenshot('phone-merchants');
  },
  TEST_MS_MAX,
);

test(
  'a key is replaced, and a merchant with rows is not removed by mistake',
  async () => {
    const { page } = phone;
    await page.getByRole('button', { name: 'New key for Fruit & Veg' }).click();
    await page.getByRole('button', { name: 'Make a new key' }).click();
    const key = await page.getByRole('dialog').getByLabel('Key', { exact: true }).inputValue();
    await page.getByRole('button', { name: 'The key is stored' }).click();
    await sell(await terminal('fruit', key));

    await page.getByRole('button', { name: 'Remove Fruit & Veg' }).click();
    await page.getByRole('button', { name: 'Remove fruit', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'has rows in table' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.locator('[data-merchant="fruit"]').count()).toBe(1);
  },
  TEST_MS_MAX,
);

test(
  'a name is shown as the text it is, whatever is in it',
  async () => {
    const { page } = phone;
    const row = page.locator('[data-merchant="hostile"]');
    expect(await row.locator('strong').textContent()).toBe(HOSTILE);
    expect(await page.locator('main img').count()).toBe(0);
    expect(await page.title()).not.toContain('pwned');
    await row.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('button', { name: 'Remove hostile', exact: true }).click();
    await row.waitFor({ state: 'detached' });
  },
  TEST_MS_MAX,
);

test(
  'the cloud: what waits, what was refused and why, another try, giving up',
  async () => {
    const { page } = phone;
    await enter('Cloud');
    await says('sync', 'Link down');
    const till = await terminal('north-cafe', cafeKey);
    await sell(till, 'poison', 2);
    receiver = await createReceiver({
      port: cloudPort,
      rule: ({ values }) => (values['status'] === 'poison' ? 'this status is not known' : null),
    });
    await says('sync', 'Link up');
    await page.getByRole('button', { name: 'Send now' }).click();
    await says('rejected', 'this status is not known');
    await vi.waitFor(async () => {
      expect(await section('rejected').locator('li').count()).toBe(2);
    }, WAIT_MS);
    await phone.screenshot('phone-cloud');

    await till.rows(`UPDATE transactions SET status = 'completed' WHERE status = 'poison' AND id =
      (SELECT min(id) FROM transactions WHERE status = 'poison')`);
    await vi.waitFor(async () => {
      expect(await section('rejected').locator('li').count()).toBe(1);
    }, WAIT_MS);
    await section('rejected').getByRole('button', { name: 'Give up' }).click();
    await page.getByRole('button', { name: 'Give it up' }).click();
    await says('rejected', 'None.');

    await page.getByRole('button', { name: 'Pause sending' }).click();
    await says('sync', 'Paused');
    await page.getByRole('button', { name: 'Resume sending' }).click();
    await says('sync', 'Link up');
  },
  RECEIVER_MS_MAX,
);

test(
  'the box: the doctor, the device, the clock',
  async () => {
    await enter('Box');
    await says('doctor', /in order|passed/);
    await says('device', 'Free space for data');
    await says('device', 'Memory');
    await says('clock', 'Same time');
    await says('figures', 'Database');
    await phone.screenshot('phone-box');
  },
  TEST_MS_MAX,
);

test(
  'upkeep: a backup, the update, the support bundle without keys',
  async () => {
    const { page } = phone;
    await enter('Upkeep');
    await says('update', 'was not flashed with the appliance image');
    await says('backups', 'No backup yet');
    await page.getByRole('button', { name: 'Make a backup now' }).click();
    await vi.waitFor(async () => {
      expect(await section('backups').locator('li').count()).toBe(1);
    }, WAIT_MS);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download the bundle' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.tar\.gz$/);
    const tar = gunzipSync(readFileSync(await download.path())).toString('latin1');
    expect(tar).toContain('ustar');
    expect(tar).not.toContain(box.adminKey);
    expect(tar).not.toContain(cafeKey);
    await phone.screenshot('phone-upkeep');
  },
  TEST_MS_MAX,
);

test(
  'an update: its slots, the return from a bad one, a file that is refused in words',
  async () => {
    const { page } = phone;
    leaveStatus(box.dataDir);
    await says('update', 'Rolled back');
    await says('update', 'went back to version 1.0.0 by itself');
    await says('update', 'version 1.1.0, 0 tries left');
    await says('update', 'version 0.9.0 is older');
    await page.getByLabel('Update bundle').setInputFiles({
      name: 'next.heliosupdate',
      mimeType: 'application/octet-stream',
      buffer: Buffer.alloc(300_000, 'not a bundle'),
    });
    await page.getByRole('button', { name: 'Send and install' }).click();
    await section('update').getByRole('alert').waitFor({ timeout: WAIT_MS });
    await phone.screenshot('phone-update');
  },
  TEST_MS_MAX,
);

/** What the system's updater leaves in the data directory of an appliance. */
function leaveStatus(dataDir: string): void {
  const status: UpdateStatus = {
    supported: true,
    running: '1.0.0',
    slots: [
      { label: 'helios_1.0.0', version: '1.0.0', running: true },
      { label: 'helios_1.1.0', version: '1.1.0', running: false },
    ],
    entries: [
      { version: '1.0.0', triesLeft: null },
      { version: '1.1.0', triesLeft: 0 },
    ],
    last: {
      version: '1.1.0',
      from: '1.0.0',
      phase: 'rolled-back',
      layout: 1,
      begun: new Date(Date.now() - 7_200_000).toISOString(),
      installBoot: 'a',
      starts: 3,
      lastBoot: 'b',
      reason: 'The health check failed: a terminal could not log in.',
      backup: null,
      backupNote: null,
      keptAside: null,
    },
    refusal: {
      file: 'stick/old.heliosupdate',
      reason: 'version 0.9.0 is older than 1.0.0, which runs',
      at: new Date(Date.now() - 600_000).toISOString(),
    },
  };
  mkdirSync(join(dataDir, 'update'), { recursive: true });
  writeFileSync(join(dataDir, 'update/status.json'), JSON.stringify(status));
}

test(
  'every room fits a small phone, can be touched, and can be read in light and dark',
  async () => {
    const { page } = phone;
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const room of ['Shop', 'Merchants', 'Cloud', 'Box', 'Upkeep']) {
        await enter(room);
        await page.locator('main .card').first().waitFor();
        if (scheme === 'dark') await phone.screenshot(`phone-dark-${room.toLowerCase()}`);
        expect(await phone.blemishes(), `${room}, ${scheme}`).toEqual([]);
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(DESK);
    for (const room of ['Shop', 'Box']) {
      await enter(room);
      await page.locator('main .card').first().waitFor();
      await page.screenshot({
        path: join(dist(), `desk-${room.toLowerCase()}.png`),
      });
    }
    await page.setViewportSize(PHONE);
  },
  TEST_MS_MAX,
);

function dist(): string {
  const folder = join(import.meta.dirname, '../../dist/screenshots');
  mkdirSync(folder, { recursive: true });
  return folder;
}

test(
  'without a network the last known state stays, and the page finds back by itself',
  async () => {
    const { page } = phone;
    await enter('Shop');
    await says('terminals', 'north-cafe');
    await phone.setOffline(true);
    await page.getByText('Box unreachable since').waitFor({ timeout: WAIT_MS });
    await says('terminals', 'north-cafe');
    await phone.screenshot('phone-unreachable');
    await phone.setOffline(false);
    await page.getByText('Box unreachable since').waitFor({ state: 'detached', timeout: WAIT_MS });
    await section('live').getByText('Live', { exact: true }).waitFor({ timeout: WAIT_MS });
    const till = await terminal('north-cafe/back', cafeKey);
    await sell(till, 'completed', 2);
    await says('terminals', '/ back');
  },
  TEST_MS_MAX,
);

test(
  'a box that was restarted asks for the key again, without a reload',
  async () => {
    const { page } = phone;
    await box.kill();
    await page.getByText('Box unreachable since').waitFor({ timeout: WAIT_MS });
    await box.restart();
    await page.getByText('Your session has ended').waitFor({ timeout: WAIT_MS });
    await logIn();
    await says('state', 'Selling');
    await enter('Upkeep');
    await page.getByRole('button', { name: 'Log out' }).click();
    await atTheDoor();
    expect(await page.getByText('Your session has ended').count()).toBe(0);
    const answer = await page.evaluate("fetch('/api/v1/status').then((answer) => answer.status)");
    expect(answer).toBe(401);
  },
  TEST_MS_MAX,
);

test('no page did what it must not do', () => {
  expect(phone.faults).toEqual([]);
  // A wrong key and an ended session (401), a refused wish (400, 409), a box that was away.
  const expected = new Set(['400', '401', '409', 'unreachable']);
  expect([...phone.refusals].filter((status) => !expected.has(status))).toEqual([]);
});
