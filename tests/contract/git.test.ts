import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createValuesRepository, type GitSettings } from '../../server/adapters/git/git.adapter.ts';
import { GitError } from '../../server/adapters/git/values-repository.port.ts';
import { createLog } from '../../server/platform/log.ts';
import { makeCertificates } from '../support/certificates.ts';
import {
  createTestRepository,
  FIRST_VALUES,
  gitSettings,
  serve,
  type TestRepository,
  TOKEN,
} from '../support/git-server.ts';
import { sshdIsMissing, startSshServer } from '../support/ssh-server.ts';

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function repository(files?: Record<string, string>): Promise<TestRepository> {
  const made = await createTestRepository(files);
  cleanUps.push(made.remove);
  return made;
}

function values(url: string, change: Partial<GitSettings> = {}, folder?: string) {
  const made = createValuesRepository(gitSettings(url, change), createLog('silent'), folder);
  cleanUps.push(made.close);
  return made;
}

async function overHttp(remote: TestRepository) {
  const server = await serve(remote);
  cleanUps.push(server.stop);
  return server;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

const append = (line: string) => new Map([['values.yaml', (text: string | undefined) => `${text ?? ''}${line}\n`]]);

async function failure(work: Promise<unknown>): Promise<GitError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof GitError)) throw new Error(`expected a GitError, got ${String(error)}`);
  return error;
}

async function overHttps(remote: TestRepository) {
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-test-ca-'));
  cleanUps.push(() => rm(folder, { recursive: true }));
  await makeCertificates(folder);
  const [key, cert] = [await readFile(join(folder, 'server.key')), await readFile(join(folder, 'server.pem'))];
  const server = await serve(remote, { key, cert });
  cleanUps.push(server.stop);
  return { url: server.url, caFile: join(folder, 'ca.pem') };
}

async function overSsh(remote: TestRepository) {
  const server = await startSshServer(remote);
  cleanUps.push(server.stop);
  const settings = { GIT_TOKEN: undefined, GIT_SSH_KEY_FILE: server.keyFile };
  return { ...server, settings: { ...settings, GIT_SSH_KNOWN_HOSTS_FILE: server.knownHostsFile } };
}

type Address = { url: string; settings: Partial<GitSettings> };

const TRANSPORTS: Record<string, (remote: TestRepository) => Promise<Address>> = {
  'a path': async ({ folder }) => ({ url: folder, settings: {} }),
  HTTP: async (remote) => ({ url: (await overHttp(remote)).url, settings: {} }),
  async HTTPS(remote) {
    const { url, caFile } = await overHttps(remote);
    return { url, settings: { GIT_CA_FILE: caFile } };
  },
  SSH: overSsh,
};

const withoutSshd = sshdIsMissing();
if (withoutSshd) console.warn(`Git over SSH: ${withoutSshd}`);
const usable = Object.entries(TRANSPORTS).filter(([name]) => name !== 'SSH' || !withoutSshd);

