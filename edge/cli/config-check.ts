/** `helios-edge config check`: says whether a configuration would start the box, and what it means. */
import { CONFIG_KEYS } from '../config.ts';
import { boxConfig } from './box-config.ts';
import { COMMON_OPTIONS, type Command, parseWords, report, table } from './command.ts';

export const configCheck: Command = {
  name: 'config check',
  usage: '[--config FILE] [--data-dir DIR] [--set section.key=value …]',
  summary: 'check a configuration and print what is in force',
  run: async (args) => {
    const { values } = parseWords(args, COMMON_OPTIONS);
    const config = boxConfig(values);
    const shown = CONFIG_KEYS.map((key) => [
      key,
      /secret|token/.test(key) && config[key] !== '' ? '(set)' : JSON.stringify(config[key]),
    ]);
    report(values.json === true, Object.fromEntries(shown), () =>
      table([...shown, ['data directory', config.dataDir]]),
    );
    return 0;
  },
};
