import type { Endpoint, SocketEvent } from '../../../machines/connection/connection.ports.ts';
import { consequenceOf } from '../../../machines/domain/broker-codes.ts';
import { BrokerError } from '../../../machines/domain/broker-error.ts';
import { createHistoryQueue } from './history-queue.ts';
import { type Link, openLink } from './link.ts';
import type { Log } from './log.ts';
import { createRequests, type Requests } from './requests.ts';

/** A link with the questions asked over it. */
export interface Session {
  readonly link: Link;
  readonly requests: Requests;
  /** The gateway said that it has lost IBKR (1100, 2110), and not yet that it is back. */
  isCutOff(): boolean;
}

/** The one current link, shared by all sides of the broker. */
export interface LinkHolder {
  open(endpoint: Endpoint, listener: (event: SocketEvent) => void): { close(): void };
  /** @throws BrokerError `unavailable` unless the link is usable. */
  session(): Session;
  /** Called for every new link before it connects anywhere: the place to listen for its whole life. */
  onOpen(attach: (session: Session) => void): void;
}

/** Holds at most one link: opening another ends the one before. */
export function createLinkHolder(log: Log): LinkHolder {
  const attachments: ((session: Session) => void)[] = [];
  // IBKR counts them by account: a new connection begins no new count.
  const histories = createHistoryQueue();
  let current: Session | null = null;

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
      link.on('info', (message, code) => {
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
    onOpen(attach) {
      attachments.push(attach);
    },
  };
}
