import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { CONFIG_KEYS, makeConfig } from '../../edge/config.ts';

const EXAMPLE_5 = readFileSync(new URL('../support/brief-example-5.toml', import.meta.url), 'utf8');

describe('makeConfig', () => {
  test('accepts the example of the product brief unchanged', () => {
    const config = makeConfig({ toml: EXAMPLE_5, dataDir: '/tmp/box' });
    expect(config['database.path']).toBe('/tmp/box/pos.db');
    expect(config['logging.output']).toBe('/tmp/box/pos.log');
    expect(config['sync.batch_size']).toBe(500);
    expect(config['proxy.max_client_connections']).toBe(100);
  });

  test('refuses an unknown key and names the nearest', () => {
    expect(() => makeConfig({ toml: '[proxy]\nlisten_adr = "x"' })).toThrow(
      'unknown key proxy.listen_adr; did you mean proxy.listen_addr?',
    );
  });

  test('refuses what is promised but not built', () => {
    expect(() => makeConfig({ toml: '[proxy.session_migration]\nenabled = true' })).toThrow(
      'proxy.session_migration.enabled cannot be true',
    );
  });

  test('substitutes environment variables and refuses absent ones', () => {
    const toml = '[proxy.auth]\nmode = "jwt"\njwt_secret = "${SECRET}"';
    const environment = { SECRET: 'x'.repeat(32) };
    expect(makeConfig({ toml, environment })['proxy.auth.jwt_secret']).toBe('x'.repeat(32));
    expect(() => makeConfig({ toml })).toThrow('${SECRET}, which is not set');
  });

  test('lets --set win over the file, typed by the key', () => {
    const config = makeConfig({
      toml: '[sync]\nbatch_size = 10',
      settings: ['sync.batch_size=20', 'sync.two_way=a, b'],
    });
    expect(config['sync.batch_size']).toBe(20);
    expect(config['sync.two_way']).toEqual(['a', 'b']);
    expect(() => makeConfig({ settings: ['sync.batch_size=many'] })).toThrow(
      'sync.batch_size must be a whole number',
    );
  });

  test('refuses values out of range, of the wrong type, and broken TOML', () => {
    expect(() => makeConfig({ toml: '[sync]\nbatch_size = 0' })).toThrow('must be from 1 to');
    expect(() => makeConfig({ toml: '[sync]\nbatch_size = "x"' })).toThrow('a whole number');
    expect(() => makeConfig({ toml: '[sync' })).toThrow('is not TOML');
  });
});

describe('config.toml', () => {
  const documented = readFileSync(new URL('../../config.toml', import.meta.url), 'utf8');

  test('documents every key with its default', () => {
    const shown = parse(documented);
    for (const key of CONFIG_KEYS) {
      let value: unknown = shown;
      for (const part of key.split('.')) value = (value as Record<string, unknown>)[part];
      expect(value, key).toEqual(makeConfig({})[key]);
    }
  });
});
