/**
 * Runs WASM code for the first time without V8's optimising compiler in wait for it. A function keeps the kind of code
 * that it was first compiled to; so what runs here stays with the baseline compiler's for good.
 *
 * The grammar's one enormous function (100 kB) took V8 10 seconds and 610 MB to optimise, in the middle of a
 * day: more than the whole box may use. Table driven as it is, it gains nothing by it.
 */
import { setFlagsFromString } from 'node:v8';

const FLAGS = ['wasm-dynamic-tiering', 'wasm-tier-up'] as const;

/** Runs at once; meanwhile nothing else on any thread should compile WASM. */
export function untiered<Result>(run: () => Result): Result {
  for (const flag of FLAGS) setFlagsFromString(`--no-${flag}`);
  try {
    return run();
  } finally {
    for (const flag of FLAGS) setFlagsFromString(`--${flag}`);
  }
}
