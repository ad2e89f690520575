import { describe, expect, it } from 'vitest';
import { LoginThrottle } from '../../edge/auth/login-throttle.ts';
import type { Clock } from '../../edge/clock.ts';
import { LIMITS } from '../../edge/limits.ts';

function throttle(): { readonly it: LoginThrottle; pass(ms: number): void } {
  let nowMs = 0;
  const clock: Clock = { wallMicros: () => 0n, monotonicMs: () => nowMs };
  return {
    it: new LoginThrottle(clock),
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

describe('LoginThrottle', () => {
  it('lets the first failures go, then doubles the wait up to its limit', () => {
    const { it: one } = throttle();
    const delays = Array.from({ length: LIMITS.loginFailuresFree + 8 }, () => one.failed('a'));
    expect(delays.slice(0, LIMITS.loginFailuresFree).every((delay) => delay === 0)).toBe(true);
    expect(delays.slice(LIMITS.loginFailuresFree)).toEqual([
      100, 200, 400, 800, 1600, 2000, 2000, 2000,
    ]);
    expect(one.failed('b')).toBe(0);
  });

  it('forgets after a success, and after a while', () => {
    const { it: one, pass } = throttle();
    for (let count = 0; count < 20; count += 1) one.failed('a');
    one.succeeded('a');
    expect(one.failed('a')).toBe(0);
    for (let count = 0; count < 20; count += 1) one.failed('b');
    pass(LIMITS.loginFailureMemoryMs);
    expect(one.failed('b')).toBe(0);
  });

  it('remembers a bounded number of addresses', () => {
    const { it: one } = throttle();
    for (let count = 0; count < 20; count += 1) one.failed('first');
    for (let at = 0; at < LIMITS.loginFailureAddressesMax; at += 1) one.failed(`${at}`);
    expect(one.failed('first')).toBe(0);
  });
});
