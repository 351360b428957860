import { defineStore } from 'pinia';
import { keyedList } from './keyed-list.ts';

/** Watched instruments with their newest prices, by instrument id. */
export const usePricesStore = defineStore('prices', () => keyedList('prices'));
