import { z } from 'zod';
import type { Complaint } from '../../matching/rules.ts';
import { type Fault, fault } from '../fault.ts';

const rejected = (reason: string): Complaint => ({ code: 201, text: `Order rejected - reason:${reason}` });

/** Rejections by class, in TWS's codes and words. */
const REJECTIONS = {
  margin: rejected(
    'YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH LOAN VALUE MUST EXCEED THE INITIAL MARGIN',
  ),
  'short-sale': rejected('The contract is not available for short sale.'),
  permission: rejected('No trading permissions.'),
  'price-limit': rejected('The limit price is too far from the market.'),
  exchange: rejected('The exchange is closed.'),
  size: rejected('The size exceeds the limit of this account.'),
  tick: {
    code: 110,
    text: 'The price does not conform to the minimum price variation for this contract.',
  },
  'duplicate-id': { code: 103, text: 'Duplicate order id' },
  contract: { code: 200, text: 'No security definition has been found for the request' },
  validation: { code: 321, text: "Error validating request.-'bW' : cause - Rejected by a fault" },
} as const satisfies Record<string, Complaint>;
type Rejection = keyof typeof REJECTIONS;

/** Faults of orders and executions; they happen to the broker's books too, not to the messages alone. */
export const orderFaults: readonly Fault[] = [
  fault({
    name: 'reject-order',
    summary: 'The next orders are refused, by the class of the rejection.',
    source: 'https://interactivebrokers.github.io/tws-api/message_codes.html',
    parameters: {
      reason: z.enum(Object.keys(REJECTIONS) as [Rejection, ...Rejection[]]).default('margin'),
      count: z.int().positive().default(1),
    },
    example: '{ fault: reject-order, reason: short-sale, count: 2 }',
    lasts: true,
    strike: ({ conditions }, { reason, count }, { clientId }) => {
      const refusal = { complaint: REJECTIONS[reason], left: count, client: clientId };
      conditions.refusals.push(refusal);
      return () => {
        refusal.left = 0;
      };
    },
  }),
  fault({
    name: 'exchange-silent',
    summary:
      'The exchange confirms nothing: orders stay PendingSubmit, cancels PendingCancel (and may still be filled).',
    source: 'https://interactivebrokers.github.io/tws-api/order_submission.html',
    parameters: {},
    example: '{ fault: exchange-silent, after: 20s, for: 5s }',
    lasts: true,
    strike: ({ conditions }) => {
      const release = conditions.exchangeSilent.hold();
      return () => {
        release();
      };
    },
  }),
  fault({
    name: 'fill-after-cancel',
    summary: 'An order that was told as cancelled is filled after all.',
    source: 'ib_insync #491; a fill that was on its way',
    parameters: {},
    example: '{ fault: fill-after-cancel, on: cancel }',
    lasts: false,
    strike: ({ broker }, _, { order }) => {
      if (order !== undefined) broker.desk.fillAfterCancel(order.permId);
      return undefined;
    },
  }),
  fault({
    name: 'partial-then-disconnect',
    summary: 'A part of an order is filled and the connection breaks before the client hears of it.',
    source: 'Lean IB #249',
    parameters: { fraction: z.number().gt(0).lt(1).default(0.5) },
    example: '{ fault: partial-then-disconnect, on: order, fraction: 0.3 }',
    lasts: false,
    strike: ({ broker }, { fraction }, { client, order }) => {
      // Dropped first: what is said to a broken connection is lost.
      client?.drop();
      if (order !== undefined) broker.desk.fillPart(order.permId, fraction);
      return undefined;
    },
  }),
  fault({
    name: 'execution-correction',
    summary: 'An execution is told again with another price, under the same id with a raised last part.',
    source: 'https://interactivebrokers.github.io/tws-api/executions_commissions.html',
    parameters: { by: z.number().default(0.01).describe('Added to the price.') },
    example: '{ fault: execution-correction, on: fill, by: -0.05 }',
    lasts: false,
    strike: ({ broker }, { by }, { execution }) => {
      if (execution !== undefined) broker.desk.correct(execution.execId, execution.price.plus(by));
      return undefined;
    },
  }),
  fault({
    name: 'trade-bust',
    summary: 'An execution is taken back: told again with no shares, position and money as before it.',
    source: 'Clearly erroneous executions are busted by the exchange',
    parameters: {},
    example: '{ fault: trade-bust, on: fill, nth: 2 }',
    lasts: false,
    strike: ({ broker }, _, { execution }) => {
      if (execution !== undefined) broker.desk.bust(execution.execId);
      return undefined;
    },
  }),
];
