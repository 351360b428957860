import type { Socket } from 'node:net';
import type { Broker, Client } from './broker.ts';
import { wireExecution, wireOrder } from './describe.ts';
import { GatewayError } from './errors.ts';
import { Outlet } from './faults/outlet.ts';
import { HistoryBudget, MessageBudget } from './faults/pacing.ts';
import { stamp } from './market/zone.ts';
import { MANUAL_CLIENT_ID } from './matching/desk.ts';
import type { BrokerExecution, BrokerOrder } from './matching/order.ts';
import { commissionReport, execution as executionData } from './messages/execution.ts';
import { MarketDataType } from './messages/market-data.ts';
import { openOrder, orderBound, orderStatus } from './messages/order-report.ts';
import { type Bulletin, newsBulletin } from './messages/reference.ts';
import { currentTime, errorMessage, managedAccounts, nextValidId, readStartApi } from './messages/system.ts';
import { AccountSubscriptions } from './requests/account-subscriptions.ts';
import { answerRequest } from './requests/registry.ts';
import { Backlog, PATIENCE_MS } from './wire/backlog.ts';
import { Deadline } from './wire/deadline.ts';
import type { Field } from './wire/fields.ts';
import { ClientStream, type Inbound, WireError } from './wire/framing.ts';
import { legacyRefusal, negotiate } from './wire/handshake.ts';
import { requestIdOf } from './wire/ids.ts';
import { Outbox } from './wire/outbox.ts';
import { V } from './wire/versions.ts';

/** TWS tells scanners anew every half minute. */
const SCANNER_SECONDS = 30;
/** A peer that was said goodbye and does not close its own side is cut off. */
const LINGER_MS = 2000;

/** One connected client: handshake, its subscriptions, and the wire both ways. Its errors never leave it. */
export class ClientSession implements Client {
  readonly broker: Broker;
  version = 0;
  clientId = -1;
  /** As the client gave them in START_API; kept, without effect. */
  optionalCapabilities = '';
  /** Market data, real-time bars and live history by request id: how to end each. */
  readonly streams = new Map<string, () => void>();
  /** Scanner subscriptions by request id: how to tell each anew. */
  readonly scanners = new Map<number, () => void>();
  wantsBulletins = false;
  /** As reqMarketDataType set it. */
  marketDataType: number = MarketDataType.live;
  #seconds = 0;
  readonly account: AccountSubscriptions;
  readonly outlet: Outlet;
  readonly #budget = new MessageBudget();
  readonly historyBudget = new HistoryBudget();
  readonly #socket: Socket;
  readonly #stream = new ClientStream();
  /** For the handshake, then for each message that has begun, at last for the peer to close. */
  readonly #deadline = new Deadline();
  readonly #peer: string;
  #phase: 'hello' | 'start' | 'ready' | 'closed' = 'hello';
  readonly #outbox = new Outbox();
  readonly #backlog = new Backlog();

