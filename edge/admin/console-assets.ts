/**
 * Serves the technician's console: four files that travel inside the executable, or lie in `dist/console` of
 * a checkout. Nobody needs a key for them: they hold no data, the page asks for that with its session.
 *
 * The policy in the headers lets the page load and ask nothing but the box itself, run no text as code, and
 * be framed by nobody.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { type AssetName, embeddedAsset } from '../assets.ts';

interface ConsoleFile {
  readonly path: string;
  readonly asset: AssetName;
  readonly type: string;
}

const FILES: readonly ConsoleFile[] = [
  { path: '/', asset: 'console.html', type: 'text/html; charset=utf-8' },
  { path: '/console.js', asset: 'console.js', type: 'text/javascript; charset=utf-8' },
  { path: '/console.css', asset: 'console.css', type: 'text/css; charset=utf-8' },
  { path: '/console.svg', asset: 'console.svg', type: 'image/svg+xml' },
];

const CHECKOUT_CONSOLE = '../../dist/console/';
const TAG_CHARACTERS = 22;

const PAGE_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

const NOT_BUILT =
  'The console was not built in this checkout: run scripts/node scripts/console-bundle.ts, then reload.\n';

interface Served {
  readonly plain: Buffer;
  readonly packed: Buffer;
  readonly tag: string;
}

/** Adds the page's routes: `/` and what it loads. */
export function consoleRoutes(app: FastifyInstance): void {
  const kept = new Map<AssetName, Served>();
  for (const { path, asset, type } of FILES) {
    // Hidden: the OpenAPI document is about the interface, not about the page.
    app.get(path, { schema: { hide: true }, config: { isOpen: true } }, async (request, reply) => {
      const served = kept.get(asset) ?? load(asset);
      reply.headers(PAGE_HEADERS);
      if (served === null) return reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT);
      if (embeddedAsset(asset) !== undefined) kept.set(asset, served);
      // The tag decides: after an update the page is the new one at once.
      reply.headers({ 'Cache-Control': 'no-cache', ETag: served.tag, Vary: 'Accept-Encoding' });
      if (request.headers['if-none-match'] === served.tag) return reply.code(304).send();
      reply.type(type);
      if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return served.plain;
      return reply.header('Content-Encoding', 'gzip').send(served.packed);
    });
  }
}

/** null: a checkout whose console was not bundled. */
function load(asset: AssetName): Served | null {
  const plain = bytesOf(asset);
  if (plain === null) return null;
  const hash = createHash('sha256').update(plain).digest('base64url');
  return { plain, packed: gzipSync(plain), tag: `"${hash.slice(0, TAG_CHARACTERS)}"` };
}

function bytesOf(asset: AssetName): Buffer | null {
  const embedded = embeddedAsset(asset);
  if (embedded !== undefined) return Buffer.from(embedded);
  const file = new URL(CHECKOUT_CONSOLE + asset, import.meta.url);
  return existsSync(file) ? readFileSync(file) : null;
}
