/**
 * Every figure that the parts of one box bump, in one place, so that the appliance can hand each part its own and
 * the admin interface can read them all.
 */
import { EngineMeters } from './engine/engine-meters.ts';
import { SessionMeters } from './session/session-meters.ts';
import { WriteActivity } from './session/write-activity.ts';

export class BoxMeters {
  readonly engine = new EngineMeters();
  readonly sessions = new SessionMeters();
  readonly activity = new WriteActivity();
  loginsAccepted = 0;
  loginsRefused = 0;
  /** Lines in the audit log since the start. */
  auditLines = 0;
  /** The store has failed; nothing is acknowledged any more. */
  hasFailed = false;
}
