import { request } from 'undici';
import { describe, expect, test } from 'vitest';
import { startHealthListener } from '../../edge/admin/control-socket.ts';

describe('startHealthListener', () => {
  test('answers /ready with 503 as soon as the box begins to stop, and /health until it is gone', async () => {
    let isReady = true;
    const health = await startHealthListener('127.0.0.1', 0, () => isReady);
    const status = async (path: string): Promise<number> => {
      const answer = await request(new URL(path, health.url));
      await answer.body.dump();
      return answer.statusCode;
    };
    try {
      expect(await status('/ready')).toBe(200);
      isReady = false;
      expect(await status('/ready')).toBe(503);
      expect(await status('/health')).toBe(200);
    } finally {
      await health.close();
    }
  });
});
