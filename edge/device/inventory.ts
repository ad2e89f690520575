/**
 * What machine this is, asked of `systeminformation`: model, processor, disks with their own reports (SMART). It
 * runs shells and waits for them, so only a process of its own calls it: the command `helios-edge device`.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Health } from './device-health.ts';

export interface DiskReport {
  readonly name: string;
  readonly type: string;
  readonly vendor: string;
  readonly bytes: number;
  /** As the disk itself judges: `Ok`, `unknown`, … */
  readonly smart: string;
  readonly wearPercent: number | null;
  readonly celsius: number | null;
}

export interface Inventory {
  readonly machine: string;
  readonly processor: string;
  readonly cores: number;
  readonly celsius: number | null;
  readonly system: string;
  readonly kernel: string;
  readonly disks: readonly DiskReport[];
}

/** A disk that does not answer must not hold a technician up. */
const ASK_MS_MAX = 30_000;
const OUTPUT_BYTES_MAX = 1024 * 1024;

/** Asks the machine, in this process. */
export async function readInventory(): Promise<Inventory> {
  // Forty milliseconds to load, and only this command needs it.
  const { system, cpu, cpuTemperature, osInfo, diskLayout } = await import('systeminformation');
  const [model, processor, temperature, os, disks] = await Promise.all([
    system(),
    cpu(),
    cpuTemperature(),
    osInfo(),
    diskLayout(),
  ]);
  return {
    machine: `${model.manufacturer} ${model.model}`.trim(),
    processor: `${processor.manufacturer} ${processor.brand}`.trim(),
    cores: processor.cores,
    celsius: temperature.main ?? null,
    system: `${os.distro} ${os.release}`.trim(),
    kernel: os.kernel,
    disks: disks.map((disk) => ({
      name: disk.device,
      type: disk.type,
      vendor: `${disk.vendor} ${disk.name}`.trim(),
      bytes: disk.size,
      smart: disk.smartStatus,
      wearPercent: disk.smartData?.nvme_smart_health_information_log?.percentage_used ?? null,
      celsius: disk.temperature ?? null,
    })),
  };
}

/**
 * Asks the machine in a process of its own. null where that cannot be: a hardened service may not start any.
 * @param command this program, and the words before the command's own
 */
export async function askInventory(command: readonly string[]): Promise<Inventory | null> {
  const [program = '', ...words] = command;
  try {
    const { stdout } = await promisify(execFile)(program, [...words, 'device', '--json'], {
      timeout: ASK_MS_MAX,
      maxBuffer: OUTPUT_BYTES_MAX,
    });
    return JSON.parse(stdout) as Inventory;
  } catch {
    return null;
  }
}

/** As `doctor` says it. */
export interface DiskFinding {
  readonly id: string;
  readonly state: Health;
  readonly title: string;
  readonly meaning: string;
  readonly mend: string;
}

/** What the disks say of themselves, where they say something bad. */
export function judgeDisks(inventory: Inventory | null): readonly DiskFinding[] {
  const unwell = inventory?.disks.filter(({ smart }) => /fail|predict|bad/i.test(smart)) ?? [];
  return unwell.map(({ name, smart }) => ({
    id: 'disk-smart',
    state: 'fail',
    title: `The disk ${name} says that it is failing (SMART: ${smart})`,
    meaning: 'It may stop any day, and with it the sales that are not in a backup or in the cloud.',
    mend: 'Make a backup (helios-edge backup), copy it off the box, and replace the disk.',
  }));
}
