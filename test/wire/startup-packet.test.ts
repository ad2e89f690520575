import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdgeError } from '../../edge/errors.ts';
import { parseStartup, type StartupRequest } from '../../edge/wire/startup-packet.ts';
import { i32, raw, startup, z } from './bytes.ts';

const parse = (packet: Uint8Array): StartupRequest => parseStartup(packet.subarray(4));
const body = (...parts: readonly (string | number | Uint8Array)[]): StartupRequest =>
  parseStartup(raw(...parts));
const V3 = i32(3 << 16);

function failure(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof EdgeError) return `${error.severity} ${error.sqlstate} ${error.message}`;
  }
  throw new Error('it did not fail');
}

describe('parseStartup', () => {
  it('reads user, database, options, settings and protocol options', () => {
    const packet = startup(
      {
        user: 'acme/till1',
        database: 'pos',
        options: '-c a=b',
        application_name: 'Kasse é',
        '_pq_.x': '1',
        replication: 'false',
      },
      2,
    );
    expect(parse(packet)).toEqual({
      kind: 'startup',
      minor: 2,
      user: 'acme/till1',
      database: 'pos',
      options: '-c a=b',
      replication: 'false',
      parameters: new Map([['application_name', 'Kasse é']]),
      protocolOptions: ['_pq_.x'],
    });
  });

  it('takes the user’s name for the database that was not named', () => {
    expect(parse(startup({ user: 'acme' }))).toMatchObject({ database: 'acme' });
  });

  it('tells the special requests', () => {
    expect(body(i32(80877103))).toEqual({ kind: 'ssl' });
    expect(body(i32(80877104))).toEqual({ kind: 'gssenc' });
    expect(body(i32(80877102), i32(5), i32(6))).toMatchObject({ kind: 'cancel', pid: 5 });
    expect(body(i32(80877102), i32(5), Buffer.alloc(32))).toMatchObject({ kind: 'cancel' });
    expect(body(i32(80877102), i32(5), Buffer.alloc(3))).toEqual({ kind: 'garbage' });
    expect(body(i32(80877102), i32(5), Buffer.alloc(257))).toEqual({ kind: 'garbage' });
    expect(body(i32(80877102), i32(5))).toEqual({ kind: 'garbage' });
    expect(body(i32(2 << 16))).toEqual({ kind: 'unsupported', major: 2, minor: 0 });
    expect(body(i32(0))).toEqual({ kind: 'unsupported', major: 0, minor: 0 });
    expect(body('abc')).toEqual({ kind: 'garbage' });
    expect(body('')).toEqual({ kind: 'garbage' });
  });

  it('complains with PostgreSQL’s texts', () => {
    expect(failure(() => body(V3))).toBe(
      'FATAL 08P01 invalid startup packet layout: expected terminator as last byte',
    );
    expect(failure(() => body(V3, z('user'), z('a'), 0, 'x'))).toBe(
      'FATAL 08P01 invalid startup packet layout: expected terminator as last byte',
    );
    expect(failure(() => body(V3, 0))).toBe(
      'FATAL 28000 no PostgreSQL user name specified in startup packet',
    );
    expect(failure(() => body(V3, z('user'), raw(0xff, 0), 0))).toBe(
      'FATAL 22021 invalid byte sequence for encoding "UTF8": 0xff',
    );
  });

  it('lets the last string go without its zero, as PostgreSQL does', () => {
    expect(body(V3, z('user'), z('a'), 'x')).toMatchObject({ user: 'a' });
  });

  it('answers any bytes with a request or an EdgeError', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.uint8Array({ maxLength: 200 }), (isV3, bytes) => {
        try {
          expect(typeof parseStartup(isV3 ? raw(V3, bytes) : bytes).kind).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(EdgeError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
