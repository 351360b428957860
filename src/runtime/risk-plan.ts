import { instrumentId } from '../../machines/domain/instrument.ts';
import type { SessionDefinition } from '../../machines/domain/session.ts';
import { baseCurrency, figureIn } from '../../machines/portfolio/currency.logic.ts';
import type { PortfolioClient } from '../../machines/portfolio/portfolio.client.ts';
import type { LimitName } from '../../machines/risk/limits.ts';
import { lossNames } from '../../machines/risk/loss.logic.ts';
import { tradeLimitNames } from '../../machines/risk/trades.logic.ts';
import { type WorstCase, worstCase } from '../../machines/risk/worst-case.logic.ts';
import { findingWords } from '../../machines/risk/worst-case.words.ts';
import type { Config } from '../config/load.ts';
import type { RiskPlanView } from '../contract/risk.schema.ts';
import type { DrillKeeper } from './drill-keeper.ts';
import type { Desired } from './session-book.ts';

export interface RiskPlanOptions {
  readonly config: Pick<Config, 'limits' | 'losses' | 'trades' | 'capital'>;
  readonly portfolio: Pick<PortfolioClient, 'snapshot'>;
  /** null: nothing is tried, and nothing was. */
  readonly drills: Pick<DrillKeeper, 'last' | 'due'> | null;
  readonly account: () => string | null;
  readonly sessions: () => readonly { readonly definition: SessionDefinition; readonly desired: Desired }[];
}

/** The worst case of the sessions that are wanted now, by what the account has now unless a capital is declared. */
export class RiskPlan {
  readonly #options: RiskPlanOptions;

  constructor(options: RiskPlanOptions) {
    this.#options = options;
  }

  view(): RiskPlanView {
    const { limits, losses, trades } = this.#options.config;
    const plan = this.#plan();
    return {
      ...{ netLiquidation: plan.netLiquidation, sessions: [...plan.sessions], whole: plan.whole },
      findings: plan.findings.map((finding) => ({ ...finding, message: findingWords(finding) })),
      limits: limits.flatMap(({ scope, limits: levels }) =>
        Object.entries(levels).map(([limit, level]) => ({
          ...{ scope, limit: limit as LimitName, soft: level.soft, hard: level.hard },
        })),
      ),
      drill: this.#drill(),
      trades: tradeLimitNames.flatMap((limit) => {
        const level = trades[limit];
        return level === undefined ? [] : [{ limit, ...level }];
      }),
      losses: {
        ...{ confirm: losses.confirm, action: losses.action },
        levels: lossNames.flatMap((limit) => {
          const level = losses.levels[limit];
          return level === undefined ? [] : [{ limit, ...level }];
        }),
      },
    };
  }

  #drill(): RiskPlanView['drill'] {
    const { drills } = this.#options;
    const last = drills?.last() ?? null;
    return {
      due: drills?.due() ?? null,
      last:
        last === null
          ? null
          : { at: last.at, tookMs: last.tookMs, failure: last.failure, workedAt: last.workedAt },
    };
  }

  /** Why a session cannot be added: what it is declared to reach breaks a limit. null when it can. */
  refusal(added: SessionDefinition): string | null {
    const found = this.#plan(added).findings.find(
      ({ kind, session }) => kind === 'refused' && session === added.id,
    );
    return found === undefined ? null : findingWords(found);
  }

  #plan(added?: SessionDefinition): WorstCase {
    const { config, sessions } = this.#options;
    const wanted = sessions().flatMap(({ definition, desired }) => (desired === 'stopped' ? [] : definition));
    const all = added === undefined ? wanted : [...wanted, added];
    const account = this.#options.account();
    return worstCase({
      sessions: all.map((session) => ({ ...session, instrumentId: instrumentId(session.instrument) })),
      ...{ limits: config.limits, losses: config.losses, account },
      netLiquidation: config.capital ?? this.#told(account),
    });
  }

  /** Net liquidation as the broker told it, in the base currency. */
  #told(account: string | null) {
    const { values } = this.#options.portfolio.snapshot();
    const base = account === null ? null : baseCurrency(values, account);
    return account === null || base === null ? null : figureIn(values, account, 'NetLiquidation', base);
  }
}
