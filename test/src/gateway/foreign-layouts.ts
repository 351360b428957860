/**
 * What other clients' decoders read, message by message, for the server versions that they negotiate: ib_async (whose
 * decoder is that of ib_insync 0.9.86; 157 to 178) and the official API for Python and Java (10.19: 176, 10.30: 187,
 * 10.32: 193). Transcribed by hand from ib_async/decoder.py and ibapi/decoder.py + orderdecoder.py.
 *
 * A layout is a line of `name:type`. Types: i integer, f number, s text, b 0 or 1. An empty field is "not set" in all
 * but those with `!`, for which the client fails on it. `n{...}` is a count and so many groups.
 */
const contract =
  'conId:i symbol:s secType:s lastTradeDate:s strike:f right:s multiplier:s exchange:s currency:s localSymbol:s tradingClass:s';

const orderHead = `${contract} action:s totalQuantity:f orderType:s lmtPrice:f auxPrice:f tif:s ocaGroup:s account:s openClose:s origin:i orderRef:s`;
const combo =
  'comboLegsDescrip:s n!{conId:i ratio:i action:s exchange:s openClose:i shortSaleSlot:i designatedLocation:s exemptCode:i} n!{price:f} n!{tag:s value:s}';
/** Of orders without delta neutral leg, scale table, hedge, algorithm and conditions. */
const volatility =
  'volatility:f volatilityType:i deltaNeutralOrderType:s deltaNeutralAuxPrice:f continuousUpdate:b referencePriceType:i';
const scale = 'scaleInitLevelSize:i scaleSubsLevelSize:i scalePriceIncrement:f hedgeType:s';
const pegOffsets =
  'minTradeQty:i minCompeteSize:i competeAgainstBestOffset:f midOffsetAtWhole:f midOffsetAtHalf:f';

function openOrder(v: number): string {
  return [
    `orderId:i! ${orderHead} clientId:i permId:i outsideRth:b hidden:b discretionaryAmt:f goodAfterTime:s`,
    'sharesAllocation:s faGroup:s faMethod:s faPercentage:s',
    v < 177 ? 'faProfile:s' : '',
    'modelCode:s goodTillDate:s rule80A:s percentOffset:f settlingFirm:s shortSaleSlot:i designatedLocation:s',
    'exemptCode:i auctionStrategy:i startingPrice:f stockRefPrice:f delta:f stockRangeLower:f stockRangeUpper:f',
    'displaySize:i blockOrder:b sweepToFill:b allOrNone:b minQty:i ocaType:i eTradeOnly:b firmQuoteOnly:b',
    `nbboPriceCap:f parentId:i triggerMethod:i ${volatility} trailStopPrice:f trailingPercent:f basisPoints:f`,
    `basisPointsType:i ${combo} ${scale} optOutSmartRouting:b clearingAccount:s clearingIntent:s notHeld:b`,
    'deltaNeutralContract:b! algoStrategy:s solicited:b whatIf:b status:s initMarginBefore:s maintMarginBefore:s',
    'equityWithLoanBefore:s initMarginChange:s maintMarginChange:s equityWithLoanChange:s initMarginAfter:s',
    'maintMarginAfter:s equityWithLoanAfter:s commission:f minCommission:f maxCommission:f commissionCurrency:s',
    'warningText:s randomizeSize:b randomizePrice:b conditions:i! adjustedOrderType:s triggerPrice:f',
    'trailStopPrice:f lmtPriceOffset:f adjustedStopPrice:f adjustedStopLimitPrice:f adjustedTrailingAmount:f',
    'adjustableTrailingUnit:i tierName:s tierValue:s tierDisplayName:s cashQty:f dontUseAutoPriceForHedge:b',
    'isOmsContainer:b discretionaryUpToLimitPrice:b usePriceMgmtAlgo:b',
    // ib_async reads it from 159 on; no server in use says 158.
    v >= 158 ? 'duration:i' : '',
    v >= 160 ? 'postToAts:i' : '',
    v >= 162 ? 'autoCancelParent:b' : '',
    v >= 170 ? pegOffsets : '',
    v >= 183 ? 'customerAccount:s' : '',
    v >= 184 ? 'professionalCustomer:b' : '',
    v >= 185 ? 'bondAccruedInterest:s' : '',
    v >= 189 ? 'includeOvernight:b' : '',
    v >= 193 ? 'extOperator:s manualOrderIndicator:i' : '',
  ].join(' ');
}

