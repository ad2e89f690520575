/**
 * to_char, to_date, to_timestamp and to_number as SQL functions.
 */
import { isInfiniteTimestamp, splitTimestamp } from '../../types/calendar.ts';
import { offsetText } from '../../types/datetime-output.ts';
import { readByTemplate } from '../../types/from-template.ts';
import { intervalFromBytes } from '../../types/interval.ts';
import { numberFromText, numberToChar } from '../../types/number-to-char.ts';
import { formatNumeric, numericOf } from '../../types/numeric.ts';
import { numberToNumeric } from '../../types/numeric-stored.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';
import { toUtc, zoneAbbreviation, zoneOffsetAt } from '../../types/time-zone.ts';
import { fieldsOf, fillTemplate } from '../../types/to-char.ts';
import { bytesAt, integerAt, numericAt, realAt, strict, textAt } from './define.ts';

/** Functions that go by a template. */
export const TEMPLATE_FUNCTIONS: readonly ScalarFunction[] = [
  strict('num_to_char', 2, (args) => numberToChar(numericAt(args, 0), textAt(args, 1))),
  strict('int_to_char', 2, (args) =>
    numberToChar(numericOf(integerAt(args, 0), 0), textAt(args, 1)),
  ),
  strict('float_to_char', 2, (args) =>
    numberToChar(numberToNumeric(realAt(args, 0), 15), textAt(args, 1)),
  ),
  strict('to_number', 2, (args) => formatNumeric(numberFromText(textAt(args, 0), textAt(args, 1)))),
  strict('timestamp_to_char', 2, (args) => {
    const timestamp = integerAt(args, 0);
    if (isInfiniteTimestamp(timestamp) || textAt(args, 1) === '') return null;
    const { days, micros } = splitTimestamp(timestamp);
    return fillTemplate(textAt(args, 1), fieldsOf(days, micros, null, ''));
  }),
  strict('timestamptz_to_char', 2, (args, session) => {
    const timestamp = integerAt(args, 0);
    if (isInfiniteTimestamp(timestamp) || textAt(args, 1) === '') return null;
    const offset = zoneOffsetAt(session.timeZone, timestamp);
    const { days, micros } = splitTimestamp(timestamp + BigInt(offset) * 1_000_000n);
    const zone = zoneAbbreviation(session.timeZone, timestamp) ?? offsetText(offset);
    return fillTemplate(textAt(args, 1), fieldsOf(days, micros, offset, zone));
  }),
  strict('interval_to_char', 2, (args) => {
    const { months, days, micros } = intervalFromBytes(bytesAt(args, 0));
    const seconds = Number(micros / 1_000_000n);
    return fillTemplate(textAt(args, 1), {
      days: null,
      year: Math.trunc(months / 12),
      month: months % 12,
      day: days,
      hour: Math.trunc(seconds / 3600),
      minute: Math.trunc(seconds / 60) % 60,
      second: seconds % 60,
      micros: Number(micros % 1_000_000n),
      offset: null,
      zoneName: '',
    });
  }),
  strict('to_date', 2, (args) => BigInt(readByTemplate(textAt(args, 0), textAt(args, 1)).days)),
  strict('to_timestamp', 2, (args, session) => {
    const { local, offset } = readByTemplate(textAt(args, 0), textAt(args, 1));
    return offset === null ? toUtc(session.timeZone, local) : local - BigInt(offset) * 1_000_000n;
  }),
];
