import { type AnyActorLogic, createActor, type InspectionEvent } from 'xstate';
import type { DeadLetter, Inspector, TurnObserver } from '../../../src/inspect/probe.state.ts';
import { probeSystem } from '../../../src/inspect/probe.ts';
import type { ActorRecord, Turn } from '../../../src/inspect/turn.ts';
import { createQueueClock } from '../../support/clock.ts';

/** An observer that keeps everything, and numbers turns from 1. */
export class Notebook implements TurnObserver {
  readonly turns: Turn[] = [];
  readonly crashes: { path: string; error: unknown; event: string | null }[] = [];
  readonly ends: string[] = [];
  readonly letters: DeadLetter[] = [];
  #seq = 0;

  begin(turn: Turn): void {
    if (turn.kind === null) {
      turn.seq = turn.record.birth;
      return;
    }
    this.#seq += 1;
    turn.seq = this.#seq;
    this.turns.push(turn);
  }

  end(): void {}

  rest(): void {}

  crashed(record: ActorRecord, error: unknown, turn: Turn | null): void {
    this.crashes.push({ path: record.path, error, event: turn?.event?.type ?? null });
  }

  ended(record: ActorRecord, status: string): void {
    this.ends.push(`${record.path} ${status}`);
  }

  deadLetter(letter: DeadLetter): void {
    this.letters.push(letter);
  }

  /** Turns as `path event`. */
  told(): string[] {
    return this.turns.map((turn) => `${turn.record.path} ${turn.event?.type ?? 'spawn'}`);
  }
}

export interface ProbedOptions {
  readonly mailboxCapacity?: number;
  readonly input?: unknown;
  readonly inspectors?: readonly Inspector[];
  readonly observer?: TurnObserver;
}

/** A system whose root is `root`, under the probe, in virtual time; not started. */
export function probed(logic: AnyActorLogic, options: ProbedOptions = {}) {
  const { input, observer, ...rest } = options;
  const notebook = new Notebook();
  const faults: string[] = [];
  const clock = createQueueClock();
  const probe = probeSystem({
    observer: observer ?? notebook,
    onFault: (message) => faults.push(message),
    ...rest,
  });
  const errors: unknown[] = [];
  const actor = createActor(logic, { id: 'root', inspect: probe.inspect, clock, input });
  actor.subscribe({ error: (error: unknown) => errors.push(error) });
  return { actor, probe, notebook, faults, clock, errors };
}

/** The same system without the probe, for what the library does by itself. */
export function bare(logic: AnyActorLogic, inspect?: (event: InspectionEvent) => void) {
  const clock = createQueueClock();
  const errors: unknown[] = [];
  const actor = createActor(logic, { id: 'root', clock, ...(inspect === undefined ? {} : { inspect }) });
  actor.subscribe({ error: (error: unknown) => errors.push(error) });
  return { actor, clock, errors };
}
