/**
 * From a command's options to the box's configuration, the same way for every command, so that
 * `serve` and `status` never disagree about where the box lives.
 */
import { existsSync } from 'node:fs';
import { type Config, loadConfig } from '../config.ts';

const SYSTEM_CONFIG = '/etc/heliosdb/config.toml';

export interface BoxOptions {
  readonly config?: string | undefined;
  readonly 'data-dir'?: string | undefined;
  readonly set?: readonly string[] | undefined;
}

/** @throws ConfigError */
export function boxConfig(options: BoxOptions): Config {
  const file = options.config ?? (existsSync(SYSTEM_CONFIG) ? SYSTEM_CONFIG : undefined);
  return loadConfig(file, {
    file,
    settings: options.set,
    dataDir: options['data-dir'],
    environment: process.env,
  });
}
