/**
 * A box out of its carton: the page that makes it a shop's box, in a real browser, with the code that stands on
 * the box's screen.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleConsole } from '../../scripts/console-bundle.ts';
import { BoxProcess } from '../support/box-process.ts';
import { freePort, Phone } from './browser.ts';

const WAIT_MS = 30_000;
const TEST_MS_MAX = 90_000;
let box: BoxProcess;
let phone: Phone;

beforeAll(async () => {
  await bundleConsole();
  const adminPort = await freePort();
  // Both ports are fixed: the box opens anew when it is claimed.
  const listen = `proxy.listen_addr=127.0.0.1:${await freePort()}`;
  box = await BoxProcess.start({ settings: [`server.admin_port=${adminPort}`, listen] });
  const origin = `https://127.0.0.1:${adminPort}`;
  phone = await Phone.open(origin);
  await phone.page.goto(`${origin}/`);
}, 120_000);

afterAll(async () => {
  await phone?.[Symbol.asyncDispose]();
  await box?.[Symbol.asyncDispose]();
});

test(
  'a new box is claimed with the code on its screen, and opens with the key that was shown',
  async () => {
    const { page } = phone;
    const alert = page.getByRole('alert');
    await page.getByRole('heading', { name: 'A new box' }).waitFor();
    await page.getByLabel('Name of the shop').fill('Corner Shop <b>');
    await page.getByRole('button', { name: 'Add a merchant' }).click();
    await page.getByLabel('Name of merchant 1', { exact: true }).fill('Corner Café');
    await page.getByLabel('User name of merchant 1').fill('corner');
    await page.getByLabel('Claim code').fill('0000-0000');
    await phone.screenshot('phone-claim');
    expect(await phone.blemishes()).toEqual([]);
    await page.getByRole('button', { name: 'Claim this box' }).click();
    await alert.filter({ hasText: 'not the one on the screen' }).waitFor();

    const code = readFileSync(join(box.dataDir, 'claim-code'), 'utf8').trim();
    await page.getByLabel('Claim code').fill(code.toLowerCase());
    await page.getByRole('button', { name: 'Claim this box' }).click();
    await page.getByRole('heading', { name: 'This is the box of Corner Shop <b>' }).waitFor();
    const adminKey = await page.getByRole('textbox', { name: 'Admin key' }).inputValue();
    const merchantKey = await page.getByRole('textbox', { name: 'Key of corner' }).inputValue();
    expect(adminKey).toMatch(/^[\w-]{43}$/);
    await phone.screenshot('phone-claimed');

    await page.getByRole('button', { name: 'The keys are stored' }).click();
    await page.getByLabel('Admin key').fill(adminKey);
    // The box is starting anew: a technician would press again, too.
    await expect
      .poll(
        async () => {
          const button = page.getByRole('button', { name: 'Log in' });
          if ((await button.count()) > 0 && (await button.isEnabled())) await button.click();
          return page.locator('[data-section="state"]').count();
        },
        { timeout: WAIT_MS, interval: 500 },
      )
      .toBe(1);
    await page.getByText('Corner Shop <b>').first().waitFor({ timeout: WAIT_MS });
    const merchant = await box.login('corner', merchantKey);
    expect(await merchant.rows('SELECT 1')).toEqual([['1']]);
    merchant.destroy();
    expect(phone.faults).toEqual([]);
  },
  TEST_MS_MAX,
);
