import { fromCallback, fromPromise } from 'xstate';
import type { Decision } from '../domain/decision.ts';
import { failureMessage } from '../domain/failure.ts';
import type { Position } from '../domain/position.ts';
import type { SessionDefinition } from '../domain/session.ts';
import type { DecisionFacts } from './decide.ts';
import type { SessionEvent } from './session.events.ts';
import type { PlacedOrder } from './session.placed.ts';
import type {
  DeciderCommand,
  FactsRequest,
  OrderRequest,
  SessionDecider,
  SessionPorts,
} from './session.ports.ts';

/** Ends a subscription; a dispose that throws must not fell the session that is letting go. */
function quietly(dispose: () => void): () => void {
  return () => {
    try {
      dispose();
    } catch {
      // Nothing is left to be done with a source that cannot be closed.
    }
  };
}

/**
 * The decider's actor: loads the strategy, then answers `decider.warm` and `decider.decide` in their order, one
 * at a time, wherever the decider works. A strategy that throws, while it loads or while it decides, and a decider
 * that breaks, mute the actor and tell `decider.failed`. Stopped or failed it tells nothing more and closes the decider.
 */
function deciderActor(create: SessionPorts['createDecider']) {
  return fromCallback<DeciderCommand, { definition: SessionDefinition }>(({ input, receive, sendBack }) => {
    const waiting: DeciderCommand[] = [];
    let decider: SessionDecider | null = null;
    let isAsked = false;
    let open = true;
    const tell = (event: SessionEvent): void => {
      if (open) sendBack(event);
    };
    const end = (): void => {
      const ended = decider;
      open = false;
      decider = null;
      if (ended?.close !== undefined) quietly(() => ended.close?.())();
    };
    const fail = (error: unknown): void => {
      tell({ type: 'decider.failed', message: failureMessage(error) });
      end();
    };
    const obey = (ready: SessionDecider, command: DeciderCommand): unknown => {
      if (command.type === 'decider.warm') return ready.warm(command.bars);
      const tellDecided = (decision: Decision): void => tell({ type: 'decider.decided', decision });
      const answer = ready.decide(command.bar, command.facts);
      return answer instanceof Promise ? answer.then(tellDecided) : tellDecided(answer);
    };
    const work = (): void => {
      while (open && decider !== null && !isAsked) {
        const command = waiting.shift();
        if (command === undefined) return;
        try {
          const done = obey(decider, command);
          if (!(done instanceof Promise)) continue;
          isAsked = true;
          done.then(() => {
            isAsked = false;
            work();
          }, fail);
        } catch (error) {
          fail(error);
        }
      }
    };
    receive((command) => {
      waiting.push(command);
      work();
    });
    // An async function, so that a port that throws at once is a rejection like any other.
    (async () => create(input.definition))().then((made) => {
      decider = made;
      if (!open) return end();
      made.onBroken?.(fail);
      work();
    }, fail);
    return end;
  });
}

/** Wraps the plain functions as the actors that the chart names. */
export const wirePorts = (ports: SessionPorts) => ({
  lease: fromCallback<{ type: 'none' }, { sessionId: string }>(({ input, sendBack }) =>
    quietly(
      ports.holdLease(input.sessionId, (lease) =>
        sendBack({ type: 'lease.changed', lease } satisfies SessionEvent),
      ),
    ),
  ),
  market: fromCallback<{ type: 'none' }, { definition: SessionDefinition }>(({ input, sendBack }) =>
    quietly(
      ports.openMarket({ definition: input.definition, bufferSize: input.definition.bufferSize }, (news) =>
        sendBack(news),
      ),
    ),
  ),
  decider: deciderActor((definition) => ports.createDecider(definition)),
  gatherFacts: fromPromise<DecisionFacts, { definition: SessionDefinition; request: FactsRequest }>(
    async ({ input }) => ports.gatherFacts(input.definition, input.request),
  ),
  recordDecision: fromPromise<boolean, Decision>(async ({ input }) => ports.recordDecision(input)),
  placeOrder: fromPromise<PlacedOrder, OrderRequest>(async ({ input }) => ports.placeOrder(input)),
  syncPosition: fromPromise<Position, { definition: SessionDefinition }>(async ({ input }) =>
    ports.syncPosition(input.definition),
  ),
});
