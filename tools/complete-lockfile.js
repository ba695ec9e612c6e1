/**
 * Adds to package-lock.json the optional packages of other platforms that a registry mirror did not offer when the lock
 * was made; without their entries `npm ci` refuses the lock. They are never fetched where the platform does not match.
 * Run it after `npm install` changed the lock: `node tools/complete-lockfile.js`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const OS = ['android', 'darwin', 'freebsd', 'linux', 'openbsd', 'openharmony', 'win32'];
const CPU = ['arm64', 'x64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64'];

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const { packages } = lock;

function isLocked(from, name) {
  for (
    let base = from;
    ;
    base = base.includes('/node_modules/') ? base.slice(0, base.lastIndexOf('/node_modules/')) : ''
  ) {
    if (packages[`${base ? `${base}/` : ''}node_modules/${name}`]) return true;
    if (base === '') return false;
  }
}

let added = 0;
for (const [path, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(path, name) || !/^\d/.test(version)) continue;
    const words = name.split('/').at(-1).split('-');
    packages[`node_modules/${name}`] = {
      version,
      cpu: CPU.filter((cpu) => words.includes(cpu)),
      optional: true,
      dev: true,
      os: OS.filter((os) => words.includes(os)),
      ...(words.includes('musl') || words.includes('musleabihf') ? { libc: ['musl'] } : {}),
    };
    added += 1;
  }
}
const [root, ...rest] = Object.entries(packages);
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))]);
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added} entries added\n`);
