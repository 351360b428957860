import type { OrderTicket } from '../messages/place-order.ts';

/** What an order type is made of. https://interactivebrokers.github.io/tws-api/basic_orders.html */
export interface OrderKind {
  /** What must happen first: a stop trades against the order, a touch in its favour, a trail follows the market. */
  readonly trigger: 'none' | 'stop' | 'touch' | 'trail';
  readonly price: 'market' | 'limit';
  /** Traded in an auction only. */
  readonly auction: 'open' | 'close' | undefined;
}

const KINDS: Readonly<Record<string, OrderKind>> = {
  MKT: { trigger: 'none', price: 'market', auction: undefined },
  LMT: { trigger: 'none', price: 'limit', auction: undefined },
  STP: { trigger: 'stop', price: 'market', auction: undefined },
  'STP LMT': { trigger: 'stop', price: 'limit', auction: undefined },
  TRAIL: { trigger: 'trail', price: 'market', auction: undefined },
  'TRAIL LIMIT': { trigger: 'trail', price: 'limit', auction: undefined },
  MIT: { trigger: 'touch', price: 'market', auction: undefined },
  LIT: { trigger: 'touch', price: 'limit', auction: undefined },
  MOC: { trigger: 'none', price: 'market', auction: 'close' },
  LOC: { trigger: 'none', price: 'limit', auction: 'close' },
};

/** Order types as contract details list them. */
export const ORDER_TYPES: readonly string[] = [
  ...['ACTIVETIM', 'AON', 'DAY', 'FOK', 'GAT', 'GTC', 'GTD', 'IOC', 'LIT', 'LMT', 'LOC', 'LOO', 'MIT', 'MKT'],
  ...['MOC', 'MOO', 'OCA', 'OPG', 'OUTSIDERTH', 'STP', 'STPLMT', 'TRAIL', 'TRAILLMT', 'WHATIF'],
];

/** Spellings that clients use beside the documented ones. */
const SPELLINGS: Readonly<Record<string, string>> = {
  STPLMT: 'STP LMT',
  TRAILLMT: 'TRAIL LIMIT',
  TRAILLIMIT: 'TRAIL LIMIT',
};

/** The kind of a ticket's order; undefined for a type that is not simulated. */
export function kindOf(ticket: OrderTicket): OrderKind | undefined {
  const kind = KINDS[SPELLINGS[ticket.orderType] ?? ticket.orderType];
  if (kind === undefined || ticket.tif !== 'OPG') return kind;
  // Market and limit on open are a market and a limit order with this time in force.
  return kind.trigger === 'none' && kind.auction === undefined ? { ...kind, auction: 'open' } : undefined;
}
