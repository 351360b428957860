import { defineStore } from 'pinia';
import { keyedList } from './keyed-list.ts';

/** Account values and profit and loss, by account. */
export const useAccountStore = defineStore('account', () => keyedList('account'));
