/** Functions, aggregates and a collation that show what the engine makes of them. */
import { EdgeError } from '../../../edge/errors.ts';
import type { FunctionLibrary } from '../../../edge/types/sql-function.ts';
import type { SqlValue } from '../../../edge/types/storage.ts';

function add(total: { sum: bigint }, value: SqlValue | undefined, sign: bigint): void {
  if (typeof value === 'bigint') total.sum += sign * value;
}

export const testLibrary: FunctionLibrary = {
  scalars: [
    { name: 'helios_echo', argCount: 1, deterministic: true, invoke: ([value]) => value ?? null },
    {
      name: 'helios_count_args',
      argCount: -1,
      deterministic: true,
      invoke: (args) => BigInt(args.length),
    },
    {
      name: 'helios_user',
      argCount: 0,
      deterministic: false,
      invoke: (_args, session) => session.user,
    },
    {
      name: 'helios_fail',
      argCount: 1,
      deterministic: false,
      invoke: ([text]) => {
        throw new EdgeError('division_by_zero', String(text), { detail: 'told by the function' });
      },
    },
    {
      name: 'helios_bug',
      argCount: 0,
      deterministic: false,
      invoke: () => {
        throw new TypeError('a fault of ours');
      },
    },
  ],
  aggregates: [
    {
      name: 'helios_sum',
      argCount: 1,
      create: () => ({ sum: 0n }),
      step: (total, [value]) => add(total as { sum: bigint }, value, 1n),
      inverse: (total, [value]) => add(total as { sum: bigint }, value, -1n),
      value: (total) => (total as { sum: bigint }).sum,
    },
    {
      name: 'helios_join',
      argCount: 1,
      create: () => [] as string[],
      step: (list, [value]) => {
        (list as string[]).push(String(value));
      },
      value: (list) => (list as string[]).join('|'),
    },
  ],
  collations: [
    {
      name: 'helios_length',
      compare: (left, right) => left.length - right.length,
    },
  ],
};
