/**
 * The desk as plain calls, for sessions and the web server.
 *
 * It belongs to no desk in particular: each call looks the desk up, and a new one under the same systemId is taken over at
 * the next call, or at once when whoever starts it says `deskStarted()`. Subscriptions stay. Every call settles, also when
 * the desk dies in between; then the outcome is `unknown`, because nobody can say what left before.
 */
import type { ActorRefFrom } from 'xstate';
import { BrokerError } from '../domain/broker-error.ts';
import type { CommissionReport, Execution } from '../domain/execution.ts';
import { failureMessage } from '../domain/failure.ts';
import { isFinal, type Order, type OrderAmendment, type OrderRef } from '../domain/order.ts';
import { inFlight as inFlightOf } from './desk.commands.ts';
import type {
  AmendResult,
  CancelResult,
  DeskEmitted,
  DeskEvent,
  DeskState,
  InFlight,
  Submission,
  SubmitResult,
} from './desk.events.ts';
import { type DeskMachine, deskState } from './desk.machine.ts';

export type DeskRef = ActorRefFrom<DeskMachine>;
type Result = SubmitResult | CancelResult;
type Unsubscribe = () => void;

export interface DeskClient {
  /** Commits, sends and answers with the first word of the broker, or `unknown` after the acknowledgement's deadline. */
  submit(submission: Submission): Promise<SubmitResult>;
  /** Answers when the order is settled, the broker refuses the cancel, or nobody knows. */
  cancel(ref: OrderRef): Promise<CancelResult>;
  /** Commits new terms of an order that works, sends them, and answers what the broker says. */
  amend(amendment: OrderAmendment): Promise<AmendResult>;
  /** Refs of everything that is, or may come to be, exposure; counted from the call of `submit` on. */
  /** How many orders wait for the broker's limits, or for the answer to the first one. */
  waitingToLeave(): number;
  inFlight(filter: { sessionId?: string; instrumentId?: string }): OrderRef[];
  isOpen(): boolean;
  state(): DeskState;
  onOrder(listener: (order: Order) => void): Unsubscribe;
  onExecution(listener: (execution: Execution) => void): Unsubscribe;
  onCommission(listener: (report: CommissionReport) => void): Unsubscribe;
  onAlarm(listener: (message: string) => void): Unsubscribe;
  onState(listener: (state: DeskState) => void): Unsubscribe;
  /** Has the broker asked now; resolves when its answer is stored. @throws BrokerError when it could not be asked */
  reconcile(): Promise<void>;
  /** Takes over a desk that has just been started. */
  deskStarted(): void;
}

