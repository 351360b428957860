import type { EventObject, InspectionEvent } from 'xstate';
import type { FaultBook } from './fault-book.ts';
import type { ActorRecord, Place, Turn } from './turn.ts';

/** Why an event reached nobody. */
export type DeadLetterReason = 'stopped' | 'mailboxFull' | 'lostInCrash';

export interface DeadLetter {
  /** Path of the receiver. */
  readonly to: string;
  /** Path of the sender; null when it came from outside every actor. */
  readonly from: string | null;
  readonly event: EventObject;
  readonly reason: DeadLetterReason;
  /** `seq` of the turn in which it was sent; null when it came from outside. */
  readonly cause: number | null;
}

/** Follows every turn. What it throws is told as a fault and harms nobody. */
export interface TurnObserver {
  /** Gives the turn its `seq`, one without a kind that of the actor's birth; all that it does is still to come. */
  begin(turn: Turn): void;
  /** The actor is at rest again: alive, finished, failed or stopped. */
  end(turn: Turn): void;
  /** The outermost turn is over: nobody is at work. */
  rest(): void;
  /** `turn` is the one that it failed in; null when it failed outside its own turns. */
  crashed(record: ActorRecord, error: unknown, turn: Turn | null): void;
  /** It finished by itself, or was stopped before it had started. */
  ended(record: ActorRecord, status: 'done' | 'stopped'): void;
  deadLetter(letter: DeadLetter): void;
}

/** An inspector in XState's sense, with the events that it wants: all others cost nothing. */
export interface Inspector {
  readonly types: readonly InspectionEvent['type'][];
  readonly inspect: (event: InspectionEvent) => void;
}

/** What all actors of one probed system share. */
export interface ProbeState {
  readonly observer: TurnObserver;
  readonly faults: FaultBook;
  readonly mailboxCapacity: number;
  readonly inspectors: Set<Inspector>;
  /** The place of a root; the same for one that is started again. */
  readonly placeOf: (rootId: string) => Place;
}
