import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { permissionsPage } from '../../tools/permissions.ts';

test('docs/permissions.md says what the policy says; `node tools/permissions.ts` writes it anew', () => {
  expect(readFileSync('docs/permissions.md', 'utf8')).toBe(permissionsPage());
});
