import { BacktestEntity } from './backtests/backtest.entity.ts';
import { BarEntity, BarSeriesEntity } from './bars/bar.entity.ts';
import { DecisionEntity } from './decisions/decision.entity.ts';
import { CommissionReportEntity, ExecutionEntity } from './executions/execution.entity.ts';
import { InstrumentEntity } from './instruments/instrument.entity.ts';
import { JournalEntity, JournalRunEntity, JournalVersionEntity } from './journal/journal.entity.ts';
import { LeaseEntity } from './leases/lease.entity.ts';
import { OrderCommandEntity, OrderEntity, OrderIntentEntity } from './orders/order.entity.ts';
import { AccountValueEntity, PositionEntity, PositionHistoryEntity } from './portfolio/portfolio.entity.ts';
import { SessionEntity } from './sessions/session.entity.ts';
import { AppStateEntity } from './state/app-state.entity.ts';
import { StrategyEntity } from './strategies/strategy.entity.ts';
import { WebSessionEntity } from './web-sessions/web-session.entity.ts';

/** Every table. Named one by one: nothing is discovered from the disk. */
export const entities = [
  InstrumentEntity,
  BarSeriesEntity,
  BarEntity,
  StrategyEntity,
  SessionEntity,
  DecisionEntity,
  OrderCommandEntity,
  OrderIntentEntity,
  OrderEntity,
  ExecutionEntity,
  CommissionReportEntity,
  PositionEntity,
  PositionHistoryEntity,
  AccountValueEntity,
  LeaseEntity,
  BacktestEntity,
  AppStateEntity,
  WebSessionEntity,
  JournalEntity,
  JournalRunEntity,
  JournalVersionEntity,
];
