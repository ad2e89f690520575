import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { fetchFromBox } from '../../edge/admin/control-client.ts';
import { createRedact, harmlessLogLine, MASK } from '../../edge/admin/secrets.ts';
import { BoxProcess } from '../support/box-process.ts';

/** Files of a gzipped tar by name, and everything in it as one text. */
async function unpack(
  bundle: Readable,
): Promise<{ files: ReadonlyMap<string, string>; all: string }> {
  const files = new Map<string, string>();
  const tar = extract();
  bundle.pipe(createGunzip()).pipe(tar);
  for await (const entry of tar) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    files.set(entry.header.name.replace(/^[^/]*\//, ''), Buffer.concat(chunks).toString());
  }
  return { files, all: [...files].map(([name, text]) => `${name}\n${text}`).join('\n') };
}

const CANARY = {
  token: 'canary-sync-token-0123456789',
  jwt: 'canary-jwt-secret-0123456789-0123456789',
  query: 'canary-query-0123456789',
  user: 'canaryuser',
  password: 'canary-password-0123',
  row: 'canary row content',
  literal: 'canary literal',
  comment: 'canary comment',
  log: 'canary log value',
  raw: 'canary raw line',
  cookie: 'canary-cookie-0123456789',
  merchantName: 'Canary Bakery',
};

describe('the support bundle', () => {
  test('tells how the box is, and holds none of the secrets that lie everywhere in it', async () => {
    await using box = await BoxProcess.start({
      settings: [
        'sync.enable_remote_sync=true',
        `sync.sync_endpoint=http://${CANARY.user}:${CANARY.password}@127.0.0.1:9/api?key=${CANARY.query}`,
        `sync.token=${CANARY.token}`,
        `proxy.auth.jwt_secret=${CANARY.jwt}`,
        'proxy.rls.audit_log_enabled=true',
        'monitoring.slow_query_threshold_ms=1',
        'logging.output=box.log',
      ],
    });
    const added = await box.ask('POST', '/merchants', { id: 'anna', name: CANARY.merchantName });
    const { key } = added as { key: string };
    const admin = await box.admin();
    await admin.rows(
      'CREATE TABLE notes (merchant_id text NOT NULL, id integer PRIMARY KEY, note text)',
    );
    const anna = await box.login('anna/t1', key);
    await anna.rows(`INSERT INTO notes (id, note) VALUES (1, '${CANARY.row}')`);
    await anna.rows(
      `SELECT count(*) FROM generate_series(1, 300000) AS g, notes WHERE note <> '${CANARY.literal}' -- ${CANARY.comment}`,
    );
    expect(await anna.sqlstate(`INSERT INTO notes (id, note) VALUES (1, '${CANARY.row}')`)).toBe(
      '23505',
    );
    expect(await anna.sqlstate(`SELECT '${CANARY.literal}'::integer`)).toBe('22P02');
    await expect(box.login(CANARY.row, 'x'.repeat(30))).rejects.toThrow();
    const lines = [
      JSON.stringify({
        level: 30,
        time: 'now',
        msg: 'plain message',
        note: CANARY.log,
        user: CANARY.user,
      }),
      JSON.stringify({
        level: 50,
        time: 'now',
        msg: 'failed',
        err: {
          type: 'Error',
          message: CANARY.log,
          stack: `Error: ${CANARY.log}\n    at run (file.ts:1:2)`,
          detail: CANARY.row,
        },
      }),
      JSON.stringify({
        level: 30,
        msg: `with ${CANARY.token} inside`,
        headers: { cookie: CANARY.cookie },
      }),
      CANARY.raw,
    ];
    appendFileSync(join(box.dataDir, 'box.log'), `${lines.join('\n')}\n`);
    writeFileSync(join(box.dataDir, 'unrelated.txt'), CANARY.raw);
    const { files, all } = await unpack(await fetchFromBox(box.dataDir, '/support-bundle'));
    const secrets = [...Object.values(CANARY), key, box.adminKey];
    for (const secret of secrets) expect(all, secret).not.toContain(secret);
    for (const verifier of ['SCRAM-SHA-256$', 'BEGIN PRIVATE KEY', 'BEGIN EC PRIVATE KEY']) {
      expect(all).not.toContain(verifier);
    }
    expect([...files.keys()]).toEqual(
      expect.arrayContaining([
        'README.txt',
        'versions.json',
        'status.json',
        'device.json',
        'doctor.json',
        'config.json',
        'metrics.txt',
        'box.log',
        'slow.log',
        'audit.log',
      ]),
    );
    expect(JSON.parse(files.get('config.json') ?? '')).toMatchObject({
      'sync.token': MASK,
      'proxy.auth.jwt_secret': MASK,
      'sync.sync_endpoint': `http://127.0.0.1:9/api ${MASK}`,
      'sync.batch_size': 500,
    });
    expect(files.get('slow.log')).toContain(
      'FROM generate_series(?, ?) AS g, notes WHERE note <> ?',
    );
    expect(files.get('box.log')).toContain('plain message');
    expect(files.get('box.log')).toContain('at run (file.ts:1:2)');
    expect(files.get('box.log')).toContain('lines of another form were left out');
    anna.end();
    admin.end();
  }, 90_000);

  test('is made as it is taken, and its making ends with its taker', async () => {
    await using box = await BoxProcess.start();
    for (let count = 0; count < 5; count++) {
      const bundle = await fetchFromBox(box.dataDir, '/support-bundle');
      bundle.destroy();
    }
    const { files } = await unpack(await fetchFromBox(box.dataDir, '/support-bundle'));
    expect(files.get('status.json')).toContain('"ready": true');
  }, 60_000);
});

describe('harmlessLogLine', () => {
  test("keeps what is ours and drops what may be a merchant's", () => {
    const line = JSON.stringify({
      level: 40,
      time: '2026-01-01T00:00:00Z',
      address: '10.0.0.7',
      user: 'x',
      rows: 5,
      msg: 'login refused',
      nested: { a: 1 },
    });
    expect(JSON.parse(harmlessLogLine(line) ?? '')).toEqual({
      level: 40,
      time: '2026-01-01T00:00:00Z',
      address: '10.0.0.7',
      rows: 5,
      msg: 'login refused',
    });
  });

  test.each(['no json', '"text"', '[1]', '{"no":"level"}', 'null', ''])(
    'drops a line that is not ours: %s',
    (line) => {
      expect(harmlessLogLine(line)).toBeNull();
    },
  );
});

describe('createRedact', () => {
  test('finds a secret as it stands, in JSON and in an address', () => {
    const redact = createRedact(['pass"word/1234', 'short']);
    expect(
      redact(
        `a pass"word/1234 b ${JSON.stringify('pass"word/1234')} c ${encodeURIComponent('pass"word/1234')} short`,
      ),
    ).toBe(`a ${MASK} b "${MASK}" c ${MASK} short`);
  });
});
