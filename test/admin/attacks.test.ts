/** The admin interface under attack from the shop's own network. */
import { execFile } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../edge/limits.ts';
import { AdminRig } from './admin-rig.ts';

/** Node looks for slow requests now and then. */
const CUT_MS_MAX = 3 * LIMITS.adminHeadersMsMax;
const TRICKLE_MS = 500;

const MAIN = join(import.meta.dirname, '../../edge/main.ts');
const run = promisify(execFile);

let rig: AdminRig;

beforeAll(async () => {
  rig = await AdminRig.open();
});
afterAll(() => rig[Symbol.asyncDispose]());

/** Sends a beginning, and then a byte now and then. Resolves when the box has cut the connection. */
async function trickle(beginning: string): Promise<number> {
  const begun = performance.now();
  const socket: Socket = connect(rig.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(beginning);
  const timer = setInterval(() => socket.write('x'), TRICKLE_MS);
  // Being reset is as good as being closed: no `once`, which takes an error for a failure.
  await new Promise((resolve) => socket.on('close', resolve));
  clearInterval(timer);
  return performance.now() - begun;
}

function post(path: string, type: string, more = ''): string {
  return `POST ${path} HTTP/1.1\r\nHost: box\r\nContent-Type: ${type}\r\nContent-Length: 60000\r\n${more}\r\n`;
}

describe('whoever takes long', () => {
  test.concurrent.for([
    ['over the headers', 'GET /health HTTP/1.1\r\nX: '],
    ['over the key', post('/api/v1/login', 'application/json')],
    ['over what is refused already', post('/api/v1/update', 'application/octet-stream')],
    [
      'over what is refused, with a wrong key',
      post('/api/v1/update', 'application/octet-stream', 'Authorization: Bearer x\r\n'),
    ],
    ['over an address that is none', post('/%zz', 'application/json')],
  ] as const)(
    '%s is cut off',
    { timeout: CUT_MS_MAX + 5_000 },
    async ([, beginning], { expect: expected }) => {
      expected(await trickle(beginning)).toBeLessThan(CUT_MS_MAX);
    },
  );

  test.concurrent('is left alone with the key', { timeout: CUT_MS_MAX + 5_000 }, async ({
    expect: expected,
  }) => {
    const socket = connect(rig.port, '127.0.0.1');
    socket.write(post('/api/v1/login', 'application/json', `Authorization: Bearer ${rig.key}\r\n`));
    let isOpen = true;
    socket.on('close', () => {
      isOpen = false;
    });
    await new Promise((resolve) => setTimeout(resolve, LIMITS.adminStrangerMsMax * 1.5));
    expected(isOpen).toBe(true);
    socket.destroy();
  });
});

test('a name that steers terminals does not reach the one of a technician', async () => {
  const name = 'Shop\u001b]0;owned\u0007\u009b2J\r\nm2  Forged  active';
  expect((await rig.post('/merchants', { id: 'm1', name })).status).toBe(200);
  const command = async (...words: readonly string[]): Promise<string> =>
    (await run(process.execPath, [MAIN, ...words, '--data-dir', rig.dataDir])).stdout;
  const list = await command('merchant', 'list');
  // oxlint-disable-next-line no-control-regex
  expect(list).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(list.trimEnd().split('\n')).toHaveLength(2);
  expect(list).toContain('Shop\\u001b]0;owned');
  expect(JSON.parse(await command('merchant', 'list', '--json'))).toMatchObject([{ name }]);
});
