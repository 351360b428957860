export const storeErrorCodes = [
  /** The server answered and said no: wrong password, unknown role, database missing, too many connections. */
  'DATABASE_REFUSED',
  /** Nobody answered, or the connection was lost in the middle. */
  'DATABASE_AWAY',
  /** The database holds migrations that this program does not know. */
  'DATABASE_TOO_NEW',
  'MIGRATION_FAILED',
  /** A statement took longer than it may. */
  'QUERY_TIMEOUT',
  /** A statement failed for a reason of its own (constraint, full disk). */
  'QUERY_FAILED',
  'DATA_DIR_UNWRITABLE',
  'DATA_DIR_FULL',
  /** A living process already runs on the data folder. */
  'DATA_DIR_IN_USE',
  /** The folder holds something that this version cannot run: another major version, a lost password. */
  'DATA_DIR_INCOMPATIBLE',
  'PORT_IN_USE',
  /** PostgreSQL's programs could not be run, or ended at once. */
  'EMBEDDED_FAILED',
] as const;
export type StoreErrorCode = (typeof storeErrorCodes)[number];

/** What went wrong with the database: one line that says what was found and what to do; never a credential. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message.replaceAll(/\s*\n\s*/g, ' ').trim(), cause === undefined ? undefined : { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}

/** The `code` of a system or PostgreSQL error, e.g. `ENOSPC` or `28P01`; looks through wrapped causes. */
export function errorCode(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string' && at.code !== '') return at.code;
  }
  return null;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Turns a failure to write below the data folder into a sentence with a remedy. */
export function dataDirError(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StoreError(
      'DATA_DIR_FULL',
      `data folder "${path}": the disk is full (${code}); free space or choose another folder with --data`,
      error,
    );
  }
  return new StoreError(
    'DATA_DIR_UNWRITABLE',
    `data folder "${path}": cannot be written (${code ?? messageOf(error)}); expected a folder that this user may write; choose one with --data`,
    error,
  );
}
