/**
 * Whether a genuine bundle may be installed on this box, and with which words it is refused.
 *
 * An older version that is genuine is the oldest attack on updaters: its faults are public. It is refused
 * unless a person at the box insists.
 */
import { BundleError, type BundleManifest } from './bundle-format.ts';
import { compareVersions } from './version-order.ts';

export interface RunningSystem {
  readonly version: string;
  readonly arch: string;
}

/** @throws BundleError */
export function requireApplicable(
  manifest: BundleManifest,
  running: RunningSystem,
  isDowngradeForced: boolean,
): void {
  const { version, arch, minFromVersion } = manifest;
  if (arch !== running.arch) {
    throw new BundleError(
      `the bundle is for ${arch}, this box is ${running.arch}: take the bundle for ${running.arch}`,
    );
  }
  const order = compareVersions(version, running.version);
  if (order === 0) throw new BundleError(`version ${version} is running already`);
  if (order < 0 && !isDowngradeForced) {
    throw new BundleError(
      `version ${version} is older than ${running.version}, which runs: --force-downgrade installs it nevertheless`,
    );
  }
  if (compareVersions(running.version, minFromVersion) < 0) {
    throw new BundleError(
      `version ${version} can be installed from ${minFromVersion} on, ${running.version} runs: install ${minFromVersion} first`,
    );
  }
}
