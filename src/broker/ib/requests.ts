import type { ContractDetails, IBApi } from '@stoqey/ib';
import { type CodeConsequence, consequenceOf } from '../../../machines/domain/broker-codes.ts';
import { BrokerError } from '../../../machines/domain/broker-error.ts';
import { isHistoryEnd } from './bars.ts';
import type { HistoryQuestion, HistoryQueue } from './history-queue.ts';
import type { HistoricalBar, IbEvents, Link } from './link.ts';
import type { Log } from './log.ts';
import { createPacer } from './pacer.ts';

/** Request ids live far above order ids: IBKR reports errors of both in one field. */
export const FIRST_REQUEST_ID = 1_500_000_000;
export const isRequestId = (id: number): boolean => id >= FIRST_REQUEST_ID;

/** What a request hears; only what carries its id. */
export type IbMessage =
  | { readonly type: 'contractDetails'; readonly details: ContractDetails }
  | { readonly type: 'end' }
  | { readonly type: 'bar' | 'barUpdate'; readonly bar: HistoricalBar }
  | { readonly type: 'tickPrice' | 'tickSize'; readonly field: number; readonly value: number | undefined }
  | { readonly type: 'tickString'; readonly field: number; readonly value: string }
  | { readonly type: 'marketDataType'; readonly marketDataType: number }
  | { readonly type: 'execution'; readonly details: IbEvents['execDetails'] }
  | { readonly type: 'summary'; readonly summary: IbEvents['accountSummary'] }
  | { readonly type: 'pnl'; readonly pnl: IbEvents['pnl'] };

interface Route {
  message(message: IbMessage): void;
  error(code: number, consequence: CodeConsequence, message: string): void;
  lost(cause: string): void;
}

interface Spec {
  /** Noun phrase for errors: "the history of ORCL.STK.SMART.USD". */
  readonly what: string;
  send(api: IBApi, id: number): void;
  /** Tells the gateway to stop; sent after a timeout or a cancel. */
  cancel?(api: IBApi, id: number): void;
  /** @default 10_000 */
  readonly timeoutMs?: number;
  /** Set for historical bars: IBKR limits them beyond the count of messages. */
  readonly history?: HistoryQuestion;
  /** Passes the others by: a heartbeat must not wait behind a hundred histories. @default false */
  readonly isUrgent?: boolean;
}

/** The questions asked over one link: each answered, refused, timed out or lost; none forgotten. */
export interface Requests {
  /** One question, one answer. @throws BrokerError */
  ask<T>(spec: Spec, collect: (message: IbMessage, done: (answer: T) => void) => void): Promise<T>;
  /** A question without an id: `listen` subscribes to what answers it. @throws BrokerError */
  askAll<T>(
    spec: Omit<Spec, 'cancel'>,
    listen: (on: Link['on'], done: (answer: T) => void) => void,
  ): Promise<T>;
  /** A subscription; its cancel. @throws BrokerError `unavailable` */
  stream(spec: Omit<Spec, 'timeoutMs'>, route: Route): () => void;
  /** How many wait for their turn, and how many subscriptions there are. */
  load(): { readonly waiting: number; readonly subscriptions: number };
  /** Ends every stream, e.g. because IBKR dropped the subscriptions. */
  endStreams(cause: string): void;
}

/** Orders and cancels do not pass the pacer: so many messages of each second are theirs. */
const KEPT_FOR_ORDERS = 18;
/** The bars after the history belong to a stream that goes on: its history is over with its end. */
const isAnswered = (message: IbMessage): boolean => message.type === 'bar' && isHistoryEnd(message.bar[1]);

/** A route that makes room for the next history when its own has come, failed or been lost. */
const withLeave = (route: Route, leave: () => void): Route => ({
  message(message) {
    if (isAnswered(message)) leave();
    route.message(message);
  },
  error(...words) {
    leave();
    route.error(...words);
  },
  lost(cause) {
    leave();
    route.lost(cause);
  },
});

const DEFAULT_TIMEOUT_MS = 10_000;
const TICK_PRICE = '1';
const BID = '1';
const BID_SIZE = 0;

