import { type Order, OrderAction, OrderType, TimeInForce } from '@stoqey/ib';
import { SESSION_MS, type TestClient } from '../support.ts';
import type { World } from './harness.ts';

/** An order for 100 at the market, good for the day, transmitted. */
export const order = (change: Partial<Order> = {}): Order => ({
  action: OrderAction.BUY,
  orderType: OrderType.MKT,
  totalQuantity: 100,
  tif: TimeInForce.DAY,
  transmit: true,
  ...change,
});
export const limit = (lmtPrice: number, change: Partial<Order> = {}): Order =>
  order({ orderType: OrderType.LMT, lmtPrice, ...change });
export const sell = (change: Partial<Order>): Order => order({ action: OrderAction.SELL, ...change });

/** Statuses of an order as they were told, repetitions left out. */
export function statuses(client: TestClient, orderId: number): string[] {
  const all = client
    .all('orderStatus')
    .filter(([id]) => id === orderId)
    .map(([, status]) => String(status));
  return all.filter((status, at) => status !== all[at - 1]);
}

/** The arguments of the newest orderStatus of an order by name. */
export function status(client: TestClient, orderId: number) {
  const args = client.all('orderStatus').findLast(([id]) => id === orderId) ?? [];
  const [, name, filled, remaining, avgFillPrice, permId, parentId, lastFillPrice, clientId, whyHeld] = args;
  return { name, filled, remaining, avgFillPrice, permId, parentId, lastFillPrice, clientId, whyHeld };
}

/** The order and its state as openOrder told them last. */
export function told(client: TestClient, orderId: number) {
  const args = client.all('openOrder').findLast(([id]) => id === orderId) ?? [];
  const [, contract, ticket, state] = args;
  return { contract, order: ticket, state };
}

/** Executions of an order. */
export const executions = (client: TestClient, orderId: number) =>
  client.all('execDetails').flatMap(([, , execution]) => (execution.orderId === orderId ? [execution] : []));

/**
 * Lets a part of ACME's session pass, 1 for the whole, after everything asked before has arrived; then waits until
 * everything of it was heard.
 */
export async function play({ gateway, client }: World, sessions: number): Promise<void> {
  await client.settled();
  gateway.pass(SESSION_MS * sessions);
  await client.settled();
}
