import fc from 'fast-check';
import { parse } from 'smol-toml';
import { expect, test } from 'vitest';
import { ClaimCodeGate, makeClaimCode } from '../../edge/claim/claim-code.ts';
import { parseClaimFile, readClaimRequest, withMerchants } from '../../edge/claim/claim-request.ts';
import { changeConfigText } from '../../edge/claim/config-text.ts';
import { parseMerchantsFile } from '../../edge/claim/merchants-file.ts';
import { LIMITS } from '../../edge/limits.ts';

const KEY = '0123456789abcdef0123456789abcdef';

test('a claim file becomes a request', () => {
  const { request, merchantsFile, writeKeys } = parseClaimFile(`
    shop = "Bakery Müller"
    time_zone = "Europe/Berlin"
    merchants_file = "merchants.csv"
    write_keys = true
    [sync]
    endpoint = "https://cloud.example.com/api/sync"
    token = "abc"
    interval_secs = 60
    [[merchants]]
    id = "m1"
    name = "Bread"
    key = "${KEY}"
  `);
  expect(request).toEqual({
    shop: 'Bakery Müller',
    timeZone: 'Europe/Berlin',
    adminKey: null,
    sync: { endpoint: 'https://cloud.example.com/api/sync', token: 'abc', intervalSeconds: 60 },
    merchants: [{ id: 'm1', name: 'Bread', key: KEY }],
  });
  expect([merchantsFile, writeKeys]).toEqual(['merchants.csv', true]);
});

test('a claim with anything wrong in it is refused, and the message names it', () => {
  const fine = { shop: 'S', merchants: [{ id: 'm1', name: 'M' }] };
  const sync = { endpoint: 'https://c.example' };
  for (const [change, message] of [
    [{ shop: '' }, 'shop must be'],
    [{ shop: 'x'.repeat(101) }, 'shop must be'],
    [{ colour: 'red' }, 'unknown field colour'],
    [{ timeZone: 'Mars/Base' }, 'no time zone'],
    [{ adminKey: 'short' }, '128 random bits'],
    [{ sync: { ...sync, endpoint: 'ftp://c' } }, 'http or https'],
    [{ sync: { ...sync, token: 'a b' } }, 'sync token'],
    [{ sync: { ...sync, token: '${HOME}' } }, 'sync token'],
    [{ sync: { ...sync, intervalSeconds: 0 } }, 'sync interval'],
    [{ sync: { ...sync, intervalSeconds: 1.5 } }, 'sync interval'],
    [{ sync: { ...sync, retries: 3 } }, 'unknown field retries'],
    [{ merchants: 'm1' }, 'must be a list'],
    [{ merchants: [{ id: 'm1' }] }, 'id and a name'],
    [{ merchants: [{ id: 'a/b', name: 'M' }] }, 'invalid merchant id'],
    [{ merchants: [{ id: 'admin', name: 'M' }] }, 'invalid merchant id'],
    [{ merchants: [{ id: 'm1', name: 'M', key: 'x' }] }, 'key of merchant "m1"'],
    [{ merchants: [{ id: 'm1', name: 'M', rank: 'x' }] }, 'unknown field rank'],
    [{ merchants: [fine.merchants[0], fine.merchants[0]] }, 'listed twice'],
    [
      {
        merchants: [
          { id: 'm1', name: 'M', key: KEY },
          { id: 'm2', name: 'M', key: KEY },
        ],
      },
      'key of another one',
    ],
  ] as const) {
    expect(() => readClaimRequest({ ...fine, ...change }), message).toThrow(message);
  }
  for (const value of [null, 'x', 7, []]) expect(() => readClaimRequest(value)).toThrow('table');
  const request = readClaimRequest(fine);
  expect(() => withMerchants(request, [{ id: 'm1', name: 'Again' }])).toThrow('listed twice');
  const many = Array.from({ length: LIMITS.claimMerchantsMax }, (_, at) => ({
    id: `x${at}`,
    name: 'X',
  }));
  expect(() => withMerchants(request, many)).toThrow('at most');
});

test('claim files that lead out of their folder, or are no TOML, are refused', () => {
  expect(() => parseClaimFile('shop = ')).toThrow('not TOML');
  expect(() => parseClaimFile('shop = "S"\nmerchants_file = "../x.csv"')).toThrow(
    'beside the claim',
  );
  expect(() => parseClaimFile('shop = "S"\nwrite_keys = "yes"')).toThrow('true or false');
  expect(() => parseClaimFile('shop = "S"\nShop = "T"')).toThrow('unknown field Shop');
});

