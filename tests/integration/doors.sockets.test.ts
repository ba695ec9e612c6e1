import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { appForTests } from '../support/app.ts';
import { exchange } from '../support/sockets.ts';

const app = appForTests();

const raw = (...lines: string[]) => exchange(app.url, lines.join('\r\n'));
const END = ['Connection: close', '', ''];
const LOGIN = ['POST /api/v1/auth/login HTTP/1.1', 'Host: a', 'Content-Type: application/json'];

/** Status and code of every answer that came over one connection. */
const answersIn = (text: string): string[] =>
  text
    .split(/(?=HTTP\/1\.1 )/)
    .filter((one) => !one.startsWith('HTTP/1.1 100 '))
    .map((one) => `${/^HTTP\/1\.1 (\d+)/.exec(one)?.[1]} ${/"code":"(\w+)"/.exec(one)?.[1] ?? ''}`.trim());

const HIDDEN = ['GET /healthz HTTP/1.1', 'Host: a', '', ''];

describe.concurrent('a request that a proxy might see as two, or as another, is refused and ends its connection', () => {
  test.each<[string, string[]]>([
    ['a length and chunks', [...LOGIN, 'Content-Length: 4', 'Transfer-Encoding: chunked', '', '0', '', ...HIDDEN]],
    ['chunks and a length', [...LOGIN, 'Transfer-Encoding: chunked', 'Content-Length: 4', '', '0', '', ...HIDDEN]],
    ['two lengths', [...LOGIN, 'Content-Length: 2', 'Content-Length: 40', '', '{}', ...HIDDEN]],
    ['a length with a sign', [...LOGIN, 'Content-Length: +2', '', '{}']],
    ['a length in hexadecimal', [...LOGIN, 'Content-Length: 0x2', '', '{}']],
    ['an encoding that is not quite chunked', [...LOGIN, 'Transfer-Encoding: xchunked', '', '0', '', '']],
    ['chunked, and then something else', [...LOGIN, 'Transfer-Encoding: chunked, gzip', '', '0', '', '']],
    ['a space before the colon', [...LOGIN, 'Transfer-Encoding : chunked', '', '0', '', '']],
    ['a size of a chunk that is no number', [...LOGIN, 'Transfer-Encoding: chunked', '', 'zz', '{}', '0', '', '']],
    [
      'a line break inside of a chunk’s size',
      [...LOGIN, 'Transfer-Encoding: chunked', '', '2;\nxx', '{}', '0', '', ''],
    ],
    ['a header over two lines', ['GET /healthz HTTP/1.1', 'Host: a', 'X: a', ' Y: b', ...END]],
    ['two hosts', ['GET /healthz HTTP/1.1', 'Host: a', 'Host: b', '', ...HIDDEN]],
    ['no host', ['GET /healthz HTTP/1.1', '', ...HIDDEN]],
    ['two hosts in HTTP/1.0', ['GET /healthz HTTP/1.0', 'Host: a', 'Host: b', '', ...HIDDEN]],
    ['lines that end in LF alone', ['GET /healthz HTTP/1.1\nHost: a\n\n']],
    ['a name with NUL', ['GET /healthz HTTP/1.1', 'Host: a', 'X\0: a', ...END]],
  ])('%s', async (_, lines) => {
    expect(answersIn(await raw(...lines))).toEqual(['400 VALIDATION_FAILED']);
  });
});

