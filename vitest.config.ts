import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // A busy machine is slow, not wrong: a condition is waited for, with a limit.
    expect: { poll: { timeout: 10_000, interval: 20 } },
    pool: 'forks',
    maxWorkers: 2,
  },
});
