/** Where a site's namespaces live: `{site}` in a setting gives each site a file and an application of its own. */
export type Targets = { valuesPath: string; application: string };

/** The values file of a site. */
export const valuesPathOf = (targets: Targets, site: string): string => targets.valuesPath.replaceAll('{site}', site);

/** The Argo CD application of a site; a Kubernetes name, so the site in it is lower case and has `-` for `_`. */
export const applicationOf = (targets: Targets, site: string): string =>
  targets.application.replaceAll('{site}', site.toLowerCase().replaceAll('_', '-'));
