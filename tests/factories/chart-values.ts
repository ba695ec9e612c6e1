const inSecret = (key: string) => ({ name: 'infrahub', key });
const at = (address: string, ...ports: number[]) => ({ to: [{ ipBlock: { cidr: `${address}/32` } }], ports });

/** The least that installs InfraHub. */
export const minimalValues = {
  image: { repository: 'registry.example.org/platform/infrahub' },
  config: {
    LDAP_URL: 'ldaps://ldap.example.org',
    LDAP_USER_BASE_DN: 'ou=people,dc=example,dc=org',
    LDAP_SERVICE_DN: 'cn=infrahub,dc=example,dc=org',
    LDAP_GROUP_BASE_DN: 'ou=groups,dc=example,dc=org',
    EXTERNAL_SERVER_API_URL: 'https://inventory.example.org',
    GIT_REPO_URL: 'https://git.example.org/platform/tenants.git',
    ARGOCD_URL: 'https://argocd.example.org',
  },
  secrets: {
    DATABASE_URL: inSecret('database-url'),
    JWT_SECRETS: inSecret('jwt-secrets'),
    LDAP_SERVICE_PASSWORD: inSecret('ldap-service-password'),
    ARGOCD_TOKEN: inSecret('argocd-token'),
  },
  ingress: { host: 'infrahub.example.org', tlsSecret: 'infrahub-tls' },
  networkPolicy: {
    egress: {
      postgresql: at('10.0.4.10', 5432),
      ldap: at('10.0.4.11', 636),
      git: at('10.0.4.12', 443),
      argocd: at('10.0.4.13', 443),
      inventory: at('10.0.4.14', 443),
    },
  },
};

/** Two replicas or more, on different nodes, that nothing takes away together. */
export const highlyAvailableValues = {
  ...minimalValues,
  spread: 'required',
  autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 8, cpuPercent: 280 },
  podDisruptionBudget: { maxUnavailable: 1 },
  config: { ...minimalValues.config, DATABASE_POOL_SIZE: 15, TRUST_PROXY: '10.0.0.0/8' },
};

/** Each site has a values file and an application of its own. */
export const threeSitesValues = {
  ...minimalValues,
  config: {
    ...minimalValues.config,
    HELM_VALUES_PATH: 'sites/{site}/values.yaml',
    ARGOCD_APP_NAME: 'tenants-{site}',
    PERFORMANCE_TIER_CPU_THRESHOLD: 100_000,
  },
};

/** Every value of the chart, away from its default where it can be. */
export const everythingValues = {
  ...highlyAvailableValues,
  image: {
    repository: 'registry.example.org:5000/platform/infrahub',
    tag: '1.2.3',
    digest: `sha256:${'ab'.repeat(32)}`,
    pullPolicy: 'Always',
    pullSecrets: ['registry'],
  },
  config: {
    ...threeSitesValues.config,
    ...highlyAvailableValues.config,
    PORT: 8080,
    METRICS_PORT: 9100,
    DRAIN_SECONDS: 2.5,
    LOG_LEVEL: 'warn',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://traces.example.org:4318',
  },
  secrets: {
    ...minimalValues.secrets,
    GIT_TOKEN: { name: 'infrahub-git', key: 'token' },
    EXTERNAL_SERVER_API_TOKEN: { name: 'infrahub-inventory', key: 'token' },
  },
  files: {
    LDAP_CA_FILE: { configMap: 'organisation-ca', key: 'ca.crt' },
    GIT_SSH_KEY_FILE: { secret: 'infrahub-git', key: 'id_ed25519' },
    GIT_SSH_KNOWN_HOSTS_FILE: { configMap: 'git-hosts', key: 'known_hosts' },
  },
  trustedCertificates: { configMap: 'organisation-ca', key: 'ca.crt' },
  resources: { requests: { cpu: '1', memory: '512Mi' }, limits: { cpu: 1.5, memory: '1.5Gi' } },
  temporarySize: '2Gi',
  nodeSelector: { 'node-role.kubernetes.io/infra': '' },
  tolerations: [{ key: 'infra', operator: 'Exists', effect: 'NoSchedule' }],
  priorityClassName: 'platform',
  podAnnotations: { 'reloader.stakater.com/auto': 'true' },
  migration: { timeoutSeconds: 300 },
  ingress: {
    ...minimalValues.ingress,
    className: 'nginx',
    annotations: { 'nginx.ingress.kubernetes.io/proxy-buffering': 'off' },
  },
  networkPolicy: {
    ...minimalValues.networkPolicy,
    egress: { ...minimalValues.networkPolicy.egress, telemetry: at('10.0.4.15', 4318) },
  },
  monitoring: {
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' }, interval: '15s' },
    rules: { enabled: true, labels: { release: 'prometheus' } },
    dashboard: { enabled: true },
  },
};
