import { ofetch } from 'ofetch';
import { z } from 'zod';
import type { Config } from '../../platform/config.ts';
import { type ArgoApplication, type ArgoCd, ArgoCdError, type SyncAnswer } from './argocd.port.ts';

export type ArgoCdSettings = Pick<Config, 'ARGOCD_URL' | 'ARGOCD_TOKEN' | 'ARGOCD_TIMEOUT_SECONDS'>;

const resource = z.object({
  group: z.string().optional(),
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
  status: z.string().optional(),
  health: z.object({ status: z.string().optional(), message: z.string().optional() }).optional(),
  requiresPruning: z.boolean().optional(),
});

const syncedResource = z.object({
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
  status: z.string().optional(),
  message: z.string().optional(),
});

/** An application of several sources has a revision for each of them. */
const revisions = { revision: z.string().optional(), revisions: z.array(z.string()).nullish() };

const operationState = z.object({
  phase: z.string(),
  message: z.string().optional(),
  finishedAt: z.string().optional(),
  syncResult: z.object({ ...revisions, resources: z.array(syncedResource).nullish() }).optional(),
});

/** What InfraHub reads of an Application; a field that is there must be right, others may come and go. */
const application = z.object({
  spec: z.object({ sources: z.array(z.object({ ref: z.string().optional() })).nullish() }),
  status: z.object({
    sync: z.object({ status: z.string(), ...revisions }),
    health: z.object({ status: z.string().optional() }).default({}),
    operationState: operationState.optional(),
    resources: z.array(resource).nullish(),
    conditions: z.array(z.object({ type: z.string(), message: z.string() })).nullish(),
  }),
});

/** Asked for at once after a POST, an application need not have a status yet; only that it is one is checked. */
const syncAnswer = z.object({ metadata: z.object({ name: z.string() }) });

const errorBody = z.object({ code: z.number().optional(), message: z.string() });

type Answer = { status: number; text: string };

/** Argo CD's API server. Sends one request a call (a GET once more when the connection broke); trying again is the caller's. */
export function createArgoCd(settings: ArgoCdSettings): ArgoCd {
  const base = settings.ARGOCD_URL.replace(/\/+$/, '');
  const pathOf = (name: string) => `/api/v1/applications/${encodeURIComponent(name)}`;

  async function send(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
    try {
      const response = await ofetch.raw(`${base}${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${settings.ARGOCD_TOKEN}`,
          Accept: 'application/json',
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        responseType: 'text',
        ignoreResponseError: true,
        // The token must not follow a redirect to another host.
        redirect: 'manual',
        retry: method === 'GET' ? 1 : 0,
        signal: AbortSignal.timeout(settings.ARGOCD_TIMEOUT_SECONDS * 1000),
      });
      // Should an answer ever quote the token, no error will.
      return { status: response.status, text: (response._data ?? '').replaceAll(settings.ARGOCD_TOKEN, '…') };
    } catch (error) {
      throw new ArgoCdError('unavailable', `Argo CD cannot be reached: ${reasonOf(error)}.`);
    }
  }

  return {
    async sync(name, operationId) {
      const request = { prune: true, infos: [{ name: 'infrahub-op', value: operationId }] };
      const answer = await send('POST', `${pathOf(name)}/sync`, request);
      if (answer.status === 200) {
        parseAs(syncAnswer, answer.text);
        return { kind: 'started' };
      }
      return syncRefusal(answer);
    },

    async getApplication(name, { refresh = false } = {}) {
      const answer = await send('GET', `${pathOf(name)}${refresh ? '?refresh=normal' : ''}`);
      if (answer.status !== 200) throw failureOf(answer);
      return toApplication(parseAs(application, answer.text));
    },

    linkTo: (name) => `${base}/applications/${encodeURIComponent(name)}`,
  };
}

function toApplication({ spec, status }: z.infer<typeof application>): ArgoApplication {
  const { operationState: operation } = status;
  // Of several sources, the values file is in the one that the others refer to.
  const ofValues = Math.max(0, spec.sources?.findIndex((source) => source.ref) ?? 0);
  const revisionIn = (from: { revision?: string | undefined; revisions?: string[] | null | undefined } | undefined) =>
    from?.revision || from?.revisions?.[ofValues];
  return {
    sync: { status: status.sync.status, revision: revisionIn(status.sync) },
    health: { status: status.health.status },
    operation: operation && {
      phase: operation.phase,
      message: operation.message,
      finishedAt: operation.finishedAt,
      revision: revisionIn(operation.syncResult),
      resources: operation.syncResult?.resources ?? [],
    },
    resources: status.resources ?? [],
    conditions: status.conditions ?? [],
  };
}

function parseAs<T>(schema: z.ZodType<T>, text: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ArgoCdError(
      'unavailable',
      `Argo CD answered no JSON. Check that ARGOCD_URL is its API server, not a page before it.`,
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new ArgoCdError('unavailable', `Argo CD answered something that is no application (at “${where}”).`);
}

/** @throws ArgoCdError when the answer is a failure rather than "not now". */
function syncRefusal(answer: Answer): SyncAnswer {
  const { code, message } = errorOf(answer);
  if (answer.status === 400 && code === 9 && message.includes('another operation is already in progress')) {
    return { kind: 'busy' };
  }
  if (answer.status === 403 && message.includes('sync window')) return { kind: 'blocked', reason: message };
  throw failureOf(answer);
}

/** Texts differ between versions of Argo CD: the status decides first, the text only where it must. */
function failureOf(answer: Answer): ArgoCdError {
  const { status } = answer;
  const said = `Argo CD says (${status}): ${errorOf(answer).message}`;
  if (status === 401)
    return new ArgoCdError('refused', `Argo CD does not accept the token. Renew ARGOCD_TOKEN. ${said}`);
  if (status === 403) {
    const advice = 'Give its account `get` and `sync` on the application, and check ARGOCD_APP_NAME';
    return new ArgoCdError('refused', `Argo CD forbids it. ${advice}. ${said}`);
  }
  if (status === 404) {
    return new ArgoCdError(
      'misconfigured',
      `Argo CD has no such application. Make it, or correct ARGOCD_APP_NAME. ${said}`,
    );
  }
  if (status >= 500 || status === 429 || said.includes('resolving repo revision')) {
    return new ArgoCdError('unavailable', `Argo CD cannot do it now. ${said}`);
  }
  if (status >= 300 && status < 400) {
    return new ArgoCdError('misconfigured', `Argo CD answers with a redirect. Put its final address into ARGOCD_URL.`);
  }
  return new ArgoCdError('misconfigured', `Argo CD does not take the request. ${said}`);
}

function errorOf({ text }: Answer): z.infer<typeof errorBody> {
  try {
    const { code, message } = errorBody.parse(JSON.parse(text));
    return { code, message: message.slice(0, 300) };
  } catch {
    return { message: 'nothing readable' };
  }
}

/** The reason of the connection's failure, which never holds what was sent. */
function reasonOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.name === 'TimeoutError') return 'it did not answer in time (ARGOCD_TIMEOUT_SECONDS)';
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return 'the connection broke';
}
