import { randomInt } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Ledger } from './account/ledger.ts';
import { GatewayError } from './errors.ts';
import type { BrokerExecution, BrokerOrder } from './matching/order.ts';
import { type StoredRecord, stateRecordSchema } from './state.schema.ts';

type Change =
  | { k: 'clock'; at: number }
  | { k: 'order'; order: BrokerOrder }
  | { k: 'fill'; order: BrokerOrder; execution: BrokerExecution; ledger: Ledger }
  | { k: 'ledger'; ledger: Ledger };
type StateRecord = Change | { k: 'batch'; records: readonly Change[] };

const KEEP_WALL_MS = 24 * 3600_000;
const COMPACT_AFTER_BYTES = 8 * 1024 * 1024;

/**
 * What the broker remembers. With a file, every change is appended as one JSON line before anybody hears of it, so
 * killing the process loses nothing; the file is rewritten as one snapshot at start and when it has grown.
 */
export class BrokerState {
  clock: number | undefined;
  ledger: Ledger | undefined;
  permIdBase = randomInt(100_000_000, 2_000_000_000);
  execIdBase = randomInt(0x10000000, 0x7fffffff);
  orderCount = 0;
  executionCount = 0;
  readonly nextOrderIds = new Map<number, number>();
  readonly orders = new Map<number, BrokerOrder>();
  readonly executions = new Map<string, BrokerExecution>();
  readonly #path: string | undefined;
  readonly #account: string;
  #file: number | undefined;
  /** Changes of an operation that is not over, and how deep in operations it is. */
  readonly #batch: Change[] = [];
  #depth = 0;
  #bytes = 0;

  /** Reads the file if it exists. Throws GatewayError BAD_STATE when it is not ours or cannot be written. */
  constructor(path: string | undefined, account: string) {
    this.#path = path;
    this.#account = account;
    if (path === undefined) return;
    try {
      mkdirSync(dirname(path), { recursive: true });
      if (existsSync(path)) this.#read(readFileSync(path, 'utf8'), path);
      this.#compact();
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new GatewayError('BAD_STATE', `state file "${path}" cannot be used: ${reason}`, { cause });
    }
  }

  nextOrderId(clientId: number): number {
    return this.nextOrderIds.get(clientId) ?? 1;
  }

  saveClock(at: number): void {
    this.clock = at;
    this.#append({ k: 'clock', at });
  }

  saveOrder(order: BrokerOrder): void {
    this.#keepOrder(order);
    this.#append({ k: 'order', order });
  }

  /** Order, execution and money in one line: they are never seen apart. */
  saveFill(order: BrokerOrder, execution: BrokerExecution, ledger: Ledger): void {
    this.#keepOrder(order);
    this.#keepExecution(execution);
    this.ledger = ledger;
    this.#append({ k: 'fill', order, execution, ledger });
  }

  saveLedger(ledger: Ledger): void {
    this.ledger = ledger;
    this.#append({ k: 'ledger', ledger });
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #keepOrder(order: BrokerOrder): void {
    if (!this.orders.has(order.permId)) this.orderCount += 1;
    this.orders.set(order.permId, order);
    this.nextOrderIds.set(order.clientId, Math.max(this.nextOrderId(order.clientId), order.orderId + 1));
  }

  #keepExecution(execution: BrokerExecution): void {
    if (!this.executions.has(execution.execId)) this.executionCount += 1;
    this.executions.set(execution.execId, execution);
    this.clock = Math.max(this.clock ?? 0, execution.at);
  }

  /**
   * What changes together is remembered together: everything that is saved within is one line of the file, so that
   * a kill leaves all of it or nothing (a filled parent with its children still waiting, half an OCA group).
   */
  atomically<T>(change: () => T): T {
    this.#depth += 1;
    try {
      return change();
    } finally {
      this.#depth -= 1;
      const [first, ...more] = this.#depth === 0 ? this.#batch.splice(0) : [];
      if (first !== undefined)
        this.#append(more.length === 0 ? first : { k: 'batch', records: [first, ...more] });
    }
  }

  #append(record: StateRecord): void {
    if (this.#file === undefined) return;
    if (this.#depth > 0 && record.k !== 'batch') {
      this.#batch.push(record);
      return;
    }
    const line = `${JSON.stringify(record)}\n`;
    try {
      writeSync(this.#file, line);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new GatewayError('BAD_STATE', `the state file cannot be written: ${reason}`, { cause });
    }
    this.#bytes += line.length;
    if (this.#bytes > COMPACT_AFTER_BYTES) this.#compact();
  }

  #read(text: string, path: string): void {
    const lines = text.split('\n');
    for (const [index, line] of lines.entries()) {
      if (line === '') continue;
      let record: StoredRecord;
      try {
        record = stateRecordSchema.parse(JSON.parse(line));
      } catch (cause) {
        // A killed process may leave half a line behind; only the last one, and nobody was told of it.
        if (index === lines.length - 1) return;
        throw new GatewayError('BAD_STATE', `${path}:${index + 1}: not a line of a gateway state file`, {
          cause,
        });
      }
      this.#apply(record, path);
    }
  }

  #apply(record: StoredRecord, path: string): void {
    if (record.k === 'batch') for (const each of record.records) this.#apply(each, path);
    else if (record.k === 'clock') this.clock = Math.max(this.clock ?? 0, record.at);
    else if (record.k === 'order') this.#keepOrder(record.order);
    else if (record.k === 'ledger') this.ledger = record.ledger;
    else if (record.k === 'fill') {
      this.#keepOrder(record.order);
      this.#keepExecution(record.execution);
      this.ledger = record.ledger;
    } else {
      if (record.account !== this.#account)
        throw new GatewayError(
          'BAD_STATE',
          `${path} belongs to account ${record.account}, not ${this.#account}`,
        );
      this.clock = record.clock;
      this.ledger = record.ledger;
      for (const order of record.orders) this.orders.set(order.permId, order);
      for (const execution of record.executions) this.executions.set(execution.execId, execution);
      for (const [client, id] of Object.entries(record.nextOrderIds))
        this.nextOrderIds.set(Number(client), id);
      this.permIdBase = record.permIdBase;
      this.execIdBase = record.execIdBase;
      this.orderCount = record.orderCount;
      this.executionCount = record.executionCount;
    }
  }

  /** Rewrites the file as one snapshot, beside the old one and then in its place. Forgets what ended long ago. */
  #compact(): void {
    if (this.#path === undefined) return;
    const oldest = Date.now() - KEEP_WALL_MS;
    for (const order of this.orders.values())
      if ((order.doneWallAt ?? oldest) < oldest) this.orders.delete(order.permId);
    for (const execution of this.executions.values())
      if (execution.wallAt < oldest) this.executions.delete(execution.execId);
    const snapshot = {
      k: 'snapshot',
      version: 1,
      account: this.#account,
      clock: this.clock,
      permIdBase: this.permIdBase,
      execIdBase: this.execIdBase,
      orderCount: this.orderCount,
      executionCount: this.executionCount,
      nextOrderIds: Object.fromEntries(this.nextOrderIds),
      orders: [...this.orders.values()],
      executions: [...this.executions.values()],
      ledger: this.ledger,
    };
    const text = `${JSON.stringify(snapshot)}\n`;
    const beside = `${this.#path}.new`;
    writeFileSync(beside, text);
    if (this.#file !== undefined) closeSync(this.#file);
    renameSync(beside, this.#path);
    this.#file = openSync(this.#path, 'a');
    this.#bytes = text.length;
  }
}
