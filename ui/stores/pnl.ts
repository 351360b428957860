import { defineStore } from 'pinia';
import { keyedList } from './keyed-list.ts';

/** Profit and loss by session, instrument, account and currency. */
export const usePnlStore = defineStore('pnl', () => keyedList('pnl'));
