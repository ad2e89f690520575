/**
 * Whether this box can do its work: it writes and reads through its engine, and somebody can log in and ask. An update
 * is kept or given up by this, so that nothing is asked that lies outside the box: no cloud, no clock, no LAN.
 */
import { askBox } from '../admin/control-client.ts';
import { type BoxStatus, OperationError } from '../admin/operations.ts';
import { localAddress, loginLocally } from './local-login.ts';

export interface HealthCheckResult {
  readonly version: string;
  readonly selfTestMs: number;
  readonly loginMs: number;
}

/** Longer than a login on the slowest machine that is served, milliseconds. */
const LOGIN_MS_MAX = 30_000;

/** @throws OperationError with the cause and the mend of the first thing that is wrong */
export async function checkHealth(dataDir: string): Promise<HealthCheckResult> {
  const status = (await askBox(dataDir, 'GET', '/status')) as BoxStatus;
  if (!status.ready) {
    throw new OperationError('the box is not ready yet, or stops: wait, and look at its log');
  }
  const test = (await askBox(dataDir, 'POST', '/self-test')) as { readonly milliseconds: number };
  const login = await loginLocally({
    ...localAddress(status.listen),
    dataDir,
    msMax: LOGIN_MS_MAX,
  });
  return {
    version: status.version,
    selfTestMs: test.milliseconds,
    loginMs: login.milliseconds,
  };
}
