import type { ConnectionEmitted } from '../../machines/connection/connection.events.ts';
import type { ConnectionNews } from '../../machines/connection/connection.ports.ts';
import type { MarketDataHub } from '../../machines/feed/hub.types.ts';
import type { FlattenEmitted } from '../../machines/flatten/flatten.machine.ts';
import type { FlattenStatus } from '../../machines/flatten/flatten.status.ts';
import type { DeskClient } from '../../machines/order/desk.client.ts';
import type { PortfolioClient } from '../../machines/portfolio/portfolio.client.ts';
import type { RiskEmitted } from '../../machines/risk/risk.events.ts';
import type { HeldBack, RiskStatus } from '../../machines/risk/risk.status.ts';
import type { StoreEmitted } from '../../machines/store/store.machine.ts';
import type { ActorDirectory } from './actor-directory.ts';
import type { LiveStatus } from './live-status.ts';
import type { Log } from './log.ts';
import type { RecoveryTimes } from './recovery-times.ts';

export interface ActorFollowers {
  readonly directory: ActorDirectory;
  readonly status: LiveStatus;
  readonly hub: MarketDataHub;
  readonly desk: DeskClient;
  readonly portfolio: PortfolioClient;
  readonly recoveries: RecoveryTimes;
  readonly keepRisk: (risk: RiskStatus) => void;
  readonly keepParts: (parts: readonly HeldBack[]) => void;
  readonly keepFlatten: (status: FlattenStatus) => void;
  readonly log: Log;
  readonly now: () => number;
}

/**
 * Hears what the actors of the tree emit, over all their restarts, and passes it on to those who live by it. Attach
 * before the tree starts.
 */
export function followActors(followers: ActorFollowers): void {
  const { directory, status, hub, desk, portfolio, recoveries, log, now } = followers;

  const brokerAddress = (): string => `${status.connection.host}:${status.connection.port}`;

  /** The news of the connection, to everyone who lives by them. */
  const tell = (news: ConnectionNews): void => {
    // One that is being started again asks for everything itself.
    for (const id of ['orderDesk', 'portfolio']) directory.running(id)?.send(news);
    if (news.type === 'connection.ready') {
      hub.connectionReady();
      recoveries.stands('broker', brokerAddress());
    } else {
      hub.connectionLost(news.cause);
      recoveries.lost('broker', brokerAddress(), news.cause);
    }
  };
  directory.onStart('connection', (ref) => {
    ref.on('*', (event) => {
      const emitted = event as ConnectionEmitted;
      if (emitted.type !== 'connection.changed') return tell(emitted);
      if (emitted.status.phase !== status.connection.phase) {
        log.info(
          `broker ${emitted.status.phase}${emitted.status.cause === null ? '' : `: ${emitted.status.cause}`}`,
        );
      }
      if (emitted.status.marketTime !== null) hub.setMarketTime(emitted.status.marketTime);
      status.set({ connection: emitted.status });
    });
    // It could not say goodbye: until it is back nothing is ready, and everyone sees so.
    const end = (): void => {
      const cause = 'the connection actor is being started again';
      if (status.connection.phase === 'ready') recoveries.lost('broker', brokerAddress(), cause);
      status.set({ connection: { ...status.connection, phase: 'disconnected', since: now(), cause } });
      hub.connectionLost(cause);
    };
    ref.subscribe({ error: end, complete: end });
  });
  // A desk or portfolio that starts under a ready connection asks for everything anew.
  for (const id of ['orderDesk', 'portfolio']) {
    directory.onStart(id, () => {
      queueMicrotask(() => {
        if (id === 'orderDesk') desk.deskStarted();
        else portfolio.portfolioStarted();
        if (status.connection.phase === 'ready') directory.tell('connection', { type: 'connection.reload' });
      });
    });
  }
  directory.onStart('store', (ref) => {
    ref.on('store.changed', (event) => status.set({ store: (event as StoreEmitted).status }));
  });
  // A restarted one begins with what was said last: see `recall`.
  directory.onStart('risk', (ref) => {
    ref.on('risk.changed', (event) => {
      const { status: risk } = event as Extract<RiskEmitted, { type: 'risk.changed' }>;
      log.warn(`risk is ${risk.state}: ${risk.cause} (${risk.author})`);
      status.set({ risk });
      followers.keepRisk(risk);
    });
    ref.on('risk.partChanged', (event) => {
      const { parts, changed } = event as Extract<RiskEmitted, { type: 'risk.partChanged' }>;
      const { scope, status: part } = changed;
      const words = `risk of ${scope.kind} ${scope.id} is ${part.state}: ${part.cause} (${part.author})`;
      log.warn(words);
      if (part.state !== 'active') status.alarm(words);
      status.set({ riskParts: parts });
      followers.keepParts(parts);
    });
  });
  directory.onStart('flatten', (ref) => {
    ref.on('flatten.changed', (event) => {
      const { status: flatten } = event as FlattenEmitted;
      const said = status.flatten.reports;
      status.set({ flatten });
      followers.keepFlatten(flatten);
      for (const each of flatten.reports) {
        if (said.some(({ at, message }) => at === each.at && message === each.message)) continue;
        const words = `flatten: ${each.instrumentId === null ? '' : `${each.instrumentId}: `}${each.message}`;
        log.warn(words);
        status.alarm(words);
      }
    });
  });
}
