import type { ConnectionInput, ConnectionTiming } from '../../machines/connection/connection.events.ts';
import { type RuntimeConfig, WEEKDAYS } from '../config/runtime.schema.ts';

/** What the connection is told at its start, from the configuration. `port` may differ when that is 0. */
export function connectionInput(
  { broker }: RuntimeConfig,
  port: number,
  timing: Partial<ConnectionTiming> = {},
): ConnectionInput {
  const { host, clientId, others, restart, weeklyLogin, mode, account } = broker;
  return {
    endpoint: { host, port, clientId },
    others: others.map((other) => ({ ...other, clientId })),
    accountKind: mode,
    account,
    restart:
      restart === null
        ? null
        : {
            ...{ time: restart.time, timeZone: restart.timeZone },
            quietBeforeMs: restart.quietBeforeSeconds * 1_000,
            quietAfterMs: restart.quietAfterSeconds * 1_000,
          },
    login:
      weeklyLogin === null
        ? null
        : {
            ...{ time: weeklyLogin.time, timeZone: weeklyLogin.timeZone },
            weekday: WEEKDAYS.indexOf(weeklyLogin.weekday) + 1,
            warnBeforeMs: weeklyLogin.warnHours * 3_600_000,
          },
    timing,
    autoConnect: true,
  };
}
