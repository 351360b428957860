import type { Instrument } from '../../../machines/domain/instrument.ts';
import type { Quote, QuoteQuality } from '../../../machines/domain/quote.ts';
import type { QuoteStreamListener } from '../../../machines/feed/feed.ports.ts';
import { contractOf } from './contracts.ts';
import type { LinkHolder } from './link-holder.ts';
import type { Log } from './log.ts';

type Figure = Exclude<keyof Quote, 'instrumentId' | 'quality' | 'marketTime' | 'receivedAt'>;

/**
 * Tick types by the figure they carry; the delayed ones of the same figure beside them.
 * @see https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/#available-tick-types (read 2026-11)
 */
const prices: Readonly<Record<number, Figure>> = {
  1: 'bid',
  2: 'ask',
  4: 'last',
  6: 'high',
  7: 'low',
  9: 'previousClose',
  14: 'open',
  66: 'bid',
  67: 'ask',
  68: 'last',
  72: 'high',
  73: 'low',
  75: 'previousClose',
  76: 'open',
};
const sizes: Readonly<Record<number, Figure>> = {
  0: 'bidSize',
  3: 'askSize',
  5: 'lastSize',
  8: 'volume',
  69: 'bidSize',
  70: 'askSize',
  71: 'lastSize',
  74: 'volume',
};
const timestamps = [45, 88];
const qualities: Readonly<Record<number, QuoteQuality>> = {
  1: 'live',
  2: 'frozen',
  3: 'delayed',
  4: 'delayedFrozen',
};

/** What a tick changes of a quote; nothing for a tick that is not shown. */
export function applyTick(
  quote: Quote,
  tick: { readonly kind: 'price' | 'size'; readonly field: number; readonly value: number | undefined },
): Quote {
  const figure = (tick.kind === 'price' ? prices : sizes)[tick.field];
  if (figure === undefined) return quote;
  return {
    ...quote,
    [figure]: tick.kind === 'price' ? priceOrNull(tick.value) : sizeOrNull(figure, tick.value),
  };
}

/** -1 with no size means "not available"; so do the largest double and nothing at all. */
const priceOrNull = (value: number | undefined): number | null =>
  value === undefined || !Number.isFinite(value) || value === -1 || value === 0 || value >= 1.797e308
    ? null
    : value;

/** A bid or ask of size 0 is none; a volume of 0 is a volume. */
const sizeOrNull = (figure: Figure, value: number | undefined): number | null => {
  if (value === undefined || !Number.isFinite(value) || value < 0 || value >= 1.797e308) return null;
  return value === 0 && figure !== 'volume' ? null : value;
};

/** A quote of which nothing is known yet. */
export const emptyQuote = (instrumentId: string, now: number): Quote => ({
  instrumentId,
  bid: null,
  ask: null,
  last: null,
  bidSize: null,
  askSize: null,
  lastSize: null,
  open: null,
  high: null,
  low: null,
  previousClose: null,
  volume: null,
  quality: 'none',
  marketTime: null,
  receivedAt: now,
});

interface Needs {
  readonly links: LinkHolder;
  readonly log: Log;
  readonly now: () => number;
}

/**
 * Subscribes to an instrument's quotes, each whole and told at once; whoever is slow conflates. Quality falls to `none`
 * when IBKR interrupts the data, and comes back with its next word on it. Answers the cancel.
 * @throws BrokerError `unavailable`
 */
export function streamQuote(
  { links, log, now }: Needs,
  instrument: Instrument,
  listener: QuoteStreamListener,
): () => void {
  const { requests } = links.session();
  let quote = emptyQuote(instrument.id, now());

  const change = (next: Quote): void => {
    if (next === quote) return;
    quote = { ...next, receivedAt: now() };
    listener.onQuote(quote);
  };

  const cancel = requests.stream(
    {
      what: `the quotes of ${instrument.id}`,
      send: (api, id) => api.reqMktData(id, contractOf(instrument), '', false, false),
      cancel: (api, id) => api.cancelMktData(id),
    },
    {
      message(message) {
        switch (message.type) {
          case 'tickPrice':
            change(applyTick(quote, { kind: 'price', ...message }));
            break;
          case 'tickSize':
            change(applyTick(quote, { kind: 'size', ...message }));
            break;
          case 'tickString': {
            const seconds = Number(message.value);
            if (timestamps.includes(message.field) && seconds > 0) {
              change({ ...quote, marketTime: seconds * 1_000 });
            }
            break;
          }
          case 'marketDataType':
            change({ ...quote, quality: qualities[message.marketDataType] ?? 'none' });
            break;
          default:
        }
      },
      error(code, consequence, message) {
        switch (consequence) {
          case 'notice':
            log.info({ code, message, instrument: instrument.id }, 'the gateway remarks on market data');
            break;
          case 'dataInterrupted':
            log.warn({ code, message, instrument: instrument.id }, 'market data is interrupted');
            change({ ...quote, quality: 'none' });
            listener.onInterrupted(`${message} (${code})`);
            break;
          case 'dataDelayed':
            change({ ...quote, quality: 'delayed' });
            break;
          default:
            cancel();
            listener.onError(`${message} (${code})`);
        }
      },
      lost: (cause) => listener.onError(cause),
    },
  );
  return cancel;
}