/** A set of listeners of which none can hurt the others. */
function createTopic<T>(onFailure: (message: string) => void) {
  const listeners = new Set<(value: T) => void>();
  return {
    tell(value: T): void {
      for (const listener of [...listeners]) {
        try {
          listener(value);
        } catch (error) {
          onFailure(failureMessage(error));
        }
      }
    },
    on(listener: (value: T) => void): Unsubscribe {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Tells the requests of several clients of one desk apart. */
let clients = 0;

/** Builds the facade over whoever is the desk at the moment; a listener that throws becomes an alarm. */
export function createDeskClient(getDesk: () => DeskRef | undefined): DeskClient {
  const alarms = createTopic<string>(() => undefined);
  const blame = (message: string) => alarms.tell(`a listener of the order desk failed: ${message}`);
  const orders = createTopic<Order>(blame);
  const executions = createTopic<Execution>(blame);
  const commissions = createTopic<CommissionReport>(blame);
  const states = createTopic<DeskState>(blame);

  // The desk's own snapshot lags behind its events while it handles one; these do not.
  let current: DeskRef | undefined;
  let detach: Unsubscribe = () => undefined;
  let state: DeskState = 'waiting';
  let live = new Map<OrderRef, InFlight>();
  const pending = new Map<string, (result: Result) => void>();
  const submitting = new Map<OrderRef, InFlight>();
  clients += 1;
  const client = clients;
  let lastRequest = 0;

  function hear(event: DeskEmitted): void {
    switch (event.type) {
      case 'order.changed': {
        const { order } = event;
        if (isFinal(order.state)) live.delete(order.ref);
        else live.set(order.ref, order);
        orders.tell(order);
        break;
      }
      case 'execution.recorded':
        executions.tell(event.execution);
        break;
      case 'commission.recorded':
        commissions.tell(event.report);
        break;
      case 'desk.alarm':
        alarms.tell(event.message);
        break;
      case 'desk.answer': {
        const settle = pending.get(event.requestId);
        pending.delete(event.requestId);
        settle?.(event.result);
        break;
      }
      case 'desk.changed':
        state = event.state;
        if (event.state === 'open') live = new Map(event.inFlight.map((order) => [order.ref, order]));
        states.tell(event.state);
        break;
    }
  }

  function leave(): void {
    detach();
    current = undefined;
    const wasWaiting = state === 'waiting';
    state = 'waiting';
    const waiting = [...pending.values()];
    pending.clear();
    for (const settle of waiting) settle({ outcome: 'unknown', message: 'the order desk stopped' });
    if (!wasWaiting) states.tell('waiting');
  }

  /** The living desk, attached to; undefined when there is none. */
  function attach(): DeskRef | undefined {
    const desk = getDesk();
    const snapshot = desk?.getSnapshot();
    const isAlive = snapshot?.status === 'active';
    if (current !== undefined && (current !== desk || !isAlive)) leave();
    if (desk === undefined || snapshot === undefined || !isAlive) return undefined;
    if (current === desk) return desk;
    current = desk;
    state = deskState(snapshot);
    if (state === 'open') live = new Map(inFlightOf(snapshot.context).map((order) => [order.ref, order]));
    const isCurrent = () => current === desk;
    const emissions = desk.on('*', (event) => {
      if (isCurrent()) hear(event);
    });
    const ending = {
      complete: () => isCurrent() && leave(),
      error: () => isCurrent() && leave(),
    };
    const life = desk.subscribe(ending);
    detach = () => {
      emissions.unsubscribe();
      life.unsubscribe();
    };
    return desk;
  }

  function request(make: (requestId: string) => DeskEvent): Promise<Result> {
    const desk = attach();
    if (desk === undefined) {
      return Promise.resolve({
        outcome: 'notSent',
        reason: 'notReady',
        message: 'the order desk is not running',
        committed: false,
      });
    }
    lastRequest += 1;
    const requestId = `${client}.${lastRequest}`;
    return new Promise((resolve) => {
      pending.set(requestId, resolve);
      desk.send(make(requestId));
    });
  }

  return {
    async submit(submission) {
      const intents = [submission.intent, ...(submission.children ?? [])];
      for (const intent of intents) submitting.set(intent.ref, intent);
      try {
        // Answers of the desk to a submission are submit results.
        return (await request((requestId) => ({
          type: 'desk.submit',
          requestId,
          ...submission,
        }))) as SubmitResult;
      } finally {
        for (const { ref } of intents) submitting.delete(ref);
      }
    },
    // Answers of the desk to a cancel are cancel results.
    cancel: async (ref) =>
      (await request((requestId) => ({ type: 'desk.cancel', requestId, ref }))) as CancelResult,
    // Answers of the desk to a change are amend results.
    amend: async (amendment) =>
      (await request((requestId) => ({ type: 'desk.amend', requestId, amendment }))) as AmendResult,
    waitingToLeave() {
      return attach()?.getSnapshot().context.held.length ?? 0;
    },
    inFlight({ sessionId, instrumentId }) {
      attach();
      const all = new Map([...live, ...submitting]);
      return [...all.values()]
        .filter((order) => sessionId === undefined || order.sessionId === sessionId)
        .filter((order) => instrumentId === undefined || order.instrumentId === instrumentId)
        .map(({ ref }) => ref);
    },
    isOpen: () => attach() !== undefined && state === 'open',
    state: () => (attach() === undefined ? 'waiting' : state),
    onOrder: orders.on,
    onExecution: executions.on,
    onCommission: commissions.on,
    onAlarm: alarms.on,
    onState: states.on,
    async reconcile() {
      const result = await request((requestId) => ({ type: 'desk.reconcile', requestId }));
      if (result.outcome === 'accepted') return;
      throw new BrokerError(result.outcome === 'notSent' ? 'unavailable' : 'lost', result.message);
    },
    deskStarted() {
      attach();
    },
  };
}