  constructor(socket: Socket, broker: Broker) {
    this.#socket = socket;
    this.outlet = new Outlet(socket);
    this.outlet.flush = () => this.#flush();
    this.broker = broker;
    this.account = new AccountSubscriptions(this);
    socket.setNoDelay(true);
    this.#peer = `${socket.remoteAddress ?? 'unknown address'}:${socket.remotePort ?? 0}`;
    const { handshakeSeconds } = broker.config.limits;
    this.#deadline.set(handshakeSeconds * 1000, () =>
      this.#refuse(`no ${this.#phase === 'hello' ? 'hello' : 'START_API'} within ${handshakeSeconds} s`),
    );
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    // A client that closes its half is gone, as for TWS; what it asked before is still answered.
    socket.on('end', () => this.end());
    socket.on('close', () => {
      this.end();
      this.#deadline.clear();
    });
    socket.on('error', (error) => this.broker.log.warn(`${this.name}: ${error.message}`));
  }

  get name(): string {
    return this.clientId < 0 ? `connection from ${this.#peer}` : `client ${this.clientId}`;
  }

  /** Sends one message; what is sent in one turn of the event loop leaves in one write. */
  send(fields: readonly Field[]): void {
    if (this.#phase === 'closed') return;
    const { faults } = this.broker;
    if (faults.conditions.messageRules.length === 0) this.#queue(fields);
    else for (const each of faults.messages(this, fields, (late) => this.#queue(late))) this.#queue(each);
    if (faults.isWaitingForMessages) faults.happened('message', { client: this });
  }

  #queue(fields: readonly Field[]): void {
    if (this.#phase === 'closed') return;
    if (this.#outbox.isEmpty) setImmediate(() => this.#flush());
    this.#outbox.add(fields);
  }

  /** Ends every subscription of market data; answers their request ids. */
  loseSubscriptions(): number[] {
    const lost: number[] = [];
    for (const [key, stop] of this.streams) {
      stop();
      lost.push(Number(key.slice(key.lastIndexOf(' ') + 1)));
    }
    this.streams.clear();
    return lost;
  }

  error(id: number, code: number, text: string): void {
    this.send(errorMessage(this.version, id, code, text));
  }

  /** Sends what is pending, then closes the connection. */
  end(): void {
    if (this.#phase === 'closed') return;
    this.#flush();
    this.#phase = 'closed';
    for (const stop of this.streams.values()) stop();
    this.streams.clear();
    if (this.broker.clients.get(this.clientId) === this) {
      this.broker.clients.delete(this.clientId);
      // Binding as they come ends with the connection that asked for it.
      if (this.clientId === MANUAL_CLIENT_ID) this.broker.desk.autoBind = false;
      this.broker.log.info(`${this.name} disconnected`);
    }
    this.#socket.end();
    this.#deadline.set(LINGER_MS, () => this.#socket.destroy());
  }

  /** Drops the connection as a dying process would: nothing pending is sent. */
  drop(): void {
    this.#outbox.clear();
    this.#socket.destroy();
  }

  orderChanged(order: BrokerOrder): void {
    const instrument = this.broker.instrument(order.conId);
    if (instrument === undefined) return;
    const wire = wireOrder(order, instrument, this.broker.config);
    this.send(openOrder(this.version, wire));
    this.send(orderStatus(wire));
  }

  orderBound(order: BrokerOrder): void {
    this.send(orderBound(order));
    this.orderChanged(order);
  }

  executed(execution: BrokerExecution): void {
    this.sendExecution(-1, execution);
  }

  commissionCharged(execution: BrokerExecution): void {
    const { masterClientId } = this.broker.config;
    if (execution.clientId === this.clientId || masterClientId === this.clientId)
      this.sendCommission(execution);
    this.account.filled(execution.conId);
  }

  orderMessage(order: BrokerOrder, code: number, text: string): void {
    this.error(order.orderId, code, text);
  }

  bulletin(bulletin: Bulletin): void {
    if (this.wantsBulletins) this.send(newsBulletin(bulletin));
  }

  second(): void {
    this.#seconds += 1;
    if (this.#seconds % SCANNER_SECONDS === 0) for (const tell of this.scanners.values()) tell();
    this.account.second();
  }

  sendExecution(reqId: number, execution: BrokerExecution): void {
    const instrument = this.broker.instrument(execution.conId);
    if (instrument === undefined) return;
    const withZone = this.version >= V.instrumentTimezone;
    const wire = wireExecution(execution, instrument, this.broker.config, withZone);
    this.send(executionData(this.version, reqId, wire));
  }

  sendCommission(execution: BrokerExecution): void {
    const instrument = this.broker.instrument(execution.conId);
    if (instrument === undefined) return;
    this.send(commissionReport(wireExecution(execution, instrument, this.broker.config, true)));
  }

  sendCurrentTime(): void {
    this.send(
      currentTime(Math.floor((this.broker.market.now + this.broker.faults.conditions.clockSkewMs) / 1000)),
    );
  }

  #flush(): void {
    if (this.#outbox.isEmpty || this.#phase === 'closed') return;
    const bytes = this.#outbox.take();
    if (!this.#socket.destroyed) this.outlet.write(bytes);
  }

  /** Whether market time had better wait for it. One that does not read at all is cut off. `now` in wall ms. */
  isBehind(now: number): boolean {
    const waiting = this.#socket.writableLength;
    const state = this.#backlog.look(waiting, this.#socket.bytesWritten - waiting, now);
    if (state !== 'stuck') return state === 'behind';
    this.broker.log.error(
      `${this.name} does not read: ${waiting} bytes have waited for ${PATIENCE_MS / 1000} s, cut off`,
    );
    this.drop();
    return false;
  }

  #receive(chunk: Buffer): void {
    if (this.#phase === 'closed' || this.outlet.isSilent) return;
    try {
      let isNewMessage = false;
      this.#stream.push(chunk, (inbound) => {
        isNewMessage = true;
        if (!this.isClosed) this.#handle(inbound);
      });
      this.#expectRest(isNewMessage);
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error));
    }
  }

  get isClosed(): boolean {
    return this.#phase === 'closed';
  }

  /** A message that has begun must end; whoever trickles is not waited for without bound. */
  #expectRest(isNewMessage: boolean): void {
    if (this.#phase !== 'ready') return;
    if (!this.#stream.isPartial) this.#deadline.clear();
    else if (isNewMessage || !this.#deadline.isSet) {
      const { messageSeconds } = this.broker.config.limits;
      this.#deadline.set(messageSeconds * 1000, () =>
        this.#refuse(`a message was not complete within ${messageSeconds} s`),
      );
    }
  }

  /** Ends a connection that cannot go on: the reason goes to the log and, once a version is agreed on, to the client. */
  #refuse(reason: string): void {
    if (this.isClosed) return;
    this.broker.log.error(`${this.name} closed: ${reason}`);
    if (this.#phase === 'ready' || this.#phase === 'start')
      this.error(-1, 507, `Bad Message Length: ${reason}`);
    this.end();
  }

  #handle(inbound: Inbound): void {
    if (inbound.kind === 'legacyHello') this.#refuseLegacy(inbound.version);
    else if (inbound.kind === 'hello') this.#greet(inbound.text);
    else if (this.#phase === 'ready') {
      if (this.#isWithinBudget()) this.answer(inbound.fields);
    } else this.#startApi(inbound.fields);
  }

  #time(): string {
    return stamp(this.broker.market.instruments[0]?.config.timeZone ?? 'UTC', this.broker.market.now);
  }

  #refuseLegacy(version: number): void {
    this.broker.log.warn(`${this.name} refused: API version ${version} of the time before length prefixes`);
    this.#socket.write(legacyRefusal(version, this.#time()));
    this.end();
  }

  #greet(hello: string): void {
    const chosen = negotiate(hello, this.broker.config.serverVersion);
    this.version = chosen.ok ? chosen.version : chosen.announce;
    this.#phase = 'start';
    this.send([this.version, this.#time()]);
    if (chosen.ok) return;
    this.broker.log.warn(`${this.name} refused: ${chosen.reason}`);
    this.error(-1, 506, chosen.reason);
    this.end();
  }

  #startApi(fields: readonly string[]): void {
    const { clientId, optionalCapabilities } = readStartApi(fields);
    const { conditions } = this.broker.faults;
    if (this.broker.clients.has(clientId) || conditions.heldIds.has(clientId)) {
      this.broker.log.warn(`${this.name} refused: client id ${clientId} is in use`);
      this.error(
        -1,
        326,
        'Unable to connect as the client id is already in use. Retry with a unique client id.',
      );
      this.end();
      return;
    }
    this.#deadline.clear();
    this.clientId = clientId;
    this.optionalCapabilities = optionalCapabilities;
    this.broker.clients.set(clientId, this);
    this.#phase = 'ready';
    this.broker.log.info(`${this.name} connected, server version ${this.version}`);
    this.send(managedAccounts(this.broker.config.account.id));
    this.send(nextValidId(this.nextValidId()));
    this.error(-1, 2104, 'Market data farm connection is OK:usfarm');
    this.error(-1, 2106, 'HMDS data farm connection is OK:ushmds');
    this.error(-1, 2158, 'Sec-def data farm connection is OK:secdefnj');
    this.broker.faults.happened('connect', { client: this });
  }

  /** The next order id that this client is told to use. */
  nextValidId(): number {
    const next = this.broker.state.nextOrderId(this.clientId);
    return Math.max(1, next - this.broker.faults.conditions.idRollback);
  }

  /** Whether the client may send one more message in this second. */
  #isWithinBudget(): boolean {
    const { conditions, wallMs } = this.broker.faults;
    if (!conditions.isPaced || !this.#budget.isExceeded(wallMs, conditions.messagesPerSecond)) return true;
    this.error(
      -1,
      100,
      `Max rate of messages per second has been exceeded:max=${conditions.messagesPerSecond}`,
    );
    this.end();
    return false;
  }

  /** Answers one request, or says what is wrong with it. */
  answer(fields: readonly string[]): void {
    try {
      answerRequest(this, fields);
    } catch (error) {
      if (error instanceof GatewayError) {
        // What could not be stored was not told: nothing that is pending leaves.
        for (const client of this.broker.clients.values()) client.drop();
        throw error;
      }
      const id = requestIdOf(fields, this.version);
      const reason = error instanceof Error ? error.message : String(error);
      this.broker.log.error(`${this.name}: request ${named(fields[0])}: ${reason}`);
      if (error instanceof WireError)
        this.error(id, 320, `Error reading request. Message id ${named(fields[0])}: ${reason}`);
      else this.error(id, 322, `Error processing request. Message id ${named(fields[0])}: ${reason}`);
    }
  }
}

/** A message id as it came, which may be anything. */
const named = (messageId: string | undefined): string => (messageId ?? '').slice(0, 20);
