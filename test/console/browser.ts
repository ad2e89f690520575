/**
 * A phone with Chromium, for the console's tests: it trusts the box's own certificate, and writes down whatever a
 * page must not do (errors, broken policies, requests to anybody but the box).
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
const SCREENSHOTS = join(import.meta.dirname, '../../dist/screenshots');
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
export const PHONE = { width: 360, height: 740 } as const;
export const DESK = { width: 1280, height: 800 } as const;
const ACTION_MS_MAX = 15_000;
const TOUCH_PX_MIN = 44;
/** Text of ordinary size; the page aims at 7. */
const CONTRAST_MIN = 4.5;

/** What the browser writes into its log of answers that are no success, and of a box that is gone. */
const NETWORK_LINE =
  /^Failed to load resource: (?:the server responded with a status of (\d+)|net::)/;

export class Phone implements AsyncDisposable {
  readonly page: Page;
  /** Everything that a page must not do. */
  readonly faults: string[] = [];
  /** Statuses of answers that were no success, as the browser logged them. */
  readonly refusals = new Set<string>();
  readonly #context: BrowserContext;
  readonly #profile: string;
  readonly #origin: string;

  private constructor(context: BrowserContext, profile: string, origin: string) {
    this.#context = context;
    this.#profile = profile;
    this.#origin = origin;
    const [page] = context.pages();
    if (page === undefined) throw new Error('Chromium opened no page');
    this.page = page;
  }

  static async open(origin: string): Promise<Phone> {
    const profile = mkdtempSync(join(tmpdir(), 'helios-phone-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      headless: true,
      args: FLAGS,
      ignoreHTTPSErrors: true,
      viewport: PHONE,
      hasTouch: true,
      reducedMotion: 'reduce',
      acceptDownloads: true,
    });
    context.setDefaultTimeout(ACTION_MS_MAX);
    const phone = new Phone(context, profile, origin);
    await phone.#watch();
    return phone;
  }

  /** Without a network, as when the phone has left the shop. */
  async setOffline(isOffline: boolean): Promise<void> {
    await this.#context.setOffline(isOffline);
  }

  cookies(): ReturnType<BrowserContext['cookies']> {
    return this.#context.cookies();
  }

  /** The whole page, as high as it is: what is fixed to the bottom stays at the bottom. */
  async screenshot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    const size = this.page.viewportSize() ?? PHONE;
    const height = (await this.page.evaluate('document.documentElement.scrollHeight')) as number;
    await this.page.setViewportSize({ ...size, height: Math.max(size.height, height) });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
    await this.page.setViewportSize(size);
  }

  /** What makes the page as it stands hard to use: too wide, too small to touch, too pale, without a name. */
  async blemishes(): Promise<readonly string[]> {
    const checks = [TOO_WIDE, SMALL_TARGETS, POOR_CONTRASTS, NAMELESS];
    const found = await Promise.all(checks.map((check) => this.page.evaluate<string[]>(check)));
    return found.flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }

  async #watch(): Promise<void> {
    const { page, faults } = this;
    await page.addInitScript(
      `addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI));`,
    );
    page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      const network = NETWORK_LINE.exec(message.text());
      if (network === null) faults.push(`console: ${message.text()}`);
      else this.refusals.add(network[1] ?? 'unreachable');
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${this.#origin}/`)) faults.push(`request: ${url}`);
    });
  }
}

const TOO_WIDE = `document.documentElement.scrollWidth > innerWidth ? ['the page is wider than the screen: ' + document.documentElement.scrollWidth] : []`;

/** Visible things to touch that are smaller than a finger, with their size. */
const SMALL_TARGETS = `[...document.querySelectorAll('button, a[href], input, summary')]
  .map((element) => ({ element, place: element.getBoundingClientRect() }))
  .filter(({ place }) => place.width > 0 && (place.height < ${TOUCH_PX_MIN} - 0.5 || place.width < ${TOUCH_PX_MIN} - 0.5))
  .map(({ element, place }) => element.outerHTML.slice(0, 60) + ' is small: ' + place.width + 'x' + place.height)`;

/** Inputs and buttons that a screen reader could not name. */
const NAMELESS = `[...document.querySelectorAll('button, input, a[href], svg[role]')]
  .filter((element) => !(element.labels?.length > 0 || element.getAttribute('aria-label') || element.textContent.trim()))
  .map((element) => element.outerHTML.slice(0, 80) + ' has no name')`;

/** Texts whose colour is too near to what lies behind them. */
const POOR_CONTRASTS = `(() => {
  const channels = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
    return { red, green, blue, alpha };
  };
  const luminance = ({ red, green, blue }) => {
    const [r, g, b] = [red, green, blue].map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.alpha === 1) return colour;
    }
    return { red: 255, green: 255, blue: 255, alpha: 1 };
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (text === '' || element.closest('.unseen, script, noscript, button:disabled') !== null) continue;
    const [one, two] = [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (ratio < ${CONTRAST_MIN}) poor.push(text.slice(0, 40) + ' is pale: ' + ratio.toFixed(1));
  }
  return poor;
})()`;

/** A port that was free a moment ago: the box must be found at the same one after a restart. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
