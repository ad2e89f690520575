/**
 * Messages of a server as short lines, so that two servers' answers to the same bytes can be compared:
 * `T a:23:0` a column, `D 1|x` a row, `C SELECT 1`, `E 42601 text`, `N 25P01 text`, `Z I`.
 */
import type { WireMessage } from './wire-client.ts';

const BARE: Readonly<Record<string, string>> = {
  '1': 'ParseComplete',
  '2': 'BindComplete',
  '3': 'CloseComplete',
  n: 'NoData',
  s: 'PortalSuspended',
  I: 'EmptyQuery',
};

export function traceOf(message: WireMessage): string {
  switch (message.kind) {
    case 'row_description':
      return `T ${message.fields.map((field) => `${field.name}:${field.typeOid}:${field.format}`).join(' ')}`;
    case 'data_row':
      return `D ${message.values.map((value) => (value === null ? 'NULL' : printable(value))).join('|')}`;
    case 'complete':
      return `C ${message.tag}`;
    case 'error':
    case 'notice': {
      const { S, C, M, D, H, P } = message.fields;
      const parts = [message.kind === 'error' ? 'E' : 'N', S, C, M, D && `[${D}]`, H && `(${H})`];
      return [...parts, P && `@${P}`].filter((part) => part !== undefined && part !== '').join(' ');
    }
    case 'ready':
      return `Z ${message.status}`;
    case 'parameter_description':
      return `t ${message.oids.join(' ')}`;
    case 'parameter_status':
      return `S ${message.name}=${message.value}`;
    case 'key':
      return 'K';
    case 'authentication':
      return `R ${message.code}`;
    case 'other':
      return BARE[message.letter] ?? message.letter;
  }
}

function printable(value: Buffer): string {
  const text = value.toString('utf8');
  return /^[^\0-\u001f\ufffd]*$/.test(text) ? text : `\\x${value.toString('hex')}`;
}
