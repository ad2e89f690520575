/**
 * LIMIT and OFFSET values that are known only when the statement runs: PostgreSQL takes NULL for none and
 * refuses negative ones, SQLite does neither. And a subquery used as a value: PostgreSQL refuses a second row,
 * SQLite takes the first.
 */
import { EdgeError } from '../../errors.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';

const NO_LIMIT = -1n;

/** `helios_limit`, `helios_offset` and `helios_one_row`, which the printed text calls. */
export const LIMIT_FUNCTIONS: readonly ScalarFunction[] = [
  {
    name: 'helios_one_row',
    argCount: 2,
    deterministic: true,
    invoke: ([count, value]) => {
      if (count === 0n || count === 1n) return value ?? null;
      throw new EdgeError(
        'cardinality_violation',
        'more than one row returned by a subquery used as an expression',
      );
    },
  },
  {
    name: 'helios_limit',
    argCount: 1,
    deterministic: true,
    invoke: ([value]) => {
      if (typeof value !== 'bigint') return NO_LIMIT;
      if (value >= 0n) return value;
      throw new EdgeError('invalid_row_count_in_limit_clause', 'LIMIT must not be negative');
    },
  },
  {
    name: 'helios_offset',
    argCount: 1,
    deterministic: true,
    invoke: ([value]) => {
      if (typeof value !== 'bigint') return 0n;
      if (value >= 0n) return value;
      throw new EdgeError(
        'invalid_row_count_in_result_offset_clause',
        'OFFSET must not be negative',
      );
    },
  },
];
