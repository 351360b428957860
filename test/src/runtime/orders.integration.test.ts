import { afterEach, describe, expect, it } from 'vitest';
import type { OrderType } from '../../../machines/domain/order.ts';
import type { Draft } from '../../../src/runtime/order-draft.ts';
import { sql } from '../../support/postgres.ts';
import { until } from '../../support/system.ts';
import { beginWorld, idOf, poison, type World } from './trading.world.ts';

const id = 'SP500.STK.SMART.USD';

interface Row {
  readonly state: string;
  readonly order_type: string;
  readonly quantity: string;
  readonly limit_price: string | null;
  readonly stop_price: string | null;
}

describe('orders by hand over the wire', () => {
  let world: World;
  afterEach(async () => {
    await world.end();
  });

  const draft = (changes: Partial<Draft>): Draft => ({
    ...{ instrumentId: id, side: 'BUY', quantity: '5', orderType: 'LMT', timeInForce: 'GTC' },
    ...changes,
  });
  const place = async (changes: Partial<Draft>): Promise<string> => {
    const { ref, outcome, message } = await world.trading.dashboard.placeOrder(draft(changes));
    expect({ outcome, message }).toEqual({ outcome: 'accepted', message: null });
    return ref ?? '';
  };
  const row = async (ref: string): Promise<Row> => {
    const [found] = await sql<Row>(
      world.database.url,
      `select state, order_type, quantity::text, limit_price::text, stop_price::text from orders where key = '${ref}'`,
    );
    if (found === undefined) throw new Error(`order "${ref}" is not stored`);
    return found;
  };
  const children = (ref: string) =>
    sql<{ key: string; state: string }>(
      world.database.url,
      `select key, state from orders where parent_ref = '${ref}' order by order_type`,
    );
  const held = async (): Promise<number> => {
    const positions = await world.trading.dashboard.refreshPositions();
    return Number(positions.find(({ instrumentId }) => instrumentId === id)?.quantity ?? 0);
  };
  /** Nothing is held, and the session that trades the instrument is paused. */
  const rest = async (): Promise<void> => {
    const session = idOf('SP500');
    await world.trading.dashboard.commandSession(session, 'pause');
    await until('its last order is over', () => {
      return world.trading.dashboard.session(session)?.ordersInFlight === 0;
    });
    const quantity = await held();
    if (quantity === 0) return;
    const side = quantity > 0 ? 'SELL' : 'BUY';
    await place({ side, quantity: String(Math.abs(quantity)), orderType: 'MKT', timeInForce: 'DAY' });
    await until('nothing is held', async () => (await held()) === 0);
  };
  const states = async (ref: string) => (await children(ref)).map(({ state }) => state);

  it('are of every type, are known at the broker with their prices, and are cancelled', async () => {
    world = await beginWorld();
    const far = { buy: '1', sell: '100000' };
    const types: Readonly<Record<Exclude<OrderType, 'MKT'>, Partial<Draft>>> = {
      LMT: { limitPrice: far.buy },
      STP: { stopPrice: far.sell },
      'STP LMT': { stopPrice: far.sell, limitPrice: far.sell },
      TRAIL: { trailPercent: '50' },
      'TRAIL LIMIT': { trailAmount: '5000', limitOffset: '1' },
      MIT: { stopPrice: far.buy },
      LIT: { stopPrice: far.buy, limitPrice: far.buy },
      MOC: { timeInForce: 'DAY' },
      LOC: { timeInForce: 'DAY', limitPrice: far.buy },
    };
    const refs = new Map<string, string>();
    for (const [orderType, terms] of Object.entries(types)) {
      // One of the record's own keys.
      refs.set(orderType, await place({ orderType: orderType as OrderType, ...terms }));
    }
    for (const [orderType, ref] of refs) {
      expect(await row(ref)).toMatchObject({ order_type: orderType });
    }
    expect(await row(refs.get('LIT') ?? '')).toMatchObject({ limit_price: '1', stop_price: '1' });
    // The desk asks every two seconds: what the broker shows agrees with what was sent, or an alarm says so.
    const asks = world.trading.dashboard.system().alarms.map(({ message }) => message);
    expect(asks.filter((message) => message.includes('changed at the broker'))).toEqual([]);
    for (const [orderType, ref] of refs) {
      if ((await row(ref)).state !== 'working') continue;
      const { outcome } = await world.trading.dashboard.cancelOrder(ref);
      expect(outcome, orderType).toBe('accepted');
    }
    await world.agrees();
  });

  it.each<[string, Partial<Draft>, string]>([
    ['a stop without its price', { orderType: 'STP' }, 'price-missing'],
    [
      'a market order with a limit',
      { orderType: 'MKT', limitPrice: '5', timeInForce: 'DAY' },
      'price-not-wanted',
    ],
    ['a price between two ticks', { limitPrice: '1.0001' }, 'price-off-grid'],
    [
      'a stop that is immediate or cancelled',
      { orderType: 'STP', stopPrice: '5', timeInForce: 'IOC' },
      'time-in-force',
    ],
    ['a profit on the wrong side', { limitPrice: '10', takeProfit: '9' }, 'bracket-wrong-side'],
    ['a loss on the wrong side', { limitPrice: '10', stopLoss: '11' }, 'bracket-wrong-side'],
  ])('are refused with nothing stored: %s', async (_, changes, code) => {
    world = await beginWorld();
    await expect(world.trading.dashboard.placeOrder(draft(changes))).rejects.toMatchObject({
      status: 422,
      code,
    });
    expect(await world.rows("select 1 from order_intents where source = 'manual'")).toEqual([]);
  });

  it('are changed under their id, also after a restart of the desk, and the wish is stored', async () => {
    world = await beginWorld();
    const ref = await place({ limitPrice: '1' });
    const { dashboard } = world.trading;
    expect(await dashboard.changeOrder(ref, { limitPrice: '2', quantity: '7' })).toMatchObject({
      outcome: 'accepted',
    });
    expect(await row(ref)).toMatchObject({ state: 'working', quantity: '7', limit_price: '2' });
    await world.crash('orderDesk', { type: 'desk.submit' });
    await world.open();
    await until('the order is recognised', async () => (await row(ref)).state === 'working');
    // Refused for as long as prices are stale.
    await until('it is changed', async () => {
      return (await dashboard.changeOrder(ref, { limitPrice: '3' })).outcome === 'accepted';
    });
    await until('the change is stored', async () => (await row(ref)).limit_price === '3');
    await expect(dashboard.changeOrder(ref, { limitPrice: '3.0001' })).rejects.toMatchObject({
      code: 'price-off-grid',
    });
    await dashboard.cancelOrder(ref);
    await until('the wishes are stored', async () => {
      const wishes = await sql<{ kind: string }>(
        world.database.url,
        `select kind from order_commands where ref = '${ref}' order by id`,
      );
      return wishes.map(({ kind }) => kind).join() === 'amend,amend,cancel';
    });
    const [{ permIds } = { permIds: [] }] = await sql<{ permIds: string[] }>(
      world.database.url,
      `select perm_ids as "permIds" from orders where key = '${ref}'`,
    );
    expect(permIds, 'one life at the broker').toHaveLength(1);
  });

  it('have children that go with an entry that is cancelled', async () => {
    world = await beginWorld();
    const ref = await place({ limitPrice: '2', takeProfit: '100000', stopLoss: '1' });
    expect(await children(ref)).toHaveLength(2);
    await world.trading.dashboard.cancelOrder(ref);
    await until('its children are over', async () => (await states(ref)).join() === 'cancelled,cancelled');
    await world.agrees();
  });

  it('have children that protect what is held over a crash of the connection, and go when it is sold by another order', async () => {
    world = await beginWorld();
    await rest();
    const ref = await place({
      ...{ orderType: 'MKT', timeInForce: 'DAY', takeProfit: '100000', stopLoss: '1' },
    });
    await until('the entry is filled', async () => (await row(ref)).state === 'filled');
    await until('its children work', async () => (await states(ref)).join() === 'working,working');
    await world.crash('connection', poison('socket.notice', 'code'));
    await world.open();
    await until('its children work on', async () => (await states(ref)).join() === 'working,working');
    // Refused for as long as prices are stale.
    await until('it is sold', async () => {
      return (await place({ side: 'SELL', orderType: 'MKT', timeInForce: 'DAY' })) !== '';
    });
    await until(
      'its children are over',
      async () => (await states(ref)).join() === 'cancelled,cancelled',
      20_000,
    );
    await world.agrees();
  });
});
