/** Writes docs/configuration.md and .env.example from the schema in server/platform/config.ts: `npm run docs`. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { SECRET_SETTINGS, settings } from '../server/platform/config.ts';

type Setting = { name: string; meaning: string; fallback: string | undefined; required: boolean; secret: boolean };

const inputSchema = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' });
const secrets = new Set<string>(SECRET_SETTINGS);

function everySetting(): Setting[] {
  return Object.entries(inputSchema.properties ?? {}).map(([name, property]) => {
    const { description = '', default: fallback } = typeof property === 'object' ? property : {};
    return {
      name,
      meaning: description,
      fallback: fallback === undefined ? undefined : String(fallback),
      required: inputSchema.required?.includes(name) ?? false,
      secret: secrets.has(name),
    };
  });
}

/** The page of every setting, as Markdown. */
export function configurationPage(): string {
  const rows = everySetting().map(({ name, meaning, fallback, required, secret }) => {
    const unset = required ? 'required' : fallback === undefined ? '–' : `\`${fallback}\``;
    return `| \`${name}\` | ${meaning.replaceAll('|', '\\|')}${secret ? ' **Secret.**' : ''} | ${unset} |`;
  });
  return `<!-- Written by \`npm run docs\` from server/platform/config.ts. A test keeps it true. -->
# Configuration

InfraHub reads its settings from the environment when it starts. A setting that is missing or malformed stops the start;
every problem is named at once. An empty variable counts as absent.

A secret may also come from a file, as Kubernetes mounts them: set \`<NAME>_FILE\` to its path instead of \`<NAME>\`.

| setting | meaning | when unset |
|---|---|---|
${rows.join('\n')}
`;
}

/** The same as a file to copy: what is required stands open, the rest is commented out with its default. */
export function exampleEnvironment(): string {
  const blocks = everySetting().map(({ name, meaning, fallback, required, secret }) =>
    [
      `# ${meaning.replaceAll('`', '')}${secret ? ` Or ${name}_FILE.` : ''}`,
      required ? `${name}=` : `# ${name}=${fallback ?? ''}`,
    ].join('\n'),
  );
  return `# Every setting of InfraHub. Written by \`npm run docs\`; docs/configuration.md says more.\n\n${blocks.join('\n\n')}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync('docs/configuration.md', configurationPage());
  writeFileSync('.env.example', exampleEnvironment());
}
