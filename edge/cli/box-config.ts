/**
 * From a command's options to the box's configuration, the same way for every command, so that
 * `serve` and `status` never disagree about where the box lives.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, loadConfig } from '../config.ts';

/** The first that is there: an appliance's, or the one of a machine that runs the box beside other things. */
const SYSTEM_CONFIGS = ['/etc/helios-edge/config.toml', '/etc/heliosdb/config.toml'];

export interface BoxOptions {
  readonly config?: string | undefined;
  readonly 'data-dir'?: string | undefined;
  readonly set?: readonly string[] | undefined;
}

/** @throws ConfigError */
export function boxConfig(options: BoxOptions): Config {
  const file = configFile(options);
  return loadConfig(file, {
    file,
    settings: options.set,
    dataDir: options['data-dir'],
    environment: process.env,
  });
}

/** The file that the configuration comes from: the named one, the system's, or the one beside the data. */
export function configFile(options: BoxOptions): string | undefined {
  if (options.config !== undefined) return options.config;
  const dataDir = options['data-dir'] ?? process.env['HELIOSDB_DATA_DIR'];
  const beside = dataDir === undefined ? [] : [join(dataDir, 'config.toml')];
  return [...beside, ...SYSTEM_CONFIGS].find((path) => existsSync(path));
}
