import { z } from 'zod';
import { flattenViewSchema } from '../../contract/flatten.schema.ts';
import { riskPlanSchema } from '../../contract/risk.schema.ts';
import { riskScopeSchema, type SystemView, systemViewSchema } from '../../contract/system.schema.ts';
import { answers, type Routes } from './http-app.ts';

const tags = ['risk'];
const { risk, riskParts } = systemViewSchema.shape;
const riskSchema = risk.extend({ parts: riskParts, flatten: flattenViewSchema });
const riskOf = (system: SystemView) => ({
  ...system.risk,
  parts: system.riskParts,
  flatten: system.flatten,
});
const commands = {
  halt: 'No order leaves any more',
  reduce: 'Only exits leave',
  resume: 'Entries and exits leave again; what is being closed is called off',
  flatten: 'Trading is halted, orders are cancelled and every position is closed in steps',
} as const;

/** The kill switch. */
export const riskRoutes: Routes = (app, runtime) => {
  app.get(
    '/risk',
    { schema: { tags, summary: 'State of the kill switch', response: answers(riskSchema) } },
    async () => riskOf(runtime.system()),
  );

  app.get(
    '/risk/plan',
    {
      schema: {
        tags,
        summary: 'What the sessions can reach at worst, and the limits that hold them',
        response: answers(riskPlanSchema),
      },
    },
    async () => runtime.riskPlan(),
  );

  for (const command of ['halt', 'reduce', 'resume', 'flatten'] as const) {
    app.post(
      `/risk/${command}`,
      {
        schema: {
          tags,
          summary: commands[command],
          body: z
            .strictObject({
              cause: z.string().trim().min(1).max(300).optional().describe('Why, for the record'),
              scope: riskScopeSchema.optional().describe('One account or session; left out: everything'),
            })
            .nullish(),
          response: answers(riskSchema),
        },
      },
      async (request) =>
        riskOf(runtime.setRisk(command, request.body?.cause ?? 'by a person', request.body?.scope)),
    );
  }
};
