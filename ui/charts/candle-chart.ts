import {
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  LineSeries,
  LineStyle,
  type SeriesMarker,
  type Time,
} from 'lightweight-charts';
import type { BarView, DecisionView } from '../../src/contract/session.schema.ts';
import { formatPrice } from '../format/numbers.ts';
import { formatBarTime, formatDateTime, isDateBar } from '../format/times.ts';
import { barChange, type ChartMark, chartTime, isRefusedWish, overlayLine, overlayNames } from './candles.ts';
import { type ChartColours, withAlpha } from './chart-theme.ts';

export interface ChartHover {
  /** Start of the hovered bar, epoch ms. */
  readonly time: number;
  readonly x: number;
  readonly y: number;
}

export interface CandleChart {
  setBars(bars: readonly BarView[]): void;
  setMarks(marks: readonly ChartMark[]): void;
  setDecisions(decisions: readonly DecisionView[]): void;
  setColours(colours: ChartColours): void;
  setWords(options: { locale: string; timeframe: string; decimals: number }): void;
  remove(): void;
}

/**
 * Candles with volume behind them, marks on top and a ribbon of ticks below: one for each bar that refused a signal.
 * The caller hands over whole lists; only what changed is redrawn.
 */
export function createCandleChart(
  element: HTMLElement,
  on: { hover: (hover: ChartHover | null) => void; nearStart: () => void },
): CandleChart {
  const chart = createChart(element, {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: 'transparent' },
      fontFamily: 'Inter Variable, system-ui, sans-serif',
      fontSize: 11,
      // The attribution stands in the settings popover.
      attributionLogo: false,
    },
    crosshair: { mode: CrosshairMode.Normal },
    timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 6, minBarSpacing: 1, barSpacing: 7 },
    rightPriceScale: { scaleMargins: { top: 0.12, bottom: 0.2 } },
  });
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: 'volume',
    priceFormat: { type: 'volume' },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  volume.priceScale().applyOptions({ scaleMargins: { top: 0.86, bottom: 0.03 } });
  const candles = chart.addSeries(CandlestickSeries, { borderVisible: false });
  const overlays = overlayNames.map((name) => ({
    name,
    series: chart.addSeries(LineSeries, {
      lineWidth: 1,
      lastValueVisible: false,
      priceLineVisible: false,
      crosshairMarkerVisible: false,
      ...(name === 'stop' ? { lineStyle: LineStyle.Dotted } : {}),
    }),
  }));
  const ribbon = chart.addSeries(HistogramSeries, {
    priceScaleId: 'ribbon',
    lastValueVisible: false,
    priceLineVisible: false,
  });
  ribbon.priceScale().applyOptions({ scaleMargins: { top: 0.99, bottom: 0 } });
  const markers = createSeriesMarkers(candles, [], { zOrder: 'top' });

  let bars: readonly BarView[] = [];
  let marks: readonly ChartMark[] = [];
  let decisions: readonly DecisionView[] = [];
  let colours: ChartColours | null = null;

  chart.subscribeCrosshairMove((param) => {
    if (param.time === undefined || param.point === undefined) on.hover(null);
    else on.hover({ time: Number(param.time) * 1000, x: param.point.x, y: param.point.y });
  });
  chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
    if (range !== null && range.from < 10 && bars.length > 0) on.nearStart();
  });

  const volumePoint = (bar: BarView) => ({
    time: chartTime(bar.time),
    value: bar.volume,
    color: withAlpha((bar.close >= bar.open ? colours?.up : colours?.down) ?? '#888888', 0.22),
  });
  const candlePoint = (bar: BarView) => ({
    time: chartTime(bar.time),
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
  });

  function drawAll(): void {
    candles.setData(bars.map(candlePoint));
    volume.setData(bars.map(volumePoint));
  }

  function drawMarks(): void {
    if (colours === null) return;
    const palette = colours;
    markers.setMarkers(
      marks.map((mark): SeriesMarker<Time> => {
        const time = chartTime(mark.time);
        const color = mark.side === 'BUY' ? palette.up : palette.down;
        if (mark.kind === 'fill' && mark.price !== null) {
          return {
            time,
            position: 'atPriceMiddle',
            price: mark.price,
            shape: 'circle',
            color: palette.text,
            size: 0.5,
          };
        }
        return mark.side === 'BUY'
          ? { time, position: 'belowBar', shape: 'arrowUp', color, size: 1.1 }
          : { time, position: 'aboveBar', shape: 'arrowDown', color, size: 1.1 };
      }),
    );
  }

  function drawRibbon(): void {
    if (colours === null) return;
    const color = withAlpha(colours.warn, 0.5);
    const shown = new Set(bars.map((bar) => bar.time));
    for (const { name, series } of overlays) series.setData([...overlayLine(name, bars, decisions)]);
    ribbon.setData(
      decisions
        .filter((decision) => isRefusedWish(decision) && shown.has(decision.barTime))
        .map((decision) => ({ time: chartTime(decision.barTime), value: 1, color }))
        .sort((a, b) => a.time - b.time),
    );
  }

  return {
    setBars(next) {
      const change = barChange(bars, next);
      const grown = next.length !== bars.length;
      bars = next;
      if (change.kind === 'all') drawAll();
      if (change.kind === 'tail') {
        for (const bar of next.slice(change.from)) {
          candles.update(candlePoint(bar));
          volume.update(volumePoint(bar));
        }
      }
      if (grown) drawRibbon();
    },
    setMarks(next) {
      marks = next;
      drawMarks();
    },
    setDecisions(next) {
      decisions = next;
      drawRibbon();
    },
    setColours(next) {
      colours = next;
      const grid = { color: withAlpha(next.line, 0.55) };
      const cross = { color: next.faint, labelBackgroundColor: next.strong };
      chart.applyOptions({
        layout: { textColor: next.faint },
        grid: { vertLines: grid, horzLines: grid },
        crosshair: { vertLine: cross, horzLine: cross },
        timeScale: { borderColor: next.line },
        rightPriceScale: { borderColor: next.line },
      });
      candles.applyOptions({
        upColor: next.up,
        downColor: next.down,
        wickUpColor: next.up,
        wickDownColor: next.down,
      });
      const lineColours = {
        fast: next.accent,
        slow: next.warn,
        emaFast: next.accent,
        emaSlow: next.warn,
        bollingerUpper: next.strong,
        bollingerLower: next.strong,
        stop: next.faint,
      };
      for (const { name, series } of overlays)
        series.applyOptions({ color: withAlpha(lineColours[name], 0.75) });
      drawAll();
      drawMarks();
      drawRibbon();
    },
    setWords({ locale, timeframe, decimals }) {
      const format = (time: Time) => {
        const at = Number(time) * 1000;
        return isDateBar(timeframe) ? formatBarTime(at, timeframe, locale) : formatDateTime(at, locale);
      };
      chart.applyOptions({
        localization: {
          locale,
          timeFormatter: format,
          priceFormatter: (price: number) => formatPrice(price, decimals, locale),
        },
        timeScale: { timeVisible: !isDateBar(timeframe) },
      });
      candles.applyOptions({ priceFormat: { type: 'price', precision: decimals, minMove: 10 ** -decimals } });
    },
    remove: () => chart.remove(),
  };
}
