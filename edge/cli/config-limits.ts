/** `helios-edge config limits`: the limits of the systemd unit that a configuration asks for. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { unitDropIn, unitLimits } from '../service/unit-limits.ts';
import { boxConfig } from './box-config.ts';
import { COMMON_OPTIONS, type Command, parseWords, report } from './command.ts';

const FILE_MODE = 0o644;

export const configLimits: Command = {
  name: 'config limits',
  usage: '[--config FILE] [--write FILE] [--json]',
  summary: 'print the memory and file limits that the unit needs, or write its drop-in',
  run: async (args) => {
    const { values } = parseWords(args, { ...COMMON_OPTIONS, write: { type: 'string' } });
    const limits = unitLimits(boxConfig(values));
    const text = unitDropIn(limits);
    if (values.write !== undefined) replace(values.write, text);
    report(values.json === true, limits, () => text.trimEnd().split('\n'));
    return 0;
  },
};

/** systemd never sees half of it. */
function replace(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.new`;
  writeFileSync(draft, text, { mode: FILE_MODE });
  renameSync(draft, path);
}
