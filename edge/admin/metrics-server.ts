/**
 * The port that Prometheus scrapes: `GET /metrics` and nothing else, plain and without a key, as Prometheus
 * expects it. What it tells is safe to tell (`metrics.ts`); by default it listens to this machine only.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Opens the port; 0 lets the system choose. @throws Error EADDRINUSE, EACCES */
export async function startMetricsServer(
  address: { readonly host: string; readonly port: number },
  metrics: () => Promise<string>,
  log: Log,
): Promise<MetricsServer> {
  // Scrapes that come together share one reading.
  let reading: Promise<string> | null = null;
  const read = (): Promise<string> => {
    reading ??= metrics().finally(() => {
      reading = null;
    });
    return reading;
  };
  const server = createServer(
    { headersTimeout: LIMITS.adminHeadersMsMax, requestTimeout: LIMITS.adminHeadersMsMax },
    (request, response) => {
      const path = (request.url ?? '').replace(/\?.*$/, '');
      const isAsked = request.method === 'GET' || request.method === 'HEAD';
      if (path !== '/metrics' || !isAsked) {
        response
          .writeHead(404, { 'content-type': 'text/plain' })
          .end('the figures are at /metrics\n');
        return;
      }
      read().then(
        (text) => response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(text),
        (error: unknown) => {
          log.error({ err: error }, 'the figures could not be read');
          response.writeHead(500).end();
        },
      );
    },
  );
  server.maxConnections = LIMITS.metricsConnectionsMax;
  const ready = Promise.withResolvers<void>();
  server.on('error', (error) => ready.reject(error));
  server.listen(address.port, address.host, () => ready.resolve());
  await ready.promise;
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
  };
}
