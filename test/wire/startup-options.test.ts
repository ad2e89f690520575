import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdgeError } from '../../edge/errors.ts';
import { parseStartupOptions } from '../../edge/wire/startup-options.ts';

const parse = (options: string): Record<string, string> =>
  Object.fromEntries(parseStartupOptions(options));

function failure(options: string): string {
  try {
    parseStartupOptions(options);
  } catch (error) {
    if (error instanceof EdgeError) return `${error.severity} ${error.sqlstate} ${error.message}`;
  }
  throw new Error('it did not fail');
}

describe('parseStartupOptions', () => {
  it('reads every spelling of a setting', () => {
    expect(parse('')).toEqual({});
    expect(parse('-c a=1 -cb=2  --statement-timeout=3\t--x=')).toEqual({
      a: '1',
      b: '2',
      statement_timeout: '3',
      x: '',
    });
    expect(parse('-c a=b=c')).toEqual({ a: 'b=c' });
  });

  it('takes what follows a backslash as it is', () => {
    expect(parse('-c search_path=a,\\ b -c x=\\\\y')).toEqual({ search_path: 'a, b', x: '\\y' });
  });

  // Texts taken from PostgreSQL 15.18.
  it.each([
    ['-z foo', 'invalid command-line argument for server process: -z'],
    ['foo', 'invalid command-line argument for server process: foo'],
    ['-c', 'invalid command-line argument for server process: -c'],
    ['-c foo', '-c foo requires a value'],
    ['--foo', '--foo requires a value'],
  ])('refuses %s', (options, message) => {
    expect(failure(options)).toBe(`FATAL 42601 ${message}`);
  });

  it('answers any text with settings or an EdgeError', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (options) => {
        try {
          parseStartupOptions(options);
        } catch (error) {
          expect(error).toBeInstanceOf(EdgeError);
        }
      }),
    );
  });
});
