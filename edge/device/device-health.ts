/**
 * Facts about the machine judged by thresholds, in plain words: pure, so that every judgement has a test. A fact
 * that cannot be read is said to be unknown and is no fault.
 */
import { LIMITS } from '../limits.ts';
import type { DeviceFacts, DiskFact, NetworkFact } from './device-facts.ts';

export type Health = 'ok' | 'warn' | 'fail';

export interface DeviceItem {
  readonly id: string;
  readonly title: string;
  readonly state: Health;
  readonly value: string;
  /** What it means. */
  readonly explanation: string;
  /** What to do; empty where nothing is to be done. */
  readonly mend: string;
  readonly figure: number | null;
  readonly unit: 'celsius' | 'percent' | 'bytes' | 'ratio' | 'count' | null;
}

export interface DeviceHealth {
  readonly state: Health;
  readonly measuredAt: string;
  readonly items: readonly DeviceItem[];
}

const GB = 1e9;
const MB = 1e6;
const PERCENT = 100;

/** What each state means and what to do about it. */
type Words = Readonly<Record<Health, readonly [meaning: string, mend: string]>>;

/** The worst of some states. */
export function worst(states: readonly Health[]): Health {
  if (states.includes('fail')) return 'fail';
  return states.includes('warn') ? 'warn' : 'ok';
}

/** Judges everything that is known. */
export function judgeDevice(facts: DeviceFacts): DeviceHealth {
  const items = [
    judgeTemperature(facts.celsius),
    judgeSpace(facts.disk),
    judgeInodes(facts.disk),
    judgeWear(facts.wearPercent),
    judgeMemory(facts.memory),
    judgeLoad(facts.loadPerCore),
    ...facts.network.map(judgeCard),
    judgeClock(facts),
  ];
  return {
    state: worst(items.map((item) => item.state)),
    measuredAt: new Date(facts.measuredAtMs).toISOString(),
    items,
  };
}

function unknown(id: string, title: string, why: string): DeviceItem {
  return {
    id,
    title,
    state: 'ok',
    value: 'unknown',
    explanation: why,
    mend: '',
    figure: null,
    unit: null,
  };
}

/** @param warn, fail the figure at which it is one */
function above(figure: number, warn: number, fail: number): Health {
  if (figure >= fail) return 'fail';
  return figure >= warn ? 'warn' : 'ok';
}

function judgeTemperature(celsius: number | null): DeviceItem {
  const title = 'Temperature';
  if (celsius === null) return unknown('temperature', title, 'This machine has no sensor for it.');
  const state = above(celsius, LIMITS.deviceCelsiusWarn, LIMITS.deviceCelsiusFail);
  const words: Words = {
    ok: ['Cool enough.', ''],
    warn: [
      'Warm for this machine.',
      'See that air gets to the box and that it does not stand on something hot.',
    ],
    fail: ['Too hot: the processor slows down and may switch off.', 'Give the box air at once.'],
  };
  return {
    id: 'temperature',
    title,
    state,
    value: `${celsius.toFixed(0)} °C`,
    explanation: words[state][0],
    mend: words[state][1],
    figure: celsius,
    unit: 'celsius',
  };
}

function judgeSpace(disk: DiskFact | null): DeviceItem {
  const title = 'Free space for data';
  if (disk === null) return unknown('disk-space', title, 'The data partition cannot be looked at.');
  const share = (disk.freeBytes / disk.totalBytes) * PERCENT;
  const isShort = (bytes: number, percent: number): boolean =>
    disk.freeBytes < bytes || (share < percent && disk.freeBytes < LIMITS.deviceFreeBytesPlenty);
  const state = isShort(LIMITS.deviceFreeBytesFail, LIMITS.deviceFreePercentFail)
    ? 'fail'
    : isShort(LIMITS.deviceFreeBytesWarn, LIMITS.deviceFreePercentWarn)
      ? 'warn'
      : 'ok';
  const words: Words = {
    ok: ['There is room.', ''],
    warn: ['Getting full: when it is, sales stop.', 'Remove old backups, or put in a larger disk.'],
    fail: [
      'Nearly full: when it is, sales cannot be stored any more.',
      'Make room now: remove old backups and files that do not belong here.',
    ],
  };
  return {
    id: 'disk-space',
    title,
    state,
    value: `${bytesText(disk.freeBytes)} free of ${bytesText(disk.totalBytes)}`,
    explanation: words[state][0],
    mend: words[state][1],
    figure: disk.freeBytes,
    unit: 'bytes',
  };
}

function judgeInodes(disk: DiskFact | null): DeviceItem {
  const title = 'Free file entries';
  if (disk === null || disk.totalInodes === 0) {
    return unknown('inodes', title, 'This file system makes them as they are needed.');
  }
  const share = (disk.freeInodes / disk.totalInodes) * PERCENT;
  const state = above(
    PERCENT - share,
    PERCENT - LIMITS.deviceInodesPercentWarn,
    PERCENT - LIMITS.deviceInodesPercentFail,
  );
  return {
    id: 'inodes',
    title,
    state,
    value: `${share.toFixed(0)} % free`,
    explanation:
      state === 'ok'
        ? 'There is room for more files.'
        : 'Too many small files on the data partition.',
    mend:
      state === 'ok' ? '' : 'Something other than this box fills it: find and remove those files.',
    figure: share,
    unit: 'percent',
  };
}