describe.concurrent('what is unusual and yet plain is understood', () => {
  test.each<[string, string[], string[]]>([
    [
      'requests one after the other',
      [...HIDDEN.slice(0, -1), 'GET /api/v1/x HTTP/1.1', 'Host: a', ...END],
      ['200', '404 NOT_FOUND'],
    ],
    ['HTTP/1.0, which knows no host', ['GET /healthz HTTP/1.0', '', ''], ['200']],
    ['an address with another host', ['GET http://evil.example/healthz HTTP/1.1', 'Host: a', ...END], ['200']],
    [
      'an address of another kind',
      ['GET ftp://evil.example/healthz HTTP/1.1', 'Host: a', ...END],
      ['400 VALIDATION_FAILED'],
    ],
    ['all of the server', ['OPTIONS * HTTP/1.1', 'Host: a', ...END], ['400 VALIDATION_FAILED']],
    [
      'who waits to be asked for the body',
      [...LOGIN, 'Expect: 100-continue', 'Content-Length: 2', 'Connection: close', '', '{}'],
      ['400 VALIDATION_FAILED'],
    ],
    [
      'who expects what we do not know',
      [...LOGIN, 'Expect: miracles', 'Content-Length: 2', 'Connection: close', '', '{}'],
      ['400 VALIDATION_FAILED'],
    ],
    [
      'another protocol that is offered',
      ['GET /healthz HTTP/1.1', 'Host: a', 'Upgrade: h2c', 'Connection: Upgrade, close', '', ''],
      ['200'],
    ],
  ])('%s', async (_, lines, answers) => {
    expect(answersIn(await raw(...lines))).toEqual(answers);
  });

  test('a broken request behind a whole one spoils no answer but its own', async () => {
    const answers = answersIn(await raw('GET /api/v1/org/tree HTTP/1.1', 'Host: a', '', 'no request', '', ''));
    expect(answers.slice(0, 1)).not.toEqual(['400 VALIDATION_FAILED']);
  });

  test('it is no proxy', async () => {
    expect(await raw('CONNECT example.org:443 HTTP/1.1', 'Host: example.org:443', '', '')).not.toMatch(/^HTTP\/1.1 2/);
  });
});

test.each(['evil.example', 'evil.example:1', '[::1]'])('nothing in an answer repeats the host %s', async (host) => {
  for (const path of ['/', '/docs', '/api/v1/nothing', '/api/v1/centers?limit=1']) {
    const forwarded = [`X-Forwarded-Host: ${host}`, `X-Original-URL: //${host}/`, `Forwarded: host=${host}`];
    const answer = await raw(
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      'Authorization: Bearer admin',
      ...forwarded,
      ...END,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 [24]0/);
    expect(answer).not.toContain(host);
  }
});

describe.concurrent('who is slow', () => {
  const patience = 90_000;

  test(
    'with a body is told so after half a minute',
    async () => {
      const answer = await raw(...LOGIN, 'Content-Length: 1000', '', '{"username":"a"');
      expect(answersIn(answer)).toEqual(['408 REQUEST_TIMEOUT']);
    },
    patience,
  );

  test(
    'and drips a byte now and then gains nothing by it',
    async () => {
      const { socket, closed } = await silent();
      socket.write(LOGIN.join('\r\n'));
      const drip = setInterval(() => socket.write('a'), 1_000);
      await closed;
      clearInterval(drip);
      expect(socket.bytesRead).toBeGreaterThan(0);
    },
    patience,
  );

  test(
    'and comes three hundred times keeps nobody else out, and is cut off',
    async () => {
      const crowd = await Promise.all(Array.from({ length: 300 }, silent));
      for (const { socket } of crowd) socket.write('GET / HTTP/1.1\r\nHost:');
      expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
      await Promise.all(crowd.map(({ closed }) => closed));
      expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
    },
    patience,
  );
});

/** A connection over which nothing goes yet. */
async function silent(): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.on('error', () => undefined).resume();
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  return { socket, closed };
}

test('an idle connection is kept a little longer than balancers keep theirs', async () => {
  const { headers } = await fetch(`${app.url}/healthz`);
  expect(headers.get('keep-alive')).toBe('timeout=65');
});

test('who goes away in the middle of a body leaves nothing behind', async () => {
  const { socket, closed } = await silent();
  socket.write([...LOGIN, 'Content-Length: 1000', '', '{"username"'].join('\r\n'));
  await sleep(50);
  socket.destroy();
  await closed;
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
});
