import { setup } from 'xstate';
import { machineOptions } from '../machine.options.ts';
import type { RiskEmitted, RiskEvent, RiskInput } from './risk.events.ts';
import { changePart, givesWay, statusOf } from './risk.logic.ts';
import type { HeldBack, RiskStatus } from './risk.status.ts';

/** What was said last, of the whole and of its parts. */
export interface RiskMemory {
  readonly status: RiskStatus;
  readonly parts: readonly HeldBack[];
}

/**
 * Makes the machine of the risk region: whether orders may go out at all, above every session and strategy. The states
 * are those of the whole; an account or a session can be held back by itself, by the same rules, and is in `parts`. It
 * remembers who changed what and why, and emits each change, which is stored and journaled by who listens. It never
 * places or cancels orders.
 *
 * @param now epoch ms.
 * @param recall what was said last, for a restart; absent or null: the input holds.
 */
export function createRiskMachine(now: () => number, recall: () => RiskMemory | null = () => null) {
  const base = setup({
    types: {
      context: {} as RiskMemory,
      events: {} as RiskEvent,
      emitted: {} as RiskEmitted,
      input: {} as RiskInput,
    },
    guards: {
      wasHalted: ({ context }) => context.status.state === 'halted',
      wasReducing: ({ context }) => context.status.state === 'reducing',
      /** It is for the whole, and the whole gives way to it. */
      wholeGivesWay: ({ context, event }) =>
        event.type !== 'shutdown' && event.scope === undefined && givesWay(context.status, event),
      /** It is for an account or a session. */
      isForPart: ({ event }) => event.type !== 'shutdown' && event.scope !== undefined,
    },
  });
  const become = base.enqueueActions(({ event, enqueue }) => {
    if (event.type === 'shutdown') return;
    const status = statusOf(event, now());
    enqueue.assign({ status });
    enqueue.emit({ type: 'risk.changed', status });
  });
  const holdPart = base.enqueueActions(({ context, event, enqueue }) => {
    const change = event.type === 'shutdown' ? null : changePart(context.parts, event, now());
    if (change === null) return;
    enqueue.assign({ parts: change.parts });
    enqueue.emit({ type: 'risk.partChanged', ...change });
  });
  const part = { guard: 'isForPart', actions: holdPart } as const;

  return base.createMachine({
    id: 'risk',
    options: machineOptions,
    context: ({ input }) => recall() ?? { status: input.status, parts: input.parts },
    initial: 'restoring',
    on: { shutdown: '.stopped', 'risk.halt': part, 'risk.reduce': part, 'risk.resume': part },
    states: {
      restoring: {
        description: 'Takes over the stored state.',
        always: [
          { guard: 'wasHalted', target: 'halted' },
          { guard: 'wasReducing', target: 'reducing' },
          { target: 'active' },
        ],
      },
      active: {
        description: 'Everything goes through, but of parts that are held back.',
        on: {
          'risk.reduce': { guard: 'wholeGivesWay', target: 'reducing', actions: become },
          'risk.halt': { guard: 'wholeGivesWay', target: 'halted', actions: become },
        },
      },
      reducing: {
        description: 'Only exits go through.',
        on: {
          'risk.resume': { guard: 'wholeGivesWay', target: 'active', actions: become },
          'risk.halt': { guard: 'wholeGivesWay', target: 'halted', actions: become },
        },
      },
      halted: {
        description: 'Nothing goes through.',
        on: {
          'risk.resume': { guard: 'wholeGivesWay', target: 'active', actions: become },
          'risk.reduce': { guard: 'wholeGivesWay', target: 'reducing', actions: become },
        },
      },
      stopped: { type: 'final' },
    },
  });
}