describe.each(usable)('a repository over %s', (_, addressOf) => {
  /** The repository as it is reached by this transport. */
  async function reached(remote: TestRepository, change: Partial<GitSettings> = {}) {
    const { url, settings } = await addressOf(remote);
    return values(url, { ...settings, ...change });
  }

  it('answers the text of a file with the commit it is from', async () => {
    const remote = await repository();
    const git = await reached(remote);
    expect(await git.read('values.yaml')).toEqual({ commit: remote.head(), text: FIRST_VALUES });
  });

  it('answers no text where there is no such file', async () => {
    const remote = await repository();
    const git = await reached(remote);
    expect(await git.read('sites/none.yaml')).toEqual({ commit: remote.head(), text: undefined });
  });

  it('pushes edits of several files as one commit by the configured author, and leaves the rest alone', async () => {
    const remote = await repository({ 'values.yaml': FIRST_VALUES, 'other/keep.txt': 'kept' });
    const git = await reached(remote, { GIT_AUTHOR_NAME: 'Infra <Hub>', GIT_AUTHOR_EMAIL: 'hub@example.org' });
    const { commit } = await git.write(
      new Map([
        ['values.yaml', (text: string | undefined) => `${text}# Grüße\n`],
        ['sites/haifa.yaml', (text: string | undefined) => text ?? 'namespaces: {}\n'],
      ]),
      'Add payments\n\nInfraHub-Operation: 42',
    );
    expect(remote.head()).toBe(commit);
    expect(remote.commits()).toBe(2);
    expect(remote.show()).toBe(`${FIRST_VALUES}# Grüße\n`);
    expect(remote.show('sites/haifa.yaml')).toBe('namespaces: {}\n');
    expect(remote.show('other/keep.txt')).toBe('kept');
    expect(remote.git('log', '-1', '--format=%an <%ae>%n%B', 'main').trim()).toBe(
      'Infra Hub <hub@example.org>\nAdd payments\n\nInfraHub-Operation: 42',
    );
  });

  it('makes no commit when the edits change nothing, and answers the head', async () => {
    const remote = await repository();
    const git = await reached(remote);
    const before = remote.head();
    expect(await git.write(new Map([['values.yaml', (text: string | undefined) => text ?? '']]), 'Nothing')).toEqual({
      commit: before,
    });
    expect(remote.head()).toBe(before);
  });

  it('moves the branch for an operation that it does not name, though the edits change nothing, and does so once', async () => {
    const remote = await repository();
    const git = await reached(remote);
    const before = remote.head();
    const write = (message: string) => git.write(new Map([['values.yaml', (text) => text ?? '']]), message);
    const { commit } = await write('Again\n\nInfraHub-Operation: 1\nInfraHub-Operation: 2\n');
    expect(remote.head()).toBe(commit);
    expect(remote.git('rev-parse', `${commit}^`).trim()).toBe(before);
    expect(remote.show()).toBe(FIRST_VALUES);
    expect(await write('InfraHub-Operation: 2')).toEqual({ commit });
    expect(await write('InfraHub-Operation: 2 undone')).not.toEqual({ commit });
    expect(remote.commits()).toBe(3);
  });

  it('says what a revision contains: its ancestors, not its descendants, and nothing where it is unknown', async () => {
    const remote = await repository();
    const first = remote.head();
    const git = await reached(remote);
    const { commit: second } = await git.write(append('# second'), 'Second');
    const third = remote.commitAsRival('rival.txt', 'third');
    expect(await git.contains(third, second)).toBe(true);
    expect(await git.contains(second, second)).toBe(true);
    expect(await git.contains(first, second)).toBe(false);
    expect(await git.contains('0123456789012345678901234567890123456789', second)).toBe(false);
    expect(await git.contains('--all', second)).toBe(false);
  });

  it('applies its edits on top of whoever pushed first, twenty times in a row', async () => {
    const remote = await repository();
    const git = await reached(remote);
    for (let round = 1; round <= 20; round++) {
      let overtaken = false;
      const edit = (text: string | undefined) => {
        if (!overtaken) remote.commitAsRival(`rival-${round}.txt`, 'first!');
        overtaken = true;
        return `${text}# ours ${round}\n`;
      };
      await git.write(new Map([['values.yaml', edit]]), `Round ${round}`);
    }
    const ours = Array.from({ length: 20 }, (_, index) => `# ours ${index + 1}\n`).join('');
    expect(remote.show()).toBe(`${FIRST_VALUES}${ours}`);
    expect(remote.git('ls-tree', '--name-only', 'main').trim().split('\n')).toHaveLength(21);
    expect(remote.commits()).toBe(41);
  }, 120_000);

  it('is refused, with the hook’s reason, where a hook declines the push', async () => {
    const remote = await repository();
    const hook = join(remote.folder, 'hooks/pre-receive');
    writeFileSync(
      hook,
      '#!/bin/sh\necho "GitLab: You are not allowed to push code to protected branches" >&2\nexit 1\n',
    );
    chmodSync(hook, 0o755);
    const before = remote.head();
    const error = await failure((await reached(remote)).write(append('# x'), 'Declined'));
    expect(error.failure).toBe('refused');
    expect(error.message).toContain('You are not allowed to push code to protected branches');
    expect(remote.head()).toBe(before);
  });

  it('is misconfigured where the branch is missing', async () => {
    const remote = await repository();
    const error = await failure((await reached(remote, { GIT_BRANCH: 'release' })).read('values.yaml'));
    expect(error.failure).toBe('misconfigured');
    expect(error.message).toContain('GIT_BRANCH');
  });

  it('is misconfigured where the repository is missing', async () => {
    const remote = await repository();
    const { url, settings } = await addressOf(remote);
    const error = await failure(values(url.replace('tenants.git', 'nothing.git'), settings).read('values.yaml'));
    expect(error.failure).toBe('misconfigured');
    expect(error.message).toContain('GIT_REPO_URL');
  });

  it('lets an error of an edit through untouched and leaves the remote as it is', async () => {
    const remote = await repository();
    const before = remote.head();
    const mistake = new RangeError('the file is broken');
    const edit = (): string => {
      throw mistake;
    };
    await expect((await reached(remote)).write(new Map([['values.yaml', edit]]), 'Never')).rejects.toBe(mistake);
    expect(remote.head()).toBe(before);
  });

  it('asks right before each push, and pushes nothing when that throws', async () => {
    const remote = await repository();
    const git = await reached(remote);
    const asked: number[] = [];
    await git.write(append('# one'), 'One', () => void asked.push(remote.commits()));
    expect(asked).toEqual([1]);
    const no = new RangeError('not any more');
    const refuse = () => {
      throw no;
    };
    await expect(git.write(append('# two'), 'Two', refuse)).rejects.toBe(no);
    expect(remote.show()).toBe(`${FIRST_VALUES}# one\n`);
  });

  it('refuses to edit a file that is not text', async () => {
    const remote = await repository();
    const blob = execFileSync('git', ['--git-dir', remote.folder, 'hash-object', '-w', '--stdin'], {
      input: Buffer.from([0xff, 0xfe, 0x00]),
      encoding: 'utf8',
    }).trim();
    const tree = execFileSync('git', ['--git-dir', remote.folder, 'mktree'], {
      input: `100644 blob ${blob}\tvalues.yaml\n`,
      encoding: 'utf8',
    }).trim();
    const commit = remote.git('commit-tree', tree, '-m', 'Binary', '-p', 'main').trim();
    remote.git('update-ref', 'refs/heads/main', commit);
    const error = await failure((await reached(remote)).write(append('# x'), 'Never'));
    expect(error.failure).toBe('misconfigured');
    expect(remote.head()).toBe(commit);
  });
});

