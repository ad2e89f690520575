/**
 * What a box says of itself, gathered into one file beside its data, so that the last word of a box that no longer
 * starts can still be read. It asks over the control socket; an answer that does not come is part of the report.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { askBox } from '../admin/control-client.ts';
import type { Finding } from '../admin/operations.ts';

const FILE_NAME = 'health.json';
const FILE_MODE = 0o600;

/** Name in the report, and where it is asked. */
const QUESTIONS = [
  ['status', 'GET', '/status'],
  ['selfTest', 'POST', '/self-test'],
  ['device', 'GET', '/device'],
  ['findings', 'GET', '/doctor'],
] as const;

type Answer = { readonly answer: unknown } | { readonly fault: string };

export interface HealthReport {
  readonly path: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** One sentence for each thing that is wrong. */
  readonly warnings: readonly string[];
  /** The box wrote and read. */
  readonly isAlive: boolean;
}

/** Asks, and keeps the answers. @param madeAt ISO time of the report */
export async function keepHealthReport(dataDir: string, madeAt: string): Promise<HealthReport> {
  const content: Record<string, unknown> = { madeAt };
  const warnings: string[] = [];
  let isAlive = true;
  for (const [name, method, path] of QUESTIONS) {
    const answer = await ask(dataDir, method, path);
    if ('fault' in answer) {
      warnings.push(`${name}: ${answer.fault}`);
      content[name] = { error: answer.fault };
      if (name === 'selfTest') isAlive = false;
    } else {
      content[name] = answer.answer;
      if (name === 'findings') warnings.push(...sentences(answer.answer));
    }
  }
  const path = join(dataDir, FILE_NAME);
  replace(path, `${JSON.stringify(content, null, 2)}\n`);
  return { path, content, warnings, isAlive };
}

async function ask(dataDir: string, method: 'GET' | 'POST', path: string): Promise<Answer> {
  try {
    return { answer: await askBox(dataDir, method, path) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function sentences(findings: unknown): readonly string[] {
  return (findings as readonly Finding[])
    .filter((finding) => finding.state !== 'ok')
    .map(({ title, meaning, mend }) => `${title}: ${meaning}${mend === '' ? '' : ` ${mend}`}`);
}

/** Whole or as it was: a power cut leaves no half of it. */
function replace(path: string, text: string): void {
  const draft = `${path}.new`;
  // What a power cut left may be another user's, who ran the report by hand.
  rmSync(draft, { force: true });
  const file = openSync(draft, 'w', FILE_MODE);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}
