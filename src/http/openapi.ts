import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';

/** Describes every route that is added after it: OpenAPI 3.1 as JSON, and pages to read. */
export function addOpenApi(app: FastifyInstance, version: string): void {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tradewarden',
        version,
        description:
          'Trading sessions on Interactive Brokers. Times are epoch milliseconds; prices and quantities of orders and positions are decimals in text; null is "not known", never 0.',
      },
      components: {
        securitySchemes: {
          browser: { type: 'apiKey', in: 'cookie', name: 'tw_session' },
          control: { type: 'http', scheme: 'bearer' },
        },
      },
      security: [{ browser: [] }, { control: [] }],
    },
    transform: jsonSchemaTransform,
  });
  app.register(swaggerUi, {
    routePrefix: '/api/docs',
    staticCSP: true,
    // Its own policy would let styles and images come from any https site, and still refuse its inline styles.
    transformStaticCSP: () =>
      "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  });
  app.register(async (scope) => {
    scope.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => scope.swagger());
  });
}
