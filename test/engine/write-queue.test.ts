/** The fair queue for the write lock. */
import { describe, expect, it } from 'vitest';
import { WriteQueue } from '../../edge/engine/write-queue.ts';

describe('WriteQueue', () => {
  it('grants in the order of arrival, and nobody overtakes', async () => {
    const queue = new WriteQueue();
    const order: number[] = [];
    await queue.acquire(0, null);
    const waiters = [1, 2, 3].map(async (number) => {
      await queue.acquire(0, null);
      order.push(number);
      queue.release();
    });
    expect(queue.tryAcquire()).toBe(false);
    expect(queue.waiting).toBe(3);
    queue.release();
    await Promise.all(waiters);
    expect(order).toEqual([1, 2, 3]);
    expect(queue.held).toBe(false);
    expect(queue.tryAcquire()).toBe(true);
  });

  it('refuses after the lock timeout and serves the next', async () => {
    const queue = new WriteQueue();
    await queue.acquire(0, null);
    const late = queue.acquire(10, null);
    const patient = queue.acquire(0, null);
    await expect(late).rejects.toMatchObject({
      sqlstate: '55P03',
      message: 'canceling statement due to lock timeout',
    });
    queue.release();
    await patient;
    expect(queue.waiting).toBe(0);
  });

  it('lets a cancelled waiter go', async () => {
    const queue = new WriteQueue();
    await queue.acquire(0, null);
    const abort = new AbortController();
    const waiting = queue.acquire(0, abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({
      sqlstate: '57014',
      message: 'canceling statement due to user request',
    });
    await expect(queue.acquire(0, abort.signal)).rejects.toMatchObject({ sqlstate: '57014' });
    expect(queue.waiting).toBe(0);
  });

  it('refuses everybody once closed', async () => {
    const queue = new WriteQueue();
    await queue.acquire(0, null);
    const waiting = queue.acquire(0, null);
    queue.close(new Error('closed'));
    await expect(waiting).rejects.toThrow('closed');
    expect(() => queue.tryAcquire()).toThrow('closed');
  });
});
