/** Which version of the appliance's image this machine runs, and under which start of its kernel. */
import { readFileSync } from 'node:fs';
import { OperationError } from '../admin/operations.ts';
import type { RunningSystem } from './applicable.ts';
import { isVersion } from './version-order.ts';

const OS_RELEASE = '/usr/lib/os-release';

/** @throws OperationError where this is not an image of helios-edge */
export function runningSystem(file: string = OS_RELEASE): RunningSystem {
  const fields = new Map(
    readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split('='))
      .map(([name = '', value = '']) => [name, value.replaceAll('"', '')]),
  );
  const version = fields.get('IMAGE_VERSION') ?? '';
  if (fields.get('IMAGE_ID') !== 'helios-edge' || !isVersion(version)) {
    throw new OperationError(
      'this system is not an appliance image of helios-edge: update it the way it was installed',
    );
  }
  return { version, arch: process.arch };
}

/** Differs from start to start of the machine. */
export function currentBoot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
