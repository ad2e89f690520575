import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HybridClock, hlcAt, hlcCounter, hlcMs, nextHlc } from '../../cloud-sync/clock.ts';

const INT64_MAX = (1n << 63n) - 1n;

type Step =
  | { readonly kind: 'wall'; readonly ms: bigint }
  | { readonly kind: 'now' }
  | { readonly kind: 'receive'; readonly hlc: bigint };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('wall' as const),
    ms: fc.bigInt({ min: -1_000_000_000_000n, max: 5_000_000_000_000n }),
  }),
  fc.record({ kind: fc.constant('now' as const) }),
  fc.record({ kind: fc.constant('receive' as const), hlc: fc.bigInt({ min: 0n, max: INT64_MAX }) }),
);

test('HybridClock never repeats and never goes back, whatever the wall does', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let wall = 0n;
      const clock = new HybridClock({ wallMs: () => wall });
      let last = -1n;
      for (const item of steps) {
        if (item.kind === 'wall') wall = item.ms;
        else if (item.kind === 'receive') {
          const before = clock.last;
          const taken = clock.receive(item.hlc);
          if (!taken) expect(clock.last).toBe(before);
          else if (item.hlc > last) last = item.hlc - 1n;
        } else {
          const reading = clock.now();
          expect(reading).toBeGreaterThan(last);
          expect(reading).toBeLessThanOrEqual(INT64_MAX);
          last = reading;
        }
      }
    }),
  );
});

test('nextHlc carries a full counter into the milliseconds', () => {
  const last = hlcAt(1_000n) + 0xffffn;
  const next = nextHlc(last, 5n);
  expect([hlcMs(next), hlcCounter(next)]).toEqual([1_001n, 0n]);
});

test('HybridClock goes on from the persisted reading when the box boots in 1970', () => {
  const clock = new HybridClock({ wallMs: () => 3_000n });
  const persisted = hlcAt(1_764_000_000_000n) + 7n;
  clock.restore(persisted);
  expect(clock.now()).toBe(persisted + 1n);
});

test('HybridClock refuses a reading beyond the skew bound, and takes it once a peer told the time', () => {
  const clock = new HybridClock({ wallMs: () => 3_000n, skewMsMax: 60_000 });
  const remote = hlcAt(1_764_000_000_000n);
  expect(clock.receive(remote)).toBe(false);
  expect(clock.now()).toBe(hlcAt(3_000n));
  clock.anchor(1_764_000_000_000n);
  expect(clock.receive(remote)).toBe(true);
  expect(clock.now()).toBe(remote + 1n);
  expect(clock.receive(hlcAt(1_764_000_100_000n))).toBe(false);
});
