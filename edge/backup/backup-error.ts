/** How a backup, restore, check or export fails for a reason that its reader can mend. */
import { OperationError } from '../admin/operations.ts';

/** The message names the cause and the mend. */
export class BackupError extends OperationError {
  /** `damaged`: the file is not as it was written; `refused`: it is, and may not be used so. */
  readonly kind: 'damaged' | 'refused';

  constructor(kind: BackupError['kind'], message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.kind = kind;
  }
}

/** @param why continues "this backup is damaged: " */
export function damaged(why: string, cause?: unknown): BackupError {
  return new BackupError('damaged', `this backup is damaged: ${why}; use another one`, cause);
}

export function refused(message: string, cause?: unknown): BackupError {
  return new BackupError('refused', message, cause);
}
