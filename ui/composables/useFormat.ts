import { computed } from 'vue';
import { useI18n } from 'vue-i18n';
import { formatDuration, formatSpan } from '../format/ages.ts';
import { formatAmount, formatSigned } from '../format/money.ts';
import { formatBytes, formatFigure, formatPercent, formatPrice, formatQuantity } from '../format/numbers.ts';
import {
  formatAgo,
  formatBarTime,
  formatClock,
  formatDateTime,
  formatMoment,
  formatStamp,
} from '../format/times.ts';

type Value = string | number | null | undefined;

/** The formatters of `format/`, bound to the language of the page. */
export function useFormat() {
  const { locale } = useI18n();
  const tag = computed(() => locale.value);
  return {
    price: (value: Value, decimals: number) => formatPrice(value, decimals, tag.value),
    quantity: (value: Value) => formatQuantity(value, tag.value),
    percent: (value: number | null | undefined) => formatPercent(value, tag.value),
    amount: (value: Value) => formatAmount(value, tag.value),
    signed: (value: Value) => formatSigned(value, tag.value),
    figure: (value: number | string | boolean | null | undefined) => formatFigure(value, tag.value),
    duration: (ms: number | null | undefined) => formatDuration(ms, tag.value),
    span: (ms: number | null | undefined) => formatSpan(ms, tag.value),
    bytes: (bytes: number | null | undefined) => formatBytes(bytes, tag.value),
    ago: (ms: number) => formatAgo(ms, tag.value),
    moment: (at: number | null | undefined, now: number) => formatMoment(at, now, tag.value),
    dateTime: (at: number | null | undefined) => formatDateTime(at, tag.value),
    stamp: (at: number | null | undefined, now: number) => formatStamp(at, now, tag.value),
    clock: (at: number | null | undefined) => formatClock(at, tag.value),
    barTime: (at: number | null | undefined, timeframe: string) => formatBarTime(at, timeframe, tag.value),
  };
}
