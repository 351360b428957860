import { Actor, type AnyActorLogic, type AnyActorRef, type EventObject, type Snapshot } from 'xstate';

/**
 * The inside of XState 5.33.3 that the probe works on. None of it is promised by the library: its version is pinned,
 * and a test compares this list with what is there, so that an upgrade cannot change it unseen.
 */
export interface ActorInternals {
  readonly id: string;
  readonly sessionId: string;
  readonly systemId: string | undefined;
  readonly src: string | AnyActorLogic;
  readonly options: { readonly input?: unknown };
  readonly system: SystemInternals;
  readonly _parent: ActorInternals | undefined;
  readonly _actorScope: ScopeInternals;
  readonly _deferred: (() => void)[];
  logic: AnyActorLogic;
  mailbox: MailboxInternals;
  _snapshot: Snapshot<unknown>;
  _processingStatus: ProcessingStatus;
  start(): this;
  update(snapshot: Snapshot<unknown>, event: EventObject): void;
  subscribe(...observer: readonly unknown[]): { unsubscribe(): void };
  on(type: string, handler: (event: EventObject) => void): { unsubscribe(): void };
  _initState(persisted: unknown): void;
  _process(event: EventObject): void;
  _send(event: EventObject): void;
  _stop(): this;
  _stopProcedure(): this;
  _complete(): void;
  _error(error: unknown): void;
}

export interface MailboxInternals {
  start(): void;
  clear(): void;
  enqueue(event: EventObject): void;
}

export interface ActionInternals {
  readonly type: string;
  readonly params: unknown;
  readonly exec: unknown;
}

export interface ScopeInternals {
  readonly self: ActorInternals;
  actionExecutor(action: ActionInternals): void;
}

export interface SystemInternals {
  readonly scheduler: SchedulerInternals;
  readonly _clock: { setTimeout(fn: () => void, ms: number): unknown; clearTimeout(id: unknown): void };
  inspect(observer: unknown): { unsubscribe(): void };
  getSnapshot(): { readonly _scheduledEvents: Readonly<Record<string, unknown>> };
  _set(systemId: string, actor: ActorInternals): void;
  _unregister(actor: ActorInternals): void;
  _relay(source: ActorInternals | undefined, target: ActorInternals, event: EventObject): void;
  _sendInspectionEvent(event: InspectionInternals): void;
}

export interface SchedulerInternals {
  schedule(
    source: ActorInternals,
    target: ActorInternals,
    event: EventObject,
    delayMs: number,
    id?: string,
  ): void;
  cancel(source: ActorInternals, id: string): void;
  cancelAll(actor: ActorInternals): void;
}

/** An inspection event as it is before the id of the root is added. */
export interface InspectionInternals {
  readonly type: string;
  readonly actorRef: ActorInternals;
  readonly _transitions?: readonly TransitionInternals[];
  rootId?: string;
}

export interface TransitionInternals {
  readonly source: { readonly id: string };
  readonly target: readonly { readonly id: string }[] | undefined;
}

export const ProcessingStatus = { notStarted: 0, running: 1, stopped: 2 } as const;
export type ProcessingStatus = (typeof ProcessingStatus)[keyof typeof ProcessingStatus];

export const STOP = 'xstate.stop';

export const internalsOf = (ref: AnyActorRef): ActorInternals => ref as unknown as ActorInternals;
export const refOf = (actor: ActorInternals): AnyActorRef => actor as unknown as AnyActorRef;

/** The methods of every actor. */
export const actorMethods = Actor.prototype as unknown as ActorInternals;
