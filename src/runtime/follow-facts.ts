import type { Execution } from '../../machines/domain/execution.ts';
import { instrumentId } from '../../machines/domain/instrument.ts';
import { isFinal, sourceOfRef } from '../../machines/domain/order.ts';
import type { MarketDataHub } from '../../machines/feed/hub.types.ts';
import type { DeskClient } from '../../machines/order/desk.client.ts';
import type { BrokerOrderNews } from '../../machines/order/order.ports.ts';
import type { PortfolioClient } from '../../machines/portfolio/portfolio.client.ts';
import type { LiveStatus } from './live-status.ts';
import type { Log } from './log.ts';
import type { PnlBook } from './pnl-book.ts';
import type { PositionKeeper } from './position-keeper.ts';
import type { SessionBook } from './session-book.ts';
import type { Topics } from './topics.ts';
import type { TradeWatch } from './trade-watch.ts';
import type { Tree } from './tree.ts';

export interface FactFollowers {
  readonly topics: Pick<Topics, 'mark' | 'markAll'>;
  readonly status: LiveStatus;
  readonly hub: MarketDataHub;
  readonly desk: DeskClient;
  readonly portfolio: PortfolioClient;
  readonly execution: { subscribe(listener: (news: BrokerOrderNews) => void): () => void };
  readonly book: SessionBook;
  readonly positions: Pick<PositionKeeper, 'note'>;
  readonly pnl: Pick<PnlBook, 'note' | 'noteCommission' | 'keysOf'>;
  readonly trades: Pick<TradeWatch, 'note'>;
  readonly tree: Tree;
  readonly log: Log;
  readonly now: () => number;
}

/** Passes orders, executions, positions and prices on to the dashboard's topics, to sessions and to the log. */
export function followFacts(followers: FactFollowers): void {
  const { topics, status, hub, desk, portfolio, execution, pnl, log, now } = followers;
  // A fill makes positions that are older stale at once, before it is stored; see also `onExecution` below.
  execution.subscribe((news) => {
    if (news.type === 'broker.execution') status.noteFill(news.execution.instrumentId, now());
  });
  hub.onQuote((quote) => {
    topics.mark('prices', quote.instrumentId);
    topics.mark('system', 'system');
    for (const key of pnl.keysOf(quote.instrumentId)) topics.mark('pnl', key);
  });
  hub.onFeed((feed) => topics.mark('prices', feed.instrumentId));
  hub.onBar(({ instrumentId: id, timeframe, bar }) =>
    topics.mark(`bars:${id}:${timeframe}`, String(bar.time)),
  );
  const told = new Map<string, string>();
  desk.onOrder((order) => {
    // A fill changes the order too; the log tells of states.
    if (told.get(order.ref) !== order.state) {
      const words = order.message === null ? '' : `: ${order.message}`;
      log.info(
        `order ${order.ref}: ${order.state}, ${order.side} ${order.filled}/${order.quantity} ${order.instrumentId}${words}`,
      );
    }
    if (isFinal(order.state)) told.delete(order.ref);
    else told.set(order.ref, order.state);
    topics.mark('trades', order.ref);
    if (order.sessionId !== null) topics.mark('sessions', order.sessionId);
  });
  desk.onExecution((execution) => noteExecution(followers, execution));
  desk.onCommission(({ execId }) => {
    topics.markAll('trades');
    pnl.noteCommission(execId);
    topics.markAll('pnl');
  });
  desk.onAlarm((message) => {
    log.error(`order desk: ${message}`);
    status.alarm(message);
  });
  desk.onState(() => topics.mark('system', 'system'));
  portfolio.onAlarm((message) => {
    log.error(`portfolio: ${message}`);
    status.alarm(message);
  });
  portfolio.onChange(() => {
    for (const topic of ['positions', 'account', 'pnl', 'sessions']) topics.markAll(topic);
  });
}

function noteExecution(
  { topics, status, book, tree, pnl, trades, positions, now }: FactFollowers,
  execution: Execution,
): void {
  status.noteFill(execution.instrumentId, now());
  positions.note(execution.instrumentId);
  const { source, sessionId } = sourceOfRef(execution.orderRef);
  if (sessionId !== null) pnl.note(sessionId);
  topics.markAll('pnl');
  topics.mark('trades', source === 'ibkr' ? `perm:${execution.permId}` : (execution.orderRef ?? ''));
  for (const id of book.ids()) {
    const entry = book.get(id);
    if (entry !== null && instrumentId(entry.definition.instrument) === execution.instrumentId) {
      trades.note(id);
      // One that is not running reads the position when it starts.
      tree.session(id)?.send({ type: 'session.sync' });
    }
  }
}
