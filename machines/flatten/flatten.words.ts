import type { OrderRef } from '../domain/order.ts';
import type { CancelResult, SubmitResult } from '../order/desk.events.ts';
import type { CloseObstacle, CloseStep } from './close.logic.ts';

const obstacles: Readonly<Record<CloseObstacle, string>> = {
  deskClosed: 'the order desk is not open: no ready connection, or it recovers',
  positionUnknown: 'the broker has not told the position since its last fill',
  instrumentUnknown: 'the broker has not described the instrument',
  marketClosed: 'its market is closed',
  noFreshPrice: 'there is no live price of it that is fresh',
  orderRefused: 'the order was refused',
  cancelUnsettled: 'whether its orders are cancelled is not known',
  brokerSilent: 'the broker could not be asked',
  failed: 'a step failed',
};

const after = (message: string | null): string => (message === null || message === '' ? '' : `: ${message}`);

/** Why it waits, as the rest of a sentence about the instrument. */
export const obstacleWords = (obstacle: CloseObstacle, message: string | null): string =>
  `waits, for ${obstacles[obstacle]}${after(message)}; it is tried again.`;

export const stepWords = (step: CloseStep): string | null =>
  step.do === 'order' ? `${step.side} ${step.quantity} at a limit of ${step.limitPrice}.` : null;

export function submitWords(ref: OrderRef, result: SubmitResult | null): string {
  switch (result?.outcome) {
    case 'accepted':
      return `order ${ref} works.`;
    case 'unknown':
      return `whether order ${ref} works is not known yet${after(result.message)}.`;
    case 'rejected':
      return `order ${ref} was rejected${after(result.message)}`;
    case 'notSent':
      return `order ${ref} was not sent${after(result.message)}`;
    case undefined:
      return 'there was no order to send';
  }
}

const countOf = (results: readonly CancelResult[], outcome: CancelResult['outcome']): number =>
  results.filter((result) => result.outcome === outcome).length;

/** How many orders are cancelled, and how many are not. */
export function cancelWords(results: readonly CancelResult[]): string {
  const cancelled = countOf(results, 'accepted');
  const unknown = countOf(results, 'unknown');
  const rest = results.length - cancelled - unknown;
  return [
    `${cancelled} of ${results.length} orders cancelled`,
    ...(rest === 0 ? [] : [`${rest} over already or not cancelled`]),
    ...(unknown === 0 ? [] : [`${unknown} not known yet`]),
  ].join(', ');
}
