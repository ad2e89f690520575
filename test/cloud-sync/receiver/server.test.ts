import { gzipSync, zstdCompressSync } from 'node:zlib';
import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeRefusal } from '../../../cloud-sync/answer-codec.ts';
import { CONTENT_TYPE, type SyncRequest } from '../../../cloud-sync/protocol.ts';
import { createReceiver, type Receiver } from '../../../cloud-sync/receiver/server.ts';
import { encodeRequest } from '../../../cloud-sync/request-codec.ts';

let receiver: Receiver;

beforeAll(async () => {
  receiver = await createReceiver({
    devices: [{ token: 'one', box: 'box-1', merchants: ['m1'] }, { token: 'auditor' }],
  });
}, 120_000);

afterAll(() => receiver.close());

const REQUEST: SyncRequest = {
  box: 'box-1',
  epochs: ['e1'],
  batch: '0b0a4c6e-0000-4000-8000-000000000000',
  sequence: 1,
  clock: 1n,
  tables: [
    {
      table: 'sales',
      mode: 'push',
      schema: 1,
      tenantColumn: 'merchant_id',
      columns: [{ name: 'amount', type: 'numeric' }],
      rows: [
        {
          bornEpoch: 'e1',
          row: 1n,
          versionEpoch: 'e1',
          version: 1n,
          merchant: 'm1',
          values: ['1.10'],
        },
        {
          bornEpoch: 'e1',
          row: 2n,
          versionEpoch: 'e1',
          version: 1n,
          merchant: 'm2',
          values: ['2'],
        },
      ],
    },
  ],
  pull: null,
};

async function post(body: Uint8Array, headers: Record<string, string> = {}) {
  const answer = await request(receiver.endpoint, {
    method: 'POST',
    headers: { 'content-type': CONTENT_TYPE, authorization: 'Bearer one', ...headers },
    body,
  });
  const bytes = new Uint8Array(await answer.body.arrayBuffer());
  return { status: answer.statusCode, type: String(answer.headers['content-type']), bytes };
}

test('POST /api/sync takes plain, gzip and zstd bodies and answers typed', async () => {
  const body = encodeRequest(REQUEST);
  for (const [encoding, bytes] of [
    ['identity', body],
    ['gzip', gzipSync(body)],
    ['zstd', zstdCompressSync(body)],
  ] as const) {
    const answer = await post(bytes, { 'content-encoding': encoding });
    expect([answer.status, answer.type]).toEqual([200, CONTENT_TYPE]);
    const message = JSON.parse(Buffer.from(answer.bytes).toString()) as {
      tables: { accepted: number; rejected: unknown[] }[];
    };
    expect(message.tables[0]).toMatchObject({
      accepted: 1,
      rejected: [[1, 'merchant_not_allowed', expect.any(String)]],
    });
  }
});

test('POST /api/sync refuses, typed, what it cannot take', async () => {
  const good = encodeRequest(REQUEST);
  const other = encodeRequest({ ...REQUEST, box: 'box-2' });
  const future = Buffer.from(Buffer.from(good).toString().replace('"protocol":1', '"protocol":9'));
  const wrongField = Buffer.from(Buffer.from(good).toString().replace('"count":2', '"count":3'));
  const bomb = gzipSync(Buffer.alloc(120 * 1024 * 1024));
  const cases: readonly (readonly [
    string,
    Uint8Array,
    Record<string, string>,
    number,
    string,
    string | null,
  ])[] = [
    ['no token', good, { authorization: '' }, 401, 'unauthorized', null],
    ['a wrong token', good, { authorization: 'Bearer two' }, 401, 'unauthorized', null],
    ['another box', other, {}, 403, 'forbidden', REQUEST.batch],
    ['a later protocol', future, {}, 426, 'unsupported_protocol', null],
    ['garbage', Buffer.from('hello'), {}, 400, 'malformed', null],
    ['broken gzip', Buffer.from('hello'), { 'content-encoding': 'gzip' }, 400, 'malformed', null],
    ['an unknown encoding', good, { 'content-encoding': 'br' }, 400, 'malformed', null],
    ['a field out of shape', wrongField, {}, 400, 'malformed', REQUEST.batch],
    ['a zip bomb', bomb, { 'content-encoding': 'gzip' }, 413, 'too_large', null],
    ['a body beyond the cap', Buffer.alloc(17 * 1024 * 1024), {}, 413, 'too_large', null],
  ];
  for (const [what, body, headers, status, code, batch] of cases) {
    const answer = await post(body, headers);
    expect([what, answer.status, answer.type]).toEqual([what, status, CONTENT_TYPE]);
    expect(decodeRefusal(answer.bytes)).toMatchObject({ code, batch });
  }
});

test('GET /api/ledger shows each device its own merchants, exactly', async () => {
  await post(encodeRequest({ ...REQUEST, tables: REQUEST.tables }), {
    authorization: 'Bearer auditor',
  });
  const read = async (token: string) => {
    const answer = await request(`${receiver.url}/api/ledger?table=sales&column=amount`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return {
      status: answer.statusCode,
      body: (await answer.body.json()) as { merchants?: unknown },
    };
  };
  expect((await read('one')).body.merchants).toEqual([{ merchant: 'm1', count: 1, sum: '1.10' }]);
  expect((await read('auditor')).body.merchants).toEqual([
    { merchant: 'm1', count: 1, sum: '1.10' },
    { merchant: 'm2', count: 1, sum: '2' },
  ]);
  expect((await read('nobody')).status).toBe(401);
});

test('GET /api/rows shows rows, and refuses bad questions without an error of its own', async () => {
  const get = async (path: string, token = 'auditor') => {
    const answer = await request(`${receiver.url}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: answer.statusCode, body: await answer.body.json() };
  };
  expect((await get('/api/rows?table=sales', 'one')).body).toMatchObject({
    rows: [{ box: 'box-1', row: '1', merchant: 'm1', deleted: false, data: { amount: '1.10' } }],
  });
  expect((await get('/api/rows/sales?merchant=m2')).body).toEqual({
    table: 'sales',
    rows: [{ amount: '2', merchant_id: 'm2' }],
  });
  for (const path of [
    '/api/rows',
    '/api/rows?table=none',
    '/api/ledger?table=sales',
    '/api/rows/sales?merchant=',
  ]) {
    expect((await get(path)).status).toBe(400);
  }
  expect((await get('/api/rows/sales?merchant=m2', 'one')).status).toBe(400);
  expect((await get('/api/rows/sales', 'one')).status).toBe(400);
  expect((await get('/health')).body).toEqual({ status: 'ok' });
});
