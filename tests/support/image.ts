import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);

export type Step = { keyword: string; text: string };
/** A `FROM` and what follows it. */
export type Stage = { from: string; steps: Step[] };

/** The stages of a Dockerfile, its global arguments filled in by their defaults. */
export function stagesOf(dockerfile: string): { args: Record<string, string>; stages: Stage[] } {
  const args: Record<string, string> = {};
  const stages: Stage[] = [];
  const lines = dockerfile.replaceAll(/^#.*\n/gm, '').replaceAll(/\\\n\s*/g, '');
  for (const [, keyword = '', text = ''] of lines.matchAll(/^([A-Z]+) (.+)$/gm)) {
    if (keyword === 'FROM') stages.push({ from: filled(text, args), steps: [] });
    else if (stages.length === 0) Object.assign(args, assignment(text));
    else stages.at(-1)?.steps.push({ keyword, text });
  }
  return { args, stages };
}

/** `${NAME}` by what is known; another is the shell's. */
const filled = (text: string, known: Record<string, string>): string =>
  text.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => known[name] ?? whole);

/** `NAME=value`; a name alone gets its value from who builds. */
function assignment(text: string): Record<string, string> {
  const [name = '', ...value] = text.split('=');
  return value.length === 0 ? {} : { [name]: value.join('=') };
}

/** What a stage sets in the environment: `ARG` for its steps, `ENV` for what runs in the image. */
export const variablesOf = (stage: Stage | undefined, keyword: 'ARG' | 'ENV'): Record<string, string> =>
  Object.assign({}, ...textsOf(stage, keyword).map(assignment));

export const textsOf = (stage: Stage | undefined, keyword: string): string[] =>
  (stage?.steps ?? []).filter((step) => step.keyword === keyword).map((step) => step.text);

/** A command in its JSON form, such as `CMD ["node"]`. */
export const commandOf = (text = ''): string[] => z.array(z.string()).parse(JSON.parse(text.slice(text.indexOf('['))));

/** Whether a file is sent to the builder, by the rules of a .dockerignore: the last that fits it or a folder above it. */
export function isSent(dockerignore: string, path: string): boolean {
  const rules = dockerignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const last = rules.findLast((rule) => patternOf(rule.replace(/^!/, '')).test(path));
  return last === undefined || last.startsWith('!');
}

/** Unlike a shell's, its wildcards also stand for names that begin with a dot. */
function patternOf(rule: string): RegExp {
  const wildcards: Record<string, string> = { '**/': '(.*/)?', '*': '[^/]*' };
  const source = rule.replaceAll(/\*\*\/|\*|[.+?^${}()|[\]\\]/g, (found) => wildcards[found] ?? `\\${found}`);
  return new RegExp(`^${source}(/|$)`);
}

/** Copies what a checkout would send to the builder. */
export async function copyContext(from: string, to: string): Promise<void> {
  const dockerignore = await readFile(join(from, '.dockerignore'), 'utf8');
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: from });
  const sent = stdout.split('\0').filter((name) => name !== '' && isSent(dockerignore, name));
  for (const path of sent.filter((name) => existsSync(join(from, name)))) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    await cp(join(from, path), join(to, path));
  }
}

/**
 * Runs a stage's COPY and RUN steps, one after the other, in `folder`.
 * @throws when a step fails, or is of a kind that is not understood.
 */
export async function runStage(
  stage: Stage,
  context: string,
  folder: string,
  env: Record<string, string>,
): Promise<void> {
  for (const { keyword, text } of stage.steps) {
    if (keyword === 'RUN') {
      await run('/bin/sh', ['-c', text], {
        cwd: folder,
        env: { ...env, ...variablesOf(stage, 'ARG'), NODE_ENV: 'development' },
      });
    } else if (keyword === 'COPY') {
      const [to = '', ...from] = text.split(' ').reverse();
      for (const name of from) {
        const whole = name === '.';
        await cp(join(context, name), join(folder, to, whole ? '' : name), { recursive: true });
      }
    } else if (!['WORKDIR', 'ARG'].includes(keyword)) {
      throw new Error(`this test does not know what ${keyword} does`);
    }
  }
}