function completedOrder(v: number): string {
  return [
    `${orderHead} permId:i outsideRth:b hidden:b discretionaryAmt:f goodAfterTime:s faGroup:s faMethod:s`,
    'faPercentage:s',
    v < 177 ? 'faProfile:s' : '',
    'modelCode:s goodTillDate:s rule80A:s percentOffset:f settlingFirm:s shortSaleSlot:i designatedLocation:s',
    'exemptCode:i startingPrice:f stockRefPrice:f delta:f stockRangeLower:f stockRangeUpper:f displaySize:i',
    `sweepToFill:b allOrNone:b minQty:i ocaType:i triggerMethod:i ${volatility} trailStopPrice:f`,
    `trailingPercent:f ${combo} ${scale} clearingAccount:s clearingIntent:s notHeld:b deltaNeutralContract:b!`,
    'algoStrategy:s solicited:b status:s randomizeSize:b randomizePrice:b conditions:i! trailStopPrice:f',
    'lmtPriceOffset:f cashQty:f dontUseAutoPriceForHedge:b isOmsContainer:b autoCancelDate:s filledQuantity:f',
    'refFuturesConId:i autoCancelParent:b shareholder:s imbalanceOnly:b routeMarketableToBbo:b parentPermId:i',
    'completedTime:s completedStatus:s',
    v >= 170 ? pegOffsets : '',
    v >= 183 ? 'customerAccount:s' : '',
    v >= 184 ? 'professionalCustomer:b' : '',
  ].join(' ');
}

function contractData(v: number): string {
  return [
    v < 164 ? 'version:i' : '',
    'reqId:i! symbol:s secType:s lastTradeDateOrContractMonth:s',
    v >= 182 ? 'lastTradeDate:s' : '',
    'strike:f right:s exchange:s currency:s localSymbol:s marketName:s tradingClass:s conId:i minTick:f',
    v < 164 ? 'mdSizeMultiplier:i' : '',
    'multiplier:s orderTypes:s validExchanges:s priceMagnifier:i underConId:i longName:s primaryExchange:s',
    'contractMonth:s industry:s category:s subcategory:s timeZoneId:s tradingHours:s liquidHours:s evRule:s',
    'evMultiplier:i n!{tag:s value:s} aggGroup:i underSymbol:s underSecType:s marketRuleIds:s',
    'realExpirationDate:s',
    v >= 152 ? 'stockType:s' : '',
    v === 163 ? 'sizeMinTick:f' : '',
    v >= 164 ? 'minSize:f sizeIncrement:f suggestedSizeIncrement:f' : '',
    v >= 186 ? 'n!{id:s description:s}' : '',
  ].join(' ');
}

