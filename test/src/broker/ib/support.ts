import type { Log } from '../../../../src/broker/ib/log.ts';

const ignore = (): void => {};

/** Says nothing. */
export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
