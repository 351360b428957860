import type { OrderRef } from '../domain/order.ts';
import type { AmendmentInput } from './amendment.machine.ts';
import type { DeskContext, DeskEmitted, DeskEvent } from './desk.events.ts';
import type { OrderEvent, OrderInput } from './order.events.ts';
import { isOurs, type Writing } from './recorder.logic.ts';
import type { SubmissionInput } from './submission.machine.ts';

/** What the desk is to do besides changing its context; performed in order. */
export type Effect =
  | { readonly kind: 'emit'; readonly event: DeskEmitted }
  | { readonly kind: 'record'; readonly command: number; readonly writings: readonly Writing[] }
  | { readonly kind: 'raise'; readonly event: DeskEvent }
  | { readonly kind: 'raiseLater'; readonly event: DeskEvent; readonly delayMs: number }
  | { readonly kind: 'tell'; readonly ref: OrderRef; readonly event: OrderEvent }
  | { readonly kind: 'startOrder'; readonly input: OrderInput }
  | { readonly kind: 'stopOrder'; readonly ref: OrderRef }
  | { readonly kind: 'startCommit'; readonly input: SubmissionInput }
  | { readonly kind: 'stopCommit'; readonly ref: OrderRef }
  | { readonly kind: 'startAmendment'; readonly input: AmendmentInput }
  | { readonly kind: 'stopAmendment'; readonly ref: OrderRef };

/** A change of the desk under construction: later parts see what earlier ones changed. */
export interface Step {
  context: DeskContext;
  readonly effects: Effect[];
}

export const begin = (context: DeskContext): Step => ({ context, effects: [] });

export function change(step: Step, patch: Partial<DeskContext>): void {
  step.context = { ...step.context, ...patch };
}

export function emitEvent(step: Step, event: DeskEmitted): void {
  step.effects.push({ kind: 'emit', event });
}

export const alarm = (step: Step, message: string): void => emitEvent(step, { type: 'desk.alarm', message });

/** Hands writes to the recorder; what trading depends on is counted until the recorder says it is done. */
export function record(step: Step, ...writings: Writing[]): void {
  if (writings.length === 0) return;
  const command = step.context.recorderCommand + 1;
  change(step, {
    recorderCommand: command,
    pendingOurs: step.context.pendingOurs + writings.filter(isOurs).length,
  });
  step.effects.push({ kind: 'record', command, writings });
}

export function tell(step: Step, ref: OrderRef, event: OrderEvent): void {
  step.effects.push({ kind: 'tell', ref, event });
}

/** A record without one key. */
export function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  const { [key]: _, ...rest } = record;
  return rest;
}
