import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import type { RiskPlanView } from '../../src/contract/risk.schema.ts';
import { api } from '../api/client.ts';
import { messageOf } from '../api/problem.ts';
import type { ListState } from './keyed-list.ts';

/** What sessions can reach at worst, and the limits. */
export const useRiskPlanStore = defineStore('riskPlan', () => {
  const plan = shallowRef<RiskPlanView | null>(null);
  const state = shallowRef<ListState>('loading');
  const error = shallowRef<string | null>(null);

  /** Fetches it; a failure becomes `error`. */
  async function load(): Promise<void> {
    try {
      plan.value = await api.riskPlan();
      state.value = 'ready';
      error.value = null;
    } catch (cause) {
      error.value = messageOf(cause);
      if (state.value === 'loading') state.value = 'error';
    }
  }

  return { plan, state, error, load };
});
