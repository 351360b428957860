import type { EventObject } from 'xstate';
import { presentCause, presentRecord } from './attribution.ts';
import { runTurn } from './probed-turn.ts';
import type { ActorRecord } from './turn.ts';
import { type MailboxInternals, STOP } from './xstate-internals.ts';

interface Letter {
  readonly event: EventObject;
  readonly cause: number | null;
  readonly from: ActorRecord | null;
  next: Letter | null;
}

/**
 * Turns within turns beyond which an event waits until the outermost turn is over. XState nests them on the stack
 * without bound: a chain of 2,000 synchronous sends overflows it and loses the event without a word.
 */
const deepestNesting = 100;

let depth = 0;
const postponed: Mailbox[] = [];

/** Signals of the library itself are never refused. */
const isSignal = (event: EventObject): boolean => event.type.startsWith('xstate.');
/** What an actor or the library tells an actor about itself is nobody's loss; the end of a child is. */
export const isNobodysLoss = (event: EventObject): boolean =>
  isSignal(event) && !/^xstate\.(error|done)\.actor\./.test(event.type);

/** Takes the place of XState's mailbox: the same order, but counted, bounded, and with the cause of each event. */
export class Mailbox implements MailboxInternals {
  readonly #record: ActorRecord;
  #started = false;
  #isBusy = false;
  #head: Letter | null = null;
  #tail: Letter | null = null;
  /** Events that wait. */
  depth = 0;
  /** Most that ever waited. */
  peak = 0;
  /** Events handled so far. */
  handled = 0;

  constructor(record: ActorRecord) {
    this.#record = record;
  }

  start(): void {
    this.#started = true;
    if (!this.#isBusy) this.#drain();
  }

  /** Whatever waits reaches nobody. */
  clear(): void {
    let letter = this.#head;
    this.#head = null;
    this.#tail = null;
    this.depth = 0;
    if (letter === null) return;
    const { ref, path, probe } = this.#record;
    const reason = ref._snapshot.status === 'error' ? 'lostInCrash' : 'stopped';
    for (; letter !== null; letter = letter.next) {
      const { event, cause, from } = letter;
      if (isNobodysLoss(event)) continue;
      probe.observer.deadLetter({ to: path, from: from?.path ?? null, event, reason, cause });
    }
  }

  enqueue(event: EventObject): void {
    this.post(event, presentCause(), undefined);
  }

  post(event: EventObject, cause: number | null, sender: ActorRecord | undefined): void {
    // A stop must take effect before its sender goes on: the place of the stopped is often taken at once.
    const isUrgent = event.type === STOP;
    if (!this.#isBusy && this.#started && this.#head === null && (depth < deepestNesting || isUrgent)) {
      this.#isBusy = true;
      depth += 1;
      this.handled += 1;
      try {
        runTurn(this.#record, event, cause);
      } finally {
        depth -= 1;
        this.#isBusy = false;
        if (this.#head !== null) this.#drain();
        else if (depth === 0 && postponed.length > 0) drainPostponed();
      }
      return;
    }
    const { probe, path } = this.#record;
    const from = sender ?? presentRecord();
    if (this.depth >= probe.mailboxCapacity && !isSignal(event)) {
      probe.observer.deadLetter({ to: path, from: from?.path ?? null, event, reason: 'mailboxFull', cause });
      return;
    }
    const letter: Letter = { event, cause, from, next: null };
    if (this.#tail === null) this.#head = letter;
    else this.#tail.next = letter;
    this.#tail = letter;
    this.depth += 1;
    if (this.depth > this.peak) this.peak = this.depth;
    if (this.#isBusy || !this.#started) return;
    if (isUrgent) this.#drain();
    else postponed.push(this);
  }

  #drain(): void {
    if (this.#head === null) return;
    this.#isBusy = true;
    depth += 1;
    try {
      for (let letter: Letter | null = this.#head; letter !== null; letter = this.#head) {
        this.#head = letter.next;
        if (this.#head === null) this.#tail = null;
        this.depth -= 1;
        this.handled += 1;
        runTurn(this.#record, letter.event, letter.cause);
      }
    } finally {
      depth -= 1;
      this.#isBusy = false;
    }
    if (depth === 0 && postponed.length > 0) drainPostponed();
  }

  /** Runs what waits, unless it is being run. */
  drain(): void {
    if (!this.#isBusy && this.#started) this.#drain();
  }
}

let isDraining = false;

function drainPostponed(): void {
  if (isDraining) return;
  isDraining = true;
  try {
    for (let mailbox = postponed.shift(); mailbox !== undefined; mailbox = postponed.shift()) mailbox.drain();
  } finally {
    isDraining = false;
  }
}
