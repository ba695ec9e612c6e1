import { expect, test } from 'vitest';
import { applicationOf, valuesPathOf } from '../../server/provisioning/targets.rules.ts';

const perSite = { valuesPath: 'sites/{site}/values.yaml', application: 'tenants-{site}' };

test('with {site} each site has its file and its application', () => {
  expect(valuesPathOf(perSite, 'haifa')).toBe('sites/haifa/values.yaml');
  expect(applicationOf(perSite, 'haifa')).toBe('tenants-haifa');
});

test('a site is part of an application’s name as Kubernetes can bear it', () => {
  expect(applicationOf(perSite, 'TLV_1')).toBe('tenants-tlv-1');
  expect(valuesPathOf(perSite, 'TLV_1')).toBe('sites/TLV_1/values.yaml');
});

test('without it all sites share', () => {
  expect(applicationOf({ valuesPath: 'values.yaml', application: 'tenants' }, 'haifa')).toBe('tenants');
});
