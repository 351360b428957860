import { defineStore } from 'pinia';
import { keyedList } from './keyed-list.ts';

/** Positions as the broker told them, by account and instrument. */
export const usePositionsStore = defineStore('positions', () => keyedList('positions'));
