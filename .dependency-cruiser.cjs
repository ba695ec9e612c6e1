/** The layers of docs/architecture.md as rules; `npm run boundaries` checks them. */
const room = '^server/(?!platform/|adapters/|demo/)([^/]+)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'a-router-only-parses-and-delegates',
      severity: 'error',
      from: { path: '\\.router\\.ts$' },
      to: { path: ['\\.repository\\.ts$', '^db/', '^server/adapters/', '^server/platform/database'] },
    },
    {
      name: 'rules-are-pure',
      comment: 'rules decide on values: no clock, no database, no network',
      severity: 'error',
      from: { path: '^server/.*\\.rules\\.ts$' },
      to: {
        pathNot: [
          '\\.rules\\.ts$',
          '\\.schema\\.ts$',
          '^server/platform/(errors|schema|policy)\\.ts$',
          '^(node:)?(crypto|util)$',
          'node_modules/(yaml|zod)/',
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'a-repository-is-a-leaf',
      severity: 'error',
      from: { path: '\\.repository\\.ts$' },
      to: {
        path: ['\\.service\\.ts$', '\\.router\\.ts$', '\\.rules\\.ts$', '^server/adapters/'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'services-and-rules-know-no-transport',
      severity: 'error',
      from: { path: '\\.(service|rules)\\.ts$' },
      to: { path: ['node_modules/(@trpc|@remix-run|react|hono|@hono)/', '^app/', '^server/platform/(trpc|rest|http)'] },
    },
    {
      name: 'an-adapter-knows-no-room',
      severity: 'error',
      from: { path: '^server/adapters/' },
      to: { path: ['^db/', '\\.(service|repository|router|rules)\\.ts$', '^server/platform/database'] },
    },
    {
      name: 'adapters-are-injected',
      comment: 'only the composition root names a concrete adapter',
      severity: 'error',
      from: { path: '^server/', pathNot: ['^server/adapters/', '^server/services\\.ts$', '^server/demo/'] },
      to: { path: '^server/adapters/', pathNot: '\\.port\\.ts$' },
    },
    {
      name: 'a-room-enters-another-by-its-service',
      comment: 'except reads of audit and org, which every room needs',
      severity: 'error',
      from: { path: room },
      to: { path: '^server/[^/]+/[^/]+\\.repository\\.ts$', pathNot: ['^server/$1/', '^server/(audit|org)/'] },
    },
    {
      name: 'platform-knows-no-room',
      severity: 'error',
      from: { path: '^server/platform/' },
      to: { path: [room, '^server/adapters/'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'the-ui-enters-by-the-api',
      comment: 'and shows what one may do by the same table that the server decides with',
      severity: 'error',
      from: { path: '^app/' },
      to: {
        path: ['^db/', '^server/'],
        pathNot: ['\\.schema\\.ts$', '^server/platform/(schema|policy)\\.ts$'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'the-database-is-the-bottom',
      severity: 'error',
      from: { path: '^db/' },
      to: { path: ['^server/', '^app/'] },
    },
    {
      name: 'the-product-knows-no-demo-and-no-tests',
      severity: 'error',
      from: { path: '^(app|server|db)/', pathNot: '^server/demo/' },
      to: { path: ['^tests/', '^server/demo/'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^build/' },
  },
};
