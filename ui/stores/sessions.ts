import { defineStore } from 'pinia';
import { keyedList } from './keyed-list.ts';

/** Trading sessions, by id. */
export const useSessionsStore = defineStore('sessions', () => keyedList('sessions'));
