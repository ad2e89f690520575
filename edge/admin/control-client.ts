/**
 * The command line's end of the control socket.
 */
import { existsSync } from 'node:fs';
import { controlSocketPath } from './control-socket.ts';
import { OperationError } from './operations.ts';

const REQUEST_MS_MAX = 120_000;

/**
 * Asks the running box.
 * @throws OperationError when no box runs there, or with the box's own reason
 */
export async function askBox(
  dataDir: string,
  method: 'GET' | 'POST',
  path: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const socketPath = controlSocketPath(dataDir);
  if (!existsSync(socketPath)) throw notRunning(dataDir);
  // Only the commands that ask need a client; the box itself starts without one.
  const { Client } = await import('undici');
  const client = new Client('http://box', {
    socketPath,
    headersTimeout: REQUEST_MS_MAX,
    bodyTimeout: REQUEST_MS_MAX,
  });
  try {
    const response = await client.request({
      method,
      path,
      headers: { 'content-type': 'application/json' },
      ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
    });
    const answer: unknown = await response.body.json();
    if (response.statusCode >= 400) {
      throw new OperationError(String((answer as Record<string, unknown>)['error'] ?? 'refused'));
    }
    return answer;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ECONNREFUSED' || code === 'ENOENT') throw notRunning(dataDir);
    throw error;
  } finally {
    await client.close();
  }
}

function notRunning(dataDir: string): OperationError {
  return new OperationError(
    `no box is running with data directory ${dataDir}; start it with "helios-edge serve --data-dir ${dataDir}"`,
  );
}
