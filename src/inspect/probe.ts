import type { AnyActorRef, InspectionEvent } from 'xstate';
import { presentCause, presentRecord } from './attribution.ts';
import { FaultBook } from './fault-book.ts';
import { isNobodysLoss, Mailbox } from './mailbox.ts';
import { withTargets } from './names.ts';
import type { Inspector, ProbeState, TurnObserver } from './probe.state.ts';
import { adopt, isOwnEnd } from './probed-actor.ts';
import { replaceScheduler } from './scheduler.ts';
import { currentTurn, Place, recordOf } from './turn.ts';
import {
  type ActorInternals,
  type InspectionInternals,
  internalsOf,
  ProcessingStatus,
  type SystemInternals,
} from './xstate-internals.ts';

export interface ProbeOptions {
  readonly observer: TurnObserver;
  /** Told once of each distinct fault that was kept from doing harm: of observers, inspectors, subscribers, cleanups. */
  readonly onFault: (message: string) => void;
  /** Events that may wait at one actor; one more is a dead letter. @default 10_000 */
  readonly mailboxCapacity?: number;
  /** Inspectors in XState's sense. What they throw is told as a fault. */
  readonly inspectors?: readonly Inspector[];
}

export interface Probe {
  /** For the `inspect` of `createActor`; all actors of that system are probed from their making. */
  readonly inspect: (event: InspectionEvent) => void;
  /** Events that wait at an actor, most that ever did, and those handled; null for one that is not probed. */
  mailboxOf(ref: AnyActorRef): Pick<Mailbox, 'depth' | 'peak' | 'handled'> | null;
}

const everyType: readonly InspectionEvent['type'][] = [
  '@xstate.actor',
  '@xstate.event',
  '@xstate.microstep',
  '@xstate.action',
  '@xstate.snapshot',
];

/** The observer, whose throws are told as faults. */
function harmlessObserver(observer: TurnObserver, faults: FaultBook): TurnObserver {
  const guard =
    <A extends unknown[]>(what: string, call: (...args: A) => void) =>
    (...args: A): void => {
      try {
        call.apply(observer, args);
      } catch (error) {
        faults.note(`the observer failed at ${what}`, error);
      }
    };
  return {
    // Guarded where they are called: they are called at every turn.
    begin: (turn) => observer.begin(turn),
    end: (turn) => observer.end(turn),
    rest: () => observer.rest(),
    crashed: guard('a crash', observer.crashed),
    ended: guard('the end of an actor', observer.ended),
    deadLetter: guard('a dead letter', observer.deadLetter),
  };
}

/** The events that an observer wants to hear; one that does not say hears all. */
function typesOf(observer: unknown): Inspector['types'] {
  const types: unknown =
    typeof observer === 'object' && observer !== null ? Reflect.get(observer, 'types') : undefined;
  return Array.isArray(types) ? everyType.filter((type) => types.includes(type)) : everyType;
}

function callbackOf(observer: unknown): (event: InspectionEvent) => void {
  if (typeof observer === 'function') return (event) => observer(event);
  const next: unknown =
    typeof observer === 'object' && observer !== null ? Reflect.get(observer, 'next') : undefined;
  return (event) => {
    if (typeof next === 'function') next.call(observer, event);
  };
}

/**
 * Watches every actor of a running system from its making to its end, exactly, and closes the holes of XState 5.33:
 * nothing that watches can hurt what it watches, failed callbacks are disposed of and fall silent, a cleanup that
 * throws fells nobody, a crashed machine leaves no children running, events that reach nobody are told of, mailboxes
 * are bounded, long chains of synchronous sends do not overflow the stack, and ending actors costs no more with many.
 *
 * A turn is not what the logic's `transition` does: the library sends events, starts children and tells subscribers
 * after it has returned. So it is the actors that are changed (some methods, mailbox, executor of actions),
 * before they have a state; their logics stay what they are.
 */
export function probeSystem(options: ProbeOptions): Probe {
  const faults = new FaultBook(options.onFault);
  const places = new Map<string, Place>();
  const probe: ProbeState = {
    observer: harmlessObserver(options.observer, faults),
    faults,
    mailboxCapacity: options.mailboxCapacity ?? 10_000,
    inspectors: new Set(options.inspectors),
    placeOf: (rootId) => {
      const place = places.get(rootId) ?? new Place(rootId);
      places.set(rootId, place);
      return place;
    },
  };
  const roots = new WeakSet<SystemInternals>();
  return {
    inspect: (event) => {
      if (event.type !== '@xstate.actor') return;
      const actor = internalsOf(event.actorRef as AnyActorRef);
      if (roots.has(actor.system)) return;
      roots.add(actor.system);
      takeOver(actor, probe);
      actor.system._sendInspectionEvent({ type: '@xstate.actor', actorRef: actor });
    },
    mailboxOf: (ref) => {
      const { mailbox } = internalsOf(ref);
      if (!(mailbox instanceof Mailbox)) return null;
      const { depth, peak, handled } = mailbox;
      return { depth, peak, handled };
    },
  };
}

/** Puts a system under the probe while its root is being made. */
function takeOver(root: ActorInternals, probe: ProbeState): void {
  const { system } = root;

  const isWanted = (type: InspectionEvent['type']): boolean => {
    for (const { types } of probe.inspectors) if (types.includes(type)) return true;
    return false;
  };

  const deliver = (
    source: ActorInternals | undefined,
    target: ActorInternals,
    event: { type: string },
    cause: number | null,
  ): void => {
    const sender = recordOf(source);
    if (source !== undefined && sender?.muted && target === source._parent && !isOwnEnd(source, event))
      return;
    if (isWanted('@xstate.event')) {
      tell({ type: '@xstate.event', actorRef: target, sourceRef: source, event } as InspectionInternals);
    }
    const receiver = recordOf(target);
    if (receiver === undefined) target._send(event);
    else if (target._processingStatus !== ProcessingStatus.stopped) {
      (target.mailbox as Mailbox).post(event, cause, sender);
    } else if (!isNobodysLoss(event)) {
      const from = (sender ?? presentRecord())?.path ?? null;
      probe.observer.deadLetter({ to: receiver.path, from, event, reason: 'stopped', cause });
    }
  };

  const tell = (event: InspectionInternals): void => {
    event.rootId = root.sessionId;
    for (const { types, inspect } of probe.inspectors) {
      if (!(types as readonly string[]).includes(event.type)) continue;
      try {
        inspect(event as unknown as InspectionEvent);
      } catch (error) {
        probe.faults.note('an inspector failed', error);
      }
    }
  };

  system._relay = (source, target, event) => deliver(source, target, event, presentCause());
  system._sendInspectionEvent = (event) => {
    if (event.type === '@xstate.microstep') {
      const turn = currentTurn();
      if (turn !== null && turn.record.ref === event.actorRef && event._transitions?.length) {
        turn.targets = withTargets(turn.targets, event._transitions);
      }
    } else if (event.type === '@xstate.actor') adopt(event.actorRef, probe);
    if (probe.inspectors.size > 0) tell(event);
  };
  system.inspect = (observer) => {
    const inspector: Inspector = { types: typesOf(observer), inspect: callbackOf(observer) };
    probe.inspectors.add(inspector);
    return { unsubscribe: () => probe.inspectors.delete(inspector) };
  };
  replaceScheduler(system, deliver);
}
