/** `helios-edge receiver`: the reference cloud endpoint, on embedded PGlite or on a PostgreSQL server. */
import { createReceiver } from '../../cloud-sync/receiver/server.ts';
import { createLog } from '../log.ts';
import { parseWords, print, UsageError } from './command.ts';

const OPTIONS = {
  listen: { type: 'string', default: '127.0.0.1:8090' },
  'database-url': { type: 'string' },
  'data-dir': { type: 'string' },
  token: { type: 'string' },
  'log-level': { type: 'string', default: 'warn' },
} as const;

export async function receiver(args: readonly string[]): Promise<number> {
  const { values } = parseWords(args, OPTIONS);
  if (values['database-url'] !== undefined && values['data-dir'] !== undefined) {
    throw new UsageError('--database-url and --data-dir exclude each other');
  }
  const { host, port } = address(values.listen);
  const running = await createReceiver({
    host,
    port,
    log: createLog(values['log-level'], null),
    ...(values['database-url'] === undefined ? {} : { databaseUrl: values['database-url'] }),
    ...(values['data-dir'] === undefined ? {} : { dataDir: values['data-dir'] }),
    ...(values.token === undefined ? {} : { devices: [{ token: values.token }] }),
  });
  print(`cloud receiver is ready on ${running.url}`);
  await new Promise<void>((done) => {
    process.once('SIGTERM', () => done());
    process.once('SIGINT', () => done());
  });
  await running.close();
  return 0;
}

function address(text: string): { readonly host: string; readonly port: number } {
  const parts = /^(.+):(\d{1,5})$/.exec(text);
  if (parts === null) throw new UsageError(`--listen takes ADDRESS:PORT, not "${text}"`);
  return { host: parts[1] ?? '', port: Number(parts[2]) };
}
