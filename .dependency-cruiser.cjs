/**
 * The dependency arrows of docs/architecture.md, held in CI (`npm run arch`).
 * @type {import('dependency-cruiser').IConfiguration}
 */
module.exports = {
  forbidden: [
    {
      name: 'machines-are-pure',
      comment: 'machines/ is the model: it knows no socket, file, database, browser or process.',
      severity: 'error',
      from: { path: '^machines/' },
      to: { path: '^(src|ui|test)/' },
    },
    {
      name: 'machines-have-few-dependencies',
      comment:
        'machines/ may use xstate, decimal.js, trading-signals and zod, and nothing else; no Node built-ins.',
      severity: 'error',
      from: { path: '^machines/' },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'core'],
        pathNot: 'node_modules/(xstate|decimal\\.js|trading-signals|zod)/',
      },
    },
    {
      name: 'domain-knows-no-actor',
      comment: 'machines/domain is at the bottom: types, constructors, arithmetic.',
      severity: 'error',
      from: { path: '^machines/domain/' },
      to: { path: '^machines/(?!domain/)' },
    },
    {
      name: 'gateway-and-broker-meet-on-the-wire',
      comment: 'The simulated gateway and the IB adapter share nothing but the TWS protocol.',
      severity: 'error',
      from: { path: '^src/gateway/' },
      to: { path: '^src/(?!gateway/|config/)' },
    },
    {
      name: 'nobody-reaches-into-the-gateway',
      comment: 'The gateway is a process of its own; only the command line starts it.',
      severity: 'error',
      from: { path: '^src/(?!gateway/|main\\.ts|cli/)' },
      to: { path: '^src/gateway/' },
    },
    {
      name: 'only-broker-ib-speaks-ib',
      comment: '@stoqey/ib has one home in production code.',
      severity: 'error',
      from: { path: '^(src/(?!broker/ib/)|machines|ui)' },
      to: { path: 'node_modules/@stoqey/ib' },
    },
    {
      name: 'ui-imports-contract-and-machines-only',
      comment:
        'The browser sees the contract schemas and the machine definitions; nothing else of the server.',
      severity: 'error',
      from: { path: '^ui/' },
      to: { path: '^(src/(?!contract/)|test/)' },
    },
    {
      name: 'contract-stands-alone',
      comment: 'What crosses to the browser must load in a browser.',
      severity: 'error',
      from: { path: '^src/contract/' },
      to: { path: '^src/(?!contract/)' },
    },
    {
      name: 'contract-is-browser-safe',
      severity: 'error',
      from: { path: '^src/contract/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'entities-stay-in-the-store',
      comment: 'Repositories return domain values; MikroORM does not leave src/store.',
      severity: 'error',
      from: { path: '^src/(?!store/)' },
      to: { path: 'node_modules/@mikro-orm/' },
    },
    {
      name: 'adapters-do-not-import-each-other',
      comment: 'broker, store and http meet in the composition root only.',
      severity: 'error',
      from: { path: '^src/(broker|store|http)/' },
      to: { path: '^src/(broker|store|http)/', pathNot: '^src/$1/' },
    },
    {
      name: 'inspect-knows-machines-only',
      comment:
        'The recorder watches any machine; where entries go and who reads them is wired by the runtime.',
      severity: 'error',
      from: { path: '^src/inspect/' },
      to: { path: '^(src/(?!inspect/)|ui/)' },
    },
    {
      name: 'cli-is-on-top',
      comment: 'Commands use everything; nothing but the entry uses commands.',
      severity: 'error',
      from: { path: '^src/(?!cli/|main\\.ts)' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'no-production-code-imports-tests',
      severity: 'error',
      from: { path: '^(src|machines|ui)/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'production-uses-production-dependencies',
      severity: 'error',
      from: { path: '^(src|machines)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^ui/dist|\\.json$)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