/** Starts the registry of one link; it ends with the link. */
export function createRequests(link: Link, log: Log, histories: HistoryQueue): Requests {
  const routes = new Map<number, Route>();
  const streams = new Set<number>();
  /** What IBKR said of a question with a code that is not known: it changes nothing, and may explain a timeout. */
  const remarks = new Map<number, string>();
  const pacer = createPacer(link.budget, { reserve: KEPT_FOR_ORDERS });
  let nextId = FIRST_REQUEST_ID;

  const to = (id: number, message: IbMessage): void => routes.get(id)?.message(message);
  link.on('contractDetails', (id, details) => to(id, { type: 'contractDetails', details }));
  link.on('contractDetailsEnd', (id) => to(id, { type: 'end' }));
  link.on('historicalData', (...bar) => to(bar[0], { type: 'bar', bar }));
  link.on('historicalDataUpdate', (...bar) => to(bar[0], { type: 'barUpdate', bar }));
  link.on('tickPrice', (id, field, value) => to(id, { type: 'tickPrice', field, value }));
  link.on('tickSize', (id, field, value) => {
    if (field !== undefined) to(id, { type: 'tickSize', field, value });
  });
  link.on('received', (tokens) => {
    // The decoder drops the size beside a bid (its tick type is 0, which it takes for none): read it here.
    const [kind, , id, field, , size] = tokens;
    if (kind !== TICK_PRICE || field !== BID || size === undefined || size === '') return;
    to(Number(id), { type: 'tickSize', field: BID_SIZE, value: Number(size) });
  });
  link.on('tickString', (id, field, value) => to(id, { type: 'tickString', field, value }));
  link.on('marketDataType', (id, marketDataType) => to(id, { type: 'marketDataType', marketDataType }));
  link.on('execDetails', (...details) => to(details[0], { type: 'execution', details }));
  link.on('execDetailsEnd', (id) => to(id, { type: 'end' }));
  link.on('accountSummary', (...summary) => to(summary[0], { type: 'summary', summary }));
  link.on('pnl', (...pnl) => to(pnl[0], { type: 'pnl', pnl }));
  link.on('error', (error, code, id) => {
    if (!isRequestId(id)) return;
    const route = routes.get(id);
    // Words about a request that is over, e.g. 366 after a cancel.
    const consequence = consequenceOf(code);
    if (route === undefined) log.debug({ code, id, error: error.message }, 'late word about a request');
    else if (consequence === 'unknown') remarks.set(id, `; it said: ${error.message} (${code})`);
    else route.error(code, consequence, error.message);
  });
  link.onClosed((cause) => {
    pacer.clear();
    const open = [...routes.values()];
    routes.clear();
    streams.clear();
    remarks.clear();
    for (const route of open) tellLost(route, cause);
  });

  const forget = (id: number): boolean => {
    streams.delete(id);
    remarks.delete(id);
    return routes.delete(id);
  };

  function tellLost(route: Route, cause: string): void {
    try {
      route.lost(cause);
    } catch (error) {
      // The others must hear it all the same.
      log.error({ error: String(error) }, 'a stream failed on hearing its end');
    }
  }

  /**
   * Writes if the link still lives. A failure to write closes the link, which tells everyone who waits. Answers what is
   * called when the request is over: a historical one makes room for the next.
   */
  const write = (
    spec: Pick<Spec, 'isUrgent' | 'history'>,
    message: (api: IBApi) => void,
    onSent?: () => void,
  ): (() => void) => {
    const work = (): void => {
      if (!link.isUsable()) return;
      onSent?.();
      try {
        link.send(message);
      } catch (error) {
        log.debug({ error: String(error) }, 'a request was lost with its link');
      }
    };
    if (spec.history !== undefined) return histories.run(spec.history, () => pacer.run(work));
    if (spec.isUrgent === true) pacer.runFirst(work);
    else pacer.run(work);
    return () => undefined;
  };
  const requireUsable = (): void => {
    // Throws when it is not; writes nothing when it is.
    link.send(() => {});
  };

  /** A promise with a deadline that starts when the question is really sent. */
  function settle<T>(
    spec: Spec,
    begin: (done: (answer: T) => void, fail: (error: BrokerError) => void) => { id: number; end(): void },
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      requireUsable();
      const { what, timeoutMs = DEFAULT_TIMEOUT_MS } = spec;
      let timer: NodeJS.Timeout | undefined;
      let leave = (): void => undefined;
      const finish = (): void => {
        clearTimeout(timer);
        request.end();
        leave();
      };
      const request = begin(
        (answer) => {
          finish();
          resolve(answer);
        },
        (error) => {
          finish();
          reject(error);
        },
      );
      leave = write(
        spec,
        (api) => spec.send(api, request.id),
        () => {
          timer = setTimeout(() => {
            const remark = remarks.get(request.id) ?? '';
            finish();
            const { cancel } = spec;
            if (cancel !== undefined) write({}, (api) => cancel(api, request.id));
            reject(new BrokerError('timeout', `${what}: no answer within ${timeoutMs / 1_000} s${remark}`));
          }, timeoutMs);
        },
      );
    });
  }

  return {
    ask: (spec, collect) =>
      settle(spec, (done, fail) => {
        const id = nextId++;
        routes.set(id, {
          message: (message) => collect(message, done),
          error: (code, consequence, message) => {
            if (consequence === 'notice') {
              log.info({ code, what: spec.what, message }, 'the gateway remarks');
              return;
            }
            fail(new BrokerError('refused', `${spec.what}: ${message} (${code})`, code));
          },
          lost: (cause) => fail(new BrokerError('lost', `${spec.what}: ${cause}`)),
        });
        return { id, end: () => forget(id) };
      }),
    askAll: (spec, listen) =>
      settle(spec, (done, fail) => {
        const offs: (() => void)[] = [];
        offs.push(link.onClosed((cause) => fail(new BrokerError('lost', `${spec.what}: ${cause}`))));
        listen((event, listener) => {
          const off = link.on(event, listener);
          offs.push(off);
          return off;
        }, done);
        return {
          id: -1,
          end: () => {
            for (const off of offs) off();
          },
        };
      }),
    stream(spec, route) {
      requireUsable();
      const id = nextId++;
      let leave = (): void => undefined;
      const end = (): boolean => {
        leave();
        return forget(id);
      };
      routes.set(
        id,
        withLeave(route, () => leave()),
      );
      streams.add(id);
      leave = write(spec, (api) => {
        // Cancelled before it was sent: then there is nothing to say.
        if (routes.has(id)) spec.send(api, id);
      });
      return () => {
        if (!end()) return;
        const { cancel } = spec;
        if (cancel !== undefined) write({}, (api) => cancel(api, id));
      };
    },
    load: () => ({ waiting: pacer.waiting(), subscriptions: streams.size }),
    endStreams(cause) {
      for (const id of [...streams]) {
        const route = routes.get(id);
        forget(id);
        if (route !== undefined) tellLost(route, cause);
      }
    },
  };
}
