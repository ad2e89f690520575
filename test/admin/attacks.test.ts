/** The admin interface under attack from the shop's own network. */
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { LIMITS } from '../../edge/limits.ts';
import { AdminRig } from './admin-rig.ts';

/** Node looks for slow requests now and then. */
const CUT_MS_MAX = 3 * LIMITS.adminHeadersMsMax;
const TRICKLE_MS = 500;

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
