/**
 * How fast the door is: logins by SCRAM, point queries through connection and wire with a session that
 * answers at once, and the memory of an idle connection. The box runs in a process of its own.
 *
 * Run: scripts/node test/bench/connection-bench.ts
 */
import { fork } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ScramClient } from '../auth/scram-client.ts';
import { KEY, RawClient, startBox } from '../net/box.ts';
import { loggedIn, messagesOf, saslInitial } from '../net/raw-login.ts';
import { i16, i32, message, raw, startup, z } from '../wire/bytes.ts';

const SECONDS = 4;
const CLIENTS = 20;
const IDLE = 1_000;
const QUERY = message('Q', z('select 1'));
const PREPARED = raw(
  message('B', z(''), z('s'), i16(0), i16(0), i16(1), i16(1)),
  message('E', z(''), i32(0)),
  message('S'),
);
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

async function serve(): Promise<void> {
  const box = await startBox({ maxClients: 20_000 });
  const echo = createServer({ noDelay: true }, (socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const address = echo.address();
  const echoPort = typeof address === 'object' && address !== null ? address.port : 0;
  process.on('message', () => {
    globalThis.gc?.();
    process.send?.({ rss: process.memoryUsage.rss(), cpu: process.cpuUsage() });
  });
  process.send?.({ port: box.port, echoPort });
}

interface Usage {
  readonly rss: number;
  readonly cpu: NodeJS.CpuUsage;
}

/** Exchanges a second: each client says `request` again when it has heard the end of an answer. */
async function exchanges(
  sockets: readonly Socket[],
  request: Uint8Array,
  isAnswered: (chunk: Buffer) => number,
): Promise<number> {
  let count = 0;
  let isOver = false;
  for (const socket of sockets) {
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => {
      const answers = isAnswered(chunk);
      count += answers;
      if (answers > 0 && !isOver) socket.write(request);
    });
    socket.write(request);
  }
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000));
  isOver = true;
  return count / SECONDS;
}

const endsReady = (chunk: Buffer): number => (chunk.subarray(-6).equals(READY) ? 1 : 0);

async function measure(): Promise<void> {
  const child = fork(import.meta.filename, ['serve'], {
    execArgv: [...process.execArgv, '--expose-gc'],
  });
  const next = <T>(): Promise<T> =>
    new Promise((resolve) => child.once('message', resolve as never));
  const { port, echoPort } = await next<{ port: number; echoPort: number }>();
  const usage = async (): Promise<Usage> => {
    const answer = next<Usage>();
    child.send('usage');
    return answer;
  };
  const report = (what: string, value: string): void => console.log(`${what.padEnd(52)}${value}`);
  const timed = async (what: string, run: () => Promise<number>): Promise<void> => {
    const before = await usage();
    const perSecond = await run();
    const { cpu } = await usage();
    const micros = cpu.user + cpu.system - before.cpu.user - before.cpu.system;
    const each = (micros / (perSecond * SECONDS)).toFixed(1);
    report(what, `${Math.round(perSecond)}/s, ${each} us of server CPU each`);
  };

  const echoes = await Promise.all(Array.from({ length: CLIENTS }, () => dial(echoPort)));
  await timed(`floor: echo of 64 bytes, ${CLIENTS} clients`, () =>
    exchanges(echoes, Buffer.alloc(64), () => 1),
  );
  for (const socket of echoes) socket.destroy();

  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, async () => (await loggedIn(port)).client.socket),
  );
  await timed(`simple query, ${CLIENTS} clients`, () => exchanges(clients, QUERY, endsReady));
  for (const socket of clients) socket.write(raw(message('P', z('s'), z('select 1'), i16(0))));
  await timed(`prepared query, ${CLIENTS} clients`, () => exchanges(clients, PREPARED, endsReady));
  const [one] = clients;
  const batch = Buffer.concat(Array.from({ length: 100 }, () => PREPARED));
  if (one !== undefined) {
    const answerBytes = 5 + 15 + 14 + 6;
    let heard = 0;
    await timed('prepared queries in a pipeline of 100, one client', () =>
      exchanges([one], batch, (chunk) => {
        heard += chunk.length;
        const whole = Math.floor(heard / (answerBytes * 100));
        heard -= whole * answerBytes * 100;
        return whole * 100;
      }),
    );
  }
  for (const socket of clients) socket.destroy();

  await timed('logins without TLS, 10 at a time', () => logins(() => login(port, false)));
  await timed('logins over TLS, 10 at a time', () => logins(() => login(port, true)));
  for (const isTls of [false, true]) await idle(port, isTls, usage, report);
  child.kill();
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** The proof's PBKDF2 is the client's work and would be most of the time: it is done once. */
async function login(port: number, isTls: boolean): Promise<RawClient> {
  if (!isTls) return (await loggedIn(port)).client;
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    ALPNProtocols: ['postgresql'],
    rejectUnauthorized: false,
  });
  const client = new RawClient(socket);
  const scram = new ScramClient(KEY);
  client.say(startup({ user: 'acme', database: 'pos' }));
  client.say(saslInitial('SCRAM-SHA-256', scram.first()));
  const heard = await client.until((bytes) => messagesOf(bytes).length === 2);
  client.say(message('p', scram.final(messagesOf(heard)[1]?.body.subarray(4) ?? heard)));
  await client.until(endsReadyAt);
  client.forget();
  return client;
}

const endsReadyAt = (heard: Buffer): boolean => endsReady(heard) === 1;

async function logins(once: () => Promise<RawClient>): Promise<number> {
  let count = 0;
  const endMs = performance.now() + SECONDS * 1_000;
  const one = async (): Promise<void> => {
    while (performance.now() < endMs) {
      (await once()).end();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: 10 }, one));
  return count / SECONDS;
}

async function idle(
  port: number,
  isTls: boolean,
  usage: () => Promise<Usage>,
  report: (what: string, value: string) => void,
): Promise<void> {
  const before = await usage();
  const clients: RawClient[] = [];
  for (let at = 0; at < IDLE; at += 1) clients.push(await login(port, isTls));
  const after = await usage();
  const each = Math.round((after.rss - before.rss) / IDLE / 1_000);
  report(`${IDLE} idle connections${isTls ? ' over TLS' : ''}`, `${each} kB resident each`);
  for (const client of clients) client.end();
}

if (process.argv[2] === 'serve') await serve();
else await measure();
