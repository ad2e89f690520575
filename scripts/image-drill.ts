/**
 * The image, put to the test for an hour or two: `npm run image:drill -- [--only STAGE]… [--pulls N] [--seed N]`.
 *
 * Stages, one after another, each with a virtual machine of its own (x86-64, emulated, but for the last):
 * `power` pulls the plug during sales; `cache` does so with a drive that loses what was not flushed; `update` installs
 * good and bad versions; `arm64` boots the other image and sells once, without a pull.
 */
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { builtImage } from '../test/image/built-image.ts';
import { powerDrill } from '../test/image/power-drill.ts';
import { updateDrill } from '../test/image/update-drill.ts';

const STAGES = ['power', 'cache', 'update', 'arm64'] as const;
type Stage = (typeof STAGES)[number];

const CACHE_SHARE = 4;
const MS_PER_MINUTE = 60_000;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    pulls: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    folder: { type: 'string' },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const wished = values.only ?? STAGES;
  const unknown = wished.filter((name) => !STAGES.some((stage) => stage === name));
  if (unknown.length > 0)
    throw new Error(`no stage ${unknown.join(', ')}; known: ${STAGES.join(', ')}`);
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'helios-drill-'));
  say(`disks and serial logs are kept in ${folder}`);
  for (const stage of STAGES) {
    if (!wished.includes(stage)) continue;
    const begun = performance.now();
    say(`== ${stage}`);
    await run(stage, join(folder, stage));
    say(`== ${stage}: held, ${((performance.now() - begun) / MS_PER_MINUTE).toFixed(0)} min`);
  }
}

async function run(stage: Stage, folder: string): Promise<void> {
  if (existsSync(folder)) throw new Error(`${folder} is there already: name another --folder`);
  if (stage === 'update') return updateDrill({ arch: 'x64', folder, say });
  const arch = stage === 'arm64' ? 'arm64' : 'x64';
  const pulls = Number(values.pulls);
  await powerDrill({
    arch,
    image: builtImage(arch).disk,
    folder,
    pulls: { power: pulls, cache: Math.ceil(pulls / CACHE_SHARE), arm64: 0 }[stage],
    losesCache: stage === 'cache',
    seed: Number(values.seed),
    say,
  });
}

await main();