test('parseMerchantsFile reads what spreadsheets write', () => {
  const expected = [
    { id: 'm1', name: 'Bread, fresh', tier: 'pro' },
    { id: 'm2', name: 'He said "hi"', location: 'Hall 2' },
  ];
  const comma =
    'id,name,tier,location\r\nm1,"Bread, fresh",pro,\r\n\r\nm2,"He said ""hi""",,Hall 2\r\n';
  const semicolon =
    '\uFEFFName;ID;Location;Tier\n"Bread, fresh";m1;;pro\n"He said ""hi""";m2;Hall 2;';
  expect(parseMerchantsFile('m.csv', comma)).toEqual(expected);
  expect(parseMerchantsFile('m.CSV', semicolon)).toEqual(expected);
  expect(parseMerchantsFile('m.toml', '[[merchants]]\nid = "m1"\nname = "Bread"')).toEqual([
    { id: 'm1', name: 'Bread' },
  ]);
  for (const [text, message] of [
    ['name\nBread', 'among them id'],
    ['id,name,colour\nm1,B,red', 'unknown column "colour"'],
    ['id,name\nm1', 'line 2 has 1 columns'],
    ['id,name\nm1,"open\n', 'never closed'],
    ['id,name\nm1,B\n,C', 'line 3 must have an id'],
    ['', 'among them id'],
  ] as const) {
    expect(() => parseMerchantsFile('m.csv', text), message).toThrow(message);
  }
});

test('changeConfigText changes what it is told to, and keeps comments and everything else', () => {
  const text = [
    '# my file',
    '[sync]',
    'enable_remote_sync = false   # off',
    'sync_endpoint = "" # where',
    '',
    '[logging]',
    'level = "info"',
    '',
  ].join('\n');
  const changed = changeConfigText(text, {
    'sync.enable_remote_sync': true,
    'sync.sync_endpoint': 'https://c.example/a"b',
    'sync.token': 't',
    'server.host': '0.0.0.0',
  });
  expect(changed).toContain('# my file');
  expect(changed).toContain('enable_remote_sync = true   # off');
  expect(changed).toContain('sync_endpoint = "https://c.example/a\\"b" # where');
  expect(parse(changed)).toEqual({
    sync: { enable_remote_sync: true, sync_endpoint: 'https://c.example/a"b', token: 't' },
    logging: { level: 'info' },
    server: { host: '0.0.0.0' },
  });
});

test('changeConfigText is right for files that are written in unusual ways', () => {
  const unusual = [
    'sync.sync_endpoint = "x"\n[logging]\nlevel = "info"',
    '[sync]\nsync_endpoint = """\nover\nlines"""\n',
    '[ sync ]\n"sync_endpoint" = "x"',
    'sync = { sync_endpoint = "x" }',
    '',
    '[sync]',
  ];
  for (const text of unusual) {
    const changed = changeConfigText(text, { 'sync.sync_endpoint': 'new' });
    expect((parse(changed)['sync'] as Record<string, unknown>)['sync_endpoint'], text).toBe('new');
  }
});

test('any text survives the way through config.toml', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      const changed = changeConfigText('[sync]\ntoken = "" # c\n', { 'sync.token': value });
      expect(parse(changed)).toEqual({ sync: { token: value } });
    }),
  );
});

test('a claim code is compared as people type it, and guessing is slowed down', () => {
  let now = 0;
  const gate = new ClaimCodeGate({ wallMicros: () => 0n, monotonicMs: () => now });
  const code = makeClaimCode();
  expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
  gate.require('K7QF-30MX', 'k7qf 3Omx');
  for (let wrong = 0; wrong < LIMITS.claimCodeTriesMax; wrong++) {
    expect(() => gate.require('K7QF-30MX', 'AAAA-AAAA')).toThrow('not the one on the screen');
  }
  // Not even the right one helps now: else the pause could be told from a wrong code.
  expect(() => gate.require('K7QF-30MX', 'K7QF-30MX')).toThrow('too many wrong codes');
  now = LIMITS.claimCodePauseMs;
  gate.require('K7QF-30MX', 'K7QF-30MX');
});
