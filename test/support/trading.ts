import { z } from 'zod';
import { orderResultSchema, type TradeView, tradeViewSchema } from '../../src/contract/portfolio.schema.ts';
import { sessionViewSchema } from '../../src/contract/session.schema.ts';
import { type SystemView, systemViewSchema } from '../../src/contract/system.schema.ts';
import { sql } from './sql.ts';
import { type TestSystem, until } from './system.ts';

export const readSystem = async (system: TestSystem): Promise<SystemView> =>
  systemViewSchema.parse(await system.api('GET', '/api/v1/system'));

export const readSessions = async (system: TestSystem) =>
  z.object({ items: z.array(sessionViewSchema) }).parse(await system.api('GET', '/api/v1/sessions')).items;

export const readTrades = async (system: TestSystem): Promise<TradeView[]> =>
  z.object({ items: z.array(tradeViewSchema) }).parse(await system.api('GET', '/api/v1/trades?limit=1000'))
    .items;

export const readTrade = async (system: TestSystem, ref: string): Promise<TradeView | undefined> =>
  (await readTrades(system)).find((trade) => trade.ref === ref);

/** Waits until the broker is ready and orders may leave. */
export const whenOpen = (system: TestSystem): Promise<SystemView> =>
  until(
    'the connection is ready and the order desk open',
    async () => {
      const view = await readSystem(system);
      return view.connection.phase === 'ready' && view.orderDesk === 'open' ? view : null;
    },
    30_000,
  );

/** Places an order as the dashboard does; answers its ref. */
export async function placeByHand(
  system: TestSystem,
  order: { symbol: string; side: 'BUY' | 'SELL'; quantity: string; limitPrice?: string },
): Promise<string> {
  const { symbol, side, quantity, limitPrice } = order;
  const result = orderResultSchema.parse(
    await system.api('POST', '/api/v1/orders', {
      instrumentId: `${symbol}.STK.SMART.USD`,
      side,
      quantity,
      orderType: limitPrice === undefined ? 'MKT' : 'LMT',
      ...(limitPrice === undefined ? {} : { limitPrice }),
      timeInForce: 'GTC',
    }),
  );
  if (result.ref === null) throw new Error(`the order was not placed: ${result.outcome} ${result.message}`);
  return result.ref;
}

/** Pauses every session and waits until no order of theirs is in flight and positions have been read again. */
export async function quiet(system: TestSystem, database: string): Promise<void> {
  for (const { id } of await readSessions(system)) await system.api('POST', `/api/v1/sessions/${id}/pause`);
  // An order that was handed to the desk before the pause is still on its way to the database.
  await until('no session is ordering', async () =>
    (await readSessions(system)).every(({ state }) => state !== 'ordering'),
  );
  await until('orders of sessions have ended', async () => {
    const open = await sql(
      database,
      `select key, state from orders where session_id is not null
         and state in ('intended', 'sent', 'unknown', 'working', 'cancelling')`,
    );
    return open.length === 0;
  });
  await system.api('POST', '/api/v1/positions/refresh');
}