describe('the copy of the repository', () => {
  it('is made anew when it was deleted', async () => {
    const remote = await repository();
    const folder = join(remote.root, 'copy');
    const git = values(remote.folder, {}, folder);
    await git.write(append('# one'), 'One');
    execFileSync('rm', ['-rf', folder]);
    await git.write(append('# two'), 'Two');
    expect(remote.show()).toBe(`${FIRST_VALUES}# one\n# two\n`);
  });

  it.each([
    [
      'a lock file of a killed process',
      (folder: string) => writeFileSync(join(folder, 'refs/remotes/origin/head.lock'), ''),
    ],
    ['a damaged reference', (folder: string) => writeFileSync(join(folder, 'refs/remotes/origin/head'), 'nonsense')],
    ['a damaged configuration', (folder: string) => writeFileSync(join(folder, 'config'), '[core')],
    ['lost objects', (folder: string) => void execFileSync('sh', ['-c', `rm -rf ${folder}/objects/??`])],
  ])('is made anew when it has %s', async (_, damage) => {
    const remote = await repository();
    const folder = join(remote.root, 'copy');
    const git = values(remote.folder, {}, folder);
    await git.write(append('# one'), 'One');
    damage(folder);
    remote.commitAsRival('rival.txt', 'news');
    await git.write(append('# two'), 'Two');
    expect(remote.show()).toBe(`${FIRST_VALUES}# one\n# two\n`);
    expect(remote.commits()).toBe(4);
  });

  it('is unavailable, not fatal, where it cannot be written', async () => {
    const remote = await repository();
    const file = join(remote.root, 'a-file');
    writeFileSync(file, '');
    const git = createValuesRepository(gitSettings(remote.folder), createLog('silent'), join(file, 'copy'));
    expect((await failure(git.read('values.yaml'))).failure).toBe('unavailable');
  });

  it('is deleted by close', async () => {
    const remote = await repository();
    const folder = join(remote.root, 'copy');
    const git = values(remote.folder, {}, folder);
    await git.read('values.yaml');
    await git.close();
    expect(readdirSync(remote.root)).toEqual(['tenants.git']);
  });

  it('follows a history that was rewritten', async () => {
    const remote = await repository();
    const git = values(remote.folder);
    const { commit: lost } = await git.write(append('# lost'), 'Lost');
    remote.git('update-ref', 'refs/heads/main', `${lost}^`);
    const rival = remote.commitAsRival('rival.txt', 'another history');
    expect(await git.contains(rival, lost)).toBe(false);
    const { commit } = await git.write(append('# again'), 'Again');
    expect(await git.contains(commit, rival)).toBe(true);
    expect(remote.show()).toBe(`${FIRST_VALUES}# again\n`);
  });
});

