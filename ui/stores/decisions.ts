import { defineStore } from 'pinia';
import { shallowReactive } from 'vue';
import type { DecisionView } from '../../src/contract/session.schema.ts';
import { api } from '../api/client.ts';
import { listsByTopic } from './by-topic.ts';

export const decisionsTopic = (sessionId: string): string => `decisions:${sessionId}`;

/** Decisions by session: the feed brings the newest, history is fetched once for the chart. */
export const useDecisionsStore = defineStore('decisions', () => {
  const lists = listsByTopic('decisions');
  const history = shallowReactive(new Map<string, readonly DecisionView[]>());

  /** Fetches the last `limit` decisions of a session. @throws ApiError */
  async function load(sessionId: string, limit: number): Promise<void> {
    const answer = await api.decisions(sessionId, { limit });
    history.set(sessionId, answer.items);
  }

  /** Known decisions of a session, newest bar first, each bar once. */
  function of(sessionId: string): readonly DecisionView[] {
    const byBar = new Map<number, DecisionView>();
    for (const decision of history.get(sessionId) ?? []) byBar.set(decision.barTime, decision);
    for (const decision of lists.list(decisionsTopic(sessionId)).items.value) {
      byBar.set(decision.barTime, decision);
    }
    return [...byBar.values()].sort((a, b) => b.barTime - a.barTime);
  }

  return { ...lists, load, of };
});
