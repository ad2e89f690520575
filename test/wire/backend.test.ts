import { describe, expect, it } from 'vitest';
import { EdgeError } from '../../edge/errors.ts';
import { ByteWriter } from '../../edge/types/byte-writer.ts';
import * as backend from '../../edge/wire/backend.ts';
import { errorFields, i16, i32, message, z } from './bytes.ts';

function written(write: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter();
  write(out);
  return Buffer.from(out.take());
}

const INT4 = { name: 'é', type: { oid: 23, typmod: -1 }, tableOid: 16_400, attnum: 2 };
const NUMERIC = { name: 'n', type: { oid: 1700, typmod: 786_438 }, tableOid: 0, attnum: 0 };

describe('backend messages', () => {
  it.each<[string, (out: ByteWriter) => void, Uint8Array]>([
    ['AuthenticationOk', backend.authenticationOk, message('R', i32(0))],
    ['CleartextPassword', backend.authenticationCleartextPassword, message('R', i32(3))],
    [
      'SASL',
      (out) => backend.authenticationSasl(out, ['A', 'B']),
      message('R', i32(10), z('A'), z('B'), 0),
    ],
    [
      'SASLContinue',
      (out) => backend.authenticationSaslContinue(out, Buffer.from('x')),
      message('R', i32(11), 'x'),
    ],
    [
      'SASLFinal',
      (out) => backend.authenticationSaslFinal(out, Buffer.from('y')),
      message('R', i32(12), 'y'),
    ],
    [
      'ParameterStatus',
      (out) => backend.parameterStatus(out, 'TimeZone', 'UTC'),
      message('S', z('TimeZone'), z('UTC')),
    ],
    [
      'BackendKeyData',
      (out) => backend.backendKeyData(out, 7, Uint8Array.of(1, 2, 3, 4)),
      message('K', i32(7), Uint8Array.of(1, 2, 3, 4)),
    ],
    [
      'NegotiateProtocolVersion',
      (out) => backend.negotiateProtocolVersion(out, 196_610, ['_pq_.x']),
      message('v', i32(196_610), i32(1), z('_pq_.x')),
    ],
    ['ReadyForQuery', (out) => backend.readyForQuery(out, 'T'), message('Z', 'T')],
    [
      'RowDescription',
      (out) => backend.rowDescription(out, [INT4, NUMERIC], [1, 0]),
      message(
        'T',
        i16(2),
        z('é'),
        i32(16_400),
        i16(2),
        i32(23),
        i16(4),
        i32(-1),
        i16(1),
        z('n'),
        i32(0),
        i16(0),
        i32(1700),
        i16(-1),
        i32(786_438),
        i16(0),
      ),
    ],
    [
      'ParameterDescription',
      (out) => backend.parameterDescription(out, [23, 25]),
      message('t', i16(2), i32(23), i32(25)),
    ],
    ['ParseComplete', backend.parseComplete, message('1')],
    ['BindComplete', backend.bindComplete, message('2')],
    ['CloseComplete', backend.closeComplete, message('3')],
    ['NoData', backend.noData, message('n')],
    ['PortalSuspended', backend.portalSuspended, message('s')],
    ['EmptyQueryResponse', backend.emptyQueryResponse, message('I')],
    [
      'CommandComplete',
      (out) => backend.commandComplete(out, 'INSERT 0 1'),
      message('C', z('INSERT 0 1')),
    ],
    [
      'DataRow',
      (out) => {
        const start = backend.beginDataRow(out, 2);
        out.sizedUtf8('é');
        out.int32(-1);
        backend.endDataRow(out, start);
      },
      message('D', i16(2), i32(2), 'é', i32(-1)),
    ],
  ])('%s has PostgreSQL’s bytes', (_, write, expected) => {
    expect(written(write).toString('hex')).toBe(Buffer.from(expected).toString('hex'));
  });
});

describe('errorResponse', () => {
  it('carries every field, and the position in the whole text', () => {
    const error = new EdgeError('unique_violation', 'm', {
      detail: 'd',
      hint: 'h',
      position: 3,
      schema: 's',
      table: 't',
      column: 'c',
      dataType: 'y',
      constraint: 'n',
    });
    expect(
      errorFields(written((out) => backend.errorResponse(out, error, 10)).subarray(5)),
    ).toEqual({
      S: 'ERROR',
      V: 'ERROR',
      C: '23505',
      M: 'm',
      D: 'd',
      H: 'h',
      P: '13',
      s: 's',
      t: 't',
      c: 'c',
      d: 'y',
      n: 'n',
    });
  });

  it('lets nobody end a field early', () => {
    const error = new EdgeError('syntax_error', 'a\0CXX000\0Mb');
    const fields = errorFields(written((out) => backend.errorResponse(out, error)).subarray(5));
    expect(fields).toEqual({ S: 'ERROR', V: 'ERROR', C: '42601', M: 'a\uFFFDCXX000\uFFFDMb' });
  });
});

describe('noticeResponse', () => {
  it('has the form of an error', () => {
    const bytes = written((out) =>
      backend.noticeResponse(out, 'WARNING', '25P01', 'there is no transaction in progress'),
    );
    expect(bytes.toString('latin1', 0, 1)).toBe('N');
    expect(errorFields(bytes.subarray(5))).toMatchObject({ S: 'WARNING', C: '25P01' });
  });
});
