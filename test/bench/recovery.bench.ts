import { recoverySummarySchema, supervisionViewSchema } from '../../src/contract/supervision.schema.ts';
import { databaseUrl } from '../support/agreement.ts';
import { sql } from '../support/sql.ts';
import { prepareSystem, type TestSystem, until } from '../support/system.ts';
import { whenOpen } from '../support/trading.ts';
import type { Benchmark, Figure } from './figure.ts';

const GATEWAY_KILLS = 5;
const SESSION_CRASHES = 5;

const summaryOf = async (system: TestSystem, what: 'session' | 'broker') => {
  const { recoveries } = supervisionViewSchema.parse(await system.api('GET', '/api/v1/supervision'));
  return recoverySummarySchema.parse(recoveries.find((summary) => summary.what === what));
};

/**
 * The real system, its gateway killed and its sessions felled by a broken strategy that is mended: how long until the
 * broker is ready, and a session syncing, as the dashboard tells it.
 */
export const recoveryBench: Benchmark = {
  names: ['recovery.broker', 'recovery.session'],
  async run(): Promise<Figure[]> {
    const system = await prepareSystem({
      gateway: (gateway) => Object.assign(gateway, { speed: 23_400 }),
      sessions: [
        {
          ...{ id: 'bench', name: 'Bench', instrument: { symbol: 'ORCL' }, timeframe: '1d' },
          strategy: { kind: 'sma', parameters: { fast: 3, slow: 8 } },
          sizing: { kind: 'percent', percent: 10 },
        },
      ],
    });
    try {
      await system.start();
      await whenOpen(system);
      for (let kill = 1; kill <= GATEWAY_KILLS; kill += 1) {
        process.kill(system.gatewayPid(), 'SIGKILL');
        await until(
          'the broker stands again',
          async () => (await summaryOf(system, 'broker')).count === kill,
          60_000,
        );
        await whenOpen(system);
      }
      const database = databaseUrl(system.dataDir);
      const broken = (fast: number) =>
        sql(
          database,
          `update strategies set parameters = jsonb_set(parameters, '{fast}', '${fast}') where kind = 'sma'`,
        );
      for (let crash = 1; crash <= SESSION_CRASHES; crash += 1) {
        await system.api('POST', '/api/v1/sessions/bench/stop');
        await broken(0);
        const { count } = await summaryOf(system, 'session');
        await system.api('POST', '/api/v1/sessions/bench/start');
        await until(
          'the session was felled',
          async () => (await summaryOf(system, 'session')).count > count,
          60_000,
        );
        await broken(3);
        await until(
          'the session collects',
          async () => {
            const session = (await system.api('GET', '/api/v1/sessions/bench')) as { state: string };
            return session.state === 'collecting';
          },
          60_000,
        );
      }
      const broker = await summaryOf(system, 'broker');
      const session = await summaryOf(system, 'session');
      const figure = (name: string, ms: number | null, count: number, what: string): Figure => ({
        ...{
          name,
          value: ms ?? Number.NaN,
          unit: `ms on average from ${what}, over ${count}`,
          better: 'lower',
        },
        ...{ baseline: null, ratio: null, aim: null, met: null },
      });
      return [
        figure('recovery.broker', broker.meanMs, broker.count, 'the loss of the gateway to ready'),
        figure('recovery.session', session.meanMs, session.count, "a session's crash to syncing"),
      ];
    } finally {
      await system.cleanup();
    }
  },
};
