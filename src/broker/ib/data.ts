import type { ContractDetails } from '@stoqey/ib';
import { type Bar, type Timeframe, timeframeMs } from '../../../machines/domain/bar.ts';
import { BrokerError } from '../../../machines/domain/broker-error.ts';
import { type Instrument, instrumentId } from '../../../machines/domain/instrument.ts';
import type { BarStreamListener, MarketDataPort } from '../../../machines/feed/feed.ports.ts';
import { barSizes, durationFor, isClosedAt, isHistoryEnd, toBar, whatToShow } from './bars.ts';
import { type Contracts, contractOf, contractOfKey, instrumentOf } from './contracts.ts';
import type { HistoryQuestion } from './history-queue.ts';
import type { LinkHolder } from './link-holder.ts';
import type { Log } from './log.ts';
import { createMarketRules } from './market-rules.ts';
import { streamQuote } from './quotes.ts';
import { formatIbTime } from './times.ts';

/** Histories take long when IBKR is busy; a shorter wait would ask again and make it worse. */
const HISTORY_TIMEOUT_MS = 30_000;
const FORMAT_EPOCH_SECONDS = 2;
const REGULAR_HOURS = 1;

interface Needs {
  readonly links: LinkHolder;
  readonly contracts: Contracts;
  readonly log: Log;
  readonly now: () => number;
  /** The broker's clock, epoch ms. */
  readonly currentTime: () => Promise<number>;
}

/** The market data side. */
export function createMarketData({ links, contracts, log, now, currentTime }: Needs): MarketDataPort {
  const rules = createMarketRules(links, log);
  return {
    async instrument(key) {
      const id = instrumentId(key);
      const found = await links.session().requests.ask<ContractDetails[]>(
        {
          what: `the contract of ${id}`,
          send: (api, requestId) => api.reqContractDetails(requestId, contractOfKey(key)),
        },
        collectDetails(),
      );
      const conIds = new Set(found.map((details) => details.contract.conId));
      const [first] = found;
      if (first === undefined)
        throw new BrokerError('refused', `the contract of ${id}: IBKR knows none`, 200);
      if (conIds.size > 1) {
        const names = found.map(
          ({ contract }) =>
            `${contract.localSymbol || contract.symbol} on ${contract.primaryExch || contract.exchange}`,
        );
        throw new BrokerError(
          'refused',
          `the contract of ${id}: found ${conIds.size} (${names.slice(0, 5).join(', ')}), expected one; name the primary exchange or the expiry`,
        );
      }
      const instrument = instrumentOf(key, first, await rules.bandsOf(first), log);
      contracts.remember(instrument);
      return instrument;
    },

    async history({ instrument, timeframe, count, before }) {
      const { requests } = links.session();
      const [marketTime, bars] = await Promise.all([
        currentTime(),
        requests.ask<Bar[]>(
          {
            what: `the history of ${instrument.id} (${timeframe})`,
            timeoutMs: HISTORY_TIMEOUT_MS,
            history: historyQuestion(instrument, timeframe, `${count} before ${before ?? 'now'}`),
            send: (api, id) =>
              api.reqHistoricalData(
                id,
                contractOf(instrument),
                before === undefined ? '' : formatIbTime(before),
                durationFor(timeframe, count, instrument.secType),
                barSizes[timeframe],
                whatToShow(instrument.secType),
                REGULAR_HOURS,
                FORMAT_EPOCH_SECONDS,
                false,
              ),
            cancel: (api, id) => api.cancelHistoricalData(id),
          },
          collectBars(),
        ),
      ]);
      return bars
        .filter((bar) => before === undefined || bar.time < before)
        .filter((bar) => isClosedAt(bar, timeframe, instrument, marketTime))
        .slice(-count);
    },

    streamBars: ({ instrument, timeframe, count }, listener) =>
      streamBars(links, { instrument, timeframe, count }, listener),

    streamQuote: (instrument, listener) => streamQuote({ links, log, now }, instrument, listener),
  };
}

/** How IBKR's limits look at a question for bars: small ones are those of half a minute or less. */
const historyQuestion = (instrument: Instrument, timeframe: Timeframe, which: string): HistoryQuestion => ({
  contract: instrument.id,
  identity: `${instrument.id} ${timeframe} ${which}`,
  isSmall: timeframeMs[timeframe] <= 30_000,
});

type Collect<T> = Parameters<ReturnType<LinkHolder['session']>['requests']['ask']>[1] extends (
  message: infer M,
  done: never,
) => void
  ? (message: M, done: (answer: T) => void) => void
  : never;

function collectDetails(): Collect<ContractDetails[]> {
  const found: ContractDetails[] = [];
  return (message, done) => {
    if (message.type === 'contractDetails') found.push(message.details);
    else if (message.type === 'end') done(found);
  };
}

function collectBars(): Collect<Bar[]> {
  const bars: Bar[] = [];
  return (message, done) => {
    if (message.type !== 'bar') return;
    if (isHistoryEnd(message.bar[1])) done(bars.sort((a, b) => a.time - b.time));
    else bars.push(toBar(message.bar));
  };
}

/** History and live bars in one subscription; it ends with `onError` and is then over. */
function streamBars(
  links: LinkHolder,
  { instrument, timeframe, count }: { instrument: Instrument; timeframe: Timeframe; count: number },
  listener: BarStreamListener,
): () => void {
  const history: Bar[] = [];
  let isLive = false;
  const end = (message: string): void => {
    clearTimeout(deadline);
    cancel();
    listener.onError(message);
  };
  let deadline: NodeJS.Timeout | undefined;
  /** From the moment in which it leaves: it may have waited for its turn. */
  const startDeadline = (): void => {
    deadline = setTimeout(
      () => end(`no history of ${instrument.id} within ${HISTORY_TIMEOUT_MS / 1_000} s`),
      HISTORY_TIMEOUT_MS,
    );
  };
  let cancel = (): void => {};
  try {
    cancel = links.session().requests.stream(
      {
        what: `the bars of ${instrument.id}`,
        history: historyQuestion(instrument, timeframe, `${count} and on`),
        send(api, id) {
          startDeadline();
          api.reqHistoricalData(
            id,
            contractOf(instrument),
            '',
            durationFor(timeframe, count, instrument.secType),
            barSizes[timeframe],
            whatToShow(instrument.secType),
            REGULAR_HOURS,
            FORMAT_EPOCH_SECONDS,
            true,
          );
        },
        cancel: (api, id) => api.cancelHistoricalData(id),
      },
      {
        message(message) {
          if (message.type === 'barUpdate' && isLive) listener.onUpdate(toBar(message.bar));
          if (message.type !== 'bar') return;
          if (!isHistoryEnd(message.bar[1])) {
            history.push(toBar(message.bar));
            return;
          }
          clearTimeout(deadline);
          isLive = true;
          // The closed ones and the forming one.
          listener.onHistory(history.sort((a, b) => a.time - b.time).slice(-(count + 1)));
        },
        error(code, consequence, message) {
          // Any word that is not a mere remark may be the last one: a stream that died in silence is worse.
          if (consequence !== 'notice') end(`${message} (${code})`);
        },
        lost: (cause) => {
          clearTimeout(deadline);
          listener.onError(cause);
        },
      },
    );
  } catch (error) {
    clearTimeout(deadline);
    throw error;
  }
  return () => {
    clearTimeout(deadline);
    cancel();
  };
}