it('calls it contended when somebody else is first every time', async () => {
  const remote = await repository();
  const git = values(remote.folder);
  let attempts = 0;
  const edit = (text: string | undefined) => {
    attempts += 1;
    remote.commitAsRival('rival.txt', `${attempts}`);
    return `${text}# ours\n`;
  };
  expect((await failure(git.write(new Map([['values.yaml', edit]]), 'Never'))).failure).toBe('contended');
  expect(attempts).toBe(8);
  expect(remote.show()).toBe(FIRST_VALUES);
});

it('refuses a push that is still on its way from before an operation, though that has changed nothing', async () => {
  const remote = await repository({ 'values.yaml': 'kept: 1\n' });
  const goOn = join(remote.root, 'go-on');
  const isReached = stallAt(remote, 'pre-receive', `while [ ! -e '${goOn}' ]; do sleep 0.05; done`);
  const lost = new RangeError('the lock is lost');
  let pushes = 0;
  const removal = values(remote.folder).write(new Map([['values.yaml', () => '']]), 'Remove', () => {
    if (++pushes > 1) throw lost;
  });
  removal.catch(() => undefined);
  await expect.poll(isReached, { timeout: 20_000 }).toBe(true);
  await rm(join(remote.folder, 'hooks/pre-receive'));
  await values(remote.folder).write(new Map([['values.yaml', (text) => text ?? '']]), 'InfraHub-Operation: 1');
  writeFileSync(goOn, '');
  await expect(removal).rejects.toBe(lost);
  expect(remote.show()).toBe('kept: 1\n');
});

it('kills a push that takes too long together with everything it started', async () => {
  const remote = await repository();
  const hook = join(remote.folder, 'hooks/pre-receive');
  writeFileSync(hook, '#!/bin/sh\nexec sleep 31.41\n');
  chmodSync(hook, 0o755);
  const before = remote.head();
  const push = failure(values(remote.folder, { GIT_TIMEOUT_SECONDS: 2 }).write(append('# slow'), 'Slow'));
  const sleepers = () => commandLines().filter((line) => line.startsWith('sleep 31.41'));
  await expect.poll(sleepers, { timeout: 10_000 }).toHaveLength(1);
  expect((await push).failure).toBe('unavailable');
  await expect.poll(sleepers).toEqual([]);
  expect(remote.head()).toBe(before);
});

