import { expect, test } from 'vitest';
import { commitMessage } from '../../server/provisioning/commit-message.rules.ts';
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

const operation = (state: string, name: string) => ({ state, name, namespace: `t1-${name}`, teamName: 'Vision' });

test('a commit names what it is for', () => {
  expect(commitMessage([operation('reserved', 'api')])).toBe('Provision api\n\n+ t1-api (Vision: api)\n');
  expect(commitMessage([operation('undoing', 'web'), operation('reserved', 'api'), operation('reserved', 'db')])).toBe(
    'Provision 2 projects, Remove web\n\n+ t1-api (Vision: api)\n+ t1-db (Vision: db)\n- t1-web (Vision: web)\n',
  );
});
