// dist/waypost.js (script, global `waypost`), dist/waypost.mjs (module), dist/*.d.ts; and the script for the server.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { stylesOnOneLine } from './styles.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const served = join(root, '../../server/waypost_server/sdk_static');
rmSync(dist, { recursive: true, force: true });

const shared = {
  bundle: true,
  minify: true,
  target: ['es2020'],
  legalComments: 'none',
  mangleProps: undefined,
  plugins: [stylesOnOneLine],
  logLevel: 'warning',
};
await build({
  ...shared,
  entryPoints: [join(root, 'src/global.ts')],
  outfile: join(dist, 'waypost.js'),
  format: 'iife',
  globalName: 'waypost',
});
await build({ ...shared, entryPoints: [join(root, 'src/index.ts')], outfile: join(dist, 'waypost.mjs'), format: 'esm' });
const tsc = fileURLToPath(new URL('../bin/tsc', import.meta.resolve('typescript')));
const types = ['-p', 'tsconfig.json', '--emitDeclarationOnly', '--declaration'];
execFileSync(process.execPath, [tsc, ...types], { cwd: root, stdio: 'inherit' });
// Inside the repository the server hands the script out; a copy of the package alone has no server beside it.
if (existsSync(dirname(served))) {
  mkdirSync(served, { recursive: true });
  copyFileSync(join(dist, 'waypost.js'), join(served, 'waypost.js'));
}
