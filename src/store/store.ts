import { BacktestsRepository } from './backtests/backtests.repository.ts';
import { BarsRepository } from './bars/bars.repository.ts';
import { Database } from './database.ts';
import { databaseError, databaseName } from './database-error.ts';
import { DecisionsRepository } from './decisions/decisions.repository.ts';
import { ExecutionsRepository } from './executions/executions.repository.ts';
import { InstrumentsRepository } from './instruments/instruments.repository.ts';
import { JournalRepository } from './journal/journal.repository.ts';
import { LeasesRepository } from './leases/leases.repository.ts';
import { migrate } from './migrate.ts';
import { OrdersRepository } from './orders/orders.repository.ts';
import { createOrm } from './orm.ts';
import { guardPool } from './pool-guard.ts';
import { AccountRepository, PositionsRepository } from './portfolio/portfolio.repository.ts';
import { SessionsRepository } from './sessions/sessions.repository.ts';
import { StateRepository } from './state/state.repository.ts';
import { StoreError } from './store-error.ts';
import { StrategiesRepository } from './strategies/strategies.repository.ts';
import { TradesRepository } from './trades/trades.repository.ts';
import { WebSessionsRepository } from './web-sessions/web-sessions.repository.ts';

const PING_TIMEOUT_MS = 2_000;

/** The database, as the rest of the process sees it. Calls reject with a StoreError while it is away. */
export interface Store {
  readonly instruments: InstrumentsRepository;
  readonly bars: BarsRepository;
  readonly strategies: StrategiesRepository;
  readonly backtests: BacktestsRepository;
  readonly sessions: SessionsRepository;
  readonly decisions: DecisionsRepository;
  readonly orders: OrdersRepository;
  readonly executions: ExecutionsRepository;
  readonly trades: TradesRepository;
  readonly positions: PositionsRepository;
  readonly account: AccountRepository;
  readonly leases: LeasesRepository;
  readonly state: StateRepository;
  readonly webSessions: WebSessionsRepository;
  readonly journal: JournalRepository;
  /** A round trip. @throws StoreError `DATABASE_AWAY` after two seconds at the latest */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** `postgresql://user:password@host:port/database` */
  readonly url: string;
  readonly log?: ((message: string) => void) | undefined;
  /** Entries after which the journal begins a new partition. @default 250,000 */
  readonly journalPartitionEntries?: number | undefined;
  /** Bytes, with indexes, after which it does; about. @default 256 MB, or an eighth of what is kept */
  readonly journalPartitionBytes?: number | undefined;
}

function checkUrl(url: string): void {
  const protocol = URL.parse(url)?.protocol;
  if (protocol === 'postgresql:' || protocol === 'postgres:') return;
  throw new StoreError(
    'DATABASE_REFUSED',
    `DATABASE_URL: found ${protocol === undefined ? 'no URL' : `protocol "${protocol}"`}, expected "postgresql://user:password@host:port/database"`,
  );
}

/** Connects, brings the schema up to date and answers the repositories. @throws StoreError */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { url, log } = options;
  checkUrl(url);
  const orm = createOrm({ url, log });
  try {
    guardPool(await orm.driver.getConnection().getNativeClient());
    const ran = await migrate(orm, url);
    for (const name of ran) log?.(`database "${databaseName(url)}": migrated by ${name}`);
  } catch (error) {
    await orm.close(true).catch(() => undefined);
    throw databaseError(url, error) ?? error;
  }
  const db = new Database(orm, url);
  return {
    instruments: new InstrumentsRepository(db),
    bars: new BarsRepository(db),
    strategies: new StrategiesRepository(db),
    backtests: new BacktestsRepository(db),
    sessions: new SessionsRepository(db),
    decisions: new DecisionsRepository(db),
    orders: new OrdersRepository(db),
    executions: new ExecutionsRepository(db),
    trades: new TradesRepository(db),
    positions: new PositionsRepository(db),
    account: new AccountRepository(db),
    leases: new LeasesRepository(db),
    state: new StateRepository(db),
    webSessions: new WebSessionsRepository(db),
    journal: new JournalRepository(db, options.journalPartitionEntries, options.journalPartitionBytes),
    ping: () => db.ping(PING_TIMEOUT_MS),
    close: () => orm.close(true),
  };
}
