/**
 * Starts this very program again as another process: the binary itself, or the checkout's sources.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

export interface SelfProcess {
  readonly child: ChildProcess;
  /** Lines of standard output so far; the error stream passes through when it ends badly. */
  output(): string;
  /** Resolves with the line that satisfies the condition. Rejects when the process ends first. */
  line(condition: (line: string) => boolean): Promise<string>;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

export function startSelf(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): SelfProcess {
  const args = isSea() ? words : [fileURLToPath(new URL('../main.ts', import.meta.url)), ...words];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let output = '';
  let errors = '';
  const listeners = new Set<() => void>();
  const wake = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    wake();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4000);
  });
  child.on('exit', wake);
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    child,
    output: () => output,
    line: (condition) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = output.split('\n').find(condition);
          if (found === undefined && !ended()) return;
          listeners.delete(look);
          if (found !== undefined) resolve(found);
          else reject(new Error(`${words[0]} ended early:\n${errors}`));
        };
        listeners.add(look);
        look();
      }),
    end: (signal) =>
      new Promise((resolve) => {
        if (ended()) return resolve();
        child.once('exit', () => resolve());
        child.kill(signal);
      }),
  };
}
