/** What one image is made of and called: decided once, read by every step. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { SigningKey } from '../signing-key.ts';
import type { DebianArch } from './apt.ts';
import { ROOT } from './lists.ts';

export type Arch = 'x64' | 'arm64';

export interface ImagePlan {
  readonly arch: Arch;
  readonly version: string;
  /** What every file's time is set to, and what the box takes for the time before it knows better. */
  readonly epoch: number;
  readonly commit: string;
  readonly cache: string;
  /** Where the finished files go. */
  readonly output: string;
  readonly binary: string;
  readonly units: string;
  readonly key: SigningKey;
  readonly refresh: boolean;
}

interface ArchNames {
  readonly debian: DebianArch;
  /** As in names of EFI files. */
  readonly efi: string;
  /** As in partition types of systemd-repart. */
  readonly partition: string;
}

export const ARCH_NAMES: Readonly<Record<Arch, ArchNames>> = {
  x64: { debian: 'amd64', efi: 'x64', partition: 'x86-64' },
  arm64: { debian: 'arm64', efi: 'aa64', partition: 'arm64' },
};

/** A partition's label holds 36 characters; the boot loader's counters follow a `+` in a file's name. */
const VERSION = /^[0-9][0-9A-Za-z.~-]{0,27}$/;

/** @throws Error naming the rule */
export function checkVersion(version: string): string {
  if (VERSION.test(version)) return version;
  throw new Error(
    `version ${version}: write at most 28 letters, digits, dots, ~ and -, a digit first`,
  );
}

/** Label of the system partition, and the stem of all files of this version. */
export function labelOf(version: string): string {
  return `helios_${version}`;
}

export function git(...words: readonly string[]): string {
  return execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' }).trim();
}

export function workFolder(plan: ImagePlan): string {
  return join(plan.cache, 'work', plan.arch);
}
