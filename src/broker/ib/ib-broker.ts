import type { SocketPort } from '../../../machines/connection/connection.ports.ts';
import type { Instrument } from '../../../machines/domain/instrument.ts';
import type { MarketDataPort } from '../../../machines/feed/feed.ports.ts';
import type { ExecutionPort } from '../../../machines/order/order.ports.ts';
import type { AccountPort } from '../../../machines/portfolio/portfolio.ports.ts';
import { createAccount } from './account.ts';
import { createContracts } from './contracts.ts';
import { createMarketData } from './data.ts';
import { createExecution } from './execution.ts';
import { type BrokerLoad, createLinkHolder } from './link-holder.ts';
import type { Log } from './log.ts';
import { singleFile } from './single-file.ts';

/** Interactive Brokers behind the four ports, over one socket. */
export interface IbBroker {
  readonly socket: SocketPort;
  readonly execution: ExecutionPort;
  readonly marketData: MarketDataPort;
  readonly account: AccountPort;
  /** What is on its way to the broker, and what waits for its limits. */
  load(): BrokerLoad;
  /** Makes an instrument known that the database remembers, so that messages about it carry our id. */
  remember(instrument: Instrument): void;
}

export interface IbBrokerOptions {
  readonly log: Log;
  /** Epoch ms, wall clock. */
  readonly now: () => number;
  /** Instruments known from earlier. @default none */
  readonly instruments?: Iterable<Instrument>;
  /** Hears what a person should know, in a sentence. @default nobody */
  readonly onAlarm?: (message: string) => void;
}

/** Builds the adapter; it connects to nothing until `socket.open`. */
export function createIbBroker({ log, now, instruments = [], onAlarm }: IbBrokerOptions): IbBroker {
  const links = createLinkHolder(log, onAlarm);
  const contracts = createContracts(instruments);
  const askTime = (): Promise<number> =>
    links
      .session()
      .requests.askAll<number>(
        { what: 'the time of the broker', isUrgent: true, send: (api) => api.reqCurrentTime() },
        (on, done) => on('currentTime', (seconds) => done(seconds * 1_000)),
      );
  const currentTime = singleFile(askTime);
  const execution = createExecution({ links, contracts, log, now });
  const account = createAccount({ links, contracts, log, now });
  return {
    socket: {
      open: links.open,
      // Never behind another question: a heartbeat that waits for a lost answer proves nothing.
      currentTime: () => askTime(),
      loadTruth: () => execution.ask(),
      loadPositions: () => account.positions(),
    },
    execution,
    marketData: createMarketData({ links, contracts, log, now, currentTime }),
    account,
    load: links.load,
    remember: contracts.remember,
  };
}
