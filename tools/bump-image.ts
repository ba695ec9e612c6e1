/** Names another image in a values file of the chart: `node tools/bump-image.ts <file> <tag> <digest>`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseDocument } from 'yaml';

/**
 * The file's text with that image; comments and everything else stay.
 * @throws when the text is no YAML, or what is given is no tag and digest.
 */
export function withImage(text: string, tag: string, digest: string): string {
  if (!/^\w[\w.-]{0,127}$/.test(tag)) throw new Error(`${tag} is no tag of an image`);
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`${digest} is no digest of an image`);
  // Helm reads YAML 1.1, where a tag such as 1e5 would be a number: it is quoted.
  const document = parseDocument(text, { version: '1.1' });
  const [error] = document.errors;
  if (error) throw error;
  for (const [key, value] of Object.entries({ tag, digest })) {
    const node = document.createNode(value);
    node.type = 'QUOTE_DOUBLE';
    document.setIn(['image', key], node);
  }
  return document.toString({ lineWidth: 0 });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [, , file = '', tag = '', digest = ''] = process.argv;
  writeFileSync(file, withImage(readFileSync(file, 'utf8'), tag, digest));
}
