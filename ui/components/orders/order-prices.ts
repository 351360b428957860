import { OrderType } from '../../../machines/domain/order.ts';
import type { PriceField } from '../../../machines/domain/order-terms.ts';

/** What a person types: one text for each price that some order type has. */
export type PriceTexts = Record<PriceField, string>;

export const emptyPrices = (): PriceTexts => ({
  limitPrice: '',
  stopPrice: '',
  trailAmount: '',
  trailPercent: '',
  limitOffset: '',
});

/** What is sent of them: the fields of the type, an empty one as "none". */
export const pricesToSend = (texts: PriceTexts, fields: readonly PriceField[]) =>
  Object.fromEntries(
    Object.entries(texts).map(([field, text]) => {
      const isOf = fields.some((each) => each === field);
      return [field, isOf && text.trim() !== '' ? text.trim() : null];
    }),
  ) as Record<PriceField, string | null>;

export const orderTypes: readonly OrderType[] = Object.values(OrderType);

/** The type as it stands in the locales' keys; the broker has types that are not placed here. */
export const typeKey = (orderType: string): string => `orderType.${orderType.replaceAll(' ', '_')}`;
