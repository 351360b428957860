import { z } from 'zod';
import { Reply } from '../../wire/ids.ts';
import { type Fault, fault } from '../fault.ts';
import type { FaultWorld, MessageRule } from '../ports.ts';

const NAMES = {
  orderStatus: Reply.orderStatus,
  openOrder: Reply.openOrder,
  execDetails: Reply.execution,
  commissionReport: Reply.commissionReport,
  position: Reply.position,
  error: Reply.error,
  nextValidId: Reply.nextValidId,
  tickPrice: Reply.tickPrice,
  historicalData: Reply.historicalData,
} as const;
const message = z
  .enum(Object.keys(NAMES) as [keyof typeof NAMES, ...(keyof typeof NAMES)[]])
  .describe('The callback that is concerned.');
const count = z.int().positive().default(1).describe('How many of them.');

function rule(
  { conditions }: FaultWorld,
  fate: MessageRule['fate'],
  of: { message: keyof typeof NAMES; count: number; client: number | undefined; delayMs?: number },
): () => void {
  const made: MessageRule = {
    ...{ message: NAMES[of.message], client: of.client, fate, delayMs: of.delayMs ?? 0, left: of.count },
  };
  conditions.messageRules.push(made);
  return () => {
    const at = conditions.messageRules.indexOf(made);
    if (at >= 0) conditions.messageRules.splice(at, 1);
  };
}

/** Faults of single callbacks. */
export const messageFaults: readonly Fault[] = [
  fault({
    name: 'message-lost',
    summary: 'A callback never arrives.',
    source: 'Lean IB #93, #252: an order without any callback',
    parameters: { message, count },
    example: '{ fault: message-lost, message: orderStatus, on: order, nth: 3 }',
    lasts: true,
    strike: (world, p, { clientId }) => rule(world, 'lose', { ...p, client: clientId }),
  }),
  fault({
    name: 'message-duplicated',
    summary: 'A callback arrives twice.',
    source: 'IBKR: "there are usually duplicate orderStatus messages"',
    parameters: { message, count },
    example: '{ fault: message-duplicated, message: execDetails, count: 5 }',
    lasts: true,
    strike: (world, p, { clientId }) => rule(world, 'duplicate', { ...p, client: clientId }),
  }),
  fault({
    name: 'message-reordered',
    summary: 'A callback arrives behind the one that follows it.',
    source: 'Executions before or after their status; commissions before their execution',
    parameters: { message, count },
    example: '{ fault: message-reordered, message: execDetails }',
    lasts: true,
    strike: (world, p, { clientId }) => rule(world, 'reorder', { ...p, client: clientId }),
  }),
  fault({
    name: 'message-delayed',
    summary: 'A callback arrives late, behind whatever else was said meanwhile.',
    source: 'Commission reports minutes after their execution',
    parameters: { message, count, ms: z.int().positive().default(2000) },
    example: '{ fault: message-delayed, message: commissionReport, ms: 5000 }',
    lasts: true,
    strike: (world, p, { clientId }) => rule(world, 'delay', { ...p, client: clientId, delayMs: p.ms }),
  }),
];
