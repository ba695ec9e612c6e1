import { expect, test } from 'vitest';
import { nextPath, signInPath } from '../../app/features/auth/next-path.ts';

test('a path of the portal, with its filters, is where one goes after signing in', () => {
  expect(nextPath('/servers?site=haifa&status=offline#top')).toBe('/servers?site=haifa&status=offline#top');
});

test.each([
  ['nothing', null],
  ['another origin', 'https://elsewhere.example/'],
  ['another origin without a scheme', '//elsewhere.example/'],
  ['another origin behind a backslash', '/\\elsewhere.example/'],
  ['another origin behind a tab', '/\t/elsewhere.example/'],
  ['another origin behind a dot', '/.//elsewhere.example/'],
  ['another origin behind a way up', '/servers/../..//elsewhere.example/'],
  ['another origin behind a dot in disguise', '/%2e//elsewhere.example/'],
  ['a script', 'javascript:alert(1)'],
  ['the sign-in page itself', '/sign-in?next=/sign-in'],
])('%s leads to the overview', (_, asked) => {
  expect(nextPath(asked)).toBe('/');
});

test('the sign-in page leads back to where one was going', () => {
  const going = new URL('https://infrahub.example/projects?site=haifa');
  expect(signInPath(going)).toBe('/sign-in?next=%2Fprojects%3Fsite%3Dhaifa');
});

test('the sign-in page carries nothing where one was going to the overview', () => {
  expect(signInPath(new URL('https://infrahub.example/'))).toBe('/sign-in');
});
