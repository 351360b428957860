import { defineStore } from 'pinia';
import { keyedList } from './keyed-list.ts';

/** Every actor of the supervision tree, by path. */
export const useActorsStore = defineStore('actors', () => keyedList('actors'));
