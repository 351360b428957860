/** Has XState do what a step of the desk says. */
import type { EventObject } from 'xstate';
import type { AmendmentInput } from './amendment.machine.ts';
import type { DeskContext, DeskEmitted, DeskEvent } from './desk.events.ts';
import type { Step } from './desk.step.ts';
import type { OrderInput } from './order.events.ts';
import type { SubmissionInput } from './submission.machine.ts';

/** Id of the actor of an order. */
export const orderActor = (ref: string) => `order:${ref}`;
const commitActor = (ref: string) => `commit:${ref}`;
const amendActor = (ref: string) => `amend:${ref}`;

/** The part of XState's enqueue that a step is performed with. */
interface Enqueue {
  assign(context: DeskContext): void;
  emit(event: DeskEmitted): void;
  raise(event: DeskEvent, options?: { readonly delay: number }): void;
  sendTo(actorId: string, event: EventObject): void;
  spawnChild(src: 'order', options: { id: string; input: OrderInput }): void;
  spawnChild(src: 'amendment', options: { id: string; input: AmendmentInput }): void;
  spawnChild(src: 'submission', options: { id: string; input: SubmissionInput }): void;
  stopChild(actorId: string): void;
}

/** Performs the effects in order, after the new context. */
export function perform(enqueue: Enqueue, step: Step): void {
  enqueue.assign(step.context);
  for (const effect of step.effects) {
    switch (effect.kind) {
      case 'emit':
        enqueue.emit(effect.event);
        break;
      case 'raise':
        enqueue.raise(effect.event);
        break;
      case 'raiseLater':
        enqueue.raise(effect.event, { delay: effect.delayMs });
        break;
      case 'record': {
        const { command, writings } = effect;
        enqueue.sendTo('recorder', { type: 'recorder.write', command, writings } as EventObject);
        break;
      }
      case 'tell':
        enqueue.sendTo(orderActor(effect.ref), effect.event);
        break;
      case 'startOrder':
        enqueue.spawnChild('order', { id: orderActor(effect.input.order.ref), input: effect.input });
        break;
      case 'stopOrder':
        enqueue.stopChild(orderActor(effect.ref));
        break;
      case 'startCommit':
        enqueue.spawnChild('submission', {
          id: commitActor(effect.input.intent.ref),
          input: effect.input,
        });
        break;
      case 'stopCommit':
        enqueue.stopChild(commitActor(effect.ref));
        break;
      case 'startAmendment':
        enqueue.spawnChild('amendment', {
          id: amendActor(effect.input.amendment.ref),
          input: effect.input,
        });
        break;
      case 'stopAmendment':
        enqueue.stopChild(amendActor(effect.ref));
        break;
    }
  }
}
