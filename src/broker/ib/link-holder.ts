import type { Endpoint, SocketEvent } from '../../../machines/connection/connection.ports.ts';
import { consequenceOf } from '../../../machines/domain/broker-codes.ts';
import { BrokerError } from '../../../machines/domain/broker-error.ts';
import { createHistoryQueue, MOST_AT_ONCE } from './history-queue.ts';
import { type Link, openLink } from './link.ts';
import type { Log } from './log.ts';
import { MOST_PER_SECOND } from './message-budget.ts';
import { createRequests, isRequestId, type Requests } from './requests.ts';

/** A link with the questions asked over it. */
export interface Session {
  readonly link: Link;
  readonly requests: Requests;
  /** The gateway said that it has lost IBKR (1100, 2110), and not yet that it is back. */
  isCutOff(): boolean;
}

/** What is on its way to the broker, and what waits because its limits are kept. */
export interface BrokerLoad {
  readonly messagesInLastSecond: number;
  readonly mostMessages: number;
  readonly requestsWaiting: number;
  readonly historiesUnderWay: number;
  readonly mostHistories: number;
  readonly historiesWaiting: number;
  readonly subscriptions: number;
}

/** The one current link, shared by all sides of the broker. */
export interface LinkHolder {
  open(endpoint: Endpoint, listener: (event: SocketEvent) => void): { close(): void };
  /** @throws BrokerError `unavailable` unless the link is usable. */
  session(): Session;
  /** What is on its way to the broker, and what waits for its limits. */
  load(): BrokerLoad;
  /** Called for every new link before it connects anywhere: the place to listen for its whole life. */
  onOpen(attach: (session: Session) => void): void;
}

/** The client library's own words have these codes; they are logged where they are heard. */
const isOfLibrary = (code: number): boolean => code >= 500 && code < 600;

/** Holds at most one link: opening another ends the one before. `onAlarm` hears codes of IBKR that are not known. */
export function createLinkHolder(log: Log, onAlarm: (message: string) => void = () => {}): LinkHolder {
  const attachments: ((session: Session) => void)[] = [];
  // IBKR counts them by account: a new connection begins no new count.
  const histories = createHistoryQueue();
  let current: Session | null = null;

  const alarmUnknown = (code: number, words: string): void => {
    if (consequenceOf(code) !== 'unknown' || isOfLibrary(code)) return;
    log.warn({ code, words }, 'an unknown code');
    onAlarm(`IBKR sent code ${code}, which is not known here and changes nothing: ${words}`);
  };

  return {
    open(endpoint, listener) {
      current?.link.fail('a new connection takes its place');
      let isMuted = false;
      const link = openLink(
        endpoint,
        (event) => {
          if (!isMuted) listener(event);
        },
        log,
      );
      let isCutOff = false;
      const session: Session = {
        link,
        requests: createRequests(link, log, histories),
        isCutOff: () => isCutOff,
      };
      current = session;
      link.on('error', (error, code, id) => {
        // With the id of an order, the order desk speaks.
        if (id < 0 || isRequestId(id)) alarmUnknown(code, error.message);
      });
      link.on('info', (message, code) => {
        alarmUnknown(code, message);
        const consequence = consequenceOf(code);
        if (consequence === 'linkDown') isCutOff = true;
        if (consequence === 'linkRestored' || consequence === 'linkRestoredDataLost') isCutOff = false;
        if (consequence === 'linkRestoredDataLost') {
          session.requests.endStreams(`IBKR dropped the subscriptions (${code}): ${message}`);
        }
      });
      link.onClosed(() => {
        if (current === session) current = null;
      });
      for (const attach of attachments) attach(session);
      return {
        close() {
          // Who closes knows: the end is told to the requests, not to the one who asked for it.
          isMuted = true;
          link.fail('disconnected on request');
        },
      };
    },
    session() {
      if (current === null || !current.link.isUsable()) {
        throw new BrokerError('unavailable', 'there is no connection to the gateway');
      }
      return current;
    },
    load() {
      const { waiting, subscriptions } = current?.requests.load() ?? { waiting: 0, subscriptions: 0 };
      return {
        messagesInLastSecond: current?.link.budget.used() ?? 0,
        mostMessages: MOST_PER_SECOND,
        requestsWaiting: waiting,
        historiesUnderWay: histories.underWay(),
        mostHistories: MOST_AT_ONCE,
        historiesWaiting: histories.waiting(),
        subscriptions,
      };
    },
    onOpen(attach) {
      attachments.push(attach);
    },
  };
}
