import { contractDetails, marketRuleId } from '../describe.ts';
import {
  contractData,
  contractDataEnd,
  marketRule,
  readContractDataRequest,
  symbolSamples,
} from '../messages/contract.ts';
import { Request } from '../wire/ids.ts';
import { invalid, type RequestHandlers } from './types.ts';

export const contractRequests: RequestHandlers = {
  [Request.contractData]: (session, reader) => {
    const { reqId, contract } = readContractDataRequest(reader, session.version);
    const { market } = session.broker;
    const found = market.find(contract);
    if (found.length === 0) {
      session.error(reqId, 200, 'No security definition has been found for the request');
      return;
    }
    for (const each of found)
      session.send(contractData(session.version, reqId, contractDetails(each, market)));
    session.send(contractDataEnd(reqId));
  },

  [Request.matchingSymbols]: (session, reader) => {
    const reqId = reader.int('reqId');
    const pattern = reader.str('pattern').toUpperCase();
    const { market } = session.broker;
    const found = market.instruments.filter(
      ({ config, longName }) => config.symbol.startsWith(pattern) || longName.toUpperCase().includes(pattern),
    );
    const details = found.slice(0, 16).map((each) => contractDetails(each, market));
    session.send(symbolSamples(session.version, reqId, details));
  },

  [Request.marketRule]: (session, reader) => {
    const ruleId = reader.int('marketRuleId');
    const instrument = session.broker.market.instruments.find((each) => marketRuleId(each) === ruleId);
    if (instrument === undefined) invalid(session, -1, `Market rule ${ruleId} is not known`);
    else session.send(marketRule(ruleId, instrument.grid));
  },
};
