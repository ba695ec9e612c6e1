import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitSettings } from '../../server/adapters/git/git.adapter.ts';
import { createGitRepository, GIT_ENV, serveGitRepository } from '../../server/demo/git-repository.ts';

export const FIRST_VALUES = '# who lives here\nnamespaces: {}\n';

/** A bare repository in a folder of its own, with a look into it that does not go through the product. */
export async function createTestRepository(files: Record<string, string> = { 'values.yaml': FIRST_VALUES }) {
  const root = mkdtempSync(join(tmpdir(), 'infrahub-test-git-'));
  const folder = join(root, 'tenants.git');
  await createGitRepository({ folder, files });
  const git = (...args: string[]): string =>
    execFileSync('git', ['--git-dir', folder, ...args], { env: GIT_ENV, encoding: 'utf8' });
  return {
    root,
    folder,
    /** Runs git in the repository itself. */
    git,
    head: (): string => git('rev-parse', 'main').trim(),
    show: (path = 'values.yaml'): string => git('show', `main:${path}`),
    commits: (): number => Number(git('rev-list', '--count', 'main')),
    /** Somebody else commits to the branch, at once. */
    commitAsRival(path: string, text: string): string {
      const data = (value: string) => `data ${Buffer.byteLength(value)}\n${value}\n`;
      execFileSync('git', ['--git-dir', folder, 'fast-import', '--quiet', '--date-format=now'], {
        env: GIT_ENV,
        input:
          `commit refs/heads/main\ncommitter Rival <rival@localhost> now\n${data('Rival')}` +
          `from refs/heads/main^0\nM 100644 inline ${path}\n${data(text)}\n`,
      });
      return git('rev-parse', 'main').trim();
    },
    remove: (): Promise<void> => rm(root, { recursive: true, force: true }),
  };
}

export type TestRepository = Awaited<ReturnType<typeof createTestRepository>>;

export const TOKEN = 'canary-5f2b9c1e7a';

/** The same repository over HTTP, or with a certificate over HTTPS, with Basic authentication. */
export const serve = (repository: TestRepository, tls?: { key: Buffer; cert: Buffer }) =>
  serveGitRepository({ repository: repository.folder, username: 'oauth2', token: TOKEN, tls });

/** Settings of the adapter, for a repository at this address. */
export const gitSettings = (url: string, change: Partial<GitSettings> = {}): GitSettings => ({
  GIT_REPO_URL: url,
  GIT_BRANCH: 'main',
  GIT_USERNAME: 'oauth2',
  GIT_TOKEN: TOKEN,
  GIT_CA_FILE: undefined,
  GIT_SSH_KEY_FILE: undefined,
  GIT_SSH_KNOWN_HOSTS_FILE: undefined,
  GIT_AUTHOR_NAME: 'InfraHub',
  GIT_AUTHOR_EMAIL: 'infrahub@localhost',
  GIT_TIMEOUT_SECONDS: 20,
  ...change,
});
