/**
 * SQLite's numbers that the engine uses, by SQLite's own names. Numbers are part of SQLite's file and
 * C interface and never change, so that no lookup through the WASM module is needed.
 *
 * @see https://www.sqlite.org/rescode.html
 */

export const RC = {
  ok: 0,
  error: 1,
  abort: 4,
  busy: 5,
  locked: 6,
  nomem: 7,
  readonly: 8,
  interrupt: 9,
  ioerr: 10,
  corrupt: 11,
  notFound: 12,
  full: 13,
  cantOpen: 14,
  protocol: 15,
  tooBig: 18,
  constraint: 19,
  auth: 23,
  notADb: 26,
  row: 100,
  done: 101,
  ioerrRead: 266,
  ioerrShortRead: 522,
  ioerrWrite: 778,
  ioerrFsync: 1034,
  ioerrTruncate: 1546,
  ioerrFstat: 1802,
  ioerrDelete: 2570,
  ioerrNomem: 3082,
  ioerrShmMap: 5386,
  ioerrDeleteNoent: 5898,
  abortRollback: 516,
} as const;

/** Flags of sqlite3_open_v2 and xOpen. */
export const OPEN = {
  readOnly: 0x1,
  readWrite: 0x2,
  create: 0x4,
  deleteOnClose: 0x8,
  exclusive: 0x10,
  mainDb: 0x100,
  wal: 0x80000,
} as const;

/** Levels of xLock. */
export const FILE_LOCK = { none: 0, shared: 1, reserved: 2, pending: 3, exclusive: 4 } as const;

/** Flags of xShmLock. */
export const SHM = { unlock: 1, lock: 2, shared: 4, exclusive: 8 } as const;

export const DBCONFIG = {
  noCheckpointOnClose: 1006,
  defensive: 1010,
  dqsDml: 1013,
  dqsDdl: 1014,
  trustedSchema: 1017,
  attachCreate: 1020,
  attachWrite: 1021,
} as const;

export const LIMIT = {
  length: 0,
  sqlLength: 1,
  column: 2,
  exprDepth: 3,
  compoundSelect: 4,
  vdbeOp: 5,
  functionArg: 6,
  attached: 7,
  likePatternLength: 8,
  variableNumber: 9,
  triggerDepth: 10,
  workerThreads: 11,
} as const;

/** Actions that the authorizer is asked about. */
export const ACTION = {
  createTempIndex: 3,
  createTempTable: 4,
  createTempTrigger: 5,
  createTempView: 6,
  delete: 9,
  insert: 18,
  pragma: 19,
  read: 20,
  select: 21,
  transaction: 22,
  update: 23,
  attach: 24,
  detach: 25,
  alterTable: 26,
  reindex: 27,
  analyze: 28,
  createVtable: 29,
  dropVtable: 30,
  function: 31,
  savepoint: 32,
  recursive: 33,
} as const;

export const AUTH = { ok: 0, deny: 1 } as const;

/** Text encoding and flags of created functions. */
export const FUNCTION_FLAG = { utf8: 1, deterministic: 0x800, innocuous: 0x200000 } as const;

/** Destructors of bound and returned text: SQLite copies, or trusts that it stays. */
export const DESTRUCTOR = { static: 0, transient: -1 } as const;

export const PREPARE_PERSISTENT = 1;
/** The device never damages bytes beside the ones written when power fails. */
export const IOCAP_POWERSAFE_OVERWRITE = 0x1000;
