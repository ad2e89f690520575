/**
 * What the machine says of itself, read from /proc, /sys and the file system's own figures: quick, without a
 * shell, without privileges. Each fact that cannot be read is null; nothing here fails.
 *
 * `systeminformation` is not asked here: on Linux it runs shells and waits for them, which would hold the event
 * loop that sales run on. A process of its own asks it (`inventory.ts`).
 */
import { readdir, readFile, realpath, stat, statfs } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';

export interface NetworkFact {
  readonly name: string;
  readonly isUp: boolean;
  /** Received and sent packets that were damaged or dropped, since it was switched on. */
  readonly errors: number;
  readonly packets: number;
}

export interface DeviceFacts {
  /** Wall clock, milliseconds since 1970. */
  readonly measuredAtMs: number;
  readonly celsius: number | null;
  /** Load of the last five minutes for each processor. */
  readonly loadPerCore: number | null;
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number } | null;
  readonly disk: DiskFact | null;
  /** Share of the disk's life that is used up, percent; eMMC tells it in steps of ten. */
  readonly wearPercent: number | null;
  readonly network: readonly NetworkFact[];
  /** null: nothing tells. */
  readonly isClockSynchronised: boolean | null;
}

export interface DiskFact {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** 0: the file system has no fixed number of them. */
  readonly totalInodes: number;
  readonly freeInodes: number;
}

export interface FactSources {
  /** Of the data partition. */
  readonly dataDir: string;
  readonly clock: Clock;
  /** `/` but in tests. */
  readonly root?: string;
}

const MILLI = 1000;
const MICROS_PER_MS = 1000n;
const KIB = 1024;
const MINUTES_5 = 1;
/** A step of eMMC's life-time estimate. */
const EMMC_STEP_PERCENT = 10;
const PERCENT_MAX = 100;
/** Physical interfaces: no loopback, no bridges of containers. */
const NOT_A_CARD = /^(lo|docker|veth|br-|virbr|ifb|tun|tap|dummy|sit|wg)/;

/** Reads everything once. Never rejects. */
export async function readDeviceFacts(sources: FactSources): Promise<DeviceFacts> {
  const root = sources.root ?? '/';
  const [celsius, memory, disk, wearPercent, network, isClockSynchronised] = await Promise.all([
    orNull(readTemperature(root)),
    orNull(readMemory(root)),
    orNull(readDisk(sources.dataDir)),
    orNull(readWear(root, sources.dataDir)),
    orNull(readNetwork(root)),
    orNull(readClockState(root)),
  ]);
  return {
    measuredAtMs: Number(sources.clock.wallMicros() / MICROS_PER_MS),
    celsius,
    loadPerCore: (loadavg()[MINUTES_5] ?? 0) / availableParallelism(),
    memory,
    disk,
    wearPercent,
    network: network ?? [],
    isClockSynchronised,
  };
}

function orNull<T>(reading: Promise<T>): Promise<T | null> {
  return reading.catch(() => null);
}

async function readText(...parts: readonly string[]): Promise<string> {
  return (await readFile(join(...parts), 'utf8')).trim();
}

async function names(directory: string): Promise<readonly string[]> {
  return await readdir(directory).catch(() => []);
}

/** The hottest sensor: of the thermal zones, else of the hardware monitors. */
async function readTemperature(root: string): Promise<number | null> {
  const zones = join(root, 'sys/class/thermal');
  const monitors = join(root, 'sys/class/hwmon');
  const files = (await names(zones))
    .filter((name) => name.startsWith('thermal_zone'))
    .map((name) => join(zones, name, 'temp'));
  if (files.length === 0) {
    for (const monitor of await names(monitors)) {
      const inputs = (await names(join(monitors, monitor))).filter((name) =>
        /^temp\d+_input$/.test(name),
      );
      files.push(...inputs.map((name) => join(monitors, monitor, name)));
    }
  }
  const readings = await Promise.all(files.map((file) => orNull(readText(file))));
  const celsius = readings
    .map((text) => Number(text ?? 'NaN') / MILLI)
    // Broken sensors say zero, or less than anything in a shop.
    .filter((reading) => reading > -40 && reading < 150 && reading !== 0);
  return celsius.length === 0 ? null : Math.max(...celsius);
}

async function readMemory(root: string): Promise<DeviceFacts['memory']> {
  const text = await readText(root, 'proc/meminfo');
  const bytes = (name: string): number | null => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text);
    return match === null ? null : Number(match[1]) * KIB;
  };
  const totalBytes = bytes('MemTotal');
  const availableBytes = bytes('MemAvailable');
  if (totalBytes === null || availableBytes === null) return null;
  return { totalBytes, availableBytes };
}

async function readDisk(dataDir: string): Promise<DiskFact> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(dataDir);
  return {
    totalBytes: bsize * blocks,
    freeBytes: bsize * bavail,
    totalInodes: files,
    freeInodes: ffree,
  };
}

/** eMMC and SD cards tell how much of their life is used, without asking for privileges. */
async function readWear(root: string, dataDir: string): Promise<number | null> {
  const { dev } = await stat(dataDir, { bigint: true });
  const major = (dev >> 8n) & 0xfffn;
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xfff00n);
  // The entry is a link into the tree of devices.
  const block = await realpath(join(root, 'sys/dev/block', `${major}:${minor}`));
  // A partition's disk is one level up.
  const texts = await Promise.all(
    ['device/life_time', '../device/life_time'].map((path) => orNull(readText(block, path))),
  );
  const text = texts.find((found) => found !== null);
  if (text === undefined || text === null) return null;
  const steps = text
    .split(/\s+/)
    .map(Number)
    .filter((step) => step > 0);
  if (steps.length === 0) return null;
  return Math.min(PERCENT_MAX, Math.max(...steps) * EMMC_STEP_PERCENT);
}

async function readNetwork(root: string): Promise<readonly NetworkFact[]> {
  const directory = join(root, 'sys/class/net');
  const cards = (await names(directory)).filter((name) => !NOT_A_CARD.test(name)).sort();
  return Promise.all(
    cards.map(async (name) => {
      const figure = async (field: string): Promise<number> =>
        Number((await orNull(readText(directory, name, 'statistics', field))) ?? 0);
      const state = await orNull(readText(directory, name, 'operstate'));
      const carrier = await orNull(readText(directory, name, 'carrier'));
      const errors = ['rx_errors', 'tx_errors', 'rx_dropped', 'tx_dropped'];
      const packets = ['rx_packets', 'tx_packets'];
      const sum = async (fields: readonly string[]): Promise<number> =>
        (await Promise.all(fields.map(figure))).reduce((total, value) => total + value, 0);
      return {
        name,
        isUp: state === 'up' || (state === 'unknown' && carrier === '1'),
        errors: await sum(errors),
        packets: await sum(packets),
      };
    }),
  );
}

/** systemd-timesyncd leaves this file when it has heard a time server. */
async function readClockState(root: string): Promise<boolean | null> {
  const directory = join(root, 'run/systemd/timesync');
  const found = await names(directory);
  if (found.includes('synchronized')) return true;
  return (await orNull(stat(directory))) === null ? null : false;
}
