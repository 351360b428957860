import { Decimal } from 'decimal.js';
import { describe, expect, it } from 'vitest';
import { manualTicket } from '../../../src/gateway/faults/manual-order.ts';
import { sql } from '../../support/sql.ts';
import { until } from '../../support/system.ts';
import { trading } from './world.ts';

describe('6. a restart duplicates or orphans orders', () => {
  it('a working order is known again after it, is one order at the broker, and can be cancelled', async () => {
    const story = await trading();
    const ref = await story.rest();
    await story.world.trading.stop();
    await story.world.start();
    await story.world.open();
    await story.state(ref, 'working');
    expect(story.atGateway(ref)).toHaveLength(1);
    expect(await story.world.trading.dashboard.cancelOrder(ref)).toMatchObject({ outcome: 'accepted' });
    await story.world.agrees();
  });
});

describe('7. one ref lives twice at the broker', () => {
  it('is alarmed with both permIds, and nothing is sent', async () => {
    const story = await trading();
    const ref = await story.rest();
    const { market, desk } = story.world.gateway.broker;
    const [instrument] = market.instruments;
    if (instrument === undefined) throw new Error('the gateway plays nothing');
    const order = { symbol: 'SP500', action: 'BUY', quantity: 3, type: 'LMT', limit: 1, tif: 'GTC' } as const;
    const ticket = { ...manualTicket(order, new Decimal(3)), orderRef: ref };
    desk.place({ clientId: 55, orderId: 1, exchange: 'SMART', instrument, ticket });
    const permIds = story.atGateway(ref).map(({ permId }) => permId);
    await until('it is alarmed', () =>
      story
        .alarms()
        .find(
          (alarm) => alarm.includes('has several lives') && permIds.every((id) => alarm.includes(String(id))),
        ),
    );
    expect(story.atGateway(ref)).toHaveLength(2);
    expect(await story.stateOf(ref)).toBe('working');
  });
});

describe('8. a placed order gets no callback at all', () => {
  it('is unknown after its deadline, asked about, found working, and never sent again', async () => {
    const story = await trading();
    const lost = ['openOrder', 'orderStatus'].map((message) =>
      story.world.strike({ fault: 'message-lost', message, count: 100_000 }),
    );
    const { ref, outcome } = await story.order();
    expect(outcome).toBe('unknown');
    for (const line of lost) story.world.gateway.broker.faults.remove(line);
    await story.state(ref ?? '', 'working');
    expect(story.atGateway(ref ?? '')).toHaveLength(1);
    expect(await story.world.trading.dashboard.cancelOrder(ref ?? '')).toMatchObject({ outcome: 'accepted' });
    await story.world.agrees();
  });
});

describe('9. codes mean something else than the client thinks', () => {
  it('an unknown code alarms and changes nothing; a remark does neither', async () => {
    const story = await trading();
    const ref = await story.rest();
    const [order] = story.atGateway(ref);
    const client = story.world.gateway.broker.clients.get(1);
    client?.error(order?.orderId ?? 0, 10349, 'Order TIF was set to DAY based on order preset.');
    client?.error(order?.orderId ?? 0, 399, 'Order Message: held until the open');
    client?.error(order?.orderId ?? 0, 9999, 'words of tomorrow');
    await until('it is alarmed', () => story.alarms().some((alarm) => alarm.includes('code 9999')));
    expect(story.alarms().filter((alarm) => /code (10349|399)/.test(alarm))).toEqual([]);
    expect(await story.stateOf(ref)).toBe('working');
    expect(await story.world.trading.dashboard.cancelOrder(ref)).toMatchObject({ outcome: 'accepted' });
  });
});

describe('10. a fill after the cancel', () => {
  it('is stored, the order says filled, and the position is that of the broker', async () => {
    const story = await trading();
    const ref = await story.rest();
    story.world.strike({ fault: 'fill-after-cancel', on: 'cancel' });
    await story.world.trading.dashboard.cancelOrder(ref);
    await until('the fill is stored', async () => (await story.filled(ref)) === 3);
    await story.state(ref, 'filled');
    await story.world.agrees();
  });

  it('a cancel that nobody confirms is exposure until it is settled', async () => {
    const story = await trading();
    const ref = await story.rest();
    story.world.strike({ fault: 'exchange-silent', for: '1500ms' });
    const cancel = story.world.trading.dashboard.cancelOrder(ref);
    await story.state(ref, 'cancelling');
    const [order] = story.atGateway(ref);
    story.world.gateway.broker.desk.fillPart(order?.permId ?? 0, 0.4);
    await until('a part is filled', async () => (await story.filled(ref)) === 1);
    expect(await story.stateOf(ref)).toBe('cancelling');
    expect(['accepted', 'unknown']).toContain((await cancel).outcome);
    await story.state(ref, 'cancelled');
    expect(await story.filled(ref)).toBe(1);
    await story.world.agrees();
  });
});

describe('12. the order is acknowledged, its row is lost', () => {
  it('with a database that breaks again and again, no order is at the broker without its intent', async () => {
    const story = await trading();
    const name = new URL(story.world.databaseUrl).pathname.slice(1);
    const admin = new URL('/postgres', story.world.databaseUrl).href;
    const before = await story.intents();
    for (let cut = 0; cut < 8; cut += 1) {
      await sql(admin, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
      await story.decide(1);
    }
    await until('the store is up', () => story.system.store.state === 'up');
    await story.world.trades(1);
    expect(await story.intents()).toBeGreaterThan(before);
    expect(await story.world.undecided()).toEqual([]);
    await story.world.agrees();
  });
});

describe('16. pacing', () => {
  it('a burst of orders and cancels beside all else stays within 50 messages a second, and none is lost', async () => {
    const story = await trading();
    const since = story.system.connection.since;
    story.world.strike({ fault: 'pacing' });
    const placed = await Promise.all(Array.from({ length: 60 }, () => story.order({ quantity: '1' })));
    // On a busy machine the broker's word may come after its deadline; what counts is that it comes.
    expect(placed.filter(({ outcome }) => outcome === 'notSent' || outcome === 'rejected')).toEqual([]);
    await until('all of them work', async () => {
      const [row] = await story.world.rows<{ n: string }>(
        "select count(*) as n from orders where state = 'working' and session_id is null and not is_foreign",
      );
      return Number(row?.n) === 60;
    });
    const cancelled = await Promise.all(
      placed.map(({ ref }) => story.world.trading.dashboard.cancelOrder(ref ?? '')),
    );
    expect(cancelled.filter(({ outcome }) => outcome === 'notSent' || outcome === 'rejected')).toEqual([]);
    expect(story.system.connection).toMatchObject({ phase: 'ready', since });
    await story.world.agrees();
  });
});

describe('20. a kill switch that keeps ordering', () => {
  it('stops every order from the moment it is thrown, records why, and lets go on when it is released', async () => {
    const story = await trading({ barsPerSecond: 8 });
    story.world.trading.dashboard.setRisk('halt', 'a drill');
    const before = story.world.gateway.broker.desk.orders().length;
    await story.decide(9);
    expect(story.world.gateway.broker.desk.orders()).toHaveLength(before);
    await until('a session would have traded', async () => {
      await story.decide(3);
      return (await story.decisions()).some(({ guard }) => guard === 'riskHalted');
    });
    expect(story.world.gateway.broker.desk.orders()).toHaveLength(before);
    story.world.trading.dashboard.setRisk('resume', 'the drill is over');
    await story.world.trades(1);
  });
});
