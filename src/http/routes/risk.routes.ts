import { z } from 'zod';
import { systemViewSchema } from '../../contract/system.schema.ts';
import { answers, type Routes } from './http-app.ts';

const tags = ['risk'];
const riskSchema = systemViewSchema.shape.risk;
const commands = {
  halt: 'No order leaves any more',
  reduce: 'Only exits leave',
  resume: 'Entries and exits leave again',
} as const;

/** The kill switch. */
export const riskRoutes: Routes = (app, runtime) => {
  app.get(
    '/risk',
    { schema: { tags, summary: 'State of the kill switch', response: answers(riskSchema) } },
    async () => runtime.system().risk,
  );

  for (const command of ['halt', 'reduce', 'resume'] as const) {
    app.post(
      `/risk/${command}`,
      {
        schema: {
          tags,
          summary: commands[command],
          body: z
            .strictObject({
              cause: z.string().trim().min(1).max(300).optional().describe('Why, for the record'),
            })
            .nullish(),
          response: answers(riskSchema),
        },
      },
      async (request) => runtime.setRisk(command, request.body?.cause ?? 'by a person').risk,
    );
  }
};
