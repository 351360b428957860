import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/load.ts';
import { agreement } from '../../support/agreement.ts';
import { until } from '../../support/system.ts';
import { hasty } from '../../support/trading-world.ts';
import { openWorld, poison, type World } from './trading.world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.end();
  world = undefined;
});

/** Steps of about three shares, so that closing takes many of them. */
const smallSteps = (config: Config): Config => ({
  ...config,
  flatten: { ...config.flatten, policy: { collarBps: 200, stepNotional: '4000' } },
});

/** Three sessions trade, and two instruments are held by hand: one that is long, one that is short. */
async function holding(config: (config: Config) => Config = (each) => each): Promise<World> {
  world = await openWorld({ config, timing: hasty, barsPerSecond: 1 });
  await world.open();
  world.tradeByHand('SP500', 'BUY', 12);
  world.tradeByHand('SP500-2008', 'SELL', 7);
  await until('both are held', async () => (await held(open())).length >= 2);
  return world;
}
const open = (): World => {
  if (world === undefined) throw new Error('there is no world');
  return world;
};

const held = async ({ trading }: World) =>
  (await trading.dashboard.refreshPositions()).filter(({ quantity }) => Number(quantity) !== 0);
const phase = ({ trading }: World) => trading.dashboard.system().flatten.phase;
const isFlat = (each: World) => until('everything is closed', () => phase(each) === 'flat', 60_000);

/** What each execution of flattening left, with what was held before it. */
async function courses({ rows }: World): Promise<readonly { before: number; after: number }[]> {
  const all = await rows<{ ref: string | null; instrument_id: string; side: string; quantity: string }>(
    'select order_ref as ref, instrument_id, side, quantity from executions order by time, exec_id',
  );
  const position = new Map<string, number>();
  return all.flatMap(({ ref, instrument_id: id, side, quantity }) => {
    const before = position.get(id) ?? 0;
    const after = before + (side === 'BUY' ? 1 : -1) * Number(quantity);
    position.set(id, after);
    return ref?.startsWith('tw.f') ? [{ before, after }] : [];
  });
}

/** Ends flat here and at the broker, without ever having gone through zero, and with no order of others after it began. */
async function endsFlat(each: World): Promise<void> {
  await isFlat(each);
  expect(await held(each)).toEqual([]);
  const steps = await courses(each);
  expect(steps.length).toBeGreaterThan(1);
  for (const { before, after } of steps) {
    expect(Math.abs(after)).toBeLessThan(Math.abs(before));
    expect(before * after).toBeGreaterThanOrEqual(0);
  }
  const { request } = each.trading.dashboard.system().flatten;
  const later = await each.rows(
    `select ref from order_intents where ref not like 'tw.f%' and created_at > ${request?.at ?? 0}
     and ref in (select order_ref from executions)`,
  );
  expect(later).toEqual([]);
  expect(await each.differences()).toEqual(agreement);
}

describe('flatten', () => {
  it('halts, cancels, closes long and short in steps, reports each of them, and lets trading resume', async () => {
    const each = await holding(smallSteps);
    const { dashboard } = each.trading;
    const { ref } = await dashboard.placeOrder({
      ...{ instrumentId: 'SP500.STK.SMART.USD', side: 'BUY', quantity: '1', orderType: 'LMT' },
      ...{ limitPrice: '1', timeInForce: 'GTC' },
    });
    expect(dashboard.setRisk('flatten', 'a test').risk).toMatchObject({
      state: 'halted',
      cause: 'Everything is closed: a test',
    });
    await endsFlat(each);
    const trades = await dashboard.trades({ limit: 200 });
    expect(trades.find(({ key }) => key === ref)).toMatchObject({ state: 'cancelled' });
    expect(trades.find(({ key }) => key.startsWith('tw.f'))).toMatchObject({
      ...{ source: 'manual', orderType: 'LMT', reason: 'Flatten: a test' },
    });
    const { reports } = dashboard.system().flatten;
    expect(reports.at(-1)?.message).toBe('Everything is closed: nothing is held and no order works.');
    expect(reports.some(({ message }) => /^(BUY|SELL) \d+ at a limit of [\d.]+\.$/.test(message))).toBe(true);

    expect(dashboard.setRisk('resume', 'done').flatten.phase).toBe('idle');
    await each.trades(1);
  });

  it('goes on where it was when the process ends half way', async () => {
    const each = await holding(smallSteps);
    each.trading.dashboard.setRisk('flatten', 'a test');
    await until('a step is filled', async () => (await courses(each)).length > 0);
    await each.trading.stop();
    await each.start();
    expect(each.trading.dashboard.system()).toMatchObject({ risk: { state: 'halted' } });
    await endsFlat(each);
  });

  it('goes on when its actor, the desk or the connection fails in the middle', async () => {
    const each = await holding(smallSteps);
    each.trading.dashboard.setRisk('flatten', 'a test');
    await until('a step is filled', async () => (await courses(each)).length > 0);
    await each.crash('flatten', poison('closer.told', 'instrumentId'));
    await each.crash('orderDesk', { type: 'desk.submit' });
    each.strike({ fault: 'drop-connection' });
    await endsFlat(each);
  });

  it.each([
    ['orders are refused', { fault: 'reject-order', count: 3 }],
    ['parts are filled and the connection breaks', { fault: 'partial-then-disconnect', on: 'order' }],
    ['a cancelled order is filled after all', { fault: 'fill-after-cancel', on: 'cancel' }],
    ['the exchange says nothing for a while', { fault: 'exchange-silent', for: '1500ms' }],
    ['the gateway restarts', { fault: 'restart', for: '400ms' }],
  ])('ends flat when %s', async (_, line) => {
    const each = await holding(smallSteps);
    each.strike(line);
    each.trading.dashboard.setRisk('flatten', 'a test');
    await endsFlat(each);
  });

  it('is called off by a resumption: what is held stays', async () => {
    const each = await holding();
    each.strike({ fault: 'competing-session', for: '60s' });
    each.trading.dashboard.setRisk('flatten', 'a test');
    await until('it waits for a price', () =>
      each.trading.dashboard.system().flatten.closing.some(({ obstacle }) => obstacle === 'noFreshPrice'),
    );
    each.trading.dashboard.setRisk('reduce', 'enough');
    await until('it stands down', () => phase(each) === 'idle');
    expect(each.trading.dashboard.system().risk.state).toBe('reducing');
    expect((await held(each)).length).toBeGreaterThanOrEqual(2);
  });
});
