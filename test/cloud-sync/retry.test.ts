import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffCeilingMs, backoffMs } from '../../cloud-sync/retry.ts';

const settings = fc.record({
  floorMs: fc.integer({ min: 1, max: 100 }),
  baseMs: fc.integer({ min: 100, max: 5_000 }),
  capMs: fc.integer({ min: 5_000, max: 600_000 }),
});

test('backoffMs stays between floor and cap, whatever the attempt', () => {
  fc.assert(
    fc.property(
      settings,
      fc.integer({ min: -5, max: 1_000_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (s, attempt, random) => {
        const delay = backoffMs(attempt, random, s);
        expect(delay).toBeGreaterThanOrEqual(s.floorMs);
        expect(delay).toBeLessThanOrEqual(s.capMs);
      },
    ),
  );
});

test('backoffCeilingMs doubles up to the cap and never shrinks', () => {
  fc.assert(
    fc.property(settings, fc.nat(60), (s, attempt) => {
      const here = backoffCeilingMs(attempt, s);
      const next = backoffCeilingMs(attempt + 1, s);
      expect(next).toBeGreaterThanOrEqual(here);
      expect(next).toBe(Math.min(s.capMs, here * 2));
    }),
  );
});

test('backoffMs spreads callers over the whole range', () => {
  const s = { floorMs: 50, baseMs: 500, capMs: 30_000 };
  expect(backoffMs(3, 0, s)).toBe(50);
  expect(backoffMs(3, 0.5, s)).toBe(2025);
  expect(backoffMs(3, 1, s)).toBe(4000);
});
