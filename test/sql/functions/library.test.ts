/**
 * The library and the table of signatures belong together: what a template names must be installed, and what may run
 * before the tenant filter must not raise.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdgeError } from '../../../edge/errors.ts';
import { CASTS } from '../../../edge/sql/functions/casts.ts';
import { functionLibrary } from '../../../edge/sql/functions/library.ts';
import {
  findCast,
  printAggregate,
  printCall,
  SIGNATURES,
} from '../../../edge/sql/functions/signatures.ts';
import { OID } from '../../../edge/types/oids.ts';
import type { SessionValues } from '../../../edge/types/session-values.ts';
import type { SqlValue } from '../../../edge/types/storage.ts';

const session: SessionValues = {
  merchant: 'm1',
  role: 'merchant',
  user: 'm1',
  database: 'pos',
  timeZone: 'Europe/Berlin',
  applicationName: '',
  searchPath: '"$user", public',
  backendPid: 7,
  transactionTimestamp: 0n,
  statementTimestamp: 0n,
  settings: {},
};

const installed = new Map(functionLibrary.scalars.map((scalar) => [scalar.name, scalar]));

function call(name: string, ...args: readonly SqlValue[]): SqlValue {
  const scalar = installed.get(name);
  if (scalar === undefined) throw new Error(`no function ${name}`);
  return scalar.invoke(args, session);
}

describe('functionLibrary', () => {
  it('has every function and collation that a template names', () => {
    const names = new Set(
      [
        ...functionLibrary.scalars,
        ...functionLibrary.aggregates,
        ...functionLibrary.collations,
      ].map((one) => one.name),
    );
    const missing = [...SIGNATURES, ...CASTS].flatMap(({ helios }) =>
      (helios.match(/helios_\w+/g) ?? []).filter((name) => !names.has(name)),
    );
    expect(missing).toEqual([]);
  });

  it('has no name twice for one number of arguments', () => {
    const keys = functionLibrary.scalars.map((scalar) => `${scalar.name}/${scalar.argCount}`);
    expect(keys.length).toBe(new Set(keys).size);
  });

  it('matches a nested repetition in bounded time', () => {
    const started = performance.now();
    expect(call('helios_regex_match', `${'a'.repeat(5000)}b`, '^(a+)+$')).toBe(0n);
    expect(call('helios_regex_match', `${'x'.repeat(5000)}b`, '(x|xx)+$')).toBe(0n);
    expect(call('helios_like', 'a'.repeat(5000), `${'%a'.repeat(30)}%b`)).toBe(0n);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('refuses nested repetition where the linear engine cannot help', () => {
    expect(() => call('helios_regex_match', 'aaa', '(a+)+(?=b)')).toThrow(EdgeError);
  });

  it('refuses to make values without bound', () => {
    expect(() => call('helios_repeat', 'x', 2_000_000_000n)).toThrow('requested length too large');
    expect(() => call('helios_lpad', 'x', 2_000_000_000n, 'y')).toThrow(
      'requested length too large',
    );
    expect(() => call('helios_series_int', 1n, 10_000_000_000n, 1n)).toThrow(EdgeError);
    expect(() => call('helios_pg_sleep', 1)).toThrow('pg_sleep is not supported');
  });

  it('raises from leakproof text functions on no text at all', () => {
    const names = [
      'helios_upper',
      'helios_lower',
      'helios_initcap',
      'helios_reverse',
      'helios_quote_ident',
      'helios_quote_literal',
      'helios_md5',
      'helios_ascii',
    ];
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const name of names) call(name, text);
      }),
    );
  });
});

describe('printing', () => {
  it('leaves placeholders inside an argument alone', () => {
    const concat = SIGNATURES.find(
      (one) => one.name === '||' && one.args[0] === OID.text && one.args[1] === OID.text,
    );
    if (concat === undefined) throw new Error('no concatenation');
    const args = [
      { sql: "'$2 $D @'", oid: OID.text },
      { sql: "'$&'", oid: OID.text },
    ];
    expect(printCall(concat, args)).toBe("('$2 $D @' || '$&')");
  });

  it('puts FILTER and OVER behind each part of a sum made of halves', () => {
    const sum = SIGNATURES.find((one) => one.name === 'sum' && one.args[0] === OID.int8);
    if (sum === undefined) throw new Error('no sum');
    const printed = printAggregate(sum, [{ sql: 'x', oid: OID.int8 }], {
      distinct: false,
      orderBy: '',
      suffix: ' OVER (w)',
    });
    expect(printed).toBe('helios_total(sum(x >> 32) OVER (w), sum(x & 4294967295) OVER (w), 0)');
  });

  it('finds casts in the contexts that PostgreSQL has', () => {
    expect(findCast(OID.int4, OID.int8)?.context).toBe('implicit');
    expect(findCast(OID.int8, OID.int4)?.context).toBe('assignment');
    expect(findCast(OID.int4, OID.bool)?.context).toBe('explicit');
    expect(findCast(OID.date, OID.bool)).toBeUndefined();
  });
});
