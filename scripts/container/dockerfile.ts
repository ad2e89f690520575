/**
 * Reads a Dockerfile as far as ours uses the language: stages, instructions, continuation lines, comments.
 * It knows no heredocs and no variables. The archive that `scripts/container.ts` writes takes its
 * settings from here, so that it and a builder's image cannot come apart.
 */

export interface Instruction {
  /** In capitals. */
  readonly name: string;
  readonly words: string;
}

export interface Stage {
  /** What FROM names. */
  readonly base: string;
  readonly alias: string | null;
  readonly instructions: readonly Instruction[];
}

/** @throws Error when an instruction stands before the first FROM */
export function parseDockerfile(text: string): readonly Stage[] {
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  const stages: { base: string; alias: string | null; instructions: Instruction[] }[] = [];
  for (const joined of lines.join('\n').replaceAll('\\\n', ' ').split('\n')) {
    const [, name = '', words = ''] = /^(\S+)\s+(.*)$/s.exec(joined.trim()) ?? [];
    if (name.toUpperCase() === 'FROM') {
      const [, base = '', alias = null] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(words) ?? [];
      stages.push({ base, alias, instructions: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (stage === undefined) throw new Error(`${name} stands before the first FROM`);
    stage.instructions.push({ name: name.toUpperCase(), words: words.replace(/\s+/g, ' ').trim() });
  }
  return stages;
}

/** The image's configuration as the Open Container Initiative and Docker write it. */
export interface ImageSettings {
  readonly User: string;
  readonly WorkingDir: string;
  readonly StopSignal: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Volumes: Readonly<Record<string, object>>;
  readonly Labels: Readonly<Record<string, string>>;
  /** Docker reads it; the Initiative's format has no such thing. */
  readonly Healthcheck: Healthcheck;
}

interface Healthcheck {
  readonly Test: readonly string[];
  /** Nanoseconds. */
  readonly Interval: number;
  readonly Timeout: number;
  readonly StartPeriod: number;
  readonly Retries: number;
}

const SECOND_NS = 1_000_000_000;

export function settingsOf(stage: Stage): ImageSettings {
  const all = (name: string): readonly string[] =>
    stage.instructions.filter((one) => one.name === name).map((one) => one.words);
  const last = (name: string): string => all(name).at(-1) ?? '';
  const list = (name: string): readonly string[] => JSON.parse(last(name) || '[]') as string[];
  const keys = (names: readonly string[]): Record<string, object> =>
    Object.fromEntries(names.map((name) => [name, {}]));
  const labels = [
    ...all('LABEL')
      .join(' ')
      .matchAll(/(\S+)="([^"]*)"/g),
  ];
  return {
    User: last('USER'),
    WorkingDir: last('WORKDIR'),
    StopSignal: last('STOPSIGNAL'),
    Env: ['PATH=/usr/bin', ...all('ENV')],
    Entrypoint: list('ENTRYPOINT'),
    Cmd: list('CMD'),
    ExposedPorts: keys(
      last('EXPOSE')
        .split(' ')
        .map((port) => `${port}/tcp`),
    ),
    Volumes: keys(list('VOLUME')),
    Labels: Object.fromEntries(labels.map(([, name = '', value = '']) => [name, value])),
    Healthcheck: healthcheckOf(last('HEALTHCHECK')),
  };
}

/** @throws Error when it is not in the form that needs no shell */
function healthcheckOf(words: string): Healthcheck {
  const command = /CMD (\[.*\])$/.exec(words)?.[1];
  if (command === undefined)
    throw new Error('HEALTHCHECK must be CMD ["program", …]: no shell is inside');
  const seconds = (name: string): number =>
    Number(new RegExp(`--${name}=(\\d+)s`).exec(words)?.[1] ?? 0) * SECOND_NS;
  return {
    Test: ['CMD', ...(JSON.parse(command) as string[])],
    Interval: seconds('interval'),
    Timeout: seconds('timeout'),
    StartPeriod: seconds('start-period'),
    Retries: Number(/--retries=(\d+)/.exec(words)?.[1] ?? 0),
  };
}
