/**
 * SQLite lets an aggregate stand before OVER only where it can take rows back. Most frames start at the
 * partition's first row and never do; for those that move their start an aggregate without inverse is refused
 * when the statement runs.
 */
import { notSupported } from '../../errors.ts';
import type { AggregateFunction } from '../../types/sql-function.ts';

/** The aggregate, usable as a window function over frames that only grow. */
export function asWindow(aggregate: AggregateFunction): AggregateFunction {
  if (aggregate.inverse !== undefined) return aggregate;
  return {
    ...aggregate,
    inverse: () => {
      throw notSupported('a window frame with a moving start for this aggregate');
    },
  };
}