describe('a repository over HTTP that misbehaves', () => {
  it('refuses a wrong token, without telling it', async () => {
    const remote = await repository();
    const { url } = await overHttp(remote);
    const error = await failure(values(url, { GIT_TOKEN: 'wrong-canary' }).read('values.yaml'));
    expect(error.failure).toBe('refused');
    expect(`${error.message} ${error.stack}`).not.toContain('wrong-canary');
  });

  it.each([
    [401, 'refused'],
    [403, 'refused'],
    [404, 'misconfigured'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ] as const)('answers %i: %s', async (status, expected) => {
    const server = await overHttp(await repository());
    server.behave({ status });
    expect((await failure(values(server.url).write(append('# x'), 'Never'))).failure).toBe(expected);
  });

  it('is unavailable when nobody listens', async () => {
    const error = await failure(values('http://127.0.0.1:1/tenants.git').read('values.yaml'));
    expect(error.failure).toBe('unavailable');
  });

  it('does not follow a redirect with the credential', async () => {
    const visited: string[] = [];
    const elsewhere = createServer((request, response) => {
      visited.push(request.url ?? '');
      response.end();
    });
    const redirecting = createServer((_, response) => {
      response.writeHead(302, { location: `${target}/stolen` }).end();
    });
    const target = await listen(elsewhere);
    const error = await failure(values(`${await listen(redirecting)}/tenants.git`).read('values.yaml'));
    expect(visited).toEqual([]);
    expect(error.failure).toBe('misconfigured');
  });

  it('is unavailable within the timeout when it hangs, and leaves no git process behind', async () => {
    const server = await overHttp(await repository());
    const git = values(server.url, { GIT_TIMEOUT_SECONDS: 1 });
    await git.read('values.yaml');
    server.behave({ hang: true });
    const started = performance.now();
    const error = await failure(git.read('values.yaml'));
    expect(error.failure).toBe('unavailable');
    expect(performance.now() - started).toBeLessThan(4000);
    await expect.poll(() => commandLines().filter((line) => line.includes(server.url))).toEqual([]);
  });

  it('adopts a push whose answer was lost: one commit, no second push', async () => {
    const remote = await repository();
    const server = await overHttp(remote);
    const git = values(server.url);
    server.behave({ lose_push_answers: 1 });
    const { commit } = await git.write(append('# once'), 'Once');
    expect(remote.head()).toBe(commit);
    expect(remote.commits()).toBe(2);
    expect(remote.show()).toBe(`${FIRST_VALUES}# once\n`);
  });

  it('shows the token in no process’s arguments and in no file of the copy, while it pushes', async () => {
    const remote = await repository();
    const server = await overHttp(remote);
    const folder = join(remote.root, 'copy');
    const git = values(server.url, {}, folder);
    server.behave({ delay_ms: 150 });
    let pushed = false;
    const push = git.write(append('# slow'), 'Slow').finally(() => {
      pushed = true;
    });
    const seen = new Set<string>();
    while (!pushed) {
      for (const line of commandLines()) seen.add(line);
      await sleep(10);
    }
    await push;
    const encoded = Buffer.from(`oauth2:${TOKEN}`).toString('base64');
    const arguments_ = [...seen].filter((line) => line.includes('git'));
    expect(arguments_.some((line) => line.includes('push'))).toBe(true);
    expect([...seen].filter((line) => line.includes(TOKEN) || line.includes(encoded))).toEqual([]);
    expect(filesBelow(folder).filter((file) => mentions(file, TOKEN) || mentions(file, encoded))).toEqual([]);
  });
});

describe('a repository over HTTPS', () => {
  it('is misconfigured, and says what to do, where its certificate is by an unknown CA', async () => {
    const { url } = await overHttps(await repository());
    const error = await failure(values(url).read('values.yaml'));
    expect(error.failure).toBe('misconfigured');
    expect(error.message).toContain('name that in GIT_CA_FILE');
  });

  it('is misconfigured where the CA’s file is missing', async () => {
    const { url } = await overHttps(await repository());
    const error = await failure(values(url, { GIT_CA_FILE: '/nonexistent/ca.pem' }).read('values.yaml'));
    expect(error.failure).toBe('misconfigured');
    expect(error.message).toContain('GIT_CA_FILE');
  });
});

/** A hook that leaves a file when it is reached, and takes very long, or as long as this waits. */
function stallAt(
  remote: TestRepository,
  hook: 'pre-receive' | 'post-receive',
  wait = 'exec sleep 27.18',
): () => boolean {
  const mark = join(remote.root, 'reached');
  const file = join(remote.folder, 'hooks', hook);
  writeFileSync(file, `#!/bin/sh\ntouch '${mark}'\n${wait}\n`);
  chmodSync(file, 0o755);
  return () => existsSync(mark);
}

describe.skipIf(withoutSshd)('a repository over SSH', () => {
  it.each([
    ['no key at all', 'noHostsFile', 'host key is not known. Check it, and add it to GIT_SSH_KNOWN_HOSTS_FILE'],
    ['another key', 'otherHostsFile', 'another host key than the known one'],
  ] as const)('is not spoken to where its host is known by %s', async (_, hosts, words) => {
    const remote = await repository();
    const { url, settings, ...server } = await overSsh(remote);
    const git = values(url, { ...settings, GIT_SSH_KNOWN_HOSTS_FILE: server[hosts] });
    const error = await failure(git.write(append('# x'), 'Never'));
    expect(error.failure).toBe('misconfigured');
    expect(error.message).toContain(words);
    expect(readFileSync(server[hosts], 'utf8')).not.toContain('\n[');
    expect(remote.commits()).toBe(1);
  });

  it.each([
    ['a key that the server does not know', 'strangeKeyFile', 'refused', 'Add its public half'],
    ['a key with a passphrase', 'lockedKeyFile', 'refused', 'without a passphrase'],
    ['a file that is not there', 'missingFile', 'misconfigured', 'GIT_SSH_KEY_FILE'],
  ] as const)('says what to do about %s', async (_, file, expected, words) => {
    const { url, settings, ...server } = await overSsh(await repository());
    const key = { ...server, missingFile: '/nonexistent/key' }[file];
    const error = await failure(values(url, { ...settings, GIT_SSH_KEY_FILE: key }).read('values.yaml'));
    expect(error.failure).toBe(expected);
    expect(error.message).toContain(words);
  });

  it('says what to do about a key that others may read', async () => {
    const { url, settings, keyFile } = await overSsh(await repository());
    chmodSync(keyFile, 0o644);
    const error = await failure(values(url, settings).read('values.yaml'));
    expect(error.failure).toBe('misconfigured');
    expect(error.message).toContain('that InfraHub alone may read');
  });

  it('is unavailable when nobody listens', async () => {
    const { url, settings } = await overSsh(await repository());
    const error = await failure(values(url.replace(/:\d+/, ':1'), settings).read('values.yaml'));
    expect(error.failure).toBe('unavailable');
  });

  it('that goes away in the middle of a push has taken nothing, and the next push lands', async () => {
    const remote = await repository();
    const { url, settings, cut } = await overSsh(remote);
    const git = values(url, settings);
    const isReached = stallAt(remote, 'pre-receive');
    const push = failure(git.write(append('# lost'), 'Lost'));
    await expect.poll(isReached, { timeout: 20_000 }).toBe(true);
    cut();
    expect((await push).failure).toBe('unavailable');
    expect(remote.commits()).toBe(1);
    await rm(join(remote.folder, 'hooks/pre-receive'));
    await git.write(append('# again'), 'Again');
    expect(remote.show()).toBe(`${FIRST_VALUES}# again\n`);
  });

  it('that goes away before it answers a push is found to have taken it: one commit, no second push', async () => {
    const remote = await repository();
    const { url, settings, cut } = await overSsh(remote);
    const isReached = stallAt(remote, 'post-receive');
    const push = values(url, settings).write(append('# once'), 'Once');
    await expect.poll(isReached, { timeout: 20_000 }).toBe(true);
    cut();
    const { commit } = await push;
    expect(remote.head()).toBe(commit);
    expect(remote.commits()).toBe(2);
  });

  it('that takes too long is given up, and no ssh is left', async () => {
    const remote = await repository();
    const { url, settings } = await overSsh(remote);
    const isReached = stallAt(remote, 'pre-receive');
    const push = failure(values(url, { ...settings, GIT_TIMEOUT_SECONDS: 4 }).write(append('# slow'), 'Slow'));
    const clients = () => commandLines().filter((line) => line.startsWith('ssh ') && line.includes(remote.folder));
    await expect.poll(isReached, { timeout: 20_000 }).toBe(true);
    expect(clients()).toHaveLength(1);
    expect((await push).failure).toBe('unavailable');
    await expect.poll(clients).toEqual([]);
  });

  it('shows the key in no process’s arguments, in no file of the copy and in no error', async () => {
    const remote = await repository();
    const { url, settings, keyFile } = await overSsh(remote);
    const secret = readFileSync(keyFile, 'utf8').split('\n')[2] ?? '';
    expect(secret).toHaveLength(70);
    const folder = join(remote.root, 'copy');
    const isReached = stallAt(remote, 'pre-receive');
    const push = failure(values(url, { ...settings, GIT_TIMEOUT_SECONDS: 4 }, folder).write(append('# x'), 'Slow'));
    await expect.poll(isReached, { timeout: 20_000 }).toBe(true);
    const seen = commandLines();
    expect(seen.some((line) => line.startsWith('ssh ') && line.includes(remote.folder))).toBe(true);
    expect(seen.filter((line) => line.includes(secret))).toEqual([]);
    expect(filesBelow(folder).filter((file) => mentions(file, secret))).toEqual([]);
    const error = await push;
    expect(`${error.message} ${error.stack}`).not.toContain(secret);
  });
});

it('does one thing at a time, so that parallel writers of one process all land', async () => {
  const remote = await repository();
  const git = values(remote.folder);
  const edits = Array.from({ length: 10 }, (_, index) => append(`# ${index}`));
  await Promise.all(edits.map((edit, index) => git.write(edit, `Parallel ${index}`)));
  expect(remote.commits()).toBe(11);
  expect(remote.show()).toBe(`${FIRST_VALUES}${edits.map((_, index) => `# ${index}\n`).join('')}`);
});

it('lets several replicas write at once without losing one', async () => {
  const remote = await repository();
  const replicas = [values(remote.folder), values(remote.folder), values(remote.folder)];
  await Promise.all(
    replicas.flatMap((git, replica) => [1, 2, 3].map((round) => git.write(append(`# ${replica}.${round}`), 'Race'))),
  );
  const lines = remote.show().replace(FIRST_VALUES, '').trim().split('\n').sort();
  expect(lines).toEqual(['# 0.1', '# 0.2', '# 0.3', '# 1.1', '# 1.2', '# 1.3', '# 2.1', '# 2.2', '# 2.3']);
});

/** The arguments of every process that we may see. */
function commandLines(): string[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return ids.map((id) => readOrEmpty(`/proc/${id}/cmdline`).replaceAll('\0', ' '));
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

const mentions = (file: string, word: string): boolean => readFileSync(file).includes(word);

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
