/**
 * The command line's end of the control socket.
 */
import { existsSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import type { Readable } from 'node:stream';
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
  requestMsMax = REQUEST_MS_MAX,
): Promise<unknown> {
  const socketPath = controlSocketPath(dataDir);
  if (!existsSync(socketPath)) throw notRunning(dataDir);
  // Only the commands that ask need a client; the box itself starts without one.
  const { Client } = await import('undici');
  const client = new Client('http://box', {
    socketPath,
    headersTimeout: requestMsMax,
    bodyTimeout: requestMsMax,
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

/**
 * Something of the running box that is no JSON, as it comes.
 * @throws OperationError when no box runs there, or when it refuses
 */
export async function fetchFromBox(dataDir: string, path: string): Promise<Readable> {
  const socketPath = controlSocketPath(dataDir);
  if (!existsSync(socketPath)) throw notRunning(dataDir);
  const asked = request({ socketPath, path, timeout: REQUEST_MS_MAX });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve).once('error', reject).end();
  });
  if (answer.statusCode === 200) return answer;
  answer.resume();
  throw new OperationError(`the box answered ${answer.statusCode}: its log says why`);
}

function notRunning(dataDir: string): OperationError {
  return new OperationError(
    `no box is running with data directory ${dataDir}; start it with "helios-edge serve --data-dir ${dataDir}"`,
  );
}