function judgeWear(percent: number | null): DeviceItem {
  const title = 'Disk wear';
  if (percent === null) return unknown('disk-wear', title, 'This disk does not tell.');
  const state = above(percent, LIMITS.deviceWearPercentWarn, LIMITS.deviceWearPercentFail);
  const words: Words = {
    ok: ['The disk has most of its life before it.', ''],
    warn: [
      'The disk has used most of its life.',
      'Plan its replacement, and see that backups leave the box.',
    ],
    fail: [
      'The disk is worn out and may fail any day.',
      'Make a backup, copy it off the box, and replace the disk now.',
    ],
  };
  return {
    id: 'disk-wear',
    title,
    state,
    value: `${percent} % used`,
    explanation: words[state][0],
    mend: words[state][1],
    figure: percent,
    unit: 'percent',
  };
}

function judgeMemory(memory: DeviceFacts['memory']): DeviceItem {
  const title = 'Memory';
  if (memory === null) return unknown('memory', title, 'The system does not tell.');
  const share = (memory.availableBytes / memory.totalBytes) * PERCENT;
  const state =
    share < LIMITS.deviceMemoryPercentFail
      ? 'fail'
      : share < LIMITS.deviceMemoryPercentWarn
        ? 'warn'
        : 'ok';
  const words: Words = {
    ok: ['There is memory left.', ''],
    warn: [
      'Memory is short: large reports will be slow.',
      'Lower database.cache_mb, or end other programs.',
    ],
    fail: [
      'Memory is nearly used up: the system may end the box.',
      'End other programs, or restart the machine.',
    ],
  };
  return {
    id: 'memory',
    title,
    state,
    value: `${bytesText(memory.availableBytes)} free of ${bytesText(memory.totalBytes)}`,
    explanation: words[state][0],
    mend: words[state][1],
    figure: memory.availableBytes,
    unit: 'bytes',
  };
}

function judgeLoad(loadPerCore: number | null): DeviceItem {
  const title = 'Load';
  if (loadPerCore === null) return unknown('load', title, 'The system does not tell.');
  const state = above(loadPerCore, LIMITS.deviceLoadWarn, LIMITS.deviceLoadFail);
  return {
    id: 'load',
    title,
    state,
    value: `${(loadPerCore * PERCENT).toFixed(0)} % over five minutes`,
    explanation:
      state === 'ok'
        ? 'The processor keeps up.'
        : 'More work than the processor can do: terminals wait.',
    mend:
      state === 'ok' ? '' : 'Look for long reports among the terminals, and for other programs.',
    figure: loadPerCore,
    unit: 'ratio',
  };
}

function judgeCard({ name, isUp, errors, packets }: NetworkFact): DeviceItem {
  const share = packets === 0 ? 0 : errors / packets;
  const isPoor =
    isUp && errors >= LIMITS.deviceNetworkErrorsMin && share > LIMITS.deviceNetworkErrorShareWarn;
  const explanation = isPoor
    ? 'Many packets are damaged or lost.'
    : isUp
      ? 'Connected.'
      : 'Not connected. That is a fault only if a cable should be plugged in here.';
  return {
    id: `network-${name}`,
    title: `Network ${name}`,
    state: isPoor ? 'warn' : 'ok',
    value: isUp ? `up, ${errors} errors` : 'down',
    explanation,
    mend: isPoor ? 'Try another cable, and another port of the switch.' : '',
    figure: errors,
    unit: 'count',
  };
}

function judgeClock(facts: DeviceFacts): DeviceItem {
  const title = 'Clock';
  const value = new Date(facts.measuredAtMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const item = { id: 'clock', title, value, figure: null, unit: null } as const;
  if (facts.measuredAtMs < LIMITS.clockPlausibleSinceMs) {
    return {
      ...item,
      state: 'fail',
      explanation:
        'The clock is wrong: it shows a day long before this version was made. Sales get wrong dates.',
      mend: 'Connect the box to the internet once, or set the clock by hand.',
    };
  }
  if (facts.isClockSynchronised === false) {
    return {
      ...item,
      state: 'warn',
      explanation: 'No time server has been heard since the start.',
      mend: 'Check that the date and time shown are right; connect the box to the internet if not.',
    };
  }
  return {
    ...item,
    state: 'ok',
    explanation:
      facts.isClockSynchronised === true
        ? 'Set by a time server.'
        : 'Plausible; nothing tells whether a time server was heard.',
    mend: '',
  };
}

/** As people read it: 12.1 GB. */
export function bytesText(bytes: number): string {
  return bytes >= GB ? `${(bytes / GB).toFixed(1)} GB` : `${(bytes / MB).toFixed(0)} MB`;
}
