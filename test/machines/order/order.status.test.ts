import { describe, expect, it } from 'vitest';
import {
  foreignState,
  knownStatuses,
  type LiveState,
  type StatusVerdict,
  verdictOf,
} from '../../../machines/order/order.status.ts';

const rows: readonly [
  status: string,
  via: 'push' | 'open' | 'completed',
  own: LiveState,
  verdict: StatusVerdict,
][] = [
  ['PendingSubmit', 'push', 'sent', 'same'],
  ['PendingSubmit', 'open', 'unknown', 'working'],
  ['ApiPending', 'push', 'working', 'same'],
  ['PreSubmitted', 'push', 'sent', 'working'],
  ['Submitted', 'push', 'unknown', 'working'],
  ['Submitted', 'push', 'cancelling', 'same'],
  ['PendingCancel', 'push', 'working', 'cancelling'],
  ['PendingCancel', 'open', 'unknown', 'cancelling'],
  ['Cancelled', 'push', 'cancelling', 'cancelled'],
  ['ApiCancelled', 'push', 'sent', 'cancelled'],
  ['Filled', 'push', 'cancelling', 'filled'],
  ['Filled', 'completed', 'unknown', 'filled'],
  ['Inactive', 'push', 'sent', 'ask'],
  ['Inactive', 'push', 'working', 'ask'],
  ['Inactive', 'open', 'unknown', 'working'],
  ['Inactive', 'completed', 'unknown', 'rejected'],
  ['Surprise', 'push', 'working', 'alarm'],
];

describe('the status table', () => {
  it.each(rows)('reads %s by %s, while %s, as %s', (status, via, own, verdict) => {
    expect(verdictOf(own, status, via)).toBe(verdict);
  });

  it('changes no order that is final', () => {
    for (const status of knownStatuses) {
      for (const own of ['filled', 'cancelled', 'rejected', 'absent'] as const) {
        expect(verdictOf(own, status, 'push')).toBe('same');
      }
    }
  });

  it('calls nothing rejected but what the list of completed orders says', () => {
    for (const status of knownStatuses) {
      expect(verdictOf('unknown', status, 'push')).not.toBe('rejected');
      expect(verdictOf('unknown', status, 'open')).not.toBe('rejected');
    }
  });

  it('shows a foreign order whose status it does not know as unknown', () => {
    expect(foreignState('Surprise', 'open')).toBe('unknown');
    expect(foreignState('Submitted', 'open')).toBe('working');
  });
});
