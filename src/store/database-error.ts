import { errorCode, messageOf, StoreError } from './store-error.ts';

/** `host:port/database` of a connection URL: what may be shown, without user and password. */
export function databaseName(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host}${pathname}`;
  } catch {
    return 'DATABASE_URL';
  }
}

const away = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * PostgreSQL's own words without the statement, whose values may be secret.
 * MikroORM puts the statement before the message.
 */
function reason(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.cause instanceof Error) continue;
    return at.message.split(' - ').at(-1)?.split('\n').at(-1) ?? '';
  }
  return messageOf(error);
}

/**
 * Turns whatever the driver threw into a StoreError; answers null for what did not come from the database
 * (a programming error keeps its class and reaches the supervisor).
 * @see https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
export function databaseError(url: string, error: unknown): StoreError | null {
  if (error instanceof StoreError) return error;
  const code = errorCode(error);
  const name = `database "${databaseName(url)}"`;
  const why = reason(error);
  if (code !== null && /^(28|3D)|^(53300|42501|57P03)$/.test(code)) {
    const remedy =
      code === '3D000'
        ? 'create it, or correct DATABASE_URL'
        : code.startsWith('28')
          ? 'check user and password in DATABASE_URL'
          : code === '57P03'
            ? 'wait until it has started'
            : 'check the server and the rights of the user in DATABASE_URL';
    return new StoreError('DATABASE_REFUSED', `${name}: refused: ${why}; ${remedy}`, error);
  }
  const lost =
    /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable/i;
  if ((code !== null && (away.has(code) || /^(08|57P)/.test(code))) || lost.test(messageOf(error))) {
    return new StoreError(
      'DATABASE_AWAY',
      `${name}: does not answer (${code ?? why}); start the server, or correct DATABASE_URL`,
      error,
    );
  }
  if (code === '57014') {
    return new StoreError('QUERY_TIMEOUT', `${name}: a statement was ended: ${why} (${code})`, error);
  }
  if (code !== null && /^[0-9A-Z]{5}$/.test(code)) {
    return new StoreError('QUERY_FAILED', `${name}: a statement failed: ${why} (${code})`, error);
  }
  return null;
}