/** The layout of a message from the server behind its message id; undefined for those that are not in the table. */
export function foreignLayout(messageId: number, v: number): string | undefined {
  const layouts: Record<number, string> = {
    1: 'version:i reqId:i! tickType:i! price:f size:f attribs:i',
    2: 'version:i reqId:i tickType:i size:f',
    3: 'orderId:i status:s filled:f remaining:f avgFillPrice:f permId:i parentId:i lastFillPrice:f clientId:i whyHeld:s mktCapPrice:f',
    4: `version:i reqId:i! code:i! text:s${v >= 166 ? ' advancedOrderRejectJson:s' : ''}`,
    5: openOrder(v),
    6: 'version:i key:s value:s currency:s account:s',
    7: 'version:i conId:i symbol:s secType:s lastTradeDate:s strike:f right:s multiplier:s primaryExchange:s currency:s localSymbol:s tradingClass:s position:f! marketPrice:f! marketValue:f! averageCost:f! unrealizedPNL:f! realizedPNL:f! account:s',
    8: 'version:i time:s',
    9: 'version:i orderId:i!',
    10: contractData(v),
    11: `reqId:i! orderId:i ${contract} execId:s time:s account:s exchange:s side:s shares:f price:f permId:i clientId:i liquidation:i cumQty:f avgPrice:f orderRef:s evRule:s evMultiplier:f modelCode:s lastLiquidity:i${v >= 178 ? ' pendingPriceRevision:b' : ''}`,
    15: 'version:i accounts:s',
    17: 'reqId:i! start:s end:s n!{date:s open:f! high:f! low:f! close:f! volume:f! wap:f! count:i!}',
    45: 'version:i reqId:i tickType:i value:f',
    46: 'version:i reqId:i tickType:i value:s',
    49: 'version:i time:i',
    50: 'version:i reqId:i time:i open:f high:f low:f close:f volume:f wap:f count:i',
    52: 'version:i reqId:i',
    53: 'version:i',
    54: 'version:i account:s',
    55: 'version:i reqId:i',
    57: 'version:i reqId:i',
    58: 'version:i reqId:i type:i',
    59: 'version:i execId:s commission:f currency:s realizedPNL:f yield:f yieldRedemptionDate:i',
    61: `version:i account:s ${contract} position:f avgCost:f`,
    62: 'version:i',
    63: 'version:i reqId:i account:s tag:s value:s currency:s',
    64: 'version:i reqId:i',
    71: `version:i reqId:i! account:s ${contract} position:f avgCost:f modelCode:s`,
    72: 'version:i reqId:i',
    73: 'version:i reqId:i account:s modelCode:s key:s value:s currency:s',
    74: 'version:i reqId:i',
    77: 'reqId:i! n!{name:s value:s displayName:s}',
    78: 'n!{account:s familyCode:s}',
    79: `reqId:i! n!{conId:i! symbol:s secType:s primaryExchange:s currency:s n!{derivativeSecType:s}${v >= 176 ? ' description:s issuerId:s' : ''}}`,
    81: 'reqId:i minTick:f bboExchange:s snapshotPermissions:i',
    88: 'reqId:i headTimestamp:s',
    90: 'reqId:i! count:i date:s open:f close:f high:f low:f wap:f volume:f',
    93: 'marketRuleId:i! n!{lowEdge:f! increment:f!}',
    94: 'reqId:i dailyPnL:f unrealizedPnL:f realizedPnL:f',
    95: 'reqId:i position:f dailyPnL:f unrealizedPnL:f realizedPnL:f value:f',
    101: completedOrder(v),
    102: '',
    107: 'reqId:i whiteBrandingId:s',
  };
  return layouts[messageId]?.replace(/\s+/g, ' ').trim();
}

/** Reads a message as such a client does. Throws where it would fail, or where fields are left over. */
export function readForeign(layout: string, fields: readonly string[]): Record<string, string | number> {
  const values: Record<string, string | number> = {};
  let at = 0;
  const next = (name: string): string => {
    const text = fields[at];
    if (text === undefined) throw new Error(`the message ends before ${name}`);
    at += 1;
    return text;
  };
  const readAll = (text: string, prefix: string): void => {
    for (const token of tokens(text)) {
      const group = /^n!?\{(.*)\}$/.exec(token);
      if (group !== null) {
        const count = number('count', 'i', true, next('count'));
        for (let i = 0; i < count; i += 1) readAll(group[1] ?? '', `${prefix}${i}.`);
        continue;
      }
      const [name = '', type = ''] = token.split(':');
      const field = next(name);
      const isNeeded = type.endsWith('!');
      values[prefix + name] = type.startsWith('s') ? field : number(name, type.charAt(0), isNeeded, field);
    }
  };
  readAll(layout, '');
  if (at < fields.length) throw new Error(`${fields.length - at} fields are left over`);
  return values;
}

/** Splits at blanks outside of braces. */
function tokens(layout: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let token = '';
  for (const char of `${layout} `) {
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    if (char !== ' ' || depth > 0) token += char;
    else if (token !== '') {
      found.push(token);
      token = '';
    }
  }
  return found;
}

/** Python's int() and float() and Java's Integer.parseInt and Double.parseDouble take no more than this. */
function number(name: string, type: string, isNeeded: boolean, text: string): number {
  if (text === '') {
    if (isNeeded) throw new Error(`${name} is empty`);
    return Number.NaN;
  }
  const forms: Record<string, RegExp> = {
    i: /^-?\d+$/,
    b: /^[01]$/,
    f: /^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/,
  };
  if (forms[type]?.test(text) !== true) throw new Error(`${name}: "${text}" is no ${type}`);
  if (type === 'i' && Math.abs(Number(text)) > 2147483647) throw new Error(`${name}: ${text} is no Java int`);
  return Number(text);
}
