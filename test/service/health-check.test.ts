/** `health-check` and `health-report` against real boxes, good ones and broken ones. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loginLocally } from '../../edge/service/local-login.ts';
import { BoxProcess } from '../support/box-process.ts';

const MAIN = join(import.meta.dirname, '../../edge/main.ts');

interface Answer {
  readonly code: number | null;
  readonly output: string;
}

function helios(...words: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    child.on('close', (code) => resolve({ code, output }));
  });
}

function check(box: BoxProcess, ...words: readonly string[]): Promise<Answer> {
  return helios('health-check', '--data-dir', box.dataDir, ...words);
}

describe('helios-edge health-check', () => {
  test('passes on a good box, also while a terminal holds the write lock for a while', async () => {
    await using box = await BoxProcess.start({ settings: ['proxy.writer_idle_timeout_ms=2000'] });
    const good = await check(box, '--json');
    expect(good.code).toBe(0);
    const { selfTestMs, loginMs } = JSON.parse(good.output) as Record<string, number>;
    expect(selfTestMs).toBeGreaterThan(0);
    expect(loginMs).toBeGreaterThan(0);
    const admin = await box.admin();
    await admin.rows('CREATE TABLE t (id integer PRIMARY KEY, merchant_id text NOT NULL)');
    await admin.rows('BEGIN');
    await admin.rows("INSERT INTO t VALUES (1, 'anna')");
    expect(await check(box)).toMatchObject({ code: 0 });
    admin.end();
  }, 120_000);

  test('passes where plain connections are refused, and where all addresses are listened on', async () => {
    await using box = await BoxProcess.start({
      settings: ['proxy.tls.required=true', 'proxy.listen_addr=0.0.0.0:0'],
    });
    expect(await check(box)).toMatchObject({ code: 0 });
  }, 120_000);

  test('passes where terminals log in with tokens', async () => {
    await using box = await BoxProcess.start({
      settings: ['proxy.auth.mode=jwt', `proxy.auth.jwt_secret=${'s'.repeat(40)}`],
    });
    expect(await check(box)).toMatchObject({ code: 0 });
  }, 120_000);

  const lan = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal)?.address;
  test.skipIf(lan === undefined)(
    'passes where one address of the LAN is listened on',
    async () => {
      await using box = await BoxProcess.start({ settings: [`proxy.listen_addr=${lan}:0`] });
      expect(await check(box)).toMatchObject({ code: 0 });
    },
    120_000,
  );

  test('names a wrong key and its mend', async () => {
    await using box = await BoxProcess.start();
    writeFileSync(join(box.dataDir, 'admin.key'), 'another-key-than-the-one-at-the-start-0123\n');
    const { code, output } = await check(box);
    expect(code).toBe(1);
    expect(output).toContain('admin.key: it is read at the start only; restart the box');
  }, 120_000);

  test('fails when the engine can no longer write, and the box ends with 74', async () => {
    await using box = await BoxProcess.start();
    rmSync(join(box.dataDir, 'pos.db-wal'));
    expect((await check(box)).code).toBe(1);
    await expect.poll(() => box.output, { timeout: 20_000 }).toContain('the disk failed');
    expect(await box.stop()).toBe(74);
  }, 120_000);

  test('says that no box runs, and waits for one when told to', async () => {
    const box = await BoxProcess.start();
    await using _ = box;
    await box.stop();
    const begun = performance.now();
    const { code, output } = await check(box, '--wait', '2');
    expect(code).toBe(1);
    expect(output).toContain('no box is running with data directory');
    expect(performance.now() - begun).toBeGreaterThan(2_000);
    const [late] = await Promise.all([check(box, '--wait', '60'), box.restart()]);
    expect(late.code).toBe(0);
  }, 120_000);

  test('takes a number of seconds only', async () => {
    expect((await helios('health-check', '--wait', 'soon')).code).toBe(2);
  }, 60_000);
});

describe('loginLocally', () => {
  test('says that nobody listens', async () => {
    await using box = await BoxProcess.start();
    const port = box.port;
    await box.stop();
    const login = loginLocally({ host: '127.0.0.1', port, dataDir: box.dataDir, msMax: 5_000 });
    await expect(login).rejects.toThrow(`nobody listens on 127.0.0.1:${port}`);
  }, 120_000);
});

describe('helios-edge health-report', () => {
  test('keeps what the box says, and the last report of a box that is gone', async () => {
    await using box = await BoxProcess.start();
    const report = (): Record<string, Record<string, unknown>> =>
      JSON.parse(readFileSync(join(box.dataDir, 'health.json'), 'utf8'));
    expect((await helios('health-report', '--data-dir', box.dataDir)).code).toBe(0);
    expect(report()).toMatchObject({ status: { ready: true } });
    expect(report()['selfTest']?.['milliseconds']).toBeGreaterThan(0);
    await box.stop();
    const gone = await helios('health-report', '--data-dir', box.dataDir);
    expect(gone.code).toBe(1);
    expect(gone.output).toContain('<4>selfTest: no box is running');
    expect(report()['status']?.['error']).toContain('no box is running');
  }, 120_000);
});
