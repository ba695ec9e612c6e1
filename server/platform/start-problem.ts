import { isUnavailable, sqlState } from './database.ts';

/** A start that was refused for a reason that its message tells, with what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

const UNREACHABLE = /^(ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;
const UNREADABLE = { ENOENT: 'there is no such file', EACCES: 'InfraHub may not read it' };

/**
 * Why a start or a migration failed, in a sentence that says what to do and holds no credentials; undefined where nobody
 * foresaw it, so that the log has to tell all.
 */
export function startProblem(error: unknown, settings: { DATABASE_URL: string }): string | undefined {
  if (error instanceof StartError) return error.message;
  const { code, syscall, port, path } = systemErrorIn(error);
  if (syscall === 'listen') {
    if (code === 'EADDRINUSE') return `Port ${port} is in use. End what uses it, or set PORT or METRICS_PORT.`;
    return `Port ${port} cannot be listened on (${code}). Set HOST, PORT or METRICS_PORT.`;
  }
  const setting = Object.entries(settings).find(([, value]) => syscall === 'open' && value === path);
  if (setting) {
    const why = code === 'ENOENT' || code === 'EACCES' ? UNREADABLE[code] : code;
    return `${setting[0]}: ${path} cannot be read: ${why}.`;
  }
  const postgres = `PostgreSQL at ${placeOf(settings.DATABASE_URL)}`;
  const state = sqlState(error) ?? '';
  if (state.startsWith('28')) return `${postgres} refuses the user or the password. Correct them in DATABASE_URL.`;
  if (state === '3D000') return `${postgres} has no database of this name. Create it, or correct DATABASE_URL.`;
  if (state.startsWith('53')) return `${postgres} has too little disk, memory or connections left. Give it more.`;
  // A socket that is a file, and is not there.
  const hasNoSocket = code === 'ENOENT' && syscall === 'connect';
  if (isUnavailable(error) || UNREACHABLE.test(code) || hasNoSocket) {
    return `${postgres} does not answer. Start it, or correct DATABASE_URL.`;
  }
  return undefined;
}

type SystemError = { code: string; syscall?: unknown; port?: unknown; path?: unknown };

function systemErrorIn(error: unknown): SystemError {
  for (let e = error; e instanceof Error; e = e.cause) {
    if ('code' in e && 'syscall' in e) return { port: undefined, path: undefined, ...e, code: String(e.code) };
  }
  return { code: '' };
}

/** Host and port, or the folder of a socket. */
function placeOf(databaseUrl: string): string {
  const url = URL.parse(databaseUrl);
  const host = url?.searchParams.get('host') ?? url?.hostname;
  return `${host || 'localhost'}:${url?.port || 5432}`;
}
