import { setup } from 'xstate';
import { machineOptions } from '../machine.options.ts';
import type { RiskEmitted, RiskEvent, RiskInput } from './risk.events.ts';
import type { RiskState, RiskStatus } from './risk.status.ts';

/** The status after an event; the same object when the event says nothing of risk. */
export function nextStatus(status: RiskStatus, event: RiskEvent, state: RiskState, at: number): RiskStatus {
  return event.type === 'shutdown' ? status : { state, since: at, cause: event.cause, author: event.author };
}

/**
 * Makes the machine of the risk region: whether orders may go out at all, above every session and strategy.
 * It remembers who changed it and why, and emits each change, which is stored and journaled by who listens. It
 * never places or cancels orders. Asking for the state that holds already changes nothing. Only a person ends a
 * halt; a reduction may also be ended by the one who asked for it.
 *
 * @param now epoch ms.
 * @param recall what was said last, for a restart; absent or null: the input holds.
 */
export function createRiskMachine(now: () => number, recall: () => RiskStatus | null = () => null) {
  const base = setup({
    types: {
      context: {} as { readonly status: RiskStatus },
      events: {} as RiskEvent,
      emitted: {} as RiskEmitted,
      input: {} as RiskInput,
    },
    guards: {
      wasHalted: ({ context }) => context.status.state === 'halted',
      wasReducing: ({ context }) => context.status.state === 'reducing',
      isAskedByPerson: ({ event }) => event.type !== 'shutdown' && event.author === 'person',
      /** A person, or whoever reduced and finds the cause gone. */
      mayResume: ({ context, event }) =>
        event.type !== 'shutdown' && (event.author === 'person' || event.author === context.status.author),
    },
  });
  const become = (state: RiskState) =>
    base.enqueueActions(({ context, event, enqueue }) => {
      const status = nextStatus(context.status, event, state, now());
      enqueue.assign({ status });
      enqueue.emit({ type: 'risk.changed', status });
    });

  return base.createMachine({
    id: 'risk',
    options: machineOptions,
    context: ({ input }) => ({ status: recall() ?? input.status }),
    initial: 'restoring',
    on: { shutdown: '.stopped' },
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
        description: 'Everything goes through.',
        on: {
          'risk.reduce': { target: 'reducing', actions: become('reducing') },
          'risk.halt': { target: 'halted', actions: become('halted') },
        },
      },
      reducing: {
        description: 'Only exits go through.',
        on: {
          'risk.resume': { guard: 'mayResume', target: 'active', actions: become('active') },
          'risk.halt': { target: 'halted', actions: become('halted') },
        },
      },
      halted: {
        description: 'Nothing goes through.',
        on: {
          'risk.resume': { guard: 'isAskedByPerson', target: 'active', actions: become('active') },
          'risk.reduce': { guard: 'isAskedByPerson', target: 'reducing', actions: become('reducing') },
        },
      },
      stopped: { type: 'final' },
    },
  });
}
