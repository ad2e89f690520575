/**
 * Settings without a session: values, scopes, and that nothing leads to another merchant.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EdgeError } from '../../edge/errors.ts';
import { LIMITS } from '../../edge/limits.ts';
import { SETTING_DEFINITIONS } from '../../edge/session/setting-definitions.ts';
import { Settings } from '../../edge/session/settings.ts';

const make = (defaults: Readonly<Record<string, string>> = {}): Settings =>
  new Settings(new Map(Object.entries(defaults)), 'm1');

function sqlstateOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    if (error instanceof EdgeError) return error.sqlstate;
    throw error;
  }
  return '00000';
}

describe('Settings', () => {
  test('Settings shows every setting of the table', () => {
    const settings = make();
    for (const each of SETTING_DEFINITIONS) expect(settings.show(each.name)).toBeTypeOf('string');
  });

  test('Settings takes its own initial values', () => {
    const settings = make();
    for (const each of SETTING_DEFINITIONS) {
      if (each.context !== 'user' || each.name === 'session_authorization') continue;
      settings.setAtStart(each.name, each.initial);
      expect(settings.get(each.name), each.name).toBe(each.initial);
    }
  });

  test.each([
    ['statement_timeout', '1500ms', '1500ms'],
    ['statement_timeout', '1.5s', '1500ms'],
    ['statement_timeout', '90s', '90s'],
    ['statement_timeout', '120s', '2min'],
    ['statement_timeout', '1d', '1d'],
    ['statement_timeout', '0x10', '16ms'],
    ['work_mem', '8192', '8MB'],
    ['work_mem', '1GB', '1GB'],
    ['jit', 'fal', 'off'],
    ['jit', '1', 'on'],
    ['synchronous_commit', 'yes', 'on'],
    ['client_encoding', 'utf-8', 'UTF8'],
    ['client_encoding', "'UTF8'", 'UTF8'],
    ['DateStyle', 'iso', 'ISO, MDY'],
    ['DateStyle', 'ISO, US', 'ISO, MDY'],
    ['TimeZone', 'europe/berlin', 'Europe/Berlin'],
    ['TimeZone', 'utc', 'UTC'],
    ['TimeZone', '+3', '<+03>-03'],
    ['TimeZone', '-5.5', '<-05:30>+05:30'],
    ['TimeZone', '-08:00', '<-08>+08'],
    ['application_name', 'é', '??'],
    ['search_path', 'shop, public', 'shop, public'],
  ])('Settings stores %s = %s as %s', (name, given, shown) => {
    const settings = make();
    settings.setAtStart(name, given);
    expect(settings.show(name)).toBe(shown);
  });

  test.each([
    ['DateStyle', 'German'],
    ['IntervalStyle', 'iso_8601'],
    ['bytea_output', 'escape'],
    ['standard_conforming_strings', 'off'],
    ['client_encoding', 'LATIN1'],
    ['extra_float_digits', '0'],
    ['row_security', 'off'],
    ['search_path', 'other'],
    ['transform_null_equals', 'on'],
    ['session_replication_role', 'replica'],
  ])('Settings refuses %s = %s, which answers would not follow', (name, value) => {
    const settings = make();
    const before = settings.show(name);
    expect(sqlstateOf(() => settings.set(name, [value], false))).toBe('0A000');
    expect(settings.show(name)).toBe(before);
  });

  test.each([
    ['role', 'm2'],
    ['role', 'admin'],
    ['session_authorization', 'm2'],
  ])('Settings refuses %s = %s with 42501', (name, value) => {
    expect(sqlstateOf(() => make().set(name, [value], false))).toBe('42501');
  });

  test('Settings bounds what one session may set', () => {
    const settings = make();
    const fill = (): void => {
      for (let index = 0; index <= LIMITS.settingsPerSessionMax; index++) {
        settings.set(`shop.s${index}`, ['x'], false);
      }
    };
    expect(sqlstateOf(fill)).toBe('54000');
    const long = 'x'.repeat(LIMITS.settingValueBytesMax + 1);
    expect(sqlstateOf(() => make().set('shop.a', [long], false))).toBe('54000');
  });

  test('Settings restores what a mark remembers, whatever was set since', () => {
    const step = fc.record({
      name: fc.constantFrom('shop.a', 'shop.b', 'jit', 'work_mem'),
      value: fc.constantFrom('64', '128', null),
      local: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), fc.array(step), (before, after) => {
        const settings = make();
        const run = (steps: typeof before): void => {
          for (const { name, value, local } of steps) {
            const text = name === 'jit' && value !== null ? 'off' : value;
            if (text === null && settings.get(name) === undefined) continue;
            settings.set(name, text === null ? null : [text], local);
          }
        };
        run(before);
        const record = settings.record();
        const mark = settings.mark();
        run(after);
        settings.restore(mark);
        expect(settings.record()).toEqual(record);
      }),
    );
  });

  test('Settings forgets SET LOCAL at the end of the transaction, and only that', () => {
    const settings = make({ statement_timeout: '100' });
    settings.set('statement_timeout', ['200'], false);
    settings.set('statement_timeout', ['300'], true);
    expect(settings.statementTimeoutMs).toBe(300);
    settings.endTransaction();
    expect(settings.statementTimeoutMs).toBe(200);
    settings.set('statement_timeout', null, false);
    expect(settings.statementTimeoutMs).toBe(100);
  });
});
